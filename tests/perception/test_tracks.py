"""People keep their names while they move, are hidden, or the robot moves."""
import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from figures import BEND, LIE, STAND, between, camera_at, joints, sight_of

from perception.pose import Pose
from perception.posture import Posture
from perception.tracks import FORGET_PLACED_S, Sight, Tracker

STOP = camera_at(3.3, 0.75, 135)


def tracker() -> Tracker:
    names = (f"p{number}" for number in itertools.count())
    return Tracker(lambda: next(names))


def follow(eyes: Tracker, figures, start_s: float = 0.0, camera=STOP, with_depth: bool = True):
    """Feed one figure (or None) a frame at 10 Hz; returns the tracks after each."""
    seen = []
    for number, figure in enumerate(figures):
        sights = [] if figure is None else [sight_of(figure, camera, with_depth)]
        seen.append([copy.copy(track) for track in eyes.update(sights, start_s + number * 0.1)])
    return seen


def walk(first, last, frames: int):
    return [between(joints(STAND, first), joints(STAND, last), i / (frames - 1)) for i in range(frames)]


def test_a_walker_keeps_the_name():
    seen = follow(tracker(), walk((2.4, 1.6), (1.4, 2.2), 30))
    assert {track.track_id for tracks in seen for track in tracks} == {"p0"}
    assert seen[-1][0].posture[0] == Posture.WALKING


def test_someone_hidden_for_four_seconds_keeps_the_name():
    seen = follow(tracker(), [joints(STAND, (1.8, 2.0))] * 5 + [None] * 40 + [joints(STAND, (2.1, 1.9))] * 3)
    assert [track.track_id for track in seen[-1]] == ["p0"]
    assert seen[20][0].visible is False and seen[-1][0].visible is True


def test_a_turning_robot_does_not_rename_people():
    eyes, figure = tracker(), joints(STAND, (1.8, 2.0))
    for number, yaw in enumerate((135, 120, 150, 118, 152)):  # a quarter of the picture between frames
        tracks = eyes.update([sight_of(figure, camera_at(3.3, 0.75, yaw))], number * 0.5)
    assert [track.track_id for track in tracks] == ["p0"]


def test_two_people_crossing_in_the_picture_keep_their_names_by_place():
    eyes = tracker()
    for number in range(21):
        near = between(joints(STAND, (2.4, 1.4)), joints(STAND, (2.0, 1.9)), number / 20)
        far = between(joints(STAND, (1.4, 3.2)), joints(STAND, (1.0, 2.6)), number / 20)
        tracks = eyes.update([sight_of(far, STOP), sight_of(near, STOP)], number * 0.1)
    places = {track.track_id: tuple(track.sight.body.position[:2]) for track in tracks}
    assert len(places) == 2
    assert math.dist(places["p1"], (2.0, 1.9)) < 0.2 and math.dist(places["p0"], (1.0, 2.6)) < 0.2


def test_a_single_odd_sight_is_not_believed():
    seen = follow(tracker(), [None, joints(STAND, (1.8, 2.0)), None, None])
    assert all(not tracks for tracks in seen)


def test_whoever_was_glimpsed_or_lost_is_looked_for_in_every_picture_and_whoever_rests_now_and_then():
    eyes, sight = tracker(), sight_of(joints(STAND, (1.8, 2.0)), STOP)
    assert eyes.look_every_s == 1.0
    eyes.update([sight], 0.0)
    assert eyes.look_every_s == 0.0 and eyes.tracks == [] and eyes.missing == []
    eyes.update([sight], 0.1)
    assert eyes.look_every_s == 0.25 and eyes.sights == [sight]
    eyes.update([], 0.2)
    assert eyes.look_every_s == 0.0 and eyes.missing == [sight.pose.box]


def test_a_skeleton_too_small_for_a_person_is_passed_over():
    eyes, figure = tracker(), joints(STAND, (1.8, 2.0))
    small = figure[[23, 24]].mean(axis=0) + 0.2 * (figure - figure[[23, 24]].mean(axis=0))  # a doll of a fifth
    for number in range(10):
        tracks = eyes.update([sight_of(small, STOP)], number * 0.1)
    assert tracks == [] and eyes.look_every_s == 1.0


def part_of(whole: Sight, share: float, aside_m: float = 0.0) -> Sight:
    """A smaller skeleton within another, as of somebody `aside_m` farther away."""
    middle = whole.pose.landmarks.mean(axis=0)
    pose = Pose.of(middle + (whole.pose.landmarks - middle) * share, whole.pose.visibility, whole.pose.world)
    return Sight(pose, replace(whole.body, position=whole.body.position + (aside_m, 0.0, 0.0)))


@pytest.mark.parametrize("aside_m, people", [(0.2, 1), (1.2, 2)])
def test_a_skeleton_within_another_is_somebody_else_only_where_the_room_has_place_for_both(aside_m, people):
    eyes, whole = tracker(), sight_of(joints(STAND, (1.8, 2.0)), STOP)
    for number in range(5):
        tracks = eyes.update([part_of(whole, 0.4, aside_m), whole], number * 0.1)
    assert len(tracks) == people
    assert any(track.sight is whole for track in tracks)


