"""From a skeleton and a depth picture to a body in the room: places, heights above the floor, angles.

Frames: camera optical (x right, y down, z forward) and the target frame of `camera_to_floor`, whose z = 0 is the floor.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perception import pose as p
from perception.body import Body
from perception.pose import Pose
from robot.site import Camera as SiteCamera
from robot.site import Site

# A landmark lies on the skin that the camera sees; the joint is about this much deeper (half a torso, half a head).
SKIN_TO_JOINT_M = 0.09
# Parts of one body are within an arm's and a leg's reach of its middle; beyond, the depth is that of a wall or a chair.
REACH_M = 0.9
# Hips to shoulders: 0.29 of the stature (Drillis and Contini 1966), 0.42 to 0.51 m; wider for errors of landmarks.
TORSO_M = 0.46
TORSO_RANGE_M = (0.25, 0.70)
# A skeleton as small as this in all, with a torso below the range, is a pattern on a wall: not even a person who lies
# head first to the camera is.
GHOST_M = 0.6
# People carried by furniture are seen up to this far beside its edge, and this far below or above its surface.
CARRIED_MARGIN_M = 0.12
CARRIED_BELOW_M, CARRIED_ABOVE_M = 0.15, 0.40
CARRIERS = ("bed", "sofa", "chair", "toilet")
# How far the nose may be from the middle between the ears, in their distance. Of rendered faces turned up to 30 degrees
# from the camera 24 of 27 count as turned to it, of those turned 45 degrees and more 1 of 53 (bench/attention.py).
FACE_ASIDE = 0.7
# The landmarks that tell how large a body is: head, trunk, limbs down to the toes; not the fingers.
_FRAME = [p.NOSE, p.LEFT_EAR, p.RIGHT_EAR, *range(p.LEFT_SHOULDER, p.RIGHT_WRIST + 1), *range(p.LEFT_HIP, 33)]


@dataclass(frozen=True)
class Camera:
    """Pinhole camera: focal lengths and principal point [px], picture size [px]."""
    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    @classmethod
    def of(cls, mount: SiteCamera, width: int, height: int) -> Camera:
        """The site file's camera, for pictures of a size."""
        focal_px = mount.focal_px * width / mount.width
        return cls(focal_px, focal_px, width / 2, height / 2, width, height)

    def ray(self, pixel: np.ndarray) -> np.ndarray:
        """(3,) direction through a pixel, camera axes, z = 1."""
        return np.array([(pixel[0] - self.cx) / self.fx, (pixel[1] - self.cy) / self.fy, 1.0])

    def sees(self, pixel: np.ndarray) -> bool:
        """Whether a pixel is inside the picture."""
        return 0 <= pixel[0] < self.width and 0 <= pixel[1] < self.height


def measure(pose: Pose, camera: Camera | None = None, depth_mm: np.ndarray | None = None,
            camera_to_floor: np.ndarray | None = None, frame: Literal["map", "base"] = "map",
            site: Site | None = None) -> Body:
    """Measure one pose.

    depth_mm: (height, width) uint16 aligned with the colour picture, 0 = none. camera_to_floor: 4x4. `frame`: "base"
    when the robot's place is unknown: heights then hold, places do not. Without depth the body's distance is told from
    its size in the picture. Without camera or transform only the picture's features are filled.
    """
    torso_px, angle = _torso_in_picture(pose)
    features = dict(
        shoulder_y_px=float(pose.middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER)[1]),
        hips_y_px=float(pose.middle(p.LEFT_HIP, p.RIGHT_HIP)[1]),
        feet_y_px=float(pose.landmarks[[p.LEFT_ANKLE, p.RIGHT_ANKLE], 1].max()), torso_px=torso_px,
        aspect=_aspect(pose), legs=_legs(pose, torso_px), knee_bend_deg=_knee_bend(pose.world))
    nowhere = np.full(3, np.nan)
    in_space = None
    if camera is not None and camera_to_floor is not None:
        in_space = (_by_size(pose, camera, camera_to_floor) if depth_mm is None else
                    _in_space(pose, camera, depth_mm, camera_to_floor))
    if in_space is None:
        return Body(nowhere, nowhere, math.nan, math.nan, math.nan, angle, **features,
                    face_visible=face_visible(pose, camera))
    hips, shoulders, head = in_space
    torso = shoulders - hips
    distance_m = float(np.median(np.linalg.norm(np.stack(in_space) - camera_to_floor[:3, 3], axis=1)))
    across_m = math.hypot(pose.box[2] - pose.box[0], pose.box[3] - pose.box[1]) * distance_m / camera.fx
    ghost = bool(np.linalg.norm(torso) < TORSO_RANGE_M[0]) and across_m < GHOST_M
    if TORSO_RANGE_M[0] <= np.linalg.norm(torso) <= TORSO_RANGE_M[1]:
        angle = math.acos(np.clip(torso[2] / np.linalg.norm(torso), -1.0, 1.0))
    place = (hips + shoulders) / 2 if np.isfinite(shoulders).all() else hips
    room = carrier = ""
    if frame == "map" and site is not None:
        found = site.room_at(float(place[0]), float(place[1]))
        room, carrier = (found.id if found else ""), carried_by(hips, head, site)
    return Body(place if frame == "map" else nowhere, head if frame == "map" else nowhere, float(hips[2]),
                float(head[2]), float(shoulders[2]), angle, **features, face_visible=face_visible(pose, camera),
                room=room, carrier=carrier, ghost=ghost, by_size=depth_mm is None)


