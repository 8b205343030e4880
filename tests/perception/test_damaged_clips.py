"""What glitches make of real and rendered pictures: falls stay falls where they can be seen, and none is invented."""
from pathlib import Path

import numpy as np
import pytest

from bench.damaged_clips import DAMAGES, RATE_HZ, cut, suspected
from perception.clip import Clip
from robot.site import load_site
from sim.rehearsal import Rehearsal

CONFIG = Path(__file__).resolve().parents[2] / "config"
FALL, OTHER = "urfd/fall-01.mp4", "urfd/adl-07.mp4"
FALLING_S = 3.75  # the body is most of the way down
pytestmark = pytest.mark.slow


def pictures(folder: Path, name: str):
    path = folder / "falls" / name
    if not path.exists():
        pytest.skip(f"recording missing: {path}")
    return list(Clip(path, RATE_HZ))


@pytest.mark.parametrize("damage", ["grey", "third dropped"])
def test_a_real_fall_is_seen_in_poor_pictures(shared_data, damage):
    falls, notes = suspected(DAMAGES[damage](pictures(shared_data, FALL)))
    assert falls and notes == []


def test_a_torn_broadcast_of_everyday_life_is_no_fall(shared_data):
    assert suspected(DAMAGES["torn"](pictures(shared_data, OTHER)))[0] == []


@pytest.mark.parametrize("change, word", [
    (np.zeros_like, "black"), (lambda picture: np.full_like(picture, 90), "lens covered"),
    (lambda picture: picture, "frozen")], ids=["black", "covered", "frozen"])
def test_a_real_fall_of_which_only_the_beginning_is_seen_is_not_made_up(shared_data, change, word):
    seen = [one for one in pictures(shared_data, FALL) if one[0] < FALLING_S]
    falls, notes = suspected(seen + [(FALLING_S + tenth / 10, change(seen[-1][1])) for tenth in range(30)])
    assert falls == [] and any(word in note for note in notes)


def test_a_cut_between_two_real_clips_is_noted_and_is_no_fall(shared_data):
    falls, notes = suspected(cut(pictures(shared_data, OTHER), pictures(shared_data, "urfd/adl-25.mp4"), 0.4))
    assert falls == [] and any("another scene" in note for note in notes)


def test_a_rendered_person_who_kneels_does_not_fall_whatever_befalls_the_pictures():
    sites = [load_site(CONFIG / "home.yaml"), load_site(CONFIG / "ward.yaml")]
    kneels = Rehearsal(23, False, sites)
    assert kneels.kind == "kneels"
    seen = [(frame.time_s, frame.image) for frame in kneels]
    for name in ("upside down", "frozen at 0.35", "missing at 0.5"):
        assert suspected(DAMAGES[name](seen))[0] == [], name
