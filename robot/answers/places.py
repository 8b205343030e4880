"""Where one is, and the way to a room by the doors of the site file."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from robot.answers.contents import NOT_KNOWN, Answer
from robot.answers.known import Known
from robot.answers.wishes import offered
from robot.site import Room, Site
from robot.spoken import spoken_list


def where_am_i(known: Known) -> Answer:
    """Who lives alone is at home; among others it is the house that is named."""
    home = "home_" if known.resident else ""
    if known.here is None:
        return Answer(f"place.{home}unknown", {"site": known.name(known.site.site.name)})
    return Answer(f"place.{home}{'here' if known.here_is_theirs else 'near'}",
                  {"room": known.name(known.here.name), "site": known.name(known.site.site.name)})


def near(known: Known) -> Answer:
    """Where the robot is: as near to who asks as one hears."""
    return where_am_i(replace(known, here_is_theirs=False))


def where_is(known: Known) -> Answer:
    """The way by the doors of the site file; "there" is where was asked for just now. Of things it knows no place."""
    if "mislaid" in known.slots:
        return offered("talk.lost_thing", known)
    before = known.before.slots if known.before and known.before.intent == "where_is" else {}
    room = room_of(known.slots.get("place", before.get("place", "")), known)
    if room is None:
        return NOT_KNOWN

    def told(phrase: str, rooms: Sequence[str] = ()) -> Answer:
        names = [known.name(known.site.room(one).name) for one in rooms]
        return Answer(phrase, {"room": known.name(room.name), "way": spoken_list(names, known.language)})

    way = _way(known.site, known.here.id, room.id) if known.here else None
    if way is None:
        corridors = [one for one in _beside(known.site, room.id) if known.site.room(one).kind == "corridor"]
        return told("place.off", corridors[:1]) if corridors else told("place.is")
    if len(way) < 3:
        return told("place.same" if len(way) == 1 else "place.next")
    return told("place.way", way[1:-1])


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
        ways += [[*way, room] for room in _beside(site, way[-1]) if not any(room in known for known in ways)]
    return None


def _beside(site: Site, room: str) -> list[str]:
    """The rooms behind its doors."""
    rooms = {one for door in site.doors if room in door.between for one in door.between}
    return sorted(rooms - {room, "outside"})
