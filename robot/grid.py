"""The floor as cells: what the site file says stands where, how near it the robot may come, and what hides what.

Arrays are indexed [row, column] = [y, x]; row 0 is the southernmost. Frame `map`, metres.
"""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage
from skimage.draw import polygon as polygon_cells

from robot.site import Furniture, Point, Site

BORDER_M = 0.25  # cells around the outermost walls, so that their outer faces lie inside the grid
# Kept beside the body's own radius: localisation is good to 2-3 cm (tests/robot/test_localization.py).
SAFETY_M = 0.03
COMFORT_M = 0.6  # out to here the robot rather keeps away from things
COMFORT_COST = 8.0  # how many metres of detour one metre of scraping along a wall is worth
OBSTACLE_HEIGHT_M = 0.2  # of what only the lidar has seen: it is at least as high as the lidar
# Furniture whose footprint is mostly air at lidar height: one sees its legs, if anything.
ON_LEGS = ("table", "chair")


@dataclass(frozen=True)
class Grid:
    """Heights above the floor and what follows from them. Never changed in place."""
    heights_m: np.ndarray  # float32 [rows, columns]: 0 free floor, inf outside of all rooms
    origin: Point  # lower left corner of cell [0, 0]
    resolution_m: float
    robot_radius_m: float

    @property
    def occupied(self) -> np.ndarray:
        """bool: cells that hold something."""
        return self.heights_m > 0

    @cached_property
    def clearance_m(self) -> np.ndarray:
        """float32: distance from each cell's middle to the nearest thing, 0 inside things."""
        return np.maximum(self.surface_distance_m, 0)

    @cached_property
    def surface_distance_m(self) -> np.ndarray:
        """float32: distance to the nearest surface, negative inside things."""
        occupied, half_cell = self.occupied, self.resolution_m / 2
        if not occupied.any():
            return np.full(occupied.shape, np.inf, np.float32)
        outward = ndimage.distance_transform_edt(~occupied, self.resolution_m) - half_cell
        inward = ndimage.distance_transform_edt(occupied, self.resolution_m) - half_cell
        return np.where(occupied, -inward, outward).astype(np.float32)

    @cached_property
    def drivable(self) -> np.ndarray:
        """bool: where the robot's middle may be."""
        return self.clearance_m >= self.robot_radius_m + SAFETY_M

    @cached_property
    def costs(self) -> np.ndarray:
        """float64: cost of one metre through each cell, 1 in the open, inf where the robot does not fit."""
        spare = np.clip(self.clearance_m - self.robot_radius_m - SAFETY_M, 0, None)
        near = np.clip(1 - spare / COMFORT_M, 0, 1)
        return np.where(self.drivable, 1 + COMFORT_COST * near ** 3, np.inf)

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the cell that holds a point; may lie outside the array."""
        return (math.floor((y - self.origin[1]) / self.resolution_m),
                math.floor((x - self.origin[0]) / self.resolution_m))

    def cells(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns and a mask of the N x 2 points that lie inside the array (rows, columns only of those)."""
        indices = np.floor((points[:, ::-1] - self.origin[::-1]) / self.resolution_m).astype(int)
        inside = ((indices >= 0) & (indices < self.heights_m.shape)).all(axis=1)
        return indices[inside, 0], indices[inside, 1], inside

    def middle(self, row: float, column: float) -> Point:
        """The point in the middle of a cell."""
        return (self.origin[0] + (column + 0.5) * self.resolution_m, self.origin[1] + (row + 0.5) * self.resolution_m)

    def clearance_at(self, x: float, y: float) -> float:
        """Distance [m] from a point to the nearest thing; 0 outside the grid."""
        row, column = self.cell(x, y)
        inside = 0 <= row < self.heights_m.shape[0] and 0 <= column < self.heights_m.shape[1]
        return float(self.clearance_m[row, column]) if inside else 0.0

    def is_free(self, x: float, y: float) -> bool:
        """Whether the robot fits with its middle on this point."""
        return self.clearance_at(x, y) >= self.robot_radius_m + SAFETY_M

    def free_near(self, x: float, y: float, reach_m: float) -> Point | None:
        """The point itself where the robot fits there, else the nearest cell within reach where it does, else None."""
        if self.is_free(x, y):
            return x, y
        rows, columns = np.nonzero(self.drivable)
        if not len(rows):
            return None
        xs, ys = self.middle(rows, columns)
        away = np.hypot(xs - x, ys - y)
        best = int(np.argmin(away))
        return (float(xs[best]), float(ys[best])) if away[best] <= reach_m else None

    def reachable(self, x: float, y: float) -> np.ndarray:
        """bool: cells that the robot can drive to from a point (from the nearest free cell within 0.5 m of it)."""
        start = self.free_near(x, y, 0.5)
        if start is None:
            return np.zeros_like(self.drivable)
        labels, _ = ndimage.label(self.drivable, structure=np.ones((3, 3)))
        return labels == labels[self.cell(*start)]

    def sees(self, eye: tuple[float, float, float], targets: np.ndarray, ignore_last_m: float = 0.4) -> np.ndarray:
        """bool [N]: which of the N x 3 points an eye at (x, y, height) sees over and past everything between.

        The last stretch before a target is left out: what lies there is the target's own body.
        """
        eye_at = np.array(eye)
        length = np.linalg.norm(targets[:, :2] - eye_at[:2], axis=1)
        steps = max(2, math.ceil(float(length.max(initial=0.0)) / (self.resolution_m * 0.7)))
        part = np.linspace(0, 1, steps) * np.clip(1 - ignore_last_m / np.maximum(length, 1e-6), 0, 1)[:, None]
        line = eye_at + part[..., None] * (targets - eye_at)[:, None, :]  # [N, steps, 3]
        rows, columns, inside = self.cells(line[..., :2].reshape(-1, 2))
        hidden = np.ones(len(inside), bool)
        hidden[inside] = self.heights_m[rows, columns] > line.reshape(-1, 3)[inside, 2]
        return ~hidden.reshape(len(targets), steps).any(axis=1)

    def with_obstacles(self, points: np.ndarray, radius_m: float = 0.0) -> Grid:
        """This grid with things of the given radius standing at N x 2 points."""
        rows, columns, _ = self.cells(points)
        marked = np.zeros(self.heights_m.shape, bool)
        marked[rows, columns] = True
        if radius_m > 0 and marked.any():
            marked = ndimage.distance_transform_edt(~marked, self.resolution_m) <= radius_m
        return replace(self, heights_m=np.where(marked, np.maximum(self.heights_m, OBSTACLE_HEIGHT_M), self.heights_m))


