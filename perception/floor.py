"""What lies on the floor: body-sized shapes in the depth picture where there were none before.

The pose model loses people as they fall and half of those who lie (perception/pose.py); the depth camera does not. A
shape alone is nobody: it counts for somebody who was lost from sight beside it.
"""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from perception.geometry import Camera
from perception.tracks import Track
from robot.grid import Grid

STEP_PX = 4                    # every fourth pixel is 2 cm at 3 m, finer than the cells of 5 cm
RANGE_M = 5.0                  # beyond, stereo depth is off by more than a body's thickness
PERIOD_S = 0.2
# A lying body is 0.15 to 0.35 m thick (Pheasant 2003: chest depth of adults); rugs and depth noise stay below 0.1 m,
# seats and tables have parts above.
LOW_M, TALL_M = (0.10, 0.55), 0.75
BESIDE_THINGS_M = 0.12         # nearer to what the plan knows, it may be that thing
FRESH_S = 1.0                  # a cell counts as it was last seen within this time
# A lying adult covers 0.5 m2; half may be hidden. Curled up one is 0.9 m long; a bag or a cat is shorter.
LEAST_AREA_M2, LEAST_LENGTH_M, MOST_LENGTH_M = 0.15, 0.60, 2.4
REACH_M = 1.5                  # a falling body comes to lie within its length of where it stood
FALL_S = 1.5                   # the shape may begin to appear this long before the person is lost
# A shape this near to somebody in sight is that person: the middle of a lying body is 0.4 m from the hips.
OF_SOMEBODY_SEEN_M = 0.6
LOST_S = 0.3                   # a frame or two without a skeleton are no loss


@dataclass(frozen=True, eq=False)
class Shape:
    """Something body-sized on the floor. center: (2,) map [m]; height_m: median of its surface above the floor."""
    center: np.ndarray
    height_m: float
    length_m: float
    area_m2: float


class FloorWatch:
    """Remembers cell by cell since when something low stands on the floor."""

    def __init__(self, grid: Grid) -> None:
        """`grid`: the plan in the frame map."""
        self._grid = grid
        self._open = grid.clearance_m > BESIDE_THINGS_M
        shape = grid.heights_m.shape
        self._was_bare = np.zeros(shape, bool)       # only where the floor was seen can something have appeared
        self._low_since_s = np.full(shape, np.inf)   # inf: bare, or not known
        self._low_seen_s = np.full(shape, -np.inf)
        self._heights_m = np.zeros(shape)
        self._next_s = -math.inf

    def look(self, depth_mm: np.ndarray, camera: Camera, camera_to_map: np.ndarray, time_s: float) -> None:
        """Take in a depth picture (height, width) uint16 mm, 0 = none, a few times a second at most."""
        if self._next_s - PERIOD_S < time_s < self._next_s:
            return
        if time_s < self._next_s - PERIOD_S:  # the clock was set back
            self._low_since_s[:], self._low_seen_s[:] = np.inf, -np.inf
        self._next_s = time_s + PERIOD_S
        points = _points(depth_mm, camera) @ camera_to_map[:3, :3].T + camera_to_map[:3, 3]
        rows, columns, inside = self._grid.cells(points[:, :2])
        heights, cells = points[inside, 2], rows * self._open.shape[1] + columns
        highest = np.full(self._open.size, -np.inf)
        np.maximum.at(highest, cells, heights)
        highest = highest.reshape(self._open.shape)
        seen = np.isfinite(highest)
        low = (highest >= LOW_M[0]) & (highest <= LOW_M[1]) & self._open
        self._low_since_s[low & np.isinf(self._low_since_s)] = time_s
        self._low_seen_s[low], self._heights_m[low] = time_s, highest[low]
        self._was_bare |= seen & (highest < LOW_M[0])
        self._low_since_s[seen & ~low], self._low_seen_s[seen & ~low] = np.inf, -np.inf

    def shapes(self, since_s: float, time_s: float) -> list[Shape]:
        """Body-sized shapes that appeared after a time and are still seen."""
        new = (self._low_seen_s >= time_s - FRESH_S) & (self._low_since_s >= since_s) & self._was_bare
        closed = cv2.morphologyEx(new.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        count, labels = cv2.connectedComponents(closed)
        found = []
        for label in range(1, count):
            rows, columns = np.nonzero((labels == label) & new)
            area_m2 = len(rows) * self._grid.resolution_m ** 2
            if area_m2 < LEAST_AREA_M2:
                continue
            points = np.column_stack(self._grid.middle(rows, columns))
            middle, sides, _ = cv2.minAreaRect(points.astype(np.float32))
            length_m = max(sides)
            if LEAST_LENGTH_M <= length_m <= MOST_LENGTH_M:
                found.append(Shape(np.array(middle), float(np.median(self._heights_m[rows, columns])),
                                   float(length_m), area_m2))
        return found

    def find_lost(self, tracks: Iterable[Track], time_s: float, others: Iterable[np.ndarray] = ()) -> None:
        """Give each track out of sight the shape that appeared beside it and is nobody else, if there is one.

        others: (2,) map [m], where people lie who are known without a skeleton.
        """
        tracks = list(tracks)
        seen = [track.sight.body.position[:2] for track in tracks if track.visible and track.sight.body.placed]
        seen += others
        for track in tracks:
            place = next((b.position[:2] for _, b in reversed(track.history) if b.placed), None)
            if track.visible or place is None or time_s - track.seen_s < LOST_S:
                continue
            near = [(float(np.hypot(*(shape.center - place))), shape)
                    for shape in self.shapes(track.seen_s - FALL_S, time_s)
                    if all(np.hypot(*(shape.center - other)) > OF_SOMEBODY_SEEN_M for other in seen)]
            distance, shape = min(near, key=lambda pair: pair[0], default=(math.inf, None))
            track.shape = shape if distance <= REACH_M else None


def _points(depth_mm: np.ndarray, camera: Camera) -> np.ndarray:
    """(N, 3) points of every fourth pixel that has a depth, camera axes [m]."""
    height, width = depth_mm.shape
    ys, xs = np.mgrid[STEP_PX // 2:height:STEP_PX, STEP_PX // 2:width:STEP_PX]
    depth = depth_mm[ys, xs].astype(float) / 1000.0
    known = (depth > 0.2) & (depth < RANGE_M)
    depth, xs, ys = depth[known], xs[known], ys[known]
    return np.column_stack([(xs - camera.cx) / camera.fx * depth, (ys - camera.cy) / camera.fy * depth, depth])
