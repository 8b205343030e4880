"""Deeds acted out and judged without pictures (bench/falls_acted.py): the skeletons made of them are judged as seen."""
from dataclasses import replace

import numpy as np
import pytest

from bench.falls_acted import found, posed, seen_acted
from bench.train_falls import Errors
from perception.course import Limits
from perception.geometry import measure


class NoErrors:
    """A pose model that errs nowhere."""

    def along(self, tilts, rng, fade=0.0):
        return iter([np.zeros((5, 2))] * len(tilts))


@pytest.fixture(scope="module")
def deeds():
    return [deed for seed in range(5000, 5006) for fall in (True, False)
            if (deed := seen_acted(seed, fall, NoErrors())) is not None]


def test_most_falls_are_found_and_most_deeds_left_alone(deeds):
    falls, others = ([found(deed, Limits()) for deed in deeds if deed.fall is fall] for fall in (True, False))
    assert len(falls) >= 4 and len(others) >= 4
    assert sum(falls) > len(falls) / 2 and sum(others) < len(others) / 2


def test_a_fall_counts_only_around_its_impact(deeds):
    fall = next(deed for deed in deeds if deed.fall and found(deed, Limits()))
    assert not found(replace(fall, impact_s=fall.impact_s + 60.0), Limits())


def test_a_pose_made_of_joints_has_their_shoulders_hips_and_tilt():
    limbs = [[along, side] for along in (30, 60, 80, 99) for side in (4, 8)]
    lying = np.array([[10, 5], [10, 7], [12, 6], *limbs], float)
    body = measure(posed(lying * 4, np.column_stack([lying, np.ones(11)]) / 50))
    assert body.hips_y_px == pytest.approx(24) and body.torso_px == pytest.approx(120)
    assert np.degrees(body.torso_angle_rad) == pytest.approx(90)


def test_errors_that_fade_in_leap_less_where_they_go_on_from_another_rehearsal():
    errors = Errors([])
    errors._courses = [[np.full((5, 2), value)] * 5 for value in (0.0, 1.0)]
    errors._starts = [[(0, 0), (1, 0)]]
    leaps = [np.abs(np.diff(np.array(list(errors.along(np.zeros(200, int), np.random.default_rng(0), fade))),
                            axis=0)).max() for fade in (0.0, 0.75)]
    assert leaps[0] >= 1.0 and leaps[1] <= 0.75
