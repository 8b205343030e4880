"""A body that falls by itself: limbs with joints and muscle tone in MuJoCo, on the floor and among the furniture.

Segment masses are those of Winter (2009), Biomechanics and Motor Control of Human Movement, table 4.1; the radius of a
segment is that of the mesh around its bone. Muscles are springs toward a posture; without tone the body is limp.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import mujoco
import numpy as np

from robot.site import Site
from sim.body import BONE, CLOTH_M, Body, Stance, bones_named, matrices, quaternion, rotation
from sim.house import HouseBuilder
from sim.poses import WHEELCHAIR_SEAT_M, Pose

STEP_S, RECORD_S = 0.004, 0.04
BODY_KG = 58.0  # of an old person; tone and times of fall are for this mass
STILL_MPS = 0.05  # slower than this in every joint is lying still
SHOE_FRICTION, CLOTH_FRICTION = 0.9, 0.6


class _Segment(NamedTuple):
    """A stiff part of the body: turns about `bone`, has `share` of the mass; muscles `pull` it [Nm/rad]."""

    parent: str | None
    bone: str  # pivot
    frame: str  # the bone whose rotation is the segment's
    tip: str  # bone at the other end
    share: float
    pull: float
    hinge: tuple[float, float, float] | None = None  # axis of a knee or an elbow, left side


_SEGMENTS: dict[str, _Segment] = {
    "pelvis": _Segment(None, "root", "root", "spine04", 0.260, 0),
    "chest": _Segment("pelvis", "spine04", "spine01", "spine01", 0.236, 150),
    "head": _Segment("chest", "neck01", "head", "head", 0.081, 14),
    **{f"{name}.{side}": _Segment(parent if parent in ("pelvis", "chest") else f"{parent}.{side}", f"{bone}.{side}",
                                  f"{bone}.{side}", f"{tip}.{side}", share, pull, hinge)
       for side in "LR" for name, parent, bone, tip, share, pull, hinge in (
           ("upperarm", "chest", "upperarm01", "lowerarm01", 0.028, 16, None),
           ("forearm", "upperarm", "lowerarm01", "wrist", 0.022, 8, (-0.76, 0, -0.65)),
           ("thigh", "pelvis", "upperleg01", "lowerleg01", 0.100, 70, None),
           ("shank", "thigh", "lowerleg01", "foot", 0.0465, 45, (1, 0, 0)),
           ("foot", "shank", "foot", "foot", 0.0145, 12, None))},
}
_VERTEBRAE = [f"spine0{number}" for number in range(5, 0, -1)]
_LIMITS_RAD = {"shank": (0.0, 2.5), "forearm": (-0.1, 2.5)}


@dataclass(frozen=True)
class Aim:
    """From a time [s] on the muscles pull toward a posture; tone 1 is full strength, 0 limp."""

    from_s: float
    pose: Pose
    tone: float = 1.0


@dataclass(frozen=True)
class Push:
    """How the fall begins: the body turns about a point over the feet.

    forward, left: speed of the head [m/s] in the body's own directions; about_m: height of the point that stays;
    spin: turning about the vertical [rad/s]; grip: what is left of the shoes' friction.
    """

    forward: float = 0.0
    left: float = 0.0
    about_m: float = 0.0
    spin: float = 0.0
    grip: float = 1.0


@dataclass(frozen=True)
class Drop:
    """A fall as it went: one stance every RECORD_S, and when hips or trunk first met the floor (None: never)."""

    stances: Sequence[Stance]
    impact_s: float | None

    @property
    def duration_s(self) -> float:
        return RECORD_S * (len(self.stances) - 1)


def drop(body: Body, site: Site, start: Stance, heading: float, push: Push, aims: Sequence[Aim],
         limit_s: float = 2.5, chair: tuple[float, float, float] | None = None) -> Drop:
    """Let go of a body at a stance and record until it lies still. Deterministic.

    chair: x, y [m] and yaw [rad] of a wheelchair that stands there as well.
    """
    doll = _Doll(body, site, start, push.grip, chair)
    doll.set_off(push, heading)
    stances, impact_s, waiting = [start], None, list(aims)
    per_record = round(RECORD_S / STEP_S)
    for step in range(1, round(limit_s / STEP_S) + 1):
        while waiting and waiting[0].from_s <= step * STEP_S:
            doll.aim(waiting.pop(0))
        mujoco.mj_step(doll.model, doll.data)
        if impact_s is None and doll.trunk_on_floor():
            impact_s = step * STEP_S
        if step % per_record == 0:
            stances.append(doll.stance())
            if impact_s is not None and step * STEP_S > impact_s + 0.5 and doll.still():
                break
    return Drop(stances, impact_s)


class _Doll:
    """The compiled body. Its joints are zero at the stance where it starts."""

    def __init__(self, body: Body, site: Site, start: Stance, grip: float,
                 chair: tuple[float, float, float] | None = None) -> None:
        self._body, self._start = body, start
        self._turned, self._joints = body.pose(start)
        spec = mujoco.MjSpec()
        spec.option.timestep = STEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        HouseBuilder(spec, site, 0).obstacles()
        if chair:
            x, y, yaw = chair
            spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, pos=[x, y, WHEELCHAIR_SEAT_M / 2 - 0.02],
                                    size=[0.25, 0.21, WHEELCHAIR_SEAT_M / 2 - 0.02], contype=1, conaffinity=0,
                                    quat=[math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)], friction=[0.2, 0.01, 0.01])
        self._bend = {}
        parts: dict[str, mujoco.MjsBody] = {}
        for name in _SEGMENTS:
            parts[name] = self._add(spec, parts, name, grip)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self._bodies = {name: self.model.body(name).id for name in _SEGMENTS}
        self._floor = self.model.geom("floor").id
        self._trunk = {self.model.geom(name).id for name in ("pelvis", "chest")}
        self._pull = self.model.jnt_stiffness.copy()
        mujoco.mj_forward(self.model, self.data)

    def _add(self, spec: mujoco.MjSpec, parts, name: str, grip: float):
        segment, rest = _SEGMENTS[name], self._body.joints
        frame, at = self._turned[BONE[segment.frame]], self._joints[BONE[segment.bone]]
        if segment.parent is None:
            part = spec.worldbody.add_body(name=name, pos=at, quat=quaternion(frame))
            part.add_freejoint(name=name)
        else:
            above = _SEGMENTS[segment.parent]
            parent_frame = self._turned[BONE[above.frame]]
            local = parent_frame.T @ frame
            part = parts[segment.parent].add_body(
                name=name, pos=parent_frame.T @ (at - self._joints[BONE[above.bone]]), quat=quaternion(local))
            muscle = dict(name=name, stiffness=segment.pull, damping=0.08 * segment.pull + 0.3, armature=0.01)
            if segment.hinge is None:
                part.add_joint(type=mujoco.mjtJoint.mjJNT_BALL, **muscle)
            else:
                axis = _axis(name)
                self._bend[name] = _angle(local, axis)
                low, high = _LIMITS_RAD[name.split(".")[0]]
                part.add_joint(type=mujoco.mjtJoint.mjJNT_HINGE, axis=axis, limited=True, range=np.degrees(
                    [min(low - self._bend[name], -0.01), high - self._bend[name]]), **muscle)
        pivot, tip = rest[BONE[segment.bone]], rest[BONE[segment.tip]]
        radius = self._radius(segment, pivot, tip)
        shape = dict(name=name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, mass=segment.share * BODY_KG, contype=0,
                     conaffinity=1, friction=[CLOTH_FRICTION, 0.02, 0.01], condim=4, solref=[0.025, 1.0])
        base = name.split(".")[0]
        if base == "pelvis":
            hips = [rest[BONE[f"upperleg01.{side}"]] - pivot for side in "LR"]
            ends = [*(hips[0] * 0.6), *(hips[1] * 0.6)]
        elif base == "head":
            ends = [*(rest[BONE["neck03"]] - pivot), *(tip - pivot + (0, -0.02, 0.075))]
        elif base == "foot":  # heel to toe, sole on the floor
            drop = 0.035 - tip[2]
            ends, radius = [0, 0.03, drop, 0, -0.15, drop], 0.035
            shape |= dict(friction=[SHOE_FRICTION * grip, 0.02, 0.01], priority=1)
        elif base == "chest":
            ends = [*(rest[BONE["spine03"]] - pivot), *(tip - pivot)]
        elif base == "forearm":
            ends = [0, 0, 0, *((tip - pivot) * 1.5)]  # with the hand
        else:
            ends = [0, 0, 0, *(tip - pivot)]
        part.add_geom(fromto=ends, size=[radius, 0, 0], **shape)
        return part

    def _radius(self, segment: _Segment, pivot: np.ndarray, tip: np.ndarray) -> float:
        """How far cloth is from the middle line of a segment, where it is thick."""
        if segment.frame == "root":
            points = self._body.vertices[np.isin(self._body.dominant, bones_named("root", "pelvis", "spine05"))]
            return float(np.percentile(np.abs(points[:, 1] - np.median(points[:, 1])), 80)) + CLOTH_M
        stem = segment.frame.split("0")[0]
        side = segment.frame[-2:] if "." in segment.frame else ""
        names = [bone for bone in BONE if bone.startswith(stem) and bone.endswith(side)]
        points = self._body.vertices[np.isin(self._body.dominant, [BONE[bone] for bone in names])] - pivot
        along = (tip - pivot) / max(np.linalg.norm(tip - pivot), 1e-6)
        off = points - np.outer(points @ along, along)
        return float(np.percentile(np.abs(off[:, 1]) if stem == "spine" else np.linalg.norm(off, axis=1), 65)) + CLOTH_M

    def set_off(self, push: Push, heading: float) -> None:
        """Give the whole body the speed with which the fall begins."""
        head = float(self._joints[BONE["head"], 2])
        ahead, aside = (np.array([math.cos(heading), math.sin(heading), 0]),
                        np.array([-math.sin(heading), math.cos(heading), 0]))
        reach = head - push.about_m
        wanted = (ahead * push.forward + aside * push.left) / reach  # rad/s times the direction of the head
        turning = np.cross((0, 0, 1), wanted) + (0, 0, push.spin)
        place = self._joints[0] - np.array([*self._joints[0][:2], push.about_m])
        self.data.qvel[:3] = np.cross(turning, place)
        self.data.qvel[3:6] = self._turned[0].T @ turning

    def aim(self, aim: Aim) -> None:
        """Let the muscles pull toward a posture."""
        frames = self._body.pose(Stance(np.zeros(3), np.array([1.0, 0, 0, 0]), aim.pose.joints))[0]
        for name, segment in _SEGMENTS.items():
            if segment.parent is None:
                continue
            joint = self.model.joint(name)
            wanted = frames[BONE[_SEGMENTS[segment.parent].frame]].T @ frames[BONE[segment.frame]]
            if segment.hinge is None:
                present = matrices(self.model.body_quat[self._bodies[name]][None])[0]
                self.model.qpos_spring[joint.qposadr[0]:joint.qposadr[0] + 4] = quaternion(present.T @ wanted)
            else:
                self.model.qpos_spring[joint.qposadr[0]] = _angle(wanted, _axis(name)) - self._bend[name]
        self.model.jnt_stiffness[:] = self._pull * aim.tone

    def trunk_on_floor(self) -> bool:
        pairs = self.data.contact.geom[:self.data.ncon].tolist()
        return any(self._floor in pair and not self._trunk.isdisjoint(pair) for pair in pairs)

    def still(self) -> bool:
        return bool(np.abs(self.data.qvel).max() < STILL_MPS * 6 and np.linalg.norm(self.data.qvel[:3]) < STILL_MPS)

    def stance(self) -> Stance:
        """The present posture: back and neck bend evenly, all else as the joints stand."""
        frames = {name: self.data.xmat[index].reshape(3, 3) for name, index in self._bodies.items()}
        joints = self._start.joints.copy()
        root = frames["pelvis"]
        spine = _share(root.T @ frames["chest"], len(_VERTEBRAE))
        for bone in _VERTEBRAE:
            joints[BONE[bone]] = quaternion(spine)
        neck = quaternion(_share(frames["chest"].T @ frames["head"], 2))
        joints[BONE["neck01"]] = joints[BONE["head"]] = neck
        for name, segment in _SEGMENTS.items():
            if name not in ("pelvis", "chest", "head"):
                joints[BONE[segment.bone]] = quaternion(frames[_SEGMENTS[name].parent].T @ frames[name])
        base = matrices(joints[:1])[0]
        return replace(self._start, position=self.data.xpos[self._bodies["pelvis"]].copy(),
                       rotation=quaternion(root @ base.T), joints=joints)


def _axis(name: str) -> np.ndarray:
    axis = np.array(_SEGMENTS[name].hinge, float)
    if name.startswith("forearm") and name.endswith("R"):
        axis[2] = -axis[2]
    return axis / np.linalg.norm(axis)


def _vector(matrix: np.ndarray) -> np.ndarray:
    out = np.zeros(3)
    mujoco.mju_quat2Vel(out, quaternion(matrix), 1.0)
    return out


def _angle(matrix: np.ndarray, axis: np.ndarray) -> float:
    """How far a rotation turns about an axis [rad]."""
    return float(_vector(matrix) @ axis)


def _share(matrix: np.ndarray, parts: int) -> np.ndarray:
    """The rotation which done `parts` times is the whole."""
    return rotation(_vector(matrix) / parts)
