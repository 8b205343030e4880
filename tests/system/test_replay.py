"""A recorded fall, replayed by the commands of the README through the eyes of today."""
from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import rclpy
from anban_interfaces.msg import Fall
from rclpy.executors import SingleThreadedExecutor
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from robot.recording import Recording, full_definition, qos_text
from robot.resources import resource
from robot.ros import EVENT, RELIABLE_STREAM, pixels, seconds, stamp
from robot.site import load_site
from sim.falls import Fall as FallDown
from sim.world import World
from tests.robot.care_platform import until

ROOT = Path(__file__).resolve().parents[2]
CAMERA = "/camera/color/image_raw"
BEFORE_BED = (3.3, 0.75, 135.0)  # the first stop of the night's round in config/home.yaml
NIGHT_S = 1_800_000_000.0        # when it was recorded, in seconds since 1970


def record_a_fall(path: Path) -> float:
    """Ten pictures a second of a fall beside the bed. Returns when she hit the floor."""
    site = load_site(resource("config/home.yaml"))
    dock = site.robot.docks[0].model_copy(update={"pose": BEFORE_BED, "room": "bedroom"})  # where the robot starts
    world = World(site.model_copy(update={"robot": site.robot.model_copy(update={"docks": [dock]})}), 0)
    world.light = "night"
    world.people["lin"].place_at(1.7, 1.9, 0.0)
    file, events = Recording(path), []
    kind = "sensor_msgs/msg/Image"
    channel = file.channel(CAMERA, kind, full_definition(kind), qos_text([RELIABLE_STREAM]))
    for number in range(90):
        if number == 35:  # the eyes have had time to wake up
            world.people["lin"].do(FallDown())
        world.step(0.1)
        events += world.drain_events()
        image, time_s = world.color(), NIGHT_S + world.time_s
        header = Header(stamp=stamp(time_s), frame_id="camera_color_optical_frame")
        file.write(channel, round(time_s * 1e9), serialize_message(Image(
            header=header, height=image.shape[0], width=image.shape[1], step=image.shape[1] * 3, encoding="rgb8",
            data=pixels(image))))
    file.close()
    world.close()
    return NIGHT_S + next(time_s for time_s, what, *_ in events if what == "impact")


@pytest.mark.slow
def test_a_recorded_fall_is_seen_again_at_the_time_it_happened(tmp_path):
    impact_s = record_a_fall(tmp_path / "night.mcap")
    eyes = subprocess.Popen(
        [sys.executable, "-m", "robot.compose", "perception.people_node:PeopleNode", "perception.fall_node:FallNode",
         "--ros-args", "-p", "use_sim_time:=true", "-p", f"site:={resource('config/home.yaml')}"], cwd=ROOT)
    replay = subprocess.Popen([sys.executable, "-m", "robot.cli", "replay", str(tmp_path / "night.mcap"),
                               "--topics", "/camera/.*", "--wait-for", CAMERA, "--rate", "0.3"], cwd=ROOT)
    rclpy.init()
    node, executor, falls = rclpy.create_node("ears"), SingleThreadedExecutor(), []
    node.create_subscription(Fall, "/falls", falls.append, EVENT)
    executor.add_node(node)

    def seen() -> bool:
        executor.spin_once(timeout_sec=0.1)
        return bool(falls) or eyes.poll() is not None

    try:
        until(seen, "the fall", 240.0)
        assert falls and falls[0].state == Fall.STATE_SUSPECTED
        assert -1.0 < seconds(falls[0].header.stamp) - impact_s < 2.0  # of recorded time
        assert replay.wait(timeout=120) == 0
    finally:
        for process in (replay, eyes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
