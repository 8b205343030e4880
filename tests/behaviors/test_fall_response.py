"""The fall response decides for help in doubt, and for peace only on good grounds."""
import pytest

from behaviors.behavior import (
    ActionDone,
    AlarmChanged,
    AlarmSeen,
    Ask,
    CancelActions,
    FallSeen,
    FindPerson,
    GoTo,
    Heard,
    PersonSeen,
    RaiseAlarm,
    ResolveAlarm,
    Say,
)
from behaviors.fall_response import FallResponse

LYING = PersonSeen("body1", "lin", (1.5, 1.4, 0.2), (1.5, 1.9, 0.1), "bedroom", "lying_on_floor", on_floor=True)
UP = PersonSeen("body1", "lin", (1.5, 1.4, 1.0), (1.5, 1.4, 1.5), "bedroom", "standing")


def fall(state="suspected", person=LYING):
    return FallSeen("fall-1", state, person, 0.7, 9.5, ("hips 15 cm above the floor",))


def respond(viewpoints=lambda person: [(2.5, 1.5, 3.1)], **fields):
    behavior = FallResponse(resident_id="lin", incident="fall-1", fall=fall(), viewpoints=viewpoints, **fields)
    return behavior, behavior.start(10.0)


def of(kind, commands):
    return [c for c in commands if isinstance(c, kind)]


def asked(behavior):
    """Bring a fresh response to its question; returns the question."""
    behavior.handle(fall("confirmed"), 11.0)
    behavior.handle(ActionDone(GoTo(2.5, 1.5, 3.1), True), 14.0)
    return of(Ask, behavior.tick(16.1))[0]


def answer(behavior, question, now_s=25.0, **fields):
    return behavior.handle(ActionDone(question, True, **fields), now_s)


def test_a_suspicion_is_a_notice_and_sends_the_robot_closer():
    behavior, commands = respond()
    notice, = of(RaiseAlarm, commands)
    assert (notice.priority, notice.room, notice.snapshot_track) == ("notice", "bedroom", "")
    assert of(GoTo, commands) == [GoTo(2.5, 1.5, 3.1)]
    assert not of(Say, commands)


def test_a_suspicion_that_passes_before_the_robot_arrives_ends_quietly():
    behavior, _ = respond()
    commands = behavior.handle(fall("recovered", UP), 11.0)
    assert of(ResolveAlarm, commands) and not of(Say, commands)
    assert behavior.done


def test_somebody_who_fell_and_got_up_is_still_asked():
    behavior, _ = respond()
    behavior.handle(fall("confirmed"), 11.0)
    behavior.handle(fall("recovered", UP), 13.0)
    behavior.handle(ActionDone(GoTo(2.5, 1.5, 3.1), True), 14.0)
    assert of(Ask, behavior.tick(16.1))


@pytest.mark.parametrize("intent", ["help", "yes", "hurt", "call_nurse", "unsure"])
def test_a_call_for_help_raises_the_same_alarm_to_high_with_her_words(intent):
    behavior, first = respond()
    commands = answer(behavior, asked(behavior), outcome="answered", intent=intent, heard="help me, I cannot get up")
    alarm, = of(RaiseAlarm, commands)
    assert alarm.priority == "high" and alarm.words == "help me, I cannot get up" and alarm.snapshot_track == "body1"
    assert alarm.alarm_id == of(RaiseAlarm, first)[0].alarm_id
    assert commands.index(alarm) < commands.index(Say("fall.help_coming"))


@pytest.mark.parametrize("outcome", ["silent", "not_understood", "failed"])
def test_no_usable_answer_is_an_alarm(outcome):
    behavior, _ = respond()
    commands = answer(behavior, asked(behavior), outcome=outcome)
    assert of(RaiseAlarm, commands)[0].priority == "high"


def test_the_robot_that_cannot_get_closer_asks_from_where_it_is():
    behavior, commands = respond(viewpoints=lambda person: [])
    assert of(Ask, commands)


def test_the_robot_that_is_stuck_on_the_way_asks_after_half_a_minute():
    behavior, _ = respond()
    assert not behavior.tick(39.0)
    assert of(Ask, behavior.tick(40.1))


def test_fine_and_up_stands_down():
    behavior, _ = respond()
    question = asked(behavior)
    behavior.handle(UP, 20.0)
    commands = answer(behavior, question, outcome="answered", intent="fine", heard="I am all right")
    assert of(ResolveAlarm, commands) and of(Say, commands) == [Say("fall.glad")]
    behavior.handle(ActionDone(Say("fall.glad"), True), 30.0)
    assert behavior.done


