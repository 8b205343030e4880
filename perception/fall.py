"""Falls, told from the course of each tracked person over time.

| from      | when                                                                          | to                 |
|-----------|-------------------------------------------------------------------------------|--------------------|
| watching  | fast descent, then down within 1.5 s for 0.2 s                                | suspected: descent |
| watching  | fast descent, low or tilted, then lost from sight for 0.25 s                  | suspected: descent |
| watching  | on the floor by height without a fast descent: lying 2 s, sitting off a seat 4 s | suspected: slide |
| watching  | the same, having lain on furniture: 2 s in any posture                        | suspected: slide   |
| watching  | gone down by stages, with a second on the knees or crouching, and lying 30 s  | suspected: slide   |
| watching  | first seen lying on the floor by height, for 0.8 s                            | suspected: found   |
| suspected | seen down for 2 s in all                                                      | confirmed          |
| suspected | seen up for 1.2 s                                                             | recovered          |
| confirmed | seen up for 2 s                                                               | recovered          |

"Down" is lying on the floor, or sitting on it after a fast descent. Without depth the floor is not known: then only a
fast descent of sufficient depth that ends horizontal counts, or a slower one where the learnt model takes it for a fall
as well. Being lost from sight alone never does.
"""
from __future__ import annotations

import math
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from perception.geometry import TORSO_M
from perception.posture import LOW_HEAD_M, ON_FLOOR, Posture


class FallState(IntEnum):
    """Numbers of anban_interfaces/Fall."""
    SUSPECTED = 1
    CONFIRMED = 2
    RECOVERED = 3


class FallKind(IntEnum):
    """Numbers of anban_interfaces/Fall."""
    DESCENT = 1
    SLIDE = 2
    FOUND = 3


