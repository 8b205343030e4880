"""A dose is told, confirmed and recorded once; otherwise the caregiver learns of it."""
import pytest

from behaviors.behavior import (
    ActionDone,
    AnnounceDose,
    Ask,
    FindPerson,
    GoTo,
    Heard,
    PersonSeen,
    RaiseAlarm,
    RecordDose,
    Say,
)
from behaviors.medication import MedicationReminder
from robot.journal import Journal
from robot.journal_file import JournalError

ON_SOFA = PersonSeen("body1", "lin", (6.8, 3.3, 0.7), None, "living_room", "sitting")
IN_CORRIDOR = PersonSeen("body1", "lin", (6.8, -0.8, 1.0), None, "corridor", "walking")


def reminder(**fields):
    return MedicationReminder(resident_id="lin", dose_id="lin-evening/2026-11-22T20:00", plan_id="lin-evening",
                              medicine="amlodipine", dose="one white tablet", repeat_after_s=40.0,
                              **{"repeats": 2, **fields})


def of(kind, commands):
    return [c for c in commands if isinstance(c, kind)]


def find(behavior, commands, now_s, found=True, sure=True):
    """She is found on the sofa, and again when looked at from near by."""
    search, = of(FindPerson, commands)
    commands = behavior.handle(ActionDone(search, found, person=ON_SOFA if found else None), now_s)
    if found and sure:
        again, = of(FindPerson, commands)
        return behavior.handle(ActionDone(again, True, person=ON_SOFA), now_s)
    return commands


def answer(behavior, commands, now_s, outcome="answered", intent="", heard=""):
    question, = of(Ask, commands)
    return behavior.handle(ActionDone(question, True, outcome=outcome, intent=intent, heard=heard), now_s)


def test_the_announcement_is_written_before_it_is_spoken():
    behavior = reminder()
    commands = find(behavior, behavior.start(0.0), 5.0)
    assert [type(c) for c in commands] == [AnnounceDose, Ask]
    assert dict(commands[1].slots)["dose"] == "one white tablet"


@pytest.mark.parametrize("arrives", [True, False])
def test_the_robot_comes_near_before_it_speaks_and_speaks_also_where_it_cannot(arrives):
    behavior = reminder(viewpoints=lambda person: [(6.0, 1.6, 1.1)])
    drive, = find(behavior, behavior.start(0.0), 5.0, sure=False)
    assert drive == GoTo(6.0, 1.6, 1.1)
    search, = behavior.handle(ActionDone(drive, arrives), 12.0)
    assert of(Ask, behavior.handle(ActionDone(search, True, person=ON_SOFA), 13.0))


@pytest.mark.parametrize("by_the_way_first", [True, False])
def test_what_is_heard_both_as_the_answer_and_by_the_way_is_recorded_once(by_the_way_first):
    behavior = reminder()
    question, = of(Ask, find(behavior, behavior.start(0.0), 5.0))
    heard = [Heard("taken", "taken"), ActionDone(question, True, outcome="answered", intent="taken", heard="taken")]
    records = [record for event in (heard if by_the_way_first else reversed(heard))
               for record in of(RecordDose, behavior.handle(event, 20.0))]
    assert records == [RecordDose("confirmed", 1, "taken")]


def test_bedclothes_that_looked_like_her_are_not_spoken_to():
    behavior = reminder()
    again, = find(behavior, behavior.start(0.0), 5.0, sure=False)
    commands = behavior.handle(ActionDone(again, False), 30.0)
    assert [type(c) for c in commands] == [FindPerson] and behavior.announcements == 0


def test_somebody_who_walks_on_is_followed_and_told_in_the_end():
    behavior = reminder(viewpoints=lambda person: [(6.0, 1.6, 1.1)])
    commands, now_s, drives = behavior.start(0.0), 0.0, 0
    while not of(Ask, commands):
        now_s += 5.0
        drives += len(of(GoTo, commands))
        person = (IN_CORRIDOR, ON_SOFA)[drives % 2]
        commands = behavior.handle(ActionDone(commands[0], True, person=person), now_s)
        assert now_s < 100.0
    assert drives == 3


