"""Scenarios in other people's pytest: the mark, the fixture, and a real short run behind them."""
import pytest

pytest_plugins = ["pytester"]

BUTTON = """\
id: button
about: She presses her button.
date: 2026-11-21
start: "15:00:00"
people: {lin: {furniture: bed_1}}
script:
  - {id: press, who: lin, at: 2, do: press_sos}
ends: [{at: 12}]
must:
  - {event: alarm_raised, where: {kind: sos, room: bedroom}, after: pressed_sos, within_s: 5}
  - {event: alarm_on_platform, where: {kind: sos}}
"""
TEST = """
import pytest

@pytest.mark.scenario("button.yaml", seed=4, language="en", **{"people.lin.furniture": "sofa"})
def test_the_button_is_an_alarm(scenario):
    assert scenario.came_true, scenario.failure
    assert scenario.first("alarm_raised")["kind"] == "sos"
    assert len(scenario.all("pressed_sos")) == 1 and scenario.report["seed"] == 4
    assert {"report.json", "timeline.html", "camera.mp4", "robot.log"} <= {p.name for p in scenario.folder.iterdir()}
    with pytest.raises(LookupError, match="no 'asked', only: "):
        scenario.first("asked")
"""


@pytest.fixture
def run(pytester):
    def runs(test, button=BUTTON):
        pytester.makefile(".yaml", button=button)
        pytester.makepyfile(test)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers")
    return runs


@pytest.mark.slow
def test_a_marked_test_gets_the_report_of_a_real_run(run):
    run(TEST).assert_outcomes(passed=1)


def test_a_scenario_that_cannot_be_read_fails_the_test_with_file_line_and_remedy(run):
    result = run(TEST, BUTTON.replace("who: lin", "who: lim"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*button.yaml:7: script press: who: no person 'lim'; there are: lin*"])


def test_a_test_that_forgot_the_mark_is_told(run):
    result = run("def test_it(scenario): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mark the test: @pytest.mark.scenario(*"])