# Where the height proves that the fall ended on the floor, a fall broken by hands or furniture may be slower [torso
# lengths per second].
FAST_DESCENT_TO_FLOOR = 1.5
# Shoulders fall by this many torso lengths at least: 0.8 is 0.37 m, less than from a bed's edge (0.7 m) to the floor.
DEEP_DROP = 0.8
# Hips above the place where the feet stood, in torso lengths: lying on the floor 0 to 0.4 (and below, toward the
# camera), on a bed or chair 0.9 and more, stooping deeply 0.7 and more. Who vanishes while falling is higher still.
OFF_FLOOR, OFF_FLOOR_FALLING = 0.6, 1.0
LOW_TORSO_M = 0.45         # hips of lying people are at 0.1 to 0.2 m, on seats at 0.5 m
SLUMPED_HIPS_M = 0.40      # of who slid off a seat and leans on it; who sits on the heels has the head above 0.8 m
LOST_BELOW_M = 0.60        # hips that fall past a seat's height cannot stop on it
# Heads of seated people are above 1.1 m, hips of people who bend above 0.75 m: lower with both is neither.
LOST_HEAD_BELOW_M, BENT_HIPS_M = 1.0, 0.75
# Whoever walks out behind a door frame shrinks to the visible rest: upright, hips at 0.3 m, but the head at 1 m.
FALLEN_HEAD_M = 0.80
RISEN_HEAD_M = 1.0         # on all fours and stooped it is at 0.6 to 0.9 m, seated above 1.1 m
SEEN_DROP = 0.5            # of a descent whose end was not seen, half a torso at least was
# Shoulders that drop freely from 1.4 m to the floor arrive at 4.9 m/s; faster is another body's skeleton, not movement
# [torso lengths per second], and the speeds of the window in which it appeared are none either.
FREE_FALL, JUMP_S = 10.5, 0.5
TILTED_RAD = math.radians(40)
# Nobody lies on the head: legs at the picture's edge are taken for somebody upside down.
HEADLONG_RAD, HEADLONG_M = math.radians(140), 0.2
DESCENT_MEMORY_S, DROP_WINDOW_S = 1.5, 2.0
# Skeletons of who lies toward the camera or curled up leap: who has lain for so long has arrived. (Where heights are
# known they tell a bed from the floor, and somebody may still fall off it.)
LAIN_S = 1.0
DOWN_AFTER_DESCENT_S, LOST_AFTER_DESCENT_S = 0.2, 0.25
LYING_BY_SLIDE_S, SITTING_BY_SLIDE_S, FOUND_S = 2.0, 4.0, 0.8
# Who is found lying stays there: places of one who lies in sight vary by 0.1 m, and who walks by, cut off by the
# picture into something that looks lying, is elsewhere after half a second.
LIES_WITHIN_M = 0.25
# Hips of people who lie are measured at 0.1 to 0.2 m, and far away at a few centimetres below the floor.
UNDER_FLOOR_M = -0.3
# Who goes down on purpose does so by stages, with hips and head low for a second before lying; who falls, in one go. A
# seated head is above 1.1 m, and who gets up is there for half a second. Who looks under a bed is up again in half a
# minute; who lies there for longer is asked.
STAGE_HEAD_M, STAGE_HIPS_M, STAGE_S, RISEN_S, LYING_BY_STAGES_S = 1.1, 0.75, 1.0, 0.5, 30.0
# ... unless the way to the first of them was itself a fall, which hands or furniture broke: of acted people the
# shoulders of 26 who pick up or work on the floor come low at 1.8 torso lengths/s at most, of 83 of 90 who fall at 2.2
# and more (sim/rehearsal.py act_out). 2.5 is for what the eyes add to it.
PLUNGE, PLUNGED_WITHIN_S = 2.5, 0.5
# Who lies there of their own accord and is lost from sight is the one found low in the same place within a minute: if
# they got up and fell there meanwhile, both unseen, they are asked half a minute late. Who only knelt, within 3 s:
# nobody gets up from the knees and falls in less.
LOST_LYING_S, LOST_LOW_S = 60.0, 3.0
# Who lies along the line of sight looks like somebody who stands or sits: there the learnt model is enough.
SURE_S = 0.3
SEAT_MEMORY_S, LAIN_HEAD_M = 6.0, 0.9
CONFIRM_S, UP_AFTER_SUSPICION_S, UP_AFTER_FALL_S = 2.0, 1.2, 2.0
# Two odd frames at 10 Hz must not end a stretch of lying or standing.
GAP_S = 0.35
# The same body found again under another track: within a body's length and the error of a far depth.
SAME_PLACE_M = 1.5
HAND_OVER_S = 5.0          # without a place: only right after it was lost
FORGET_S = 1800.0
CLOCK_JUMP_S = 1.0


@dataclass(frozen=True)
class Limits:
    """What makes a descent a fall for a plain camera, where no height tells the floor.

    fast [torso lengths/s]: trunks of fallers exceed 1.3 m/s downward, of those who sit or lie down not (Bourke et al.
    2008); over a torso of 0.46 m that is 2.8. slow, likely: where the learnt model (perception/learnt.py) is sure of a
    fall, 0.9 m/s count: who slides off a chair or holds on to something comes down like that.
    bench/falls_compared.py shows what other limits do, chosen on one set of clips and tried on another.
    """
    fast: float = 2.5
    slow: float = 1.9
    likely: float = 0.985


LIMITS = Limits()


@dataclass(frozen=True)
class Person:
    """What the detector needs of one person in one frame; the fields of anban_interfaces/Person, NaN where unknown."""
    track_id: str
    visible: bool
    posture: Posture
    posture_probability: float = 1.0
    resident_id: str = ""
    position: tuple[float, float] | None = None  # map [m]
    torso_height_m: float = math.nan
    head_height_m: float = math.nan
    size_height_m: float = math.nan  # the torso's, told from its size in the picture: for who is found lying
    torso_angle_rad: float = math.nan
    descent_speed: float = math.nan
    furniture: str = ""
    hips_above_feet: float = math.nan  # torso lengths in a resting camera's picture, for want of heights
    fall_probability: float = math.nan  # of the learnt model, where it is asked


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
    evidence: list[str]


