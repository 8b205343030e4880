"""Pieces of movement: stances over time, blended between postures or walked step by step."""
from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sim.body import BONE, Stance, quaternion
from sim.poses import Posing, arm, interpolate, placed

STEP_M = 0.40  # an old person's step at an easy pace; 0.5-0.8 m/s
Ease = Literal["linear", "smooth", "gravity"]


@dataclass
class Clip(ABC):
    """A piece of movement; posture and furniture are what is true of it, events what happens at a time within."""

    duration_s: float
    posture: str
    on_furniture: str | None = None
    events: list[tuple[float, str, str]] = field(default_factory=list)

    @abstractmethod
    def at(self, time_s: float) -> Stance:
        """How the body is held, so many seconds after the clip began."""


def _eased(share: float, ease: Ease) -> float:
    if ease == "smooth":
        return share * share * (3 - 2 * share)
    return share ** 1.8 if ease == "gravity" else share  # 1.8: between sliding and free fall


@dataclass
class Blend(Clip):
    """Passes through stances in turn; planted feet stay where they are, nothing sinks below the floor."""

    posing: Posing | None = None
    through: Sequence[Stance] = ()
    marks: Sequence[float] | None = None  # progress at which each stance is reached; even if None
    ease: Ease = "smooth"
    feet: np.ndarray | None = None  # (2, 3) footprints

    def at(self, time_s: float) -> Stance:
        share = _eased(float(np.clip(time_s / self.duration_s, 0, 1)), self.ease)
        marks = np.linspace(0, 1, len(self.through)) if self.marks is None else np.asarray(self.marks)
        index = int(np.clip(np.searchsorted(marks, share, "right") - 1, 0, len(marks) - 2))
        local = (share - marks[index]) / (marks[index + 1] - marks[index])
        stance = interpolate(self.through[index], self.through[index + 1], local)
        if self.feet is not None:
            return self.posing.on_feet(stance, self.feet)
        return self.posing.above_floor(stance)


@dataclass
class Recorded(Clip):
    """Plays stances recorded at even intervals, from `begin_s` of the recording on."""

    posing: Posing | None = None
    stances: Sequence[Stance] = ()
    every_s: float = 0.02
    begin_s: float = 0.0

    def at(self, time_s: float) -> Stance:
        row = (self.begin_s + float(np.clip(time_s, 0, self.duration_s))) / self.every_s
        low = min(int(row), len(self.stances) - 2)
        return self.posing.above_floor(interpolate(self.stances[low], self.stances[low + 1], min(row - low, 1.0)))


@dataclass
class Gait(Clip):
    """Steps along a way; each foot stays on its footprint until it is lifted."""

    posing: Posing | None = None
    track: np.ndarray | None = None  # (n, 3) x, y, unwrapped yaw of the root at even progress
    steps: int = 2
    start: Stance | None = None
    footprints: np.ndarray | None = None  # (2, 3) at the start
    first: int = 0  # the foot that goes first

    def __post_init__(self) -> None:
        plants = [[self.footprints[0]], [self.footprints[1]]]
        for step in range(1, self.steps + 1):
            foot = (self.first + step - 1) % 2
            x, y, yaw = self._root(min(step + 0.5, self.steps))
            plants[foot].append(self.posing.footprints((x, y), yaw)[foot])
        self._plants = plants

    def _root(self, phase: float) -> np.ndarray:
        """Place of the root when `phase` steps are done, starting and stopping gently."""
        ramp, total = 0.8, self.steps
        speed = total / max(total - ramp, 0.5 * total)
        if 2 * ramp >= total:
            share = _eased(phase / total, "smooth")
        elif phase < ramp:
            share = speed * phase * phase / (2 * ramp) / total
        elif phase > total - ramp:
            share = 1 - speed * (total - phase) ** 2 / (2 * ramp) / total
        else:
            share = speed * (phase - ramp / 2) / total
        row = float(np.clip(share, 0, 1)) * (len(self.track) - 1)
        low = min(int(row), len(self.track) - 2)
        return self.track[low] + (row - low) * (self.track[low + 1] - self.track[low])

    def at(self, time_s: float) -> Stance:
        phase = float(np.clip(time_s / self.duration_s, 0, 1)) * self.steps
        x, y, yaw = self._root(phase)
        if self.posing.manner.wheelchair:
            return self.posing.standing((x, y), yaw)
        prints, lift, toe, swing = np.zeros((2, 3)), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
        for foot in range(2):
            done = sum(1 for step in range(1, self.steps + 1)
                       if (self.first + step - 1) % 2 == foot and phase >= step - 0.1)
            here = self._plants[foot][done]
            step = 2 * done + 1 + (foot != self.first)
            share = float(np.clip((phase - (step - 0.9)) / 0.8, 0, 1)) if step <= self.steps else 0.0
            ahead = self._plants[foot][done + 1] if share > 0 else here
            prints[foot] = here + _eased(share, "smooth") * (ahead - here)
            reach = min(1.0, math.dist(here[:2], ahead[:2]) / STEP_M + 0.35)
            lift[foot] = 0.055 * math.sin(math.pi * share) * reach
            toe[foot] = 0.5 * math.sin(math.pi * min(1.0, share * 1.6)) * reach if 0 < share < 0.625 else 0.0
            swing[foot] = math.cos(yaw) * (prints[foot][0] - x) + math.sin(yaw) * (prints[foot][1] - y)
        spread = float(np.linalg.norm(prints[0, :2] - prints[1, :2]))
        dip = 0.045 * min(1.0, max(0.0, spread - 2 * self.posing.foot_gap_m) / STEP_M) + 0.012
        stance = placed(self.posing.upright, (x, y), yaw, self.posing.root_m - dip)
        # an arm swings with the other leg, unless it holds on to something
        for side, other in () if self.posing.manner.frame else (("L", 1), ("R", 0)):
            for bone, matrix in arm(side, 4 + 55 * float(np.clip(swing[other], -0.3, 0.3)), 0, 16).items():
                stance.joints[BONE[bone]] = quaternion(matrix)
        settle = min(1.0, phase / 0.7)
        if settle < 1:
            mixed = interpolate(self.start, stance, _eased(settle, "smooth"))
            stance = Stance(np.array([x, y, mixed.position[2]]), mixed.rotation, mixed.joints)
        return self.posing.on_feet(stance, prints, lift, toe)
