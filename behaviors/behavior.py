"""The contract of a behaviour: events go in, commands come out, a `transitions` table lies between.

A behaviour never waits and never reads a clock: `start`, `handle` and `tick` take the time in seconds and return the
commands to carry out now. The result of a command comes back as an `ActionDone` event.
"""
from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from transitions import Machine

Point3 = tuple[float, float, float]  # map [m]

_ALARM_NAMESPACE = uuid.UUID("6f0c2b54-6a43-4d0e-9b7e-7a6d1c0f5a11")


def alarm_id_of(incident: str) -> str:
    """The one alarm of an incident: however often it is reported, and by however many restarts, the id is the same."""
    return str(uuid.uuid5(_ALARM_NAMESPACE, incident))


# --- what comes in --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PersonSeen:
    """A tracked person as the eyes last reported them."""
    track_id: str
    resident_id: str = ""
    position: Point3 | None = None
    head: Point3 | None = None
    room: str = ""
    posture: str = "unknown"
    on_floor: bool = False
    visible: bool = True
    facing: bool = False  # the face is turned to the camera


# Where to stand to see a face and to be heard: given the person, poses (x, y, yaw) in map, best first.
Viewpoints = Callable[[PersonSeen], list[tuple[float, float, float]]]


@dataclass(frozen=True)
class Looked:
    """The eyes have taken in a picture; `blind` says why they could see nothing in it."""
    blind: str = ""


@dataclass(frozen=True)
class FallSeen:
    """A change in the eyes' judgement of one fall; state is "suspected", "confirmed" or "recovered"."""
    fall_id: str
    state: str
    person: PersonSeen
    confidence: float
    began_s: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """Speech understood outside a question."""
    intent: str
    text: str
    call_for_help: bool = False
    slots: tuple[tuple[str, str], ...] = ()
    confidence: float = 1.0
    language: str = ""  # empty: it was not told


@dataclass(frozen=True)
class AlarmSeen:
    """An alarm as the alarms node has it; state is "raised", "acknowledged" or "resolved"."""
    alarm_id: str
    kind: str
    state: str
    priority: str  # "notice", "low", "medium", "high"
    resident_id: str
    acknowledged_by: str = ""
    words: str = ""
    detail: str = ""


@dataclass(frozen=True)
class AlarmChanged:
    """The life of an alarm went on; state is "raised", "acknowledged" or "resolved"."""
    alarm_id: str
    state: str
    by: str = ""


@dataclass(frozen=True)
class ActionDone:
    """A command that takes time has ended. `outcome` for Ask: "answered", "silent", "not_understood", "failed"."""
    command: Command
    success: bool
    message: str = ""
    outcome: str = ""
    intent: str = ""
    heard: str = ""
    slots: tuple[tuple[str, str], ...] = ()
    person: PersonSeen | None = None


@dataclass(frozen=True)
class LightSeen:
    """A light of the site says how it is."""
    light_id: str
    on: bool


Event = FallSeen | Heard | AlarmChanged | ActionDone | PersonSeen | LightSeen


# --- what goes out --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Command:
    """Something to be done; subclasses say what."""


@dataclass(frozen=True)
class Say(Command):
    phrase: str
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ask(Command):
    phrase: str
    expected: tuple[str, ...]
    slots: tuple[tuple[str, str], ...] = ()
    attempts: int = 2
    wait_s: float = 8.0
    wishes: bool = False  # another request, understood for sure, ends the question and is what comes back


@dataclass(frozen=True)
class GoTo(Command):
    """Drive to a pose: x, y [m], yaw [rad], frame map."""
    x: float
    y: float
    yaw: float


def drive_to_see(person: PersonSeen | None, viewpoints: Viewpoints) -> GoTo | None:
    """The drive to where a person is best seen and heard; None where no such place is known."""
    places = viewpoints(person) if person and person.position else []
    return GoTo(*places[0]) if places else None


@dataclass(frozen=True)
class FindPerson(Command):
    rooms: tuple[str, ...] = ()
    timeout_s: float = 120.0


@dataclass(frozen=True)
class Dock(Command):
    pass


@dataclass(frozen=True)
class CancelActions(Command):
    """Stop moving and speaking: what runs for this behaviour is cancelled and reports no result."""


