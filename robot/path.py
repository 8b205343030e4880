"""The way from here to there over the grid: cheapest cells first (scikit-image), then pulled straight."""
from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from skimage.graph import MCP_Geometric

from robot.grid import Grid
from robot.site import Point

STEP_M = 0.05  # between two points of a finished path
# Somebody may have stopped us nearer to a wall than a path would lead: from there it may leave, never come closer.
ESCAPE_M = 0.6
ESCAPE_COST = 30.0


class NoPath(LookupError):
    """There is no way; the message says why."""


def find_path(grid: Grid, start: Point, goal: Point) -> np.ndarray:
    """The cheapest way from start to goal (map, m) as N x 2 float64 points 5 cm apart, both ends included.

    Raises NoPath where the goal does not fit the robot, the start is inside something, or a wall has no gap.
    """
    if not grid.is_free(*goal):
        raise NoPath(f"the robot does not fit at ({goal[0]:.2f}, {goal[1]:.2f}): "
                     f"{grid.clearance_at(*goal):.2f} m to the nearest thing, "
                     f"{grid.robot_radius_m:.2f} m needed")
    costs = costs_from(grid, start)
    search = MCP_Geometric(costs)
    begin, end = grid.cell(*start), grid.cell(*goal)
    cumulative, _ = search.find_costs([begin], [end])
    if not math.isfinite(cumulative[end]):
        raise NoPath(f"no way leads from ({start[0]:.2f}, {start[1]:.2f}) to ({goal[0]:.2f}, {goal[1]:.2f})")
    cells = np.array(search.traceback(end))
    points = np.column_stack(grid.middle(cells[:, 0], cells[:, 1]))
    points[0], points[-1] = start, goal
    return _resampled(_pulled_straight(points, cumulative[cells[:, 0], cells[:, 1]] * grid.resolution_m, costs, grid))


def costs_from(grid: Grid, start: Point) -> np.ndarray:
    """The grid's costs, opened around a start that is closer to something than the robot would choose to drive.

    Raises NoPath where the start lies outside the grid or inside something.
    """
    here = grid.clearance_at(*start)
    if here <= 0:
        raise NoPath(f"the robot itself seems to be inside a wall or thing, at ({start[0]:.2f}, {start[1]:.2f})")
    if grid.is_free(*start):
        return grid.costs
    xs, ys = grid.middle(*np.indices(grid.heights_m.shape))
    way_out = (np.hypot(xs - start[0], ys - start[1]) < ESCAPE_M) & (grid.clearance_m >= here - 0.01)
    return np.where(way_out & ~np.isfinite(grid.costs), ESCAPE_COST, grid.costs)


def travel_costs(grid: Grid, start: Point) -> np.ndarray:
    """float64 [rows, columns]: cost [m, and what comfort is worth] of the way to each cell, or inf."""
    costs = costs_from(grid, start)
    cumulative, _ = MCP_Geometric(costs).find_costs([grid.cell(*start)])
    return cumulative * grid.resolution_m


def length_m(path: np.ndarray) -> float:
    """Length of a path of N x 2 points."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _pulled_straight(points: np.ndarray, cumulative: np.ndarray, costs: np.ndarray, grid: Grid) -> np.ndarray:
    """Corner points of a path along which every straight piece costs no more than the cells it replaces."""
    kept, here = [0], 0
    while here < len(points) - 1:
        reach, step = here + 1, 2
        while step > 0 and reach < len(points) - 1:  # gallop ahead, then close in: about log n lines a corner
            ahead = min(reach + step, len(points) - 1)
            if _line_cost(points[here], points[ahead], costs, grid) <= cumulative[ahead] - cumulative[here] + 1e-6:
                reach, step = ahead, step * 2
            else:
                step //= 2
        kept.append(reach)
        here = reach
    return points[kept]


def _line_cost(start: np.ndarray, end: np.ndarray, costs: np.ndarray, grid: Grid) -> float:
    length = float(np.hypot(*(end - start)))
    count = max(2, math.ceil(length / (grid.resolution_m / 2)))
    samples = start + np.linspace(0, 1, count)[:, None] * (end - start)
    indices = ((samples - grid.origin) / grid.resolution_m - 0.5)[:, ::-1].T
    return length * float(ndimage.map_coordinates(costs, indices, order=0, mode="constant", cval=np.inf).mean())


def _resampled(corners: np.ndarray) -> np.ndarray:
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    if along[-1] < STEP_M:
        return corners[[0, -1]]
    at = np.linspace(0, along[-1], max(2, math.ceil(along[-1] / STEP_M) + 1))
    return np.column_stack([np.interp(at, along, corners[:, 0]), np.interp(at, along, corners[:, 1])])
