"""What an alarm's picture shows of whom."""
import math

import numpy as np
import pytest
from figures import HOME

from perception import pose as p
from perception.pose import Pose
from perception.privacy import head, hide, redacted, skeletons, snapshot
from robot.site import Privacy
from sim.world import World


def standing(x, y, torso=60.0):
    """Somebody upright whose hips' middle is at (x, y) px."""
    marks = np.tile((float(x), float(y)), (33, 1))
    marks[:11] = (x, y - 1.55 * torso)
    marks[p.LEFT_EAR] += (0.13 * torso, 0)
    marks[p.RIGHT_EAR] -= (0.13 * torso, 0)
    for left, right, up, apart in ((11, 12, 1.0, 0.35), (23, 24, 0.0, 0.2), (25, 26, -0.9, 0.2), (27, 28, -1.8, 0.2)):
        marks[left] = (x + apart * torso, y - up * torso)
        marks[right] = (x - apart * torso, y - up * torso)
    return Pose.of(marks, np.ones(33), np.zeros((33, 3)))


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)


def detail(image, pose):
    """How much the picture changes from pixel to pixel where somebody's head is."""
    x, y, radius = (int(value) for value in head(pose))
    part = image[y - radius // 2:y + radius // 2, x - radius // 2:x + radius // 2].astype(float)
    return float(np.abs(np.diff(part, axis=1)).mean())


def test_a_head_holds_the_whole_face():
    x, y, radius = head(standing(200, 300))
    assert (x, y) == pytest.approx((200, 207)) and 15 < radius < 25  # a head is half a torso of 60 px high


def test_heads_that_are_hidden_cannot_be_told_and_the_rest_stays(picture):
    one, other = standing(200, 300), standing(450, 300)
    changed = hide(picture, [head(other)])
    assert detail(changed, other) < 0.2 * detail(picture, other)
    assert np.array_equal(changed[:, :400], picture[:, :400]) and detail(changed, one) == detail(picture, one)


def test_a_head_at_the_edge_or_outside_of_the_picture_is_no_fault(picture):
    hide(picture, [(0.0, 0.0, 20.0), (-50.0, 900.0, 20.0), (639.9, 479.9, 1.0)])


@pytest.mark.parametrize("shown, own_face, bystander", [("picture", True, False), ("hidden_faces", False, False)])
def test_bystanders_faces_are_never_shown_and_the_residents_as_the_site_says(picture, shown, own_face, bystander):
    subject, other = standing(300, 300, 90.0), standing(430, 300, 90.0)
    changed = redacted(picture, subject, [other], Privacy(snapshot=shown))
    assert (detail(changed, subject) == detail(picture, subject)) is own_face
    assert (detail(changed, other) == detail(picture, other)) is bystander


def test_the_skeleton_only_mode_has_no_pixel_of_the_picture(picture):
    subject = standing(300, 300)
    first = snapshot(picture, subject, [standing(450, 300)], Privacy(snapshot="skeleton"))
    assert first == snapshot(255 - picture, subject, [standing(450, 300)], Privacy(snapshot="skeleton"))
    lines = skeletons(picture.shape, [subject])
    assert (lines != lines[0, 0]).any(axis=2).sum() > 300


def test_without_a_subject_every_known_face_is_hidden(picture):
    other = standing(450, 300, 90.0)
    assert detail(redacted(picture, None, [other], Privacy()), other) < 0.2 * detail(picture, other)


@pytest.mark.slow
def test_a_face_whose_body_is_not_known_is_hidden_too():
    world = World(HOME, seed=3)
    person = world.people["lin"]
    person.place_at(2.3, -0.8, math.pi)  # before the robot at its dock, face to face
    world.light = "day"
    world.step(0.1)
    image = world.color()
    world.close()
    changed = redacted(image, None, [], Privacy())
    rows, columns = np.nonzero((changed != image).any(axis=2))
    assert len(rows) > 100 and np.ptp(columns) < 140 and rows.mean() < 240  # one head, in the upper half