def test_fine_but_still_on_the_floor_is_asked_again_and_then_alarmed():
    behavior, _ = respond()
    commands = answer(behavior, asked(behavior), outcome="answered", intent="fine", heard="no, I am fine")
    assert not of(ResolveAlarm, commands) and behavior.state == "watching"
    again, = of(Ask, behavior.tick(86.0))
    commands = answer(behavior, again, 95.0, outcome="answered", intent="no", heard="no")
    assert of(RaiseAlarm, commands)[0].priority == "high"


def test_an_acknowledgement_that_was_broken_off_is_told_again():
    behavior, first = respond()
    alarm_id = of(RaiseAlarm, first)[0].alarm_id
    answer(behavior, asked(behavior), outcome="answered", intent="help", heard="help")
    behavior.handle(ActionDone(Say("fall.help_coming"), True), 28.0)
    behavior.handle(AlarmChanged(alarm_id, "acknowledged", "chen"), 40.0)
    behavior.handle(ActionDone(Say("fall.nurse_coming"), False), 42.0)
    assert behavior.tick(103.0) == [Say("fall.nurse_coming")]
    behavior.handle(ActionDone(Say("fall.nurse_coming"), True), 107.0)
    assert behavior.tick(164.0) == [Say("fall.stay")]


def test_an_acknowledgement_is_told_to_the_resident_once():
    behavior, first = respond()
    alarm_id = of(RaiseAlarm, first)[0].alarm_id
    answer(behavior, asked(behavior), outcome="answered", intent="help", heard="help")
    behavior.handle(ActionDone(Say("fall.help_coming"), True), 28.0)
    assert behavior.handle(AlarmChanged(alarm_id, "acknowledged", "chen"), 40.0) == [Say("fall.nurse_coming")]
    assert behavior.handle(AlarmChanged(alarm_id, "acknowledged", "wang"), 41.0) == []
    behavior.handle(ActionDone(Say("fall.nurse_coming"), True), 45.0)
    assert behavior.tick(106.0) == [Say("fall.stay")]
    behavior.handle(AlarmChanged(alarm_id, "resolved", "chen"), 200.0)
    assert behavior.done


def test_who_waits_is_spoken_to_again_and_again():
    behavior, _ = respond()
    answer(behavior, asked(behavior), outcome="silent")
    behavior.handle(ActionDone(Say("fall.no_answer"), True), 30.0)
    assert [behavior.tick(t) for t in (76.0, 122.0)] == [[Say("fall.stay")]] * 2


@pytest.mark.parametrize("grave,heard,state,phrase", [
    ("", Heard("alarm_asked", "…"), "staying", "alarm.called"),
    ("", Heard("small_talk", "is anybody coming", slots=(("topic", "unknown"),)), "staying", "alarm.called"),
    ("", Heard("alarm_off", "…"), "staying", "alarm.look_in"), ("", Heard("fine", "…"), "staying", "alarm.look_in"),
    ("despair", Heard("no", "…"), "staying", "alarm.stay"), ("", Heard("time", "…"), "staying", None),
    ("", Heard("hurt", "my leg hurts", True), "staying", "alarm.known"),
    ("", Heard("alarm_asked", "…"), "accompanying", "fall.nurse_coming")])
def test_who_waits_is_answered_and_the_alarm_stays_open(grave, heard, state, phrase):
    behavior = FallResponse(resident_id="lin", incident="call/1", kind="call_for_help", words="…", grave=grave)
    behavior.start(10.0)
    if not grave:
        behavior.handle(ActionDone(FindPerson(timeout_s=80.0), False), 12.0)
    behavior.handle(ActionDone(Say("…"), True), 15.0)
    if state == "accompanying":
        behavior.handle(AlarmChanged(behavior.alarm_id, "acknowledged"), 16.0)
        behavior.handle(ActionDone(Say("fall.nurse_coming"), True), 18.0)
    commands = behavior.handle(heard, 20.0)
    assert [say.phrase for say in of(Say, commands)] == ([phrase] if phrase else [])
    assert behavior.state == state and not of(ResolveAlarm, commands)


