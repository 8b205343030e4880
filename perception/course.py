"""What is remembered of one person over time, and which of it speaks for a fall: speeds, stages, time spent down.

Heights above the floor where they are known; for plain cameras what the picture shows instead.
"""
from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from statistics import median

from perception.posture import LOW_HEAD_M, ON_FLOOR, Posture

# Where the height proves that the fall ended on the floor, a fall broken by hands or furniture may be slower [torso
# lengths per second].
FAST_DESCENT_TO_FLOOR = 1.5
# Shoulders that drop freely from 1.4 m to the floor arrive at 4.9 m/s; faster is another body's skeleton, not movement
# [torso lengths per second], and the speeds of the window in which it appeared are none either.
FREE_FALL, JUMP_S = 10.5, 0.5
DESCENT_MEMORY_S, DROP_WINDOW_S = 1.5, 2.0
# Hips above the place where the feet stood, in torso lengths: lying on the floor 0 to 0.4 (and below, toward the
# camera), on a bed or chair 0.9 and more, stooping deeply 0.7 and more.
OFF_FLOOR = 0.6
LOW_TORSO_M = 0.45         # hips of lying people are at 0.1 to 0.2 m, on seats at 0.5 m
SLUMPED_HIPS_M = 0.40      # of who slid off a seat and leans on it; who sits on the heels has the head above 0.8 m
# Whoever walks out behind a door frame shrinks to the visible rest: upright, hips at 0.3 m, but the head at 1 m.
FALLEN_HEAD_M = 0.80
FOUND_HEAD_M = 0.60        # of who is found lying; on all fours, as who works on the floor is, it is at 0.6 m and more
RISEN_HEAD_M = 1.0         # on all fours and stooped it is at 0.6 to 0.9 m, seated above 1.1 m
# Hips of people who lie are measured at 0.1 to 0.2 m, and far away at a few centimetres below the floor.
UNDER_FLOOR_M = -0.3
# Nobody lies on the head: legs at the picture's edge are taken for somebody upside down.
HEADLONG_RAD, HEADLONG_M = math.radians(140), 0.2
# Skeletons of who lies toward the camera or curled up leap: who has lain for so long, on whatever, has arrived. (Where
# heights are known they tell a bed from the floor, and somebody may still fall off it.) Of 34 rehearsed falls 1.0 s
# loses one.
LAIN_S = 1.5
# Who is found lying stays there: places of one who lies in sight vary by 0.1 m, and who walks by, cut off by the
# picture into something that looks lying, is elsewhere after half a second.
LIES_WITHIN_M = 0.25
# Who goes down on purpose does so by stages, with hips and head low for a second before lying; who falls, in one go. A
# seated head is above 1.1 m, and who gets up is there for half a second.
STAGE_HEAD_M, STAGE_HIPS_M, STAGE_S, RISEN_S = 1.1, 0.75, 1.0, 0.5
# ... unless the way to the first of them was itself a fall, which hands or furniture broke: of acted people the
# shoulders of 26 who pick up or work on the floor come low at 1.8 torso lengths/s at most, of 83 of 90 who fall at 2.2
# and more (sim/rehearsal.py act_out). 2.5 is for what the eyes add to it.
PLUNGE, PLUNGED_WITHIN_S = 2.5, 0.5
# Who lies there of their own accord and is lost from sight is the one found low in the same place within a minute: if
# they got up and fell there meanwhile, both unseen, they are asked half a minute late. Who only knelt, within 3 s:
# nobody gets up from the knees and falls in less.
LOST_LYING_S, LOST_LOW_S = 60.0, 3.0
SEAT_MEMORY_S, LAIN_HEAD_M = 6.0, 0.9
CONFIRM_S = 2.0
# Two odd frames at 10 Hz must not end a stretch of lying or standing.
GAP_S = 0.35
# From 0.8 to half of their full height in the picture people of UP-Fall fall in 0.2 to 0.5 s, of URFD in 0.2 to 0.7 s
# (24 of 28 in 0.5 s); who lies down on purpose takes 0.4 to 3.5 s, and who bends to pick something up as long as who
# falls. Full height is what nine tenths of the last seconds are below [torso lengths; a smaller one is no body's].
COLLAPSE_S, TALL, SMALL, STILL_SMALL = 0.55, 0.8, 0.5, 0.65
TALL_MEMORY_S, SMALLEST_STATURE = 4.0, 0.3
LIKELY_MEMORY_S, HALF_PICTURE_S = 1.0, 0.05


