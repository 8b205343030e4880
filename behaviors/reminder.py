"""A reminder that a resident asked for is due: find them, come near, tell it. One that nobody can be found for is said
aloud where the robot stands; that, and what could not be said at all, is a notice to the caregivers, and is told when
they are next met. What was broken off, by a call for help or by *stop*, has not been told: it is told once more. What
comes every day or week then waits for its next time.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from robot.answers import EndReminder, SetReminder
from robot.reminder import Reminder
from robot.spoken import spoken_moment

from .approach import Approach
from .behavior import ActionDone, Command, RaiseAlarm, Say, alarm_id_of

LATE_S = 900.0  # said with the time for which it was meant: the robot was off, or something was more urgent
USELESS_S = 12 * 3600.0  # half a day later a reminder only confuses


@dataclass(frozen=True)
class Foresee(Command):
    """Write down already what follows once the words are spoken: the voice speaks on when the mission is killed, and
    after the restart they must not be said again."""
    deed: SetReminder | EndReminder


@dataclass(eq=False, repr=False)
class ReminderDue(Approach):
    """More urgent than talk and rounds, less than a medicine or a fall."""
    TASK = "reminder"
    PRIORITY = 40
    STATES = {
        "finding": ("find", 75.0),         # the search itself is limited to 60 s
        "approaching": ("approach", 40.0),  # across a flat at walking pace
        "telling": ("tell", 30.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "finding"),
        ("meet", "idle", "approaching"),
        ("forget", "idle", "closed", "miss"),
        ("found", "finding", "approaching"),
        ("not_found", "finding", "telling"),
        ("near", "approaching", "telling"),
        ("blocked", "approaching", "telling"),
        ("told", "telling", "closed", "end"),
        ("unheard", "telling", "closed", "miss"),
        ("broken", "telling", "closed", "break_off"),
        # Whatever was more urgent may have led both elsewhere.
        ("resumed", ["finding", "approaching", "telling"], "finding"),
        ("timed_out", ["finding", "approaching"], "telling"),
        ("timed_out", "telling", "closed", "miss"),
    ]

    reminder: Reminder = Reminder("", "", 0.0, "")
    zone: tzinfo | None = None
    again: bool = False  # it was missed when it was due; now `person` is met, or it is too late
    last_try: bool = False  # it has been broken off before: once more is pestering
    broken_off: bool = field(default=False, init=False)

    def start(self, now_s):
        begin = self.meet if self.person else self.begin
        return self._do(now_s, self.forget if now_s - self.reminder.at_s > USELESS_S else begin)

    def on_event(self, event):
        super().on_event(event)
        if isinstance(event, ActionDone) and isinstance(event.command, Say):
            if event.success:
                self.told() if self.person else self.unheard()
            else:
                self.broken() if self.person and not self.last_try else self.unheard()

    def suspend(self, now_s):
        untold = (Foresee(SetReminder(self.reminder)),) if self.state == "telling" else ()
        return [*super().suspend(now_s), *untold]

    def resume(self, now_s):
        self.suspended = False
        return self._do(now_s, self.resumed)

    def tell(self):
        late = "missed" if self.again else "late" if self.now_s - self.reminder.at_s > LATE_S else "due"
        when = spoken_moment(self._due, datetime.fromtimestamp(self.now_s, self.zone), self.language)
        self.out(Foresee(self._over("told")))
        self.out(Say(f"reminder.{late}{'_of' if self.reminder.what else ''}",
                     (("what", self.reminder.what), ("when", when))))

    def miss(self):
        """The first time the caregivers know, and it stays open for when they are met; the second time it is over."""
        self.out(Foresee(SetReminder(self.reminder)))
        if not self.again:
            detail = f"{self.reminder.what or 'it is time'}; due at {self._due:%H:%M}"
            one = f"{self.reminder.reminder_id}/{self.reminder.at_s:.0f}"
            self.out(RaiseAlarm(alarm_id_of(f"reminder/{one}"), "reminder_missed", "notice",
                                occurred_s=self.reminder.at_s, detail=detail))
        if self.again or self.now_s - self.reminder.at_s > USELESS_S:
            self.out(self._over("missed"))

    def break_off(self):
        self.broken_off = True
        self.out(Foresee(SetReminder(self.reminder)))

    def end(self):
        self.out(self._over("told"))

    def _over(self, outcome: str) -> SetReminder | EndReminder:
        if self.reminder.every:
            return SetReminder(self.reminder.next(self.now_s, self.zone))
        return EndReminder(self.reminder.reminder_id, outcome)

    @property
    def _due(self) -> datetime:
        return datetime.fromtimestamp(self.reminder.at_s, self.zone)
