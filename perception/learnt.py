"""A fall from the course of a skeleton in the picture alone: a small network over the last two seconds.

For cameras without depth, where no height says what the floor is. Trained on rendered people (sim/train_falls.py), so
the weights are ours. Features are free of the camera's resolution, of where the person is, and of how large.
"""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from perception import pose as p

STEP_S, STEPS = 0.1, 20
_HEAD, _SHOULDERS, _HIPS, _KNEES, _ANKLES = range(5)
_POINTS = ((p.NOSE, p.LEFT_EAR, p.RIGHT_EAR), (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), (p.LEFT_HIP, p.RIGHT_HIP),
           (p.LEFT_KNEE, p.RIGHT_KNEE), (p.LEFT_ANKLE, p.RIGHT_ANKLE))
# Limbs in the picture are shorter than they are when they point toward the camera; the longest of two seconds is taken.
_BODY = 3.6  # head to ankles along the skeleton, in torso lengths (Drillis and Contini 1966)
STALE_S = 1.5  # a place this old says nothing


def points(landmarks: np.ndarray) -> np.ndarray:
    """(10, 2) float: five middles (head, shoulders, hips, knees, ankles), then left and right shoulder, hip, and the
    corners of the box, from (33, 2) landmarks [px]."""
    middles = [landmarks[list(part)].mean(axis=0) for part in _POINTS]
    body = landmarks[[p.NOSE, p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.LEFT_HIP, p.RIGHT_HIP, p.LEFT_KNEE, p.RIGHT_KNEE,
                      p.LEFT_ANKLE, p.RIGHT_ANKLE]]
    return np.array([*middles, landmarks[p.LEFT_SHOULDER], landmarks[p.RIGHT_SHOULDER], landmarks[p.LEFT_HIP],
                     body.min(axis=0), body.max(axis=0)])


def describe(course: Sequence[tuple[float, np.ndarray]], now_s: float) -> np.ndarray | None:
    """(STEPS * 13,) float32 features of what a person did until now; None where too little was seen.

    course: (time [s], points) of each sight, in order of time.
    """
    course = [sight for sight in course if now_s - STEPS * STEP_S - STEP_S <= sight[0] <= now_s + 1e-6]
    if len(course) < 3 or now_s - course[-1][0] > STALE_S:
        return None
    times = np.array([time_s for time_s, _ in course])
    places = np.stack([marks for _, marks in course])
    grid = now_s - STEP_S * np.arange(STEPS - 1, -1, -1)
    at = np.clip(np.searchsorted(times, grid + STEP_S / 2, "right") - 1, 0, None)  # the last sight before each step
    age = grid - times[at]
    marks = places[at]
    chain = np.linalg.norm(np.diff(places[:, :5], axis=1), axis=2).sum(axis=1)
    size = float(np.percentile(chain, 90)) / _BODY
    if size < 2.0:
        return None
    foot = float(np.median(np.maximum(marks[:5, _ANKLES, 1], marks[:5, _HIPS, 1])))
    hips = marks[:, _HIPS, 0]
    torso = marks[:, _SHOULDERS] - marks[:, _HIPS]
    length = np.linalg.norm(torso, axis=1)
    box = marks[:, 9] - marks[:, 8]
    columns = [(foot - marks[:, part, 1]) / size for part in range(5)]
    columns += [np.abs(marks[:, part, 0] - hips) / size for part in (_HEAD, _ANKLES)]
    columns += [torso[:, 1] / np.maximum(length, 1.0), length / size, box[:, 0] / size, box[:, 1] / size,
                (hips - hips[-1]) ** 2 / size ** 2, (age > 1.5 * STEP_S).astype(float)]
    return np.clip(np.column_stack(columns), -6, 6).astype(np.float32).ravel()


class FallModel:
    """Layers of a perceptron: tanh between, a logistic at the end."""

    def __init__(self, weights: Sequence[tuple[np.ndarray, np.ndarray]], mean: np.ndarray, scale: np.ndarray) -> None:
        self._weights, self._mean, self._scale = weights, mean, scale

    def __call__(self, features: np.ndarray) -> float:
        """Probability 0..1 that this person has just fallen."""
        layer = (features - self._mean) / self._scale
        for weight, bias in self._weights[:-1]:
            layer = np.maximum(layer @ weight + bias, 0.0)
        weight, bias = self._weights[-1]
        return 1.0 / (1.0 + math.exp(-float(np.clip((layer @ weight + bias).item(), -30, 30))))
