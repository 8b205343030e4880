"""Falls that something breaks or slows: knees, hands, a wall, the seat one was on or meant to sit on."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.clips import Clip
from sim.course import Course, Situation
from sim.falls import let_go
from sim.motion import turned_lying
from sim.poses import POSES, heading_of, placed
from sim.ragdoll import Aim, Push, drop

DOWN_M = 0.35  # of hips: of who lies on the floor they are lower, on seats at 0.5 m


@dataclass(frozen=True)
class FallOffSeat:
    """Sitting on a seat or a bed's edge, falls off it to a side or over the front, alert or fainting.

    Raises ValueError where the body gets down on neither side nor ahead.
    """

    furniture: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        seat, rng, yaw = now.furniture(self.furniture), now.rng, heading_of(now.stance)
        tone, speed = float(rng.uniform(0.6, 1.2)), float(rng.uniform(1.3, 2.2))
        for way in rng.permutation(("left", "right", "ahead")):
            if way == "ahead":
                push = Push(forward=speed, about_m=seat.size[2] - 0.3)
                muscles = (("stumble", 0.0, 0.6), ("dive", 0.35, 0.6), ("lie_front", 0.8, 0.4))
            else:
                push = Push(left=speed if way == "left" else -speed, forward=speed)
                muscles = (("slump", 0.0, 0.3), (f"lie_{way}", 0.6, 0.3))
            fall = drop(now.posing.body, now.site, now.stance, yaw, push, _aims(now, muscles, tone))
            if fall.stances[-1].position[2] < DOWN_M:
                course = Course(now)
                let_go(course, "off_seat", fall)
                return course.clips
        raise ValueError(f"nobody gets down to the floor from {seat.id}")


@dataclass(frozen=True)
class FallOnKnees:
    """The knees give way; the body falls on them, and from there over the hands, or to a side."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        rng, course = now.rng, _on_feet(now)
        side, sign = _side(rng)
        last = ("lie_front", f"lie_{side}")[rng.integers(2)]
        knelt_s = float(rng.uniform(0.5, 0.9))
        push = Push(forward=float(rng.uniform(0.5, 1.2)), left=0.3 * sign * float(rng.random()))
        muscles = (("buckle", 0.0, 0.4), ("kneel", 0.35, 0.5),
                   ("dive" if last == "lie_front" else "slump", knelt_s, 0.5), (last, knelt_s + 0.4, 0.3))
        return _fall(course, "knees", course.heading, push, muscles, float(rng.uniform(0.4, 1.0)))


@dataclass(frozen=True)
class FallOnHands:
    """Falls forward, catches the fall with the hands, and ends on the front."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        rng, course = now.rng, _on_feet(now)
        push = Push(forward=float(rng.uniform(1.1, 1.9)))
        muscles = (("stumble", 0.0, 0.8), ("hands_and_knees", 0.25, float(rng.uniform(0.8, 1.6))),
                   ("lie_front", float(rng.uniform(0.9, 1.6)), 0.4))
        return _fall(course, "hands", course.heading, push, muscles, float(rng.uniform(0.7, 1.2)))


@dataclass(frozen=True)
class MissSeat:
    """Sits down where no seat is, and falls on the back."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        rng, course, posing = now.rng, _on_feet(now), now.posing
        xy, yaw, feet = course.stance.position[:2], course.heading, posing.feet(course.stance)
        behind = xy - 0.25 * np.array([math.cos(yaw), math.sin(yaw)])
        half = placed(now.varied(POSES["lean"]), behind, yaw, posing.root_m - float(rng.uniform(0.15, 0.3)))
        course.blend(float(rng.uniform(0.5, 1.0)), "falling", half, feet=feet)
        last = ("lie_back", "lie_back_bent", "sit_floor")[rng.integers(3)]
        push = Push(forward=-float(rng.uniform(0.3, 0.9)), about_m=0.3)
        muscles = (("drop_seat", 0.0, 0.7), (last, float(rng.uniform(0.5, 0.9)), 0.5))
        return _fall(course, "missed_seat", yaw, push, muscles, float(rng.uniform(0.6, 1.1)))


@dataclass(frozen=True)
class Sink:
    """Holds on to something, or leans on a wall, and sinks down in one go to lie or sit. Event "impact"."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        rng, posing, course = now.rng, now.posing, _on_feet(now)
        xy, yaw = course.stance.position[:2], course.heading
        side, _ = _side(rng)
        whole_s = float(rng.uniform(0.9, 2.4))
        low, last = ("slump", f"lie_{side}") if rng.random() < 0.6 else ("sit_floor", "lie_back_bent")
        for name, share in (("buckle", 0.4), (low, 0.35)):
            course.blend(whole_s * share, "falling", posing.rested(placed(now.varied(POSES[name], 8), xy, yaw)))
        course.clips[-1].events.append((course.clips[-1].duration_s, "impact", "sink"))
        if low == "slump" or rng.random() < 0.5:  # others stay sitting against the wall
            lying = posing.settled(placed(now.varied(POSES[last], 8), xy, yaw + turned_lying(last)))
            course.blend(whole_s * 0.25 + 0.2, "falling", lying)
        return course.clips


def _on_feet(now: Situation) -> Course:
    course = Course(now)
    if now.posture != "walking":
        course.rise()
    return course


def _side(rng: np.random.Generator) -> tuple[str, int]:
    return (("left", 1), ("right", -1))[rng.integers(2)]


def _fall(course: Course, kind: str, yaw: float, push: Push, muscles: Sequence[tuple[str, float, float]],
          tone: float) -> Sequence[Clip]:
    """Let the body go. muscles: postures that they pull toward, from when on [s], and how strongly."""
    now = course.now
    let_go(course, kind, drop(now.posing.body, now.site, course.stance, yaw, push, _aims(now, muscles, tone)))
    return course.clips


def _aims(now: Situation, muscles: Sequence[tuple[str, float, float]], tone: float) -> list[Aim]:
    return [Aim(from_s, now.varied(POSES[name], 8), tone * strength) for name, from_s, strength in muscles]
