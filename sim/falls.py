"""Falls: to the floor by tripping, slipping, sideways or fainting, and down from a seat."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.body import Stance, bones_named
from sim.clips import Blend, Clip
from sim.course import Course, Situation
from sim.poses import POSES, Pose, heading_of, placed

TORSO = bones_named("root", "pelvis", "spine")
TOUCH_M = 0.02  # hips or trunk have met the floor when this near

FallKind = Literal["trip_forward", "slip_backward", "sideways", "faint_collapse"]
FALL_KINDS: tuple[FallKind, ...] = ("trip_forward", "slip_backward", "sideways", "faint_collapse")


@dataclass(frozen=True)
class Fall:
    """Falls to the floor and lies there; `kind` None is chosen by seed.

    The descent takes 0.7-1.1 s, slow at first as in free fall; its direction is turned as little as needed to end
    clear of furniture and walls. The event "impact" is when hips or trunk meet the floor.
    """

    kind: FallKind | None = None
    duration_s: float | None = None

    def plan(self, now: Situation) -> Sequence[Clip]:
        kind = self.kind or FALL_KINDS[now.rng.integers(len(FALL_KINDS))]
        names, marks, ends, drift = _fall_course(kind, now.rng)
        course = Course(now)
        if now.posture != "walking":
            course.rise()
        last = now.varied(POSES[ends], 8)
        yaw, travel = _clear_course(now, course.stance, last, names, drift)
        if abs(math.remainder(yaw - course.heading, math.tau)) > math.radians(50):
            course.turn(yaw)
        start = course.stance
        origin = start.position[:2].copy()
        heading = heading_of(start)
        through = [start]
        for number, name in enumerate((*names, None), 1):
            share = marks[number]
            facing = heading + math.remainder(yaw - heading, math.tau) * min(1.0, share * 1.6)
            hips = origin + travel * share ** 0.8
            if name is None:
                through.append(now.posing.settled(placed(last, hips, facing)))
            else:
                through.append(now.posing.rested(placed(now.varied(POSES[name], 4), hips, facing)))
        duration = self.duration_s or float(now.rng.uniform(0.7, 1.1))
        fall = Blend(duration, "falling", posing=now.posing, through=through, marks=marks, ease="gravity")
        fall.events.append((_touch_s(now, fall), "impact", kind))
        course.add(fall)
        settled = now.posing.settled(placed(now.varied(last, 8), through[-1].position[:2], yaw))
        course.blend(float(now.rng.uniform(0.5, 0.9)), "lying", settled)
        return course.clips


@dataclass(frozen=True)
class SlideFrom:
    """Slides from the seat one sits on down to the floor in front of it, and stays sitting there."""

    furniture: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        seat = now.furniture(self.furniture)
        if now.on_furniture != seat.id:
            raise ValueError(f"cannot slide from {seat.id}: not sitting on it")
        yaw = heading_of(now.stance)  # a bed is left over its side, a seat over its front
        depth = seat.size[1] if seat.kind == "bed" else seat.size[0]
        to_hips = now.stance.position[:2] - np.array(seat.pose[:2])
        inside = depth / 2 - float(to_hips @ turned((1, 0), yaw))

        def ahead(distance_m: float) -> np.ndarray:
            return now.stance.position[:2] + turned((inside + distance_m, 0), yaw)

        edge = placed(now.varied(POSES["slide"]), ahead(-0.06), yaw, now.stance.position[2] - 0.03)
        course = Course(now)
        course.blend(1.3, "sitting", edge, on=seat.id)
        down = now.posing.rested(placed(now.varied(POSES["sit_floor"]), ahead(0.2), yaw))
        fall = Blend(0.65, "falling", posing=now.posing, through=(course.stance, down), ease="gravity")
        fall.events.append((_touch_s(now, fall), "impact", "slide"))
        course.add(fall)
        course.blend(0.7, "sitting", now.posing.rested(placed(now.varied(POSES["sit_floor"], 8), ahead(0.2), yaw)))
        return course.clips


def turned(vector: tuple[float, float], yaw: float) -> np.ndarray:
    """A vector (forward, left) of a body that faces yaw, in the map."""
    x, y = vector
    return np.array([math.cos(yaw) * x - math.sin(yaw) * y, math.sin(yaw) * x + math.cos(yaw) * y])


def _touch_s(now: Situation, fall: Blend) -> float:
    """When hips or trunk first meet the floor."""
    for step in range(1, 101):
        if now.posing.lowest_m(fall.at(fall.duration_s * step / 100), TORSO) < TOUCH_M:
            return fall.duration_s * step / 100
    return fall.duration_s


def _fall_course(kind: FallKind, rng: np.random.Generator):
    """Postures passed, progress at start, at each and at the end, final posture, and how far the hips travel
    (forward, left) [m]."""
    if kind == "trip_forward":
        return ("stumble", "dive"), (0, 0.34, 0.7, 1), "lie_front", (float(rng.uniform(0.62, 0.8)), 0.0)
    if kind == "slip_backward":
        final = ("lie_back", "lie_back_bent")[rng.integers(2)]
        return ("skid", "drop_seat"), (0, 0.34, 0.72, 1), final, (-float(rng.uniform(0.2, 0.35)), 0.0)
    side = ("left", "right")[rng.integers(2)]
    sign = 1 if side == "left" else -1
    if kind == "sideways":
        return ((f"topple_{side}", f"topple_{side}_low"), (0, 0.36, 0.7, 1), f"lie_{side}",
                (0.05, sign * float(rng.uniform(0.45, 0.6))))
    if kind == "faint_collapse":
        final = ("lie_back_bent", "lie_left")[rng.integers(2)]
        return ("buckle", "slump"), (0, 0.4, 0.72, 1), final, (0.0, 0.2)
    raise ValueError(f"unknown kind of fall {kind!r}; use one of {', '.join(FALL_KINDS)}")


def _clear_course(now: Situation, start: Stance, last: Pose, names: Sequence[str],
                  drift: tuple[float, float]) -> tuple[float, np.ndarray]:
    """Heading [rad] and travel of the hips [m] for which the body ends clear of everything.

    Turned as little as can be, and stumbling up to half a metre toward free floor where that is not enough.
    """
    side = 1 if now.rng.random() < 0.5 else -1
    heading, here = heading_of(start), start.position[:2]
    away = now.ways.roomier(here)
    best = (math.inf, heading, turned(drift, heading))
    for offset in (0, 20, -20, 40, -40, 65, -65, 90, -90, 120, -120, 150, -150, 180):
        yaw = heading + side * math.radians(offset)
        bodies = [(share, now.posing.body.surface(placed(pose, (0, 0), yaw))[0][::3, :2])
                  for share, pose in ((0.7, POSES[names[-1]]), (1.0, last))]
        for reach in (1.0, 0.6, 0.25):
            for shift in (0.0, 0.25, 0.5):
                travel = turned(drift, yaw) * reach + away * shift
                blocked = sum(share * float((~now.ways.is_free(points + here + travel * share, 0.02)).mean())
                              for share, points in bodies)
                cost = blocked * 100 + abs(offset) * 0.004 + (1 - reach) * 0.2 + shift
                if cost < best[0]:
                    best = (cost, yaw, travel)
        if best[0] < 0.8 and abs(offset) >= 20:
            break
    return best[1], best[2]
