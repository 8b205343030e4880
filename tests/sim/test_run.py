"""One run: told by a chronicle written for the test, with real processes and a real broker, and without a robot."""
import json
import sys

import psutil
import pytest

from robot.resources import resource
from sim.run import Run
from sim.services import ServiceError
from tests.robot.care_platform import until

SCENARIO = """\
id: told
about: A run that the test tells.
date: 2026-11-21
start: "15:00:00"
people: {lin: {at: [3.2, -0.8]}}
script: [{id: fall, who: lin, at: 5, do: fall, kind: sideways}]
faults:
  - {part: broker, mode: offline, at: 10, until: 20}
  - {part: mission, mode: killed, at: 4}
ends: [{at: 60}]
must:
  - {event: alarm_raised, after: impact, within_s: 20}
"""
WORLD = """\
import json, signal, sys
for at_s, event in json.load(open(sys.argv[1])):
    print("chronicle " + json.dumps({"event": event, "sim_time_s": at_s, "wall_time_s": 1000.0 + at_s}), flush=True)
print("a line of a log, given", *sys.argv[2:], flush=True)
signal.pause()
"""
ROBOT = "import signal, sys\nprint('mission, given', *sys.argv[2:], flush=True)\nsignal.pause()\n"
ARGUMENTS = ("site", "mqtt_port", "story", "language", "seed", "wait_for", "journal", "use_sim_time", "platform_url",
             "speaker", "see", "record", "video", "render", "rest_factor", "real_time_factor",
             "lock_step")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Make a run whose world tells these events: (simulated seconds, name)."""
    runs = []

    def make(*events, scenario=SCENARIO):
        (tmp_path / "told.yaml").write_text(scenario)
        (tmp_path / "events.json").write_text(json.dumps(events))
        arguments = "".join(f'<arg name="{name}" default=""/>' for name in ARGUMENTS)
        for name, code, words in (("world", WORLD, tmp_path / "events.json"), ("robot", ROBOT, "mission_node:Mission")):
            (tmp_path / f"{name}.py").write_text(code)
            (tmp_path / f"{name}.launch.xml").write_text(
                f'<launch>{arguments}<executable name="{name}" cmd="{sys.executable} {tmp_path}/{name}.py {words} '
                'render=$(var render) see=$(var see) record=$(var record) '
                f'waits for $(var wait_for)" '
                f'{"respawn=" + chr(34) + "true" + chr(34) if name == "robot" else ""}/></launch>')
        monkeypatch.setattr("sim.run.resource", lambda path: tmp_path / path.removeprefix("launch/"))
        monkeypatch.setenv("ROS_DOMAIN_ID", "99")
        seen = []
        runs.append(Run(tmp_path / "told.yaml", tmp_path / "out", 3, "ja", on_event=seen.append))
        return runs[-1], seen

    yield make
    for made in runs:
        made.close()


def test_a_run_ends_when_everything_is_decided_and_leaves_its_report(run):
    told, seen = run((0.0, "clock"), (1.0, "clock"), (6.0, "impact"), (12.0, "clock"), (16.0, "alarm_raised"),
                     (20.0, "clock"), (30.0, "clock"), (40.0, "impact"), (50.0, "clock"))
    told.start()
    failure = told.follow()
    report = told.report(failure)
    assert failure == "" and report["came_true"] and report["figures"]["impact_to_alarm_s"] == 10.0
    assert [h.event for h in seen if h.event != "clock"] == ["awake", "impact", "alarm_raised"]  # not the one at 40 s
    assert json.loads((told.folder / "report.json").read_text()) == report
    assert "came true" in (told.folder / "timeline.html").read_text()


def test_a_clock_that_flies_is_looked_at_four_times_a_second(run):
    told, seen = run(*((tick / 100, "clock") for tick in range(1000)), (10.0, "story_ended"))
    told.start()
    told.follow()
    assert [h.sim_time_s for h in seen if h.event == "clock"] == [quarter / 4 for quarter in range(40)]


def test_what_does_not_hold_is_said_when_the_story_has_ended(run):
    told, _ = run((0.0, "clock"), (1.0, "clock"), (6.0, "impact"), (26.5, "alarm_raised"), (27.0, "story_ended"))
    told.start()
    assert told.follow() == "alarm_raised within 20 s after impact: only too late: 0.5 s, alarm_raised at 00:26.5"


def test_broker_and_mission_break_when_the_scenario_says_so(run):
    told, seen = run((0.0, "clock"), (1.0, "clock"), (3.0, "clock"), (12.0, "clock"), (25.0, "story_ended"))
    told.start()
    states = []
    told._on_event = lambda happening: states.append((happening.sim_time_s, told._broker.running))
    told.follow()
    assert (3.0, True) in states and (12.0, False) in states
    until(lambda: "[robot] ended with status -9" in (told.folder / "robot.log").read_text(), "the mission to be killed")


def test_everybody_speaks_the_language_of_the_run_and_nothing_runs_on_after_it(run):
    told, _ = run((0.0, "clock"))
    assert "language: ja" in (told.folder / "home.yaml").read_text() != resource("config/home.yaml").read_text()
    told.start()
    assert psutil.Process().children(recursive=True)
    told.close()
    left = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)
            if process.status() != psutil.STATUS_ZOMBIE]  # ended, and not yet collected by its parent
    assert not [words for words in left if str(told.folder.parent) in words]


@pytest.mark.parametrize("render", ["true", "false"])
def test_a_scenario_without_pictures_has_a_robot_without_eyes(run, render):
    told, _ = run((0.0, "clock"), scenario=f"render: {render}\n" + SCENARIO)
    told.start()
    log = told.folder / "robot.log"
    until(lambda: "[world] a line" in log.read_text() and "[robot] mission" in log.read_text(), "both to be started")
    world, robot = sorted(line for line in log.read_text().splitlines() if "given" in line)[::-1]
    assert ("render=false" in world) == (render == "false") == ("people" not in world.split())
    assert f"see={render} record={render}" in robot


def test_an_interrupted_run_says_so(run):
    told, _ = run((0.0, "clock"), (1.0, "clock"))
    told.start()
    told.interrupt()
    assert told.follow() == "interrupted"


def test_a_world_that_does_not_start_is_an_error_that_names_the_log(run, monkeypatch):
    monkeypatch.setattr("sim.run.BUILD_LIMIT_S", 0.5)
    told, _ = run()
    with pytest.raises(ServiceError, match="robot.log"):
        told.start()
