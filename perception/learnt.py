"""A fall from the course of a skeleton in the picture alone: boosted trees over the last two seconds.

For cameras without depth, where no height says what the floor is. Trained on the simulated people only
(bench/train_falls.py), so the weights are ours. Features are free of the camera's resolution, of where the person is,
and of how large.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perception import pose as p

WEIGHTS = Path(__file__).with_name("falls_learnt.npz")
STEP_S, STEPS, COLUMNS = 0.1, 20, 13
SPAN_S = STEPS * STEP_S
_HEAD, _SHOULDERS, _HIPS, _KNEES, _ANKLES, UPPER_LEFT, _LOWER_RIGHT = range(7)  # of `points`
_POINTS = ((p.NOSE, p.LEFT_EAR, p.RIGHT_EAR), (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), (p.LEFT_HIP, p.RIGHT_HIP),
           (p.LEFT_KNEE, p.RIGHT_KNEE), (p.LEFT_ANKLE, p.RIGHT_ANKLE))
# Limbs in the picture are shorter than they are when they point toward the camera; the longest of two seconds is taken.
_BODY = 3.6  # head to ankles along the skeleton, in torso lengths (Drillis and Contini 1966)
_LEAST_PX = 2.0  # a torso smaller than this says nothing
STALE_S = 1.5  # a place this old says nothing


def points(landmarks: np.ndarray) -> np.ndarray:
    """(7, 2) float: five middles (head, shoulders, hips, knees, ankles) and two corners of the box, from (33, 2)
    landmarks [px]."""
    middles = [landmarks[list(part)].mean(axis=0) for part in _POINTS]
    body = landmarks[[p.NOSE, p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.LEFT_HIP, p.RIGHT_HIP, p.LEFT_KNEE, p.RIGHT_KNEE,
                      p.LEFT_ANKLE, p.RIGHT_ANKLE]]
    return np.array([*middles, body.min(axis=0), body.max(axis=0)])


def describe(course: Sequence[tuple[float, np.ndarray]], now_s: float) -> np.ndarray | None:
    """(STEPS * COLUMNS,) float32 features of what a person did until now; None where too little was seen.

    course: (time [s], points) of each sight, in order of time.
    """
    course = [sight for sight in course if now_s - SPAN_S - STEP_S <= sight[0] <= now_s + 1e-6]
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
    if size < _LEAST_PX:
        return None
    foot = float(np.median(np.maximum(marks[:5, _ANKLES, 1], marks[:5, _HIPS, 1])))
    hips = marks[:, _HIPS, 0]
    torso = marks[:, _SHOULDERS] - marks[:, _HIPS]
    length = np.linalg.norm(torso, axis=1)
    box = marks[:, _LOWER_RIGHT] - marks[:, UPPER_LEFT]
    columns = [(foot - marks[:, part, 1]) / size for part in range(5)]
    columns += [np.abs(marks[:, part, 0] - hips) / size for part in (_HEAD, _ANKLES)]
    columns += [torso[:, 1] / np.maximum(length, 1.0), length / size, box[:, 0] / size, box[:, 1] / size,
                (hips - hips[-1]) ** 2 / size ** 2, (age > 1.5 * STEP_S).astype(float)]
    return np.clip(np.column_stack(columns), -6, 6).astype(np.float32).ravel()


class FallModel:
    """Trees whose answers add up to the log of the odds (Friedman 2001).

    Nodes of all trees stand one after the other: `feature` (n,) int16, `threshold` (n,) float32, `below` and `above`
    (n,) int32, the next node where the feature is at most, or over, the threshold; of leaves both are the leaf itself.
    `value` (n,) float32: what a leaf adds. `roots` (trees,) int32.
    """

    ARRAYS = ("feature", "threshold", "below", "above", "value", "roots")

    def __init__(self, **arrays: np.ndarray) -> None:
        self._arrays = [arrays[name] for name in self.ARRAYS]

    def __call__(self, features: np.ndarray) -> float:
        """Probability 0..1 that somebody has just fallen, of features (STEPS * COLUMNS,)."""
        feature, threshold, below, above, value, at = self._arrays
        while True:
            onward = np.where(features[feature[at]] <= threshold[at], below[at], above[at])
            if (onward == at).all():
                return float(1.0 / (1.0 + np.exp(-value[at].sum())))
            at = onward

    def judge(self, course: Sequence[tuple[float, np.ndarray]], now_s: float) -> float:
        """The probability for one person, 0 where too little was seen of them. course: as for `describe`."""
        features = describe(course, now_s)
        return 0.0 if features is None else self(features)

    def save(self, path: Path) -> None:
        """Write the trees to an .npz file."""
        np.savez_compressed(path, **dict(zip(self.ARRAYS, self._arrays, strict=True)))

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> FallModel:
        """The trees of a file, by default those that come with Anban."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(**{name: kept[name] for name in cls.ARRAYS})
