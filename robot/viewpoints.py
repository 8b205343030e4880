"""Where to stand to see well: a person, on the floor above all, or all of a room."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from robot.bodies import kept_clear
from robot.grid import Grid, lying_body
from robot.path import NoPath, travel_costs
from robot.site import Camera, Point, Room
from robot.transforms import Pose2d

# The camera (1.15 m high, 14 degrees down, 59 degrees of view from top to bottom) sees the floor from 1.1 m on, and the
# pose model finds lying people in 0.89 of views under 2.3 m, 0.69 to 3.2 m.
NEAR_M, FAR_M = 1.4, 2.2
# Nearer than 1.6 m the picture's lower edge cuts a lying person: found in half of the views at 1.4 m, in all at 1.8 m.
BEST_M = 1.85
# Lying bodies are lost when they are foreshortened; seen from the side, and a little from above the head, they are not.
BEST_COSINE = 0.15
# A lying head is half a metre beside the body's middle; one nearer belongs to somebody upright, fine from all sides.
UPRIGHT_M = 0.3
TURNED_HEAD_M = 0.15  # height of a lying head
ROOM_RANGE_M = 4.5  # how far away an upright person is found and placed well
ROOM_SEEN = 0.9  # of a room's free floor: enough places to look from
ROOM_PLACES = 3
LOOK_WIDTH = 0.8  # of the camera's width per look: somebody on the picture's edge is on the next one too
LOOK_GAIN = 0.1  # of the floor seen from a place: a direction that shows less is not worth a turn


def viewpoints(grid: Grid, head: Sequence[float] | None, middle: Sequence[float], robot: Sequence[float],
               camera: Camera | None = None, near_m: float = NEAR_M, far_m: float = FAR_M,
               count: int = 8) -> list[Pose2d]:
    """Places (x, y, yaw; map) from which a person is seen well and can be spoken to, best first.

    `head` and `middle`: places of the head and of the body's middle on the map (m; without a height: on the floor),
    `head` None where unknown; `robot`: where the robot is (x, y). Every place is reachable without coming near the
    body, lies `near_m` to `far_m` from the head, sees head and middle over the furniture, faces between them, and is
    at least 0.4 m from the next one returned. Preferred: from the side rather than from the feet, about 1.85 m away, a
    short way. The list is empty where no such place exists.
    """
    eye_height = (camera or Camera()).height_m
    middle_at = np.array(middle[:2], dtype=float)
    head_at = middle_at if head is None else np.array(head[:2], dtype=float)
    body = lying_body(tuple(head_at), tuple(middle_at))
    passable = kept_clear(grid, body, (robot[0], robot[1]))
    try:
        travel = travel_costs(passable, (robot[0], robot[1]))
    except NoPath:
        return []
    rows, columns = np.nonzero(np.isfinite(travel) & passable.drivable)
    xs, ys = grid.middle(rows, columns)
    away = np.hypot(xs - head_at[0], ys - head_at[1])
    fit = (away >= near_m) & (away <= far_m)
    if not fit.any():
        return []
    rows, columns, xs, ys, away = rows[fit], columns[fit], xs[fit], ys[fit], away[fit]
    up = head_at - middle_at
    length = math.hypot(*up)
    cosine = np.full(len(xs), BEST_COSINE)
    if length > UPRIGHT_M:
        cosine = ((xs - head_at[0]) * up[0] + (ys - head_at[1]) * up[1]) / (away * length)
    # In metres of way: a view from the feet is worth a detour of 3 m, half a metre of distance 1 m.
    price = travel[rows, columns] * 0.5 + 2.5 * (cosine - BEST_COSINE) ** 2 + 2.0 * np.abs(away - BEST_M)
    targets = np.array([[*place[:2], max([TURNED_HEAD_M, *place[2:3]])] for place in (middle if head is None else head,
                                                                                     middle)])
    aim = (head_at + middle_at) / 2
    found: list[Pose2d] = []
    for index in np.argsort(price):
        x, y = float(xs[index]), float(ys[index])
        if any(math.hypot(x - other[0], y - other[1]) < 0.4 for other in found):
            continue
        if grid.sees((x, y, eye_height), targets).all():
            found.append((x, y, math.atan2(aim[1] - y, aim[0] - x)))
            if len(found) == count:
                break
    return found


def room_places(grid: Grid, room: Room, robot: Point, camera: Camera | None = None,
                seen_already_from: Sequence[Point] = ()) -> list[Point]:
    """Up to three reachable places (x, y; map) in a room from which together nearly all of its floor can be seen.

    Starts from the views of `seen_already_from` (patrol stops, say) and adds what these miss, best view first.
    """
    eye_height = (camera or Camera()).height_m
    try:
        reachable = np.isfinite(travel_costs(grid, robot)) & grid.drivable
    except NoPath:
        return []
    every = max(1, round(0.4 / grid.resolution_m))
    floor = _room_cells(grid, room, grid.heights_m < 1.0, every)
    stands = _room_cells(grid, room, reachable, every)
    if not len(floor) or not len(stands):
        return []
    people = np.column_stack([floor, np.full(len(floor), 0.8)])  # the chest of somebody who sits

    def seen_from(x: float, y: float) -> np.ndarray:
        near = np.hypot(*(floor - (x, y)).T) <= ROOM_RANGE_M
        return near & grid.sees((x, y, eye_height), people)

    seen = np.zeros(len(floor), bool)
    for place in seen_already_from:
        seen |= seen_from(*place)
    views, places = np.array([seen_from(*stand) for stand in stands]), []
    while seen.mean() < ROOM_SEEN and len(places) + len(seen_already_from) < ROOM_PLACES:
        gains = (views & ~seen).sum(axis=1)
        best = int(np.argmax(gains))
        if gains[best] < 0.05 * len(floor):
            break
        places.append((float(stands[best][0]), float(stands[best][1])))
        seen |= views[best]
    return places


def room_looks(grid: Grid, room: Room, pose: Pose2d, camera: Camera | None = None) -> list[float]:
    """Directions [rad, map] to look in from a place, so that what of the room's floor can be seen from it is seen.

    The first is the pose's own; then the one that shows most of what the others have not, and so on.
    """
    camera = camera or Camera()
    floor = _room_cells(grid, room, grid.heights_m < 1.0, max(1, round(0.2 / grid.resolution_m)))
    x, y, yaw = pose
    lying = np.column_stack([floor, np.full(len(floor), TURNED_HEAD_M)])
    away = np.hypot(*(floor - (x, y)).T)
    shown = grid.sees((x, y, camera.height_m), lying) & (away >= NEAR_M / 2) & (away <= ROOM_RANGE_M)
    bearings = np.arctan2(floor[shown, 1] - y, floor[shown, 0] - x)
    looks, directions = [yaw], np.radians(np.arange(0, 360, 5))
    half = math.radians(camera.hfov_deg) * LOOK_WIDTH / 2

    def in_view(yaws: np.ndarray) -> np.ndarray:
        return np.abs((bearings - yaws[:, None] + math.pi) % math.tau - math.pi) <= half

    seen, views = in_view(np.array([yaw]))[0], in_view(directions)
    while len(bearings):
        gains = (views & ~seen).sum(axis=1)
        best = gains == gains.max()
        if gains.max() < LOOK_GAIN * len(bearings):
            break
        # Of directions that show as much the middle one, so that what is new stands in the middle of the picture.
        chosen = int(np.flatnonzero(best)[best.sum() // 2])
        looks.append(float(directions[chosen]))
        seen |= views[chosen]
    return looks


def _room_cells(grid: Grid, room: Room, where: np.ndarray, every: int) -> np.ndarray:
    """N x 2 middles of every n-th cell that lies in the room and in the mask."""
    rows, columns = np.nonzero(where[::every, ::every])
    xs, ys = grid.middle(rows * every, columns * every)
    inside = [room.contains(x, y) for x, y in zip(xs, ys, strict=True)]
    return np.column_stack([xs, ys])[inside] if len(xs) else np.zeros((0, 2))
