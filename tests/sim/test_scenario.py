"""Scenarios as files: the library, what is refused, parameters and seeds, reports, and the command `anban scenario`."""
import re
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from robot.site import SiteError
from sim import services
from sim.events import EVENTS
from sim.nurse import HttpNurse
from sim.run import figures
from sim.scenario import Case, find, library, load_scenario, sweep, varied, written
from sim.scenario_cli import app, junit_xml, numbers
from sim.story import StoryError
from sim.timeline import page
from tests.sim.test_must import FALL

REPORT = {
    "story": "night", "about": "A <b>fall</b>.", "seed": 3, "language": "en", "came_true": False, "failure": "no alarm",
    "checks": [{"check": "impact", "because": "", "state": "holds", "why": "at 00:10.0", "evidence": []},
               {"check": "never asked", "because": "she sleeps", "state": "fails", "why": "asked at 00:14.0",
                "evidence": []}],
    "figures": {"wall_s": 61.5, "simulated_s": 40.0, "programs": {"robot": {"memory_mib": 80.0, "cpu_s": 7.0}}},
    "events": [h.as_dict() for h in FALL]}


def command(*words):
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


@pytest.mark.parametrize("path", library(), ids=lambda path: path.stem)
def test_every_scenario_that_comes_with_anban_is_right_and_tells_its_care_reality(path):
    story, _ = load_scenario(path)
    assert story.id == path.stem and len(story.about) > 20
    assert story.must, "it would demand nothing"
    for step in story.script:
        assert step.words is None or {"en", "zh", "ja"} <= set(step.words)


def test_the_library_is_large_enough_to_be_one():
    assert len(library()) >= 15


@pytest.mark.parametrize(("wrong", "right", "remedy"), [
    ("who: lin", "who: lim", "script press: who: no person 'lim'; there are: lin"),
    ("at: [4, 5]", "at: [44, 45]", "script press: at: 44 s is not in the scenario, which lasts 35 s"),
    ("{event: acknowledged", "{event: acknowleged", "check 4: event: no event 'acknowleged'"),
    ("room: bedroom", "room: kitchen", "check 1: event: where: room of alarm_raised can never be 'kitchen'"),
    ("equals: 1", "equals: -1", "check 3: equals: "),
    ("within_s: 3", "within: 3", "check 1: within: unknown field"),
    ("nurse: {acknowledges_after_s: 8}", "", "check 4: event: nobody acknowledges"),
    ("ends: [{at: 35}]", "ends: [{after: press}]", "ends: say when it is over at the latest"),
    ("ends:", "site: nowhere.yaml\nends:", "site: no file 'nowhere.yaml'"),
    ("ends:", "faults: [{part: platform, mode: black, at: 1}]\nends:", "platform can be offline"),
    ("ends:", "faults: [{part: platform, mode: offline, at: 50}]\nends:", "after the end of the scenario at 35 s"),
])
def test_a_wrong_scenario_is_refused_with_file_line_and_remedy(tmp_path, wrong, right, remedy):
    path = tmp_path / "wrong.yaml"
    text = find("sos_button").read_text().replace(wrong, right, 1)
    path.write_text(text)
    with pytest.raises((StoryError, SiteError)) as caught:
        load_scenario(path)
    assert re.search(r"wrong\.yaml:( site|\d+)", str(caught.value)) and remedy in str(caught.value)


def test_an_unknown_name_suggests_a_known_one():
    with pytest.raises(StoryError, match='did you mean "quiet_night"'):
        find("quite_night")


