"""Night patrol: drive from stop to stop, look around, write down what was visited and what was missed, dock."""
from __future__ import annotations

import math
from dataclasses import dataclass, field

from .behavior import ActionDone, Behavior, Dock, GoTo, RecordRound, RecordStop


@dataclass(frozen=True)
class Stop:
    """A place to look from: map pose x, y [m], yaw [degrees]."""
    room: str
    at: tuple[float, float, float]
    look_s: float


@dataclass(eq=False, repr=False)
class PatrolRound(Behavior):
    TASK = "patrol"
    PRIORITY = 20
    STATES = {
        "driving": ("drive", 180.0),   # the length of a ward at 0.3 m/s; a blocked way is given up sooner
        "looking": ("", 0.0),          # the stop's look_s, set on entering
        "docking": ("dock", 240.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "driving"),
        ("arrived", "driving", "looking"),
        ("missed", "driving", "driving"),
        ("timed_out", "driving", "driving", "stop_timed_out"),
        ("timed_out", "looking", "driving", "stop_seen"),
        ("all_visited", "driving", "docking"),
        ("docked", "docking", "closed"),
        ("timed_out", "docking", "closed"),
    ]

    round_id: str = ""
    stops: tuple[Stop, ...] = ()
    next_stop: int = 0                        # from the journal after a restart
    missed_rooms: list[str] = field(default_factory=list, init=False)

    def on_event(self, event):
        if not isinstance(event, ActionDone):
            return
        if isinstance(event.command, GoTo):
            if event.success:
                self.arrived()
            elif self.state == "driving":
                self._record(event.message or "the way was blocked")
                self.missed()
        elif isinstance(event.command, Dock):
            self.docked()

    def drive(self):
        if self.next_stop >= len(self.stops):
            self.all_visited()
            return
        x, y, yaw = self.stops[self.next_stop].at
        self.why = f"looking in on {self.stops[self.next_stop].room}"
        self.out(GoTo(x, y, math.radians(yaw)))

    def dock(self):
        missed = ", ".join(self.missed_rooms)
        self.out(RecordRound(f"missed: {missed}" if missed else "complete"))
        self.why = "back to the dock"
        self.out(Dock())

    def stop_seen(self):
        self._record("")

    def stop_timed_out(self):
        self._record("was not reached in time")

    def _record(self, problem: str) -> None:
        room = self.stops[self.next_stop].room
        self.out(RecordStop(self.next_stop, room, problem))
        if problem:
            self.missed_rooms.append(room)
        self.next_stop += 1

    def _entered(self):
        super()._entered()
        if self.state == "looking":
            self._deadline_s = self.now_s + self.stops[self.next_stop].look_s
