"""The journal: what must survive a power cut, in one SQLite file. Alarms, doses, reminders, wishes that wait, patrols,
the outbox, small facts.

Times come in as seconds. How the file itself is kept: robot/journal_file.py.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot.journal_file import JournalError, JournalFile
from robot.reminder import Reminder

# Version n of the schema is reached by the n-th entry. Entries are never edited once released: add one.
MIGRATIONS = ("""
CREATE TABLE alarms (alarm_id TEXT PRIMARY KEY, is_open INTEGER NOT NULL, changed_s REAL NOT NULL,
                     document TEXT NOT NULL);
CREATE TABLE doses (dose_id TEXT PRIMARY KEY, plan_id TEXT NOT NULL, resident_id TEXT NOT NULL, state TEXT NOT NULL,
                    due_s REAL NOT NULL, announcements INTEGER NOT NULL, at_s REAL NOT NULL, words TEXT NOT NULL,
                    reported INTEGER NOT NULL DEFAULT 0);
CREATE TABLE patrols (patrol_id TEXT PRIMARY KEY, due_s REAL NOT NULL, ended_s REAL, outcome TEXT NOT NULL DEFAULT '');
CREATE TABLE patrol_stops (patrol_id TEXT NOT NULL, stop INTEGER NOT NULL, at_s REAL NOT NULL,
                           outcome TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (patrol_id, stop));
CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
                     time TEXT NOT NULL, payload TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE dead_letters (id TEXT PRIMARY KEY, type TEXT NOT NULL, time TEXT NOT NULL, payload TEXT NOT NULL,
                           error TEXT NOT NULL, at_s REAL NOT NULL);
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
""", """
CREATE TABLE reminders (reminder_id TEXT PRIMARY KEY, resident_id TEXT NOT NULL, at_s REAL NOT NULL, what TEXT NOT NULL,
                        outcome TEXT NOT NULL DEFAULT '', ended_s REAL);
