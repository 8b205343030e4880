"""Recording and replaying over real DDS, by the commands themselves."""
from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rclpy
import typer
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rcl_interfaces.msg import Log
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String
from typer.testing import CliRunner

from robot import replay
from robot.record_node import RecordNode
from robot.recording import Offer, Recorded, Recording, full_definition, offer
from robot.replay_node import ReplayNode
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, parameters, pixels, stamp
from tests.robot.care_platform import until

pytestmark = pytest.mark.slow
ROOM = 40 * 2**20  # bytes: the middleware needs 32 MiB for itself
NIGHT_S = 1_800_000_000  # what the recorded clock shows, in seconds since 1970


class Robot:
    """Nodes on one executor, and ears that keep what they hear."""

    def __init__(self) -> None:
        self.context = Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("robot", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.ended: list[int] = []

    def add(self, node):
        """Start a node as `anban` would; what would end the process is noted in `ended`."""
        node.end = lambda status=0: self.ended.append(status)
        assert node.trigger_configure() == node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        self.executor.add_node(node)
        return node

    def record(self, path: Path, **values):
        return self.add(RecordNode(context=self.context, parameter_overrides=parameters(output=str(path), **values)))

    def replay(self, path: Path, *what, **how):
        return self.add(ReplayNode(Recorded(path), *what, **how, context=self.context))

    def remove(self, node) -> None:
        self.executor.remove_node(node)
        node.trigger_shutdown()
        node.destroy_node()

    def until(self, condition, what: str):
        def turn():
            self.executor.spin_once(timeout_sec=0.05)
            return condition()
        return until(turn, what)

    def hear(self, kind, topic, qos) -> list:
        heard = []
        self.node.create_subscription(kind, topic, heard.append, qos)
        return heard

    def close(self) -> None:
        self.executor.shutdown(timeout_sec=2.0)
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture
def recorder(tmp_path) -> Iterator:
    """Starts `anban record x.mcap` in a process of its own."""
    running: list[subprocess.Popen] = []

    def start(**options) -> subprocess.Popen:
        program = "import typer; from robot.record import app; typer.run(app)"
        running.append(subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "x.mcap")], text=True,
                                        cwd=Path(__file__).resolve().parents[2], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def listened(publisher, robot: Robot) -> None:
    robot.until(publisher.get_subscription_count, f"the recorder on {publisher.topic_name}")


def picture(number: int) -> Image:
    data = np.full((480, 640, 3), number, np.uint8)
    return Image(header=Header(frame_id=str(number)), height=480, width=640, encoding="rgb8", step=1920,
                 data=pixels(data))


def decoded(path: Path) -> dict[str, list]:
    found: dict[str, list] = {}
    with path.open("rb") as stream:
        for _, channel, message, value in make_reader(
                stream, decoder_factories=[DecoderFactory()]).iter_decoded_messages():
            found.setdefault(channel.topic, []).append((message.log_time, value))
    return found


def test_what_was_said_is_in_the_file_with_the_simulations_time(robot, tmp_path):
    path = tmp_path / "night.mcap"
    clock = robot.node.create_publisher(Clock, "/clock", STREAM)
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    face.publish(String(data="good evening"))  # before anybody listens
    camera = robot.node.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    node = robot.record(path, topics="/clock|/camera/.*|/robot/face|/later")
    listened(camera, robot)
    robot.until(lambda: clock.get_subscription_count() >= 2, "the recorder and its clock")
    for number in range(10):
        clock.publish(Clock(clock=stamp(NIGHT_S + number / 10)))
        before = node.messages
        camera.publish(picture(number))
        robot.until(lambda before=before: node.messages > before + 1, "clock and picture")
    later = robot.node.create_publisher(String, "/later", LATCHED)
    listened(later, robot)
    robot.until(lambda: node.messages == 21, "ten clocks and pictures, and what was said")
    later.publish(String(data="I came late"))
    robot.until(lambda: node.messages == 22, "the late word")
    robot.remove(node)
    found = decoded(path)
    assert [message.data for _, message in found["/robot/face"]] == ["good evening"]
    assert [message.data for _, message in found["/later"]] == ["I came late"]
    pictures = found["/camera/color/image_raw"]
    assert [int(message.header.frame_id) for _, message in pictures] == list(range(10))
    assert all(bytes(message.data) == bytes([int(message.header.frame_id)]) * 921600 for _, message in pictures)
    assert {at // 10**9 for at, _ in pictures} == {NIGHT_S}
    recorded = Recorded(path)
    assert recorded.finished
    assert offer(recorded.topics["/robot/face"].offered_qos) == Offer(True, True, 1)


def test_chosen_topics_without_pictures(robot, tmp_path):
    publishers = [robot.node.create_publisher(kind, topic, LATCHED) for kind, topic in (
        (String, "/robot/face"), (String, "/robot/other"), (Image, "/robot/eye"))]
    for publisher, message in zip(publishers, (String(data="a"), String(data="b"), picture(1)), strict=True):
        publisher.publish(message)
    node = robot.record(tmp_path / "x.mcap", topics="/robot/[ef].*", images=False, duration_s=1.0)
    robot.until(lambda: robot.ended and node.messages, "the end")
    robot.remove(node)
    assert set(decoded(tmp_path / "x.mcap")) == {"/robot/face"}


def test_a_killed_recorder_leaves_what_it_had_flushed(robot, recorder, tmp_path):
    path = tmp_path / "x.mcap"
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    face.publish(String(data="good evening"))
    process = recorder()
    robot.until(path.exists, "the file")
    listened(face, robot)
    robot.until(lambda: path.stat().st_size > 1000, "a flush")
    process.kill()
    process.wait()
    recorded = Recorded(path)
    assert (recorded.finished, recorded.topics["/robot/face"].messages) == (False, 1)


def test_a_full_disk_is_told_and_what_fitted_is_readable(robot, recorder, tmp_path):
    camera = robot.node.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    process = recorder(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)))
    listened(camera, robot)
    noise = np.random.default_rng(1).integers(0, 255, 921600, dtype=np.uint8)

    def send():
        camera.publish(Image(height=480, width=640, encoding="rgb8", step=1920, data=pixels(noise)))
        return process.poll() is not None

    robot.until(send, "the end of the recorder")
    told = process.stdout.read()
    assert process.returncode == 1, told
    assert "File too large" in told and "make room" in told
    recorded = Recorded(tmp_path / "x.mcap")
    assert not recorded.finished and recorded.topics["/camera/color/image_raw"].messages > 30


