"""What the mission must know after a restart: reminders, wishes, readings, doses and rounds, written to the journal.

Every method may raise JournalError; care goes on without the journal, and the node says so.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from robot.answers import EndReminder, Measured, SetReminder
from robot.journal import Journal
from robot.reminder import Reminder
from robot.site import Site

from .behavior import AnnounceDose, Heard, RecordDose, RecordRound, RecordStop
from .reminder import Foresee

# commands to be written down
KEPT = (AnnounceDose, RecordDose, RecordStop, RecordRound, SetReminder, EndReminder, Foresee)
KEEP_READINGS_S = 60.0     # between two writes of one device's readings: a mattress measures every few seconds
READINGS = "readings/"     # and the resident: the fact of the journal that holds them


class Memory:
    """The journal as the mission uses it."""

    def __init__(self, site: Site, journal: Journal) -> None:
        self._residents, self._journal = [resident.id for resident in site.residents], journal
        self._readings_kept_s: dict[str, float] = {}  # by device

    def reminders(self) -> dict[str, Reminder]:
        """Those to come, by id, of residents who still live here."""
        return {reminder.reminder_id: reminder for reminder in self._journal.open_reminders()
                if reminder.resident_id in self._residents}

    def readings(self) -> dict[str, dict[str, Measured]]:
        """The newest readings by resident and LOINC code."""
        kept = {resident: json.loads(self._journal.fact(f"{READINGS}{resident}", "{}")) for resident in self._residents}
        return {resident: {code: Measured(*values) for code, values in readings.items()}
                for resident, readings in kept.items()}

    def taken(self) -> dict[str, float]:
        """When a dose was last said to be taken, by plan."""
        return {dose.plan_id: dose.at_s for dose in self._journal.taken_doses()}

    def wishes(self) -> list[tuple[Heard, float]]:
        """Those that waited to be answered, and since when."""
        return [(Heard(**{**document, "slots": tuple(map(tuple, document["slots"]))}), since_s)
                for document, since_s in self._journal.wishes()]

    def keep_wishes(self, wishes: Iterable[tuple[Heard, float]]) -> None:
        """Write down those that wait now."""
        self._journal.keep_wishes((asdict(heard), since_s) for heard, since_s in wishes)

    def keep_readings(self, resident_id: str, device_id: str, readings: dict[str, Measured], now_s: float) -> None:
        """Write down a resident's newest readings, now and then."""
        if resident_id and now_s - self._readings_kept_s.get(device_id, 0.0) >= KEEP_READINGS_S:
            self._readings_kept_s[device_id] = now_s
            self._journal.set_fact(f"{READINGS}{resident_id}",
                                   json.dumps({code: astuple(measured) for code, measured in readings.items()}))

    def begin_round(self, round_id: str, due_s: float) -> None:
        """Write down that a round is under way; harmless where it was."""
        self._journal.start_patrol(round_id, due_s)

    def keep(self, task: Any, command: Any, now_s: float) -> None:
        """Write down what one of the commands KEPT of a task says."""
        match command:
            case AnnounceDose():
                self._journal.announce_dose(task.dose_id, task.plan_id, task.resident_id, task.due_s, now_s)
            case RecordDose():
                self._journal.record_dose(task.dose_id, task.plan_id, task.resident_id, command.outcome, task.due_s,
                                          command.announcements, now_s, command.words)
            case RecordStop():
                self._journal.stop_done(task.round_id, command.index, now_s,
                                        "missed" if command.problem else "visited", command.problem)
            case RecordRound():
                self._journal.end_patrol(task.round_id, now_s, command.outcome)
            case SetReminder():
                self._journal.set_reminder(command.reminder)
            case EndReminder():
                self._journal.end_reminder(command.reminder_id, command.outcome, now_s)
            case Foresee():
                self.keep(task, command.deed, now_s)
            case _:
                raise TypeError(f"{command} is not for the journal")
