"""The main job, whole: simulated home, robot, broker, platform and browser, as `anban demo` runs them."""
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import cv2
import pytest

from robot.resources import resource

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NIGHT = ["fall_suspected", "checking_on_page", "asked", "heard", "alarm_raised", "alarm_on_platform",
         "alarm_on_page", "acknowledged", "resident_told"]

UNANSWERED = """
id: alone
site: home.yaml
date: 2026-11-21
start: "19:59:57"
render: false
people: {lin: {at: [3.2, -0.8], facing_deg: 180}}
ends: [{at: 180}]
must:
  - {event: dose_recorded, where: {outcome: unanswered, announcements: 2}}
  - {event: alarm_on_platform, where: {kind: medication_missed}}
"""


def demo(folder, **options):
    """Run the demo; returns its report. Its terminal is shown where the story did not come true."""
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    run = subprocess.run([sys.executable, "-m", "robot.cli", "demo", "--headless", "--report", str(folder), *arguments],
                         capture_output=True, text=True, timeout=900)
    log = "\n".join((folder / "robot.log").read_text().splitlines()[-60:])
    assert run.returncode == 0, run.stdout + run.stderr + log
    return json.loads((folder / "report.json").read_text())


def first(report, name):
    return next(event for event in report["events"] if event["event"] == name)


def test_a_fall_at_night_reaches_the_caregiver_and_the_resident_hears_of_it(tmp_path):
    report = demo(tmp_path, story="night", language="en", seed=1)
    times = [first(report, name)["wall_time_s"] for name in NIGHT if name not in ("alarm_raised", "alarm_on_platform")]
    assert times == sorted(times)
    assert report["figures"]["impact_to_suspected_s"] > -1.0  # a body that goes down is seen before it has arrived
    alarm = next(e for e in report["events"] if e["event"] == "alarm_raised" and e["kind"] == "fall")
    words = [e["words"] for e in report["events"] if e.get("alarm_id") == alarm["alarm_id"] and "words" in e]
    assert alarm["room"] == "bedroom" and re.search("help|get up", words[-1].lower())
    assert all(len(before) <= len(after) for before, after in pairwise(words))  # it only ever adds
    assert report["figures"]["suspected_to_alarm_s"] > 0

    picture = cv2.imread(str(tmp_path / "snapshot.jpg"))
    assert picture is not None and picture.std() > 5
    assert cv2.imread(str(tmp_path / "page.png")).shape[1] == 1280
    with av.open(str(tmp_path / "camera.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames >= 0.8 * 5 * first(report, "resident_told")["sim_time_s"]


def test_in_the_evening_readings_arrive_and_a_dose_is_told_and_recorded(tmp_path):
    report = demo(tmp_path, story="evening", language="ja", seed=2)
    assert first(report, "told")["text"] and first(report, "heard")["text"]
    doses = [e for e in report["events"] if e["event"] == "dose_recorded"]
    assert [dose["outcome"] for dose in doses] == ["confirmed"]  # once, however often she had to be asked


def test_a_resident_who_does_not_answer_is_asked_as_often_as_planned_and_then_the_caregiver_is_told(tmp_path):
    site = Path(resource("config/home.yaml")).read_text()
    (tmp_path / "home.yaml").write_text(re.sub(r"repeats: \d+", "repeats: 1", re.sub(r"repeat_after_s: \d+",
                                                                                   "repeat_after_s: 5", site)))
    (tmp_path / "alone.yaml").write_text(UNANSWERED)
    run = subprocess.run([sys.executable, "-m", "robot.cli", "scenario", "run", str(tmp_path / "alone.yaml"),
                          "--report", str(tmp_path / "report")], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
