"""One task at a time, the most urgent first; what waited goes on; one incident is one alarm."""
import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from behaviors.arbiter import Arbiter
from behaviors.behavior import (
    ActionDone,
    AlarmChanged,
    AlarmSeen,
    Ask,
    CancelActions,
    Dock,
    FallSeen,
    FindPerson,
    GoTo,
    Heard,
    Looked,
    PersonSeen,
    RaiseAlarm,
    RecordDose,
    RecordRound,
    RecordStop,
    Say,
)
from behaviors.medication import MedicationReminder
from behaviors.memory import Memory
from behaviors.mission import Mission
from behaviors.patrol import PatrolRound, Stop
from behaviors.schedule import due_doses, due_rounds
from robot.journal import Journal
from robot.site import load_site

from .orders import commands

HOME = Path(__file__).parents[2] / "config" / "home.yaml"
LYING = PersonSeen("body1", "lin", (1.5, 1.4, 0.2), (1.5, 1.9, 0.1), "bedroom", "lying_on_floor", on_floor=True)


@pytest.fixture
def site():
    return load_site(HOME)


@pytest.fixture
def mission(site):
    return Mission(site, viewpoints=lambda person: [(2.5, 1.5, 3.1)], looks=lambda stop: [math.radians(stop.at[2])])


def local(site, *when):
    return datetime(*when, tzinfo=ZoneInfo(site.site.timezone)).timestamp()


def patrol():
    stops = Stop("bedroom", (3.3, 0.75), (2.4, 1.4), 4.0), Stop("corridor", (4, -1), (0.0,), 2.0)
    return PatrolRound(round_id="night/1", stops=stops)


def test_a_fall_interrupts_the_patrol_which_then_goes_on_with_the_same_stop(mission):
    round_ = patrol()
    first, = commands(mission.arbiter.submit(round_, 0.0), GoTo)
    orders = mission.on_fall(FallSeen("f1", "suspected", LYING, 0.7, 4.0), 5.0)
    assert commands(orders, CancelActions) and orders[0].behavior is round_
    incident = mission.incidents[0]
    orders = mission.on_alarm(AlarmChanged(incident.alarm_id, "resolved"), 60.0)
    assert commands(orders, GoTo) == [first]


def test_the_same_fall_seen_again_by_another_track_is_the_same_incident(mission):
    mission.on_fall(FallSeen("f1", "suspected", LYING, 0.7, 4.0), 5.0)
    near = PersonSeen("body7", "", (1.9, 1.2, 0.2), None, "bedroom", "lying_on_floor", True)
    mission.on_fall(FallSeen("f2", "suspected", near, 0.7, 6.0), 7.0)
    assert len(mission.incidents) == 1


def test_a_second_person_who_falls_is_told_to_the_staff_at_once(mission):
    mission.on_fall(FallSeen("f1", "suspected", LYING, 0.7, 4.0), 5.0)
    other = PersonSeen("body7", "guest", (6.9, 1.2, 0.2), None, "living_room", "lying_on_floor", True)
    orders = mission.on_fall(FallSeen("f2", "suspected", other, 0.7, 6.0), 7.0)
    assert commands(orders, RaiseAlarm)[0].priority == "medium"


def test_a_cry_for_help_is_answered_whatever_the_robot_is_doing(mission):
    mission.arbiter.submit(patrol(), 0.0)
    orders = mission.on_heard(Heard("help", "救命", call_for_help=True), 1.0)
    assert commands(orders, RaiseAlarm)[0].kind == "call_for_help" and commands(orders, FindPerson)


TWICE = Heard("help", "I took it twice.", True, (("dose_error", "too_much"),))
FINE = {"outcome": "answered", "intent": "fine", "heard": "I am fine"}


def due(site, hour=20):
    return due_doses(site, local(site, 2026, 11, 22, hour, 0) - 60, local(site, 2026, 11, 22, hour, 1))[0]


