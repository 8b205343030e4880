"""What the labels of the real clips prove of postures, and whom they mean."""
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bench.labelled_clips import labelled  # noqa: E402
from bench.real_postures import of_subject, true_posture  # noqa: E402
from perception.pose import Pose  # noqa: E402

FALL = {"clip": "urfd/fall-02.mp4", "label": "fall", "start_s": "2.0", "end_s": "3.0", "source": "urfd"}


@pytest.mark.parametrize("time_s, posture", [(1.0, "sitting"), (1.8, ""), (2.5, ""), (3.3, ""), (3.6, "lying")])
def test_a_fall_from_a_chair_proves_sitting_before_and_lying_after_but_nothing_between(time_s, posture):
    assert true_posture(FALL, time_s, 5.0) == posture


@pytest.mark.parametrize("clip, at_start, later", [
    ("activity06_trial1_cam1", "upright", "upright"), ("activity08_trial1_cam1", "", "sitting"),
    ("activity11_trial2_cam2", "", "lying"), ("activity09_trial1_cam1", "", "")])
def test_an_activity_proves_its_posture_once_it_has_been_taken_up(clip, at_start, later):
    row = {"clip": f"upfall/{clip}.mp4", "label": "adl"}
    assert (true_posture(row, 1.0, 40.0), true_posture(row, 20.0, 40.0)) == (at_start, later)


def test_the_onlooker_on_the_chairs_is_not_the_subject_even_if_alone():
    def pose(left, top, right, bottom):
        return Pose.of(np.array([[left, top], [right, bottom]], float), np.ones(2), np.zeros((2, 3)))
    onlooker, walker = pose(520, 110, 600, 250), pose(500, 140, 600, 400)
    row = {"clip": "upfall/activity06_trial1_cam2.mp4"}
    assert of_subject(row, [onlooker, walker], 640, 480) == [walker] and of_subject(row, [onlooker], 640, 480) == []


def test_each_set_of_clips_proves_every_posture(shared_data):
    proven = defaultdict(set)
    for row in labelled(shared_data / "falls"):
        proven[row["source"]] |= {true_posture(row, time_s, 8.0) for time_s in np.arange(0.0, 8.0, 0.1)} - {""}
    assert set(proven) == {"urfd", "upfall"}
    assert all(postures == {"upright", "sitting", "lying"} for postures in proven.values())
