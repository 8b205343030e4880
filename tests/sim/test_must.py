"""Checks of scenarios: when each holds, fails or stays open, with what reason; and those that can never be judged."""
import pytest
from pydantic import ValidationError

from robot.resources import resource
from robot.site import load_site
from sim.judge import judge
from sim.must import Check, Happening, clock
from sim.story_checks import never_judged


def happened(*events):
    return [Happening(name, at_s, 1000.0 + at_s, details) for at_s, name, details in
            ((*event, {}) if len(event) == 2 else event for event in events)]


FALL = happened((10.0, "impact", {"who": "lin"}), (9.6, "fall_suspected"), (14.0, "asked"), (20.0, "asked"),
                (24.0, "heard", {"intent": "help", "text": "Help me"}),
                (25.5, "alarm_raised", {"kind": "fall", "room": "bedroom", "priority": 3.0, "words": "Help me"}),
                (26.0, "alarm_on_platform", {"id": "a"}), (31.0, "acknowledged"))


def state(now_s=60.0, over=True, events=FALL, **check):
    return judge([Check.model_validate(check)], events, now_s, over)[0].state


@pytest.mark.parametrize(("check", "expected"), [
    ({"event": "alarm_raised"}, "holds"),
    ({"event": "dose_recorded"}, "fails"),
    ({"event": "alarm_raised", "where": {"kind": "fall", "room": ["corridor", "bedroom"]}}, "holds"),
    ({"event": "alarm_raised", "where": {"room": "corridor"}}, "fails"),
    ({"event": "alarm_raised", "where": {"words": {"has": "^help"}}}, "holds"),
    ({"event": "alarm_raised", "where": {"words": {"not": "Help me"}}}, "fails"),
    ({"event": "alarm_raised", "where": {"priority": {"at_least": 2, "at_most": 3}}}, "holds"),
    ({"event": "alarm_raised", "after": "impact", "within_s": 20}, "holds"),
    ({"event": "alarm_raised", "after": "impact", "within_s": 15}, "fails"),
    ({"event": "fall_suspected", "after": "impact", "within_s": 5}, "fails"),
    ({"event": "fall_suspected", "after": "impact", "within_s": [-1, 5]}, "holds"),
    ({"event": "asked", "after": {"event": "heard", "where": {"intent": "help"}}}, "fails"),
    ({"event": "asked", "after": "asked", "within_s": 10}, "holds"),  # the anchor itself does not count
    ({"event": "alarm_raised", "after": 20, "until": 30}, "holds"),
    ({"event": "alarm_raised", "after": 26}, "fails"),
    ({"event": "alarm_raised", "after": "took_pill"}, "fails"),
    ({"never": "alarm_raised"}, "fails"),
    ({"never": "alarm_raised", "until": "heard"}, "holds"),
    ({"never": "alarm_raised", "until": "acknowledged"}, "fails"),
    ({"never": "alarm_raised", "until": 25}, "holds"),
    ({"never": "asked", "after": "alarm_raised"}, "holds"),
    ({"never": "asked", "after": "took_pill"}, "fails"),  # nothing was judged
    ({"count": "asked", "equals": 2}, "holds"),
    ({"count": "asked", "equals": 1}, "fails"),
    ({"count": "asked", "at_least": 1, "at_most": 2}, "holds"),
    ({"count": "asked", "at_least": 3}, "fails"),
    ({"count": "asked", "equals": 1, "until": 15}, "holds"),
    ({"count": "dose_recorded", "equals": 0}, "holds"),
    ({"every": "alarm_raised", "followed_by": "acknowledged", "within_s": 6}, "holds"),
    ({"every": "asked", "followed_by": "heard", "within_s": 5}, "fails"),
    ({"every": "dose_recorded", "followed_by": "asked"}, "fails"),  # nothing was judged
    ({"order": ["impact", "asked", "asked", {"event": "heard", "where": {"intent": "help"}}, "acknowledged"]}, "holds"),
    ({"order": ["asked", "asked", "asked"]}, "fails"),
    ({"order": ["acknowledged", "asked"]}, "fails"),
    ({"order": ["asked", "heard"], "after": 15}, "holds"),
])
def test_after_the_run_each_check_holds_or_fails(check, expected):
    assert state(**check) == expected


@pytest.mark.parametrize(("now_s", "check", "expected"), [
    (30.0, {"event": "dose_recorded"}, "open"),
    (30.0, {"event": "alarm_raised"}, "holds"),
    (30.0, {"event": "dose_recorded", "after": "impact", "within_s": 15}, "fails"),
    (26.0, {"event": "dose_recorded", "after": "impact", "within_s": 15}, "open"),  # a stamp may come late
    (30.0, {"never": "dose_recorded"}, "open"),
    (30.0, {"never": "asked"}, "fails"),
    (30.0, {"never": "dose_recorded", "until": 20}, "holds"),
    (30.0, {"count": "asked", "equals": 2}, "open"),
    (30.0, {"count": "asked", "equals": 1}, "fails"),
    (30.0, {"count": "asked", "at_least": 2}, "holds"),
    (30.0, {"every": "alarm_raised", "followed_by": "acknowledged"}, "open"),  # another alarm may come
    (30.0, {"order": ["impact", "resident_told"]}, "open"),
])
def test_while_the_run_goes_on_only_what_is_certain_is_decided(now_s, check, expected):
    events = [h for h in FALL if h.sim_time_s <= now_s]
    assert state(now_s, False, events, **check) == expected


