"""Outlines in depth: who falls without a skeleton is told; who sits, kneels, lies down or leaves a thing is not."""
import math
from types import SimpleNamespace

import numpy as np
import pytest

from perception.fall import FallDetector, FallState
from perception.outlines import Outlines
from perception.people import by_shape
from perception.unseen import Unseen
from robot.grid import plan_grid
from tests.perception.boxes import BODY, CAMERA, PLACE, SITE, TO_MAP, depth

STANDING = ((5.9, 2.2, 0.0), (6.3, 2.5, 1.6))
KNEELING = ((5.9, 2.2, 0.0), (6.4, 2.6, 0.85))
SEATED = ((5.9, 2.2, 0.0), (6.5, 2.6, 1.2))
NURSE = ((7.4, 2.4, 0.0), (7.8, 2.8, 1.6))
BAG = ((6.2, 2.3, 0.0), (6.35, 2.45, 0.3))
DOG_HERE, DOG_THERE = (((x, 2.2, 0.0), (x + 0.6, 2.6, 0.4)) for x in (5.8, 6.3))
RUG = ((5.6, 2.2, 0.0), (7.0, 2.6, 0.12))
LOOK_S = 0.2


def told(*scenes, tracks=(), moved=()):
    """What is told after scenes, each (seconds, boxes...); `moved`: numbers of those before which the camera moved."""
    outlines, time_s, found, to_map = Outlines(SITE, plan_grid(SITE)), 10.0, [], TO_MAP.copy()
    for number, (lasts_s, *boxes) in enumerate(scenes):
        if number in moved:
            to_map[0, 3] += 0.1
        picture = depth(*boxes)
        for _ in range(round(lasts_s / LOOK_S)):
            outlines.look(picture, CAMERA, to_map, time_s)
            found.append(outlines.fallen(tracks, time_s))
            time_s += LOOK_S
    return found


def track(place, seen_s, visible=True):
    body = SimpleNamespace(placed=True, position=np.append(place, 0.9))
    return SimpleNamespace(seen_s=seen_s, visible=visible, sight=SimpleNamespace(body=body))


@pytest.mark.parametrize("scenes", [
    [(1, ), (2, STANDING), (2, BODY)],               # came in, and fell
    [(2, STANDING), (2, BODY)],                      # stood there when the robot came
    [(1, ), (2, STANDING), (0.6, KNEELING), (2, BODY)],  # by way of the knees, fast
    [(1, NURSE), (2, STANDING, NURSE), (0.2, BODY), (2, BODY)]])  # the nurse had just gone
def test_who_is_upright_and_a_moment_later_lies_there_has_fallen(scenes):
    found = told(*scenes)
    stranger, = found[-1]
    assert np.hypot(*(stranger.outline.middle - PLACE)) < 0.6 and stranger.came_down > 1.5
    ids = {one.track_id for strangers in found for one in strangers}
    assert len(ids) == 1  # the same all the time
    assert not any(found[:len(found) - 8])  # not before it lay there for a moment


@pytest.mark.parametrize("scenes", [
    [(1, ), (4, BODY)],                              # nobody was upright: a thing, or who lay there all along
    [(2, BODY), (4, BODY)],
    [(1, ), (2, STANDING), (2, KNEELING), (4, BODY)],    # lies down on purpose, by stages
    [(1, ), (2, STANDING), (3, ), (4, BODY)],            # somebody left; later something lies there
    [(1, ), (2, STANDING), (4, SEATED)],
    [(1, ), (2, STANDING), (4, KNEELING)],
    [(1, ), (2, STANDING), (4, BAG)],
    [(1, ), (2, STANDING), (4, RUG)],
    [(1, ), (2, STANDING), (4, BODY, NURSE)],            # somebody stands by
    [(1, ), (2, STANDING), (0.8, BODY, NURSE), (4, BODY)],  # ... puts it down, and walks off
    [(1, ), (2, STANDING), *[(0.2, DOG_HERE), (0.2, DOG_THERE)] * 6]])
def test_nothing_else_is_a_fall(scenes):
    assert not any(told(*scenes))


def test_whom_a_skeleton_shows_is_judged_by_it_and_who_was_lost_is_not():
    scenes = [(1, ), (2, STANDING), (2, BODY)]
    assert not any(told(*scenes, tracks=[track(PLACE, seen_s=20.0)]))
    assert told(*scenes, tracks=[track(PLACE, seen_s=12.0, visible=False)])[-1]
    assert told(*scenes, tracks=[track(PLACE + 3.0, seen_s=20.0)])[-1]


def test_a_camera_that_moves_sees_another_room():
    assert not any(told((1, ), (2, STANDING), (2, BODY), moved=[2]))
    assert told((1, ), (2, STANDING), (2, BODY), moved=[1])[-1]


