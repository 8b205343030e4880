"""Following somebody who asks for it: behind them at a distance, until they have arrived, say stop or are not found."""
from __future__ import annotations

import math
from dataclasses import dataclass, field

from .behavior import Behavior, CancelActions, Heard, Looked, PersonSeen, Point3, Say
from .errand import ErrandTask

# Who is further away than this walks on without the robot: it stands 1.4 to 2.2 m from people (robot/viewpoints.py).
BEHIND_M = 2.4
# While it drives, it aims anew when they are this much further: sooner it would stop and start at every step.
MOVED_M = 1.0
# Who turned a corner is soon seen again from where they were last seen; if not, they are looked for.
LOST_S = 5.0
WAIT = "not_yet"  # "wait!" to a robot that walks behind is a stop
# Who has stayed for so long has arrived. It is longer than a rest on a walking stick.
ARRIVED_S = 90.0


@dataclass(eq=False, repr=False)
class FollowPerson(ErrandTask):
    """Never passes who walks: of the places from which they are seen well the nearest is taken: behind them."""
    TASK = "follow"
    PRIORITY = 25  # who is followed may talk with the robot meanwhile
    STATES = {
        "finding": ("find", 75.0),      # the search itself is limited to 60 s
        "promising": ("tell", 20.0),
        "beside": ("stand", ARRIVED_S),
        "walking": ("approach", 60.0),
        "searching": ("find", 75.0),
        "arriving": ("tell_arrival", 20.0),
        "giving_up": ("tell_failure", 20.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "finding"),
        ("found", "finding", "promising"),
        ("spoken", "promising", "beside"),
        ("timed_out", "promising", "beside"),
        ("near", "walking", "beside"),
        ("blocked", "walking", "beside"),
        ("timed_out", "walking", "beside", "halt"),
        ("walked_on", "walking", "walking", "halt"),
        ("walked_on", "beside", "walking"),
        ("lost", "beside", "searching"),
        ("found", "searching", "walking"),
        ("timed_out", "beside", "arriving"),
        ("waits", ["beside", "walking", "searching"], "arriving", "halt"),
        ("not_found", ["finding", "searching"], "giving_up"),
        ("timed_out", ["finding", "searching"], "giving_up"),
        ("spoken", ["arriving", "giving_up"], "closed"),
        ("timed_out", ["arriving", "giving_up"], "closed"),
        ("ended", "*", "closed"),
    ]
    seen_s: float = field(default=0.0, init=False)
    aimed_at: Point3 | None = field(default=None, init=False)  # where they were when the robot set off

    def on_event(self, event):
        super().on_event(event)
        if isinstance(event, Heard) and event.intent == WAIT:
            self.waits()
        elif isinstance(event, PersonSeen) and self._is_them(event):
            self.person, self.seen_s = event, self.now_s
            if self.state in ("beside", "walking") and self._has_walked_on():
                self.walked_on()
        elif isinstance(event, Looked) and self.state == "beside" and self.now_s - self.seen_s > LOST_S:
            self.lost()  # also where it faces a wall from so near that nothing is seen

    def resume(self, now_s):
        """What was more urgent is over, and it goes on where it was."""
        return Behavior.resume(self, now_s)

    def approach(self):
        self.aimed_at = self.person.position
        super().approach()

    def stand(self):
        self.seen_s = self.now_s  # from here on they should be in sight

    def halt(self):
        self.out(CancelActions())

    def tell_arrival(self):
        self.out(Say("move.stays", tuple(self.answer.slots.items())))

    def _is_them(self, seen: PersonSeen) -> bool:
        known = self.person
        return known is not None and seen.position is not None and (
            seen.track_id == known.track_id or bool(seen.resident_id) and seen.resident_id == known.resident_id)

    def _has_walked_on(self) -> bool:
        they, robot = self.person.position[:2], self.place()
        if robot is None or math.dist(they, robot) <= BEHIND_M:
            return False
        return self.state == "beside" or self.aimed_at is None or math.dist(they, self.aimed_at[:2]) > MOVED_M
