"""Things that can be put into a running world and taken out again: a chair, a walking frame, a box, a stool, a bag.

MuJoCo compiles its world once, so every thing is there from the beginning, parked: not drawn, not touched, not seen by
the lidar. They stand still where they are put; the robot bumps into them and does not push them.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from sim.house import SOLID

PARKED = 3  # geom group that neither camera nor lidar looks at
EACH = 3  # of every kind
_UP = (1.0, 0.0, 0.0, 0.0)

Box = tuple[tuple[float, float, float], tuple[float, float, float], str]  # middle, half sizes [m], material


@dataclass(frozen=True)
class Kind:
    """What a thing is made of, standing on its origin and facing +x."""
    name: str
    description: str
    boxes: tuple[Box, ...]

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner (3,) [m] in the thing's own frame."""
        middles, halves = (np.array([box[index] for box in self.boxes]) for index in (0, 1))
        return (middles - halves).min(axis=0), (middles + halves).max(axis=0)


def _legs(x: float, y: float, height: float, half: float, material: str) -> tuple[Box, ...]:
    return tuple(((i * x, j * y, height / 2), (half, half, height / 2), material) for i in (-1, 1) for j in (-1, 1))


KINDS = {kind.name: kind for kind in (
    Kind("chair", "a wooden chair, 45 cm wide, with a back", (
        ((0, 0, 0.43), (0.22, 0.22, 0.02), "wood"), ((-0.2, 0, 0.7), (0.02, 0.22, 0.2), "wood"),
        *_legs(0.19, 0.19, 0.41, 0.022, "wood"))),
    Kind("stool", "a stool, 35 cm wide", (
        ((0, 0, 0.43), (0.175, 0.175, 0.02), "pale_wood"), *_legs(0.14, 0.14, 0.41, 0.02, "pale_wood"))),
    Kind("walking_frame", "a walking frame of metal tube, open toward -x", (
        *_legs(0.24, 0.27, 0.82, 0.014, "metal"), ((0.24, 0, 0.8), (0.014, 0.27, 0.014), "metal"),
        ((0.24, 0, 0.4), (0.012, 0.27, 0.012), "metal"), ((0, 0.27, 0.83), (0.25, 0.016, 0.016), "dark"),
        ((0, -0.27, 0.83), (0.25, 0.016, 0.016), "dark"))),
    Kind("box", "a moving box, 50 x 40 x 40 cm", (((0, 0, 0.2), (0.25, 0.2, 0.2), "pale_wood"),)),
    Kind("bag", "a bag on the floor, 35 x 20 x 25 cm", (((0, 0, 0.125), (0.175, 0.1, 0.125), "blanket"),)))}


@dataclass
class Thing:
    """One thing of the pool. `at`: position (3,) and quaternion (w, x, y, z) in map, None while parked."""
    kind: Kind
    mocap: int
    body: int
    geoms: np.ndarray
    at: tuple[np.ndarray, np.ndarray] | None = field(default=None)


def add_things(spec: mujoco.MjSpec) -> None:
    """Add the pool, parked below the floor; call before compiling, after the house's materials."""
    for kind in KINDS.values():
        for number in range(EACH):
            body = spec.worldbody.add_body(name=f"thing/{kind.name}/{number}", mocap=True, pos=[0, 0, -5])
            for middle, half, material in kind.boxes:
                body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, pos=middle, size=half, material=material, group=PARKED,
                              contype=1, conaffinity=0)


class Things:
    """The pool of a compiled world."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data
        self._pool = []
        for kind in KINDS.values():
            for number in range(EACH):
                body = model.body(f"thing/{kind.name}/{number}").id
                geoms = np.flatnonzero(model.geom_bodyid == body)
                self._pool.append(Thing(kind, int(model.body_mocapid[body]), body, geoms))
        for thing in self._pool:
            self.park(thing)

    def take(self, kind: str) -> Thing | None:
        """A parked thing of the kind, or None when all of them are in the world."""
        return next((thing for thing in self._pool if thing.kind.name == kind and thing.at is None), None)

    def put(self, thing: Thing, position: np.ndarray, rotation: np.ndarray) -> None:
        """Let the thing be at a position (3,) [m] with a rotation (w, x, y, z) in map, at once."""
        self._place(thing, position, rotation, SOLID, 1)
        thing.at = np.array(position, dtype=float), np.array(rotation, dtype=float)

    def park(self, thing: Thing) -> None:
        """Take the thing out of the world."""
        self._place(thing, (0, 0, -5), _UP, PARKED, 0)
        thing.at = None

    def _place(self, thing: Thing, position, rotation, group: int, contype: int) -> None:
        self._data.mocap_pos[thing.mocap], self._data.mocap_quat[thing.mocap] = position, rotation
        self._model.geom_group[thing.geoms], self._model.geom_contype[thing.geoms] = group, contype
        self._model.body_contype[thing.body] = contype  # the broad phase looks at bodies
