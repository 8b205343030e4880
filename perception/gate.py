"""Whether a picture is worth searching for people, and where.

An empty room in which nothing moves is looked at once a second, people who rest four times a second, and whoever moves
in every picture; who is not found is best looked for where something moves.
"""
from __future__ import annotations

import math

import cv2
import numpy as np

# Cells of 16 x 16 pixels of a 640 x 480 picture: noise of 6 grey levels, a dim night's, is below 0.4 in their means.
CELLS = (40, 30)
CHANGED_LEVELS = 4.0
# Somebody far away covers some ten cells; one alone is a lamp that flickers.
CHANGED_CELLS = 2
MOST_MOVING = 0.4  # of the cells: where more change, the camera moves, or the light


class Gate:
    """Asked with each picture in order of time. `passed_by`: pictures that were not worth it, in all.

    `moving`: left, top, right, bottom of what moved since the picture before [px], None where nothing or all did.
    """

    def __init__(self) -> None:
        self._searched: np.ndarray | None = None
        self._before: np.ndarray | None = None
        self.moving: tuple[float, float, float, float] | None = None
        self._searched_s = -math.inf
        self.passed_by = 0

    def opens(self, image: np.ndarray, time_s: float, enough_s: float) -> bool:
        """Whether to search an RGB picture (height, width, 3) uint8: something changed, or `enough_s` have passed."""
        cells = cv2.resize(image, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32).mean(axis=2)
        self.moving = None if self._before is None else _box(np.abs(cells - self._before), image.shape)
        self._before = cells
        waited_s = time_s - self._searched_s
        if not (self._searched is None or not 0.0 <= waited_s < enough_s - 1e-6
                or (np.abs(cells - self._searched) > CHANGED_LEVELS).sum() >= CHANGED_CELLS):
            self.passed_by += 1
            return False
        self._searched, self._searched_s = cells, time_s
        return True


def _box(changes: np.ndarray, shape: tuple[int, ...]) -> tuple[float, float, float, float] | None:
    """Around the changed cells, the few outermost left out: (rows, columns) of grey levels to pixels of the picture."""
    rows, columns = np.nonzero(changes > CHANGED_LEVELS)
    if not CHANGED_CELLS <= len(rows) <= MOST_MOVING * changes.size:
        return None
    (left, right), (top, bottom) = (np.percentile(places, [5, 95]) for places in (columns, rows))
    width, height = shape[1] / CELLS[0], shape[0] / CELLS[1]
    return left * width, top * height, (right + 1) * width, (bottom + 1) * height
