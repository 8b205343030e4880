"""How long an alarm takes from being raised on the robot to being accepted by the care platform.

    python bench/alarm_delivery.py [--alarms 20] [--snapshot-kb 60]

As in the house: the alarms node and the bridge in processes of their own, over DDS, journal and HTTP; the real care
platform with its database in this process. One JSON line a figure. "Accepted" is when the platform has committed.
"""
from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
os.environ.setdefault("ROS_DOMAIN_ID", str(environment.reserve_domain()))

import rclpy  # noqa: E402
from anban_interfaces.msg import Alarm  # noqa: E402
from anban_interfaces.srv import RaiseAlarm  # noqa: E402

from tests.robot.care_platform import TOKEN, CarePlatform, until  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--alarms", type=int, default=20)
    parser.add_argument("--snapshot-kb", type=int, default=60, help="size of each alarm's picture")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        care = CarePlatform(Path(folder)).start()
        parameters = [f"site:={ROOT / 'config' / 'home.yaml'}", f"journal:={folder}/journal.sqlite3",
                      f"platform_url:={care.url}", f"platform_token:={TOKEN}"]
        arguments = ["--ros-args", *(part for parameter in parameters for part in ("-p", parameter))]
        robot = [subprocess.Popen([sys.executable, "-m", "robot.compose", node, *arguments], cwd=ROOT)
                 for node in ("robot.alarms_node:AlarmsNode", "robot.bridge.platform_node:PlatformNode")]
        try:
            answered, accepted = measure(care, options.alarms, options.snapshot_kb)
        finally:
            for process in robot:
                process.terminate()
            for process in robot:
                process.wait(timeout=20)
            care.stop()
    for name, values in (("raised_to_answered_ms", answered), ("raised_to_accepted_ms", accepted)):
        values.sort()
        print(json.dumps({"figure": name, "median": round(statistics.median(values), 1),
                          "p95": round(values[math.ceil(0.95 * len(values)) - 1], 1),
                          "worst": round(values[-1], 1), "alarms": len(values), "snapshot_kb": options.snapshot_kb}))


def measure(care: CarePlatform, count: int, snapshot_kb: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the call to its answer (journaled), and to the platform's acceptance."""
    accepted_s: dict[str, float] = {}
    take = care.platform.take_events

    def take_and_note(robot_id: str, events: list) -> object:
        receipt = take(robot_id, events)
        for event in events:
            if event["type"] == "alarm":
                accepted_s.setdefault(event["payload"]["alarm_id"], time.monotonic())
        return receipt

    care.platform.take_events = take_and_note
    rclpy.init()
    node = rclpy.create_node("bench")
    client = node.create_client(RaiseAlarm, "/raise_alarm")
    assert client.wait_for_service(timeout_sec=60.0)
    until(lambda: care.platform.database and heard(care), "the robot's first heartbeat")
    snapshot = array("B", random.Random(1).randbytes(snapshot_kb * 1024))
    answered, accepted = [], []
    for number in range(count + 1):
        alarm = Alarm(alarm_id=f"bench-{number}", kind="fall", priority=Alarm.PRIORITY_HIGH, resident_id="lin",
                      room="bedroom", words="help me")
        alarm.snapshot.data = snapshot
        began_s = time.monotonic()
        future = client.call_async(RaiseAlarm.Request(alarm=alarm))
        rclpy.spin_until_future_complete(node, future)
        answered_s = time.monotonic()
        until(lambda name=alarm.alarm_id: name in accepted_s, "the platform")
        if number:  # the first one warms caches and connections
            answered.append((answered_s - began_s) * 1e3)
            accepted.append((accepted_s[alarm.alarm_id] - began_s) * 1e3)
        time.sleep(0.2)
    node.destroy_node()
    rclpy.shutdown()
    return answered, accepted


def heard(care: CarePlatform) -> bool:
    from care.models import Robot
    return bool(care.rows(Robot))


if __name__ == "__main__":
    main()
