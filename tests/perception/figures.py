"""Stick figures in a room, seen by a pinhole camera: joints in the map, projected into `Pose` and a depth picture."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from perception import pose as p
from perception.body import Body
from perception.geometry import SKIN_TO_JOINT_M, Camera, measure
from perception.pose import Pose
from perception.tracks import Sight
from robot.site import load_site

HOME = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
CAMERA = Camera(424.6, 424.6, 320.0, 240.0, 640, 480)

# Joints of one side of a person of 1.6 m: (forward, left, up) [m]; the other side mirrors `left`.
STAND = {"nose": (0.1, 0, 1.47), "eye": (0.08, 0.03, 1.5), "ear": (0.0, 0.07, 1.48), "shoulder": (0, 0.18, 1.3),
         "elbow": (0, 0.22, 1.02), "wrist": (0.05, 0.24, 0.8), "hip": (0, 0.1, 0.85), "knee": (0.02, 0.1, 0.45),
         "ankle": (0, 0.1, 0.08)}
SIT = {**{k: (x, y, z - 0.33) for k, (x, y, z) in STAND.items()}, "knee": (0.42, 0.12, 0.5),
       "ankle": (0.42, 0.12, 0.08)}
BEND = {"nose": (0.55, 0, 0.75), "eye": (0.57, 0.03, 0.78), "ear": (0.5, 0.07, 0.82), "shoulder": (0.38, 0.18, 0.97),
        "elbow": (0.42, 0.2, 0.7), "wrist": (0.45, 0.2, 0.45), "hip": (0, 0.1, 0.82), "knee": (0.02, 0.1, 0.45),
        "ankle": (0, 0.1, 0.08)}
KNEEL = {"nose": (0.15, 0, 0.95), "eye": (0.13, 0.03, 0.98), "ear": (0.05, 0.07, 0.97), "shoulder": (0.05, 0.18, 0.8),
         "elbow": (0.1, 0.2, 0.55), "wrist": (0.3, 0.2, 0.4), "hip": (0, 0.1, 0.36), "knee": (0.35, 0.12, 0.08),
         "ankle": (-0.05, 0.12, 0.08)}
FLOOR_SIT = {**{k: (x, y, z - 0.72) for k, (x, y, z) in STAND.items()},
             "knee": (0.4, 0.12, 0.2), "ankle": (0.8, 0.12, 0.08)}
LIE = {"nose": (-0.62, 0, 0.25), "eye": (-0.66, 0.03, 0.24), "ear": (-0.64, 0.07, 0.15),
       "shoulder": (-0.45, 0.18, 0.14), "elbow": (-0.2, 0.25, 0.1), "wrist": (0.05, 0.25, 0.1),
       "hip": (0, 0.1, 0.12), "knee": (0.4, 0.1, 0.14), "ankle": (0.78, 0.1, 0.08)}

_PLACES = {"nose": (p.NOSE,), "eye": (p.LEFT_EYE, p.RIGHT_EYE), "ear": (p.LEFT_EAR, p.RIGHT_EAR),
           "shoulder": (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), "elbow": (p.LEFT_ELBOW, p.RIGHT_ELBOW),
           "wrist": (p.LEFT_WRIST, p.RIGHT_WRIST), "hip": (p.LEFT_HIP, p.RIGHT_HIP),
           "knee": (p.LEFT_KNEE, p.RIGHT_KNEE), "ankle": (p.LEFT_ANKLE, p.RIGHT_ANKLE)}
# The landmarks that nothing here reads lie with their neighbours.
_LIKE = {1: 2, 3: 2, 4: 5, 6: 5, 9: 0, 10: 0, 17: 15, 19: 15, 21: 15, 18: 16, 20: 16, 22: 16,
         29: 27, 31: 27, 30: 28, 32: 28}


def joints(shape: dict, at: tuple[float, float], yaw_deg: float = 0.0, raised_m: float = 0.0) -> np.ndarray:
    """(33, 3) joints in the map [m] of a figure at a place, facing `yaw_deg`, raised above the floor."""
    out = np.zeros((33, 3))
    for name, indices in _PLACES.items():
        x, y, z = shape[name]
        for side, index in zip((1, -1), indices, strict=False):
            out[index] = x, y * side, z
    for index, like in _LIKE.items():
        out[index] = out[like]
    c, s = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    out[:, :2] = out[:, :2] @ np.array([[c, s], [-s, c]])
    return out + (*at, raised_m)


def camera_at(x: float, y: float, yaw_deg: float, height_m: float = 1.15, pitch_deg: float = 14.0) -> np.ndarray:
    """4x4: camera optical frame to map, for a robot camera at a place looking along yaw and down by pitch."""
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    forward = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    matrix[:3, 3] = x, y, height_m
    return matrix


def see(points: np.ndarray, camera_to_map: np.ndarray) -> tuple[Pose, np.ndarray]:
    """The pose of a figure (33, 3) in the map, and a depth picture (480, 640) uint16 mm with walls 6 m away."""
    seen = np.linalg.inv(camera_to_map) @ np.column_stack([points, np.ones(len(points))]).T
    x, y, z = seen[:3]
    pixels = np.column_stack([CAMERA.fx * x / z + CAMERA.cx, CAMERA.fy * y / z + CAMERA.cy])
    world = (seen[:3] - seen[:3, [p.LEFT_HIP, p.RIGHT_HIP]].mean(axis=1, keepdims=True)).T
    depth = np.full((480, 640), 6000, np.uint16)
    for (u, v), away in sorted(zip(pixels, z, strict=True), key=lambda item: -item[1]):
        radius = max(3, int(0.06 * CAMERA.fx / away))
        top, left = max(int(v) - radius, 0), max(int(u) - radius, 0)
        depth[top:max(int(v) + radius + 1, 0), left:max(int(u) + radius + 1, 0)] = (away - SKIN_TO_JOINT_M) * 1000
    return Pose.of(pixels, np.ones(33), world), depth


def body_of(points: np.ndarray, camera_to_map: np.ndarray, with_depth: bool = True) -> Body:
    """What the eyes measure of a figure in the home of config/home.yaml."""
    return sight_of(points, camera_to_map, with_depth).body


def sight_of(points: np.ndarray, camera_to_map: np.ndarray, with_depth: bool = True) -> Sight:
    pose, depth = see(points, camera_to_map)
    return Sight(pose, measure(pose, CAMERA, depth, camera_to_map, "map", HOME) if with_depth else measure(pose))


def between(first: np.ndarray, last: np.ndarray, part: float) -> np.ndarray:
    """A figure on its way from one to another, part 0..1."""
    return first + (last - first) * min(max(part, 0.0), 1.0)