@dataclass
class _Watch:
    """What is remembered of one track. Durations count seen time only."""
    first_s: float
    last_s: float
    seen_s: float
    last: Person
    fall: _Fall | None = None
    jumped_s: float = -math.inf            # the skeleton last moved as nobody can
    level: float = 0.0                     # torso lengths downward since first seen
    levels: deque[tuple[float, float]] = field(default_factory=deque)
    fast_s: float = -math.inf              # time of the last fast descent
    fast_began_s: float = -math.inf
    fast_speed: float = 0.0
    seated_s: float = -math.inf            # last time on furniture
    lain_s: float = -math.inf              # ... with the head low
    was_up: bool = False
    stage_s: float = 0.0                   # seen on the knees or crouching since last seen higher ...
    high_s: float = 0.0                    # ... and higher for so long
    plunged: bool = False                  # came there as fast as one falls
    down_s: float = 0.0
    found_s: float = 0.0                   # down in one place, `found_at`
    found_at: tuple[float, float] | None = None
    up_s: float = 0.0
    not_down_s: float = 0.0
    not_up_s: float = 0.0
    likely_s: float = 0.0                  # the learnt model has been sure of a fall for so long
    unlikely_s: float = 0.0

    @property
    def by_stages(self) -> bool:
        """Whether the way down was made by stages, and not off a seat."""
        return (self.stage_s >= STAGE_S and not self.plunged
                and self.last_s - self.down_s - self.seated_s > SEAT_MEMORY_S)

    @property
    def low_for_s(self) -> float:
        """For how long out of sight somebody stays low of their own accord."""
        return LOST_LYING_S if self.down_s > 0 else LOST_LOW_S

    @property
    def drop(self) -> float:
        """How far the shoulders are below their highest place of the last two seconds [torso lengths]."""
        return self.level - min((level for _, level in self.levels), default=self.level)


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
                watch = self._watches[person.track_id] = watch or _Watch(time_s, time_s, time_s, person, fall)
            _note(watch, person, time_s, self._limits)
            event = self._judge(watch, time_s)
            if event:
                events.append(event)
        self._watches = {track: w for track, w in self._watches.items() if time_s - w.last_s < LOST_LYING_S}
        self._falls = [fall for fall in self._falls if time_s - fall.changed_s < FORGET_S]
        return events

    def _judge(self, watch: _Watch, time_s: float) -> FallEvent | None:
        fall = watch.fall
        if fall is None:
            kind, confidence, evidence = _suspicion(watch, time_s, self._limits)
            if kind is None:
                return None
            began_s = watch.fast_began_s if kind == FallKind.DESCENT else time_s - watch.down_s
            watch.fall = fall = _Fall(self._new_id(), kind, FallState.SUSPECTED, confidence, watch.last.track_id,
                                      watch.last.resident_id, watch.last.position, began_s, time_s, evidence)
            self._falls.append(fall)
            watch.up_s = 0.0  # only what is seen from now on is recovery
            return _event(fall, time_s)
        if watch.last.visible:
            fall.track_id, fall.position = watch.last.track_id, watch.last.position or fall.position
        patience = UP_AFTER_SUSPICION_S if fall.state == FallState.SUSPECTED else UP_AFTER_FALL_S
        if watch.up_s >= patience:
            fall.state, fall.changed_s = FallState.RECOVERED, time_s
            fall.evidence = [*fall.evidence, f"seen {watch.last.posture.name.lower().replace('_', ' ')} again"]
            self._falls.remove(fall)
            watch.fall, watch.fast_s, watch.down_s = None, -math.inf, 0.0
            return _event(fall, time_s)
        if fall.state == FallState.SUSPECTED and watch.down_s >= CONFIRM_S:
            fall.state, fall.changed_s = FallState.CONFIRMED, time_s
            fall.confidence = 1 - (1 - fall.confidence) * 0.4
            fall.evidence = [*fall.evidence, f"still down after {watch.down_s:.1f} s", *_place_evidence(watch.last)]
            return _event(fall, time_s)
        return None

    def _lost_low(self, person: Person, time_s: float) -> _Watch | None:
        """The course that a new track continues: of somebody low of their own accord, lost from sight in its place."""
        if not person.position or person.head_height_m >= STAGE_HEAD_M:
            return None
        near = [(math.dist(person.position, watch.last.position), track) for track, watch in self._watches.items()
                if watch.by_stages and watch.fall is None and watch.last.position
                and watch.last.resident_id == person.resident_id and time_s - watch.seen_s <= watch.low_for_s
                and not (watch.last.visible and watch.last_s >= time_s - GAP_S)]
        apart_m, track = min(near, default=(math.inf, ""))
        return self._watches.pop(track) if apart_m <= SAME_PLACE_M else None

    def _fall_of_newcomer(self, person: Person, time_s: float) -> _Fall | None:
        """The open fall that a new track continues: of the same resident or place, whose own track is out of sight."""
        for fall in self._falls:
            owner = self._watches.get(fall.track_id)
            if owner is not None and owner.last.visible and owner.last_s >= time_s - GAP_S and owner.fall is fall:
                continue
            if person.position and fall.position:
                same = math.dist(person.position, fall.position) <= SAME_PLACE_M
            else:
                same = owner is not None and time_s - owner.seen_s <= HAND_OVER_S
            if same or (person.resident_id and person.resident_id == fall.resident_id):
                if owner is not None:
                    owner.fall = None
                return fall
        return None


