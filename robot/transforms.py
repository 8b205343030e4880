"""Where things are: a small buffer of timed transforms, for machines whose ROS 2 has no tf2_ros.

Frames after REP-105 (`map` -> `odom` -> `base_link` -> sensors). Quaternions are (x, y, z, w). Pure numpy: messages are
read by their attributes only, so nothing here needs ROS.
"""
from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

HISTORY_S = 10.0
# A camera image is stamped up to one odometry period (<= 50 ms) after the newest transform; under load up to 0.2 s.
EXTRAPOLATION_S = 0.2
# Within one link, stamps that fall back further than this are a restarted clock, not a late packet.
CLOCK_JUMP_S = 1.0

Pose2d = tuple[float, float, float]  # x [m], y [m], yaw [rad]


class TransformUnavailable(LookupError):
    """No usable transform; the message names the frame and how old its newest data are."""


@dataclass
class _Link:
    """All known placements of one child frame in its parent, oldest first."""
    parent: str
    static: bool
    entries: list[tuple[float, np.ndarray, np.ndarray]] = field(default_factory=list)  # time [s], xyz [m], quaternion


class TransformBuffer:
    """Remembers the last ten seconds of transforms and answers where one frame was in another."""

    def __init__(self, history_s: float = HISTORY_S, extrapolation_s: float = EXTRAPOLATION_S) -> None:
        self.history_s = history_s
        self.extrapolation_s = extrapolation_s
        self._links: dict[str, _Link] = {}

    def set(self, parent: str, child: str, time_s: float, translation: Sequence[float], quaternion: Sequence[float],
            static: bool = False) -> None:
        """Take in one transform: the pose of `child` in `parent` at `time_s`.

        A stamp more than a second before the newest one of the same link means that the clock was set back (a
        simulation restarted): everything that is not static is forgotten. Raises ValueError for a quaternion that is
        no rotation, or for a link that would close a circle.
        """
        xyz, rotation = np.array(translation, dtype=np.float64), np.array(quaternion, dtype=np.float64)
        norm = float(np.linalg.norm(rotation))
        if xyz.shape != (3,) or rotation.shape != (4,) or not np.isfinite(xyz).all() or not 0.9 < norm < 1.1:
            raise ValueError(f"transform {parent} -> {child} is no rigid motion: {translation}, {quaternion}")
        link = self._links.get(child)
        if link is None or link.parent != parent:
            if child in self._ancestry(parent):
                raise ValueError(f"transform {parent} -> {child} would close a circle of frames")
            link = self._links[child] = _Link(parent, static)
        link.static = static
        if static:
            link.entries = [(time_s, xyz, rotation / norm)]
            return
        if link.entries and time_s < link.entries[-1][0] - CLOCK_JUMP_S:
            self.clear()
            link = self._links[child] = _Link(parent, static)
        insort(link.entries, (time_s, xyz, rotation / norm), key=lambda entry: entry[0])
        while link.entries[0][0] < link.entries[-1][0] - self.history_s:
            link.entries.pop(0)

    def clear(self) -> None:
        """Forget everything that is not static."""
        self._links = {child: link for child, link in self._links.items() if link.static}

    def feed(self, message: Any, static: bool = False) -> None:
        """Take in a tf2_msgs/TFMessage (or anything with the same attributes)."""
        for item in message.transforms:
            moved, turned = item.transform.translation, item.transform.rotation
            self.set(item.header.frame_id, item.child_frame_id,
                     item.header.stamp.sec + item.header.stamp.nanosec * 1e-9,
                     (moved.x, moved.y, moved.z), (turned.x, turned.y, turned.z, turned.w), static)

    def lookup(self, target: str, source: str, time_s: float | None = None) -> np.ndarray:
        """The 4x4 float64 matrix that takes points of `source` into `target` at that time (None: the newest there is).

        Between two stamps the pose is interpolated; up to 0.2 s outside them the nearest one is held. Raises
        TransformUnavailable.
        """
        ups, downs = self._ancestry(source), self._ancestry(target)
        shared = next((frame for frame in ups if frame in downs), None)
        if shared is None:
            known = ", ".join(sorted(self._links)) or "none"
            raise TransformUnavailable(f"nothing joins {target!r} and {source!r} (known frames: {known})")
        return np.linalg.inv(self._chain(downs, shared, time_s)) @ self._chain(ups, shared, time_s)

    def _ancestry(self, frame: str) -> list[str]:
        """The frame itself, its parent, and so on up to the root."""
        chain = [frame]
        while chain[-1] in self._links:
            chain.append(self._links[chain[-1]].parent)
        return chain

    def _chain(self, ancestry: list[str], root: str, time_s: float | None) -> np.ndarray:
        result = np.eye(4)
        for child in ancestry[:ancestry.index(root)]:
            result = self._at(child, time_s) @ result
        return result

    def _at(self, child: str, time_s: float | None) -> np.ndarray:
        link = self._links[child]
        newest, oldest = link.entries[-1], link.entries[0]
        if link.static or time_s is None:
            return rigid(newest[1], newest[2])
        if time_s > newest[0] + self.extrapolation_s:
            raise TransformUnavailable(f"{link.parent!r} -> {child!r} is {time_s - newest[0]:.2f} s too old: "
                                       f"newest {newest[0]:.3f}, asked for {time_s:.3f}")
        if time_s < oldest[0] - self.extrapolation_s:
            raise TransformUnavailable(f"{link.parent!r} -> {child!r} is forgotten or not yet known at {time_s:.3f}: "
                                       f"oldest {oldest[0]:.3f} is {oldest[0] - time_s:.2f} s later")
        after = bisect_left(link.entries, time_s, key=lambda entry: entry[0])
        if after == 0 or after == len(link.entries):
            edge = oldest if after == 0 else newest
            return rigid(edge[1], edge[2])
        (t0, xyz0, q0), (t1, xyz1, q1) = link.entries[after - 1], link.entries[after]
        part = (time_s - t0) / (t1 - t0)
        return rigid(xyz0 + part * (xyz1 - xyz0), slerp(q0, q1, part))


