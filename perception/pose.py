"""People in a colour picture: the pose landmarker of mediapipe, with closer and turned looks for those it loses.

The landmarker searches the whole picture made small, for people who are upright. Of rendered people on the floor it so
finds a third from a cold start, also with the picture turned by quarters, and as many of those who stand far from a
wide camera; in a square around them, turned by one of eight angles, more than four fifths of both
(bench/closer_looks.py measures it). So whoever was lost is looked for around their last place, and while nobody is seen
at all the picture is searched part by part.
"""
from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.metadata.metadata_writers.metadata_writer import MetadataWriter

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = 0, 2, 5, 7, 8
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = 11, 12, 13, 14, 15, 16
LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE = 23, 24, 25, 26, 27, 28

# Detection confidence 0.3 instead of 0.5 finds 0.54 instead of 0.45 of lying people; still no false person (above).
DETECTION_CONFIDENCE = 0.3
# Closer looks are many. At 0.3 one in 22 squares without a person shows one, at 0.5 one in 130, and nearly as many
# people are found.
CLOSER_CONFIDENCE = 0.5
# Somebody falls over within a body's length; 1.8 found more than 1.4 and 2.4 (bench/closer_looks.py).
SQUARE_PER_BODY, SMALLEST_SQUARE_PX = 1.8, 120
# Diagonals as well: of people far away who lie, eight angles find 0.88 and four 0.62.
ANGLES_DEG = (90, 270, 45, 315, 0, 135, 225, 180)
# Whoever was lost does not come back at less than this part of their size: a bag beside them is no body.
LEAST_OF_SIZE = 0.4
FRONT_EVERY_S = 0.3  # while everybody in sight is seen by a closer look, newcomers can wait this long
BESIDE_OTHERS_S = 0.2  # between closer looks while somebody is seen already: both together cost a core at 15 Hz
# Where processor time is short (perception/budget.py), who rests among several can wait so long.
ALL_EVERY_S = 0.25
# Two poses of which one covers the other this far are one person seen twice.
SAME_PERSON_OVERLAP = 0.5


@dataclass(frozen=True, eq=False)
class Pose:
    """One skeleton of 33 landmarks in mediapipe's order.

    landmarks: (33, 2) float, pixels of the picture, may lie outside of it. visibility: (33,) float 0..1, a weak hint
    only. world: (33, 3) float, metres from the hips' middle along the camera's axes (x right, y down, z forward).
    box: left, top, right, bottom of all landmarks [px].
    """
    landmarks: np.ndarray
    visibility: np.ndarray
    world: np.ndarray
    box: tuple[float, float, float, float]

    @classmethod
    def of(cls, landmarks: np.ndarray, visibility: np.ndarray, world: np.ndarray) -> Pose:
        left, top = landmarks.min(axis=0)
        right, bottom = landmarks.max(axis=0)
        return cls(landmarks, visibility, world, (float(left), float(top), float(right), float(bottom)))

    def middle(self, *indices: int) -> np.ndarray:
        """Mean place (2,) of some landmarks [px]."""
        return self.landmarks[list(indices)].mean(axis=0)


Box = tuple[float, float, float, float]  # left, top, right, bottom [px]


def area(box: Box) -> float:
    """Of a box [px2]."""
    return (box[2] - box[0]) * (box[3] - box[1])


def common(a: Box, b: Box) -> float:
    """Area [px2] that two boxes share."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    both = common(a, b)
    return both / (area(a) + area(b) - both) if both else 0.0



@dataclass(frozen=True)
class Look:
    """A square of the picture, turned: `middle` and `side` [px], `degrees` clockwise that its upright is turned."""
    middle: tuple[float, float]
    side: float
    degrees: float = 0.0

    @classmethod
    def around(cls, box: Box, degrees: float = 0.0) -> Look:
        """Where somebody is who was last seen in `box`."""
        size = max(box[2] - box[0], box[3] - box[1])
        return cls(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), max(size * SQUARE_PER_BODY, SMALLEST_SQUARE_PX),
                   degrees)

    def holds(self, box: Box) -> bool:
        """Whether a box is well inside: its middle in the middle half of the square."""
        return max(abs((box[0] + box[2]) / 2 - self.middle[0]),
                   abs((box[1] + box[3]) / 2 - self.middle[1])) <= self.side / 4

    def picture(self, image: np.ndarray) -> np.ndarray:
        """The square as a picture of its own, no larger than the whole."""
        size = min(round(self.side), *image.shape[:2])
        to_image = np.column_stack([self._rotation * self.side / size, np.zeros(2)])
        to_image[:, 2] = self.middle - to_image[:, :2] @ (size / 2, size / 2)
        return cv2.warpAffine(image, to_image, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Places (n, 2) in shares of the square as pixels of the whole picture."""
        return (places - 0.5) * self.side @ self._rotation.T + self.middle

    def world(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) along the square's axes (x right, y down, z forward) along those of the picture."""
        return np.column_stack([points[:, :2] @ self._rotation.T, points[:, 2]])

    @property
    def _rotation(self) -> np.ndarray:
        turn = math.radians(self.degrees)
        return np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])


