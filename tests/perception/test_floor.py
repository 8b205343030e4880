"""Shapes on the floor: a body that appears is found, and what was there before, is small or tall is not."""
from types import SimpleNamespace

import numpy as np
import pytest

from perception.floor import FloorWatch
from robot.grid import plan_grid
from tests.perception.boxes import BODY, CAMERA, PLACE, SITE, TO_MAP, depth


def shapes_after(before, after):
    floor = FloorWatch(plan_grid(SITE))
    floor.look(depth(*before), CAMERA, TO_MAP, 10.0)
    floor.look(depth(*after), CAMERA, TO_MAP, 11.0)
    return floor.shapes(10.5, 11.1)


def test_a_body_that_comes_to_lie_on_the_floor_is_found_where_it_lies():
    shape, = shapes_after([], [BODY])
    assert np.hypot(*(shape.center - PLACE)) < 0.3
    assert shape.height_m == pytest.approx(0.24, abs=0.05) and 0.9 < shape.length_m < 1.7


@pytest.mark.parametrize("before, after", [
    ([], []),
    ([BODY], [BODY]),                                                     # a rug rolled up all day
    ([], [((6.2, 2.3, 0.0), (6.5, 2.6, 0.3))]),                           # a bag
    ([], [((5.6, 2.2, 0.0), (7.0, 2.6, 1.0))])])                          # a screen put there
def test_nothing_else_is(before, after):
    assert shapes_after(before, after) == []


@pytest.mark.parametrize("place, visible, found", [
    (PLACE + 0.5, False, True), (PLACE + 0.5, True, False), (PLACE + 2.0, False, False), (None, False, False)])
def test_a_shape_belongs_to_whom_was_lost_beside_it(place, visible, found):
    floor = FloorWatch(plan_grid(SITE))
    floor.look(depth(), CAMERA, TO_MAP, 10.0)
    floor.look(depth(BODY), CAMERA, TO_MAP, 11.0)
    body = SimpleNamespace(placed=place is not None, position=np.append(place, 1.0) if place is not None else None)
    track = SimpleNamespace(visible=visible, seen_s=10.4, history=[(10.4, body)], shape=None,
                            sight=SimpleNamespace(body=body or SimpleNamespace(placed=False)))
    floor.find_lost([track], 11.1)
    assert (track.shape is not None) == found


@pytest.mark.parametrize("apart_m, found", [(0.4, False), (1.0, True)])
def test_the_shape_of_somebody_in_sight_is_nobody_lost(apart_m, found):
    floor = FloorWatch(plan_grid(SITE))
    floor.look(depth(), CAMERA, TO_MAP, 10.0)
    floor.look(depth(BODY), CAMERA, TO_MAP, 11.0)
    lost, seen = (SimpleNamespace(visible=visible, seen_s=10.4, shape=None, sight=SimpleNamespace(body=body),
                                  history=[(10.4, body)])
                  for visible, body in ((False, SimpleNamespace(placed=True, position=np.append(PLACE, 0.3))), (
                      True, SimpleNamespace(placed=True, position=np.append(PLACE + (0.0, apart_m), 0.3)))))
    floor.find_lost([lost, seen], 11.1)
    assert (lost.shape is not None) == found


def test_a_clock_set_back_forgets_what_stood_there():
    floor = FloorWatch(plan_grid(SITE))
    floor.look(depth(), CAMERA, TO_MAP, 10.0)
    floor.look(depth(BODY), CAMERA, TO_MAP, 11.0)
    floor.look(depth(), CAMERA, TO_MAP, 2.0)
    assert floor.shapes(0.0, 2.1) == []
