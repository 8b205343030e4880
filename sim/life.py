"""Daily life: what one does at home, going in and out by a door, coming to another person and helping her up.

Each is a motion like those of motion.py, or a short list of them.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robot.site import Door, Furniture, Site
from sim.clips import Clip
from sim.course import Course, Motion, Situation
from sim.motion import Hold, LieInBed, SitOn, TakePill, WalkTo
from sim.poses import POSES, placed

ACTIVITIES = ("sleep", "toilet", "eat", "watch_television", "wander", "visit")
OUTSIDE_M, INSIDE_M = 0.75, 0.8  # how far from a door one stands before and after going through
BESIDE_M = (0.62, 0.75, 0.9, 1.1)  # near enough to reach a hand
TABLE_REACH_M = 1.6  # from the middle of a seat to the middle of the table one eats at


@dataclass(frozen=True)
class Wander:
    """Walks about the house without an aim, from place to place, stopping at each for a while."""

    places: int = 3

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        for _ in range(self.places):
            spots = now.ways.reachable(course.stance.position[:2])
            course.walk(spots[now.rng.integers(len(spots))])
            course.turn(course.heading + float(now.rng.uniform(-1.5, 1.5)))
            course.blend(float(now.rng.uniform(1.0, 6.0)), "standing", course.stance)
        return course.clips


@dataclass(frozen=True)
class GoToRoom:
    """Walks to some free place of a room. Event "arrived"."""

    room: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        room = now.site.room(self.room)
        spots = [spot for spot in now.ways.reachable(now.stance.position[:2]) if room.contains(*spot)]
        if not spots:
            raise ValueError(f"no way into the room {self.room!r}; is its door open?")
        return WalkTo((tuple(spots[now.rng.integers(len(spots))]),)).plan(now)


@dataclass(frozen=True)
class Approach:
    """Walks up to a place [m, map] on the floor where there is room, and turns to it. Event "arrived"."""

    place: tuple[float, float]
    distances_m: tuple[float, ...] = BESIDE_M

    def plan(self, now: Situation) -> Sequence[Clip]:
        course = Course(now)
        course.rise()
        target = np.array(self.place)
        course.walk(self._spot(now, course.stance.position[:2], target))
        to = target - course.stance.position[:2]
        course.turn(math.atan2(to[1], to[0]))
        course.blend(0.4, "standing", course.stance, event=("arrived", "{:.2f} {:.2f}".format(*self.place)))
        return course.clips

    def _spot(self, now: Situation, here: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The place at one of the distances, nearest first, that can be reached and lies nearest to where one is."""
        reachable = now.ways.reachable(here)
        away = np.linalg.norm(reachable - target, axis=1)
        for distance in self.distances_m:
            near = reachable[np.abs(away - distance) < 0.06]
            if len(near):
                return near[np.linalg.norm(near - here, axis=1).argmin()]
        return reachable[away.argmin()]


@dataclass(frozen=True)
class HelpUp:
    """Comes to a person on the floor, kneels down, helps while she gets up, and stands up again. Event "helps"."""

    person: str
    place: tuple[float, float]

    def plan(self, now: Situation) -> Sequence[Clip]:
        course, posing = Course(now), now.posing
        for clip in Approach(self.place).plan(now):
            course.add(clip)
        xy, yaw = course.stance.position[:2], course.heading
        course.blend(1.4, "kneeling", posing.rested(placed(POSES["kneel_one"], xy, yaw)), event=("helps", self.person))
        course.blend(6.0, "kneeling", posing.rested(placed(now.varied(POSES["give_hands"]), xy, yaw)))
        course.blend(1.8, "standing", posing.standing(xy, yaw, POSES["lift"]))
        course.blend(1.5, "standing", posing.standing(xy, yaw))
        return course.clips


@dataclass(frozen=True)
class ThroughDoor:
    """Opens a door to the outside, goes through and closes it: in from behind it, or out of the house.

    Events "opens_door", "closes_door" and "came_in" or "went_out".
    """

    door: str
    inward: bool

    def plan(self, now: Situation) -> Sequence[Clip]:
        door = next(door for door in now.site.doors if door.id == self.door)
        outside, inside = door_sides(now.site, door)
        course = Course(now)
        course.rise()
        if not self.inward:
            course.walk(inside)
        there = inside if self.inward else outside
        course.turn(math.atan2(*(there - course.stance.position[:2])[::-1]))
        course.blend(0.5, "standing", course.stance, event=("opens_door", self.door))
        course.walk(there, way=np.linspace(course.stance.position[:2], there, 40))
        course.blend(0.4, "standing", course.stance, event=("came_in" if self.inward else "went_out", self.door))
        course.blend(0.4, "standing", course.stance, event=("closes_door", self.door))
        return course.clips


