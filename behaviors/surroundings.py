"""Where to stand and which way to look, from where the robot is on the site's plan."""
from __future__ import annotations

import math

from robot.grid import plan_grid
from robot.site import PatrolStop, Point, Site
from robot.transforms import Pose2d
from robot.viewpoints import room_looks, viewpoints

from .behavior import PersonSeen


class Surroundings:
    """`here` is the robot's place on the map [m], None while it is not known."""

    def __init__(self, site: Site) -> None:
        self._site, self._grid = site, plan_grid(site)
        self.here: Point | None = None

    def viewpoints(self, person: PersonSeen) -> list[Pose2d]:
        """Poses (x, y [m], yaw [rad]; map) from which a person is seen and heard well, best first."""
        return [] if self.here is None else viewpoints(self._grid, person.head, person.position, self.here)

    def looks(self, stop: PatrolStop) -> list[float]:
        """Directions [rad] to look in from a patrol's stop, the most important first."""
        x, y, degrees = stop.at
        return room_looks(self._grid, self._site.room(stop.room), (x, y, math.radians(degrees)),
                          self._site.robot.camera)
