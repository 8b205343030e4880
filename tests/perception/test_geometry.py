"""Bodies are put where they are, as high as they are, on what carries them."""
import math

import numpy as np
import pytest
from figures import BEND, CAMERA, FLOOR_SIT, HOME, KNEEL, LIE, SIT, STAND, body_of, camera_at, joints, see

from perception import pose as p
from perception.geometry import Camera, above_floor, carried_by, depth_at, measure
from perception.posture import Posture, classify, likeliest
from robot.site import Camera as SiteCamera

PATROL_STOP = camera_at(3.3, 0.75, 135)


def test_a_standing_person_is_placed_within_ten_centimetres():
    body = body_of(joints(STAND, (1.6, 2.2)), PATROL_STOP)
    assert np.hypot(*(body.position[:2] - (1.6, 2.2))) < 0.1
    assert body.torso_height_m == pytest.approx(0.85, abs=0.07)
    assert body.head_height_m == pytest.approx(1.48, abs=0.1)
    assert body.room == "bedroom"


def test_a_place_in_the_map_does_not_move_when_the_robot_does():
    person = joints(STAND, (2.0, 2.0))
    places = [body_of(person, camera_at(x, 0.6, yaw)).position for x, yaw in ((3.3, 130), (2.8, 115), (2.2, 95))]
    assert np.ptp(np.stack(places), axis=0).max() < 0.15


@pytest.mark.parametrize(("shape", "at", "posture"), [
    (STAND, (2.0, 1.8), Posture.STANDING), (BEND, (2.0, 1.8), Posture.BENDING),
    (SIT, (1.6, 2.4), Posture.SITTING), (FLOOR_SIT, (2.0, 1.8), Posture.SITTING_ON_FLOOR),
    (KNEEL, (2.0, 1.8), Posture.CROUCHING), (LIE, (1.9, 1.8), Posture.LYING_ON_FLOOR)
])
@pytest.mark.parametrize("yaw_deg", [0, 90, 180, 270])
def test_a_posture_is_told_from_every_side(shape, at, posture, yaw_deg):
    assert likeliest(classify(body_of(joints(shape, at, yaw_deg), PATROL_STOP)))[0] == posture


@pytest.mark.parametrize("yaw_deg", [0, 180])
def test_lying_in_bed_is_told_from_lying_on_the_floor(yaw_deg):
    body = body_of(joints(LIE, (1.1, 2.9), yaw_deg, 0.5), PATROL_STOP)
    assert likeliest(classify(body))[0] == Posture.LYING_ON_FURNITURE


def test_a_bed_carries_who_lies_on_it_and_not_who_lies_beside_it():
    assert body_of(joints(LIE, (0.9, 2.9), 180, 0.5), PATROL_STOP).carrier == "bed_1"
    assert body_of(joints(LIE, (1.2, 1.9), 180), PATROL_STOP).carrier == ""


def test_hips_under_or_far_above_the_mattress_are_not_carried():
    unknown = np.full(3, np.nan)
    assert carried_by(np.array([1.1, 2.9, 0.6]), unknown, HOME) == "bed_1"
    assert carried_by(np.array([1.1, 2.9, 0.15]), unknown, HOME) == ""
    assert carried_by(np.array([1.1, 2.9, 1.2]), unknown, HOME) == ""


def test_a_head_below_the_mattress_is_not_in_bed():
    hips, head = np.array([1.1, 2.35, 0.37]), np.array([1.5, 2.2, 0.2])
    assert carried_by(hips, head, HOME) == ""


def test_without_depth_only_the_picture_speaks():
    body = body_of(joints(LIE, (1.9, 1.8), 45), PATROL_STOP, with_depth=False)
    assert math.isnan(body.torso_height_m) and not body.placed and body.room == ""
    assert likeliest(classify(body))[0] == Posture.LYING_ON_FLOOR


def test_a_body_of_which_only_the_hips_are_in_the_picture_has_a_place_and_heights():
    pose, depth = see(joints(LIE, (1.9, 1.8)), PATROL_STOP)
    whole = measure(pose, CAMERA, depth, PATROL_STOP, "map", HOME)
    pose.landmarks[[p.NOSE, p.LEFT_EAR, p.RIGHT_EAR, p.LEFT_SHOULDER, p.RIGHT_SHOULDER], 0] -= 640.0
    body = measure(pose, CAMERA, depth, PATROL_STOP, "map", HOME)
    assert body.torso_height_m == pytest.approx(whole.torso_height_m, abs=0.05) and body.room == whole.room


