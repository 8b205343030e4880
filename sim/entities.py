"""What stands and walks in a simulated home, by name: the robot, residents, furniture, and things put in on the way.

Pure: the services of control.py carry it to ROS. Poses are position (3,) [m] and rotation (3, 3) in map. What cannot be
done raises `Refused`, with the reason as a code of this module and a message that says what to do.
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

import mujoco
import numpy as np

from sim.simulation import Simulation
from sim.things import EACH, KINDS, Thing

URI = "spawnable://anban/"
_NAME = re.compile(r"[A-Za-z][\w-]*(/[A-Za-z][\w-]*)*")


class Why(Enum):
    """Why something was refused; the values are names of result codes of simulation_interfaces."""
    NOT_FOUND = "RESULT_NOT_FOUND"
    IMPOSSIBLE = "RESULT_OPERATION_FAILED"
    UNSUPPORTED = "RESULT_FEATURE_UNSUPPORTED"
    WRONG_STATE = "RESULT_INCORRECT_STATE"
    INVALID_POSE = "INVALID_POSE"
    NAME_TAKEN = "NAME_NOT_UNIQUE"
    NAME_INVALID = "NAME_INVALID"
    NAMESPACE_INVALID = "NAMESPACE_INVALID"
    NO_RESOURCE = "NO_RESOURCE"
    UNKNOWN_FORMAT = "UNSUPPORTED_FORMAT"
    PARSE_ERROR = "RESOURCE_PARSE_ERROR"
    NO_WORLD = "NO_WORLD_LOADED"
    SAME_STATE = "ALREADY_IN_TARGET_STATE"


class Refused(ValueError):
    """The request cannot be met."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Pose:
    """Where an entity is: position (3,) [m], rotation (3, 3)."""
    position: np.ndarray
    rotation: np.ndarray

    @classmethod
    def standing(cls, x: float, y: float, yaw: float, z: float = 0.0) -> Pose:
        c, s = math.cos(yaw), math.sin(yaw)
        return cls(np.array([x, y, z], dtype=float), np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]))

    @classmethod
    def of(cls, position: np.ndarray, quaternion: np.ndarray) -> Pose:
        """From a position (3,) and a quaternion (w, x, y, z)."""
        rotation = np.empty(9)
        mujoco.mju_quat2Mat(rotation, quaternion)
        return cls(np.array(position, dtype=float), rotation.reshape(3, 3))

    @property
    def quaternion(self) -> np.ndarray:
        """The rotation as (w, x, y, z)."""
        quaternion = np.empty(4)
        mujoco.mju_mat2Quat(quaternion, self.rotation.ravel())
        return quaternion

    @property
    def yaw(self) -> float:
        """Where it faces [rad]."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])


@dataclass(frozen=True)
class Entity:
    """One of them. category: "robot", "human", "furniture" or "thing"."""
    name: str
    category: str
    description: str
    tags: tuple[str, ...]
    bodies: tuple[int, ...]  # of the MuJoCo model


class Entities:
    """All entities of one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation, self._world, self._site = simulation, simulation.world, simulation.site
        self._spawned: dict[str, Thing] = {}
        model = self._world.model
        names = [model.body(index).name for index in range(model.nbody)]

        def bodies(start: str) -> tuple[int, ...]:
            return tuple(i for i, name in enumerate(names) if name == start or name.startswith(f"{start}/"))

        robot = self._site.robot
        self._fixed = {robot.id: Entity(robot.id, "robot", "the robot", ("robot",), bodies("robot"))}
        known = {r.id: (r.name.get("en", r.id), ("resident", r.body)) for r in self._site.residents} | {
            c.id: (c.name, ("caregiver",)) for c in self._site.caregivers}
        for who in self._world.people:
            self._fixed[who] = Entity(who, "human", *known[who], bodies(who))
        for piece in self._site.furniture:
            if piece.id not in self._fixed:
                self._fixed[piece.id] = Entity(piece.id, "furniture", f"{piece.kind} in {piece.room}",
                                               (piece.kind, piece.room), bodies(f"furniture/{piece.id}"))

    # asking ----------------------------------------------------------------------------------------------------------

    def all(self) -> list[Entity]:
        """Everything there is now."""
        return [*self._fixed.values(), *(self._entity(name) for name in self._spawned)]

    def get(self, name: str) -> Entity:
        """The entity of that name. Raises Refused."""
        if name in self._fixed:
            return self._fixed[name]
        if name in self._spawned:
            return self._entity(name)
        raise Refused(Why.NOT_FOUND, f"no entity {name!r}; ask get_entities")

    def pose(self, name: str) -> Pose:
        """Where it truly is; a person at the hips."""
        entity = self.get(name)
        if entity.category == "robot":
            return Pose.standing(*self._world.robot_pose)
        if entity.category == "human":
            person = self._world.people[name]
            return Pose.standing(*person.position[:2], person.heading, person.position[2])
        if entity.category == "furniture":
            x, y, degrees = next(piece.pose for piece in self._site.furniture if piece.id == name)
            return Pose.standing(x, y, math.radians(degrees))
        return Pose.of(*self._spawned[name].at)

    def twist(self, name: str) -> tuple[float, float]:
        """Forward [m/s] and turning [rad/s]; only the robot's is known."""
        return self._world.robot_twist if self.get(name).category == "robot" else (0.0, 0.0)

    def bounds(self, name: str, in_map: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner (3,) [m] of all that is solid, along the entity's own axes or the map's."""
        pose, model, data = self.pose(name), self._world.model, self._world.data
        origin, axes = (np.zeros(3), np.eye(3)) if in_map else (pose.position, pose.rotation)
        mujoco.mj_kinematics(model, data)
        geoms = np.flatnonzero(np.isin(model.geom_bodyid, self.get(name).bodies))
        turned = axes.T @ data.geom_xmat[geoms].reshape(-1, 3, 3)
        middles = (data.geom_xpos[geoms] - origin) @ axes + np.einsum("nij,nj->ni", turned, model.geom_aabb[geoms, :3])
        halves = np.einsum("nij,nj->ni", np.abs(turned), model.geom_aabb[geoms, 3:])
        return (middles - halves).min(axis=0), (middles + halves).max(axis=0)

    # changing --------------------------------------------------------------------------------------------------------

    def put(self, name: str, pose: Pose) -> None:
        """Let it be there at once. Raises Refused."""
        entity = self.get(name)
        if entity.category == "furniture":
            raise Refused(Why.IMPOSSIBLE, f"{name!r} stands where the site file says, and the robot's map too: change "
                          "the file, or spawn something that can be moved (get_spawnables)")
        x, y, _ = pose.position
        self._check_inside(x, y)
        if entity.category == "thing":
            self._place(self._spawned[name], pose)
            return
        if entity.category == "human":
            self._world.people[name].place_at(x, y, pose.yaw)
            return
        radius = self._site.robot.radius_m
        if taken := next((other.name for other in self.all() if other.category in ("furniture", "thing")
                          and self._covers(other.name, x, y, radius)), None):
            raise Refused(Why.INVALID_POSE, f"{taken!r} stands there: the robot needs {radius:g} m around its middle")
        self._world.base.put(x, y, pose.yaw)

    def spawn(self, name: str, uri: str, pose: Pose, allow_renaming: bool = False) -> str:
        """Put a new thing into the world; its name. Raises Refused."""
        kind = uri.removeprefix(URI)
        if not uri:
            raise Refused(Why.NO_RESOURCE, "uri is empty: use one of get_spawnables")
        if kind not in KINDS or not uri.startswith(URI):
            raise Refused(Why.UNKNOWN_FORMAT, f"cannot make {uri!r}; there are {', '.join(map(spawnable, KINDS))}")
        taken = {entity.name for entity in self.all()}
        if not name and not allow_renaming:
            raise Refused(Why.NAME_INVALID, "give a name, or allow renaming")
        if name and not _NAME.fullmatch(name):
            raise Refused(Why.NAME_INVALID, f"{name!r}: use letters, digits, _ and -, a letter first")
        if name in taken and not allow_renaming:
            raise Refused(Why.NAME_TAKEN, f"there is already an entity {name!r}; use another name or allow renaming")
        if not name or name in taken:
            name = next(new for n in range(1, len(taken) + 2) if (new := f"{name or kind}_{n}") not in taken)
        self._check_inside(*pose.position[:2])
        thing = self._world.things.take(kind)
        if thing is None:
            raise Refused(Why.IMPOSSIBLE, f"all {EACH} of {kind!r} are in the world: delete one, or take another kind")
        self._place(thing, pose)
        self._spawned[name] = thing
        return name

    def delete(self, name: str) -> None:
        """Take a spawned thing out of the world. Raises Refused."""
        if self.get(name).category != "thing":
            raise Refused(Why.IMPOSSIBLE, f"{name!r} belongs to the site or the story: only what was spawned can go")
        self._world.things.park(self._spawned.pop(name))

    def spawned(self) -> list[tuple[str, str, Pose]]:
        """Name, uri and place of everything spawned, for `spawn`."""
        return [(name, spawnable(thing.kind.name), self.pose(name)) for name, thing in self._spawned.items()]

    def _entity(self, name: str) -> Entity:
        thing = self._spawned[name]
        return Entity(name, "thing", thing.kind.description, ("spawned", thing.kind.name), (thing.body,))

    def _place(self, thing: Thing, pose: Pose) -> None:
        x, y, _ = self._world.robot_pose
        low, high = thing.kind.bounds
        reach = pose.rotation.T @ (np.array([x, y, pose.position[2]]) - pose.position)
        if math.hypot(*(reach - np.clip(reach, low, high))[:2]) < self._site.robot.radius_m:
            raise Refused(Why.INVALID_POSE, "the robot stands there: choose another place, or move the robot first")
        self._world.things.put(thing, pose.position, pose.quaternion)

    def _covers(self, name: str, x: float, y: float, margin_m: float) -> bool:
        pose, (low, high) = self.pose(name), self.bounds(name)
        at = pose.rotation.T @ (np.array([x, y, pose.position[2]]) - pose.position)
        return math.hypot(*(at - np.clip(at, low, high))[:2]) < margin_m

    def _check_inside(self, x: float, y: float) -> None:
        if self._site.room_at(x, y) is None:
            raise Refused(Why.INVALID_POSE, f"({x:g}, {y:g}) lies in no room of {self._site.site.id}")


def spawnable(kind: str) -> str:
    """The address of a kind of thing."""
    return URI + kind
