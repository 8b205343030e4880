"""Rehearsals: drawn from a seed, before any camera, with the truth beside each picture."""
from pathlib import Path

import pytest

from robot.site import load_site
from sim.rehearsal import JOINTS, MOVE_S, Rehearsal, act_out
from sim.ways import Ways

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def sites():
    return [load_site(CONFIG / "home.yaml"), load_site(CONFIG / "ward.yaml")]


def test_a_seed_gives_one_setting_and_another_seed_another(sites):
    settings = []
    for seed in (1, 1, 4):
        rehearsal = Rehearsal(seed, False, sites)
        rehearsal.world.close()
        settings.append(rehearsal.setting)
    assert settings[0] == settings[1] != settings[2]


@pytest.mark.slow
def test_a_fall_is_seen_from_standing_to_the_floor(sites):
    rehearsal = Rehearsal(1, True, sites)
    frames = list(rehearsal)
    camera = rehearsal.site.robot.camera
    assert frames[0].image.shape == (camera.height, camera.width, 3) and frames[0].depth_mm.dtype == "uint16"
    assert frames[0].posture == "standing" and frames[0].seen > 0.9
    assert frames[0].time_s < rehearsal.impact_s < frames[-1].time_s - 2.0 and frames[-1].posture == "lying"


@pytest.mark.slow
def test_everyday_life_has_no_impact(sites):
    rehearsal = Rehearsal(3, False, sites)
    for _ in rehearsal:
        assert rehearsal.impact_s is None


def test_deeds_are_acted_out_without_pictures_and_only_falls_have_an_impact(sites):
    ways = Ways(sites[0])
    for seed in range(3):
        fall, other = (act_out(seed, falls, sites[0], ways) for falls in (True, False))
        assert other.impact_s is None and 0.0 < fall.impact_s < len(fall.joints) * MOVE_S
        assert fall.joints.shape[1:] == (len(JOINTS), 3)
        assert fall.joints[-1, 5:7, 2].max() < 0.4  # the hips lie low
    again = act_out(2, True, sites[0], ways)
    assert (again.joints == act_out(2, True, sites[0], ways).joints).all()
