"""The learnt model, on people who act without pictures: other seeds than it was trained on."""
from pathlib import Path

import numpy as np
import pytest

from bench.train_falls import GROUPS, filmed
from perception.learnt import COLUMNS, STEPS, FallModel, describe
from robot.site import load_site
from sim.rehearsal import MOVE_S, act_out
from sim.ways import Ways

HOME = load_site(Path(__file__).parents[2] / "config" / "home.yaml")
UNSEEN = range(90000, 90010)  # bench/train_falls.py learns from lower seeds


def course(pixels):
    return [(number * MOVE_S, np.array([*(joints[list(group)].mean(axis=0) for group in GROUPS),
                                        joints[2:].min(axis=0), joints[2:].max(axis=0)]))
            for number, joints in enumerate(pixels)]


@pytest.fixture(scope="module")
def ways():
    return Ways(HOME)


def likeliest(seed, fall, ways):
    model, rng = FallModel.load(), np.random.default_rng(seed)
    film = None
    while film is None:
        film = filmed(act_out(seed, fall, HOME, ways), rng)
    sights = course(film[0])
    return max(model.judge(sights[:number], sights[number - 1][0]) for number in range(20, len(sights), 2))


@pytest.mark.slow
def test_falls_never_seen_are_told_from_everyday_deeds_never_seen(ways):
    falls, others = ([likeliest(seed, fall, ways) for seed in UNSEEN] for fall in (True, False))
    assert sum(sure >= 0.8 for sure in falls) >= 8 and sum(sure >= 0.8 for sure in others) <= 2


def test_what_is_described_does_not_depend_on_place_and_size(ways):
    pixels = filmed(act_out(1, True, HOME, ways), np.random.default_rng(1))[0][:30]
    here, there = (describe(course(seen), 29 * MOVE_S) for seen in (pixels, pixels * 0.4 + (70, 30)))
    assert here.shape == (STEPS * COLUMNS,) and np.allclose(here, there, atol=1e-3)


def test_too_little_seen_says_nothing():
    sight = np.zeros((7, 2))
    assert describe([], 1.0) is None
    assert describe([(0.0, sight)] * 5, 1.0) is None   # all in one point
    assert FallModel.load().judge([(0.0, sight + 1)], 9.0) == 0.0


def test_trees_come_back_from_their_file_follow_their_branches_and_add_up(tmp_path):
    stump, leaf = [[3, 0, 0], [0.5, 0, 0], [1, 1, 2], [2, 1, 2], [0.0, -1.0, 2.0]], [[0], [0], [3], [3], [0.5]]
    kinds = (np.int16, np.float32, np.int32, np.int32, np.float32)
    arrays = [np.array(one + other, kind) for one, other, kind in zip(stump, leaf, kinds, strict=True)]
    model = FallModel(**dict(zip(FallModel.ARRAYS, [*arrays, np.array([0, 3], np.int32)], strict=True)))
    model.save(tmp_path / "two.npz")
    again = FallModel.load(tmp_path / "two.npz")
    features = np.zeros(STEPS * COLUMNS, np.float32)
    assert again(features) == pytest.approx(1 / (1 + np.exp(0.5)))
    features[3] = 1.0
    assert again(features) == pytest.approx(1 / (1 + np.exp(-2.5)))