def test_taken_is_recorded_and_thanked():
    behavior = reminder()
    commands = answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, intent="taken", heard="I have taken it")
    assert commands == [RecordDose("confirmed", 1, "I have taken it"), Say("medication.thanks")]
    behavior.handle(ActionDone(Say("medication.thanks"), True), 25.0)
    assert behavior.done


def test_a_bare_yes_is_no_confirmation_until_asked_whether_it_is_taken():
    behavior = reminder()
    commands = answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, intent="yes", heard="yes")
    assert of(RecordDose, commands) == []
    commands = answer(behavior, commands, 40.0, intent="yes", heard="yes")
    assert of(RecordDose, commands)[0].outcome == "confirmed"


def test_words_that_were_not_understood_are_asked_for_at_once():
    behavior = reminder()
    commands = answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, outcome="not_understood", heard="end")
    assert [command.phrase for command in commands] == ["medication.ask_taken"]
    assert of(RecordDose, answer(behavior, commands, 40.0, intent="not_yet", heard="not yet")) == []
    assert behavior.state == "postponing"


def test_silence_is_repeated_as_the_plan_says_and_then_the_caregiver_is_told():
    behavior, now_s, announced = reminder(), 0.0, 0
    commands = behavior.start(now_s)
    while not of(RaiseAlarm, commands):
        now_s += 50.0
        if of(FindPerson, commands):
            commands = find(behavior, commands, now_s)
        elif of(Ask, commands):
            announced += 1
            commands = answer(behavior, commands, now_s, outcome="silent")
        else:
            commands = behavior.tick(now_s)
        assert now_s < 1000.0
    assert announced == 3
    assert of(RecordDose, commands) == [RecordDose("unanswered", 3)]
    assert of(RaiseAlarm, commands)[0].kind == "medication_missed"


def test_a_resident_who_is_nowhere_is_reported_as_missed_without_an_announcement():
    behavior, now_s = reminder(repeats=1), 0.0
    commands = behavior.start(now_s)
    while not behavior.done:
        now_s += 50.0
        searching = of(FindPerson, commands)
        commands = find(behavior, commands, now_s, found=False) if searching else behavior.tick(now_s)
        alarms = of(RaiseAlarm, commands)
        assert now_s < 1000.0
    assert alarms and of(RecordDose, commands) == [RecordDose("missed", 0)]


def test_a_refusal_is_respected_and_reported():
    behavior = reminder()
    commands = answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, intent="refuse", heard="I won't")
    assert of(RecordDose, commands)[0].outcome == "refused" and of(RaiseAlarm, commands)
    assert of(Say, commands) == [Say("medication.refused")]


def test_taken_said_between_two_announcements_counts():
    behavior = reminder()
    answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, outcome="silent")
    commands = behavior.handle(Heard("taken", "I have taken it"), 30.0)
    assert of(RecordDose, commands)[0].outcome == "confirmed"


@pytest.mark.parametrize("cut_after", ["announced", "confirmed"])
def test_power_lost_in_any_state_never_announces_a_confirmed_dose_again(tmp_path, cut_after):
    path, behavior = tmp_path / "journal.db", reminder()
    with Journal(path) as journal:  # what the node does with the commands
        commands = find(behavior, behavior.start(0.0), 5.0)
        assert of(AnnounceDose, commands)
        journal.announce_dose(behavior.dose_id, behavior.plan_id, "lin", 0.0, 5.0)
        if cut_after == "confirmed":
            record, = of(RecordDose, answer(behavior, commands, 20.0, intent="taken", heard="taken"))
            journal.record_dose(behavior.dose_id, behavior.plan_id, "lin", record.outcome, 0.0, record.announcements,
                                20.0, record.words)
    with Journal(path) as journal:  # after the restart
        row = journal.dose(behavior.dose_id)
        if cut_after == "confirmed":
            assert row.closed
            with pytest.raises(JournalError, match="must not be announced again"):
                journal.announce_dose(behavior.dose_id, behavior.plan_id, "lin", 0.0, 60.0)
        else:
            again = reminder(announcements=row.announcements)
            assert again.start(60.0) == [] and again.state == "waiting"  # time to hear whether it was taken
            assert of(FindPerson, again.tick(100.1))


