"""A fall from the course of a skeleton in the picture alone: a small network over the last two seconds.

For cameras without depth, where no height says what the floor is. Trained on rendered people (sim/train_falls.py), so
the weights are ours. Features are free of the camera's resolution, of where the person is, and of how large.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perception import pose as p

WEIGHTS = Path(__file__).with_name("falls_learnt.npz")
STEP_S, STEPS, COLUMNS = 0.1, 20, 13
_HEAD, _SHOULDERS, _HIPS, _KNEES, _ANKLES = range(5)
_POINTS = ((p.NOSE, p.LEFT_EAR, p.RIGHT_EAR), (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), (p.LEFT_HIP, p.RIGHT_HIP),
           (p.LEFT_KNEE, p.RIGHT_KNEE), (p.LEFT_ANKLE, p.RIGHT_ANKLE))
# Limbs in the picture are shorter than they are when they point toward the camera; the longest of two seconds is taken.
_BODY = 3.6  # head to ankles along the skeleton, in torso lengths (Drillis and Contini 1966)
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
    box = marks[:, 6] - marks[:, 5]
    columns = [(foot - marks[:, part, 1]) / size for part in range(5)]
    columns += [np.abs(marks[:, part, 0] - hips) / size for part in (_HEAD, _ANKLES)]
    columns += [torso[:, 1] / np.maximum(length, 1.0), length / size, box[:, 0] / size, box[:, 1] / size,
                (hips - hips[-1]) ** 2 / size ** 2, (age > 1.5 * STEP_S).astype(float)]
    return np.clip(np.column_stack(columns), -6, 6).astype(np.float32).ravel()


class FallModel:
    """A few perceptrons whose probabilities are averaged. Rectified layers, a logistic at the end."""

    def __init__(self, members: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]], mean: np.ndarray,
                 scale: np.ndarray) -> None:
        self._members, self._mean, self._scale = members, mean, scale

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Probability 0..1 that somebody has just fallen, of features (..., STEPS * COLUMNS)."""
        known = (features - self._mean) / self._scale
        votes = []
        for layers in self._members:
            layer = known
            for weight, bias in layers[:-1]:
                layer = np.maximum(layer @ weight + bias, 0.0)
            weight, bias = layers[-1]
            votes.append(1.0 / (1.0 + np.exp(-np.clip((layer @ weight + bias)[..., 0], -30, 30))))
        return np.mean(votes, axis=0)

    def judge(self, course: Sequence[tuple[float, np.ndarray]], now_s: float) -> float:
        """The probability for one person, 0 where too little was seen of them. course: as for `describe`."""
        features = describe(course, now_s)
        return 0.0 if features is None else float(self(features))

    def save(self, path: Path) -> None:
        """Write the weights, as float32, to an .npz file."""
        arrays = {"mean": self._mean, "scale": self._scale}
        for number, layers in enumerate(self._members):
            for depth, (weight, bias) in enumerate(layers):
                arrays |= {f"weight_{number}_{depth}": weight, f"bias_{number}_{depth}": bias}
        np.savez_compressed(path, **{name: array.astype(np.float32) for name, array in arrays.items()})

    @classmethod
    def load(cls, path: Path | None = None) -> FallModel:
        """The weights of a file; None: those that come with Anban."""
        with np.load(path or WEIGHTS, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        members: list[list[tuple[np.ndarray, np.ndarray]]] = []
        while f"weight_{len(members)}_0" in arrays:
            number, layers = len(members), []
            while f"weight_{number}_{len(layers)}" in arrays:
                layers.append((arrays[f"weight_{number}_{len(layers)}"], arrays[f"bias_{number}_{len(layers)}"]))
            members.append(layers)
        return cls(members, arrays["mean"], arrays["scale"])