def above_floor(mount: SiteCamera) -> np.ndarray:
    """4x4: from the optical axes of the site file's camera, its pictures upright, to the floor below it (x ahead)."""
    pitch = math.radians(mount.pitch_deg)
    matrix = np.eye(4)
    matrix[:3, 0] = 0.0, -1.0, 0.0
    matrix[:3, 1] = -math.sin(pitch), 0.0, -math.cos(pitch)
    matrix[:3, 2] = math.cos(pitch), 0.0, -math.sin(pitch)
    matrix[2, 3] = mount.height_m
    return matrix


def carried_by(hips: np.ndarray, head: np.ndarray, site: Site) -> str:
    """Id of the bed, sofa or chair on which somebody with these hips and head (3,) in the map sits or lies, or "".

    A head below the surface (NaN: not known) belongs to somebody on the floor beside it.
    """
    for piece in site.furniture:
        if (piece.kind in CARRIERS and piece.contains(float(hips[0]), float(hips[1]), CARRIED_MARGIN_M)
                and -CARRIED_BELOW_M <= hips[2] - piece.size[2] <= CARRIED_ABOVE_M
                and not head[2] < piece.size[2] - CARRIED_BELOW_M):
            return piece.id
    return ""


def depth_at(depth_mm: np.ndarray, pixel: np.ndarray, radius_px: int) -> float:
    """Depth [m] of the nearest surface around a pixel, robust against holes and background; NaN if there is none."""
    x, y = int(round(float(pixel[0]))), int(round(float(pixel[1])))
    height, width = depth_mm.shape
    if not (0 <= x < width and 0 <= y < height):
        return math.nan
    window = depth_mm[max(y - radius_px, 0):y + radius_px + 1, max(x - radius_px, 0):x + radius_px + 1]
    valid = window[window > 0]
    if valid.size < max(4, window.size // 8):
        return math.nan
    near = np.percentile(valid, 20)
    return float(np.median(valid[valid <= near + 200])) / 1000.0  # 0.2 m: one limb's thickness


def face_visible(pose: Pose, camera: Camera | None = None) -> bool:
    """Whether the face is turned to the camera and inside the picture: the nose is between the ears, the left ear on
    the side where it is seen from the front, however the head is tilted."""
    left, right, nose = pose.landmarks[[p.LEFT_EAR, p.RIGHT_EAR, p.NOSE]]
    across, up = left - right, nose - pose.middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER)
    if across[0] * up[1] - across[1] * up[0] >= 0:
        return False
    if np.linalg.norm(nose - (left + right) / 2) > FACE_ASIDE * np.linalg.norm(across):
        return False
    return camera is None or all(camera.sees(pose.landmarks[i]) for i in (p.NOSE, p.LEFT_EYE, p.RIGHT_EYE))


