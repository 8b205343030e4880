"""Posture of a measured body, with probability: soft rules over heights and angles.

Proportions are those of Drillis and Contini (1966): hips at 0.53, shoulders at 0.82, torso 0.29, knees at 0.285 of
the stature. With statures of 1.45 to 1.75 m (older adults) hips stand at 0.77 to 0.93 m; on a seat of 0.40 to
0.50 m the hip joint is near 0.5 to 0.6 m; on the floor near 0.1 m.
"""
from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from perception.body import Body


class Posture(IntEnum):
    """Numbers of anban_interfaces/Person."""
    UNKNOWN = 0
    STANDING = 1
    WALKING = 2
    SITTING = 3
    BENDING = 4
    CROUCHING = 5
    SITTING_ON_FLOOR = 6
    LYING_ON_FURNITURE = 7
    LYING_ON_FLOOR = 8


ON_FLOOR = (Posture.SITTING_ON_FLOOR, Posture.LYING_ON_FLOOR)
UPRIGHT = (Posture.STANDING, Posture.WALKING)

LYING_ANGLE_DEG = 55.0     # a reclining sitter leans back to 45 degrees, a lying torso is beyond 65
BENT_ANGLE_DEG = 38.0      # walking elders stoop up to 25 degrees, picking up bends beyond 50
STANDING_HIPS_M = 0.68     # between seat (0.6) and the shortest standing hips (0.77)
FLOOR_HIPS_M = 0.30        # between lying or sitting on the floor (0.1 to 0.2) and a squat or a seat (0.4)
LOW_HEAD_M = 0.48          # heads of lying people are below 0.4 m; of those on all fours near 0.6 m, squatting 0.8 m
WALKING_MPS = 0.25         # below the slowest walkers of a nursing home (0.3 m/s), above the jitter of depth
STANDING_LEGS = 0.95       # ankles below hips in the picture, torso lengths: 1.1 to 1.5 standing, 0.5 to 1.3 sitting
SEATED_LEGS = 0.35         # squatting and sitting on the floor: 0.1 to 0.3 (URFD adl-01, adl-08; UP-Fall 6, 8)
SEATED_KNEES_DEG = 62.0    # the model's knees: 15 to 55 standing, 65 to 105 on a chair, 115 and more squatting
SQUATTING_KNEES_DEG = 110.0


def classify(body: Body, speed_mps: float = math.nan) -> dict[Posture, float]:
    """Probabilities of the postures of one body; they sum to 1. Nothing known gives UNKNOWN 1."""
    angle_deg = math.degrees(body.torso_angle_rad)
    if math.isnan(angle_deg):
        return {Posture.UNKNOWN: 1.0}
    lying = _above(angle_deg, LYING_ANGLE_DEG, 8.0)
    bent = _above(angle_deg, BENT_ANGLE_DEG, 8.0)
    scores = _by_height(body, lying, bent) if math.isfinite(body.torso_height_m) else _by_picture(body, lying, bent)
    if math.isfinite(speed_mps):
        standing = scores[Posture.STANDING]
        walking = _above(speed_mps, WALKING_MPS, 0.06)
        scores[Posture.STANDING], scores[Posture.WALKING] = standing * (1 - walking), standing * walking
    total = sum(scores.values())
    return {posture: score / total for posture, score in scores.items()}


def likeliest(probabilities: dict[Posture, float]) -> tuple[Posture, float]:
    """The most probable posture and its probability."""
    posture = max(probabilities, key=probabilities.__getitem__)
    return posture, probabilities[posture]


def blend(before: dict[Posture, float], now: dict[Posture, float], step_s: float,
          settle_s: float = 0.25) -> dict[Posture, float]:
    """Probabilities smoothed over time, so that one odd frame does not change the posture."""
    weight = 1.0 if step_s <= 0 else 1.0 - math.exp(-step_s / settle_s)
    return {p: (1 - weight) * before.get(p, 0.0) + weight * now.get(p, 0.0) for p in {*before, *now}}


def _by_height(body: Body, lying: float, bent: float) -> dict[Posture, float]:
    """From heights above the floor [m]."""
    high = _above(body.torso_height_m, STANDING_HIPS_M, 0.05)
    low = 1.0 - _above(body.torso_height_m, FLOOR_HIPS_M, 0.04)
    if math.isfinite(body.head_height_m):  # the head is seen more surely than the torso is measured
        lying *= 1.0 - _above(body.head_height_m - max(body.torso_height_m, 0.0), 0.45, 0.06)
        lying = max(lying, 1.0 - _above(body.head_height_m, LOW_HEAD_M, 0.03))
    if body.carrier:
        return {Posture.STANDING: high * (1 - bent), Posture.WALKING: 0.0, Posture.BENDING: high * bent,
                Posture.LYING_ON_FURNITURE: (1 - high) * lying, Posture.SITTING: (1 - high) * (1 - lying) + 1e-3}
    middle = max(1.0 - high - low, 0.0)
    squat = _squat(body)
    return {Posture.STANDING: high * (1 - bent), Posture.WALKING: 0.0,
            Posture.BENDING: high * bent + middle * bent * 0.3,
            Posture.LYING_ON_FLOOR: low * lying + middle * lying * 0.4,
            Posture.SITTING_ON_FLOOR: low * (1 - lying) * (1 - squat),
            Posture.CROUCHING: (middle * (1 - lying) + low * (1 - lying)) * squat,
            Posture.SITTING: middle * (1 - lying) * (1 - squat) + 1e-3}


def _by_picture(body: Body, lying: float, bent: float) -> dict[Posture, float]:
    """From the picture alone: what carries a lying person is not known, and taken for the floor."""
    flat = max(lying, _above(body.aspect, 1.25, 0.1) if math.isfinite(body.aspect) else 0.0)
    legs = body.legs if math.isfinite(body.legs) else STANDING_LEGS
    knees = body.knee_bend_deg if math.isfinite(body.knee_bend_deg) else 0.0
    long = _above(legs, STANDING_LEGS, 0.12) * (1.0 - _above(knees, SEATED_KNEES_DEG, 5.0))
    short = 1.0 - _above(legs, SEATED_LEGS, 0.1)
    squat = _squat(body)
    bent = bent * (1 - flat)
    up = (1 - flat) * (1 - bent)
    return {Posture.STANDING: up * long, Posture.WALKING: 0.0, Posture.BENDING: bent,
            Posture.LYING_ON_FLOOR: flat, Posture.SITTING_ON_FLOOR: up * short * (1 - squat),
            Posture.CROUCHING: up * (1 - long) * squat,
            Posture.SITTING: up * max(1 - long - short, 0.0) * (1 - squat) + 1e-3}


def _squat(body: Body) -> float:
    """How much the legs look squatted or kneeling."""
    return _above(body.knee_bend_deg, SQUATTING_KNEES_DEG, 8.0) if math.isfinite(body.knee_bend_deg) else 0.3


def _above(value: float, threshold: float, softness: float) -> float:
    """0..1, 0.5 at the threshold."""
    return float(1.0 / (1.0 + np.exp(-np.clip((value - threshold) / softness, -30, 30))))