def test_who_took_a_dose_wrongly_is_neither_asked_nor_reminded_of_it_and_the_staff_is_called(mission, site):
    search, = commands(mission.on_due_dose(due(site), 0, 0.0), FindPerson)
    reminder = mission.arbiter.active
    mission.on_done(reminder, ActionDone(search, True, person=replace(LYING, posture="sitting", on_floor=False)), 5.0)
    orders = mission.on_heard(TWICE, 30.0)
    assert reminder.done and commands(orders, RecordDose) == [
        RecordDose("wrongly_taken", reminder.announcements, "I took it twice.")]
    alarm, = commands(orders, RaiseAlarm)
    assert (alarm.kind, alarm.priority, alarm.words) == ("call_for_help", "high", "I took it twice.")
    assert "taken wrongly" in alarm.detail
    assert [said.phrase for said in commands(orders, Say)] == ["help.dose_error"]
    assert not commands(orders, Ask) and not commands(orders, FindPerson)
    mission.on_done(mission.incidents[0], ActionDone(Say("help.dose_error"), True), 40.0)
    assert [said.phrase for said in commands(mission.tick(90.0), Say)] == ["help.dose_error"]  # and not to keep warm
    assert not commands(mission.on_alarm(AlarmChanged(alarm.alarm_id, "resolved"), 600.0), FindPerson)


def test_a_dose_that_is_due_while_that_is_open_is_not_reminded_of(mission, site):
    mission.on_heard(TWICE, 0.0)
    assert commands(mission.on_due_dose(due(site), 0, 60.0), RecordDose) == [
        RecordDose("wrongly_taken", 0, "I took it twice.")]
    orders = mission.on_alarm(AlarmChanged(mission.incidents[0].alarm_id, "resolved"), 600.0)
    assert not commands(orders, FindPerson) and not mission.arbiter.behaviors


def test_who_does_not_want_to_live_is_not_asked_whether_they_are_well_and_is_still_reminded(mission, site):
    orders = mission.on_heard(Heard("help", "I want to die.", True, (("despair", "1"),)), 0.0)
    alarm, = commands(orders, RaiseAlarm)
    assert (alarm.priority, alarm.words) == ("high", "I want to die.") and "not worth living" in alarm.detail
    assert [said.phrase for said in commands(orders, Say)] == ["help.despair"] and not commands(orders, Ask)
    assert not commands(mission.on_due_dose(due(site), 0, 60.0), RecordDose)


@pytest.mark.parametrize("taken,phrase", [({"lin-evening": 3600.0}, "dose.noted"), ({}, "dose.not_noted")])
def test_whether_a_dose_was_taken_is_answered_by_what_was_said_of_it(mission, site, taken, phrase):
    now_s = local(site, 2026, 11, 22, 21)
    mission.situation.taken = {plan: now_s - before_s for plan, before_s in taken.items()}
    orders = mission.on_heard(Heard("dose_asked", "Have I taken my pill?"), now_s)
    said, = commands(orders, Say)
    assert said.phrase == phrase
    orders += mission.on_done(mission.arbiter.active, ActionDone(said, True), now_s + 5)
    assert [notice.words for notice in commands(orders, RaiseAlarm)] == ([] if taken else ["Have I taken my pill?"])


@pytest.mark.parametrize("due_first", [True, False])
def test_of_such_a_dose_nobody_is_reminded_after_a_restart_either(mission, site, due_first):
    open_alarm = AlarmSeen("a1", "call_for_help", "raised", "high", "lin", words="I took it twice.",
                           detail="says that a medicine was taken wrongly; the room is where the robot is")
    tell, remind = lambda: mission.on_alarm_seen(open_alarm, 0.0), lambda: mission.on_due_dose(due(site), 0, 1.0)
    orders = [order for do in ((remind, tell) if due_first else (tell, remind)) for order in do()]
    assert [record.outcome for record in commands(orders, RecordDose)] == ["wrongly_taken"]
    assert [type(task).__name__ for task in mission.arbiter.behaviors] == ["FallResponse"]