""", """
ALTER TABLE reminders ADD COLUMN every INTEGER NOT NULL DEFAULT 0;
""", """
ALTER TABLE reminders ADD COLUMN clock TEXT NOT NULL DEFAULT '';
""", """
CREATE TABLE wishes (seq INTEGER PRIMARY KEY, since_s REAL NOT NULL, document TEXT NOT NULL);
""")
DOSE_OUTCOMES = ("confirmed", "refused", "unanswered", "missed", "wrongly_taken")  # states in which a dose is closed


@dataclass(frozen=True)
class Event:
    """One event for the care platform. `id` makes delivery idempotent; `time` is ISO 8601 with offset."""
    id: str
    type: str
    time: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class OutboxRow:
    seq: int
    event: Event
    attempts: int


@dataclass(frozen=True)
class DoseRow:
    dose_id: str
    plan_id: str
    resident_id: str
    state: str
    due_s: float
    announcements: int
    at_s: float
    words: str

    @property
    def closed(self) -> bool:
        """Whether this dose has its outcome and must not be announced again."""
        return self.state in DOSE_OUTCOMES


@dataclass(frozen=True)
class PatrolStopRow:
    stop: int
    at_s: float
    outcome: str
    detail: str


@dataclass(frozen=True)
class PatrolRow:
    patrol_id: str
    due_s: float
    ended_s: float | None
    outcome: str
    stops: tuple[PatrolStopRow, ...]  # done so far, by number


class Journal(JournalFile):
    """The open journal. Every method may raise JournalError."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, MIGRATIONS)

    # --- alarms ---------------------------------------------------------------------------------------------------
    def put_alarm(self, alarm_id: str, is_open: bool, changed_s: float, document: dict[str, Any]) -> None:
        self._write("INSERT INTO alarms VALUES (?, ?, ?, ?) ON CONFLICT (alarm_id) DO UPDATE SET "
                    "is_open = excluded.is_open, changed_s = excluded.changed_s, document = excluded.document",
                    alarm_id, int(is_open), changed_s, _dump(document))

    def alarms(self, closed_after_s: float) -> list[dict[str, Any]]:
        """Documents of all open alarms and of those that closed after the given time, oldest change first."""
        rows = self._read("SELECT document FROM alarms WHERE is_open OR changed_s > ? ORDER BY changed_s",
                          closed_after_s)
        return [json.loads(row[0]) for row in rows]

    def drop_alarms(self, closed_before_s: float) -> None:
        """Forget alarms that closed before the given time, pictures and all; the care platform keeps the record."""
        self._write("DELETE FROM alarms WHERE NOT is_open AND changed_s < ?", closed_before_s)

    # --- doses ----------------------------------------------------------------------------------------------------
    def announce_dose(self, dose_id: str, plan_id: str, resident_id: str, due_s: float, at_s: float) -> int:
        """Count an announcement *before* it is spoken; returns how many there are now, this one included.

        Raises JournalError for a dose that is closed: after `kill -9` a confirmed dose is never announced again.
        """
        with self.transaction():
            known = self.dose(dose_id)
            if known and known.closed:
                raise JournalError(f"dose {dose_id} is already {known.state}; it must not be announced again")
            count = known.announcements + 1 if known else 1
            self._put_dose(DoseRow(dose_id, plan_id, resident_id, "announced", due_s, count, at_s, ""))
        return count

    def record_dose(self, dose_id: str, plan_id: str, resident_id: str, state: str, due_s: float, announcements: int,
                    at_s: float, words: str) -> None:
        """Write the state of a dose. An outcome (DOSE_OUTCOMES) is reported to the care platform by the bridge."""
        self._put_dose(DoseRow(dose_id, plan_id, resident_id, state, due_s, announcements, at_s, words))

    def dose(self, dose_id: str) -> DoseRow | None:
        rows = self._doses("dose_id = ?", dose_id)
        return rows[0] if rows else None

    def open_doses(self) -> list[DoseRow]:
        """Doses without an outcome, first due first."""
        return self._doses(f"state NOT IN {DOSE_OUTCOMES}")

    def taken_doses(self) -> list[DoseRow]:
        """Announced doses that were said to be taken, rightly or wrongly, first due first."""
        return self._doses("state IN ('confirmed', 'wrongly_taken') AND announcements > 0")

    def unreported_doses(self) -> list[DoseRow]:
        """Doses with an outcome that is not yet in the outbox."""
        return self._doses(f"state IN {DOSE_OUTCOMES} AND NOT reported")

    def dose_reported(self, dose_id: str) -> None:
        self._write("UPDATE doses SET reported = 1 WHERE dose_id = ?", dose_id)

    # --- reminders ------------------------------------------------------------------------------------------------
    def set_reminder(self, reminder: Reminder) -> None:
        """Keep what a resident wants to be reminded of; harmless when it is there already, open again if it was
        cancelled, and at another time if it has moved on to that."""
        self._write("INSERT INTO reminders (reminder_id, resident_id, at_s, what, every, clock) "
                    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (reminder_id) DO UPDATE SET outcome = '', ended_s = NULL, "
                    "at_s = excluded.at_s",
                    reminder.reminder_id, reminder.resident_id, reminder.at_s, reminder.what, reminder.every,
                    reminder.clock)

    def end_reminder(self, reminder_id: str, outcome: str, ended_s: float) -> None:
        """It was told, missed or cancelled."""
        self._write("UPDATE reminders SET outcome = ?, ended_s = ? WHERE reminder_id = ?", outcome, ended_s,
                    reminder_id)

    def open_reminders(self) -> list[Reminder]:
        """Those to come, the next first."""
        return [Reminder(*row) for row in self._read(
            "SELECT reminder_id, resident_id, at_s, what, every, clock FROM reminders WHERE outcome = '' "
            "ORDER BY at_s")]

    # --- wishes ---------------------------------------------------------------------------------------------------
    def keep_wishes(self, wishes: Iterable[tuple[dict[str, Any], float]]) -> None:
        """All that wait to be answered, in their order, and since when; none but these."""
        with self.transaction():
            self._write("DELETE FROM wishes")
            for document, since_s in wishes:
                self._write("INSERT INTO wishes (since_s, document) VALUES (?, ?)", since_s, _dump(document))

    def wishes(self) -> list[tuple[dict[str, Any], float]]:
        """Those that wait, and since when."""
        return [(json.loads(document), since_s)
                for document, since_s in self._read("SELECT document, since_s FROM wishes ORDER BY seq")]

    # --- patrols --------------------------------------------------------------------------------------------------
    def start_patrol(self, patrol_id: str, due_s: float) -> None:
        """Begin a round; harmless when it has begun already."""
        self._write("INSERT INTO patrols (patrol_id, due_s) VALUES (?, ?) ON CONFLICT DO NOTHING", patrol_id, due_s)

    def stop_done(self, patrol_id: str, stop: int, at_s: float, outcome: str, detail: str = "") -> None:
        """One stop of the round (by its number in the site file) was visited or missed, in the caller's words."""
        self._write("INSERT INTO patrol_stops VALUES (?, ?, ?, ?, ?) ON CONFLICT (patrol_id, stop) DO UPDATE SET "
                    "at_s = excluded.at_s, outcome = excluded.outcome, detail = excluded.detail",
                    patrol_id, stop, at_s, outcome, detail)

    def end_patrol(self, patrol_id: str, ended_s: float, outcome: str) -> None:
        self._write("UPDATE patrols SET ended_s = ?, outcome = ? WHERE patrol_id = ?", ended_s, outcome, patrol_id)

    def patrol_progress(self, patrol_id: str) -> PatrolRow | None:
        """How far a round has come, or None if it never began."""
        rows = self._read("SELECT patrol_id, due_s, ended_s, outcome FROM patrols WHERE patrol_id = ?", patrol_id)
        stops = self._read("SELECT stop, at_s, outcome, detail FROM patrol_stops WHERE patrol_id = ? ORDER BY stop",
                           patrol_id)
        return PatrolRow(*rows[0], tuple(PatrolStopRow(*s) for s in stops)) if rows else None

    # --- outbox ---------------------------------------------------------------------------------------------------
    def enqueue(self, event: Event) -> None:
        """Queue an event for the care platform; an id that is already queued is not queued twice."""
        self._write("INSERT INTO outbox (id, type, time, payload) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                    event.id, event.type, event.time, _dump(event.payload))

    def outbox(self, limit: int) -> list[OutboxRow]:
        """The next events to deliver: alarms before everything else, each kind in the order it was written."""
        rows = self._read("SELECT seq, id, type, time, payload, attempts FROM outbox "
                          "ORDER BY type <> 'alarm', seq LIMIT ?", limit)
        return [OutboxRow(seq, Event(id_, type_, time, json.loads(payload)), attempts)
                for seq, id_, type_, time, payload, attempts in rows]

    def outbox_length(self) -> int:
        return self._read("SELECT count(*) FROM outbox")[0][0]

    def outbox_holds(self, event_id: str) -> bool:
        return bool(self._read("SELECT 1 FROM outbox WHERE id = ?", event_id))

    def delivered(self, event_ids: Iterable[str]) -> None:
        with self.transaction():
            self._db.executemany("DELETE FROM outbox WHERE id = ?", [(i,) for i in event_ids])

    def delivery_failed(self, event_ids: Iterable[str]) -> None:
        """Count one more vain attempt for these events."""
        with self.transaction():
            self._db.executemany("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", [(i,) for i in event_ids])

    def bury(self, event_id: str, error: str, at_s: float) -> None:
        """Move an event that the platform will never accept to the dead letters."""
        with self.transaction():
            self._write("INSERT OR REPLACE INTO dead_letters SELECT id, type, time, payload, ?, ? FROM outbox "
                        "WHERE id = ?", error, at_s, event_id)
            self._write("DELETE FROM outbox WHERE id = ?", event_id)

    def dead_letters(self) -> list[tuple[Event, str]]:
        """Rejected events and the platform's reason, oldest first."""
        rows = self._read("SELECT id, type, time, payload, error FROM dead_letters ORDER BY at_s")
        return [(Event(id_, type_, time, json.loads(payload)), error) for id_, type_, time, payload, error in rows]

    # --- facts ----------------------------------------------------------------------------------------------------
    def set_fact(self, key: str, value: str) -> None:
        self._write("INSERT INTO facts VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    key, value)

    def fact(self, key: str, default: str = "") -> str:
        rows = self._read("SELECT value FROM facts WHERE key = ?", key)
        return rows[0][0] if rows else default

    # --- inside ---------------------------------------------------------------------------------------------------
    def _put_dose(self, row: DoseRow) -> None:
        self._write("INSERT INTO doses (dose_id, plan_id, resident_id, state, due_s, announcements, at_s, words) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dose_id) DO UPDATE SET state = excluded.state, "
                    "announcements = excluded.announcements, at_s = excluded.at_s, words = excluded.words, "
                    "reported = reported AND state = excluded.state",
                    row.dose_id, row.plan_id, row.resident_id, row.state, row.due_s, row.announcements, row.at_s,
                    row.words)

    def _doses(self, where: str, *values: Any) -> list[DoseRow]:
        rows = self._read("SELECT dose_id, plan_id, resident_id, state, due_s, announcements, at_s, words FROM doses "
                          f"WHERE {where} ORDER BY due_s, dose_id", *values)
        return [DoseRow(*row) for row in rows]


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