def _note(watch: _Watch, person: Person, time_s: float, limits: Limits) -> None:
    """Remember one frame."""
    step_s = time_s - watch.last_s
    watch.last_s = time_s
    if not person.visible:
        watch.last = replace(watch.last, visible=False, fall_probability=person.fall_probability)
        return
    unseen_s, watch.seen_s, watch.last = time_s - watch.seen_s, time_s, person
    if unseen_s > 2 * GAP_S:
        watch.levels.clear()  # whatever happened meanwhile was not seen to be fast
        if unseen_s > watch.low_for_s:
            watch.stage_s = watch.high_s = 0.0  # ... nor to be slow
            watch.plunged = False
    seen_step_s = min(step_s, GAP_S)
    if abs(person.descent_speed) > FREE_FALL:
        watch.jumped_s, watch.fast_s = time_s, -math.inf
        watch.levels.clear()
    if math.isfinite(person.descent_speed) and unseen_s <= 2 * GAP_S and time_s - watch.jumped_s >= JUMP_S:
        watch.level += person.descent_speed * seen_step_s
        if measured := math.isfinite(person.torso_height_m):
            fast = FAST_DESCENT_TO_FLOOR
        else:
            fast = limits.fast if math.isnan(person.fall_probability) else limits.slow
        if person.descent_speed >= fast and (measured or watch.down_s < LAIN_S):
            if time_s - watch.fast_s > DESCENT_MEMORY_S:
                watch.fast_began_s, watch.fast_speed = time_s, 0.0
            watch.fast_s, watch.fast_speed = time_s, max(watch.fast_speed, person.descent_speed)
    watch.levels.append((time_s, watch.level))
    while watch.levels[0][0] < time_s - DROP_WINDOW_S:
        watch.levels.popleft()
    if person.furniture:
        watch.seated_s = time_s
        watch.lain_s = time_s if person.head_height_m < LAIN_HEAD_M else watch.lain_s
    down, up = _is_down(watch, time_s), _is_up(person)
    watch.high_s = watch.high_s + seen_step_s if person.head_height_m >= STAGE_HEAD_M else 0.0
    if watch.high_s >= RISEN_S:
        watch.stage_s, watch.plunged = 0.0, False
    elif not down and person.head_height_m < STAGE_HEAD_M and person.torso_height_m < STAGE_HIPS_M:
        watch.plunged |= watch.stage_s < PLUNGED_WITHIN_S and watch.fast_speed >= PLUNGE and \
            time_s - watch.fast_s <= PLUNGED_WITHIN_S
        watch.stage_s += seen_step_s
    watch.was_up |= _is_off_floor(person) or bool(person.furniture)
    watch.down_s, watch.not_down_s = _stretch(watch.down_s, watch.not_down_s, down, seen_step_s)
    if watch.down_s == 0 or _has_moved(watch, person):
        watch.found_s, watch.found_at = 0.0, person.position
    elif down:
        watch.found_s += seen_step_s
    watch.up_s, watch.not_up_s = _stretch(watch.up_s, watch.not_up_s, up, seen_step_s)
    watch.likely_s, watch.unlikely_s = _stretch(
        watch.likely_s, watch.unlikely_s, person.fall_probability >= limits.likely, seen_step_s)