def test_who_says_so_after_crying_for_help_is_not_believed_to_be_well(mission):
    search, = commands(mission.on_heard(Heard("help", "Help!", True), 0.0), FindPerson)
    incident, = mission.incidents
    orders = mission.on_heard(TWICE, 2.0)
    assert [alarm.priority for alarm in commands(orders, RaiseAlarm)] == ["high"]
    assert [said.phrase for said in commands(orders, Say)] == ["help.dose_error"]
    assert mission.incidents == [incident]
    assert not commands(mission.on_done(incident, ActionDone(search, True), 9.0), Ask)


def test_a_call_while_the_robot_is_glad_that_all_is_well_raises_the_alarm(mission):
    mission.on_fall(FallSeen("f1", "suspected", LYING, 0.7, 4.0), 5.0)
    incident, = mission.incidents
    mission.on_done(incident, ActionDone(GoTo(0, 0, 0), False), 8.0)
    mission.on_done(incident, ActionDone(Ask("fall.ask", ()), True, **FINE), 20.0)
    assert incident.state == "standing_down"
    alarm, = commands(mission.on_heard(Heard("help", "Help!", True), 21.0), RaiseAlarm)
    assert alarm.priority == "high"


def test_who_falls_after_that_is_the_same_incident_and_the_staff_learn_of_the_fall(mission):
    mission.on_heard(TWICE, 0.0)
    mission.on_people([replace(LYING, posture="sitting", on_floor=False)], 30.0)
    orders = mission.on_fall(FallSeen("f1", "confirmed", LYING, 0.7, 44.0, ("went down fast",)), 45.0)
    alarm, = commands(orders, RaiseAlarm)
    assert alarm.priority == "high" and "went down fast" in alarm.detail and len(mission.incidents) == 1


def test_among_several_only_who_was_asked_of_a_dose_can_have_taken_it_wrongly():
    site = load_site(HOME.with_name("ward.yaml"))
    for state, closes in (("finding", False), ("telling", True), ("waiting", False)):
        mission = Mission(site, viewpoints=lambda person: [], looks=lambda stop: [])
        asked, waits = (MedicationReminder(resident_id=one.id, dose_id=one.id) for one in site.residents[:2])
        mission.arbiter.submit(asked, 0.0)
        mission.arbiter.submit(waits, 0.0)
        asked.state = state
        assert bool(commands(mission.on_heard(TWICE, 10.0), RecordDose)) is closes
        assert asked.done is closes and not waits.done


def test_other_talk_starts_nothing(mission):
    assert mission.on_heard(Heard("", "the weather is nice"), 1.0) == []


def test_an_open_alarm_of_a_stopped_robot_is_taken_up_again(mission):
    orders = mission.on_open_alarm(AlarmSeen("id-1", "fall", "raised", "notice", "lin"), 1.0)
    assert commands(orders, FindPerson)
    assert mission.on_open_alarm(AlarmSeen("id-1", "fall", "raised", "notice", "lin"), 2.0) == []


def test_a_dose_is_reminded_once_although_it_is_reported_twice(mission, site):
    due, = due_doses(site, local(site, 2026, 11, 22, 19, 59), local(site, 2026, 11, 22, 20, 1))
    assert commands(mission.on_due_dose(due, 0, due.due_s), FindPerson)
    assert mission.on_due_dose(due, 0, due.due_s) == []


def test_a_dose_whose_outcome_could_not_be_written_down_is_not_announced_again(mission, site):
    due, = due_doses(site, local(site, 2026, 11, 22, 19, 59), local(site, 2026, 11, 22, 20, 1))
    mission.on_due_dose(due, 0, due.due_s)
    for minute in range(30):  # nobody is found
        mission.tick(due.due_s + 60.0 * minute)
    assert mission.arbiter.active is None
    assert mission.on_due_dose(due, 0, due.due_s + 1801.0) == []


def test_an_alarm_is_news_once_a_state_however_often_the_alarms_are_told(mission):
    mission.on_fall(FallSeen("f1", "suspected", LYING, 0.7, 4.0), 5.0)
    incident = mission.incidents[0]
    raised = AlarmSeen(incident.alarm_id, "fall", "raised", "notice", "lin")
    assert mission.on_alarm_seen(raised, 6.0) == mission.on_alarm_seen(raised, 7.0) == []
    assert commands(mission.on_alarm_seen(replace(raised, state="resolved"), 8.0), CancelActions)
    assert mission.on_alarm_seen(replace(raised, state="resolved"), 9.0) == []


