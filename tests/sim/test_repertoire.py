"""What can be rehearsed: every kind can be done, those that are falls end low, the others without an impact."""
from pathlib import Path

import numpy as np
import pytest

from robot.site import load_site
from sim.rehearsal import MOVE_S, act_out
from sim.repertoire import EVERYDAY, FALLS, LEAVING, MORE_EVERYDAY, MORE_FALLS
from sim.ways import Ways

HOME = load_site(Path(__file__).parents[2] / "config" / "home.yaml")
HEAD, HIPS = 2, (5, 6)


@pytest.fixture(scope="module")
def ways():
    return Ways(HOME)


@pytest.mark.parametrize("kind", MORE_FALLS)
def test_each_way_to_fall_ends_on_the_floor(kind, ways):
    for seed in (1, 2):
        fall = act_out(seed, True, HOME, ways, {kind: MORE_FALLS[kind]})
        hips_m = fall.joints[:, HIPS, 2].mean(axis=1)
        assert fall.kind == kind and 0.0 < fall.impact_s < len(hips_m) * MOVE_S
        assert hips_m[-1] < 0.45 <= hips_m[0] + 0.01


@pytest.mark.parametrize("kind", MORE_EVERYDAY)
def test_what_only_looks_like_a_fall_has_no_impact_and_nobody_leaps(kind, ways):
    deed = act_out(1, False, HOME, ways, {kind: MORE_EVERYDAY[kind]})
    assert deed.kind == kind and deed.impact_s is None
    head_mps = np.abs(np.diff(deed.joints[:, HEAD], axis=0)).max(axis=1) / MOVE_S
    assert 0.3 < head_mps.max() < 6.0  # a head that drops freely from 1.6 m arrives at 5.6 m/s


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_leaves_is_in_another_room_in_the_end(seed, ways):
    deed = act_out(seed, False, HOME, ways, LEAVING)
    first, last = (HOME.room_at(*map(float, deed.joints[at, HEAD, :2])) for at in (0, -1))
    assert first and last and first.id != last.id


def test_what_rehearsals_show_by_default_is_not_changed_by_the_harder_kinds():
    assert not set(FALLS) & set(MORE_FALLS) and not set(EVERYDAY) & set(MORE_EVERYDAY)


def test_all_fours_are_low_and_end_upright_again(ways):
    deed = act_out(3, False, HOME, ways, {"goes_on_all_fours": MORE_EVERYDAY["goes_on_all_fours"]})
    assert deed.joints[:, HEAD, 2].min() < 0.9 < 1.2 < deed.joints[-1, HEAD, 2]
