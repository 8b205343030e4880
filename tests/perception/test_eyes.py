"""What eyes that are shut, cut or upside down make of a fall: drawn rooms, and a finder that knows who is in them."""
from functools import cache

import cv2
import numpy as np
import pytest
from figures import LIE, STAND, between, camera_at, joints, see

from perception.eyes import Eyes
from perception.fall import FallState
from perception.pose import Pose
from robot.site import Camera as SiteCamera

VIEW = camera_at(0.0, 2.0, 0.0)
NOISE = np.random.default_rng(0).integers(0, 8, (480, 640, 3), dtype=np.uint8)
BLACK = np.zeros((480, 640, 3), np.uint8)


@cache
def room(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(40, 200, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_LINEAR)


def live(seed: int, number: int) -> np.ndarray:
    """A picture of a room, with a sensor's noise."""
    return cv2.add(room(seed), np.roll(NOISE, 97 * number))


def pose_of(figure: np.ndarray) -> Pose:
    return see(figure, VIEW)[0]


def falling(time_s: float) -> np.ndarray:
    """Somebody who stands for a second and falls sideways within 0.6 s."""
    return between(joints(STAND, (3.0, 2.0), 90), joints(LIE, (3.0, 2.0), 90), (time_s - 1.0) / 0.6)


class Knows:
    """A pose finder that is told who is there."""

    def __init__(self, poses) -> None:
        self.poses, self.pictures = poses, []

    def find(self, image, time_s, missing=(), moving=None, first=(), thrifty=False):
        self.pictures.append(image)
        pose = self.poses(time_s)
        return [] if pose is None else [pose]

    def forget(self, image) -> None:
        pass

    def close(self) -> None:
        pass


def watch(picture_at, poses, end_s=6.0, mount=None):
    """The eyes after looking at pictures at 10 Hz, with all falls that they suspected."""
    eyes, suspected = Eyes(finder=Knows(poses), mount=mount), []
    for tenth in range(int(end_s * 10)):
        suspected += [event.time_s for event in eyes.look(picture_at(tenth / 10), tenth / 10)
                      if event.state == FallState.SUSPECTED]
    return eyes, suspected


def test_a_fall_before_a_sound_camera_is_seen():
    eyes, suspected = watch(lambda t: live(0, round(t * 10)), lambda t: pose_of(falling(t)))
    assert len(suspected) == 1 and eyes.notes == []


@pytest.mark.parametrize(("bad", "word"), [
    (BLACK, "black"), (np.full_like(BLACK, 128), "covered"), (np.full_like(BLACK, 255), "overexposed"),
    (live(0, 14), "frozen")])
@pytest.mark.parametrize("for_s", [0.6, 4.0])
def test_whoever_was_falling_when_the_lens_was_covered_and_is_gone_after_it_is_no_fall(bad, word, for_s):
    eyes, suspected = watch(lambda t: bad if 1.5 <= t < 1.5 + for_s else live(0, round(t * 10)),
                            lambda t: pose_of(falling(t)) if t < 1.5 else None)
    assert suspected == []
    assert any(word in note for note in eyes.notes) or word == "frozen" and for_s < 2.0


def test_a_frozen_picture_of_somebody_bent_low_is_no_fall():
    eyes, suspected = watch(lambda t: live(0, min(round(t * 10), 15)), lambda t: pose_of(falling(min(t, 1.5))))
    assert suspected == [] and eyes.notes == ["3.5 s to 5.9 s: picture is frozen since 2 s: restart the camera"]


def test_somebody_who_lies_in_the_scene_after_a_cut_did_not_fall():
    eyes, suspected = watch(lambda t: live(int(t >= 1.5), round(t * 10)),
                            lambda t: pose_of(joints(STAND if t < 1.5 else LIE, (3.0, 2.0), 90)))
    assert suspected == [] and "another scene" in eyes.notes[0]


def upside_down(pose: Pose) -> Pose:
    return Pose.of((639, 479) - pose.landmarks, pose.visibility, pose.world * (-1, -1, 1))


def test_people_who_walk_on_their_heads_turn_the_pictures_round():
    eyes, suspected = watch(lambda t: live(0, round(t * 10)),
                            lambda t: upside_down(pose_of(joints(STAND, (3.0, 1.0 + 0.4 * t), 90))))
    assert suspected == [] and "upside down" in eyes.notes[0] and len(eyes.notes) == 1
    first, last = (cv2.absdiff(picture, room(0)).mean() for picture in (eyes._finder.pictures[i] for i in (0, -1)))
    assert first < 8 < last


def test_somebody_who_lies_head_first_to_the_camera_turns_nothing_round():
    lying = upside_down(pose_of(joints(STAND, (3.0, 2.0), 0)))
    wobble = np.random.default_rng(0).normal(0, 3, (100, 33, 2))
    eyes, _ = watch(lambda t: live(0, round(t * 10)), lambda t: Pose.of(
        lying.landmarks + wobble[round(t * 10)], lying.visibility, lying.world), 10.0)
    assert eyes.notes == []


def test_a_camera_that_hangs_upside_down_and_says_so_is_looked_through_the_right_way_up():
    with Eyes(finder=Knows(lambda t: None), mount=SiteCamera(roll_deg=180)) as eyes:
        eyes.look(live(0, 0)[::-1, ::-1], 0.0)
        assert (eyes._finder.pictures[0] == live(0, 0)).all()


@pytest.mark.parametrize(("raised_m", "mount", "falls"), [
    (0.0, SiteCamera(), 1), (0.5, SiteCamera(), 0), (0.0, None, 0)], ids=["floor", "bed", "mounting not known"])
def test_somebody_found_lying_is_on_the_floor_or_on_a_bed_by_how_the_camera_is_mounted(raised_m, mount, falls):
    lying = pose_of(joints(LIE, (3.0, 2.0), 90, raised_m))
    _, suspected = watch(lambda t: live(0, round(t * 10)), lambda t: lying, 3.0, mount)
    assert len(suspected) == falls
