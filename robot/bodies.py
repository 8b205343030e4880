"""The floor that people on it take: remembered, because the robot must not forget somebody whom it no longer sees."""
from __future__ import annotations

import math

import numpy as np

from robot.grid import Grid, lying_body
from robot.site import Point

# Eyes lose people who lie (docs of perception); help needs minutes to come. Whoever is seen upright is freed at once.
REMEMBER_S = 120.0
# A lying body reaches further than the lidar sees of it: arms and legs are lower than its 0.2 m.
BODY_RADIUS_M = 0.30


def kept_clear(grid: Grid, bodies: np.ndarray, robot: Point) -> Grid:
    """The grid with room around N x 2 points of lying people; less of it where the robot already stands nearer, which
    may then leave but never come closer."""
    if not len(bodies):
        return grid
    nearest = float(np.hypot(*(bodies - np.array(robot)).T).min())
    return grid.with_obstacles(bodies, min(BODY_RADIUS_M, max(0.0, nearest - 2 * grid.resolution_m)))


class LyingPeople:
    """Who was last seen on the floor, and where."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, np.ndarray]] = {}

    def see(self, track_id: str, on_floor: bool, head: Point, middle: Point, now_s: float) -> None:
        """Take in one sight of a person (map, m; a head that is not known is NaN)."""
        if on_floor and all(map(math.isfinite, middle)):
            known = all(map(math.isfinite, head)) and math.dist(head, middle) < 1.2
            self._seen[track_id] = (now_s, lying_body(head if known else middle, middle))
        else:
            self._seen.pop(track_id, None)

    def bodies(self, now_s: float) -> np.ndarray:
        """N x 2 points along all of them; a person seen under two tracks takes both places."""
        self._seen = {track: seen for track, seen in self._seen.items() if 0 <= now_s - seen[0] < REMEMBER_S}
        return np.vstack([points for _, points in self._seen.values()] or [np.zeros((0, 2))])