def test_an_alarm_without_a_room_gets_the_robots_own_and_says_so(mission):
    assert mission.with_room(RaiseAlarm("a", "call_for_help", "high")).room == ""  # it does not know where it is
    mission.situation.place = (4.0, -1.0)
    alarm = mission.with_room(RaiseAlarm("a", "call_for_help", "high", detail="a cry"))
    assert (alarm.room, alarm.detail) == ("corridor", "a cry; the room is where the robot is")
    assert mission.with_room(RaiseAlarm("a", "fall", "high", room="bedroom")).room == "bedroom"


def test_less_urgent_work_waits_and_starts_afterwards():
    arbiter = Arbiter()
    urgent, round_ = patrol(), patrol()
    arbiter.submit(urgent, 0.0)
    assert arbiter.submit(round_, 0.0) == []
    assert arbiter.waiting == [round_]


def test_a_patrol_visits_each_stop_writes_it_down_and_docks():
    round_ = patrol()
    seen, now_s, out = [], 0.0, round_.start(0.0)
    while not round_.done:
        now_s += 5.0
        seen += [c for c in out if isinstance(c, (RecordStop, RecordRound))]
        trip = [c for c in out if isinstance(c, (GoTo, Dock))]
        out = round_.handle(ActionDone(trip[0], True), now_s) if trip else look(round_, now_s)
        assert now_s < 200.0
    assert seen == [RecordStop(0, "bedroom"), RecordStop(1, "corridor"), RecordRound("complete")]


def look(round_, now_s, blind=""):
    """What follows when a look ends in which there was a picture."""
    return round_.handle(Looked(blind), now_s) + round_.tick(now_s)


@pytest.mark.parametrize("pictures", [["picture is black"], []])
def test_a_room_in_which_the_eyes_were_shut_is_missed_with_the_reason(pictures):
    round_ = patrol()
    arrive(round_)
    turn, = look(round_, 4.1)
    round_.handle(ActionDone(turn, True), 6.0)
    for blind in pictures:
        round_.handle(Looked(blind), 7.0)
    record = round_.tick(10.1)[0]
    assert record.problem == f"nothing could be seen: {(pictures or ['no pictures come from the eyes'])[0]}"
    assert round_.missed_rooms == ["bedroom"]


def arrive(round_, now_s=0.0):
    """A round that looks from its first stop."""
    trip, = round_.start(now_s)
    round_.handle(ActionDone(trip, True), now_s)
    assert round_.state == "looking"


def test_a_round_looks_in_every_direction_that_shows_more_of_the_room():
    round_ = patrol()
    arrive(round_)
    turn, = look(round_, 4.1)
    assert turn == GoTo(3.3, 0.75, 1.4)
    round_.handle(ActionDone(turn, True), 6.0)
    assert look(round_, 9.0) == []
    assert round_.tick(10.1)[0] == RecordStop(0, "bedroom")


def up(x, y, posture="standing"):
    return PersonSeen("body1", "lin", (x, y, 0.9), (x, y, 1.5), "bedroom", posture)


def test_a_round_turns_to_somebody_who_is_up_and_stays_while_they_are():
    round_ = patrol()
    arrive(round_)
    turn, = round_.handle(up(1.3, 0.75), 0.5)
    assert turn == GoTo(3.3, 0.75, math.pi)
    round_.handle(ActionDone(turn, True), 2.0)
    for tenth in range(20, 120):
        assert round_.handle(up(1.3, 0.8), tenth / 10) == round_.tick(tenth / 10) == []
    assert round_.tick(15.0) == [] and round_.tick(16.0) == [GoTo(3.3, 0.75, 1.4)]  # they left at 12