def test_the_template_is_a_scenario(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("new", "mine").exit_code == 0
    assert "right (steps: 2, faults: 0, checks: 4, at most 90 s)" in command("check", "mine.yaml").stdout
    assert "exists" in command("new", "mine").stderr
    assert "'My night' is no id" in command("new", "My night").stderr


def test_list_and_events_tell_what_there_is():
    listed, events = command("list").stdout, command("events").stdout
    assert all(path.stem in listed for path in library())
    assert all(name[:20] in events for name in EVENTS)  # eighty columns wrap the longest


def test_every_event_of_the_chronicle_can_be_named_in_a_check():
    """The sources are read: a new event that nobody can ask for would be forgotten."""
    from robot.resources import resource
    root = resource("config").parent
    told = re.findall(r'self\.write\("(\w+)"', (root / "sim/chronicle_node.py").read_text())
    calls = r'(?:Event\([^)]*?_s, |event=\(|_off_seat\(|_touch_s[^"]*|impact_s, down_s\), )"(\w+)"'
    truth = [name for file in ("simulation", "motion", "course", "falls")
             for name in re.findall(calls, (root / f"sim/{file}.py").read_text())]
    assert {"mission", "impact", "spoke", "sat_down", "out_of_bed"} <= {*told, *truth}
    tasks = [task for file in (root / "behaviors").glob("*.py")
             for task in re.findall(r'TASK = "(\w+)"', file.read_text())]
    assert {"idle", "follow", *tasks} == set(EVENTS["mission"].fields["task"])
    assert {*told, *truth} - {"started", "clock", "picture", "story_ended"} <= set(EVENTS)


# --- seeds and parameters ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "expected"), [("4", [4]), ("1-3", [1, 2, 3]), ("1-2,7", [1, 2, 7])])
def test_seeds_are_numbers_and_ranges(text, expected):
    assert numbers(text) == expected


def test_a_sweep_is_every_combination():
    assert sweep(["noise_db=30,44", "robot.battery=0.5"]) == [
        {"noise_db": 30, "robot.battery": 0.5}, {"noise_db": 44, "robot.battery": 0.5}]
    assert sweep([]) == [{}]


def test_parameters_reach_into_lists_by_id_or_number(tmp_path):
    case = Case(find("night"), parameters={"script.fall.kind": "sideways", "must.1.within_s": 12, "robot.battery": 0.3})
    story, _ = load_scenario(written(case, tmp_path))
    assert next(s for s in story.script if s.id == "fall").kind == "sideways"
    assert story.must[0].within_s == 12 and story.robot.battery == 0.3
    assert case.name == "night-en-seed1-script.fall.kind=sideways-must.1.within_s=12-robot.battery=0.3"


@pytest.mark.parametrize(("parameters", "remedy"), [
    ({"script.fell.kind": "sideways"}, 'did you mean "fall"'),
    ({"nois_db": 30}, 'did you mean "noise_db"'),
    ({"robot.battery": 7}, "battery"),
])
def test_a_wrong_parameter_is_refused(tmp_path, parameters, remedy):
    with pytest.raises(StoryError, match=remedy):
        written(Case(find("night"), parameters=parameters), tmp_path)


def test_varying_leaves_the_original_alone():
    tree = {"noise_db": 30}
    assert varied(tree, {"noise_db": 44}) == {"noise_db": 44} and tree == {"noise_db": 30}


@pytest.mark.parametrize(("words", "remedy"), [
    (["nihgt"], 'did you mean "night"'), (["night", "--seeds", "one"], "1-5"),
    (["night", "--param", "x"], "path=value"), (["night", "--param", "light=dusk"], "evening"),
    (["night", "--language", "fr"], "en, zh, ja"),
])
def test_a_wrong_command_says_what_would_be_right_before_anything_runs(tmp_path, words, remedy):
    result = command("run", *words, "--report", str(tmp_path))
    assert result.exit_code == 2 and remedy in result.stderr


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    (tmp_path / "file").touch()
    below = str(tmp_path / "file" / "below.xml")
    for option in ("--report", "--junit"):
        result = command("run", "night", "--report", str(tmp_path / "out"), option, below)
        assert result.exit_code == 2 and "cannot be made a folder" in result.stderr and option in result.stderr


# --- reports ----------------------------------------------------------------------------------------------------------
def test_the_timeline_is_one_page_that_shows_checks_events_and_figures():
    html = page(REPORT)
    assert "did not come true" in html and "A &lt;b&gt;fall" in html and "never asked" in html and "she sleeps" in html
    assert html.count("<circle") == len(FALL) and "80.0 MiB" in html and "http" not in html


def test_junit_has_a_suite_a_run_and_a_failure_a_broken_check():
    case, broken = Case(find("night"), 3), Case(find("evening"))
    nothing = {**REPORT, "checks": [], "failure": "the simulation did not start"}
    root = ElementTree.fromstring(ElementTree.tostring(
        junit_xml([case, broken], {case.name: REPORT, broken.name: nothing}).getroot()))
    assert [(s.get("name"), s.get("tests"), s.get("failures"), s.get("errors")) for s in root] == [
        ("night-en-seed3", "2", "1", "0"), ("evening-en-seed1", "1", "0", "1")]
    assert root.find(".//failure").get("message") == "asked at 00:14.0"


def test_figures_count_from_the_first_event_to_the_first_after_it():
    found = figures(FALL)
    assert (found["impact_to_suspected_s"], found["impact_to_alarm_s"]) == (-0.4, 15.5)
    assert "due_to_recorded_s" not in found


# --- the caregiver ----------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_nurse_sees_the_alarm_acknowledges_it_and_waits_while_the_platform_is_away(tmp_path):
    import httpx
    token, account = "a-token-for-tests-only-0123456789", services.Account("chen", "Nurse Chen")
    platform = services.platform(tmp_path, token, account, 0)
    url = f"http://127.0.0.1:{platform.port}"
    nurse = HttpNurse(url, account, acknowledges_after_s=3.0, resolves_after_s=60.0)
    assert nurse.look(1.0) == []  # away
    platform.start().wait_until_ready()
    try:
        event = {"id": "e1", "type": "alarm", "time": "2026-11-22T00:00:20+08:00", "payload": {
            "alarm_id": "a1", "kind": "fall", "priority": "high", "state": "raised", "room": "bedroom",
            "changed_at": "2026-11-22T00:00:20+08:00", "raised_at": "2026-11-22T00:00:20+08:00",
            "occurred_at": "2026-11-22T00:00:10+08:00"}}
        answer = httpx.post(f"{url}/api/v1/robot/events", headers={"Authorization": f"Bearer {token}"},
                            json={"robot_id": "anban-1", "events": [event]})
        assert answer.json()["accepted"] == ["e1"]
        seen = nurse.look(20.0)
        assert [(h.event, h.details["kind"]) for h in seen] == [("alarm_on_platform", "fall")]
        assert nurse.look(21.0) == []
        nurse.look(24.0)
        board = nurse._client.get("/api/v1/alarms").json()
        assert [a["acknowledged_by"] for a in board["acknowledged"]] == ["Nurse Chen"]
        nurse.look(85.0)
        board = nurse._client.get("/api/v1/alarms").json()
        assert [a["resolved_by"] for a in board["resolved"]] == ["Nurse Chen"]
    finally:
        nurse.close()
        platform.stop()