@dataclass(frozen=True)
class Limits:
    """What makes a descent a fall for a plain camera, where no height tells the floor.

    fast [torso lengths/s]: trunks of fallers exceed 1.3 m/s downward, of those who sit or lie down not (Bourke et al.
    2008); over a torso of 0.46 m that is 2.8. slow, likely: where the learnt model (perception/learnt.py) is sure of a
    fall, 0.9 m/s count: who slides off a chair or holds on to something comes down like that.
    bench/falls_compared.py shows what other limits do, chosen on one set of clips and tried on another.

    probable: as sure as the model must be where the picture shows half of a fall, possible: where it shows all of it,
    for then it may say so a moment later. likely, probable and possible were chosen on 298 falls and 300 everyday deeds
    acted out (bench/falls_acted.py --deeds 5000-5299), of which 226 are found and 272 left alone: possible 0.2 and
    likely 0.985 find three more and disturb eighteen; probable 0.8 finds five more and disturbs three, 0.9 misses six
    and spares four.
    """
    fast: float = 2.5
    slow: float = 1.9
    likely: float = 0.98
    probable: float = 0.85
    possible: float = 0.6


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
    aspect: float = math.nan  # width by height of the skeleton in the picture
    descent_speed: float = math.nan
    furniture: str = ""
    hips_above_feet: float = math.nan  # torso lengths in a resting camera's picture, for want of heights
    top_above_feet: float = math.nan  # ... and of the highest of head, trunk and legs
    fall_probability: float = math.nan  # of the learnt model, where it is asked

    @property
    def measured(self) -> bool:
        """Whether heights above the floor are known."""
        return math.isfinite(self.torso_height_m)


