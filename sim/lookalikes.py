"""Everyday deeds that look like falls: going down to the floor quickly, on to beds and seats, exercise, jumps."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim import motion
from sim.clips import Clip
from sim.course import CUSHION_M, Course, Situation, free_side, in_frame, seated
from sim.poses import POSES, placed

_LIES = ("lie_left", "lie_right", "lie_back", "lie_back_bent")
_CRAWL_M = 0.25  # a hand's reach ahead


@dataclass(frozen=True)
class Through:
    """Goes through poses on the floor, `each_s` [s] for each, and stays in each for up to `stay_s`."""

    names: tuple[str, ...]
    each_s: tuple[float, float] = (0.8, 1.8)
    stay_s: float = 0.6

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        xy, yaw = course.stance.position[:2], course.heading
        for name in self.names:
            there, posture = motion.on_floor(now, name, xy, yaw, 6)
            course.blend(float(now.rng.uniform(*self.each_s)), posture, there)
            course.blend(max(0.1, float(now.rng.uniform(0, self.stay_s))), course.posture, course.stance)
        return course.clips


@dataclass(frozen=True)
class Crawl:
    """Goes on hands and knees, and some way on them straight ahead."""

    down_s: tuple[float, float] = (0.5, 1.5)
    reaches: int = 6

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        xy, yaw = course.stance.position[:2], course.heading
        ahead = _CRAWL_M * float(now.rng.uniform(0.6, 1.2))
        for reach in range(self.reaches):
            at = (xy[0] + reach * ahead * math.cos(yaw), xy[1] + reach * ahead * math.sin(yaw))
            there, posture = motion.on_floor(now, "hands_and_knees", at, yaw, 12)
            course.blend(float(now.rng.uniform(*(self.down_s if reach == 0 else (0.4, 0.8)))), posture, there)
        return course.clips


@dataclass(frozen=True)
class WalkOut:
    """Walks out by one of the room's doors, to somewhere 1.2 to 3 m behind it. Event "arrived"."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        here = now.stance.position[:2]
        room = now.site.room_at(*map(float, here))
        free = now.ways.reachable(here)
        doors = [door for door in now.site.doors if room and room.id in door.between]
        for door in now.rng.permutation(doors):
            away = np.hypot(*(free - door.at).T)
            behind = free[(away > 1.2) & (away < 3.0) & [not room.contains(*place) for place in free]]
            if len(behind):
                return motion.WalkTo((tuple(behind[now.rng.integers(len(behind))]),)).plan(now)
        raise ValueError("there is no door by which to go out")


@dataclass(frozen=True)
class LieDownOn:
    """Walks to a bed or sofa, sits or drops on it and lies down at once. Event "in_bed"."""

    furniture: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        piece, rng = now.furniture(self.furniture), now.rng
        bed = piece.kind == "bed"
        side = free_side(now, piece) if bed else None
        yaw = math.radians(piece.pose[2]) + (side * math.pi / 2 if bed else 0.0)
        edge, _ = seated(now, piece, "sit_edge", 0.05, 0.26, yaw, side)
        course = Course(now)
        course.rise()
        course.walk(in_frame(piece, 0.05, side * (piece.size[1] / 2 + 0.13)) if bed else
                    in_frame(piece, piece.size[0] / 2 + 0.13, 0.05))
        course.turn(yaw)
        feet = now.posing.feet(course.stance)
        quick_s = float(rng.uniform(0.3, 1.0))
        half = course.stance.position + 0.5 * (edge.position - course.stance.position)
        course.blend(quick_s, "standing", placed(POSES["lean"], half[:2], yaw, half[2] + 0.08), feet=feet)
        if rng.random() < 0.6:
            course.blend(quick_s, "sitting", now.posing.on_feet(edge, feet), on=piece.id, feet=feet)
            course.blend(0.8 * quick_s, "sitting", placed(POSES["swing_legs"], course.stance.position[:2], yaw,
                                                          course.stance.position[2]), on=piece.id)
        name = _LIES[rng.integers(len(_LIES))]
        along = math.radians(piece.pose[2]) + (math.pi if bed else float(rng.choice((-1, 1))) * math.pi / 2)
        lying = now.posing.settled(placed(now.varied(POSES[name], 6), in_frame(piece, 0.0, 0.0),
                                          along + motion.turned_lying(name)), piece.size[2] - CUSHION_M)
        course.blend(float(rng.uniform(0.7, 2.0)), "lying", lying, on=piece.id, event=("in_bed", piece.id))
        return course.clips


@dataclass(frozen=True)
class TieShoes:
    """Sitting on a seat, bends down to the feet and up again."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, before, feet = Course(now), now.stance, now.posing.feet(now.stance)
        low = now.posing.on_feet(replace(placed(now.varied(POSES["reach_feet"]), before.position[:2], course.heading),
                                         position=before.position), feet)
        course.blend(float(now.rng.uniform(0.5, 1.2)), "sitting", low, on=now.on_furniture, feet=feet)
        course.blend(float(now.rng.uniform(0.5, 4.0)), "sitting", low, on=now.on_furniture, feet=feet)
        course.blend(float(now.rng.uniform(0.6, 1.4)), "sitting", before, on=now.on_furniture, feet=feet)
        return course.clips


@dataclass(frozen=True)
class Jump:
    """Jumps on the spot."""

    times: int = 4

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        course.rise()
        xy, yaw = course.stance.position[:2], course.heading
        feet, upright = posing.footprints(xy, yaw), posing.standing(xy, yaw)
        low = posing.on_feet(placed(POSES["lean"], xy, yaw, posing.root_m - 0.2), feet)
        for _ in range(self.times):
            course.blend(0.35, "standing", low, feet=feet)
            course.blend(0.22, "standing", upright.moved(upright.position + (0, 0, now.rng.uniform(0.08, 0.3))))
            course.blend(0.22, "standing", upright)
        return course.clips


@dataclass(frozen=True)
class Sweep:
    """Bends forward and back and to the sides, the feet in place, as one sweeps, mops or plays with a child."""

    strokes: int = 6

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        course.rise()
        xy, yaw = course.stance.position[:2], course.heading
        feet = posing.footprints(xy, yaw)
        for stroke in range(self.strokes):
            low = 0.1 if stroke % 2 else float(now.rng.uniform(0.1, 0.3))
            pose = now.varied(POSES["lean" if stroke % 2 else "stoop"], 12)
            course.blend(float(now.rng.uniform(0.5, 1.2)), "bending",
                         placed(pose, xy, yaw + float(now.rng.normal(0, 0.3)), posing.root_m - low), feet=feet)
        return course.clips
