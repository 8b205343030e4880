"""What is due is given once, also over restarts and while the journal cannot be written or read."""
from datetime import datetime
from pathlib import Path

import pytest

from behaviors.agenda import ROUND_RESUME_S, Agenda
from behaviors.behavior import AnnounceDose, GoTo, RecordDose, RecordRound, RecordStop
from behaviors.medication import MedicationReminder
from behaviors.memory import Memory
from behaviors.patrol import PatrolRound
from robot.answers import Measured
from robot.journal import Journal
from robot.journal_file import JournalError
from robot.site import load_site

SITE = load_site(Path(__file__).parents[2] / "config" / "home.yaml")
EIGHT_S = datetime(2026, 11, 22, 20, tzinfo=SITE.zone).timestamp()  # her medicine
TEN_S = datetime(2026, 11, 22, 22, tzinfo=SITE.zone).timestamp()  # the first round of the night


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


@pytest.fixture
def memory(journal):
    return Memory(SITE, journal)


def reminder() -> MedicationReminder:
    return MedicationReminder(resident_id="lin", dose_id="lin-evening/2026-11-22T20:00", plan_id="lin-evening",
                              due_s=EIGHT_S)


def test_a_dose_is_given_once_when_it_becomes_due(journal):
    agenda = Agenda(SITE, journal)
    assert agenda.doses(EIGHT_S - 7200) == [] == agenda.doses(EIGHT_S - 1)
    (dose, announcements), = agenda.doses(EIGHT_S + 0.5)
    assert (dose.dose_id, announcements) == (reminder().dose_id, 0)
    assert agenda.doses(EIGHT_S + 0.6) == agenda.doses(EIGHT_S + 60) == []


def test_after_a_start_a_dose_that_was_announced_is_given_with_its_announcements(journal, memory):
    memory.keep(reminder(), AnnounceDose(1), EIGHT_S + 1)
    (_, announcements), = Agenda(SITE, journal).doses(EIGHT_S + 600)
    assert announcements == 1


def test_after_a_start_a_dose_with_an_outcome_is_not_given_nor_one_whose_time_is_over(journal, memory):
    window_s = SITE.medication[0].window_min * 60
    assert Agenda(SITE, journal).doses(EIGHT_S + window_s + 1) == []
    memory.keep(reminder(), RecordDose("confirmed", 1), EIGHT_S + 30)
    assert Agenda(SITE, journal).doses(EIGHT_S + 60) == []


def test_a_round_goes_on_at_the_stop_after_the_last_one_unless_it_has_ended_or_is_long_past(journal, memory):
    (due, next_stop), = Agenda(SITE, journal).rounds(TEN_S + 1)
    assert next_stop == 0
    memory.begin_round(due.round_id, due.due_s)
    task = PatrolRound(round_id=due.round_id, stops=())
    memory.keep(task, RecordStop(0, "bedroom"), TEN_S + 60)
    assert [stop for _, stop in Agenda(SITE, journal).rounds(TEN_S + 90)] == [1]
    assert Agenda(SITE, journal).rounds(TEN_S + ROUND_RESUME_S + 60) == []
    memory.keep(task, RecordRound("complete"), TEN_S + 120)
    assert Agenda(SITE, journal).rounds(TEN_S + 150) == []


def test_on_a_full_disk_doses_and_rounds_are_due_all_the_same_and_once(journal):
    journal._db.execute("PRAGMA max_page_count = 1")  # no page more: the error that SQLite gives on a full disk
    with pytest.raises(JournalError, match="disk is full"):
        journal.set_fact("large", "x" * 10_000)
    agenda = Agenda(SITE, journal)
    assert len(agenda.doses(EIGHT_S + 1)) == len(agenda.rounds(TEN_S + 1)) == 1
    assert agenda.doses(EIGHT_S + 60) == agenda.rounds(TEN_S + 60) == []


def test_what_could_not_be_read_is_given_when_it_can(journal, tmp_path):
    agenda = Agenda(SITE, journal)
    agenda.doses(EIGHT_S - 60)
    journal._db.execute("ALTER TABLE doses RENAME TO away")
    for now_s in (EIGHT_S + 1, EIGHT_S + 2):
        with pytest.raises(JournalError):
            agenda.doses(now_s)
    journal._db.execute("ALTER TABLE away RENAME TO doses")
    assert len(agenda.doses(EIGHT_S + 60)) == 1


def test_a_simulation_that_begins_again_has_its_doses_again(journal):
    agenda = Agenda(SITE, journal)
    assert len(agenda.doses(EIGHT_S + 1)) == 1
    assert agenda.doses(EIGHT_S - 10) == [] and len(agenda.doses(EIGHT_S + 1)) == 1


def test_readings_are_kept_over_a_restart_and_written_once_a_minute(journal, memory):
    for at_s, value in ((1000.0, 61.0), (1030.0, 62.0), (1061.0, 63.0)):
        memory.keep_readings("lin", "mat", {"8867-4": Measured(value, "/min", at_s)}, at_s)
        kept = Memory(SITE, journal).readings()["lin"]["8867-4"]
        assert kept == Measured(61.0 if at_s < 1060 else 63.0, "/min", 1000.0 if at_s < 1060 else 1061.0)


def test_what_is_no_record_is_refused(memory):
    with pytest.raises(TypeError, match="not for the journal"):
        memory.keep(reminder(), GoTo(0, 0, 0), 0.0)
