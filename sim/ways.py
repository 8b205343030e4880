"""Where people can walk and lie: the plan as polygons and a grid, shortest ways by scikit-image."""
from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import distance_transform_edt, label
from skimage.graph import route_through_array

from robot.site import Site

CELL_M = 0.05
BODY_RADIUS_M = 0.2  # a slim body passes where the middle keeps this from walls and furniture
STAND_M = 0.28  # one stands still no nearer to walls and furniture than this
COMFORT_M = 0.45  # farther away is no better


class Ways:
    """Free floor of a site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        corners = np.array([corner for room in site.rooms for corner in room.polygon])
        self._origin = corners.min(axis=0) - 0.2
        size = np.ceil((np.ptp(corners, axis=0) + 0.4) / CELL_M).astype(int)
        grid = (np.indices(size).reshape(2, -1).T + 0.5) * CELL_M + self._origin
        free = self.is_free(grid).reshape(size)
        self.clearance_m = distance_transform_edt(free) * CELL_M
        comfort = np.clip((COMFORT_M - self.clearance_m) / (COMFORT_M - BODY_RADIUS_M), 0, 1)
        self._cost = np.where(self.clearance_m >= BODY_RADIUS_M, 1 + 6 * comfort ** 2,
                              np.where(free, 60.0, -1.0))

    def is_free(self, points: np.ndarray, margin_m: float = 0.0) -> np.ndarray:
        """For map points (n, 2): inside a room or an open door, off the walls and off all furniture (n,) bool."""
        x, y = np.asarray(points, float).T
        wall = self.site.site.map.wall_thickness_m / 2 + margin_m
        inside = np.zeros(len(x), bool)
        for room in self.site.rooms:
            edges = list(zip(room.polygon, room.polygon[1:] + room.polygon[:1], strict=True))
            odd = np.zeros(len(x), bool)
            clear = np.ones(len(x), bool)
            for (x1, y1), (x2, y2) in edges:
                if y1 != y2:
                    odd ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
                length = math.hypot(x2 - x1, y2 - y1)
                along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length
                off = np.abs((x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)) / length
                clear &= ~((off < wall) & (along > -wall) & (along < length + wall))
            inside |= odd & clear
        for door in self.site.doors:
            if door.open:
                ends = self._door_axis(door)
                across = np.abs((x - door.at[0]) * ends[0] + (y - door.at[1]) * ends[1])
                through = np.abs((x - door.at[0]) * ends[1] - (y - door.at[1]) * ends[0])
                inside |= (across < door.width_m / 2 - margin_m) & (through < wall + 0.02)
        for item in self.site.furniture:
            yaw = math.radians(item.pose[2])
            dx, dy = x - item.pose[0], y - item.pose[1]
            over = ((np.abs(math.cos(yaw) * dx + math.sin(yaw) * dy) < item.size[0] / 2 + margin_m)
                    & (np.abs(math.cos(yaw) * dy - math.sin(yaw) * dx) < item.size[1] / 2 + margin_m))
            inside &= ~over
        return inside

    def reachable(self, place) -> np.ndarray:
        """Middles of all cells (n, 2) [m] with room for a body that can be walked to from a place."""
        parts, _ = label(self._cost > 0)
        cell = ((np.asarray(place) - self._origin) / CELL_M).astype(int).clip(0, np.array(parts.shape) - 1)
        near = np.argwhere(self.clearance_m >= STAND_M)
        if parts[tuple(cell)]:  # else one stands where no floor is, outside, and goes where one likes
            near = near[parts[tuple(near.T)] == parts[tuple(cell)]]
        return (near + 0.5) * CELL_M + self._origin

    def roomier(self, place) -> np.ndarray:
        """Unit vector (2,) from a place [m] toward the free floor around it."""
        directions = np.array([(math.cos(angle), math.sin(angle)) for angle in np.arange(16) * math.tau / 16])
        cells = [((np.asarray(place) + directions * far - self._origin) / CELL_M).astype(int) for far in (0.35, 0.7)]
        room = sum(self.clearance_m[tuple(cell.clip(0, np.array(self.clearance_m.shape) - 1).T)] for cell in cells)
        return directions[int(room.argmax())]

    def route(self, start, goal) -> np.ndarray:
        """A smooth way from start to goal (n, 2) [m] around walls and furniture.

        Raises ValueError if the goal cannot be reached.
        """
        cells = [tuple(((np.asarray(point) - self._origin) / CELL_M).astype(int)) for point in (start, goal)]
        cost = self._cost.copy()
        if any(not (0 <= row < cost.shape[0] and 0 <= column < cost.shape[1]) for row, column in cells):
            raise ValueError(f"no way from {tuple(start)} to {tuple(goal)}: outside this plan")
        for row, column in cells:  # one may start and end close to furniture
            cost[row, column] = max(cost[row, column], 1.0)
        try:
            indices, _ = route_through_array(cost, *cells, geometric=True)
        except ValueError as error:
            raise ValueError(f"no way from {tuple(start)} to {tuple(goal)} on this plan") from error
        points = (np.array(indices) + 0.5) * CELL_M + self._origin
        points[0], points[-1] = start, goal
        if len(points) > 8:
            kernel = np.hanning(11)[1:-1]
            padded = np.concatenate([np.repeat(points[:1], 4, 0), points, np.repeat(points[-1:], 4, 0)])
            points = np.stack([np.convolve(padded[:, axis], kernel / kernel.sum(), "valid") for axis in (0, 1)], axis=1)
            points[0], points[-1] = start, goal
        return points

    def _door_axis(self, door) -> tuple[float, float]:
        """Unit vector along the wall that holds a door."""
        best, axis = math.inf, (1.0, 0.0)
        for room in self.site.rooms:
            for (x1, y1), (x2, y2) in zip(room.polygon, room.polygon[1:] + room.polygon[:1], strict=True):
                length = math.hypot(x2 - x1, y2 - y1)
                ux, uy = (x2 - x1) / length, (y2 - y1) / length
                along = (door.at[0] - x1) * ux + (door.at[1] - y1) * uy
                off = abs((door.at[0] - x1) * uy - (door.at[1] - y1) * ux)
                if 0 < along < length and off < best:
                    best, axis = off, (ux, uy)
        return axis
