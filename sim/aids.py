"""What people have about them: a blanket in bed, a walking frame they push along, a wheelchair they sit in."""
from __future__ import annotations

import math
from abc import ABC, abstractmethod

import mujoco
import numpy as np
from scipy.ndimage import gaussian_filter, grey_dilation

from robot.site import Furniture
from sim.person import Person
from sim.poses import FRAME_AHEAD_M, WHEELCHAIR_SEAT_M

CELL_M = 0.05  # of a blanket
OVERHANG_M = 0.22  # a blanket hangs so far over the sides of the mattress
CLOTH_M = 0.02
SPEED_MPS = 1.2  # no aid moves faster by itself: who comes back to hers fetches it
_ROUND, _BOX = mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_BOX


class Blanket:
    """Covers a person who lies in bed up to the chest, in the folds of her body; thrown back to the foot otherwise."""

    def __init__(self, person: Person, bed: Furniture) -> None:
        self._person, self._bed = person, bed
        length, width, _ = bed.size
        self._x = np.arange(-length / 2 + 0.42, length / 2 + 0.06, CELL_M)
        self._y = np.arange(-width / 2 - OVERHANG_M, width / 2 + OVERHANG_M + CELL_M / 2, CELL_M)
        self._shown: object = None

    def add_to(self, spec: mujoco.MjSpec) -> None:
        rows, columns = len(self._x), len(self._y)
        corner = np.arange(rows * columns).reshape(rows, columns)
        a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]))
        skin = spec.add_skin(name=f"blanket/{self._person.id}", material="blanket")
        skin.vert = self._thrown_back().ravel().tolist()
        skin.texcoord = (np.stack(np.meshgrid(self._x, self._y, indexing="ij"), axis=-1) / 0.8).ravel().tolist()
        skin.face = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).ravel().tolist()
        skin.bodyname, skin.bindpos, skin.bindquat = [f"furniture/{self._bed.id}"], [0.0] * 3, [1.0, 0, 0, 0]
        everything = list(range(rows * columns))
        skin.vertid, skin.vertweight = [everything], [[1.0] * len(everything)]

    def follow(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Lie as the person lies now."""
        stance = self._person.resting_stance if self._person.posture == "lying" and \
            self._person.on_furniture == self._bed.id else None
        if stance is self._shown and self._shown is not None:
            return
        self._shown = stance
        skin = model.skin(f"blanket/{self._person.id}")
        vertices = self._thrown_back() if stance is None else self._draped(stance)
        model.skin_vert[skin.vertadr[0]:skin.vertadr[0] + skin.vertnum[0]] = vertices.reshape(-1, 3)
        model.geom_group[model.geom(f"blanket/{self._bed.id}").id] = 4  # the one pushed aside is this one

    def _draped(self, stance) -> np.ndarray:
        points, _ = self._person.body.surface(stance)
        yaw = math.radians(self._bed.pose[2])
        dx, dy = (points[:, :2] - self._bed.pose[:2]).T
        place = np.stack([math.cos(yaw) * dx + math.sin(yaw) * dy - self._x[0],
                          math.cos(yaw) * dy - math.sin(yaw) * dx - self._y[0]])
        row, column = np.rint(place / CELL_M).astype(int)
        on = (row >= 0) & (row < len(self._x)) & (column >= 0) & (column < len(self._y))
        top = self._bed.size[2] + 0.01
        height = np.full((len(self._x), len(self._y)), top)
        np.maximum.at(height, (row[on], column[on]), points[on, 2] + CLOTH_M)
        height = np.maximum(gaussian_filter(grey_dilation(height, (5, 5)), 1.3), grey_dilation(height, (3, 3)))
        return self._grid(self._x, height)

    def _thrown_back(self) -> np.ndarray:
        folded = np.linspace(self._bed.size[0] / 2 - 0.45, self._bed.size[0] / 2 + 0.03, len(self._x))
        waves = 0.06 + 0.025 * np.sin(np.arange(len(self._x)) * 0.9)
        return self._grid(folded, np.full((len(self._x), len(self._y)), self._bed.size[2]) + waves[:, None])

    def _grid(self, x: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Vertices (rows, columns, 3) in the bed's frame; what is over the edge hangs down beside the mattress."""
        half = self._bed.size[1] / 2
        over = np.maximum(np.abs(self._y) - half, 0.0)
        y = np.clip(self._y, -half, half) + np.sign(self._y) * np.minimum(over, 0.02)
        grid = np.empty((*height.shape, 3))
        grid[..., 0], grid[..., 1], grid[..., 2] = x[:, None], y, height - over
        return grid


class _Rolling(ABC):
    """Something on wheels that stays with a person while she is upright or rolls in it, and is left where she falls."""

    ahead_m = 0.0

    def __init__(self, person: Person) -> None:
        self._person, self.name = person, f"aid/{person.id}"
        self._at_s: float | None = None
        self.pose = np.zeros(3)  # x, y [m], yaw [rad] in map

    def add_to(self, spec: mujoco.MjSpec) -> None:
        self._build(spec.worldbody.add_body(name=self.name, mocap=True))

    @abstractmethod
    def _build(self, body) -> None:
        """Put its parts on the body."""

    def _bar(self, body, start, end, radius: float = 0.012, material: str = "metal") -> None:
        body.add_geom(type=_ROUND, fromto=[*start, *end], size=[radius, 0, 0], material=material, group=0, contype=2,
                      conaffinity=0)

    def _plate(self, body, place, half, material: str = "dark") -> None:
        body.add_geom(type=_BOX, pos=place, size=half, material=material, group=0, contype=2, conaffinity=0)

    def follow(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Be where the person has it now."""
        person, yaw = self._person, self._person.heading
        ahead, aside = self.ahead_m, 0.0
        if pushed := self.ahead_m > 0 and person.posture == "falling":
            yaw, ahead, aside = self.pose[2], 0.1, 0.5  # out of the way of who falls
        if person.with_aid or pushed or self._at_s is None:
            place = person.position[:2] + ahead * np.array([math.cos(yaw), math.sin(yaw)]) + aside * np.array(
                [-math.sin(yaw), math.cos(yaw)])
            to = place - self.pose[:2]
            reach = math.inf if self._at_s is None else SPEED_MPS * max(data.time - self._at_s, 0.0) + 1e-6
            share = min(1.0, reach / max(float(np.linalg.norm(to)), 1e-9))
            self.pose = np.array([*(self.pose[:2] + share * to), yaw if share == 1 else self.pose[2]])
        self._at_s = data.time
        row = model.body(self.name).mocapid[0]
        data.mocap_pos[row] = (*self.pose[:2], 0)
        data.mocap_quat[row] = (math.cos(self.pose[2] / 2), 0, 0, math.sin(self.pose[2] / 2))


class WalkingFrame(_Rolling):
    """A frame of tubes with two wheels: 0.56 m wide, 0.82 m high."""

    ahead_m = FRAME_AHEAD_M

    def _build(self, body) -> None:
        for side in (-0.28, 0.28):
            self._bar(body, (-0.18, side, 0.82), (0.10, side, 0.80))
            self._bar(body, (-0.18, side, 0.82), (-0.24, side, 0.02))
            self._bar(body, (0.10, side, 0.80), (0.18, side, 0.05))
            self._bar(body, (-0.20, side, 0.40), (0.14, side, 0.40))
            self._bar(body, (-0.18, side, 0.83), (-0.06, side, 0.825), 0.02, "dark")
            self._bar(body, (0.18, side - 0.015, 0.05), (0.18, side + 0.015, 0.05), 0.05, "dark")
        for height, x in ((0.80, 0.10), (0.45, 0.135)):
            self._bar(body, (x, -0.28, height), (x, 0.28, height))


class Wheelchair(_Rolling):
    """A chair with two big wheels, arm and foot rests."""

    def _build(self, body) -> None:
        seat = WHEELCHAIR_SEAT_M
        self._plate(body, (0.06, 0, seat - 0.03), (0.24, 0.21, 0.03))
        self._plate(body, (-0.20, 0, seat + 0.24), (0.02, 0.21, 0.22))
        for side in (-1, 1):
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, pos=[-0.1, side * 0.28, 0.30], size=[0.30, 0.015, 0],
                          quat=[math.sqrt(0.5), math.sqrt(0.5), 0, 0], material="metal", group=0, contype=2,
                          conaffinity=0)
            self._bar(body, (-0.18, side * 0.25, seat + 0.22), (0.14, side * 0.25, seat + 0.22), 0.022, "dark")
            self._bar(body, (0.14, side * 0.25, seat + 0.22), (0.22, side * 0.24, seat - 0.04))
            self._bar(body, (-0.20, side * 0.22, seat - 0.02), (-0.20, side * 0.22, seat + 0.52))
            self._bar(body, (-0.20, side * 0.22, seat + 0.52), (-0.32, side * 0.22, seat + 0.53), 0.016, "dark")
            self._bar(body, (0.26, side * 0.15, seat - 0.03), (0.46, side * 0.13, 0.12))
            self._plate(body, (0.50, side * 0.12, 0.10), (0.09, 0.08, 0.01))
            self._bar(body, (0.30, side * 0.20, 0.07), (0.30, side * 0.21, 0.07), 0.07, "dark")
