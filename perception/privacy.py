"""What may be seen of people in a picture that leaves the robot; pictures stay in memory until an alarm takes one.

Of the person whom the alarm is about the site file says how much is shown (`privacy.snapshot`); bystanders' faces
never are.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import mediapipe
import numpy as np

from perception import pose as p
from perception.drawing import draw, snapshot_jpeg
from perception.people import keypoints
from perception.pose import Box, Pose
from robot.site import Privacy

_FACE = slice(p.NOSE, p.RIGHT_EAR + 3)  # landmarks 0 to 10: eyes, nose, ears, mouth
# A head is 0.24 m high, half of a torso of 0.46 m; between the ears there are 0.15 m (Drillis and Contini 1966).
_TORSO_SHARE, _EARS_SHARE = 0.3, 0.85
_LEAST_HEAD_PX = 6
_MOSAIC = 4  # squares across a head: nobody is told from so few
_GREY = 72

Disc = tuple[float, float, float]  # middle x, y and radius [px]


def snapshot(image: np.ndarray, subject: Pose | None, others: Sequence[Pose] = (),
             shown: Privacy | None = None, box: Box | None = None) -> bytes:
    """JPEG of an RGB picture (height, width, 3) uint8 for an alarm about `subject`, cropped to them and around.

    Without a subject what is in and around the box, else the whole picture, all faces hidden. Raises ValueError as
    `snapshot_jpeg` does.
    """
    return snapshot_jpeg(redacted(image, subject, others, shown or Privacy()), subject.box if subject else box)


def redacted(image: np.ndarray, subject: Pose | None, others: Sequence[Pose], shown: Privacy) -> np.ndarray:
    """A copy of the picture that shows no more of people than it may."""
    if shown.snapshot == "skeleton":
        return skeletons(image.shape, [*([subject] if subject else []), *others])
    own = head(subject) if subject else None
    strangers = [head(other) for other in others]
    strangers += [face for face in _faces(image) if own is None or not _same(face, own)]
    if own and shown.snapshot == "hidden_faces":
        strangers.append(own)
    return hide(image, strangers)


def skeletons(shape: tuple[int, ...], poses: Sequence[Pose]) -> np.ndarray:
    """People as lines on grey, an RGB picture of the shape (height, width, ...)."""
    return draw(blank(shape), [{"keypoints": keypoints(pose)} for pose in poses])


def blank(shape: tuple[int, ...]) -> np.ndarray:
    """What stands for a picture (height, width, ...) that must not be shown."""
    return np.full((*shape[:2], 3), _GREY, np.uint8)


def head(pose: Pose) -> Disc:
    """Where a person's head is in the picture."""
    face = pose.landmarks[_FACE]
    torso = np.hypot(*(pose.middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER) - pose.middle(p.LEFT_HIP, p.RIGHT_HIP)))
    radius = max(_TORSO_SHARE * float(torso), _EARS_SHARE * float(np.ptp(face, axis=0).max()), _LEAST_HEAD_PX)
    x, y = face.mean(axis=0)
    return float(x), float(y), radius


def hide(image: np.ndarray, heads: Sequence[Disc]) -> np.ndarray:
    """A copy of the picture in which nobody can be told by these heads."""
    picture = image.copy()
    height, width = picture.shape[:2]
    for x, y, radius in heads:
        left, right = int(np.clip(x - radius, 0, width)), int(np.clip(x + radius, 0, width))
        top, bottom = int(np.clip(y - radius, 0, height)), int(np.clip(y + radius, 0, height))
        if right - left < 2 or bottom - top < 2:
            continue
        part = picture[top:bottom, left:right]
        coarse = cv2.resize(part, (_MOSAIC, _MOSAIC), interpolation=cv2.INTER_AREA)
        picture[top:bottom, left:right] = cv2.resize(coarse, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return picture


def _same(face: Disc, own: Disc) -> bool:
    return bool(np.hypot(face[0] - own[0], face[1] - own[1]) < max(face[2], own[2]))


def _faces(image: np.ndarray) -> list[Disc]:
    """Faces whose bodies the pose model may have missed."""
    height, width = image.shape[:2]
    found = _face_detector().process(np.ascontiguousarray(image)).detections or []
    boxes = [detection.location_data.relative_bounding_box for detection in found]
    return [((box.xmin + box.width / 2) * width, (box.ymin + box.height / 2) * height,
             0.8 * max(box.width * width, box.height * height)) for box in boxes]


@cache
def _face_detector() -> mediapipe.solutions.face_detection.FaceDetection:
    return mediapipe.solutions.face_detection.FaceDetection(model_selection=1, min_detection_confidence=0.3)