def test_what_a_cry_goes_on_with_is_added_to_the_same_alarm_once_and_takes_no_second_picture():
    behavior, _ = respond()
    first, = of(RaiseAlarm, answer(behavior, asked(behavior), outcome="answered", intent="help", heard="Help."))
    fuller, = of(RaiseAlarm, behavior.handle(Heard("help", "Help me, I cannot get up.", True), 27.0))
    assert (first.words, fuller.words) == ("Help.", "Help me, I cannot get up.")
    assert (fuller.alarm_id, fuller.priority, fuller.snapshot_track) == (first.alarm_id, "high", "")
    assert not behavior.handle(Heard("help", "Help me!", True), 29.0)
    more, = of(RaiseAlarm, behavior.handle(Heard("hurt", "My hip.", True), 31.0))
    assert more.words == "Help me, I cannot get up. My hip."


def test_help_called_on_the_way_does_not_wait_for_the_question():
    behavior, _ = respond()
    commands = behavior.handle(Heard("help", "救命", call_for_help=True), 12.0)
    assert of(RaiseAlarm, commands)[0].priority == "high"


def test_a_caller_is_searched_and_then_asked():
    behavior = FallResponse(resident_id="lin", incident="call/10", kind="call_for_help", words="help",
                            viewpoints=lambda person: [(2.5, 1.5, 3.1)])
    commands = behavior.start(10.0)
    assert of(RaiseAlarm, commands)[0].kind == "call_for_help" and of(FindPerson, commands)
    commands = behavior.handle(ActionDone(FindPerson(timeout_s=80.0), True, person=UP), 20.0)
    assert of(GoTo, commands)


@pytest.mark.parametrize("perhaps", ["danger", ""])
def test_of_a_danger_heard_doubtfully_a_notice_stays_though_who_tells_of_it_feels_well(perhaps):
    behavior = FallResponse(resident_id="lin", incident="call/10", kind="call_for_help", words="I can small gas",
                            perhaps=perhaps)
    behavior.start(10.0)
    question, = of(Ask, behavior.handle(ActionDone(FindPerson(timeout_s=80.0), True, person=UP), 20.0))
    commands = answer(behavior, question, outcome="answered", intent="fine", heard="I am fine")
    assert of(Say, commands) == [Say("fall.glad")] and bool(of(ResolveAlarm, commands)) == (not perhaps)
    assert [(one.priority, "danger" in one.detail) for one in of(RaiseAlarm, commands)] == (
        [("notice", True)] if perhaps else [])


def test_after_a_restart_it_is_known_that_a_danger_may_have_been_told_of():
    first = FallResponse(resident_id="lin", incident="call/10", kind="call_for_help", words="…", perhaps="danger")
    notice, = of(RaiseAlarm, first.start(10.0))
    alarm = AlarmSeen(notice.alarm_id, notice.kind, "raised", "notice", "lin", detail=notice.detail)
    assert FallResponse.from_open_alarm(alarm, lambda person: []).perhaps == "danger"


def test_a_caller_who_is_not_found_is_an_alarm():
    behavior = FallResponse(resident_id="lin", incident="call/10", kind="call_for_help", words="help")
    behavior.start(10.0)
    commands = behavior.handle(ActionDone(FindPerson(timeout_s=80.0), False, "nobody in sight"), 20.0)
    assert of(RaiseAlarm, commands)[0].priority == "high"


def test_after_a_restart_an_acknowledged_alarm_is_not_raised_again():
    behavior = FallResponse.from_open_alarm(AlarmSeen("id-1", "fall", "acknowledged", "high", "lin"), lambda person: [])
    assert of(RaiseAlarm, behavior.start(10.0)) == []
    assert behavior.state == "accompanying"


def test_after_a_restart_an_unanswered_suspicion_is_looked_into():
    behavior = FallResponse.from_open_alarm(AlarmSeen("id-1", "fall", "raised", "notice", "lin"), lambda person: [])
    assert of(FindPerson, behavior.start(10.0))


def test_every_state_that_waits_has_a_way_out():
    for state, (_, limit_s) in FallResponse.STATES.items():
        timed_out = {source for trigger, source, *_ in FallResponse.TRANSITIONS if trigger == "timed_out"}
        assert state == "closed" or (limit_s is not None and state in timed_out)


def test_giving_way_stops_what_runs():
    behavior, _ = respond()
    assert behavior.suspend(11.0) == [CancelActions()]
    assert of(GoTo, behavior.resume(20.0))


def test_after_a_restart_a_cry_takes_nothing_from_the_words_on_the_card():
    alarm = AlarmSeen("id-1", "fall", "raised", "high", "lin", words="Help me, I cannot get up.")
    behavior = FallResponse.from_open_alarm(alarm, lambda person: [])
    behavior.start(10.0)
    assert not of(RaiseAlarm, behavior.handle(Heard("help", "Help me!", True), 12.0))
