"""What is left out of a picture cannot be seen in it."""
from __future__ import annotations

import math

import pytest

from robot.resources import resource
from robot.site import load_site
from sim.sight import Sight

WARD = load_site(resource("config/ward.yaml"))
SIGHT = Sight(WARD)


def test_from_a_room_with_the_back_to_its_door_only_the_room_is_seen():
    assert set(SIGHT.view(2.8, 4.0, math.pi / 2, 0.65).rooms) == {"room_1"}


def test_through_the_open_door_the_corridor_and_the_room_across_are_seen_but_not_the_one_beside():
    seen = set(SIGHT.view(2.8, 4.5, -math.pi / 2, 0.65).rooms)
    assert {"room_1", "corridor", "room_5"} <= seen and not {"room_2", "lounge", "bathroom"} & seen


def test_a_closed_door_hides_the_room_behind_it():
    doors = [door.model_copy(update={"open": False}) for door in WARD.doors]
    assert set(Sight(WARD.model_copy(update={"doors": doors})).view(2.8, 3.0).rooms) == {"room_1"}


@pytest.mark.parametrize("person, seen", [((2.8, 4.9), True), ((2.8, 2.7), True), ((6.4, 4.9), False)])
def test_from_the_corridor_somebody_is_seen_only_in_line_with_a_door(person, seen):
    assert SIGHT.shows(SIGHT.view(2.8, 0.6, math.pi / 2, 0.65), *person) is seen


def test_one_who_lies_in_a_doorway_is_seen_from_both_sides():
    hips = (2.8, 2.5)  # in room 1; the legs may reach into the corridor
    assert SIGHT.shows(SIGHT.view(6.0, 0.4, math.pi - 0.4, 0.65), *hips)
    assert SIGHT.shows(SIGHT.view(2.8, 5.0, -math.pi / 2, 0.65), *hips)


def test_behind_the_back_nobody_is_seen_from_a_distance():
    assert not SIGHT.shows(SIGHT.view(10.0, 1.1, 0.0, 0.65), 5.0, 1.1)
    assert SIGHT.shows(SIGHT.view(10.0, 1.1, math.pi, 0.65), 5.0, 1.1)
