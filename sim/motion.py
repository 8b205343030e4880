"""What people do: motions that plan, from where a body is, a sequence of clips (see clips.py).

A motion's `plan` is given the person's `Situation` and returns clips; it is deterministic for a given random
generator. Nothing here knows MuJoCo or the clock.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from robot.site import Furniture, Site
from sim.body import Stance, bones_named
from sim.clips import STEP_M, Blend, Clip, Gait
from sim.poses import POSES, Pose, Posing, heading_of, placed
from sim.ways import Ways

TORSO = bones_named("root", "pelvis", "spine")
SEAT = bones_named("root", "pelvis", "upperleg")
CUSHION_M = 0.03  # a body presses this far into a mattress or a seat
MATTRESS_BONES = bones_named("root", "pelvis", "spine", "upperleg", "clavicle", "shoulder", "head")

FallKind = Literal["trip_forward", "slip_backward", "sideways", "faint_collapse"]
FALL_KINDS: tuple[FallKind, ...] = ("trip_forward", "slip_backward", "sideways", "faint_collapse")


@dataclass
class Situation:
    """What a motion is planned from."""

    site: Site
    ways: Ways
    posing: Posing
    stance: Stance
    rng: np.random.Generator
    on_furniture: str | None = None

    @property
    def xy(self) -> np.ndarray:
        return self.stance.position[:2]

    @property
    def heading(self) -> float:
        return heading_of(self.stance)

    def furniture(self, furniture_id: str) -> Furniture:
        """Raises ValueError if the site has no such furniture."""
        for item in self.site.furniture:
            if item.id == furniture_id:
                return item
        raise ValueError(f"the site has no furniture {furniture_id!r}")

    def varied(self, pose: Pose, degrees: float = 4.0) -> Pose:
        """The pose with every joint a little different, as no two people lie alike."""
        noise = self.rng.normal(scale=math.radians(degrees) / 2, size=(len(pose.joints), 3))
        noise[0] = 0
        joints = pose.joints.copy()
        joints[:, 1:] += noise * 0.7
        return Pose(joints / np.linalg.norm(joints, axis=1, keepdims=True), pose.tilt)


class Motion(Protocol):
    """Something a person can do."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        """The clips of this motion. Raises ValueError if it cannot be done from here."""


@dataclass(frozen=True)
class Hold:
    """Stays as one is (breathing) for a while."""

    duration_s: float = 1.0
    posture: str = "standing"

    def plan(self, now: Situation) -> Sequence[Clip]:
        return [Blend(self.duration_s, self.posture, now.on_furniture, posing=now.posing,
                      through=(now.stance, now.stance))]


@dataclass(frozen=True)
class Stand:
    """Stands upright where one is, from any posture on one's feet."""

    duration_s: float = 1.0

    def plan(self, now: Situation) -> Sequence[Clip]:
        feet = now.posing.feet(now.stance)
        upright = now.posing.standing(feet[:, :2].mean(axis=0), now.heading)
        return [Blend(self.duration_s, "standing", posing=now.posing, through=(now.stance, upright))]


@dataclass(frozen=True)
class Fall:
    """Falls to the floor and lies there; `kind` None is chosen by seed.

    The descent takes 0.6-1.1 s, slow at first as in free fall; its direction is turned as little as needed to end
    clear of furniture and walls. The event "impact" is when hips or trunk meet the floor.
    """

    kind: FallKind | None = None
    duration_s: float | None = None

    def plan(self, now: Situation) -> Sequence[Clip]:
        kind = self.kind or FALL_KINDS[now.rng.integers(len(FALL_KINDS))]
        names, marks, ends, drift = _fall_course(kind, now.rng)
        last = now.varied(POSES[ends], 8)
        yaw, reach = _clear_direction(now, last, names, drift)
        turn = math.remainder(yaw - now.heading, math.tau)
        clips: list[Clip] = []
        start = now.stance
        if abs(turn) > math.radians(50):
            clips.append(_turn(now, start, yaw))
            start = clips[-1].at(clips[-1].duration_s)
        origin = start.position[:2].copy()
        heading = heading_of(start)
        through = [start]
        for number, name in enumerate((*names, None), 1):
            share = marks[number]
            facing = heading + math.remainder(yaw - heading, math.tau) * min(1.0, share * 1.6)
            pose = last if name is None else now.varied(POSES[name], 5)
            through.append(now.posing.rested(placed(pose, origin + _turned(drift, yaw) * reach * share ** 0.8, facing)))
        duration = self.duration_s or float(now.rng.uniform(0.7, 1.1))
        fall = Blend(duration, "falling", posing=now.posing, through=through, marks=marks, ease="gravity")
        impact = duration
        for step in range(1, 101):
            if now.posing.lowest_m(fall.at(duration * step / 100), TORSO) < 0.02:
                impact = duration * step / 100
                break
        fall.events.append((impact, "impact", kind))
        settled = now.posing.rested(placed(now.varied(last, 10), through[-1].position[:2], yaw))
        settle = Blend(float(now.rng.uniform(0.5, 0.9)), "lying", posing=now.posing, through=(through[-1], settled))
        return [*clips, fall, settle]


def _turned(vector, yaw: float) -> np.ndarray:
    x, y = vector
    return np.array([math.cos(yaw) * x - math.sin(yaw) * y, math.sin(yaw) * x + math.cos(yaw) * y])


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


def _clear_direction(now: Situation, last: Pose, names: Sequence[str], drift) -> tuple[float, float]:
    """Heading [rad] and share of the travel for which the body ends clear of everything, turned as little as can be."""
    side = 1 if now.rng.random() < 0.5 else -1
    best = (math.inf, now.heading, 1.0)
    for offset in (0, 20, -20, 40, -40, 65, -65, 90, -90, 120, -120, 150, -150, 180):
        yaw = now.heading + side * math.radians(offset)
        for reach in (1.0, 0.6, 0.25):
            blocked = 0.0
            for share, pose in ((0.7, POSES[names[-1]]), (1.0, last)):
                stance = placed(pose, now.xy + _turned(drift, yaw) * reach * share, yaw)
                points, _ = now.posing.body.surface(stance)
                blocked += float((~now.ways.is_free(points[:, :2], 0.02)).mean()) * share
            cost = blocked * 100 + abs(offset) * 0.002 + (1 - reach) * 0.2
            if cost < best[0]:
                best = (cost, yaw, reach)
        if best[0] < 1 and abs(offset) >= 20:
            break
    return best[1], best[2]


def _turn(now: Situation, stance: Stance, yaw: float) -> Gait:
    """Turns on the spot with small steps."""
    start = heading_of(stance)
    turn = math.remainder(yaw - start, math.tau)
    steps = max(2, math.ceil(abs(turn) / math.radians(38)))
    track = np.array([[*stance.position[:2], start + turn * share] for share in np.linspace(0, 1, 12)])
    return Gait(steps * 0.55, "standing", posing=now.posing, track=track, steps=steps, start=stance,
                footprints=now.posing.feet(stance), first=0 if turn > 0 else 1)