def _stretch(length_s: float, gap_s: float, holds: bool, step_s: float) -> tuple[float, float]:
    """Length of the present stretch of a condition and of the gap in it; a gap over GAP_S ends the stretch."""
    if holds:
        return length_s + step_s, 0.0
    gap_s += step_s
    return (0.0, gap_s) if gap_s > GAP_S else (length_s, gap_s)


def _is_down(watch: _Watch, time_s: float) -> bool:
    person = watch.last
    if person.furniture or person.torso_height_m > LOW_TORSO_M or person.torso_height_m < UNDER_FLOOR_M:
        return False
    if person.posture not in ON_FLOOR and not _is_slumped(person):
        return False
    measured = math.isfinite(person.torso_height_m)
    if not measured and person.hips_above_feet > OFF_FLOOR:
        return False
    if person.torso_angle_rad > HEADLONG_RAD and person.head_height_m < person.torso_height_m - HEADLONG_M:
        return False
    if person.posture == Posture.LYING_ON_FLOOR:
        return True
    # Sitting on the floor is a fall only after a descent or off a seat; both need heights.
    return measured and (
        watch.fall is not None or time_s - min(watch.fast_s, time_s) <= DESCENT_MEMORY_S + CONFIRM_S
        or time_s - watch.down_s - watch.seated_s <= SEAT_MEMORY_S)


def _has_moved(watch: _Watch, person: Person) -> bool:
    """Whether somebody who seems to lie is elsewhere than before."""
    return None not in (watch.found_at, person.position) and \
        math.dist(watch.found_at, person.position) > LIES_WITHIN_M


def _is_slumped(person: Person) -> bool:
    """Whether somebody who seems to sit or crouch has neither hips on a seat nor the head where one is held up."""
    return (person.posture in (Posture.SITTING, Posture.CROUCHING) and person.torso_height_m <= SLUMPED_HIPS_M
            and person.head_height_m <= FALLEN_HEAD_M)


def _is_off_floor(person: Person) -> bool:
    return person.posture in (Posture.STANDING, Posture.WALKING, Posture.SITTING, Posture.BENDING) and not (
        person.torso_height_m < LOW_TORSO_M - 0.1 or person.head_height_m < LOW_HEAD_M)


def _is_up(person: Person) -> bool:
    """Whether somebody who had fallen is safe: on the feet and upright, or carried by furniture.

    Half way up, on hands and knees or stooped, is where people fall again.
    """
    if person.furniture:
        return person.posture == Posture.LYING_ON_FURNITURE or _is_off_floor(person)
    return (person.posture in (Posture.STANDING, Posture.WALKING, Posture.SITTING) and _is_off_floor(person)
            and not person.head_height_m < RISEN_HEAD_M)


