"""Things break while the whole robot runs: each fault is announced in words, and no alarm is lost."""
import os
import sys
from pathlib import Path

import pytest

from care.models import Alarm, Robot
from robot import environment
from robot.launcher import Launcher
from sim import services
from tests.robot.care_platform import TOKEN, CarePlatform, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# She lies on the floor from the start, so that the robot finds her on its round; meanwhile the camera goes black, the
# microphone falls silent and the room sensors are gone.
STORY = """
id: faults
date: 2026-11-21
start: "23:59:57"
light: evening
people: {lin: {at: [2.2, 1.6], facing_deg: 90}}
script:
  - {id: fall, who: lin, at: 14, do: fall, kind: sideways}
faults:
  - {part: camera, mode: black, at: 3, until: 9}
  - {part: microphone, mode: silent, at: 1}
  - {part: sensors, mode: offline, at: 4, sensors: [motion_living]}
ends: [{at: 120}]
"""


@pytest.fixture
def house(tmp_path):
    """The whole robot in its simulated home; the care platform is away at first."""
    (tmp_path / "faults.yaml").write_text(STORY)
    care, broker = CarePlatform(tmp_path), services.broker(tmp_path, 0).start()
    broker.wait_until_ready()
    variables = {**os.environ, "ANBAN_ROBOT_TOKEN": TOKEN, "ROS_DOMAIN_ID": str(environment.reserve_domain())}
    log = open(tmp_path / "robot.log", "w")
    launcher = Launcher(ROOT / "launch" / "simulation.launch.xml", {
        "site": str(ROOT / "config" / "home.yaml"), "journal": str(tmp_path / "journal.db"), "language": "en",
        "story": str(tmp_path / "faults.yaml"), "mqtt_port": str(broker.port), "platform_url": care.url,
    }, on_line=lambda name, line: print(line, file=log, flush=True), environment=variables)
    with launcher:
        yield care, tmp_path / "robot.log"
    broker.stop()
    care.stop()
    log.close()
    sys.stdout.write((tmp_path / "robot.log").read_text()[-4000:])


def said(log: Path, words: str):
    return lambda: words in log.read_text()


def test_faults_are_announced_and_the_alarm_of_a_silent_fall_arrives_after_the_platform_is_back(house):
    care, log = house
    until(said(log, "picture is black"), "the black camera to be announced", 150)
    until(said(log, "microphone silent"), "the silent microphone to be announced", 60)
    until(said(log, "RaiseAlarm"), "the fall to be noticed", 150)
    until(said(log, "priority='high'"), "the alarm", 150)  # nobody can answer through a dead microphone

    care.start()  # only now does the platform exist for the robot
    alarm = until(lambda: next((a for a in care.rows(Alarm) if a.kind == "fall" and a.priority == 3), None),
                  "the alarm on the platform", 60)
    assert alarm.room == "bedroom" and alarm.state == "raised"
    until(lambda: any("microphone" in str(robot.parts) for robot in care.rows(Robot)), "the faults on the platform", 30)