def door_sides(site: Site, door: Door) -> tuple[np.ndarray, np.ndarray]:
    """Places (2,) [m] before a door to the outside and behind it, in the house. Raises ValueError for an inner door."""
    if "outside" not in door.between:
        raise ValueError(f"the door {door.id!r} leads to no outside; use one whose `between:` names outside")
    at = np.array(door.at)
    for angle in np.arange(4) * math.pi / 2:
        out = np.array([math.cos(angle), math.sin(angle)])
        if site.room_at(*(at + out * 0.4)) is None and site.room_at(*(at - out * 0.4)) is not None:
            return at + out * OUTSIDE_M, at - out * INSIDE_M
    raise ValueError(f"no room on either side of the door {door.id!r}")


def activity(name: str, person: str, site: Site, *, at: tuple[float, float] | None = None, room: str | None = None,
             minutes: float | None = None) -> list[Motion]:
    """The motions of an activity of daily life.

    at: where the person stands who is visited; room: where to instead of the usual place; minutes: how long, for what
    ends by itself. Raises ValueError, with a remedy, if the site has not what it takes.
    """
    if name == "sleep":
        return [LieInBed(own_bed(person, site).id)]
    if name == "watch_television":
        return [SitOn(television_seat(site).id)]
    if name == "eat":
        seconds = 60 * (minutes or 3)
        return [SitOn(table_seat(site).id), *[TakePill("ate") for _ in range(max(1, round(seconds / 6)))]]
    if name == "toilet":
        place = room or bathroom(site)
        seats = [item for item in site.furniture if item.kind == "toilet" and item.room == place]
        return [SitOn(seats[0].id) if seats else GoToRoom(place), Hold(60 * (minutes or 1.5))]
    if name == "wander":
        return [Wander(max(1, round((minutes or 0.5) * 6)))]
    if name == "visit":
        return [*([GoToRoom(room)] if room else []), *([Approach(at, (1.1, 1.4, 0.9))] if at else []),
                Hold(60 * (minutes or 0.5))]
    raise ValueError(f"unknown activity {name!r}; use one of {', '.join(ACTIVITIES)}")


def own_bed(person: str, site: Site) -> Furniture:
    beds = [item for item in site.furniture if item.kind == "bed" and item.resident == person]
    if not beds:
        raise ValueError(f"{person} has no bed: give a bed of the site file `resident: {person}`")
    return beds[0]


def television_seat(site: Site) -> Furniture:
    """The seat nearest to a television in its room."""
    pairs = [(math.dist(seat.pose[:2], screen.pose[:2]), seat.id, seat) for screen in site.furniture
             for seat in site.furniture
             if screen.kind == "television" and seat.kind in ("sofa", "chair") and seat.room == screen.room]
    if not pairs:
        raise ValueError("nowhere to watch television: the site needs a television and a sofa or chair in one room")
    return min(pairs)[2]


def table_seat(site: Site) -> Furniture:
    """A chair at a table, else a sofa at one."""
    pairs = [(seat.kind != "chair", math.dist(seat.pose[:2], table.pose[:2]), seat.id, seat)
             for table in site.furniture for seat in site.furniture if table.kind == "table"
             and seat.kind in ("chair", "sofa") and math.dist(seat.pose[:2], table.pose[:2]) < TABLE_REACH_M]
    if not pairs:
        raise ValueError("nowhere to eat: the site needs a chair or sofa at a table")
    return min(pairs)[3]


def bathroom(site: Site) -> str:
    rooms = [room.id for room in site.rooms if room.kind == "bathroom"]
    if not rooms:
        raise ValueError("no toilet: the site has no room of kind bathroom; say `room:` where she goes instead")
    return rooms[0]


def impossible(name: str, person: str, site: Site, room: str | None) -> str:
    """Why the activity cannot be done in this site, with a remedy; empty if it can."""
    try:
        activity(name, person, site, room=room)
    except ValueError as error:
        return str(error)
    return ""
