"""The reminders to come: which are due, which were tried and missed, which are held back for a while."""
from __future__ import annotations

from collections.abc import Collection

from robot.answers import EndReminder, SetReminder
from robot.reminder import Reminder

from .reminder import USELESS_S

# Who is seen sooner after a reminder was said into an empty room has perhaps only been overlooked.
MET_AGAIN_S = 120.0
# What was broken off is told again so long after: *stop* holds the robot for as long, as in its rounds (errand.py).
HELD_S = 60.0


class ReminderBook:
    """`being_told`: ids of those that somebody is being told at the moment. Times in seconds."""

    def __init__(self) -> None:
        self.to_come: dict[str, Reminder] = {}  # by id; the journal's
        self.cancelled: list[tuple[Reminder, float]] = []  # in this run, and when
        self._tried_s: dict[str, float] = {}  # those that were taken on, and when
        self._held_s: dict[str, float] = {}  # those that were broken off, and until when they are held

    def take_note(self, deed: SetReminder | EndReminder) -> None:
        """One was set, has moved on to its next time, or has ended."""
        if isinstance(deed, SetReminder):
            reminder = deed.reminder
            if self.to_come.get(reminder.reminder_id) != reminder:
                self._tried_s.pop(reminder.reminder_id, None)
                self._held_s.pop(reminder.reminder_id, None)
            self.to_come[reminder.reminder_id] = reminder
        else:
            gone = self.to_come.pop(deed.reminder_id, None)
            self.cancelled += [(gone, deed.asked_s)] if gone and deed.asked_s else []

    def due(self, being_told: Collection[str], now_s: float) -> list[Reminder]:
        """Those to be told now: not tried yet, or missed for so long that they are given up."""
        return [reminder for reminder in self._open(being_told, now_s)
                if reminder.reminder_id not in self._tried_s or now_s - reminder.at_s > USELESS_S]

    def missed_by(self, resident_id: str, being_told: Collection[str], now_s: float) -> Reminder | None:
        """One that the resident could not be told when it was due."""
        return next((reminder for reminder in self._open(being_told, now_s) if reminder.resident_id == resident_id
                     and now_s - self._tried_s.get(reminder.reminder_id, now_s) > MET_AGAIN_S), None)

    def take_on(self, reminder: Reminder, now_s: float) -> tuple[bool, bool]:
        """It is being told from now on. Whether it was tried before, and whether this is the last try."""
        again = reminder.reminder_id in self._tried_s
        self._tried_s[reminder.reminder_id] = now_s
        return again, reminder.reminder_id in self._held_s

    def broken_off(self, reminder: Reminder, again: bool, now_s: float) -> None:
        """It is due again after a while; one that was told upon a meeting (`again`), at the next."""
        self._held_s[reminder.reminder_id] = now_s + HELD_S
        if not again:
            self._tried_s.pop(reminder.reminder_id, None)

    def _open(self, being_told: Collection[str], now_s: float) -> list[Reminder]:
        return [reminder for reminder in self.to_come.values() if reminder.reminder_id not in being_told
                and max(reminder.at_s, self._held_s.get(reminder.reminder_id, 0.0)) <= now_s]