@pytest.mark.parametrize(("check", "why"), [
    ({"event": "alarm_raised", "after": "impact", "within_s": 15},
     "only too late: 0.5 s, alarm_raised (kind fall, room bedroom, “Help me”) at 00:25.5"),
    ({"event": "alarm_raised", "where": {"room": "corridor"}},
     "only not as asked, alarm_raised (kind fall, room bedroom, “Help me”) at 00:25.5"),
    ({"event": "alarm_raised", "after": "impact"},
     "alarm_raised (kind fall, room bedroom, “Help me”) at 00:25.5, 15.5 s after impact"),
    ({"event": "dose_recorded"}, "there was no dose_recorded"),
    ({"event": "asked", "after": "took_pill"}, "could not be judged: there was no took_pill"),
    ({"count": "asked", "equals": 1}, "2 times: at 00:14.0, 00:20.0"),
    ({"every": "asked", "followed_by": "heard", "within_s": 5}, "asked at 00:14.0 was not followed by heard"),
    ({"order": ["acknowledged", "asked"]}, "no asked after acknowledged at 00:31.0"),
])
def test_each_result_says_why(check, why):
    assert judge([Check.model_validate(check)], FALL, 60.0, True)[0].why == why


def test_the_evidence_is_the_events_that_decided():
    check = Check.model_validate({"event": "alarm_raised", "after": "impact"})
    assert [h.event for h in judge([check], FALL, 60.0, True)[0].evidence] == ["impact", "alarm_raised"]


@pytest.mark.parametrize(("check", "sentence"), [
    ({"event": "alarm_raised", "where": {"kind": "fall"}, "after": "impact", "within_s": 20},
     "alarm_raised (kind fall) within 20 s after impact"),
    ({"never": "told", "after": "dose_recorded"}, "never told after dose_recorded"),
    ({"never": "told", "until": 90}, "never told until 01:30.0"),
    ({"count": "dose_recorded", "at_least": 1, "at_most": 2}, "at least 1 times and at most 2 times dose_recorded"),
    ({"every": "asked", "followed_by": "heard", "within_s": [1, 5]}, "every asked is followed by heard 1 to 5 s"),
])
def test_a_check_can_be_read_as_a_sentence(check, sentence):
    assert str(Check.model_validate(check)) == sentence


@pytest.mark.parametrize(("check", "remedy"), [
    ({}, "say one of"),
    ({"event": "asked", "never": "heard"}, "not event and never"),
    ({"count": "asked"}, "goes with `equals:`"),
    ({"event": "asked", "equals": 2}, "goes with `equals:`"),
    ({"count": "asked", "at_least": 3, "at_most": 2}, "so small and so large"),
    ({"every": "asked"}, "`followed_by:`"),
    ({"event": "asked", "within_s": 5}, "needs `after:`"),
    ({"event": "asked", "after": "impact", "within_s": -5}, "ends before it begins"),
    ({"event": "asked", "after": 30, "until": 20}, "not later than"),
    ({"event": "heard", "where": {"text": {"has": "(help"}}}, "no regular expression"),
    ({"order": ["asked"]}, "at least 2"),
])
def test_a_check_that_says_nothing_sensible_is_refused(check, remedy):
    with pytest.raises(ValidationError, match=remedy.replace("(", r"\(")):
        Check.model_validate(check)


@pytest.mark.parametrize(("check", "remedy"), [
    ({"event": "alarm_rised"}, 'did you mean "alarm_raised"?'),
    ({"event": "alarm_raised", "where": {"rom": "bedroom"}}, 'did you mean "room"?'),
    ({"event": "alarm_raised", "where": {"room": "kitchen"}}, "room of alarm_raised can never be 'kitchen'"),
    ({"event": "alarm_raised", "where": {"kind": ["fall", "fal"]}}, "kind of alarm_raised can never be 'fal'"),
    ({"event": "alarm_raised", "where": {"priority": "high"}}, "priority of alarm_raised must be a number"),
    ({"event": "heard", "where": {"text": 3}}, "text of heard must be text"),
    ({"event": "asked", "after": "inpact"}, 'did you mean "impact"?'),
    ({"every": "asked", "followed_by": "herd"}, 'did you mean "heard"?'),
    ({"order": ["asked", "herd"]}, 'did you mean "heard"?'),
    ({"event": "asked", "after": 90}, "lasts 60 s at most"),
    ({"event": "asked", "until": -1}, "outside of the scenario"),
    ({"event": "asked", "after": "impact", "within_s": [70, 80]}, "later than the end"),
    ({"event": "took_pill"}, "nobody in the script does `take_pill`"),
    ({"event": "acknowledged"}, "nobody acknowledges"),
    ({"event": "alarm_on_page"}, "only with a browser"),
    ({"event": "asked", "variant": "silent"}, "no variant 'silent'"),
])
def test_a_check_that_can_never_be_judged_is_found(check, remedy):
    site = load_site(resource("config/home.yaml"))
    found = list(never_judged([Check.model_validate(check)], site, ["fall", "say"], ["answers"], 60.0, nurse=False))
    assert any(remedy in what for _, what in found), found


def test_times_are_shown_as_minutes_and_seconds():
    assert [clock(t) for t in (0.0, 59.96, 75.25, -0.44)] == ["00:00.0", "01:00.0", "01:15.2", "-00:00.4"]


@pytest.mark.parametrize(("lead_s", "expected"), [(0.04, "holds"), (0.2, "fails")])
def test_an_answer_may_bear_a_stamp_of_the_clock_before_its_cause(lead_s, expected):
    told = [Happening("pressed_sos", 4.63, 0.0), Happening("alarm_raised", 4.63 - lead_s, 0.0)]
    checks = [Check.model_validate({"event": "alarm_raised", "after": "pressed_sos", "within_s": 3}),
              Check.model_validate({"every": "pressed_sos", "followed_by": "alarm_raised", "within_s": 3})]
    assert [result.state for result in judge(checks, told, 30.0, True)] == [expected, expected]
