"""Where one is, and the way to a room by the doors of the site file."""
from __future__ import annotations

from dataclasses import replace

from robot.answers.contents import NOT_KNOWN, Answer
from robot.answers.known import Known
from robot.site import Room, Site
from robot.spoken import spoken_list


def where_am_i(known: Known) -> Answer:
    if known.here is None:
        return Answer("place.unknown", {"site": known.name(known.site.site.name)})
    return Answer("place.here" if known.here_is_theirs else "place.near",
                  {"room": known.name(known.here.name), "site": known.name(known.site.site.name)})


def near(known: Known) -> Answer:
    """Where the robot is: as near to who asks as one hears."""
    return replace(where_am_i(known), phrase="place.near") if known.here else where_am_i(known)


def where_is(known: Known) -> Answer:
    """The way by the doors of the site file."""
    room = room_of(known.slots.get("place", ""), known)
    if room is None:
        return NOT_KNOWN
    slots = {"room": known.name(room.name)}
    way = _way(known.site, known.here.id, room.id) if known.here else None
    if way is None:
        return Answer("place.is", slots)
    if len(way) < 3:
        return Answer("place.same" if len(way) == 1 else "place.next", slots)
    return Answer("place.way", {**slots, "way": spoken_list([known.name(known.site.room(r).name) for r in way[1:-1]],
                                                            known.language)})


def room_of(place: str, known: Known) -> Room | None:
    """The room that is meant: of a toilet where one stands, of a bedroom the own one."""
    holds = [piece.room for piece in known.site.furniture if piece.kind == place]
    own = [known.resident.room] if known.resident and place == "bedroom" else []
    kinds = ("bathroom",) if place == "toilet" else (place,)
    rooms = [*holds, *own, *(room.id for room in known.site.rooms if room.kind in kinds)]
    return known.site.room(rooms[0]) if rooms else None


def _way(site: Site, start: str, end: str) -> list[str] | None:
    """The rooms from one to the other through the fewest doors."""
    ways = [[start]]
    for way in ways:
        if way[-1] == end:
            return way
        beside = {room for door in site.doors if way[-1] in door.between for room in door.between} - {"outside"}
        ways += [[*way, room] for room in sorted(beside) if not any(room in known for known in ways)]
    return None
