"""What people do in a story: each motion plans its clips from where the body is (see course.py, falls.py).

Every motion gets on its feet first where it needs to, and finds its way round the furniture.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.body import Stance, bones_named
from sim.clips import Blend, Clip
from sim.course import Course, Motion, Situation, free_side, head_direction, in_frame, seated, sit_on_edge, supine
from sim.falls import FALL_KINDS, Fall, FallKind, SlideFrom
from sim.poses import POSES, interpolate, placed

__all__ = ["FALL_KINDS", "Fall", "FallKind", "GetUp", "GetUpFromFloor", "Hold", "Kneel", "LieInBed", "Motion", "PickUp",
           "SitOn", "SitUp", "SlideFrom", "Stand", "StandUp", "TakePill", "TryToGetUp", "WalkTo",
           "WorkOnFloor"]

_ARMS_AND_HEAD = bones_named("upperarm", "lowerarm", "neck", "head")


@dataclass(frozen=True)
class Hold:
    """Stays as one is (breathing) for a while."""

    duration_s: float = 1.0

    def plan(self, now: Situation) -> Sequence[Clip]:
        return [Blend(self.duration_s, "standing" if now.posture == "walking" else now.posture, now.on_furniture,
                      posing=now.posing, through=(now.stance, now.stance))]


@dataclass(frozen=True)
class Stand:
    """Gets on one's feet from any posture, and stands for a while."""

    duration_s: float = 1.0

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        feet = now.posing.feet(course.stance)
        upright = now.posing.standing(feet[:, :2].mean(axis=0), course.heading)
        course.blend(self.duration_s, "standing", upright, feet=feet)
        return course.clips


StandUp = Stand  # from a seat the same motion: it gets up first


@dataclass(frozen=True)
class WalkTo:
    """Walks through map points [m] and at the end turns to a heading [rad] if one is given. Event "arrived"."""

    points: tuple[tuple[float, float], ...]
    heading: float | None = None

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        for point in self.points:
            course.walk(point)
        if self.heading is not None:
            course.turn(self.heading)
        course.blend(0.3, "standing", course.stance, event=("arrived", "{:.2f} {:.2f}".format(*self.points[-1])))
        return course.clips


@dataclass(frozen=True)
class SitOn:
    """Walks to a seat, turns its back to it and sits down. Event "sat_down"."""

    furniture: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        seat = now.furniture(self.furniture)
        yaw = math.radians(seat.pose[2])
        along = float(now.rng.uniform(-0.15, 0.15)) * (seat.size[1] > 1.2)
        pose, depth = ("recline", 0.29) if seat.kind == "sofa" else ("sit", 0.24)
        down, feet = seated(now, seat, pose, along, depth, yaw)
        course = Course(now)
        course.rise()
        course.walk(in_frame(seat, seat.size[0] / 2 + 0.13, along))
        course.turn(yaw)
        feet = now.posing.feet(course.stance)
        half = course.stance.position + 0.5 * (down.position - course.stance.position)
        course.blend(1.0, "standing", placed(POSES["lean"], half[:2], yaw, half[2] + 0.08), feet=feet)
        course.blend(1.1, "sitting", now.posing.on_feet(down, feet), on=seat.id, feet=feet, event=("sat_down", seat.id))
        return course.clips


@dataclass(frozen=True)
class LieInBed:
    """Goes to a bed, sits on its edge and lies down on the back. Event "in_bed"."""

    bed: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        bed = now.furniture(self.bed)
        side = free_side(now, bed)
        yaw = math.radians(bed.pose[2]) + side * math.pi / 2
        edge, _ = seated(now, bed, "sit_edge", 0.05, 0.26, yaw, side)
        course = Course(now)
        if now.on_furniture != bed.id:
            course.rise()
            course.walk(in_frame(bed, 0.05, side * (bed.size[1] / 2 + 0.13)))
            course.turn(yaw)
            feet = now.posing.feet(course.stance)
            half = course.stance.position + 0.5 * (edge.position - course.stance.position)
            course.blend(1.0, "standing", placed(POSES["lean"], half[:2], yaw, half[2] + 0.08), feet=feet)
            course.blend(1.1, "sitting", now.posing.on_feet(edge, feet), on=bed.id, feet=feet,
                         event=("sat_down", bed.id))
            swung = placed(POSES["swing_legs"], course.stance.position[:2], yaw, course.stance.position[2])
            long = placed(POSES["sit_long"], in_frame(bed, -0.05, 0), math.radians(bed.pose[2]), edge.position[2])
            course.blend(3.6, "sitting", swung, long, on=bed.id)
        course.blend(2.6, "lying", supine(now, bed), on=bed.id, event=("in_bed", bed.id))
        return course.clips


@dataclass(frozen=True)
class SitUp:
    """From lying in bed: sits up on the edge, feet on the floor. Event "sat_up"."""

    side: int | None = None  # +1: toward the bed's +y, -1: -y, None: where there is room

    def plan(self, now: Situation) -> Sequence[Clip]:
        bed = now.furniture(now.on_furniture or "")
        course = Course(now)
        if now.posture == "lying":
            sit_on_edge(course, bed, self.side or free_side(now, bed))
        return course.clips or Hold(0.2).plan(now)


@dataclass(frozen=True)
class GetUp:
    """From lying in bed: sits on the edge for a moment, then stands up beside it. Events "sat_up", "out_of_bed"."""

    side: int | None = None
    wait_s: float = 2.0  # on the edge, as one is told to

    def plan(self, now: Situation) -> Sequence[Clip]:
        bed = now.furniture(now.on_furniture or "")
        course = Course(now)
        if now.posture == "lying":
            sit_on_edge(course, bed, self.side or free_side(now, bed))
        course.blend(self.wait_s, "sitting", course.stance, on=bed.id)
        course.rise()
        return course.clips


