"""An alarm is raised once, climbs until somebody answers, and ends once."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robot.alarms import KEEP_RESOLVED_S, Alarm, AlarmBook, Priority, State
from robot.site import EscalationStep

STEPS = [EscalationStep(after_s=0, notify=["chen"]), EscalationStep(after_s=60, notify=["wang"])]
FALL = Alarm("a", "fall", Priority.HIGH, resident_id="lin", room="bedroom", position=(2.0, 1.0, 0.0), confidence=0.8)


@pytest.fixture
def book():
    return AlarmBook(STEPS)


def test_a_high_alarm_calls_the_first_in_line_at_once(book):
    alarm = book.raise_alarm(FALL, 100.0).alarm
    assert (alarm.state, alarm.notified, alarm.escalation_level) == (State.RAISED, ("chen",), 0)
    assert alarm.raised_s == alarm.occurred_s == 100.0


def test_a_notice_rings_nobody_however_long_it_stands(book):
    book.raise_alarm(replace(FALL, priority=Priority.NOTICE), 100.0)
    assert book.escalate(9000.0) == [] and book.next_deadline_s() is None


def test_a_notice_cannot_be_taken_over_and_so_still_rings_when_it_rises(book):
    book.raise_alarm(replace(FALL, priority=Priority.NOTICE), 100.0)
    assert not book.acknowledge("a", "chen", "", 101.0).changed
    assert book.raise_alarm(FALL, 102.0).alarm.rings


def test_a_notice_that_is_confirmed_becomes_the_same_alarm_with_high_priority(book):
    book.raise_alarm(replace(FALL, priority=Priority.NOTICE, detail="lies on the floor"), 100.0)
    change = book.raise_alarm(Alarm("a", "fall", Priority.HIGH, words="help me"), 130.0)
    assert len(book.alarms) == 1
    assert (change.alarm.priority, change.alarm.words, change.alarm.detail) == (
        Priority.HIGH, "help me", "lies on the floor")
    assert change.alarm.position == FALL.position and change.alarm.raised_s == 100.0
    assert change.alarm.notified == ("chen",) and book.next_deadline_s() == 190.0


def test_the_priority_never_falls(book):
    book.raise_alarm(FALL, 100.0)
    assert book.raise_alarm(replace(FALL, priority=Priority.LOW), 101.0).alarm.priority is Priority.HIGH


def test_the_same_report_again_changes_nothing(book):
    first = book.raise_alarm(FALL, 100.0).alarm
    change = book.raise_alarm(FALL, 105.0)
    assert change.ok and not change.changed and book.alarms == [first]


def test_nobody_answers_and_the_next_is_called_once(book):
    book.raise_alarm(FALL, 100.0)
    assert book.escalate(159.9) == []
    (change,) = book.escalate(160.0)
    assert change.alarm.notified == ("chen", "wang") and change.alarm.escalation_level == 1
    assert book.escalate(500.0) == [] and book.next_deadline_s() is None


def test_an_acknowledged_alarm_climbs_no_further(book):
    book.raise_alarm(FALL, 100.0)
    assert book.acknowledge("a", "chen", "", 110.0).alarm.acknowledged_by == "chen"
    assert book.escalate(500.0) == []


def test_a_second_acknowledgement_is_harmless_and_the_first_name_stays(book):
    book.raise_alarm(FALL, 100.0)
    book.acknowledge("a", "chen", "", 110.0)
    change = book.acknowledge("a", "wang", "", 120.0)
    assert change.ok and not change.changed and change.alarm.acknowledged_by == "chen" and "chen" in change.message


def test_an_acknowledgement_stands_when_the_alarm_turns_serious(book):
    book.raise_alarm(replace(FALL, priority=Priority.MEDIUM), 100.0)
    book.acknowledge("a", "chen", "", 110.0)
    alarm = book.raise_alarm(FALL, 120.0).alarm
    assert (alarm.priority, alarm.state, alarm.acknowledged_by) == (Priority.HIGH, State.ACKNOWLEDGED, "chen")
    assert book.escalate(500.0) == []


def test_a_resolved_alarm_stays_resolved_and_is_forgotten_in_time(book):
    book.raise_alarm(FALL, 100.0)
    book.resolve("a", "robot", "she is up again", 110.0)
    refused = book.raise_alarm(FALL, 120.0)
    assert not refused.ok and "raise a new one" in refused.message
    assert book.acknowledge("a", "chen", "", 121.0).changed is False
    assert book.next_deadline_s() == 110.0 + KEEP_RESOLVED_S
    book.escalate(110.0 + KEEP_RESOLVED_S)
    assert book.alarms == []


def test_an_unknown_alarm_is_answered_in_words(book):
    assert "no alarm x is known" in book.acknowledge("x", "chen", "", 1.0).message
    assert not book.resolve("x", "chen", "", 1.0).ok


def test_an_alarm_comes_back_from_the_journal_as_it_was(book):
    alarm = book.raise_alarm(replace(FALL, snapshot=b"\xff\xd8\x00jpeg"), 100.0).alarm
    assert Alarm.from_dict(alarm.to_dict()) == alarm


def test_a_restart_in_the_middle_goes_on_climbing(book):
    alarm = book.raise_alarm(FALL, 100.0).alarm
    again = AlarmBook(STEPS)
    again.restore([Alarm.from_dict(alarm.to_dict())])
    assert again.next_deadline_s() == 160.0
    assert [c.alarm.notified for c in again.escalate(400.0)] == [("chen", "wang")]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.lists(st.tuples(st.sampled_from("nhart"), st.floats(0.0, 90.0)), max_size=20))
def test_whatever_happens_no_step_goes_back(steps):
    book, now, before = AlarmBook(STEPS), 0.0, None
    for step, wait in steps:
        now += wait
        if step in "nh":
            book.raise_alarm(replace(FALL, priority=Priority.HIGH if step == "h" else Priority.NOTICE), now)
        elif step == "a":
            book.acknowledge("a", "chen", "", now)
        elif step == "r":
            book.resolve("a", "chen", "", now)
        else:
            book.escalate(now)
        alarm = book.get("a")
        if before and alarm:
            assert alarm.priority >= before.priority and set(before.notified) <= set(alarm.notified)
            assert alarm == before or alarm.changed_s > before.changed_s
            assert before.is_open or not alarm.is_open
        before = alarm
