"""The walls of a site as straight pieces: every piece once, with its openings, and a name that all worlds share."""
from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from robot.site import Door, Point, Site


@dataclass(frozen=True)
class Wall:
    """A straight piece of wall from start to end [m, map], or the opening of a door in one."""

    name: str  # "wall_1", "wall_2", ...; of an opening its door's id
    start: Point
    end: Point
    door: Door | None = None

    @property
    def length_m(self) -> float:
        return math.dist(self.start, self.end)

    @property
    def middle(self) -> Point:
        return between(self.start, self.end, 0.5)


def walls(site: Site) -> list[Wall]:
    """Every piece of wall once, with gaps at the doors; a piece that carries a door is the opening itself."""
    corners = [corner for room in site.rooms for corner in room.polygon]
    pieces: dict[tuple, tuple] = {}
    for room in site.rooms:
        for start, end in zip(room.polygon, room.polygon[1:] + room.polygon[:1], strict=True):
            cuts = sorted({round(_along(start, end, corner), 6) for corner in corners
                           if _off(start, end, corner) < 0.01 and 0 <= _along(start, end, corner) <= 1} | {0.0, 1.0})
            for low, high in pairwise(cuts):
                ends = sorted((between(start, end, low), between(start, end, high)))
                pieces[tuple(round(value, 2) for point in ends for value in point)] = tuple(ends)
    found: list[tuple[Point, Point, Door | None]] = []
    for start, end in pieces.values():
        openings = [door for door in site.doors if _off(start, end, door.at) < site.site.map.wall_thickness_m
                    and 0 < _along(start, end, door.at) < 1]
        length, position = math.dist(start, end), 0.0
        for door in sorted(openings, key=lambda door: _along(start, end, door.at)):
            middle, half = _along(start, end, door.at), door.width_m / 2 / length
            found.append((between(start, end, position), between(start, end, middle - half), None))
            found.append((between(start, end, middle - half), between(start, end, middle + half), door))
            position = middle + half
        found.append((between(start, end, position), end, None))
    found = [piece for piece in found if math.dist(*piece[:2]) > 0.01]
    names: list[str] = []
    for number, (_, _, door) in enumerate(found, 1):
        # A door through two rooms' own walls, a wall apart, has two openings.
        names.append(f"wall_{number}" if door is None else door.id if door.id not in names else f"{door.id}_far")
    return [Wall(name, *piece) for name, piece in zip(names, found, strict=True)]


def between(start: Point, end: Point, share: float) -> Point:
    """The point at a share (0..1) of the way from start to end."""
    return (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))


def _along(start: Point, end: Point, point: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)


def _off(start: Point, end: Point, point: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return abs((point[0] - start[0]) * dy - (point[1] - start[1]) * dx) / math.hypot(dx, dy)
