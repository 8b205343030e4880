"""Lights on and off."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from robot.answers.contents import LEFT_ALONE, Answer, SwitchLights
from robot.answers.known import Known
from robot.answers.places import room_of
from robot.answers.wishes import offered

SWITCHED = {"light_on": True, "light_off": False}


def lights(on: bool) -> Callable[[Known], Answer]:
    def made(known: Known) -> Answer:
        """Those of the room that was named, else of the one where she is, else the only ones."""
        if "beyond" in known.slots:
            return offered("service.beyond", known)
        if "dim" in known.slots:
            return Answer("light.no_dimming")
        lit = {light.room for light in known.site.lights}
        room = room_of(known.slots["place"], known) if "place" in known.slots else known.here
        if "place" not in known.slots and (room is None or room.id not in lit) and len(lit) == 1:
            room = known.site.room(*lit)
        ids = tuple(light.id for light in known.site.lights if room and light.room == room.id)
        if lit and room is None and "place" not in known.slots:
            return Answer("light.which", ask=(*SWITCHED, "where_is", "no"), then=lambda intent, slots: (
                lights(SWITCHED.get(intent, on))(replace(known, slots=slots)) if "place" in slots else LEFT_ALONE))
        if not ids:
            return Answer("light.none")
        return Answer(f"light.{'on' if on else 'off'}", {"room": known.name(room.name)}, (SwitchLights(ids, on),),
                      otherwise="light.silent")
    return made
