"""Postures as joint angles, and the two tools that put them into the world: legs that reach a footprint, and rest.

Angles in degrees; a posture is a `Pose`: local joint rotations and the tilt of the trunk before it is turned to its
heading. Heading 0 faces the map's +x.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sim.body import BONE, BONES, PARENTS, Body, Stance, bones_named, matrices, quaternion, rotation

SHOE_M = 0.01  # thickness of a sole
SOFT_KNEE_M = 0.018  # one stands with knees a little bent
FRAME_AHEAD_M = 0.36  # the middle of a walking frame before the hips
WHEELCHAIR_SEAT_M = 0.50
SIDES = ("L", "R")
TRUNK = bones_named("root", "pelvis", "spine", "clavicle", "shoulder")
_HIPS = bones_named("root", "pelvis", "spine05", "upperleg01")
_CHEST = bones_named("spine01", "spine02", "clavicle", "shoulder")
_SEAT = bones_named("root", "pelvis", "upperleg")
_LIMBS = [(BONE[f"{base}.{side}"], bones_named(*(f"{tip}.{side}" for tip in tips)), limit) for side in SIDES
          for base, tips, limit in (("upperleg01", ("lowerleg02", "foot"), 0.6),
                                    ("upperarm01", ("lowerarm02", "wrist"), 0.45))]
_LIMBS.append((BONE["neck01"], bones_named("head"), 0.3))
Height = Callable[[np.ndarray], np.ndarray]  # (n, 2) map points to the height of what carries there (n,) [m]


@dataclass(frozen=True)
class Pose:
    joints: np.ndarray  # (bones, 4) local rotations
    tilt: np.ndarray  # (3, 3) rotation of the root in the frame of the heading


def make_pose(bones: dict[str, np.ndarray], tilt=(0.0, 0.0, 0.0), then=(0.0, 0.0, 0.0)) -> Pose:
    """A pose from local rotation matrices by bone; tilt (and a second turn after it) as rotation vectors in degrees."""
    joints = np.tile(np.array([1.0, 0, 0, 0]), (len(BONES), 1))
    for bone, matrix in bones.items():
        joints[BONE[bone]] = quaternion(matrix)
    return Pose(joints, rotation(np.radians(tilt)) @ rotation(np.radians(then)))


def arm(side: str, forward: float = 0, spread: float = 0, elbow: float = 15) -> dict[str, np.ndarray]:
    """One arm: hanging at 0; forward lifts it ahead, spread sideways, elbow bends it."""
    sign = 1 if side == "L" else -1
    hang = rotation((0, sign * math.radians(38 - spread), 0))
    axis = np.array([-0.76, 0, -0.65 * sign])
    return {f"upperarm01.{side}": rotation((-math.radians(forward), 0, 0)) @ hang,
            f"lowerarm01.{side}": rotation(axis / np.linalg.norm(axis) * math.radians(elbow))}


def arms(forward: float = 0, spread: float = 0, elbow: float = 15) -> dict[str, np.ndarray]:
    return arm("L", forward, spread, elbow) | arm("R", forward, spread, elbow)


def legs(hip_l: float = 0, hip_r: float = 0, knee_l: float = 0, knee_r: float = 0, apart: float = 0):
    """Both legs: hip lifts the thigh forward, knee bends the shank back, apart opens them."""
    bones = {}
    for side, sign, hip, knee in (("L", 1, hip_l, knee_l), ("R", -1, hip_r, knee_r)):
        bones[f"upperleg01.{side}"] = (rotation((0, -sign * math.radians(apart - 4), 0))
                                       @ rotation((-math.radians(hip), 0, 0)))
        bones[f"lowerleg01.{side}"] = rotation((math.radians(knee), 0, 0))
    return bones


def spine(flex: float = 0, side: float = 0, twist: float = 0) -> dict[str, np.ndarray]:
    """The back: flex bends forward, side to the left, twist to the left; shared by five vertebral bones."""
    share = rotation(np.radians((flex / 5, side / 5, twist / 5)))
    return {f"spine0{number}": share for number in range(1, 6)}


def neck(nod: float = 0, side: float = 0, turn: float = 0) -> dict[str, np.ndarray]:
    """The head: nod looks down, side tips to the left, turn looks to the left."""
    return {"neck01": rotation(np.radians((nod / 2, side / 2, turn / 2))),
            "head": rotation(np.radians((nod / 2, side / 2, turn / 2)))}


POSES: dict[str, Pose] = {
    "stand": make_pose(arms(0, 1, 4) | legs() | spine(7) | neck(-4)),
    "lean": make_pose(arms(30, 4, 35) | legs() | spine(26) | neck(-18), (18, 0, 0)),
    "sit": make_pose(arms(22, 2, 14) | legs(80, 80, 80, 80, 4) | spine(4)),
    "recline": make_pose(arms(26, 3, 14) | legs(80, 80, 80, 80, 4) | spine(8) | neck(6), (-17, 0, 0)),
    "sit_edge": make_pose(arms(18, 10, 24) | legs(78, 78, 70, 70, 3) | spine(16) | neck(2), (2, 0, 0)),
    "reach_feet": make_pose(arms(96, 4, 10) | legs(124, 124, 80, 80, 4) | spine(46) | neck(6), (44, 0, 0)),
    "sit_long": make_pose(arms(12, 14, 20) | legs(82, 78, 12, 8, 4) | spine(18), (-18, 0, 0)),
    "swing_legs": make_pose(arms(14, 16, 20) | legs(84, 78, 30, 24, 2) | spine(14), (-14, 0, 0)),
    "slide": make_pose(arms(20, 20, 20) | legs(62, 58, 62, 58, 4) | spine(16) | neck(8), (-34, 0, 0)),
    "sit_floor": make_pose(arms(10, 16, 16) | legs(116, 104, 92, 74, 5) | spine(20) | neck(6), (-16, 0, 0)),
    "supine": make_pose(arms(-16, 8, -12) | legs(-2, 4, 0, 8, 4) | neck(16), (-90, 0, 0)),
    "lie_back": make_pose(arms(-20, 24, -8) | legs(-2, 5, 2, 14, 6), (-90, 0, 0)),
    "lie_back_bent": make_pose(arms(-4, 38, 28) | legs(16, 44, 10, 72, 6) | neck(0, 0, 28), (-90, 0, 0)),
    "lie_front": make_pose(arms(-22, 55, 10) | legs(-4, 4, 4, 10, 8) | neck(-12, 0, 50), (90, 0, 0)),
    "lie_left": make_pose(arms(45, 0, 40) | legs(42, 28, 58, 46) | spine(14), (0, 90, 0)),
    "lie_right": make_pose(arms(32, 0, 32) | legs(28, 42, 42, 60) | spine(12), (0, -90, 0)),
    "prop_up": make_pose(arm("L", 20, 62, 0) | arm("R", 50, 0, 10) | legs(52, 36, 66, 52) | spine(12, -16),
                         (0, 56, 0)),
    "hands_and_knees": make_pose(arms(82, 2, 6) | legs(82, 82, 86, 86, 4) | spine(2) | neck(-24), (84, 0, 0)),
    "kneel_one": make_pose(arms(36, 0, 16) | legs(84, 6, 84, 92, 4) | spine(12), (6, 0, 0)),
    "kneel": make_pose(arms(22, 2, 10) | legs(16, 16, 104, 104, 4) | spine(16), (6, 0, 0)),
    "bow": make_pose(arms(128, 8, 30) | legs(112, 112, 134, 134, 5) | spine(44) | neck(10), (48, 0, 0)),
    "squat": make_pose(arms(62, 6, 30) | legs(112, 112, 128, 128, 10) | spine(22), (16, 0, 0)),
    "give_hands": make_pose(arms(58, 4, 24) | legs(70, 12, 92, 100, 4) | spine(26) | neck(6), (14, 0, 0)),
    "lift": make_pose(arms(52, 2, 26) | legs() | spine(22) | neck(-6), (14, 0, 0)),
    "stoop": make_pose(arm("R", 78, 0, 4) | arm("L", 36, 0, 30) | legs() | spine(48) | neck(-8), (34, 0, 0)),
    "hand_to_mouth": make_pose(arm("R", 46, -4, 84) | arm("L", 20, 2, 14) | legs() | spine(8) | neck(8)),
    "drink": make_pose(arm("R", 56, -2, 80) | arm("L", 20, 2, 14) | legs() | spine(4) | neck(-14)),
    # falls, in the order in which they pass
    "stumble": make_pose(arms(70, 12, 26) | legs(48, -14, 34, 26) | spine(16) | neck(-10), (24, 0, 0)),
    "dive": make_pose(arms(112, 16, 22) | legs(16, -6, 58, 40) | spine(12) | neck(-24), (58, 0, 0)),
    "skid": make_pose(arms(52, 62, 30) | legs(44, 22, 18, 30, 4) | spine(12), (-24, 0, 0)),
    "drop_seat": make_pose(arms(-26, 40, 24) | legs(74, 60, 34, 40, 8) | spine(16) | neck(14), (-38, 0, 0)),
    "topple_left": make_pose(arm("L", 24, 70, 20) | arm("R", 10, 48, 24) | legs(14, -4, 26, 8, 2) | spine(4, 14),
                             (0, 30, 0)),
    "topple_left_low": make_pose(arm("L", 40, 62, 24) | arm("R", 24, 30, 30) | legs(36, 18, 52, 30) | spine(8, 8),
                                 (4, 62, 0)),
    "topple_right": make_pose(arm("R", 24, 70, 20) | arm("L", 10, 48, 24) | legs(-4, 14, 8, 26, 2) | spine(4, -14),
                              (0, -30, 0)),
    "topple_right_low": make_pose(arm("R", 40, 62, 24) | arm("L", 24, 30, 30) | legs(18, 36, 30, 52) | spine(8, -8),
                                  (4, -62, 0)),
    "buckle": make_pose(arms(8, 4, 10) | legs(58, 52, 86, 78, 6) | spine(22) | neck(28), (10, 0, 0)),
    "slump": make_pose(arms(16, 16, 14) | legs(84, 66, 118, 100, 10) | spine(26, 10) | neck(32), (4, 34, 0)),
}


def heading_matrix(yaw: float) -> np.ndarray:
    """Rotation of a body that stands upright and faces yaw [rad, map]."""
    return rotation((0, 0, yaw + math.pi / 2))


def heading_of(stance: Stance) -> float:
    """Where the body faces [rad, map]; for a lying body the way it would face if turned upright the short way."""
    matrix = matrices(stance.rotation[None])[0]
    front, up = matrix @ (0, -1, 0), matrix @ (0, 0, 1)
    flat = front[:2] if abs(front[2]) < 0.75 else -np.sign(front[2]) * up[:2]
    return math.atan2(flat[1], flat[0])


def placed(pose: Pose, xy, yaw: float, z: float = 1.0) -> Stance:
    """The pose at a place, turned to a heading; z is the height of the root joint [m]."""
    return Stance(np.array([xy[0], xy[1], z], float), quaternion(heading_matrix(yaw) @ pose.tilt), pose.joints.copy())


def interpolate(a: Stance, b: Stance, share: float) -> Stance:
    """The stance between two, each joint the short way round."""
    def turn(p, q):
        q = np.where((p * q).sum(axis=-1, keepdims=True) < 0, -q, q)
        mixed = (1 - share) * p + share * q
        return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
    return Stance((1 - share) * a.position + share * b.position, turn(a.rotation, b.rotation), turn(a.joints, b.joints))


def floor(points: np.ndarray) -> np.ndarray:
    """The floor carries at height 0 everywhere."""
    return np.zeros(len(points))


@dataclass(frozen=True)
class Manner:
    """How a person carries herself: pace as a share of the usual one, stoop of the back, hands on a walking frame.

    In a wheelchair to stand is to sit in it, and to walk is to roll.
    """

    pace: float = 1.0
    stoop_deg: float = 0.0
    frame: bool = False
    wheelchair: bool = False

    @classmethod
    def of_age(cls, years: int) -> Manner:
        """Usual gait speed falls by about 1.4 % a year from the seventies to the eighties (Bohannon and Andrews 2011,
        Physiotherapy 97:182); the stoop is chosen by eye."""
        return cls(max(0.5, min(1.3, 1 - 0.014 * (years - 75))), max(0.0, min(28.0, 0.8 * (years - 68))))

    @property
    def upright(self) -> Pose:
        """How the person stands."""
        if self.wheelchair:
            return make_pose(arms(10, 15, 36) | legs(80, 80, 80, 80, 4) | spine(8 + self.stoop_deg) | neck(-4))
        hands = arms(14, 9, 30) if self.frame else arms(0, 1, 4)
        bend = self.stoop_deg + 8 * self.frame
        return make_pose(hands | legs() | spine(7 + bend) | neck(-4 - 0.8 * bend))


class Posing:
    """Puts poses of one body into the world."""

    def __init__(self, body: Body, manner: Manner = Manner()) -> None:
        self.body, self.manner = body, manner
        self.upright = manner.upright
        self._hips = [BONE[f"upperleg01.{side}"] for side in SIDES]
        self._knees = [BONE[f"lowerleg01.{side}"] for side in SIDES]
        self._ankles = [BONE[f"foot.{side}"] for side in SIDES]
        self.ankle_m = float(body.joints[self._ankles[0], 2]) + SHOE_M
        self.root_m = float(body.joints[0, 2]) + SHOE_M - SOFT_KNEE_M
        if manner.wheelchair:
            self.root_m = float(self.rested(placed(self.upright, (0, 0), 0.0), lambda points: np.full(
                len(points), WHEELCHAIR_SEAT_M), _SEAT, 0.03).position[2])
        self.foot_gap_m = float(body.joints[self._ankles[0], 0]) * 0.62  # from the middle to a foot, feet together

    def footprints(self, xy, yaw: float) -> np.ndarray:
        """Where the ankles stand, x, y and yaw of the left and the right foot (2, 3), for a body standing there."""
        side = np.array([-math.sin(yaw), math.cos(yaw)]) * self.foot_gap_m
        xy = np.asarray(xy, float)
        return np.array([[*(xy + side), yaw + 0.08], [*(xy - side), yaw - 0.08]])

    def standing(self, xy, yaw: float, pose: Pose | None = None) -> Stance:
        """Upright on both feet, root above the middle of the feet."""
        if self.manner.wheelchair:
            ahead = np.asarray(xy, float) + 0.46 * np.array([math.cos(yaw), math.sin(yaw)])
            return self.on_feet(placed(self.upright, xy, yaw, self.root_m), self.footprints(ahead, yaw), (0.1, 0.1))
        return self.on_feet(placed(pose or self.upright, xy, yaw, self.root_m), self.footprints(xy, yaw))

    def feet(self, stance: Stance) -> np.ndarray:
        """Present footprints (2, 3) of a stance whose feet are on the ground."""
        turned, joints = self.body.pose(stance)
        yaws = [math.atan2(*(turned[ankle] @ (0, -1, 0))[1::-1]) for ankle in self._ankles]
        return np.array([[*joints[ankle, :2], yaw] for ankle, yaw in zip(self._ankles, yaws, strict=True)])

    def on_feet(self, stance: Stance, footprints: np.ndarray, lift=(0.0, 0.0), toe_down=(0.0, 0.0)) -> Stance:
        """The stance with its legs bent so that the soles stand flat on the footprints (two-bone inverse kinematics).

        footprints: (2, 3) x, y, yaw; lift [m] raises a foot, toe_down [rad] points it. A footprint out of reach is
        approached as far as the leg is long.
        """
        rest, joints = self.body.joints, stance.joints.copy()
        root = matrices(stance.rotation[None])[0] @ matrices(stance.joints[:1])[0]
        for side in range(2):
            hip, knee, ankle = self._hips[side], self._knees[side], self._ankles[side]
            thigh, shank = rest[knee] - rest[hip], rest[ankle] - rest[knee]
            a, b = np.linalg.norm(thigh), np.linalg.norm(shank)
            x, y, yaw = footprints[side]
            hip_at = stance.position + root @ (rest[hip] - rest[0])
            reach = root.T @ (np.array([x, y, self.ankle_m + lift[side]]) - hip_at)
            distance = float(np.clip(np.linalg.norm(reach), abs(a - b) + 0.02, (a + b) * 0.999))
            reach /= np.linalg.norm(reach)
            hinge = np.cross((0.12 * (1 - 2 * side), -1.0, 0.5), reach)
            hinge /= np.linalg.norm(hinge)
            bend = math.acos(np.clip((a * a + distance ** 2 - b * b) / (2 * a * distance), -1, 1))
            upper = rotation(-hinge * bend) @ reach
            lower = (distance * reach - a * upper) / b
            thigh_turn = _aligned(upper, hinge) @ _aligned(thigh / a, (1, 0, 0)).T
            shank_turn = _aligned(lower, hinge) @ _aligned(shank / b, (1, 0, 0)).T
            foot_turn = heading_matrix(yaw) @ rotation((toe_down[side], 0, 0))
            joints[hip] = quaternion(thigh_turn)
            joints[knee] = quaternion(thigh_turn.T @ shank_turn)
            joints[ankle] = quaternion((root @ shank_turn).T @ foot_turn)
        return replace(stance, joints=joints)

    def rested(self, stance: Stance, height: Height = floor, bones: np.ndarray | None = None,
               sink_m: float = 0.0) -> Stance:
        """The stance moved vertically until it touches what carries it.

        bones limits the touching points to some bones; sink_m lets them press into something soft.
        """
        points, owners = self.body.surface(stance)
        if bones is not None:
            points = points[np.isin(owners, bones)]
        rise = float((height(points[:, :2]) - points[:, 2]).max()) - sink_m
        return stance.moved(stance.position + (0, 0, rise))

    def settled(self, stance: Stance, height_m: float = 0.0) -> Stance:
        """A lying stance gone limp on a level surface: hips and chest touch it, head and limbs sink to it."""
        stance = self._level(stance)
        return self._limp(stance, TRUNK, _LIMBS, height_m)

    def propped(self, stance: Stance) -> Stance:
        """A stance that sits on its hip on the floor and leans on its arms."""
        return self._limp(stance, _HIPS, [(base, tips, 1.0) for base, tips, _ in _LIMBS[:-1]], 0.0)

    def _limp(self, stance: Stance, carried_by: np.ndarray, limbs, height_m: float) -> Stance:
        def down(stance: Stance) -> Stance:
            return self.rested(stance, lambda points: np.full(len(points), height_m), carried_by)

        for base, tips, limit in limbs:
            for _ in range(3):
                stance = self._lowered(down(stance), base, tips, limit, height_m)
        return down(stance)

    def _level(self, stance: Stance) -> Stance:
        """Tilt the whole body until the lowest points of hips and chest are equally high."""
        for _ in range(5):
            points, owners = self.body.surface(stance)
            hips, chest = (points[np.isin(owners, bones)] for bones in (_HIPS, _CHEST))
            low, high = hips[hips[:, 2].argmin()], chest[chest[:, 2].argmin()]
            turn = _dip(high - low, high[2] - low[2])
            stance = replace(stance, rotation=quaternion(turn @ matrices(stance.rotation[None])[0]))
        return stance

    def _lowered(self, stance: Stance, base: int, tips: np.ndarray, limit: float, height_m: float) -> Stance:
        """Turn a limb about its joint, at most by limit [rad], until its lowest point is at the height."""
        points, owners = self.body.surface(stance)
        turned, joints = self.body.pose(stance)
        limb = points[np.isin(owners, tips)]
        lowest = limb[limb[:, 2].argmin()]
        turn = _dip(lowest - joints[base], lowest[2] - height_m, limit)
        local = stance.joints.copy()
        local[base] = quaternion(turned[PARENTS[base]].T @ turn @ turned[base])
        return replace(stance, joints=local)

    def above_floor(self, stance: Stance) -> Stance:
        """The stance, lifted if any part of it was below the floor."""
        points, _ = self.body.surface(stance)
        return stance.moved(stance.position + (0, 0, max(0.0, -float(points[:, 2].min()))))

    def lowest_m(self, stance: Stance, bones: np.ndarray) -> float:
        """Height of the lowest point of some bones above the floor [m]."""
        points, owners = self.body.surface(stance)
        return float(points[np.isin(owners, bones), 2].min())


def _dip(arm: np.ndarray, drop_m: float, limit: float = 0.5) -> np.ndarray:
    """Rotation about a horizontal axis that lowers the end of an arm by drop_m [m]."""
    flat = math.hypot(arm[0], arm[1])
    if flat < 0.05:
        return np.eye(3)
    angle = np.clip(math.asin(np.clip(drop_m / np.linalg.norm(arm), -1, 1)), -limit, limit)
    return rotation(np.array([-arm[1], arm[0], 0]) / flat * angle)


def _aligned(along: np.ndarray, hinge) -> np.ndarray:
    """Frame with its first axis along a bone and its second near the hinge."""
    along = np.asarray(along, float) / np.linalg.norm(along)
    hinge = np.asarray(hinge, float) - np.dot(hinge, along) * along
    hinge /= np.linalg.norm(hinge)
    return np.stack([along, hinge, np.cross(along, hinge)], axis=1)
