"""The ward that ships: a second, larger site on which the robot can reach everything it is asked to."""
from __future__ import annotations

import pytest

from robot.grid import plan_grid
from robot.path import find_path
from robot.resources import resource
from robot.site import load_site

WARD = load_site(resource("config/ward.yaml"))
GRID = plan_grid(WARD)
START = WARD.robot.docks[0].pose[:2]


def test_every_resident_has_a_room_a_numbered_bed_and_a_name_in_three_languages():
    beds = {piece.resident: piece for piece in WARD.furniture if piece.kind == "bed"}
    assert len(WARD.residents) == 8 and {r.language for r in WARD.residents} == {"en", "zh", "ja"}
    for resident in WARD.residents:
        assert beds[resident.id].room == resident.room and beds[resident.id].bed_number
        assert set(resident.name) == {"en", "zh", "ja"}


@pytest.mark.parametrize("room", WARD.rooms, ids=lambda room: room.id)
def test_the_robot_reaches_every_room(room):
    goal = GRID.free_near(*room.center, 1.5)
    assert room.contains(*goal) and len(find_path(GRID, START, goal))


@pytest.mark.parametrize("place", [stop.at for patrol in WARD.patrols for stop in patrol.stops]
                         + [dock.pose for dock in WARD.robot.docks])
def test_the_robot_reaches_every_patrol_stop_and_dock(place):
    assert tuple(find_path(GRID, START, place[:2])[-1]) == place[:2]


def test_every_bedroom_is_on_the_nightly_round_and_has_its_sensors():
    bedrooms = {room.id for room in WARD.rooms if room.kind == "bedroom"}
    assert bedrooms <= {stop.room for stop in WARD.patrols[0].stops}
    for kind in ("mattress", "motion", "door", "sos_button"):
        assert bedrooms <= {sensor.room for sensor in WARD.sensors if sensor.kind == kind}
