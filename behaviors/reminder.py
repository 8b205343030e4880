"""A reminder that a resident asked for is due: find them, come near, tell it. One that nobody can be found for is said
aloud where the robot stands."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from robot.answers import EndReminder, Reminder
from robot.spoken import spoken_moment

from .behavior import ActionDone, Behavior, FindPerson, GoTo, PersonSeen, Say, Viewpoints

LATE_S = 900.0  # said with the time for which it was meant: the robot was off, or something was more urgent
USELESS_S = 12 * 3600.0  # half a day later a reminder only confuses


@dataclass(eq=False, repr=False)
class ReminderDue(Behavior):
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
        ("forget", "idle", "closed", "end_missed"),
        ("found", "finding", "approaching"),
        ("near", ["finding", "approaching"], "telling"),
        ("told", "telling", "closed", "end"),
        ("timed_out", ["finding", "approaching"], "telling"),
        ("untold", "telling", "closed", "end_missed"),
        ("timed_out", "telling", "closed", "end_missed"),
    ]

    reminder: Reminder = Reminder("", "", 0.0, "")
    zone: tzinfo | None = None
    language: str = "en"
    viewpoints: Viewpoints = lambda person: []
    person: PersonSeen | None = field(default=None, init=False)

    def start(self, now_s):
        return self._do(now_s, self.forget if now_s - self.reminder.at_s > USELESS_S else self.begin)

    def on_event(self, event):
        if not isinstance(event, ActionDone):
            return
        if isinstance(event.command, FindPerson):
            self.person = event.person
            self.found() if event.success else self.near()
        elif isinstance(event.command, GoTo):
            self.near()
        elif isinstance(event.command, Say):
            self.told() if event.success else self.untold()

    def find(self):
        self.out(FindPerson(timeout_s=60.0))

    def approach(self):
        places = self.viewpoints(self.person) if self.person and self.person.position else []
        if places:
            self.out(GoTo(*places[0]))
        else:
            self.near()

    def tell(self):
        kind = "_of" if self.reminder.what else ""
        late = self.now_s - self.reminder.at_s > LATE_S
        when = spoken_moment(datetime.fromtimestamp(self.reminder.at_s, self.zone),
                             datetime.fromtimestamp(self.now_s, self.zone), self.language)
        self.out(Say(f"reminder.{'late' if late else 'due'}{kind}", (("what", self.reminder.what), ("when", when))))

    def end_missed(self):
        self.out(EndReminder(self.reminder.reminder_id, "missed"))

    def end(self):
        self.out(EndReminder(self.reminder.reminder_id, "told"))