@dataclass
class Course:
    """What is remembered of one track. Durations count seen time only."""
    first_s: float
    last_s: float
    seen_s: float
    last: Person
    jumped_s: float = -math.inf            # the skeleton last moved as nobody can
    level: float = 0.0                     # torso lengths downward since first seen
    levels: deque[tuple[float, float]] = field(default_factory=deque)
    fast_s: float = -math.inf              # time of the last fast descent
    fast_began_s: float = -math.inf
    fast_speed: float = 0.0
    seated_s: float = -math.inf            # last time on furniture
    lain_s: float = -math.inf              # ... with the head low
    was_up: bool = False
    came_from_above: bool = False          # seen with the hips higher than they are of who lies or sits on the floor
    upright_s: float = 0.0                 # on the feet, hips and head high, for so long
    stood_s: float = -math.inf             # last time so for long enough to have stood up
    stage_s: float = 0.0                   # seen on the knees or crouching since last seen higher ...
    high_s: float = 0.0                    # ... and higher for so long
    plunged: bool = False                  # came there as fast as one falls
    down_s: float = 0.0
    found_s: float = 0.0                   # down in one place, `found_at`
    found_at: tuple[float, float] | None = None
    up_s: float = 0.0
    not_down_s: float = 0.0
    lying_s: float = 0.0                   # horizontal, at any height
    not_lying_s: float = 0.0
    not_up_s: float = 0.0
    tops: deque[tuple[float, float]] = field(default_factory=deque)  # how tall in the picture of late
    tall_s: float = -math.inf              # last time at nearly full height
    small: bool = False                    # now at less than half of it ...
    collapsed_s: float = -math.inf         # ... since when,
    collapse_s: float = math.inf           # and how long the way there took
    likely: deque[tuple[float, float]] = field(default_factory=deque)  # what the learnt model thought of late

    @classmethod
    def of(cls, person: Person, time_s: float) -> Course:
        """The course of somebody seen for the first time, before anything of it is noted; depth may have seen them come
        down before that."""
        return cls(time_s, time_s, time_s, person, came_from_above=person.descent_speed > 0)

    @property
    def by_stages(self) -> bool:
        """Whether the way down was made by stages, and not off a seat before standing."""
        return self.stage_s >= STAGE_S and not self.plunged and not (self.from_seat and self.stood_s < self.seated_s)

    @property
    def from_seat(self) -> bool:
        """Whether the way down began on furniture."""
        return self.last_s - self.down_s - self.seated_s <= SEAT_MEMORY_S

    @property
    def low_for_s(self) -> float:
        """For how long out of sight somebody stays low of their own accord."""
        return LOST_LYING_S if self.down_s > 0 else LOST_LOW_S

    @property
    def drop(self) -> float:
        """How far the shoulders are below their highest place of the last two seconds [torso lengths]."""
        return self.level - min((level for _, level in self.levels), default=self.level)

    def note(self, person: Person, time_s: float, limits: Limits, fallen: bool) -> None:
        """Remember one frame. `fallen`: an open fall is theirs."""
        step_s = time_s - self.last_s
        self.last_s = time_s
        self._note_likelihood(person, time_s)
        if not person.visible:
            self.last = replace(self.last, visible=False, fall_probability=person.fall_probability)
            return
        unseen_s, self.seen_s, self.last = time_s - self.seen_s, time_s, person
        if unseen_s > 2 * GAP_S:
            self.levels.clear()  # whatever happened meanwhile was not seen to be fast
            if unseen_s > self.low_for_s:
                self.stage_s = self.high_s = 0.0  # ... nor to be slow
                self.plunged = False
            elif self.down_s == 0 and self.stage_s > 0 and person.head_height_m < STAGE_HEAD_M:
                self.stage_s += unseen_s  # low before and after
        step_s = min(step_s, GAP_S)
        self._note_descent(person, time_s, step_s, unseen_s, limits)
        self._note_height(person, time_s)
        if person.furniture and person.posture not in ON_FLOOR:
            self.seated_s = time_s
            self.lain_s = time_s if person.head_height_m < LAIN_HEAD_M else self.lain_s
        down, up = self._is_down(fallen), _is_up(person)
        self._note_stages(person, time_s, step_s, down)
        self.was_up |= _is_off_floor(person) or bool(person.furniture)
        self.came_from_above |= not person.torso_height_m <= LOW_TORSO_M  # also while no depth told
        self.down_s, self.not_down_s = _stretch(self.down_s, self.not_down_s, down, step_s)
        if self.down_s == 0 or self._has_moved(person):
            self.found_s, self.found_at = 0.0, person.position
        elif down and not person.head_height_m > FOUND_HEAD_M:
            self.found_s += step_s
        lying = person.posture == Posture.LYING_ON_FLOOR
        self.lying_s, self.not_lying_s = _stretch(self.lying_s, self.not_lying_s, lying, step_s)
        self.up_s, self.not_up_s = _stretch(self.up_s, self.not_up_s, up, step_s)

    def likely_for(self, span_s: float) -> float:
        """The least that the learnt model thought of the last seconds, also out of sight; 0 after a single picture."""
        lately = [likely for t, likely in self.likely if t > self.last_s - span_s - HALF_PICTURE_S]
        return min(lately) if len(lately) > 1 else 0.0

    def has_collapsed(self, time_s: float) -> bool:
        """Whether this person has just come from full height to less than half of it as fast as one falls."""
        return self.small and self.collapse_s <= COLLAPSE_S and time_s - self.collapsed_s <= DESCENT_MEMORY_S

    def forget_descent(self) -> None:
        """Begin anew after somebody is up again."""
        self.fast_s, self.down_s = -math.inf, 0.0

    def _note_descent(self, person: Person, time_s: float, step_s: float, unseen_s: float, limits: Limits) -> None:
        if abs(person.descent_speed) > FREE_FALL:
            self.jumped_s, self.fast_s = time_s, -math.inf
            self.levels.clear()
        if math.isfinite(person.descent_speed) and unseen_s <= 2 * GAP_S and time_s - self.jumped_s >= JUMP_S:
            self.level += person.descent_speed * step_s
            if person.measured:
                fast = FAST_DESCENT_TO_FLOOR
            else:
                fast = limits.fast if math.isnan(person.fall_probability) else limits.slow
            if person.descent_speed >= fast and (person.measured or self.lying_s < LAIN_S):
                if time_s - self.fast_s > DESCENT_MEMORY_S:
                    self.fast_began_s, self.fast_speed = time_s, 0.0
                self.fast_s, self.fast_speed = time_s, max(self.fast_speed, person.descent_speed)
        self.levels.append((time_s, self.level))
        while self.levels[0][0] < time_s - DROP_WINDOW_S:
            self.levels.popleft()

    def _note_height(self, person: Person, time_s: float) -> None:
        if math.isnan(person.top_above_feet):
            return
        self.tops.append((time_s, person.top_above_feet))
        while self.tops[0][0] < time_s - TALL_MEMORY_S:
            self.tops.popleft()
        tops = [top for _, top in self.tops]
        part = median(tops[-3:]) / max(sorted(tops)[round(0.9 * (len(tops) - 1))], SMALLEST_STATURE)
        if part >= TALL:
            self.tall_s = time_s
        if part < SMALL and not self.small and self.tall_s > -math.inf:
            self.collapsed_s, self.collapse_s = time_s, time_s - self.tall_s
        self.small = part < (STILL_SMALL if self.small else SMALL)

    def _note_likelihood(self, person: Person, time_s: float) -> None:
        self.likely.append((time_s, person.fall_probability))
        while self.likely[0][0] < time_s - LIKELY_MEMORY_S:
            self.likely.popleft()

    def _note_stages(self, person: Person, time_s: float, step_s: float, down: bool) -> None:
        upright = person.head_height_m >= STAGE_HEAD_M and person.torso_height_m >= STAGE_HIPS_M
        self.upright_s = self.upright_s + step_s if upright else 0.0
        if self.upright_s >= RISEN_S and not person.furniture:
            self.stood_s = time_s
        self.high_s = self.high_s + step_s if person.head_height_m >= STAGE_HEAD_M else 0.0
        if self.high_s >= RISEN_S:
            self.stage_s, self.plunged = 0.0, False
        elif not down and person.head_height_m < STAGE_HEAD_M and person.torso_height_m < STAGE_HIPS_M:
            self.plunged |= self.stage_s < PLUNGED_WITHIN_S and self.fast_speed >= PLUNGE and \
                time_s - self.fast_s <= PLUNGED_WITHIN_S
            self.stage_s += step_s

    def _is_down(self, fallen: bool) -> bool:
        person = self.last
        if person.furniture or person.torso_height_m > LOW_TORSO_M or person.torso_height_m < UNDER_FLOOR_M:
            return False
        if person.posture not in ON_FLOOR and not _is_slumped(person):
            return False
        if not person.measured and person.hips_above_feet > OFF_FLOOR:
            return False
        if person.torso_angle_rad > HEADLONG_RAD and person.head_height_m < person.torso_height_m - HEADLONG_M:
            return False
        if person.posture == Posture.LYING_ON_FLOOR:
            return True
        # Sitting on the floor is a fall only after a descent or off a seat; both need heights.
        return person.measured and (
            fallen or self.from_seat or self.last_s - min(self.fast_s, self.last_s) <= DESCENT_MEMORY_S + CONFIRM_S)

    def _has_moved(self, person: Person) -> bool:
        """Whether somebody who seems to lie is elsewhere than before."""
        return None not in (self.found_at, person.position) and \
            math.dist(self.found_at, person.position) > LIES_WITHIN_M


def _stretch(length_s: float, gap_s: float, holds: bool, step_s: float) -> tuple[float, float]:
    """Length of the present stretch of a condition and of the gap in it; a gap over GAP_S ends the stretch."""
    if holds:
        return length_s + step_s, 0.0
    gap_s += step_s
    return (0.0, gap_s) if gap_s > GAP_S else (length_s, gap_s)


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
