"""Where the robot is on the plan, from laser scans: each scan is slid onto the walls until it fits.

The plan gives a field of distances to the nearest surface; Gauss-Newton steps with Cauchy weights move the odometry's
guess so that the hits lie on surfaces, after the likelihood field of S. Thrun, W. Burgard, D. Fox, "Probabilistic
Robotics", 2005, ch. 6.4. People and things that are not on the plan are outliers to the weights.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from robot.grid import ON_LEGS, plan_grid
from robot.site import Site
from robot.transforms import Pose2d, compose2d, inverse2d, wrapped

FIELD_RESOLUTION_M = 0.02
BEAMS_USED = 180  # every second of 360: half the time, the same accuracy
LIDAR_SIGMA_M = 0.03  # noise of the lidar and of the plan's own lines
# What odometry may be wrong by between two scans: 5 % of 5 cm, and slip. Ties the pose down along a bare corridor.
ODOMETRY_SIGMA = np.array([0.02, 0.02, 0.02])
FIT_SCALE_M = 0.08  # hits further from surfaces than this count less and less
SEARCH_SCALE_M = 0.4  # the same while the pose is uncertain
INLIER_M = 0.08
# Rendered and cast scans of the furnished flat with a person in the room fit by 0.8 or more; a pose that is wrong by
# 0.5 m or 20 degrees fits by less than 0.45 (tests/robot/test_localization.py).
GOOD_FIT, LOST_FIT = 0.65, 0.5
# In the wrong room a scan can fit by 0.75; in the right place, with two strangers in view, it did by 0.87 or more.
SURE_FIT = 0.8
LOST_AFTER_S = 1.0
SEARCH_OFFSETS_M = (-0.4, 0.0, 0.4)
SEARCH_TURNS_RAD = tuple(math.radians(a) for a in (-24, -12, 0, 12, 24))
FEWEST_HITS = 20
# The search over the whole floor: close enough for the slide to find home (30 cm, 10 degrees), 0.1 s in a flat.
FLOOR_STEP_M, FLOOR_TURNS, FLOOR_HITS, FLOOR_BEST = 0.3, 36, 40, 20
FLOOR_PERIOD_S = 2.0


@dataclass(frozen=True)
class Fix:
    """What one scan said about the pose."""
    pose: Pose2d  # of base_link on the map, at the scan's time
    map_from_odom: Pose2d
    fit: float  # 0..1: part of the hits that lie within 8 cm of something on the plan
    lost: bool  # the scans have not fitted for a second: do not drive by this pose
    moved_m: float  # correction against the odometry's guess
    reason: str


class Localizer:
    """Keeps the transform from odometry to the map. Feed every scan to `update`."""

    def __init__(self, site: Site, start: Pose2d, odometry: Pose2d = (0.0, 0.0, 0.0)) -> None:
        """`start`: where the robot is on the map while its odometry says `odometry`."""
        grid = plan_grid(site, FIELD_RESOLUTION_M, without=ON_LEGS)
        self._field = grid.surface_distance_m.astype(np.float64)
        self._origin = np.array(grid.origin) + FIELD_RESOLUTION_M / 2  # middle of cell [0, 0]
        every = round(FLOOR_STEP_M / FIELD_RESOLUTION_M)
        rows, columns = np.nonzero(grid.clearance_m[::every, ::every] > 0.15)
        self._floor = np.column_stack(grid.middle(rows * every, columns * every))
        self._wall_m = site.site.map.wall_thickness_m
        # Hits on these say nothing: what of them is at lidar height is not on the plan.
        self._legged = [item for item in site.furniture if item.kind in ON_LEGS]
        self.map_from_odom: Pose2d = (0.0, 0.0, 0.0)
        self.lost = False
        self._bad_since: float | None = None
        self._sure = False  # until a scan has confirmed the start, it may be anywhere
        self._searched_s = -math.inf
        self.place(start, odometry)

    def place(self, pose: Pose2d, odometry: Pose2d) -> None:
        """Set the pose from outside (the dock at start, or somebody who points at the map)."""
        self.map_from_odom = compose2d(pose, inverse2d(odometry))
        self._bad_since, self.lost, self._sure = None, False, False

    def pose(self, odometry: Pose2d) -> Pose2d:
        """The pose on the map that belongs to a pose of the odometry."""
        return compose2d(self.map_from_odom, odometry)

    def update(self, odometry: Pose2d, hits: np.ndarray, time_s: float) -> Fix:
        """Correct by one scan: `hits` are N x 2 points in base_link [m] (no returns left out), `odometry` the pose
        that the wheels gave for the scan's time."""
        guess = self.pose(odometry)
        hits = hits[::max(1, len(hits) // BEAMS_USED)]
        hits = self._without_legged(guess, hits)
        if len(hits) < FEWEST_HITS:
            return self._judge(guess, guess, 0.0, time_s, odometry, f"only {len(hits)} beams return")
        pose = self._slide(guess, hits, FIT_SCALE_M)
        fit = self._fit(pose, hits)
        if fit < GOOD_FIT:
            pose, fit = self._search(guess, hits, pose, fit, wide=self.lost)
        self._sure = fit >= SURE_FIT or self._sure and not self.lost
        if not self._sure and not 0 <= time_s - self._searched_s < FLOOR_PERIOD_S:
            self._searched_s = time_s
            elsewhere, its_fit = self._anywhere(hits)
            if its_fit >= SURE_FIT and its_fit > fit + 0.1:
                pose, fit = elsewhere, its_fit
        return self._judge(guess, pose, fit, time_s, odometry, "")

    def _judge(self, guess: Pose2d, pose: Pose2d, fit: float, time_s: float, odometry: Pose2d, reason: str) -> Fix:
        if fit >= LOST_FIT:
            self._bad_since, self.lost = None, False
            self.map_from_odom = compose2d(pose, inverse2d(odometry))
        else:  # keep to the odometry: a bad fit is worse than none
            pose = guess
            self._bad_since = time_s if self._bad_since is None or time_s < self._bad_since else self._bad_since
            self.lost = time_s - self._bad_since >= LOST_AFTER_S
            reason = reason or f"only {fit:.0%} of the scan fit the plan"
        moved = math.hypot(pose[0] - guess[0], pose[1] - guess[1])
        return Fix(pose, self.map_from_odom, fit, self.lost, moved, reason)

    def _search(self, guess: Pose2d, hits: np.ndarray, best: Pose2d, best_fit: float,
                wide: bool) -> tuple[Pose2d, float]:
        """Slide from several starts, coarse to fine; keep what fits best."""
        offsets = [(x, y) for x in SEARCH_OFFSETS_M for y in SEARCH_OFFSETS_M] if wide else [(0.0, 0.0)]
        few = hits[::3]
        for dx, dy in offsets:
            for turn in SEARCH_TURNS_RAD:
                start = (guess[0] + dx, guess[1] + dy, guess[2] + turn)
                pose = self._slide(start, few, SEARCH_SCALE_M, tied=False)
                pose = self._slide(pose, few, FIT_SCALE_M, tied=False)
                if self._fit(pose, few) > best_fit - 0.05:
                    pose = self._slide(pose, hits, FIT_SCALE_M, tied=False)
                    fit = self._fit(pose, hits)
                    if fit > best_fit + 0.02:
                        best, best_fit = pose, fit
        return best, best_fit

    def _anywhere(self, hits: np.ndarray) -> tuple[Pose2d, float]:
        """The pose on the whole floor that fits best, with a fit of 0 where two places fit nearly as well."""
        few = hits[::max(1, len(hits) // FLOOR_HITS)]
        misses = np.empty((FLOOR_TURNS, len(self._floor)))
        turns = np.linspace(-math.pi, math.pi, FLOOR_TURNS, endpoint=False)
        for row, yaw in enumerate(turns):
            c, s = math.cos(yaw), math.sin(yaw)
            points = self._floor[:, None, :] + few @ np.array([[c, s], [-s, c]])
            cells = np.rint((points - self._origin) / FIELD_RESOLUTION_M).astype(int)
            cells = np.clip(cells, 0, np.array(self._field.shape)[::-1] - 1)
            misses[row] = np.minimum(np.abs(self._field[cells[..., 1], cells[..., 0]]), SEARCH_SCALE_M).mean(axis=1)
        found = []
        for index in np.argsort(misses, axis=None)[:FLOOR_BEST]:
            row, place = np.unravel_index(index, misses.shape)
            pose = self._slide((*self._floor[place], turns[row]), few, SEARCH_SCALE_M, tied=False)
            pose = self._slide(pose, hits, FIT_SCALE_M, tied=False)
            found.append((self._fit(pose, hits), pose))
        fit, best = max(found)
        rivals = [other for other, pose in found
                  if math.dist(pose[:2], best[:2]) > 0.5 or abs(wrapped(pose[2] - best[2])) > 0.5]
        return best, fit if fit > max(rivals, default=0.0) + 0.05 else 0.0

    def _slide(self, guess: Pose2d, hits: np.ndarray, scale_m: float, tied: bool = True, steps: int = 12) -> Pose2d:
        """Gauss-Newton from a guess; `tied` adds what is known of the odometry's error."""
        state = np.array(guess)
        tie = np.diag(1 / ODOMETRY_SIGMA ** 2) if tied else np.diag([1e-3, 1e-3, 1e-3])
        for _ in range(steps):
            c, s = math.cos(state[2]), math.sin(state[2])
            arms = hits @ np.array([[c, s], [-s, c]])  # from the robot to each hit, turned into the map
            value, slope = self._misses(state[:2], arms)
            # Cauchy: a hit at the scale's distance counts half.
            weight = 1 / (1 + (value / scale_m) ** 2) / LIDAR_SIGMA_M ** 2
            jacobian = np.column_stack([slope, -slope[:, 0] * arms[:, 1] + slope[:, 1] * arms[:, 0]])
            weighted = jacobian * weight[:, None]
            off = state - guess
            change = np.linalg.solve(weighted.T @ jacobian + tie, -(weighted.T @ value) - tie @ off)
            state = state + np.clip(change, -0.2, 0.2)
            if abs(change[:2]).max() < 5e-4 and abs(change[2]) < 3e-4:
                break
        return float(state[0]), float(state[1]), wrapped(float(state[2]))

    def _fit(self, pose: Pose2d, hits: np.ndarray) -> float:
        c, s = math.cos(pose[2]), math.sin(pose[2])
        value, _ = self._misses(np.array(pose[:2]), hits @ np.array([[c, s], [-s, c]]))
        return float((np.abs(value) < INLIER_M).mean())

    def _misses(self, eye: np.ndarray, arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far each hit lies before (+) or behind (-) the surface that it must be on [N], and the slope [N, 2].

        Walls are thin: a hit near a face that looks away from the robot belongs on the wall's other face, which is
        what keeps the pose from settling one wall's thickness off.
        """
        value, slope = self._sample(eye + arms)
        facing_away = (slope * arms).sum(axis=1) > 0.3 * np.hypot(*arms.T)
        return (np.where(facing_away, -(self._wall_m + value), value),
                np.where(facing_away[:, None], -slope, slope))

    def _sample(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance to the nearest surface [N] and its slope [N, 2] at map points, bilinear between cell middles."""
        at = (points - self._origin) / FIELD_RESOLUTION_M
        rows, columns = self._field.shape
        x, y = np.clip(at[:, 0], 0, columns - 1.001), np.clip(at[:, 1], 0, rows - 1.001)
        i, j = y.astype(int), x.astype(int)
        v, u = y - i, x - j
        f00, f01, f10, f11 = self._field[i, j], self._field[i, j + 1], self._field[i + 1, j], self._field[i + 1, j + 1]
        value = (f00 * (1 - u) + f01 * u) * (1 - v) + (f10 * (1 - u) + f11 * u) * v
        slope = np.column_stack([(f01 - f00) * (1 - v) + (f11 - f10) * v, (f10 - f00) * (1 - u) + (f11 - f01) * u])
        return value, slope / FIELD_RESOLUTION_M

    def _without_legged(self, pose: Pose2d, hits: np.ndarray) -> np.ndarray:
        if not self._legged or not len(hits):
            return hits
        c, s = math.cos(pose[2]), math.sin(pose[2])
        on_map = np.array(pose[:2]) + hits @ np.array([[c, s], [-s, c]])
        keep = np.ones(len(hits), bool)
        for item in self._legged:
            yaw, half = math.radians(item.pose[2]), (item.size[0] / 2 + INLIER_M, item.size[1] / 2 + INLIER_M)
            offset = on_map - item.pose[:2]
            along, across = offset @ [math.cos(yaw), math.sin(yaw)], offset @ [-math.sin(yaw), math.cos(yaw)]
            keep &= (np.abs(along) > half[0]) | (np.abs(across) > half[1])
        return hits[keep]
