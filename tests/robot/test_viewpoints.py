"""Where to stand to see a fallen person or a room, and the order in which somebody is looked for."""
import math
from pathlib import Path

import numpy as np
import pytest

from robot.find_person import LastSeen, Sightings, looks, room_order
from robot.grid import lying_body, plan_grid
from robot.site import load_site
from robot.viewpoints import room_looks, room_places, viewpoints

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
GRID = plan_grid(SITE)
DOOR = (3.3, 0.75)
FALLS = [((2.5, 2.2), (2.5, 2.9)), ((2.6, 3.5), (2.5, 2.8)), ((3.0, 1.6), (2.3, 1.6)), ((2.4, 1.3), (1.8, 1.6)),
         ((6.0, 1.2), (6.6, 1.2)), ((2.0, -0.8), (1.4, -0.8))]


@pytest.mark.parametrize("head, middle", FALLS)
def test_a_person_on_the_floor_is_looked_at_from_a_free_place_near_by_that_faces_them(head, middle):
    found = viewpoints(GRID, head, middle, DOOR)
    assert found
    for x, y, yaw in found:
        assert GRID.is_free(x, y) and 1.2 <= math.dist((x, y), head) <= 2.2
        assert np.hypot(*(lying_body(head, middle) - (x, y)).T).min() > 0.5
        for part in (head, middle):  # within the camera's view of 74 degrees
            assert abs(math.remainder(math.atan2(part[1] - y, part[0] - x) - yaw, math.tau)) < math.radians(35)
        assert GRID.sees((x, y, 1.15), np.array([[*head, 0.15], [*middle, 0.15]])).all()


def test_the_best_view_is_from_the_side_rather_than_from_the_feet():
    head, middle = (3.0, 1.6), (2.3, 1.6)
    x, y, _ = viewpoints(GRID, head, middle, DOOR)[0]
    cosine = (x - head[0]) / math.dist((x, y), head)  # 1 beyond the head, -1 on the side of the feet
    assert -0.5 < cosine < 0.7


def test_a_head_that_is_not_known_still_gives_views_and_an_unreachable_person_none():
    assert viewpoints(GRID, None, (2.5, 2.8, 0.1), (3.3, 0.75, 0.0))
    assert viewpoints(GRID, (20.0, 20.0), (20.5, 20.0), DOOR) == []


def test_somebody_who_sits_is_come_near_to_as_well():
    sofa = next(piece for piece in SITE.furniture if piece.kind == "sofa")
    middle, head = (*sofa.pose[:2], 0.7), (*sofa.pose[:2], 1.15)
    x, y, _ = viewpoints(GRID, head, middle, DOOR)[0]
    assert 1.2 <= math.dist((x, y), sofa.pose[:2]) <= 2.2 and SITE.room_at(x, y).id == "living_room"


def test_views_are_also_found_for_a_robot_that_stands_right_beside_the_fallen():
    found = viewpoints(GRID, (3.33, 1.0), (2.82, 1.43), (3.19, 0.66))
    assert found and all(math.dist(place[:2], (3.33, 1.0)) >= 1.2 for place in found)


def test_each_room_can_be_seen_from_few_reachable_places():
    for room in SITE.rooms:
        places = room_places(GRID, room, DOOR)
        assert 1 <= len(places) <= 3 and all(room.contains(*place) and GRID.is_free(*place) for place in places)


def test_a_room_seen_well_from_its_patrol_stop_needs_no_other_place():
    assert room_places(GRID, SITE.room("bedroom"), DOOR, seen_already_from=[(3.3, 0.75)]) == []


def test_the_looks_from_a_stop_show_what_can_be_seen_of_the_room_from_there():
    room, (x, y) = SITE.room("bedroom"), (3.3, 0.75)
    found = room_looks(GRID, room, (x, y, math.radians(135)))
    assert found[0] == math.radians(135) and 2 <= len(found) <= 3
    floor = [(px / 4, py / 4) for px in range(40) for py in range(-8, 20) if room.contains(px / 4, py / 4)]
    floor = [p for p in floor if 1.0 < math.dist(p, (x, y)) < 4.0 and GRID.is_free(*p)
             and GRID.sees((x, y, 1.15), np.array([[*p, 0.15]]))[0]]
    missed = [p for p in floor if all(abs(math.remainder(math.atan2(p[1] - y, p[0] - x) - yaw, math.tau))
                                      > math.radians(37) for yaw in found)]
    assert len(floor) > 20 and len(missed) <= 0.05 * len(floor)


def test_a_place_from_which_nothing_of_the_room_is_seen_has_one_look():
    assert room_looks(GRID, SITE.room("bedroom"), (30.0, 30.0, 1.0)) == [1.0]


def test_rooms_are_searched_as_asked_then_where_last_seen_then_as_in_the_site_file():
    order = room_order(SITE, ["corridor"], LastSeen("living_room", (6.0, 1.0)))
    assert [room.id for room in order] == ["corridor", "living_room", "bedroom", "bathroom"]


def test_the_search_begins_with_a_view_of_the_last_known_place():
    first = next(looks(SITE, GRID, (0.45, -0.8, 0.0), (), LastSeen("living_room", (6.0, 1.2))))
    assert first.room == "living_room" and 1.2 <= math.dist(first.pose[:2], (6.0, 1.2)) <= 3.0


def test_every_room_is_looked_at_all_round_from_free_places():
    found = list(looks(SITE, GRID, (0.45, -0.8, 0.0)))
    assert {look.room for look in found} == {room.id for room in SITE.rooms}
    assert all(GRID.is_free(*look.pose[:2]) for look in found)
    yaws = sorted(look.pose[2] for look in found if look.room == "corridor")
    assert len(found) <= 20 and yaws[-1] - yaws[0] > 2


def test_a_sight_counts_from_the_third_frame_in_a_row():
    sights = Sightings("lin")
    frames = [["lin"], ["lin"], [], ["lin"], ["wu", "lin"], ["lin"], ["lin"]]
    assert [sights.frame(frame) for frame in frames] == [False] * 5 + [True, True]
