"""What makes a course a suspected fall.

| from           | when                                                                             | kind    |
|----------------|----------------------------------------------------------------------------------|---------|
| heights        | fast descent, then down within 1.5 s for 0.2 s                                   | descent |
| heights        | fast descent, low or tilted, then lost from sight for 0.25 s                     | descent |
| heights        | on the floor without a fast descent: lying 2 s, sitting off a seat 4 s           | slide   |
| heights        | the same, having lain on furniture: 2 s in any posture                           | slide   |
| heights        | gone down by stages, with a second on the knees or crouching, and lying 30 s     | slide   |
| heights        | first seen lying on the floor, for 0.8 s                                         | found   |
| the picture    | fast and deep descent, then horizontal within 1.5 s for 0.2 s                    | descent |
| the picture    | fast and deep descent, low or tilted, then lost from sight for 0.25 s            | descent |
| the picture    | the same after a slower descent, where the learnt model takes it for a fall      | descent |
| the picture    | the learnt model is sure for 0.3 s after a deep descent, in any posture          | descent |

Being lost from sight alone never does.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from perception.course import (
    DESCENT_MEMORY_S,
    FALLEN_HEAD_M,
    LOW_TORSO_M,
    OFF_FLOOR,
    SEAT_MEMORY_S,
    Course,
    Limits,
    Person,
)
from perception.geometry import TORSO_M
from perception.posture import Posture

# Shoulders fall by this many torso lengths at least: 0.8 is 0.37 m, less than from a bed's edge (0.7 m) to the floor.
DEEP_DROP = 0.8
SEEN_DROP = 0.5            # of a descent whose end was not seen, half a torso at least was
# Hips above the place where the feet stood, of who vanishes while falling [torso lengths].
OFF_FLOOR_FALLING = 1.0
LOST_BELOW_M = 0.60        # hips that fall past a seat's height cannot stop on it
# Heads of seated people are above 1.1 m, hips of people who bend above 0.75 m: lower with both is neither.
LOST_HEAD_BELOW_M, BENT_HIPS_M = 1.0, 0.75
TILTED_RAD = math.radians(40)
DOWN_AFTER_DESCENT_S, LOST_AFTER_DESCENT_S = 0.2, 0.25
LOST_WHILE_FALLING_S = 0.5
LYING_BY_SLIDE_S, SITTING_BY_SLIDE_S, FOUND_S = 2.0, 4.0, 0.8
# Who looks under a bed is up again in half a minute; who lies there for longer is asked.
LYING_BY_STAGES_S = 30.0
# Who lies along the line of sight looks like somebody who stands or sits: there the learnt model is enough.
SURE_S = 0.3


class FallKind(IntEnum):
    """Numbers of anban_interfaces/Fall."""
    DESCENT = 1
    SLIDE = 2
    FOUND = 3


@dataclass(frozen=True)
class Suspicion:
    """A suspected fall: what kind, how sure [0..1], and why, in words for the caregiver's card."""
    kind: FallKind
    confidence: float
    evidence: tuple[str, ...]


def suspicion(course: Course, time_s: float, limits: Limits) -> Suspicion | None:
    """Whether the course so far is a suspected fall."""
    if course.last.measured:
        return _by_height(course, time_s)
    return _by_picture(course, time_s, limits)


def _by_height(course: Course, time_s: float) -> Suspicion | None:
    person = course.last
    speed = f"shoulders went down at {course.fast_speed * TORSO_M:.1f} m/s"
    if person.visible:
        down = course.down_s > 0 and course.not_down_s == 0
        if down and _has_landed(course, time_s) and not course.by_stages:
            return _suspicion(FallKind.DESCENT, 0.85, person, speed)
        if _is_found_lying(course):
            return _suspicion(FallKind.FOUND, 0.75, person, "first seen lying on the floor")
        if down and course.was_up and course.down_s >= _slide_s(course):
            return _suspicion(FallKind.SLIDE, 0.6, person, "slid from a seat to the floor" if course.from_seat
                              else "went down to the floor slowly")
        return None
    tilted = person.torso_angle_rad > TILTED_RAD
    low = person.torso_height_m < BENT_HIPS_M and (person.head_height_m < FALLEN_HEAD_M or tilted and (
        person.torso_height_m < LOST_BELOW_M or person.head_height_m < LOST_HEAD_BELOW_M))
    if _is_lost_falling(course, time_s) and low and not course.by_stages and course.drop >= SEEN_DROP \
            and not person.furniture:
        return _suspicion(FallKind.DESCENT, 0.5, person, speed, "then lost from sight")
    return None


