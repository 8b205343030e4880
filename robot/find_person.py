"""Looking for somebody: which places to go to, which way to turn there, and when a sight counts."""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robot.grid import Grid
from robot.site import Point, Room, Site
from robot.transforms import Pose2d, wrapped
from robot.viewpoints import room_looks, room_places, viewpoints

FRAMES_TO_BE_SURE = 3  # one or two may be a wrong detection
FACED_RAD = math.radians(10)  # a person so near the middle of the picture is not turned to
LAST_PLACE_NEAR_M, LAST_PLACE_FAR_M = 1.2, 3.0


@dataclass(frozen=True)
class Look:
    """Stand there, look that way."""
    room: str
    pose: Pose2d


@dataclass(frozen=True)
class LastSeen:
    """Where the person was last; no place when only a room sensor noticed them."""
    room: str
    place: Point | None = None


class Sightings:
    """Counts the frames in a row in which one resident is seen."""

    def __init__(self, resident_id: str) -> None:
        self.resident_id = resident_id
        self.in_a_row = 0

    def frame(self, visible_residents: Sequence[str]) -> bool:
        """Take in one frame; True from the third in a row on."""
        self.in_a_row = self.in_a_row + 1 if self.resident_id in visible_residents else 0
        return self.in_a_row >= FRAMES_TO_BE_SURE


def room_order(site: Site, first: Sequence[str], last_seen: LastSeen | None) -> list[Room]:
    """All rooms once: those asked for, the one where the person was last seen, the rest as in the site file."""
    wanted = [*first, *([last_seen.room] if last_seen else []), *(room.id for room in site.rooms)]
    known = {room.id: room for room in site.rooms}
    return [known[room_id] for room_id in dict.fromkeys(wanted) if room_id in known]


def looks(site: Site, grid: Grid, robot: Pose2d, first: Sequence[str] = (),
          last_seen: LastSeen | None = None) -> Iterator[Look]:
    """Where to look, in order: from here toward the last known place if it can be seen from a place near it, then room
    by room from its patrol stops and from what else is needed to see all of it, turning at each."""
    camera = site.robot.camera
    if last_seen and last_seen.place and (not first or last_seen.room in first):
        for pose in viewpoints(grid, None, last_seen.place, robot, camera, LAST_PLACE_NEAR_M, LAST_PLACE_FAR_M, 1):
            yield Look(last_seen.room, pose)
    for room in room_order(site, first, last_seen):
        stops = [stop.at for patrol in site.patrols for stop in patrol.stops if stop.room == room.id]
        stops = list(dict.fromkeys(stops))
        poses = [(x, y, math.radians(degrees)) for x, y, degrees in stops]
        poses += [(x, y, math.atan2(room.center[1] - y, room.center[0] - x))
                  for x, y in room_places(grid, room, robot[:2], camera, [stop[:2] for stop in stops])]
        for pose in poses:
            for yaw in room_looks(grid, room, pose, camera):
                yield Look(room.id, (*pose[:2], yaw))


def turn_to(robot: Pose2d, place: Point) -> Pose2d | None:
    """The pose in which the robot faces a place from where it stands; None when it does already."""
    yaw = math.atan2(place[1] - robot[1], place[0] - robot[0])
    return None if abs(wrapped(yaw - robot[2])) < FACED_RAD else (robot[0], robot[1], yaw)
