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
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header, String

from robot.recording import Offer, Recorded, Recording, full_definition, offer
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, pixels, stamp
from tests.robot.care_platform import until

pytestmark = pytest.mark.slow
NIGHT_S = 1_800_000_000  # what the recorded clock shows, in seconds since 1970


class Robot:
    """A node whose publishers count, and whose ears keep what they hear."""

    def __init__(self) -> None:
        self.context = Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("robot", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)

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
def command() -> Iterator:
    running: list[subprocess.Popen] = []

    def start(module: str, *words: str, **options) -> subprocess.Popen:
        program = f"import typer; from robot.{module} import app; typer.run(app)"
        running.append(subprocess.Popen([sys.executable, "-c", program, *map(str, words)], text=True,
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


def test_what_was_said_is_in_the_file_with_the_simulations_time(robot, command, tmp_path):
    path = tmp_path / "night.mcap"
    clock = robot.node.create_publisher(Clock, "/clock", STREAM)
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    face.publish(String(data="good evening"))  # before anybody listens
    camera = robot.node.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    recorder = command("record", path)
    listened(camera, robot)
    robot.until(lambda: clock.get_subscription_count() >= 2, "the recorder and its clock")
    for number in range(20):
        clock.publish(Clock(clock=stamp(NIGHT_S + number / 10)))
        camera.publish(picture(number))
    later = robot.node.create_publisher(String, "/later", EVENT)
    listened(later, robot)
    later.publish(String(data="I came late"))
    later.wait_for_all_acked()
    camera.wait_for_all_acked()
    face.wait_for_all_acked()
    recorder.send_signal(signal.SIGINT)
    told, _ = recorder.communicate(timeout=60)
    assert recorder.returncode == 0, told
    found = decoded(path)
    assert [message.data for _, message in found["/robot/face"]] == ["good evening"]
    assert [message.data for _, message in found["/later"]] == ["I came late"]
    pictures = found["/camera/color/image_raw"]
    assert [int(message.header.frame_id) for _, message in pictures] == list(range(20))
    assert all(bytes(message.data) == bytes([int(message.header.frame_id)]) * 921600 for _, message in pictures)
    assert {at // 10**9 - NIGHT_S for at, _ in pictures} <= {0, 1, 2}
    recorded = Recorded(path)
    assert recorded.finished
    assert offer(recorded.topics["/robot/face"].offered_qos) == Offer(True, True, 1)
    assert "/robot/face" in told and "sensor_msgs/msg/Image" in told


def test_chosen_topics_without_pictures(robot, command, tmp_path):
    publishers = [robot.node.create_publisher(kind, topic, LATCHED) for kind, topic in (
        (String, "/robot/face"), (String, "/robot/other"), (Image, "/robot/eye"))]
    for publisher, message in zip(publishers, (String(data="a"), String(data="b"), picture(1)), strict=True):
        publisher.publish(message)
    recorder = command("record", tmp_path / "x.mcap", "--topics", "/robot/[ef].*", "--no-images", "--duration", "2")
    recorder.communicate(timeout=60)
    assert set(decoded(tmp_path / "x.mcap")) == {"/robot/face"}


def test_a_killed_recorder_leaves_what_it_had_flushed(robot, command, tmp_path):
    path = tmp_path / "x.mcap"
    face = robot.node.create_publisher(String, "/robot/face", LATCHED)
    face.publish(String(data="good evening"))
    recorder = command("record", path)
    listened(face, robot)
    size = path.stat().st_size
    robot.until(lambda: path.stat().st_size > size, "a flush")
    recorder.kill()
    recorder.wait()
    recorded = Recorded(path)
    assert (recorded.finished, recorded.topics["/robot/face"].messages) == (False, 1)


def test_a_full_disk_is_told_and_what_fitted_is_readable(robot, command, tmp_path):
    camera = robot.node.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    room = 2 * 2**20
    recorder = command("record", tmp_path / "x.mcap", preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (room, room)))
    listened(camera, robot)
    noise = np.random.default_rng(1).integers(0, 255, 921600, dtype=np.uint8)

    def send():
        camera.publish(Image(height=480, width=640, encoding="rgb8", step=1920, data=pixels(noise)))
        return recorder.poll() is not None

    robot.until(send, "the end of the recorder")
    told = recorder.stdout.read()
    assert recorder.returncode == 1, told
    assert "File too large" in told and "make room" in told
    assert not Recorded(tmp_path / "x.mcap").finished


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


def test_a_replay_is_heard_in_order_with_its_clock(robot, command, night):
    ticks = robot.hear(Clock, "/clock", STREAM)
    words = robot.hear(String, "/count_again", EVENT)
    player = command("replay", night, "--remap", "/count:=/count_again", "--wait-for", "/count_again", "--rate", "4")
    robot.until(lambda: len(words) == 10, "all words")
    told, _ = player.communicate(timeout=60)
    assert player.returncode == 0, told
    assert [word.data for word in words] == [str(number) for number in range(1, 11)]
    shown = [tick.clock.sec + tick.clock.nanosec * 1e-9 for tick in ticks]
    assert shown == sorted(shown) and NIGHT_S <= shown[0] and shown[-1] <= NIGHT_S + 2.5
    assert "/foreign is not replayed: nowhere_msgs/msg/Thing is not installed" in told


def test_a_replay_from_the_middle_begins_with_what_was_latched(robot, command, night):
    captions = robot.hear(String, "/robot/face", LATCHED)
    words = robot.hear(String, "/count", EVENT)
    player = command("replay", night, "--start", "1.9", "--wait-for", "/count", "--wait-for", "/robot/face")
    told, _ = player.communicate(timeout=60)
    robot.until(lambda: words and captions, "both")
    assert ([c.data for c in captions], [w.data for w in words]) == (["good evening"], ["10"]), told


@pytest.mark.parametrize("words, complaint", [
    (["--rate", "0"], "above 0"), (["--topics", "/cuont"], "names no topic"), (["--remap", "/count"], "OLD:=NEW"),
    (["--start", "99"], "lasts 2.0 s"), (["--topics", "("], "no regular expression"),
    (["--wait-for", "/elsewhere"], "is not replayed")])
def test_wrong_wishes_are_answered_in_words(command, night, words, complaint):
    player = command("replay", night, *words)
    told, _ = player.communicate(timeout=60)
    assert player.returncode == 2 and complaint in " ".join(told.replace("│", " ").split())