def searches(width: int, height: int) -> list[Look]:
    """Looks that search a whole picture for people who lie or are far away."""
    side = max(width, height) / 2
    columns, rows = (np.linspace(side / 2, length - side / 2, math.ceil(length / side * 1.3)) if length > side else
                     [length / 2] for length in (width, height))
    parts = [(x, y) for y in rows for x in columns]
    return [Look((width / 2, height / 2), max(width, height), degrees) for degrees in (90, 270)] + [
        Look(middle, side, degrees) for degrees in (0, 90, 270) for middle in parts]


class PoseFinder:
    """Finds up to `people` persons a picture. Not thread-safe; pictures come in order of time."""

    def __init__(self, people: int = 2, crowd_looks_hz: float = 1.0) -> None:
        """Looking for several people costs twice the time in each frame (60 instead of 35 ms on a busy core), so one is
        followed, and whether there are more is looked up at `crowd_looks_hz`; all are followed while there are.
        """
        bundle = model_bundle()
        self._upright = _Model(bundle, 1, DETECTION_CONFIDENCE)
        self._crowd = _Model(bundle, people, DETECTION_CONFIDENCE) if people > 1 else None
        self._closer = _Model(bundle, 1, CLOSER_CONFIDENCE)
        self._together = False  # several people in the last picture
        self._all: list[Pose] = []       # who was found in it
        self._all_s = -math.inf          # when everybody was looked for last
        self._look: Look | None = None  # the closer look that has somebody now
        self._only_close = False        # and nobody else was seen in the last picture
        self._looks = 0
        self._moved: Box | None = None  # where something moves, or moved last while somebody is missing
        self._stirred: Box | None = None  # around all that moved since then
        self._crowd_look_s = 1.0 / crowd_looks_hz
        self._next_crowd_s = self._next_front_s = self._next_look_s = -math.inf
        self._before_s: float | None = None

    def find(self, image: np.ndarray, time_s: float, missing: Sequence[Box] = (), moving: Box | None = None,
             first: Sequence[Box] = (), thrifty: bool = False) -> list[Pose]:
        """Poses in an RGB picture (height, width, 3) uint8.

        `missing`: where those were seen last who are not seen now. `moving`: where something moves. `first`: where
        those are who must not wait, `thrifty`: whether others can: several people are then all looked for four times a
        second, and in between one of the first, by turns, while the others count as seen where they were.
        """
        step_ms = 100 if self._before_s is None else int(np.clip((time_s - self._before_s) * 1e3, 1, 1000))
        if self._before_s is None or time_s < self._before_s:  # time began again: so does the waiting
            self._next_front_s, self._next_look_s, self._next_crowd_s = time_s, time_s, time_s + self._crowd_look_s
        self._before_s = time_s
        if thrifty and not missing and len(self._all) > 1 and 0.0 <= time_s - self._all_s < ALL_EVERY_S:
            self._all = self._one_of(image, step_ms, first)
            return list(self._all)
        poses = self._front(image, time_s, step_ms)
        for pose in self._close(image, time_s, step_ms, missing, moving, not poses, thrifty):
            if not _seen_already(pose, poses):
                poses.append(pose)
            else:
                self._look = None  # the front view has them as well: one is enough
        self._only_close = self._look is not None and len(poses) == 1
        self._all, self._all_s = list(poses), time_s
        return poses

    def _one_of(self, image: np.ndarray, step_ms: int, first: Sequence[Box]) -> list[Pose]:
        """Everybody as in the picture before, but for one of the first, who is looked at closely."""
        urgent = [pose for pose in self._all if any(overlap(pose.box, box) > SAME_PERSON_OVERLAP for box in first)]
        if not urgent:
            return self._all
        self._looks += 1
        one = urgent[self._looks % len(urgent)]
        now = self._closer.find(image, step_ms, Look.around(one.box))
        others = [pose for pose in self._all if pose is not one]
        if not now or _seen_already(now[0], others):
            self._all_s = -math.inf  # lost: all are looked for in the next picture
            return others
        return [*others, now[0]]

    def forget(self, image: np.ndarray) -> None:
        """Follow nobody into the next picture, of another scene: the models look for people where they were before.

        `image`: any picture of that size; what they are shown is black.
        """
        for model in self._models:
            model.find(np.zeros_like(image), 1)
        self._together, self._look, self._all = False, None, []

    def close(self) -> None:
        """Free the models."""
        for model in self._models:
            model.close()

    @property
    def _models(self) -> list[_Model]:
        return [model for model in (self._upright, self._crowd, self._closer) if model is not None]

    def _front(self, image: np.ndarray, time_s: float, step_ms: int) -> list[Pose]:
        if self._look is not None and self._only_close and time_s < self._next_front_s:
            return []
        self._next_front_s = time_s + FRONT_EVERY_S
        if self._crowd is not None and (self._together or time_s >= self._next_crowd_s):
            self._next_crowd_s = time_s + self._crowd_look_s
            poses = self._crowd.find(image, step_ms)
            self._together = len(poses) > 1
            if poses:
                return poses
        return self._upright.find(image, step_ms)

    def _close(self, image: np.ndarray, time_s: float, step_ms: int, missing: Sequence[Box], moving: Box | None,
               nobody: bool, thrifty: bool) -> list[Pose]:
        self._moved = (moving or self._moved) if missing else moving
        self._stirred = _around(self._stirred, moving) if missing else moving
        look = self._look
        if look is None and (nobody or time_s >= self._next_look_s and (missing or not thrifty)):
            look = self._next_look(image, missing, nobody)
            self._next_look_s = time_s + BESIDE_OTHERS_S
        if look is None:
            return []
        poses = [pose for pose in self._closer.find(image, step_ms, look)
                 if look is self._look or not missing or self._may_be_missing(pose.box, missing)]
        if not poses:
            self._look = None
        elif look is not self._look or not look.holds(poses[0].box):
            self._look = Look.around(poses[0].box, look.degrees)
        return poses

    def _next_look(self, image: np.ndarray, missing: Sequence[Box], nobody: bool) -> Look | None:
        """Where next to look for those who are missing, or for anybody."""
        self._looks += 1
        places = [*missing, *([self._moved] if self._moved and (missing or nobody) else [])]
        if missing or places and self._looks % 2:
            turn, which = divmod(self._looks if missing else self._looks // 2, len(places))
            return Look.around(places[which], ANGLES_DEG[turn % len(ANGLES_DEG)] if missing else 0.0)
        if nobody:
            looks = searches(image.shape[1], image.shape[0])
            return looks[self._looks // (2 if places else 1) % len(looks)]
        return None


    def _may_be_missing(self, box: Box, missing: Sequence[Box]) -> bool:
        """Whether a box can hold somebody missing: not much smaller, and where something has moved since then."""
        if not any(_diagonal(box) >= LEAST_OF_SIZE * _diagonal(other) for other in missing):
            return False
        if self._stirred is None:  # the camera moves itself
            return True
        left, top, right, bottom = self._stirred
        x, y, rim = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, _diagonal(box) / 4
        return left - rim <= x <= right + rim and top - rim <= y <= bottom + rim


class _Model:
    """One landmarker, which follows whom it has found from picture to picture."""

    def __init__(self, bundle: bytes, people: int, confidence: float) -> None:
        self._time_ms = 0
        self._landmarker = vision.PoseLandmarker.create_from_options(vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=bundle), running_mode=vision.RunningMode.VIDEO,
            num_poses=people, min_pose_detection_confidence=confidence))

    def find(self, image: np.ndarray, step_ms: int, look: Look | None = None) -> list[Pose]:
        """Poses [px of the whole picture] in an RGB picture, or in one look at it."""
        shown = image if look is None else look.picture(image)
        self._time_ms += step_ms  # mediapipe wants rising times, whatever our clock does
        result = self._landmarker.detect_for_video(
            mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=shown), self._time_ms)
        poses: list[Pose] = []
        for marks, world_marks in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True):
            seen = np.array([(mark.x, mark.y, mark.visibility) for mark in marks])
            world = np.array([(mark.x, mark.y, mark.z) for mark in world_marks])
            if look is None:
                pixels = seen[:, :2] * (image.shape[1], image.shape[0])
            else:
                pixels, world = look.pixels(seen[:, :2]), look.world(world)
            pose = Pose.of(pixels, seen[:, 2], world)
            if not _seen_already(pose, poses):
                poses.append(pose)
        return poses

    def close(self) -> None:
        self._landmarker.close()


def _diagonal(box: Box) -> float:
    return math.hypot(box[2] - box[0], box[3] - box[1])


def _around(a: Box | None, b: Box | None) -> Box | None:
    """The smallest box around both."""
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _seen_already(pose: Pose, others: list[Pose]) -> bool:
    return any(overlap(pose.box, other.box) > SAME_PERSON_OVERLAP for other in others)


def model_bundle() -> bytes:
    """The landmarker's model bundle, put together from the two models inside the mediapipe package.

    The package ships detector and landmark model bare; the tasks interface wants them in one archive and with the
    range of their input pictures written in. Nothing is downloaded or written to disk.
    """
    modules = Path(mediapipe.__file__).parent / "modules"
    parts = (("pose_detector.tflite", "pose_detection/pose_detection.tflite", 127.5, 127.5),  # pixels to -1..1
             ("pose_landmarks_detector.tflite", "pose_landmark/pose_landmark_full.tflite", 0.0, 255.0))  # to 0..1
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for name, path, mean, deviation in parts:
            writer = MetadataWriter.create(bytearray((modules / path).read_bytes()))
            writer.add_image_input([mean], [deviation])
            bundle.writestr(name, bytes(writer.populate()[0]))
    return archive.getvalue()