def test_a_round_is_not_held_up_for_ever_by_somebody_who_stays_up():
    round_, now_s = patrol(), 0.0
    arrive(round_)
    while round_.next_stop == 0:
        now_s += 0.1
        for command in round_.handle(up(2.0, 2.0), now_s) + round_.tick(now_s):
            if isinstance(command, GoTo) and round_.next_stop == 0:
                round_.handle(ActionDone(command, True), now_s)
    assert 19.0 < now_s < 35.0


def test_a_round_does_not_turn_to_somebody_asleep():
    round_ = patrol()
    arrive(round_)
    assert round_.handle(up(1.3, 0.75, "lying_on_furniture"), 0.5) == []


def test_a_round_makes_room_for_somebody_near_so_that_a_fall_is_seen_whole():
    round_ = patrol()
    round_.viewpoints = lambda person: [(3.6, 0.2, 2.0)]
    arrive(round_)
    back, = round_.handle(up(2.6, 1.4), 0.5)
    assert back == GoTo(3.6, 0.2, 2.0)
    round_.handle(ActionDone(back, True), 3.0)
    assert round_.handle(up(2.9, 1.2), 3.1) == []  # nearer again, but the robot has made room once
    assert round_.tick(8.0) == [GoTo(3.3, 0.75, 1.4)]  # the next look is from the stop itself


def test_the_late_end_of_an_older_drive_says_nothing_of_the_one_under_way():
    round_ = patrol()
    arrive(round_)
    turn, = round_.handle(up(1.3, 0.75), 0.5)
    onward = [look(round_, now_s) for now_s in (16.0, 20.5, 36.0, 40.5)][-1]  # the turns are blocked
    assert onward[0] == RecordStop(0, "bedroom")
    assert round_.handle(ActionDone(turn, False, "a newer goal came"), 41.0) == [] and round_.state == "driving"


def test_a_turn_that_fails_after_it_was_given_up_records_nothing():
    round_ = patrol()
    arrive(round_)
    turn, = round_.handle(up(1.3, 0.75), 0.5)
    round_.tick(16.0)  # looks as it stands
    assert round_.handle(ActionDone(turn, False, "something stands in the way"), 17.0) == []
    assert (round_.state, round_.next_stop) == ("looking", 0)


def test_a_robot_that_is_not_back_in_time_calls_the_staff():
    round_ = PatrolRound(round_id="night/1", stops=())
    round_.start(0.0)
    alarm, = round_.tick(250.0)
    assert alarm.kind == "device_fault" and round_.done


def test_a_robot_that_cannot_get_back_to_its_dock_calls_the_staff():
    round_ = PatrolRound(round_id="night/1", stops=())
    dock = round_.start(0.0)[-1]
    alarm, = round_.handle(ActionDone(dock, False, "something stands in the way"), 30.0)
    assert (alarm.kind, alarm.priority) == ("device_fault", "medium") and "stands in the way" in alarm.detail
    assert round_.done


def test_a_round_that_cannot_turn_looks_as_it_stands():
    round_ = patrol()
    arrive(round_)
    turn, = look(round_, 4.1)
    assert round_.handle(ActionDone(turn, False, "blocked"), 6.0) == []
    assert look(round_, 10.1)[0] == RecordStop(0, "bedroom")


def test_a_round_interrupted_at_its_stop_drives_there_again():
    round_ = patrol()
    arrive(round_)
    assert round_.suspend(1.0) and round_.resume(60.0) == [GoTo(3.3, 0.75, 2.4)]


def test_a_round_interrupted_on_its_way_to_the_dock_is_recorded_once():
    round_ = PatrolRound(round_id="night/1", stops=())
    assert round_.start(0.0) == [RecordRound("complete"), Dock()]
    round_.suspend(1.0)
    assert round_.resume(60.0) == [Dock()]


def test_a_room_behind_a_blocked_door_is_missed_with_its_reason_and_the_round_goes_on():
    round_ = patrol()
    out = round_.start(0.0)
    out = round_.handle(ActionDone(out[0], False, "no way into the bedroom"), 20.0)
    assert out[0] == RecordStop(0, "bedroom", "no way into the bedroom") and isinstance(out[1], GoTo)
    assert round_.missed_rooms == ["bedroom"]