def _suspicion(watch: _Watch, time_s: float, limits: Limits) -> tuple[FallKind | None, float, list[str]]:
    """Whether the course so far is a suspected fall: kind, confidence and evidence."""
    person = watch.last
    measured = math.isfinite(person.torso_height_m)
    since_fast_s = time_s - watch.fast_s
    speed = f"shoulders went down at {watch.fast_speed * TORSO_M:.1f} m/s" if measured else \
        f"shoulders went down at {watch.fast_speed:.1f} torso lengths/s"
    likely = not measured and person.fall_probability >= limits.likely
    if likely:
        speed += f", and moved like somebody who falls ({person.fall_probability:.0%})"
    fast_enough = not watch.by_stages if measured else likely or watch.fast_speed >= limits.fast
    if person.visible:
        if (watch.down_s >= DOWN_AFTER_DESCENT_S and watch.not_down_s == 0 and fast_enough
                and since_fast_s - watch.down_s <= DESCENT_MEMORY_S and (measured or watch.drop >= DEEP_DROP)):
            return FallKind.DESCENT, 0.85 if measured else 0.65, [speed, *_place_evidence(person)]
        if likely and watch.likely_s >= SURE_S and since_fast_s <= DESCENT_MEMORY_S and watch.drop >= DEEP_DROP:
            return FallKind.DESCENT, 0.6, [speed, *_place_evidence(person)]
        if (not watch.was_up and watch.found_s >= FOUND_S and person.posture == Posture.LYING_ON_FLOOR
                and (measured or person.size_height_m <= LOW_TORSO_M)):
            return FallKind.FOUND, 0.75, ["first seen lying on the floor", *_place_evidence(person)]
        if measured and watch.down_s > 0 and watch.not_down_s == 0 and watch.was_up:
            if watch.down_s >= _slide_s(watch):
                how = "slid from a seat to the floor" if time_s - watch.down_s - watch.seated_s <= SEAT_MEMORY_S \
                    else "went down to the floor slowly"
                return FallKind.SLIDE, 0.6, [how, *_place_evidence(person)]
        return None, 0.0, []
    lost_s = time_s - watch.seen_s
    tilted = person.torso_angle_rad > TILTED_RAD
    if measured:
        low = person.torso_height_m < BENT_HIPS_M and (person.head_height_m < FALLEN_HEAD_M or tilted and (
            person.torso_height_m < LOST_BELOW_M or person.head_height_m < LOST_HEAD_BELOW_M))
    else:
        low = person.hips_above_feet <= OFF_FLOOR or (
            (tilted or person.posture == Posture.LYING_ON_FLOOR) and not person.hips_above_feet > OFF_FLOOR_FALLING)
    if (LOST_AFTER_DESCENT_S <= lost_s <= DESCENT_MEMORY_S and watch.seen_s - watch.fast_s <= 0.5
            and low and fast_enough and watch.drop >= (SEEN_DROP if measured else DEEP_DROP) and not person.furniture):
        return FallKind.DESCENT, 0.5, [speed, *_place_evidence(person), "then lost from sight"]
    return None, 0.0, []


def _slide_s(watch: _Watch) -> float:
    """For how long somebody who is on the floor without a fast descent must be there."""
    if watch.last_s - watch.down_s - watch.lain_s <= SEAT_MEMORY_S:  # nobody who lay sits down on the floor
        return LYING_BY_SLIDE_S
    if watch.last.posture != Posture.LYING_ON_FLOOR:
        return SITTING_BY_SLIDE_S
    return LYING_BY_STAGES_S if watch.by_stages else LYING_BY_SLIDE_S


def _place_evidence(person: Person) -> list[str]:
    evidence = []
    if math.isfinite(person.torso_height_m):
        evidence.append(f"torso {max(person.torso_height_m, 0) * 100:.0f} cm above the floor")
    if math.isfinite(person.torso_angle_rad):
        evidence.append(f"torso {math.degrees(person.torso_angle_rad):.0f} degrees from upright")
    return evidence


def _event(fall: _Fall, time_s: float) -> FallEvent:
    return FallEvent(fall.fall_id, fall.state, fall.kind, fall.confidence, fall.track_id, fall.began_s, time_s,
                     tuple(fall.evidence))