def test_a_call_for_help_into_the_announcement_costs_no_repetition():
    behavior = reminder(repeats=0)
    commands = find(behavior, behavior.start(0.0), 5.0)
    assert answer(behavior, commands, 8.0, intent="help", heard="help me") == []
    behavior.suspend(8.1)  # the call is answered
    assert behavior.resume(600.0) == []
    commands = find(behavior, behavior.tick(641.0), 650.0)
    assert [type(command) for command in commands] == [AnnounceDose, Ask]
    commands = answer(behavior, commands, 670.0, outcome="silent")
    assert of(RecordDose, commands) == [RecordDose("unanswered", 2)]
    assert of(RaiseAlarm, commands)[0].detail.endswith("announced 2 times, 1 of them broken off")


def test_what_was_more_urgent_than_an_announcement_is_over_and_she_is_looked_for_and_told_anew():
    behavior = reminder(repeats=0)
    find(behavior, behavior.start(0.0), 5.0)
    behavior.suspend(7.0)
    commands = behavior.resume(600.0)
    assert of(FindPerson, commands) and of(Ask, find(behavior, commands, 605.0))


def test_after_what_was_more_urgent_it_is_asked_whether_it_is_taken_and_not_told_twice():
    behavior = reminder()
    answer(behavior, find(behavior, behavior.start(0.0), 5.0), 20.0, intent="yes", heard="yes")
    behavior.suspend(25.0)
    assert [command.phrase for command in behavior.resume(600.0)] == ["medication.ask_taken"]


def test_an_announcement_that_was_told_to_stop_is_made_again_later():
    behavior = reminder()
    commands = answer(behavior, find(behavior, behavior.start(0.0), 5.0), 8.0, outcome="failed", heard="stop")
    assert commands == [] and of(FindPerson, behavior.tick(50.0)) and behavior.broken_off == 1


@pytest.mark.parametrize("intents", [("dose_asked",), ("unsure", "unsure"), ("yes", "unsure")])
def test_who_does_not_know_whether_it_was_taken_is_told_to_take_none_and_a_nurse_is_told(intents):
    behavior = reminder()
    commands = find(behavior, behavior.start(0.0), 5.0)
    for number, intent in enumerate(intents):
        commands = answer(behavior, commands, 20.0 + number, intent=intent, heard="did I?")
    record, alarm, said = commands
    assert record == RecordDose("unanswered", 1, "did I?") and said == Say("medication.unsure")
    assert "does not know" in alarm.detail and alarm.words == "did I?"
    behavior.handle(ActionDone(said, True), 30.0)
    assert behavior.done


def test_who_is_just_taking_it_is_asked_again_but_not_for_ever():
    behavior = reminder()
    commands, phrases = find(behavior, behavior.start(0.0), 5.0), []
    while question := of(Ask, commands):
        phrases.append(question[0].phrase)
        commands = answer(behavior, commands, 20.0, intent="taking", heard="I am taking it")
    assert phrases == ["medication.due", *["medication.ask_taken"] * 3]
    assert commands == [Say("medication.later")]


@pytest.mark.parametrize("said,planned,wrong", [("2", "one white tablet", True), ("2", "2 tablets", False),
    ("1", "一片白色药片", False), ("2", "白い錠剤を一錠", True), ("2", "half a tablet", False),
    ("2", "as needed", False), ("2", "one tablet of 10 mg", True), ("2", "47,5 mg", False)])
def test_more_pieces_than_planned_are_no_dose_taken(said, planned, wrong):
    behavior = reminder()
    behavior.dose = planned
    question, = of(Ask, find(behavior, behavior.start(0.0), 5.0))
    commands = behavior.handle(ActionDone(question, True, outcome="answered", intent="taken", heard="I took them",
                                          slots=(("pieces", said),)), 20.0)
    assert of(RecordDose, commands)[0].outcome == ("wrongly_taken" if wrong else "confirmed")
    assert [(alarm.kind, alarm.priority) for alarm in of(RaiseAlarm, commands)] == [("call_for_help", "high")] * wrong
    assert of(Say, commands)[0].phrase == ("help.dose_error" if wrong else "medication.thanks")
