"""The journal keeps what a power cut must not take."""
from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from robot.journal import Event, Journal
from robot.journal_file import JournalError
from robot.reserve import SIZE_BYTES


@pytest.fixture
def path(tmp_path):
    return tmp_path / "night" / "journal.sqlite3"


def event(number: int, type_: str = "vital") -> Event:
    return Event(f"id-{number}", type_, "2026-11-22T20:00:00+08:00", {"number": number})


def test_what_was_written_is_there_after_reopening(path):
    with Journal(path) as journal:
        journal.put_alarm("a", True, 1.0, {"alarm_id": "a", "words": "救命"})
        journal.set_fact("seq", "7")
    with Journal(path) as journal:
        assert journal.alarms(closed_after_s=0.0) == [{"alarm_id": "a", "words": "救命"}]
        assert journal.fact("seq") == "7" and journal.fact("unknown", "0") == "0"


def test_closed_alarms_are_left_out_once_they_are_old(path):
    with Journal(path) as journal:
        journal.put_alarm("open", True, 1.0, {"id": "open"})
        journal.put_alarm("old", False, 2.0, {"id": "old"})
        journal.put_alarm("fresh", False, 9.0, {"id": "fresh"})
        assert [a["id"] for a in journal.alarms(closed_after_s=5.0)] == ["open", "fresh"]


def test_forgotten_alarms_leave_no_picture_on_the_disk(path):
    with Journal(path) as journal:
        journal.put_alarm("closed", False, 2.0, {"id": "closed", "snapshot": "PICTURE" * 3000})
        journal.put_alarm("open", True, 1.0, {"id": "open"})
        journal.drop_alarms(closed_before_s=5.0)
        assert [a["id"] for a in journal.alarms(closed_after_s=0.0)] == ["open"]
    assert b"PICTURE" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_a_failed_transaction_leaves_nothing_behind(path):
    with Journal(path) as journal:
        with pytest.raises(InterruptedError), journal.transaction():
            journal.put_alarm("a", True, 1.0, {})
            journal.enqueue(event(1))
            raise InterruptedError
        assert journal.alarms(0.0) == [] and journal.outbox_length() == 0


def test_alarms_overtake_the_rest_and_each_kind_keeps_its_order(path):
    with Journal(path) as journal:
        for number, kind in enumerate(("vital", "room_event", "alarm", "vital", "alarm")):
            journal.enqueue(event(number, kind))
        assert [row.event.payload["number"] for row in journal.outbox(10)] == [2, 4, 0, 1, 3]


def test_the_same_event_is_queued_once(path):
    with Journal(path) as journal:
        journal.enqueue(event(1))
        journal.enqueue(event(1))
        assert journal.outbox_length() == 1


def test_a_rejected_event_moves_to_the_dead_letters_with_the_reason(path):
    with Journal(path) as journal:
        journal.enqueue(event(1))
        journal.enqueue(event(2))
        journal.bury("id-1", "no such resident", at_s=5.0)
        assert journal.dead_letters() == [(event(1), "no such resident")]
        assert [row.event.id for row in journal.outbox(10)] == ["id-2"]


def test_an_announcement_counts_before_it_is_spoken_and_never_after_the_outcome(path):
    with Journal(path) as journal:
        assert journal.announce_dose("d", "plan", "lin", due_s=10.0, at_s=11.0) == 1
        assert journal.announce_dose("d", "plan", "lin", due_s=10.0, at_s=51.0) == 2
        assert [d.dose_id for d in journal.open_doses()] == ["d"]
        journal.record_dose("d", "plan", "lin", "confirmed", 10.0, 2, 60.0, "吃了")
        assert journal.open_doses() == [] and journal.dose("d").words == "吃了"
        with pytest.raises(JournalError, match="already confirmed"):
            journal.announce_dose("d", "plan", "lin", due_s=10.0, at_s=61.0)


def test_an_outcome_is_reported_once_and_again_only_when_it_changes(path):
    with Journal(path) as journal:
        journal.record_dose("d", "plan", "lin", "unanswered", 10.0, 3, 60.0, "")
        assert [d.dose_id for d in journal.unreported_doses()] == ["d"]
        journal.dose_reported("d")
        journal.record_dose("d", "plan", "lin", "unanswered", 10.0, 3, 61.0, "")
        assert journal.unreported_doses() == []
        journal.record_dose("d", "plan", "lin", "confirmed", 10.0, 3, 90.0, "yes")
        assert [d.state for d in journal.unreported_doses()] == ["confirmed"]