def _in_space(pose: Pose, camera: Camera, depth_mm: np.ndarray,
              camera_to_floor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Hips, shoulders and head (3,) in the floor's frame, NaN where unknown; None when the hips cannot be had."""
    torso_px = _torso_in_picture(pose)[0]  # unknown when one looks along the torso
    radius = max(2, int(torso_px * 0.06)) if math.isfinite(torso_px) else 5
    points = {}
    for index in (p.NOSE, p.LEFT_EAR, p.RIGHT_EAR, p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.LEFT_HIP, p.RIGHT_HIP):
        depth_m = depth_at(depth_mm, pose.landmarks[index], radius)
        if math.isfinite(depth_m):
            ray = camera.ray(pose.landmarks[index])
            points[index] = ray * depth_m + ray / np.linalg.norm(ray) * SKIN_TO_JOINT_M
    if len(points) < 2:  # two are enough: of a body that falls out of the picture the hips may be all that is seen
        return None
    middle = float(np.median([point[2] for point in points.values()]))
    points = {index: point for index, point in points.items() if abs(point[2] - middle) <= REACH_M}

    def joint(*indices: int) -> np.ndarray:
        known = [points[i] for i in indices if i in points]
        if known:
            return np.mean(known, axis=0)
        if not points:
            return np.full(3, np.nan)
        # Hidden or outside the picture: the model's own skeleton, hung on the points that are known.
        anchor = np.median([points[i] - pose.world[i] for i in points], axis=0)
        return pose.world[list(indices)].mean(axis=0) + anchor

    found = np.stack([joint(p.LEFT_HIP, p.RIGHT_HIP), joint(p.LEFT_SHOULDER, p.RIGHT_SHOULDER),
                      joint(p.NOSE, p.LEFT_EAR, p.RIGHT_EAR)])
    hips, shoulders, head = found @ camera_to_floor[:3, :3].T + camera_to_floor[:3, 3]
    return None if not np.isfinite(hips).all() else (hips, shoulders, head)


def _by_size(pose: Pose, camera: Camera, camera_to_floor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hips, shoulders and head (3,) in the floor's frame, from how large the model's own skeleton is in the picture.

    Scaled orthography (DeMenthon and Davis 1995): the skeleton's spread in metres over its spread in pixels. Its error
    is along the ray, so that heights before a camera that looks nearly level are off by little. Nobody is below the
    floor: who seems to be is smaller, and nearer.
    """
    seen, size = pose.landmarks[_FRAME], pose.world[_FRAME]
    spread_px = float(np.linalg.norm(seen - seen.mean(axis=0)))
    spread_m = float(np.linalg.norm((size - size.mean(axis=0))[:, :2]))
    middle = camera.ray(seen.mean(axis=0)) * camera.fx * spread_m / max(spread_px, 1.0)
    eye = camera_to_floor[:3, 3]
    points = (pose.world - size.mean(axis=0) + middle) @ camera_to_floor[:3, :3].T
    depth_m = -float(points[_FRAME, 2].min())  # of the lowest point below the camera
    points = eye + points * (min(1.0, eye[2] / depth_m) if depth_m > 0 else 1.0)
    return tuple(points[list(part)].mean(axis=0) for part in (
        (p.LEFT_HIP, p.RIGHT_HIP), (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), (p.NOSE, p.LEFT_EAR, p.RIGHT_EAR)))


def _torso_in_picture(pose: Pose) -> tuple[float, float]:
    """Length [px] of the torso in the picture and its angle from upright [rad]."""
    up = pose.middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER) - pose.middle(p.LEFT_HIP, p.RIGHT_HIP)
    length = float(np.hypot(*up))
    return (length, math.atan2(abs(up[0]), -up[1])) if length >= 1.0 else (math.nan, math.nan)


def _aspect(pose: Pose) -> float:
    body = pose.landmarks[[p.NOSE, p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.LEFT_HIP, p.RIGHT_HIP, p.LEFT_KNEE,
                           p.RIGHT_KNEE, p.LEFT_ANKLE, p.RIGHT_ANKLE]]
    width, height = np.ptp(body, axis=0)
    return float(width / max(height, 1.0))


def _legs(pose: Pose, torso_px: float) -> float:
    return float(pose.middle(p.LEFT_ANKLE, p.RIGHT_ANKLE)[1] - pose.middle(p.LEFT_HIP, p.RIGHT_HIP)[1]) / torso_px


def _knee_bend(world: np.ndarray) -> float:
    bends = []
    for hip, knee, ankle in ((p.LEFT_HIP, p.LEFT_KNEE, p.LEFT_ANKLE), (p.RIGHT_HIP, p.RIGHT_KNEE, p.RIGHT_ANKLE)):
        thigh, shank = world[knee] - world[hip], world[ankle] - world[knee]
        lengths = float(np.linalg.norm(thigh) * np.linalg.norm(shank))
        bends.append(math.degrees(math.acos(np.clip(thigh @ shank / lengths, -1, 1))) if lengths > 1e-9 else math.nan)
    return float(np.mean(bends))