@pytest.mark.parametrize("legs_first", [True, False])
def test_a_skeleton_that_the_legs_are_taken_for_does_not_take_the_name(legs_first):
    eyes, bent = tracker(), sight_of(joints(BEND, (1.8, 2.0)), STOP)
    follow(eyes, [joints(BEND, (1.8, 2.0))] * 3)
    left, top, right, bottom = bent.pose.box
    legs = np.clip(bent.pose.landmarks + (0.0, 0.45 * (bottom - top)), None, (math.inf, bottom + 0.4 * (bottom - top)))
    low = Sight(Pose.of(legs, bent.pose.visibility, bent.pose.world),
                replace(bent.body, position=bent.body.position - (0.0, 0.0, 0.45), torso_height_m=0.1))
    for number in range(3, 6):
        eyes.update([low, bent] if legs_first else [bent, low], number * 0.1)
    assert next(track for track in eyes.tracks if track.track_id == "p0").sight is bent


def test_who_moves_or_lies_must_not_wait_and_who_stands_can():
    boxes = {}
    for name, figures in (("stands", [joints(STAND, (1.8, 2.0))] * 10), ("walks", walk((2.2, 1.8), (1.4, 2.2), 10)),
                          ("lies", [joints(LIE, (1.8, 2.0))] * 10)):
        eyes = tracker()
        follow(eyes, figures)
        boxes[name] = len(eyes.first)
    assert boxes == {"stands": 0, "walks": 1, "lies": 1}


def test_people_are_forgotten():
    eyes = tracker()
    follow(eyes, [joints(STAND, (1.8, 2.0))] * 3)
    followed = {tenth: eyes.update([], tenth / 10) for tenth in range(3, 230, 2)}
    assert followed[10 * int(FORGET_PLACED_S) - 9] and not followed[10 * int(FORGET_PLACED_S) + 15]


def test_whoever_is_gone_after_a_time_without_frames_is_forgotten_and_whoever_is_there_is_the_same():
    eyes = tracker()
    follow(eyes, [joints(STAND, (1.8, 2.0))] * 3)
    before = eyes.tracks[0].track_id
    assert follow(eyes, [joints(STAND, (1.9, 2.0))], start_s=2.0)[-1][0].track_id == before
    assert eyes.update([], 4.0) == []


def test_a_clock_set_back_starts_anew_and_a_late_frame_changes_nothing():
    eyes = tracker()
    follow(eyes, [joints(STAND, (1.8, 2.0))] * 3, start_s=100.0)
    assert eyes.update([], 100.15)[0].visible  # late: ignored
    assert eyes.update([], 5.0) == []


def test_descent_is_measured_in_torso_lengths_a_second():
    up, down = joints(STAND, (1.8, 2.0)), joints(LIE, (1.8, 2.0), 45)
    fall = [up] * 10 + [between(up, down, i / 7) for i in range(1, 8)] + [down] * 5
    for with_depth in (True, False):
        speeds = [tracks[0].descent_speed for tracks in follow(tracker(), fall, with_depth=with_depth)[2:]]
        assert 2.0 < np.nanmax(speeds) < 6.0  # 1.16 m in 0.7 s are 3.6 torso lengths/s
        assert abs(speeds[-1]) < 0.5


def test_one_teleported_frame_is_no_descent():
    up, down = joints(STAND, (1.8, 2.0)), joints(LIE, (1.8, 2.0), 45)
    seen = follow(tracker(), [up] * 10 + [down] + [up] * 5, with_depth=False)
    speeds = [track.descent_speed for tracks in seen for track in tracks if track.track_id == "p0"]
    assert np.nanmax(speeds) < 0.5


def test_the_robot_driving_closer_is_no_descent():
    figure, eyes, speeds = joints(STAND, (1.6, 2.2)), tracker(), []
    for number in range(30):
        camera = camera_at(3.3 - 0.02 * number, 0.75 + 0.02 * number, 135)
        speeds += [track.descent_speed for track in eyes.update([sight_of(figure, camera)], number * 0.1)]
    assert np.nanmax(np.abs(speeds)) < 0.6


def test_landmarks_that_are_no_numbers_do_not_break_the_tracker():
    eyes = tracker()
    good = sight_of(joints(STAND, (1.8, 2.0)), STOP)
    for number in range(5):
        tracks = eyes.update([Sight(good.pose, good.body)], number * 0.1)
    assert len(tracks) == 1


def test_hips_and_the_top_are_measured_from_where_the_feet_stood_before():
    standing = follow(tracker(), [joints(STAND, (1.8, 2.0))] * 15, with_depth=False)[-1][0]
    fallen = follow(tracker(), [joints(STAND, (1.8, 2.0))] * 15 + [joints(LIE, (1.8, 2.0), 45)] * 4,
                    with_depth=False)[-1][0]
    assert standing.hips_above_feet > 1.2 and fallen.hips_above_feet < 0.5
    assert standing.top_above_feet > 2.5 and fallen.top_above_feet < 1.0


def test_a_track_too_young_to_know_where_the_feet_stood_says_so():
    young = follow(tracker(), [joints(STAND, (1.8, 2.0))] * 5, with_depth=False)[-1][0]
    assert math.isnan(young.hips_above_feet) and math.isnan(young.top_above_feet)
