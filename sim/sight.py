"""Which rooms can be seen from a place: straight lines through open doors. What is in the others need not be drawn."""
from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass

from robot.site import Door, Site
from robot.site_checks import door_jambs

BODY_M = 1.2  # from the hips to the farthest finger or toe
DOORWAY_M = 0.5  # this near to a door's middle the other room is seen in full


@dataclass(frozen=True)
class View:
    """What may be seen from (x, y) [m, map], rather too much than too little."""

    x: float
    y: float
    yaw: float
    rooms: dict[str, list[tuple[float, float]]]  # of each room that is seen: from which to which angle beside yaw [rad]

    def holds(self, room: str | None, x: float, y: float) -> bool:
        """Whether any of somebody whose hips are at (x, y), in this room or none, may be seen."""
        away = math.dist((x, y), (self.x, self.y))
        if room is None or away <= BODY_M:
            return True
        angle = math.remainder(math.atan2(y - self.y, x - self.x) - self.yaw, math.tau)
        reach = math.asin(BODY_M / away)
        return any(low - reach < angle + turn < high + reach for low, high in self.rooms.get(room, ())
                   for turn in (-math.tau, 0.0, math.tau))


class Sight:
    """The rooms and doors of a site, as far as views go."""

    def __init__(self, site: Site, opened: Set[str] = frozenset()) -> None:
        """`opened`: the doors that stand open now though the site file has them closed; looked at with every view."""
        self._site = site
        self._opened = opened
        self._doors: dict[str, list[tuple[Door, str]]] = {room.id: [] for room in site.rooms}
        self._jambs = {}
        for door in site.doors:
            for here, there in (door.between, door.between[::-1]):
                if here in self._doors and there in self._doors:
                    self._doors[here].append((door, there))
                    self._jambs[door.id] = door_jambs(site.room(here), door.at, door.width_m)

    def view(self, x: float, y: float, yaw: float = 0.0, half_angle: float = math.pi) -> View:
        """What may be seen within half_angle of yaw [rad]; from a place in no room, all."""
        here = self._site.room_at(x, y)
        if here is None:
            return View(x, y, yaw, {room: [(-math.pi, math.pi)] for room in self._doors})
        rooms: dict[str, list[tuple[float, float]]] = {}
        ahead = [(here.id, -half_angle, half_angle, frozenset())]
        while ahead:
            room, low, high, passed = ahead.pop()
            rooms.setdefault(room, []).append((low, high))
            for door, beyond in self._open_doors(room):
                if door.id not in passed:
                    ahead += [(beyond, max(low, right), min(high, left), passed | {door.id})
                              for right, left in self._openings(door, x, y, yaw) if max(low, right) < min(high, left)]
        return View(x, y, yaw, rooms)

    def shows(self, view: View, x: float, y: float) -> bool:
        """Whether any of somebody whose hips are at (x, y) may be seen, also what reaches through a door."""
        room = self._site.room_at(x, y)
        return view.holds(room.id if room else None, x, y) or any(
            view.holds(beyond, x, y) for door, beyond in self._open_doors(room.id)
            if math.dist(door.at, (x, y)) < BODY_M + door.width_m / 2)

    def _open_doors(self, room: str) -> list[tuple[Door, str]]:
        """The doors of a room that can be looked through, and the room beyond each."""
        return [(door, beyond) for door, beyond in self._doors[room] if door.open or door.id in self._opened]

    def _openings(self, door: Door, x: float, y: float, yaw: float) -> list[tuple[float, float]]:
        """From which to which angles beside yaw a door is open to the eye; all round where one stands in it."""
        if math.dist(door.at, (x, y)) < DOORWAY_M:
            return [(-math.pi, math.pi)]
        low, high = sorted(math.remainder(math.atan2(py - y, px - x) - yaw, math.tau)
                           for px, py in self._jambs[door.id])
        return [(low, high)] if high - low < math.pi else [(-math.pi, low), (high, math.pi)]  # else: behind the back