def plan_grid(site: Site, resolution_m: float | None = None, without: Iterable[str] = ()) -> Grid:
    """The grid of a site's plan: walls along all room edges with gaps at open doors, and furniture.

    `without` leaves out furniture of these kinds (localisation: `ON_LEGS`).
    """
    resolution = resolution_m or site.site.map.resolution_m
    corners = np.array([corner for room in site.rooms for corner in room.polygon])
    low = np.floor((corners.min(axis=0) - BORDER_M) / resolution) * resolution
    rows, columns = np.ceil((corners.max(axis=0) + BORDER_M - low) / resolution).astype(int)[::-1]
    grid = Grid(np.full((rows, columns), np.inf, np.float32), (float(low[0]), float(low[1])), resolution,
                site.robot.radius_m)
    heights = grid.heights_m
    for room in site.rooms:
        heights[_inside(grid, room.polygon)] = 0
    thickness, wall_height = site.site.map.wall_thickness_m, site.site.map.wall_height_m
    for start, end in _edges(site):
        heights[_beside(grid, start, end, 0.5 * thickness, 0.5 * thickness)] = wall_height
    for door in site.doors:
        if door.open:
            left, right = _door_posts(site, door.at, door.width_m)
            # Twice the wall's depth: also where the two rooms' own edges lie a wall apart.
            heights[_beside(grid, left, right, 0.0, thickness)] = 0
    for item in site.furniture:
        if item.kind not in without:
            cells = _footprint(grid, item)
            heights[cells] = np.maximum(heights[cells], item.size[2])
    return grid


def lying_body(head: Point, middle: Point) -> np.ndarray:
    """N x 2 points along the body of somebody who lies, from the head to where the feet must be.

    Somebody of 1.6 m has the hips' middle at about 0.5 of the height, so the feet are as far below as the head above.
    """
    head_at, middle_at = np.array(head), np.array(middle)
    along = middle_at - head_at
    length = float(np.linalg.norm(along))
    along = along / length if length > 0.05 else np.zeros(2)
    return head_at + np.linspace(0, 2 * min(max(length, 0.4), 0.9), 17)[:, None] * along


def _edges(site: Site) -> list[tuple[Point, Point]]:
    return [(a, b) for room in site.rooms for a, b in zip(
        room.polygon, room.polygon[1:] + room.polygon[:1], strict=True)]


def _door_posts(site: Site, at: Point, width_m: float) -> tuple[Point, Point]:
    """Both ends of a door's gap, along the room edge that is nearest to it."""
    def distance(edge: tuple[Point, Point]) -> float:
        (x1, y1), (x2, y2) = edge
        length2 = (x2 - x1) ** 2 + (y2 - y1) ** 2
        part = min(1.0, max(0.0, ((at[0] - x1) * (x2 - x1) + (at[1] - y1) * (y2 - y1)) / length2))
        return math.hypot(at[0] - x1 - part * (x2 - x1), at[1] - y1 - part * (y2 - y1))

    (x1, y1), (x2, y2) = min(_edges(site), key=distance)
    length = math.hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / length * width_m / 2, (y2 - y1) / length * width_m / 2
    return (at[0] - dx, at[1] - dy), (at[0] + dx, at[1] + dy)


def _middles(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(grid.heights_m.shape)
    return grid.middle(rows, columns)


def _inside(grid: Grid, corners: list[Point]) -> tuple[np.ndarray, np.ndarray]:
    points = (np.array(corners) - grid.origin) / grid.resolution_m - 0.5
    return polygon_cells(points[:, 1], points[:, 0], grid.heights_m.shape)


def _beside(grid: Grid, start: Point, end: Point, over_m: float, across_m: float) -> np.ndarray:
    """bool: cells within `across_m` of the line, which is lengthened by `over_m` at both ends."""
    xs, ys = _middles(grid)
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    along = (xs - start[0]) * ux + (ys - start[1]) * uy
    across = np.abs((ys - start[1]) * ux - (xs - start[0]) * uy)
    hair = 1e-6  # a wall's face on a cell's middle must not be drawn by rounding alone
    return (along >= -over_m - hair) & (along <= length + over_m + hair) & (across <= across_m + hair)


def _footprint(grid: Grid, item: Furniture) -> tuple[np.ndarray, np.ndarray]:
    return _inside(grid, item.corners)
