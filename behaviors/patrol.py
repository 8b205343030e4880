"""Night patrol: drive from stop to stop, look around, write down what was visited and what was missed, dock.

Somebody who is up at night is looked at until they have left or for a while: they are who falls, and a camera that sees
them at the edge of its picture does not see where they fall to.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field

from robot.transforms import wrapped

from .behavior import (
    ActionDone,
    Behavior,
    Dock,
    GoTo,
    Looked,
    PersonSeen,
    RaiseAlarm,
    RecordRound,
    RecordStop,
    Viewpoints,
    alarm_id_of,
)

# Somebody so far from the middle of the picture is turned to; a body length at 2.5 m is 35 degrees, half a picture.
TURN_RAD = math.radians(12)
# Nearer than this, the picture's lower edge cuts off who falls (robot/viewpoints.py): the robot makes room.
NEAR_M = 1.4
# At each stop: getting up, standing a little and beginning to walk takes older people 10 to 15 s.
WATCH_S = 20.0
IN_BED = "lying_on_furniture"


@dataclass(frozen=True)
class Stop:
    """A place to look from: x, y [m], frame map, and the directions [rad] to look in, for `look_s` each."""
    room: str
    at: tuple[float, float]
    looks: tuple[float, ...]
    look_s: float


@dataclass(eq=False, repr=False)
class PatrolRound(Behavior):
    TASK = "patrol"
    PRIORITY = 20
    STATES = {
        "driving": ("drive", 180.0),   # the length of a ward at 0.3 m/s; a blocked way is given up sooner
        "looking": ("look", None),     # for the stop's look_s
        "choosing": ("choose", None),
        "turning": ("turn", 15.0),     # half a turn takes 4 s
        "docking": ("dock", 240.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "driving"),
        ("arrived", "driving", "looking"),
        ("arrived", "turning", "looking"),
        ("missed", "driving", "driving"),
        ("noticed", "looking", "turning"),
        ("timed_out", "looking", "choosing"),
        ("look_elsewhere", "choosing", "turning"),
        ("stop_seen", "choosing", "driving", "record_seen"),
        ("timed_out", "driving", "driving", "record_late"),
        ("timed_out", "turning", "looking"),
        ("all_visited", "driving", "docking", "record_round"),
        ("docked", "docking", "closed"),
        ("stuck", "docking", "closed", "tell_staff"),
        ("timed_out", "docking", "closed", "tell_staff"),
        # Whatever was more urgent may have led the robot elsewhere.
        ("resumed", ["driving", "looking", "turning"], "driving"),
        ("resumed", "docking", "docking"),
    ]

    round_id: str = ""
    stops: tuple[Stop, ...] = ()
    next_stop: int = 0                        # from the journal after a restart
    viewpoints: Viewpoints = lambda person: []
    missed_rooms: list[str] = field(default_factory=list, init=False)

    def __post_init__(self):
        super().__post_init__()
        self._to_look: list[float] = []           # directions still to be looked in from this stop
        self._at = (0.0, 0.0)                     # where the robot stands, or goes to,
        self._facing = 0.0                        # and looks
        self._made_room = False                   # for somebody near, at this stop
        self._going: GoTo | None = None           # the result of an older one says nothing
        self._watch_until_s: float | None = None  # somebody is up at this stop
        self._sees, self._blind = False, ""       # in this look: whether the eyes have seen, and why not
        self._unseen = ""                         # why nothing was seen in one of the looks of this stop

    def on_event(self, event):
        if isinstance(event, PersonSeen):
            self._on_person(event)
        elif isinstance(event, Looked):
            self._sees |= not event.blind
            self._blind = event.blind
        elif not isinstance(event, ActionDone):
            return
        elif isinstance(event.command, Dock):
            if event.success:
                self.docked()
            else:
                self.why = f"the way back to the dock: {event.message}"
                self.stuck()
        elif event.command is self._going:
            if event.success or self.state == "turning":  # where turning is not possible, the robot looks as it stands
                self.arrived()
            elif self.state == "driving":
                self._record(event.message or "the way was blocked")
                self.missed()

    def resume(self, now_s):
        self.suspended = False
        return self._do(now_s, self.resumed)

    def _on_person(self, person: PersonSeen) -> None:
        """Turn to somebody who is up, and stay while they are."""
        if self.state != "looking" or person.position is None or person.posture == IN_BED:
            return
        if self._watch_until_s is None:
            self._watch_until_s = self.now_s + WATCH_S
        if self.now_s >= self._watch_until_s:
            return
        x, y = (person.position[i] - self._at[i] for i in range(2))
        bearing = math.atan2(y, x)
        places = [] if self._made_room or math.hypot(x, y) >= NEAR_M else self.viewpoints(person)
        self.why = f"somebody is up in {self._stop.room}"
        if places:
            self._made_room = True
            *self._at, self._facing = places[0]
            self.noticed()
        elif abs(wrapped(bearing - self._facing)) > TURN_RAD:
            self._facing = bearing
            self.noticed()
        else:
            self._deadline_s = min(self.now_s + self._stop.look_s, self._watch_until_s)

    @property
    def _stop(self) -> Stop:
        return self.stops[self.next_stop]

    def drive(self):
        if self.next_stop >= len(self.stops):
            self.all_visited()
            return
        self.why = f"looking in on {self._stop.room}"
        self._facing, *self._to_look = self._stop.looks
        self._at, self._watch_until_s, self._made_room = self._stop.at, None, False
        self._unseen = ""
        self.turn()

    def turn(self):
        self._going = GoTo(*self._at, self._facing)
        self.out(self._going)

    def look(self):
        self._deadline_s = self.now_s + self._stop.look_s
        self._sees, self._blind = False, "no pictures come from the eyes"

    def choose(self):
        if not self._sees:
            self._unseen = self._blind
        if self._to_look:
            self._at, self._facing = self._stop.at, self._to_look.pop(0)
            self.look_elsewhere()
        else:
            self.stop_seen()

    def dock(self):
        self.why = "the way back to the dock"
        self.out(Dock())

    def tell_staff(self):
        """The robot has not got to its dock. Somebody must look: what stands in the way may be a person."""
        self.out(RaiseAlarm(alarm_id_of(f"{self.round_id}/dock"), kind="device_fault", priority="medium",
                            occurred_s=self.now_s, detail=self.why))

    def record_round(self):
        missed = ", ".join(self.missed_rooms)
        self.out(RecordRound(f"missed: {missed}" if missed else "complete"))

    def record_seen(self):
        """A room that was visited by shut eyes is a room missed."""
        self._record(f"nothing could be seen: {self._unseen}" if self._unseen else "")

    def record_late(self):
        self._record("was not reached in time")

    def _record(self, problem: str) -> None:
        room = self._stop.room
        self.out(RecordStop(self.next_stop, room, problem))
        if problem:
            self.missed_rooms.append(room)
        self.next_stop += 1
