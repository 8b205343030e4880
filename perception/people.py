"""Tracks as the plain data that others take: the fall detector's input, REP-155's skeleton, labels for pictures."""
from __future__ import annotations

import math

import numpy as np

from perception import pose as p
from perception.course import Person
from perception.floor import Shape
from perception.pose import Pose
from perception.posture import Posture
from perception.tracks import Track

# Order of hri_msgs/Skeleton2D (REP-155); the neck is the middle of the shoulders.
REP155 = (p.NOSE, None, p.RIGHT_SHOULDER, p.RIGHT_ELBOW, p.RIGHT_WRIST, p.LEFT_SHOULDER, p.LEFT_ELBOW, p.LEFT_WRIST,
          p.RIGHT_HIP, p.RIGHT_KNEE, p.RIGHT_ANKLE, p.LEFT_HIP, p.LEFT_KNEE, p.LEFT_ANKLE,
          p.LEFT_EYE, p.RIGHT_EYE, p.LEFT_EAR, p.RIGHT_EAR)

# A shape that appeared on the floor where somebody vanished is that person, or something large that they let fall.
BY_SHAPE = 0.8


def keypoints(pose: Pose) -> np.ndarray:
    """(18, 3) float: x, y [px], confidence 0..1 in the order of REP-155."""
    marks = np.column_stack([pose.landmarks, pose.visibility])
    neck = (marks[p.LEFT_SHOULDER] + marks[p.RIGHT_SHOULDER]) / 2
    return np.array([neck if index is None else marks[index] for index in REP155])


def fall_input(track: Track, resident_id: str = "", fall_probability: float = math.nan) -> Person:
    """One track as the fall detector wants it. `fall_probability`: of the learnt model, for want of heights.

    Heights told from the size in the picture are good enough for postures. As judges of falls they are worse than none:
    a pitch wrong by 5 degrees moves a body at 4 m by 0.35 m.
    """
    if track.shape is not None:
        return by_shape(track.track_id, track.shape, resident_id)
    body, (posture, probability) = track.sight.body, track.posture
    heights = {"size_height_m": body.torso_height_m} if body.by_size else {
        "torso_height_m": body.torso_height_m, "head_height_m": body.head_height_m}
    return Person(
        track_id=track.track_id, visible=track.visible, posture=posture, posture_probability=probability,
        resident_id=resident_id, position=(float(body.position[0]), float(body.position[1])) if body.placed else None,
        torso_angle_rad=body.torso_angle_rad, aspect=body.aspect,
        descent_speed=track.descent_speed if track.visible else math.nan, furniture=body.carrier,
        hips_above_feet=track.hips_above_feet,
        top_above_feet=track.top_above_feet, fall_probability=fall_probability, **heights)


def by_shape(track_id: str, shape: Shape, resident_id: str = "", descent_speed: float = math.nan,
             visible: bool = True) -> Person:
    """Somebody of whom only a shape on the floor is seen, as the fall detector wants them."""
    x, y = map(float, shape.center)
    return Person(
        track_id=track_id, visible=visible, posture=Posture.LYING_ON_FLOOR, posture_probability=BY_SHAPE,
        resident_id=resident_id, position=(x, y), torso_height_m=shape.height_m, head_height_m=shape.height_m,
        descent_speed=descent_speed if visible else math.nan)