def _by_picture(course: Course, time_s: float, limits: Limits) -> Suspicion | None:
    person = course.last
    speed = f"shoulders went down at {course.fast_speed:.1f} torso lengths/s"
    likely = person.fall_probability >= limits.likely
    if likely:
        speed += f", and moved like somebody who falls ({person.fall_probability:.0%})"
    fast_and_deep = (likely or course.fast_speed >= limits.fast) and course.drop >= DEEP_DROP
    if person.visible:
        if course.not_down_s == 0 and _has_landed(course, time_s) and fast_and_deep:
            return _suspicion(FallKind.DESCENT, 0.65, person, speed)
        if likely and course.likely_s >= SURE_S and fast_and_deep and time_s - course.fast_s <= DESCENT_MEMORY_S:
            return _suspicion(FallKind.DESCENT, 0.6, person, speed)
        if _is_found_lying(course) and person.size_height_m <= LOW_TORSO_M:
            return _suspicion(FallKind.FOUND, 0.75, person, "first seen lying on the floor")
        return None
    tilted = person.torso_angle_rad > TILTED_RAD or person.posture == Posture.LYING_ON_FLOOR
    low = person.hips_above_feet <= OFF_FLOOR or tilted and not person.hips_above_feet > OFF_FLOOR_FALLING
    if _is_lost_falling(course, time_s) and low and fast_and_deep and not person.furniture:
        return _suspicion(FallKind.DESCENT, 0.5, person, speed, "then lost from sight")
    return None


def _has_landed(course: Course, time_s: float) -> bool:
    """Whether somebody is down, right after a fast descent."""
    return (course.down_s >= DOWN_AFTER_DESCENT_S
            and time_s - course.fast_s - course.down_s <= DESCENT_MEMORY_S)


def _is_lost_falling(course: Course, time_s: float) -> bool:
    """Whether somebody was lost from sight in a fast descent, a moment ago."""
    return (LOST_AFTER_DESCENT_S <= time_s - course.seen_s <= DESCENT_MEMORY_S
            and course.seen_s - course.fast_s <= LOST_WHILE_FALLING_S)


def _is_found_lying(course: Course) -> bool:
    return not course.was_up and course.found_s >= FOUND_S and course.last.posture == Posture.LYING_ON_FLOOR


def _slide_s(course: Course) -> float:
    """For how long somebody who is on the floor without a fast descent must be there."""
    if course.last_s - course.down_s - course.lain_s <= SEAT_MEMORY_S:  # nobody who lay sits down on the floor
        return LYING_BY_SLIDE_S
    if course.last.posture != Posture.LYING_ON_FLOOR:
        return SITTING_BY_SLIDE_S
    return LYING_BY_STAGES_S if course.by_stages else LYING_BY_SLIDE_S


def place_evidence(person: Person) -> list[str]:
    """How somebody lies, in words."""
    evidence = []
    if person.measured:
        evidence.append(f"torso {max(person.torso_height_m, 0) * 100:.0f} cm above the floor")
    if math.isfinite(person.torso_angle_rad):
        evidence.append(f"torso {math.degrees(person.torso_angle_rad):.0f} degrees from upright")
    return evidence


def _suspicion(kind: FallKind, confidence: float, person: Person, how: str, *more: str) -> Suspicion:
    return Suspicion(kind, confidence, (how, *place_evidence(person), *more))
