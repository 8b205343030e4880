"""What is wrong with a site whose fields are right: references, geometry, schedules. Pure.

Every problem is a place in the file and a sentence that says what is wrong and what would be right.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from robot.site_source import Location, Problem, suggest
from robot.voices import voice_names

if TYPE_CHECKING:
    from robot.site import Furniture, Room, Site

EDGE_TOLERANCE_M = 0.02  # drawn by hand: two centimetres beside a line count as on it
OVERLAP_M2 = 0.01  # rooms that share less than this share a rounding error


def site_problems(site: Site) -> Iterator[Problem]:
    """All problems, in no particular order."""
    yield from _duplicates(site)
    yield from _references(site)
    yield from _rooms_and_furniture(site)
    yield from _doors(site)
    yield from _places_to_stand(site)
    yield from _schedules(site)
    yield from _attention(site)
    yield from _voices(site)


# --- ids and references -----------------------------------------------------------------------------------------------
def _duplicates(site: Site) -> Iterator[Problem]:
    sections = {("rooms",): site.rooms, ("doors",): site.doors, ("furniture",): site.furniture,
                ("robot", "docks"): site.robot.docks, ("residents",): site.residents,
                ("caregivers",): site.caregivers, ("sensors",): site.sensors, ("lights",): site.lights,
                ("patrols",): site.patrols, ("medication",): site.medication}
    for path, items in sections.items():
        yield from _repeated(((*path, n, "id"), item.id, "id") for n, item in enumerate(items))
    yield from _repeated((("furniture", n, "bed_number"), f.bed_number, "bed number")
                         for n, f in enumerate(site.furniture) if f.bed_number is not None)
    yield from _repeated((("furniture", n, "resident"), f.resident, "a bed of resident")
                         for n, f in enumerate(site.furniture) if f.resident is not None)


def _repeated(named: Iterable[tuple[Location, str, str]]) -> Iterator[Problem]:
    seen: dict[str, Location] = {}
    for location, name, what in named:
        if name in seen:
            section, number = seen[name][-3:-1]
            yield location, f'{what} "{name}" is there twice; the first is in {section}, number {number + 1}'
        seen.setdefault(name, location)


def _references(site: Site) -> Iterator[Problem]:
    rooms, doors = [r.id for r in site.rooms], [d.id for d in site.doors]
    residents, caregivers = [r.id for r in site.residents], [c.id for c in site.caregivers]
    beds = [f.id for f in site.furniture if f.kind == "bed"]

    def check(location: Location, kind: str, name: str | None, known: list[str]) -> Iterator[Problem]:
        if name is not None and name not in known:
            plural = kind + "s"
            yield location, f'{kind} "{name}" does not exist{suggest(name, known, plural + " are")}'

    for n, door in enumerate(site.doors):
        for side, room in enumerate(door.between):
            yield from check(("doors", n, "between", side), "room", room, [*rooms, "outside"])
    for n, piece in enumerate(site.furniture):
        yield from check(("furniture", n, "room"), "room", piece.room, rooms)
        yield from check(("furniture", n, "resident"), "resident", piece.resident, residents)
        for field in ("bed_number", "resident"):
            if piece.kind != "bed" and getattr(piece, field) is not None:
                yield ("furniture", n, field), f"only a bed has one, and this is a {piece.kind}"
    for n, dock in enumerate(site.robot.docks):
        yield from check(("robot", "docks", n, "room"), "room", dock.room, rooms)
    for n, resident in enumerate(site.residents):
        yield from check(("residents", n, "room"), "room", resident.room, rooms)
    for n, step in enumerate(site.escalation):
        for m, caregiver in enumerate(step.notify):
            yield from check(("escalation", n, "notify", m), "caregiver", caregiver, caregivers)
    for n, sensor in enumerate(site.sensors):
        here = ("sensors", n)
        yield from check((*here, "room"), "room", sensor.room, rooms)
        yield from check((*here, "bed"), "bed", sensor.bed, beds)
        yield from check((*here, "door"), "door", sensor.door, doors)
        yield from check((*here, "resident"), "resident", sensor.resident, residents)
        for kind, field in (("mattress", "bed"), ("door", "door"), ("blood_pressure", "resident")):
            if sensor.kind == kind and getattr(sensor, field) is None:
                yield here, f"a {kind} sensor needs `{field}:`, or nobody knows whose it is"
        where = next((f.room for f in site.furniture if f.id == sensor.bed and f.kind == "bed"), sensor.room)
        if where != sensor.room:
            yield (*here, "room"), f"bed {sensor.bed} is in {where}, not in {sensor.room}"
    for n, light in enumerate(site.lights):
        yield from check(("lights", n, "room"), "room", light.room, rooms)
    for n, patrol in enumerate(site.patrols):
        for m, stop in enumerate(patrol.stops):
            yield from check(("patrols", n, "stops", m, "room"), "room", stop.room, rooms)
    for n, plan in enumerate(site.medication):
        yield from check(("medication", n, "resident"), "resident", plan.resident, residents)
        for m, caregiver in enumerate(plan.tell):
            yield from check(("medication", n, "tell", m), "caregiver", caregiver, caregivers)


# --- geometry ---------------------------------------------------------------------------------------------------------
def _rooms_and_furniture(site: Site) -> Iterator[Problem]:
    for n, room in enumerate(site.rooms):
        if room.id == "outside":
            yield ("rooms", n, "id"), '"outside" is what doors call the world beyond the site; take another id'
        if _crosses_itself(room.polygon):
            yield ("rooms", n, "polygon"), "the walls cross: give the corners in the order of a walk along them"
        for other in site.rooms[:n]:
            shared = _shared_area_m2(room, other)
            if shared > OVERLAP_M2:
                yield ("rooms", n, "polygon"), f"overlaps room {other.id} by {shared:.2f} m²; rooms may only touch"
    for n, piece in enumerate(site.furniture):
        if min(piece.size) <= 0:
            yield ("furniture", n, "size"), f"must be above zero (length, width, height in metres), not {piece.size}"
            continue
        room = next((r for r in site.rooms if r.id == piece.room), None)
        if room and not _inside(room, piece):
            actual = site.room_at(*piece.pose[:2])
            place = f"; its middle is in {actual.id}" if actual and actual.id != room.id else ""
            yield ("furniture", n, "pose"), (f"reaches out of room {room.id}{place}: the footprint is "
                                             f"{_extent(piece.corners)}, the room {_extent(room.polygon)}")


def _doors(site: Site) -> Iterator[Problem]:
    rooms = {room.id: room for room in site.rooms}
    for n, door in enumerate(site.doors):
        a, b = door.between
        if a == b:
            yield ("doors", n, "between"), f"both sides are {a}; a door joins two rooms, or a room and outside"
        sides = [rooms[r] for r in door.between if r in rooms]
        ends = next((e for r in sides if (e := door_jambs(r, door.at, door.width_m))), None)
        if not sides or len([r for r in door.between if r != "outside"]) != len(sides):
            continue  # an unknown room was reported already
        off = [room.id for room in sides if not ends or any(_to_wall(room, p) > EDGE_TOLERANCE_M for p in ends)]
        if off:
            yield ("doors", n, "at"), (f"a door {door.width_m:g} m wide at {list(door.at)} does not lie on the wall of "
                                       f"{' and '.join(off)}; put `at:` on the wall that {a} and {b} share")
        elif "outside" in door.between:
            beyond = [r.id for r in site.rooms if r is not sides[0] and _to_wall(r, door.at) <= EDGE_TOLERANCE_M]
            if beyond:
                yield ("doors", n, "between"), f"does not lead outside: {beyond[0]} is behind this wall"


def _places_to_stand(site: Site) -> Iterator[Problem]:
    places: list[tuple[Location, str, tuple[float, float]]] = [
        (("robot", "docks", n, "pose"), dock.room, dock.pose[:2]) for n, dock in enumerate(site.robot.docks)]
    places += [(("patrols", n, "stops", m, "at"), stop.room, stop.at[:2])
               for n, patrol in enumerate(site.patrols) for m, stop in enumerate(patrol.stops)]
    radius = site.robot.radius_m
    for location, room_id, (x, y) in places:
        room = next((r for r in site.rooms if r.id == room_id), None)
        if room and not room.contains(x, y):
            actual = site.room_at(x, y)
            where = f"in {actual.id}" if actual else "in no room"
            yield location, f"[{x:g}, {y:g}] is not in room {room.id} but {where}"
        elif room and _to_wall(room, (x, y)) < radius:
            yield location, f"[{x:g}, {y:g}] is nearer to a wall than the robot is wide (radius {radius:g} m)"
        for piece in site.furniture:
            if piece.contains(x, y, radius):
                yield location, (f"[{x:g}, {y:g}] is inside furniture {piece.id}, or nearer than the robot's radius of "
                                 f"{radius:g} m to it")


def _inside(room: Room, piece: Furniture) -> bool:
    corners = piece.corners
    edges = _edges(corners)
    on = all(room.contains(*c) or _to_wall(room, c) <= EDGE_TOLERANCE_M for c in corners)
    middles = all(room.contains((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) or
                  _to_wall(room, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)) <= EDGE_TOLERANCE_M for a, b in edges)
    return on and middles and room.contains(*piece.pose[:2])


def door_jambs(room: Room, at: tuple[float, float], width_m: float) -> tuple[tuple[float, float], ...] | None:
    """Both jambs of a door that lies on a wall of the room, or None."""
    for a, b in _edges(room.polygon):
        length = math.dist(a, b)
        if length and _to_segment(at, a, b) <= EDGE_TOLERANCE_M:
            dx, dy = (b[0] - a[0]) / length * width_m / 2, (b[1] - a[1]) / length * width_m / 2
            return ((at[0] - dx, at[1] - dy), (at[0] + dx, at[1] + dy))
    return None


def _shared_area_m2(a: Room, b: Room, cell_m: float = 0.05) -> float:
    """Area in both polygons, by counting the cells of a grid over the common bounding box."""
    low = np.maximum(np.min(a.polygon, axis=0), np.min(b.polygon, axis=0))
    high = np.minimum(np.max(a.polygon, axis=0), np.max(b.polygon, axis=0))
    if np.any(high - low <= EDGE_TOLERANCE_M):
        return 0.0
    counts = np.ceil((high - low) / cell_m).astype(int)
    xs, ys = (low[i] + (np.arange(counts[i]) + 0.5) * (high[i] - low[i]) / counts[i] for i in (0, 1))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    both = _cells_inside(grid, a.polygon) & _cells_inside(grid, b.polygon)
    return float(both.mean() * np.prod(high - low))


def _cells_inside(points: np.ndarray, polygon: list[tuple[float, float]]) -> np.ndarray:
    """Even-odd rule for many points [n, 2]; returns bool [n]."""
    inside = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in _edges(polygon):
        if y1 != y2:
            crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
            inside ^= crosses & (points[:, 0] < x1 + (points[:, 1] - y1) * (x2 - x1) / (y2 - y1))
    return inside


def _crosses_itself(polygon: list[tuple[float, float]]) -> bool:
    edges = _edges(polygon)
    return any(_cross(*edges[i], *edges[j]) for i in range(len(edges)) for j in range(i + 2, len(edges)))


def _cross(a: Any, b: Any, c: Any, d: Any) -> bool:
    def side(p: Any, q: Any, r: Any) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def _edges(polygon: list[tuple[float, float]]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return list(pairwise([*polygon, polygon[0]]))


def _to_wall(room: Room, point: tuple[float, float]) -> float:
    return min(_to_segment(point, a, b) for a, b in _edges(room.polygon))


def _to_segment(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square)) if square else 0.0
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def _extent(points: list[tuple[float, float]]) -> str:
    xs, ys = zip(*points, strict=True)
    return f"x {min(xs):.2f}..{max(xs):.2f}, y {min(ys):.2f}..{max(ys):.2f}"


# --- schedules --------------------------------------------------------------------------------------------------------
def _schedules(site: Site) -> Iterator[Problem]:
    if site.escalation[0].after_s > 0:
        yield ("escalation", 0, "after_s"), "the first step must be 0, or nobody is called when an alarm is raised"
    for n, (before, step) in enumerate(pairwise(site.escalation), 1):
        if step.after_s <= before.after_s:
            yield ("escalation", n, "after_s"), f"must be later than the step before ({before.after_s:g} s)"
    for n, patrol in enumerate(site.patrols):
        span = _minutes(patrol.start, patrol.until)
        if patrol.start == patrol.until:
            yield ("patrols", n, "until"), "start and until are the same: the patrol has no night to run in"
        elif patrol.every_min > span:
            yield ("patrols", n, "every_min"), f"{patrol.every_min} min is longer than the night ({span:.0f} min)"
    for n, plan in enumerate(site.medication):
        asking = plan.repeats * plan.repeat_after_s
        if asking > plan.window_min * 60:
            yield ("medication", n, "repeats"), (f"{plan.repeats} repeats of {plan.repeat_after_s:g} s do not fit "
                                                 f"the window of {plan.window_min} min")
        times = sorted(plan.times)
        for a, b in pairwise([*times, times[0]] if len(times) > 1 else times):
            if a == b or _minutes(a, b) < plan.window_min:
                yield ("medication", n, "times"), (f"{a:%H:%M} and {b:%H:%M} are nearer to each other than the window "
                                                   f"of {plan.window_min} min: the doses could not be told apart")


def _voices(site: Site) -> Iterator[Problem]:
    for language, name in site.robot.voice.items():
        known = suggest(name, voice_names(language), "voices are")
        if name not in voice_names(language):
            yield ("robot", "voice", language), f'no voice "{name}" speaks {language}{known}'
    night = site.robot.night
    if night and night.start == night.until:
        yield ("robot", "night", "until"), "from and until are the same: that night has no hour"


def _minutes(start: time, end: time) -> float:
    day = datetime(2000, 1, 1)
    span = datetime.combine(day, end) - datetime.combine(day, start)
    return (span % timedelta(days=1)).total_seconds() / 60


# --- attention --------------------------------------------------------------------------------------------------------
def _attention(site: Site) -> Iterator[Problem]:
    by, wake_words = site.attention.by, site.attention.wake_words
    if "wake_word" in by and not wake_words:
        yield ("attention", "by"), "no wake word is named; add `wake_words: [okay_nabu]`, or leave wake_word out"
    if wake_words and "wake_word" not in by:
        yield ("attention", "wake_words"), f"nobody listens for them; write `by: [{', '.join([*by, 'wake_word'])}]`"
    if len(set(by)) < len(by):
        yield ("attention", "by"), "the same is there twice; once is enough"
    for language, names in site.attention.names.items():
        for n, name in enumerate(names):
            if not any(character.isalpha() for character in name):
                yield ("attention", "names", language, n), f"{name!r} is no name that can be spoken"