def test_a_patrol_goes_on_where_it_was(path):
    with Journal(path) as journal:
        journal.start_patrol("night/22:00", 5.0)
        journal.stop_done("night/22:00", 0, 6.0, "visited", "nobody on the floor")
        journal.start_patrol("night/22:00", 5.0)
    with Journal(path) as journal:
        progress = journal.patrol_progress("night/22:00")
        assert [(s.stop, s.outcome) for s in progress.stops] == [(0, "visited")] and progress.ended_s is None
        journal.end_patrol("night/22:00", 9.0, "complete")
        assert journal.patrol_progress("night/22:00").outcome == "complete"
        assert journal.patrol_progress("unknown") is None


def test_several_writers_at_once_lose_nothing(path):
    Journal(path).close()

    def write(first: int) -> None:
        with Journal(path) as journal:
            for number in range(first, first + 50):
                journal.enqueue(event(number))

    threads = [threading.Thread(target=write, args=(n * 50,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Journal(path) as journal:
        assert journal.outbox_length() == 200


def test_what_was_committed_survives_kill_9_and_what_was_not_is_gone(path):
    child = subprocess.Popen([sys.executable, "-c", f"""
import sys
from robot.journal import Event, Journal
journal = Journal({str(path)!r})
journal.announce_dose("d", "plan", "lin", 10.0, 11.0)
with journal.transaction():
    journal.announce_dose("d", "plan", "lin", 10.0, 12.0)
    print("inside", flush=True)
    sys.stdin.read()
"""], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "inside\n"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with Journal(path) as journal:
        assert journal.dose("d").announcements == 1


def test_a_damaged_file_is_moved_aside_by_name_and_a_new_one_begun(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, but a long enough text to be read as a header " * 20)
    with Journal(path) as journal:
        assert journal.moved_aside == path.with_name("journal.sqlite3.broken-1") and journal.moved_aside.exists()
        journal.enqueue(event(1))
    with Journal(path) as journal:
        assert journal.moved_aside is None and journal.outbox_length() == 1


def test_a_file_damaged_inside_is_found_at_the_start(path):
    with Journal(path) as journal:
        for number in range(300):
            journal.enqueue(event(number))
    with open(path, "r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 8192)
    with Journal(path) as journal:
        assert journal.moved_aside is not None and journal.outbox_length() == 0


def test_a_full_disk_is_said_in_words_and_is_over_when_there_is_room(path):
    with Journal(path) as journal:
        journal._db.execute("PRAGMA max_page_count = 20")  # the error that SQLite gives on a full disk
        with pytest.raises(JournalError, match="disk is full: free some space"):
            for number in range(1000):
                journal.put_alarm(str(number), True, 1.0, {"detail": "x" * 1000})
        journal._db.execute("PRAGMA max_page_count = 1000000")
        journal.enqueue(event(1))
        assert journal.outbox_length() == 1


def test_on_a_full_disk_the_space_that_was_kept_back_is_given_up_and_kept_back_again_when_there_is_room(path):
    reserve = path.with_name(path.name + ".reserve")
    with Journal(path) as journal:
        assert reserve.stat().st_size == SIZE_BYTES and reserve.stat().st_blocks * 512 >= SIZE_BYTES
        journal._db.execute("PRAGMA max_page_count = 1")  # no page more: the error that SQLite gives on a full disk
        with pytest.raises(JournalError, match="disk is full"):
            journal.set_fact("large", "x" * 10_000)
        assert not reserve.exists()
    Journal(path).close()
    assert reserve.exists()


def test_on_a_small_disk_nothing_is_kept_back(path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=3 * SIZE_BYTES))
    with Journal(path) as journal:
        journal.set_fact("a", "b")
    assert not path.with_name(path.name + ".reserve").exists()


def test_a_place_that_cannot_be_written_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be opened.*parameter `journal`"):
        Journal(tmp_path / "file" / "journal.sqlite3")
    with pytest.raises(JournalError, match="check its path"):
        (tmp_path / "folder").mkdir()
        Journal(tmp_path / "folder")


def test_a_journal_of_an_older_anban_gets_what_has_been_added_and_keeps_what_it_has(path):
    with Journal(path) as journal:
        journal.set_fact("seq", "7")
    db = sqlite3.connect(path)
    db.executescript("DROP TABLE wishes; PRAGMA user_version = 4;")
    db.close()
    with Journal(path) as journal:
        assert journal.wishes() == [] and journal.fact("seq") == "7"


def test_the_wishes_that_wait_are_kept_in_their_order(path):
    with Journal(path) as journal:
        journal.keep_wishes([({"text": "茶"}, 2.0), ({"text": "水"}, 1.0)])
        journal.keep_wishes([({"text": "水"}, 1.0), ({"text": "饭"}, 2.0)])
    with Journal(path) as journal:
        assert journal.wishes() == [({"text": "水"}, 1.0), ({"text": "饭"}, 2.0)]


def test_a_journal_of_a_newer_anban_is_not_touched(path):
    Journal(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="newer Anban"):
        Journal(path)
