"""The floor as cells: walls, doors, furniture, what the robot fits into, what can be seen."""
import math
from pathlib import Path

import numpy as np
import pytest

from robot.grid import ON_LEGS, Grid, lying_body, plan_grid
from robot.site import load_site

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
GRID = plan_grid(SITE)


def height(x: float, y: float) -> float:
    return float(GRID.heights_m[GRID.cell(x, y)])


def test_open_doors_are_gaps_of_their_width_and_the_closed_front_door_is_wall():
    assert height(3.3, 0.0) == 0 and height(5.2, 0.0) == 0
    assert height(8.6, -0.8) == SITE.site.map.wall_height_m
    row, _ = GRID.cell(3.3, 0.0)
    columns = [c for c in range(GRID.heights_m.shape[1]) if 2.0 < GRID.middle(row, c)[0] < 4.2]
    gap_m = sum(GRID.heights_m[row, c] == 0 for c in columns) * GRID.resolution_m
    assert gap_m == pytest.approx(0.95, abs=0.051)


def test_walls_stand_centred_on_the_rooms_edges():
    assert height(4.16, 1.0) == height(4.24, 1.0) == SITE.site.map.wall_height_m
    assert height(4.12, 1.0) == height(4.28, 1.0) == 0


def test_furniture_has_its_height_and_outside_is_no_floor():
    assert height(1.1, 2.9) == pytest.approx(0.5) and height(3.85, 3.3) == pytest.approx(1.9)
    assert math.isinf(height(-0.2, 1.0))


def test_turned_furniture_covers_what_the_site_says_it_covers():
    for item in SITE.furniture:
        rows, columns = np.indices(GRID.heights_m.shape)
        xs, ys = GRID.middle(rows, columns)
        inside = np.array([item.contains(x, y, -0.03) for x, y in zip(xs.flat, ys.flat, strict=True)]).reshape(xs.shape)
        assert (GRID.heights_m[inside] > 0).all(), item.id


def test_the_robot_fits_through_doors_but_not_between_bed_and_wall():
    assert GRID.is_free(3.3, 0.0) and GRID.is_free(*SITE.robot.docks[0].pose[:2])
    assert not GRID.is_free(1.1, 3.7)
    for patrol in SITE.patrols:
        assert all(GRID.is_free(*stop.at[:2]) for stop in patrol.stops)


def test_the_nearest_free_place_is_found_within_reach_only():
    assert GRID.free_near(2.0, -0.8, 0.3) == (2.0, -0.8)
    x, y = GRID.free_near(1.5, -0.15, 0.3)
    assert abs(x - 1.5) < 0.06 and GRID.is_free(x, y)
    assert GRID.free_near(1.0, 2.9, 0.3) is None


def test_distances_to_surfaces_are_true_on_both_sides_of_them():
    row, column = GRID.cell(2.0, -0.8)
    assert GRID.clearance_m[row, column] == pytest.approx(0.75, abs=0.03)  # to the wall's southern and northern faces
    assert GRID.surface_distance_m[GRID.cell(1.1, 2.9)] < -0.4  # in the middle of the bed


def test_all_rooms_are_reachable_and_a_closed_door_cuts_one_off():
    assert all(GRID.reachable(0.45, -0.8)[GRID.cell(*place)] for place in ((3.3, 0.75), (5.3, 1.1), (8.2, 3.0)))
    doors = [door.model_copy(update={"open": False}) for door in SITE.doors]
    closed = plan_grid(SITE.model_copy(update={"doors": doors}))
    assert not closed.reachable(0.45, -0.8)[closed.cell(3.3, 0.75)]


def test_the_camera_sees_over_the_bed_but_not_through_walls_nor_what_lies_close_behind_the_bed():
    eye = (1.1, 1.2, 1.15)
    standing, lying_behind, next_room = [1.1, 3.8, 1.3], [1.1, 3.75, 0.15], [5.0, 1.2, 1.0]
    sees = GRID.sees(eye, np.array([standing, lying_behind, next_room]), ignore_last_m=0.1)
    assert sees.tolist() == [True, False, False]


def test_a_mark_blocks_the_way_and_leaves_the_grid_it_came_from_alone():
    marked = GRID.with_obstacles(np.array([[3.3, 0.0], [99.0, 99.0]]), 0.2)
    assert not marked.is_free(3.3, 0.3) and GRID.is_free(3.3, 0.3)


def test_tables_can_be_left_out_for_what_a_lidar_sees():
    assert plan_grid(SITE, without=ON_LEGS).heights_m[GRID.cell(6.8, 2.2)] == 0


def test_a_lying_body_reaches_as_far_below_its_middle_as_the_head_is_above():
    body = lying_body((2.0, 2.0), (2.7, 2.0))
    assert body[0] == pytest.approx((2.0, 2.0)) and body[-1] == pytest.approx((3.4, 2.0))
    assert len(lying_body((2.0, 2.0), (2.0, 2.0)))  # the direction is not known: the place alone


def test_an_empty_grid_is_free_everywhere():
    empty = Grid(np.zeros((40, 40), np.float32), (0.0, 0.0), 0.05, 0.22)
    assert empty.is_free(1.0, 1.0) and np.isfinite(empty.costs).all()