def test_an_unknown_place_of_the_robot_still_gives_heights():
    pose, depth = see(joints(LIE, (1.9, 1.8)), PATROL_STOP)
    body = measure(pose, CAMERA, depth, PATROL_STOP, "base", HOME)
    assert not body.placed and body.torso_height_m < 0.3


def test_a_depth_picture_without_depths_is_no_depth():
    pose, depth = see(joints(STAND, (2.0, 2.0)), PATROL_STOP)
    body = measure(pose, CAMERA, np.zeros_like(depth), PATROL_STOP, "map", HOME)
    assert math.isnan(body.torso_height_m) and not body.placed


def test_a_wall_behind_a_thin_limb_does_not_count():
    depth = np.full((480, 640), 4000, np.uint16)
    depth[230:250, 318:322] = 2000
    assert depth_at(depth, np.array([320, 240]), 5) == pytest.approx(2.0)


def test_depth_outside_the_picture_or_in_a_hole_is_unknown():
    depth = np.zeros((480, 640), np.uint16)
    assert math.isnan(depth_at(depth, np.array([320, 240]), 5))
    assert math.isnan(depth_at(depth, np.array([-20, 240]), 5))


def test_a_face_is_seen_from_the_front_only():
    robot_is_at_deg = math.degrees(math.atan2(0.75 - 2.0, 3.3 - 2.0))
    assert body_of(joints(STAND, (2.0, 2.0), robot_is_at_deg), PATROL_STOP).face_visible
    assert not body_of(joints(STAND, (2.0, 2.0), robot_is_at_deg + 180), PATROL_STOP).face_visible
    assert not body_of(joints(STAND, (2.0, 2.0), robot_is_at_deg + 90), PATROL_STOP).face_visible


def test_nothing_known_is_an_unknown_posture():
    pose, _ = see(joints(STAND, (2.0, 2.0)), PATROL_STOP)
    pose.landmarks[:] = pose.landmarks.mean(axis=0)
    assert likeliest(classify(measure(pose))) == (Posture.UNKNOWN, 1.0)


def test_a_torso_seen_end_on_is_still_placed():
    pose, depth = see(joints(STAND, (2.0, 2.0)), PATROL_STOP)
    pose.landmarks[[p.LEFT_SHOULDER, p.RIGHT_SHOULDER]] = pose.landmarks[[p.LEFT_HIP, p.RIGHT_HIP]]
    assert measure(pose, CAMERA, depth, PATROL_STOP, "map", HOME).placed


@pytest.mark.parametrize(("shape", "yaw_deg", "raised_m", "hips_m", "head_m"), [
    *((STAND, yaw, 0.0, 0.85, 1.48) for yaw in (0, 90, 200)), *((SIT, yaw, 0.0, 0.52, 1.15) for yaw in (0, 90, 200)),
    (LIE, 90, 0.0, 0.12, 0.18), (LIE, 90, 0.5, 0.62, 0.68)])  # not along the view: the body's length is hidden there
def test_without_depth_a_mounted_camera_tells_heights_from_how_large_somebody_is(shape, yaw_deg, raised_m, hips_m,
                                                                                  head_m):
    mount = SiteCamera(height_m=1.4, pitch_deg=12.0, hfov_deg=74.0)
    figure = joints(shape, (3.2, 0.3), yaw_deg, raised_m)
    pose, _ = see(figure, camera_at(0.0, 0.0, 0.0, 1.4, 12.0))
    turn = camera_at(0.0, 0.0, 0.0, 1.4, 12.0)
    assert above_floor(mount) == pytest.approx(turn, abs=1e-9)
    body = measure(pose, Camera.of(mount, 640, 480), None, above_floor(mount), "base")
    assert body.torso_height_m == pytest.approx(hips_m, abs=0.16) and not body.placed
    assert body.head_height_m == pytest.approx(head_m, abs=0.15)


def test_a_mount_fits_pictures_of_every_size():
    mount = SiteCamera(hfov_deg=90.0, width=640, height=480)
    assert Camera.of(mount, 640, 480).fx == pytest.approx(320.0)
    small = Camera.of(mount, 320, 180)
    assert small.fx == small.fy == pytest.approx(160.0) and (small.cx, small.cy) == (160.0, 90.0)
