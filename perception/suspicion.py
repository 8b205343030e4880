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
| ... and model  | the same two after a slower descent, the learnt model being sure                 | descent |
| ... and model  | deep descent, the model sure for 0.3 s, in any posture                           | descent |
| ... and model  | fast and deep descent, the model thinks it probable for 0.5 s, in any posture    | descent |
| ... and model  | collapse: from full height to half of it in 0.55 s, tilted, and as probable      | descent |
| ... and model  | fast, less deep descent, then lost below standing height, and as probable        | descent |

Heights are those above the floor, of depth; the model is the learnt one (perception/learnt.py), which can also deny
what the picture shows. Before a plain camera whose mounting is known, who is first seen lying is found as with heights.
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
    PLUNGE,
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
# Heads of seated people are above 1.1 m, hips of people who bend above 0.75 m: lower with both is neither. Who goes
# down to kneel bends with the hips in between: above LOST_BELOW_M the shoulders must have come down as in a fall.
LOST_HEAD_BELOW_M, BENT_HIPS_M = 1.0, 0.75
TILTED_RAD = math.radians(40)
DOWN_AFTER_DESCENT_S, LOST_AFTER_DESCENT_S = 0.2, 0.25
LOST_WHILE_FALLING_S = 0.5
# Whoever goes out by a door seems to sink: the skeleton is squeezed into what the frame still shows. It stays upright,
# at most 0.45 times as wide as tall (of 56 people at doors, sim/), and who falls out of sight lies across the picture:
# 0.66 times and more (14 rehearsed falls whose end was not seen).
UPRIGHT_ASPECT = 0.55
LYING_BY_SLIDE_S, SITTING_BY_SLIDE_S, FOUND_S = 2.0, 4.0, 0.8
# Who looks under a bed is up again in half a minute; who lies there for longer is asked.
LYING_BY_STAGES_S = 30.0
# Who lies along the line of sight looks like somebody who stands or sits: there the learnt model is enough, if it says
# so for a while.
SURE_S, PROBABLE_S = 0.3, 0.5


class FallKind(IntEnum):
    """Numbers of anban_interfaces/Fall."""
    DESCENT = 1
    SLIDE = 2
    FOUND = 3


@dataclass(frozen=True)
class Suspicion:
    """A suspected fall: what kind, how sure [0..1], since when [s], and why, in words for the caregiver's card."""
    kind: FallKind
    confidence: float
    began_s: float
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
        if down and course.came_from_above and _has_landed(course, time_s) and not course.by_stages:
            return _descent(0.85, course, speed)
        if _is_found_lying(course):
            return _on_floor(FallKind.FOUND, 0.75, course, "first seen lying on the floor")
        if down and course.was_up and course.down_s >= _slide_s(course):
            return _on_floor(FallKind.SLIDE, 0.6, course, "slid from a seat to the floor" if course.from_seat
                             else "went down to the floor slowly")
        return None
    tilted = person.torso_angle_rad > TILTED_RAD
    on_the_way = person.torso_height_m < (BENT_HIPS_M if course.fast_speed >= PLUNGE else LOST_BELOW_M)
    low = on_the_way and (person.head_height_m < FALLEN_HEAD_M or tilted and (
        person.torso_height_m < LOST_BELOW_M or person.head_height_m < LOST_HEAD_BELOW_M))
    if _is_lost_falling(course, time_s) and low and not course.by_stages and course.drop >= SEEN_DROP \
            and not person.furniture:
        return _descent(0.5, course, speed, "then lost from sight")
    return None


def _by_picture(course: Course, time_s: float, limits: Limits) -> Suspicion | None:
    person = course.last
    if person.visible and _is_found_lying(course) and person.size_height_m <= LOW_TORSO_M:
        return _on_floor(FallKind.FOUND, 0.75, course, "first seen lying on the floor")
    if person.fall_probability < limits.possible:
        return None
    fast, deep = course.fast_speed >= limits.fast, course.drop >= DEEP_DROP
    sure, probable = person.fall_probability >= limits.likely, course.likely_for(PROBABLE_S) >= limits.probable
    tilted = person.torso_angle_rad > TILTED_RAD
    how = f"shoulders went down at {course.fast_speed:.1f} torso lengths/s"
    if sure or probable:
        how += f", and moved like somebody who falls ({person.fall_probability:.0%})"
    if not person.visible:
        falling = not person.hips_above_feet > OFF_FLOOR_FALLING
        low = person.hips_above_feet <= OFF_FLOOR or falling and (tilted or person.posture == Posture.LYING_ON_FLOOR)
        if _is_lost_falling(course, time_s) and (
                low and deep and (fast or sure) or falling and fast and probable and course.drop >= SEEN_DROP):
            return _descent(0.5, course, how, "then lost from sight")
        return None
    if deep and (fast or sure) and course.not_down_s == 0 and _has_landed(course, time_s):
        return _descent(0.65, course, how)
    if deep and time_s - course.fast_s <= DESCENT_MEMORY_S and (
            fast and probable or course.likely_for(SURE_S) >= limits.likely):
        return _descent(0.6, course, how)
    if probable and tilted and course.drop >= SEEN_DROP and course.has_collapsed(time_s):
        return _suspicion(FallKind.DESCENT, 0.6, course.collapsed_s - course.collapse_s, person,
                          f"came from full height to less than half of it in {course.collapse_s:.1f} s, "
                          f"like somebody who falls ({person.fall_probability:.0%})")
    return None


def _has_landed(course: Course, time_s: float) -> bool:
    """Whether somebody is down, right after a fast descent."""
    return (course.down_s >= DOWN_AFTER_DESCENT_S
            and time_s - course.fast_s - course.down_s <= DESCENT_MEMORY_S)


def _is_lost_falling(course: Course, time_s: float) -> bool:
    """Whether somebody was lost from sight in a fast descent, a moment ago."""
    return (LOST_AFTER_DESCENT_S <= time_s - course.seen_s <= DESCENT_MEMORY_S
            and course.seen_s - course.fast_s <= LOST_WHILE_FALLING_S and not course.last.aspect < UPRIGHT_ASPECT)


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


def _descent(confidence: float, course: Course, how: str, *more: str) -> Suspicion:
    return _suspicion(FallKind.DESCENT, confidence, course.fast_began_s, course.last, how, *more)


def _on_floor(kind: FallKind, confidence: float, course: Course, how: str) -> Suspicion:
    return _suspicion(kind, confidence, course.last_s - course.down_s, course.last, how)


def _suspicion(kind: FallKind, confidence: float, began_s: float, person: Person, how: str, *more: str) -> Suspicion:
    return Suspicion(kind, confidence, began_s, (how, *place_evidence(person), *more))