def rigid(translation: Sequence[float], quaternion: Sequence[float]) -> np.ndarray:
    """4x4 float64 matrix of a translation [m] and a unit quaternion (x, y, z, w)."""
    x, y, z, w = quaternion
    matrix = np.eye(4)
    matrix[:3, :3] = [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                      [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                      [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]
    matrix[:3, 3] = translation
    return matrix


def slerp(first: np.ndarray, second: np.ndarray, part: float) -> np.ndarray:
    """The rotation at `part` (0..1) of the shorter way between two unit quaternions."""
    cosine = float(first @ second)
    if cosine < 0:
        second, cosine = -second, -cosine
    if cosine > 0.9999:  # nearly the same: a straight line is exact enough and never divides by zero
        mixed = first + part * (second - first)
        return mixed / np.linalg.norm(mixed)
    angle = math.acos(cosine)
    return (math.sin((1 - part) * angle) * first + math.sin(part * angle) * second) / math.sin(angle)


def quaternion_from_yaw(yaw: float) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of a turn about the vertical [rad]."""
    return 0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)


def yaw_from_quaternion(x: float, y: float, z: float, w: float) -> float:
    """Turn about the vertical [rad, -pi..pi] of a unit quaternion."""
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def matrix_from_pose2d(pose: Pose2d) -> np.ndarray:
    """4x4 float64 matrix of a pose on the floor (x [m], y [m], yaw [rad])."""
    return rigid((pose[0], pose[1], 0.0), quaternion_from_yaw(pose[2]))


def pose2d_from_matrix(matrix: np.ndarray) -> Pose2d:
    """Pose on the floor (x [m], y [m], yaw [rad]) of a 4x4 matrix."""
    return float(matrix[0, 3]), float(matrix[1, 3]), math.atan2(matrix[1, 0], matrix[0, 0])


def compose2d(first: Pose2d, second: Pose2d) -> Pose2d:
    """The pose `second`, given in the frame of `first`, in the frame in which `first` is given."""
    c, s = math.cos(first[2]), math.sin(first[2])
    return (first[0] + c * second[0] - s * second[1], first[1] + s * second[0] + c * second[1],
            wrapped(first[2] + second[2]))


def inverse2d(pose: Pose2d) -> Pose2d:
    """The pose of the outer frame in the frame of `pose`."""
    c, s = math.cos(pose[2]), math.sin(pose[2])
    return -c * pose[0] - s * pose[1], s * pose[0] - c * pose[1], -pose[2]


def transform_points(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """N x 3 points [m] taken through a 4x4 matrix."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def wrapped(angle: float) -> float:
    """The same angle [rad] within -pi..pi."""
    return math.atan2(math.sin(angle), math.cos(angle))
