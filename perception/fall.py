"""Falls, told from the course of each tracked person over time.

| from      | when                                           | to        |
|-----------|------------------------------------------------|-----------|
| watching  | the course so far is one (perception/suspicion.py) | suspected |
| suspected | seen down for 2 s in all                       | confirmed |
| suspected | seen up for 1.2 s                              | recovered |
| confirmed | seen up for 2 s                                | recovered |

"Down" is lying on the floor, or sitting on it after a fast descent. Without depth the floor is not known: down is who
looks horizontal.
"""
from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from perception.course import CONFIRM_S, GAP_S, LIMITS, LOST_LYING_S, STAGE_HEAD_M, Course, Limits, Person
from perception.suspicion import FallKind, place_evidence, suspicion

UP_AFTER_SUSPICION_S, UP_AFTER_FALL_S = 1.2, 2.0
# The same body found again under another track: within a body's length and the error of a far depth.
SAME_PLACE_M = 1.5
HAND_OVER_S = 5.0          # without a place: only right after it was lost
FORGET_S = 1800.0
CLOCK_JUMP_S = 1.0


class FallState(IntEnum):
    """Numbers of anban_interfaces/Fall."""
    SUSPECTED = 1
    CONFIRMED = 2
    RECOVERED = 3


@dataclass(frozen=True)
class FallEvent:
    """A change in the judgement on one fall; times in seconds."""
    fall_id: str
    state: FallState
    kind: FallKind
    confidence: float
    track_id: str
    began_s: float
    time_s: float
    evidence: tuple[str, ...]


@dataclass
class _Fall:
    fall_id: str
    kind: FallKind
    state: FallState
    confidence: float
    track_id: str
    resident_id: str
    position: tuple[float, float] | None
    began_s: float
    changed_s: float
    evidence: tuple[str, ...]


@dataclass
class _Watch:
    """One track, and the open fall that is theirs."""
    course: Course
    fall: _Fall | None = None

    def hand_over(self) -> None:
        """Another track goes on with the fall, and with what led to it."""
        self.fall = None
        self.course.forget_descent()


class FallDetector:
    """Feed it every frame's people in order of time; it returns what changed."""

    def __init__(self, new_id: Callable[[], str] | None = None, limits: Limits = LIMITS) -> None:
        self._new_id, self._limits = new_id or (lambda: str(uuid.uuid4())), limits
        self._watches: dict[str, _Watch] = {}
        self._falls: list[_Fall] = []
        self._time_s = -math.inf

    def update(self, people: Iterable[Person], time_s: float) -> list[FallEvent]:
        """Judge one frame. A clock set back by over a second starts the detector anew; late frames are ignored."""
        if time_s < self._time_s - CLOCK_JUMP_S:
            self._watches, self._falls = {}, []
        elif time_s <= self._time_s:
            return []
        self._time_s = time_s
        events = []
        for person in people:
            watch = self._watches.get(person.track_id)
            if watch is None:
                if not person.visible:
                    continue
                fall = self._fall_of_newcomer(person, time_s)
                watch = None if fall else self._lost_low(person, time_s)
                watch = self._watches[person.track_id] = watch or _Watch(Course.of(person, time_s), fall)
            watch.course.note(person, time_s, self._limits, watch.fall is not None)
            event = self._judge(watch, time_s)
            if event:
                events.append(event)
        self._watches = {track: watch for track, watch in self._watches.items()
                         if time_s - watch.course.last_s < LOST_LYING_S}
        self._falls = [fall for fall in self._falls if time_s - fall.changed_s < FORGET_S]
        return events

    def _judge(self, watch: _Watch, time_s: float) -> FallEvent | None:
        course, fall = watch.course, watch.fall
        if fall is None:
            suspected = suspicion(course, time_s, self._limits)
            if suspected is None:
                return None
            if fall := self._fall_left_there(course.last, time_s):
                watch.fall = fall
                return None
            watch.fall = fall = _Fall(
                self._new_id(), suspected.kind, FallState.SUSPECTED, suspected.confidence, course.last.track_id,
                course.last.resident_id, course.last.position, suspected.began_s, time_s, suspected.evidence)
            self._falls.append(fall)
            course.up_s = 0.0  # only what is seen from now on is recovery
            return _event(fall, time_s)
        if course.last.visible:
            fall.track_id, fall.position = course.last.track_id, course.last.position or fall.position
        patience = UP_AFTER_SUSPICION_S if fall.state == FallState.SUSPECTED else UP_AFTER_FALL_S
        if course.up_s >= patience:
            fall.state, fall.changed_s = FallState.RECOVERED, time_s
            fall.evidence += (f"seen {course.last.posture.name.lower().replace('_', ' ')} again",)
            self._falls.remove(fall)
            watch.fall = None
            course.forget_descent()
            return _event(fall, time_s)
        if fall.state == FallState.SUSPECTED and course.down_s >= CONFIRM_S:
            fall.state, fall.changed_s = FallState.CONFIRMED, time_s
            fall.confidence = 1 - (1 - fall.confidence) * 0.4
            fall.evidence += (f"still down after {course.down_s:.1f} s", *place_evidence(course.last))
            return _event(fall, time_s)
        return None

    def _lost_low(self, person: Person, time_s: float) -> _Watch | None:
        """The course that a new track continues: of somebody low of their own accord, lost from sight in its place."""
        if not person.position or person.head_height_m >= STAGE_HEAD_M:
            return None
        near = [(math.dist(person.position, course.last.position), track)
                for track, watch in self._watches.items() for course in [watch.course]
                if course.by_stages and watch.fall is None and course.last.position
                and course.last.resident_id == person.resident_id and time_s - course.seen_s <= course.low_for_s
                and not _is_in_sight(course, time_s)]
        apart_m, track = min(near, default=(math.inf, ""))
        return self._watches.pop(track) if apart_m <= SAME_PLACE_M else None

    def _fall_left_there(self, person: Person, time_s: float) -> _Fall | None:
        """The open fall in the same place whose track was lost from sight within a minute: another track took it up."""
        for fall in self._falls:
            owner = self._watches.get(fall.track_id)
            if (owner is not None and owner.fall is fall and not _is_in_sight(owner.course, time_s)
                    and person.position and fall.position
                    and math.dist(person.position, fall.position) <= SAME_PLACE_M):
                owner.hand_over()
                return fall
        return None

    def _fall_of_newcomer(self, person: Person, time_s: float) -> _Fall | None:
        """The open fall that a new track continues: of the same resident or place, whose own track is out of sight.

        Who came down just now fell anew, unless that track was there a moment ago.
        """
        for fall in self._falls:
            owner = self._watches.get(fall.track_id)
            if owner is not None and _is_in_sight(owner.course, time_s) and owner.fall is fall:
                continue
            if person.descent_speed > 0 and (owner is None or time_s - owner.course.seen_s > HAND_OVER_S):
                continue
            if person.position and fall.position:
                same = math.dist(person.position, fall.position) <= SAME_PLACE_M
            else:
                same = owner is not None and time_s - owner.course.seen_s <= HAND_OVER_S
            if same or (person.resident_id and person.resident_id == fall.resident_id):
                if owner is not None:
                    owner.hand_over()
                return fall
        return None


def _is_in_sight(course: Course, time_s: float) -> bool:
    return course.last.visible and course.last_s >= time_s - GAP_S


def _event(fall: _Fall, time_s: float) -> FallEvent:
    return FallEvent(fall.fall_id, fall.state, fall.kind, fall.confidence, fall.track_id, fall.began_s, time_s,
                     fall.evidence)