def test_rounds_of_a_night_cross_midnight(site):
    rounds = due_rounds(site, local(site, 2026, 11, 22, 21, 0), local(site, 2026, 11, 23, 7, 0))
    assert [r.round_id for r in rounds] == ["night/2026-11-22T22:00", "night/2026-11-23T00:00",
                                            "night/2026-11-23T02:00", "night/2026-11-23T04:00"]


def test_a_dose_in_the_hour_that_summer_time_repeats_is_due_once(site):
    berlin = site.model_copy(update={"site": site.site.model_copy(update={"timezone": "Europe/Berlin"})})
    plan = berlin.medication[0].model_copy(update={"times": [datetime(2026, 1, 1, 2, 30).time()]})
    berlin = berlin.model_copy(update={"medication": [plan]})
    zone = ZoneInfo("Europe/Berlin")
    night = (datetime(2026, 10, 24, 22, tzinfo=zone).timestamp(), datetime(2026, 10, 25, 8, tzinfo=zone).timestamp())
    assert len(due_doses(berlin, *night)) == 1


def test_asking_is_what_the_fall_response_does_after_arriving(mission):
    orders = mission.on_fall(FallSeen("f1", "confirmed", LYING, 0.9, 4.0), 5.0)
    order, = [o for o in orders if isinstance(o.command, GoTo)]
    mission.on_done(order.behavior, ActionDone(order.command, True), 9.0)
    assert commands(mission.tick(11.1), Ask)


def test_who_asks_the_time_on_a_round_is_answered_and_the_round_goes_on(mission):
    stops = (Stop("bedroom", (1.0, 1.0), (0.0,), 5.0),)
    mission.arbiter.submit(PatrolRound(round_id="r", stops=stops, viewpoints=lambda person: []), 0.0)
    orders = mission.on_heard(Heard("time", "what time is it"), 1.0)
    said = next(order for order in orders if isinstance(order.command, Say))
    assert said.command.phrase == "dialogue.time"
    mission.on_done(said.behavior, ActionDone(said.command, True), 4.0)
    assert isinstance(mission.arbiter.active, PatrolRound)


def test_nobody_in_need_is_told_the_time(mission):
    mission.on_heard(Heard("help", "help me", call_for_help=True), 1.0)
    assert not any(isinstance(order.command, Say) for order in mission.on_heard(Heard("time", "what time is it"), 2.0))


def test_too_much_of_a_dose_is_stayed_with_like_a_call(mission, site):
    mission.on_due_dose(due(site), 0, 0.0)
    reminder = mission.arbiter.active
    orders = mission.on_heard(Heard("taken", "I took two.", slots=(("pieces", "2"),)), 1.0)
    assert not commands(orders, RecordDose)  # nothing has been announced yet
    reminder.announcements = 1
    orders = mission.on_heard(Heard("taken", "I took two.", slots=(("pieces", "2"),)), 9.0)
    alarm, = commands(orders, RaiseAlarm)
    mission.on_alarm_seen(AlarmSeen(alarm.alarm_id, alarm.kind, "raised", alarm.priority, "lin", words=alarm.words,
                                    detail=alarm.detail), 10.0)
    assert [incident.grave for incident in mission.incidents] == ["dose_error"]


@pytest.mark.parametrize("outcome,announcements,noted", [
    ("confirmed", 1, True), ("wrongly_taken", 1, True), ("wrongly_taken", 0, False), ("refused", 1, False)])
def test_what_was_taken_is_known_at_once_and_after_a_restart(mission, site, tmp_path, outcome, announcements, noted):
    dose, now_s = due(site), local(site, 2026, 11, 22, 20, 5)
    mission.situation.dose_recorded(dose.plan.id, RecordDose(outcome, announcements), now_s)
    with Journal(tmp_path / "journal.db") as journal:
        journal.record_dose(dose.dose_id, dose.plan.id, "lin", outcome, dose.due_s, announcements, now_s, "")
        assert Memory(site, journal).taken() == mission.situation.taken == ({dose.plan.id: now_s} if noted else {})