@dataclass(frozen=True)
class RaiseAlarm(Command):
    alarm_id: str
    kind: str
    priority: str  # "notice", "low", "medium", "high"
    room: str = ""
    position: Point3 | None = None
    occurred_s: float = 0.0
    words: str = ""
    detail: str = ""
    confidence: float = 1.0
    snapshot_track: str = ""  # take a picture of this track along; empty: none


@dataclass(frozen=True)
class ResolveAlarm(Command):
    alarm_id: str
    note: str


@dataclass(frozen=True)
class AnnounceDose(Command):
    """Write down that the dose is about to be announced, before a word is spoken."""
    announcements: int


@dataclass(frozen=True)
class RecordDose(Command):
    outcome: str  # "confirmed", "refused", "unanswered", "missed", "wrongly_taken"
    announcements: int
    words: str = ""

    @property
    def taken(self) -> bool:
        """Whether it was announced and then taken, rightly or wrongly."""
        return self.outcome in ("confirmed", "wrongly_taken") and self.announcements > 0


@dataclass(frozen=True)
class RecordStop(Command):
    """A stop of a patrol is behind us; `problem` says why it was missed."""
    index: int
    room: str
    problem: str = ""


@dataclass(frozen=True)
class RecordRound(Command):
    """A patrol round is over."""
    outcome: str  # "complete", or what is missing


# --- the machine ----------------------------------------------------------------------------------------------------
@dataclass(eq=False, repr=False)
class Behavior:
    """Base of the behaviours. Subclasses give the tables and react to events in `on_event`.

    STATES maps each state to (method called on entering it or "", seconds after which `timed_out` is triggered or
    None). TRANSITIONS are (trigger, source state or states, next state[, method called on the way]). Every state that
    waits for the world has a time limit. Unknown triggers in a state are ignored: a late event is normal.
    """
    TASK: ClassVar[str] = ""
    PRIORITY: ClassVar[int] = 0
    STATES: ClassVar[dict[str, tuple[str, float | None]]] = {}
    TRANSITIONS: ClassVar[list[tuple]] = []
    FINAL: ClassVar[str] = "closed"

    resident_id: str = ""
    why: str = ""
    language: str = ""  # in which its words are made; empty: that of the resident
    now_s: float = field(default=0.0, init=False)
    suspended: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._out: list[Command] = []
        self._deadline_s: float | None = None
        self._machine = Machine(
            model=self, initial="idle", auto_transitions=False, ignore_invalid_triggers=True,
            states=["idle", *self.STATES], after_state_change="_entered",
            transitions=[list(row[:3]) + [None, None, *row[3:]] for row in self.TRANSITIONS])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.state})"

    # --- called by the arbiter ---
    def start(self, now_s: float) -> list[Command]:
        """Begin; the table needs a transition `begin` from "idle"."""
        return self._do(now_s, self.begin)

    def handle(self, event: Any, now_s: float) -> list[Command]:
        """Take in an event."""
        return self._do(now_s, lambda: self.on_event(event))

    def tick(self, now_s: float) -> list[Command]:
        """Let time pass."""
        if self.suspended or self._deadline_s is None or now_s < self._deadline_s:
            return []
        self._deadline_s = None
        return self._do(now_s, self.timed_out)

    def suspend(self, now_s: float) -> list[Command]:
        """Give way to something more urgent."""
        self.suspended = True
        return [CancelActions()]

    def resume(self, now_s: float) -> list[Command]:
        """Go on: the state that was left is entered afresh."""
        self.suspended = False
        return self._do(now_s, self._entered)

    def wait_in_line(self, now_s: float) -> list[Command]:
        """What must be done at once although something as urgent is running."""
        return []

    @property
    def done(self) -> bool:
        return self.state == self.FINAL

    # --- for subclasses ---
    def on_event(self, event: Any) -> None:
        """React to an event by triggers of the table."""

    def out(self, command: Command) -> None:
        """Give a command."""
        self._out.append(command)

    # --- inside ---
    def _do(self, now_s: float, action: Any) -> list[Command]:
        self.now_s = now_s
        action()
        commands, self._out = self._out, []
        return commands

    def _entered(self) -> None:
        enter, limit_s = self.STATES[self.state]
        self._deadline_s = None if limit_s is None else self.now_s + limit_s
        if enter:
            getattr(self, enter)()
