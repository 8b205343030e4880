"""Whether a picture is worth searching for people: an empty room in which nothing moves is looked at once a second."""
from __future__ import annotations

import math

import cv2
import numpy as np

# Cells of 16 x 16 pixels of a 640 x 480 picture: noise of 6 grey levels, a dim night's, is below 0.4 in their means.
CELLS = (40, 30)
CHANGED_LEVELS = 4.0
# Somebody far away covers some ten cells; one alone is a lamp that flickers.
CHANGED_CELLS = 2
AT_LEAST_EVERY_S = 1.0


class Gate:
    """Asked with each picture in order of time. `passed_by`: pictures that were not worth it, in all."""

    def __init__(self) -> None:
        self._searched: np.ndarray | None = None
        self._searched_s = -math.inf
        self.passed_by = 0

    def opens(self, image: np.ndarray, time_s: float, somebody: bool) -> bool:
        """Whether to search an RGB picture (height, width, 3) uint8. `somebody`: a person is followed already."""
        cells = cv2.resize(image, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32).mean(axis=2)
        waited_s = time_s - self._searched_s
        if not (somebody or self._searched is None or not 0.0 <= waited_s < AT_LEAST_EVERY_S
                or (np.abs(cells - self._searched) > CHANGED_LEVELS).sum() >= CHANGED_CELLS):
            self.passed_by += 1
            return False
        self._searched, self._searched_s = cells, time_s
        return True
