"""A robot without physics, for tests of navigation: ideal wheels, noisy odometry, a lidar cast over the plan."""
import math

import numpy as np

from robot.grid import ON_LEGS, plan_grid
from robot.site import Site
from robot.transforms import Pose2d, compose2d, inverse2d, wrapped

LIDAR_NOISE_M = 0.01
ODOMETRY_NOISE = 0.03  # of the way and of each turn


class KinematicRobot:
    """True pose and odometry of a robot in a site, and what its lidar measures. Circles may stand in its way."""

    def __init__(self, site: Site, pose: Pose2d, seed: int = 1) -> None:
        self.site, self.pose = site, pose
        self.odometry: Pose2d = (0.0, 0.0, 0.0)
        self.circles: list[tuple[float, float, float]] = []  # x, y, radius [m], as high as the lidar
        self.random = np.random.default_rng(seed)
        self._grid = plan_grid(site, 0.02, without=ON_LEGS)
        self.angles = np.linspace(-math.pi, math.pi, site.robot.lidar.beams, endpoint=False)
        self.driven_m = 0.0
        self._skew = 1 + self.random.normal(0, ODOMETRY_NOISE, 2)

    def step(self, speed: float, turn: float, dt: float) -> None:
        self.pose = self._moved(self.pose, speed * dt, turn * dt)
        self.driven_m += abs(speed) * dt
        self.odometry = self._moved(self.odometry, speed * dt * self._skew[0], turn * dt * self._skew[1])

    def scan(self) -> np.ndarray:
        """float64 [beams]: ranges [m], inf where nothing is within range."""
        reach = self.site.robot.lidar.range_m
        directions = np.column_stack([np.cos(self.angles + self.pose[2]), np.sin(self.angles + self.pose[2])])
        way = np.zeros(len(directions))
        for _ in range(80):  # each beam jumps by the distance to the nearest thing until it touches
            gap = self._gap(np.array(self.pose[:2]) + way[:, None] * directions)
            moving = (gap > 0.004) & (way < reach)
            if not moving.any():
                break
            way[moving] += gap[moving]
        ranges = way + self.random.normal(0, LIDAR_NOISE_M, len(way))
        return np.where(way < reach, ranges, np.inf)

    def hits(self) -> np.ndarray:
        """N x 2 points of a scan on the map, as a perfectly localised robot would place them."""
        ranges = self.scan()
        seen = np.isfinite(ranges)
        angles = self.angles[seen] + self.pose[2]
        return np.array(self.pose[:2]) + ranges[seen, None] * np.column_stack([np.cos(angles), np.sin(angles)])

    def gap_to_anything(self) -> float:
        """From the robot's rim to the nearest thing [m]; negative: it has run into it."""
        return float(self._gap(np.array([self.pose[:2]]))[0]) - self.site.robot.radius_m

    def true_map_from_odometry(self) -> Pose2d:
        return compose2d(self.pose, inverse2d(self.odometry))

    def _gap(self, points: np.ndarray) -> np.ndarray:
        rows, columns, inside = self._grid.cells(points)
        gap = np.zeros(len(points))
        gap[inside] = np.maximum(self._grid.surface_distance_m[rows, columns], 0)
        for x, y, radius in self.circles:
            gap = np.minimum(gap, np.maximum(np.hypot(points[:, 0] - x, points[:, 1] - y) - radius, 0))
        return gap

    @staticmethod
    def _moved(pose: Pose2d, way: float, turn: float) -> Pose2d:
        middle = pose[2] + turn / 2
        return pose[0] + way * math.cos(middle), pose[1] + way * math.sin(middle), wrapped(pose[2] + turn)