def test_a_clock_set_back_begins_anew():
    outlines = Outlines(SITE, plan_grid(SITE))
    for time_s, boxes in ((10.0, ()), (10.2, [STANDING]), (3.0, [BODY]), (3.2, [BODY]), (3.4, [BODY]), (3.6, [BODY])):
        outlines.look(depth(*boxes), CAMERA, TO_MAP, time_s)
        assert outlines.fallen([], time_s) == []


def test_what_has_stood_there_for_a_minute_belongs_to_the_room():
    crate = ((7.2, 2.2, 0.0), (7.6, 2.6, 0.7))  # beside which she falls: together they are higher than a body
    assert not any(told((1, ), (2, STANDING, crate), (2, BODY, crate)))
    assert told((1, ), (62, crate), (2, STANDING, crate), (2, BODY, crate))[-1]


def test_holes_that_come_and_go_are_no_company():
    outlines, found, holes = Outlines(SITE, plan_grid(SITE)), [], np.random.default_rng(1)
    for number, boxes in enumerate([()] * 20 + [[STANDING]] * 10 + [[BODY]] * 10):
        picture = depth(*boxes)
        for top, left in holes.integers(0, 440, (12, 2)):
            picture[top:top + 40, left:left + 40] = 0
        outlines.look(picture, CAMERA, TO_MAP, 10 + number * LOOK_S)
        found.append(outlines.fallen([], 10 + number * LOOK_S))
    assert found[-1] and not any(found[:30])


def test_a_picture_almost_without_depth_changes_nothing():
    outlines, empty = Outlines(SITE, plan_grid(SITE)), np.zeros((480, 640), np.uint16)
    pictures = [depth()] * 5 + [depth(STANDING)] * 5 + [empty] + [depth(BODY)] * 4
    for number, picture in enumerate(pictures):
        outlines.look(picture, CAMERA, TO_MAP, 10 + number * LOOK_S)
        found = outlines.fallen([], 10 + number * LOOK_S)
    assert found


def test_no_depth_at_all_is_nobody():
    outlines = Outlines(SITE, plan_grid(SITE))
    for number in range(10):
        outlines.look(np.zeros((480, 640), np.uint16), CAMERA, TO_MAP, 10 + number * LOOK_S)
        assert outlines.fallen([], 10 + number * LOOK_S) == []


def lived(*scenes, moved=(), tracks=lambda time_s: []):
    """What is told of strangers and falls after scenes; the camera is carried aside before those `moved`."""
    unseen, detector, time_s, to_map, told, falls = Unseen(SITE), FallDetector(), 10.0, TO_MAP, [], []
    for number, (lasts_s, *boxes) in enumerate(scenes):
        eye = TO_MAP[:3, 3] + (0.3 if number in moved else 0.0, 0.0, 0.0)
        to_map = TO_MAP.copy()
        to_map[:3, 3] = eye
        picture = depth(*boxes, eye=eye)
        for _ in range(round(lasts_s / 0.1)):
            strangers = unseen.look(picture, CAMERA, to_map, tracks(time_s), time_s)
            told.append([(one.track_id, one.visible) for one in strangers])
            falls += detector.update([by_shape(one.track_id, one.shape, "", one.descent_speed, one.visible)
                                      for one in strangers], time_s)
            time_s += 0.1
    return told, falls


def test_who_fell_unseen_is_suspected_at_once_and_confirmed_also_from_where_the_robot_drives_to():
    told, falls = lived((1, ), (2, STANDING), (0.8, BODY), (3, BODY), moved=[3])
    assert [fall.state for fall in falls] == [FallState.SUSPECTED, FallState.CONFIRMED]
    assert falls[0].time_s - 13.0 <= 1.0 and "m/s" in falls[0].evidence[0]
    assert told[-1] == [(falls[0].track_id, True)]


def test_whom_a_skeleton_shows_later_is_handed_over_and_not_kept():
    body = SimpleNamespace(placed=True, position=np.append(PLACE, 0.2))

    def tracks(time_s):
        found = SimpleNamespace(seen_s=time_s, visible=True, shape=None, sight=SimpleNamespace(body=body),
                                history=[(time_s, body)])
        return [found] if time_s > 14.0 else []
    told, falls = lived((1, ), (2, STANDING), (3, BODY), tracks=tracks)
    assert [fall.state for fall in falls] == [FallState.SUSPECTED]
    visible = [any(seen for _, seen in strangers) for strangers in told]
    last = max(number for number, seen in enumerate(visible) if seen)
    assert told[last + 1] == [(falls[0].track_id, False)]  # lost from sight, so that the skeleton takes its fall
    assert told[-1] == []


def test_the_speed_of_a_fall_is_told_only_while_it_is_fresh():
    unseen = Unseen(SITE)
    speeds = []
    for number, boxes in enumerate([()] * 5 + [[STANDING]] * 10 + [[BODY]] * 20):
        for one in unseen.look(depth(*boxes), CAMERA, TO_MAP, [], 10 + number * LOOK_S):
            speeds.append(one.descent_speed)
    assert speeds[0] > 1.5 and math.isnan(speeds[-1])