@dataclass(frozen=True)
class GetUpFromFloor:
    """From lying or sitting on the floor: over hands and knees to standing. Event "got_up"."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        return course.clips or Hold(0.2).plan(now)


@dataclass(frozen=True)
class TryToGetUp:
    """From lying on the floor: props up on an arm, trembles and sinks back, a few times. Event "failed_to_get_up"."""

    tries: int = 2

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        yaw = head_direction(now.stance) - math.pi / 2
        for _ in range(self.tries):
            for share in (0.7, 1.0):
                propped = posing.propped(placed(now.varied(POSES["prop_up"], 6), now.stance.position[:2], yaw))
                course.blend(1.1, "lying", interpolate(course.stance, propped, share))
            course.blend(1.2, "lying", now.stance, event=("failed_to_get_up", ""))
            course.blend(float(now.rng.uniform(0.8, 2.0)), "lying", course.stance)
        return course.clips


@dataclass(frozen=True)
class PickUp:
    """Stoops for something on the floor and comes up again, feet in place. Event "picked_up"."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        course.rise()
        feet = posing.feet(course.stance)
        middle, yaw = feet[:, :2].mean(axis=0), course.heading
        back = middle - 0.16 * np.array([math.cos(yaw), math.sin(yaw)])
        low = placed(now.varied(POSES["stoop"], 3), back, yaw, posing.root_m - 0.24)
        course.blend(1.3, "bending", low, feet=feet)
        course.blend(0.6, "bending", low, feet=feet, event=("picked_up", ""))
        course.blend(1.5, "standing", posing.standing(middle, yaw), feet=feet)
        return course.clips


@dataclass(frozen=True)
class Kneel:
    """Kneels down slowly and stays kneeling. Event "knelt"."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        course.rise()
        xy, yaw = course.stance.position[:2], course.heading
        course.blend(1.6, "kneeling", posing.rested(placed(now.varied(POSES["kneel_one"], 3), xy, yaw)))
        course.blend(1.2, "kneeling", posing.rested(placed(now.varied(POSES["kneel"], 3), xy, yaw)),
                     event=("knelt", ""))
        return course.clips


@dataclass(frozen=True)
class TakePill:
    """Brings a tablet (or a bite) to the mouth, then drinks; sitting or standing. Event "took_pill"."""

    event: str = "took_pill"

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        posture, on, before = now.posture, now.on_furniture, now.stance

        def with_arms(name: str) -> Stance:
            joints = before.joints.copy()
            joints[_ARMS_AND_HEAD] = POSES[name].joints[_ARMS_AND_HEAD]
            return Stance(before.position, before.rotation, joints)

        for name, duration in (("hand_to_mouth", 1.4), ("hand_to_mouth", 0.7), ("drink", 1.0), ("drink", 0.9)):
            course.blend(duration, posture, with_arms(name), on=on)
        course.blend(1.4, posture, before, on=on, event=(self.event, ""))
        return course.clips


FloorWork = Literal["look_under", "pray", "exercise", "play", "garden", "crawl", "reach_under", "rest"]
_FLOOR_WORK: dict[str, tuple[str, ...]] = {
    "look_under": ("kneel_one", "hands_and_knees", "lie_front"),
    "pray": ("kneel_one", "kneel", "bow"),
    "exercise": ("kneel_one", "hands_and_knees", "prop_up", "lie_back"),
    "play": ("squat", "sit_floor", "lie_left"),
    "garden": ("squat", "kneel", "hands_and_knees"),
    "crawl": ("stoop", "hands_and_knees", "bow"),
    "reach_under": ("stoop", "kneel", "hands_and_knees", "lie_front"),
    "rest": ("lean", "squat", "sit_floor", "lie_back")}
_FLOOR_POSTURES = {"sit_floor": "sitting", "stoop": "bending", "lean": "standing"}
_TURN = {"prop_up": -math.pi / 2, "lie_left": -math.pi / 2, "lie_right": math.pi / 2, "lie_back": math.pi,
         "lie_back_bent": math.pi}


@dataclass(frozen=True)
class WorkOnFloor:
    """Goes down to the floor on purpose and stays there: what looks like a fall and is none. Event "on_floor"."""

    work: FloorWork | None = None  # None: one drawn

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        work = self.work or list(_FLOOR_WORK)[now.rng.integers(len(_FLOOR_WORK))]
        xy, yaw = course.stance.position[:2], course.heading
        for name in _FLOOR_WORK[work]:
            there, posture = on_floor(now, name, xy, yaw, 5)
            course.blend(float(now.rng.uniform(1.0, 2.0)), posture, there)
        course.blend(0.5, course.posture, course.stance, event=("on_floor", work))
        return course.clips


def turned_lying(name: str) -> float:
    """By how much a lying pose is turned [rad] so that its head points where somebody faced."""
    return _TURN.get(name, 0.0)


def on_floor(now: Situation, name: str, xy, yaw: float, varied_deg: float) -> tuple[Stance, str]:
    """A pose of the floor at a place, facing yaw [rad, map], as it rests there; and what posture that is."""
    there = placed(now.varied(POSES[name], varied_deg), xy, yaw + turned_lying(name))
    lies, props = name.startswith("lie"), name == "prop_up"
    there = now.posing.settled(there) if lies else now.posing.propped(there) if props else now.posing.rested(there)
    return there, _FLOOR_POSTURES.get(name, "lying" if lies or props else "kneeling")
