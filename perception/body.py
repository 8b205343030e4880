"""A measured person: what perception/geometry.py makes of a skeleton, and postures and falls are judged by."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Body:
    """One measured person. Lengths in m, NaN where unknown; z and heights count from the floor.

    position: (3,) middle of the body; head: (3,). shoulder_y_px, hips_y_px, feet_y_px: rows in the picture (the lower
    foot's); torso_px: the torso's length there.
    aspect: width by height of the skeleton in the picture. legs: how far the ankles are below the hips in the
    picture, in torso lengths. knee_bend_deg: 0 straight.
    """
    position: np.ndarray
    head: np.ndarray
    torso_height_m: float
    head_height_m: float
    shoulder_height_m: float
    torso_angle_rad: float
    shoulder_y_px: float
    hips_y_px: float
    feet_y_px: float
    torso_px: float
    aspect: float
    legs: float
    knee_bend_deg: float
    face_visible: bool
    room: str = ""
    carrier: str = ""
    ghost: bool = False  # too small for a person by its depth
    by_size: bool = False  # place and heights told from the size in the picture, without depth

    @property
    def placed(self) -> bool:
        """Whether the place in the room is known."""
        return bool(np.isfinite(self.position).all())