def test_ctrl_c_closes_the_file_and_says_what_is_in_it(robot, recorder, tmp_path):
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    face.publish(String(data="good evening"))
    process = recorder()
    listened(face, robot)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert (process.returncode, Recorded(tmp_path / "x.mcap").finished) == (0, True), told
    assert "/robot/face" in told


@pytest.fixture
def night(tmp_path) -> Path:
    """Two seconds: a latched caption, ten counted words, and a type that is not installed."""
    path = tmp_path / "night.mcap"
    file = Recording(path)
    text = full_definition("std_msgs/msg/String")
    latched, counted = (file.channel(topic, "std_msgs/msg/String", text, qos) for topic, qos in (
        ("/robot/face", "[{reliability: reliable, durability: transient_local}]"),
        ("/count", "[{reliability: reliable, durability: volatile}]")))
    foreign = file.channel("/foreign", "nowhere_msgs/msg/Thing", "int8 x", "")
    file.write(latched, NIGHT_S * 10**9, serialize_message(String(data="good evening")))
    file.write(foreign, NIGHT_S * 10**9, b"\x00\x01\x00\x00\x01")
    for number in range(1, 11):
        file.write(counted, NIGHT_S * 10**9 + number * 200_000_000, serialize_message(String(data=str(number))))
    file.close()
    return path


def test_a_replay_is_heard_in_order_with_its_clock(robot, night):
    ticks = robot.hear(Clock, "/clock", STREAM)
    complaints = robot.hear(Log, "/rosout", LATCHED)
    robot.replay(night, {"/count": "/again", "/foreign": "/foreign"}, rate=4.0, wait_for={"/again"})
    words = robot.hear(String, "/again", EVENT)  # only now: nothing of it is missed
    robot.until(lambda: robot.ended, "the end")
    robot.until(lambda: len(words) == 10 and ticks, "all words")
    assert [word.data for word in words] == [str(number) for number in range(1, 11)]
    shown = [tick.clock.sec + tick.clock.nanosec * 1e-9 for tick in ticks]
    assert shown == sorted(shown) and NIGHT_S <= shown[0]
    assert any("/foreign is not replayed: nowhere_msgs/msg/Thing is not installed" in c.msg for c in complaints)


def test_a_replay_from_the_middle_begins_with_what_was_latched(robot, night):
    captions = robot.hear(String, "/robot/face", LATCHED)
    words = robot.hear(String, "/count", EVENT)
    names = {name: name for name in ("/robot/face", "/count")}
    robot.replay(night, names, start_s=1.9, wait_for=names)
    robot.until(lambda: words and captions, "both")
    assert ([c.data for c in captions], [w.data for w in words]) == (["good evening"], ["10"])


@pytest.mark.parametrize("words, complaint", [
    (["--rate", "0"], "above 0"), (["--topics", "/cuont"], "names no topic"), (["--remap", "/count"], "OLD:=NEW"),
    (["--start", "99"], "lasts 2.0 s"), (["--topics", "("], "no regular expression"),
    (["--wait-for", "/elsewhere"], "is not replayed")])
def test_wrong_wishes_are_answered_in_words(night, words, complaint):
    command = typer.Typer()
    command.command()(replay.app)
    result = CliRunner().invoke(command, [str(night), *words])
    assert result.exit_code == 2 and complaint in " ".join(result.output.replace("│", " ").split())


def test_the_table_names_topics_types_and_numbers_in_a_narrow_window_too(night, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    replay.app(night, info=True)
    told = capsys.readouterr().out
    assert ["/count", "std_msgs/msg/String", "10", "4.5", "reliable"] in [line.split() for line in told.splitlines()]
