"""The own voice taken out of the microphone's sound, on synthesised speech in the simulated rooms."""
from __future__ import annotations

import numpy as np
import pytest

from dialogue.echo import LATEST_S, TAIL_S, EchoCanceller
from dialogue.echo_filter import HOP
from dialogue.echo_suppressor import EchoSuppressor
from dialogue.listener import Listener
from dialogue.recognizer import Ears
from robot.resources import resource
from robot.site import load_site
from sim.sound import CHUNK, Soundscape
from tests.dialogue import sounds

SAYS = ("A gardener had two pear trees. One stood in the sun and was proud of its many pears. The other stood by the "
        "wall and had only three.")


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    return sounds.spoken(SAYS, "en") * 1.4  # -20 dBFS, as dialogue/voice.py levels it


def room(own: np.ndarray, delay_s: float, resident: np.ndarray | None = None) -> np.ndarray:
    """What the microphone hears, int16, where the robot speaks from 1.0 s on; the resident from 5.0 s on, at 2 m."""
    scape = Soundscape(load_site(resource("config/home.yaml")), 0.0, seed=3)
    scape.places |= {"robot": (2.5, 0.0, 1.0), "resident": (2.5, 2.0, 1.2)}
    scape.play("robot", own, 1.0 + delay_s)
    if resident is not None:
        scape.play("resident", resident, 5.0, speech_db=72.0)
    return np.concatenate([scape.chunk()[1] for _ in range(round((len(own) / sounds.RATE + 3.0) * 10))])


def cleaned(canceller: EchoCanceller, microphone: np.ndarray, own: np.ndarray, chunk: int = CHUNK) -> np.ndarray:
    """All of it, in its place; what was not given back is zero."""
    out = np.zeros(len(microphone))
    for at in range(0, len(microphone), chunk):
        if at <= sounds.RATE < at + chunk:
            canceller.plays(np.round(own * 32767).astype(np.int16), sounds.RATE, 1.0)
        sound, begin_s = canceller.clean(microphone[at:at + chunk], at / sounds.RATE)
        begin = round(begin_s * sounds.RATE)
        out[begin:begin + len(sound)] = sound
    return out


def decibels(sound: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(sound.astype(np.float64))) + 1e-9))


@pytest.mark.parametrize("delay_s", [0.0, 0.3])
def test_the_own_voice_is_removed_and_its_delay_is_found(own, delay_s):
    canceller, microphone = EchoCanceller(), room(own, delay_s)
    left = cleaned(canceller, microphone, own)
    speech = slice(int((3.0 + delay_s) * sounds.RATE), int((1.0 + delay_s) * sounds.RATE) + len(own))
    assert decibels(microphone[speech]) - decibels(left[speech]) > 20.0
    assert canceller.delay_s == pytest.approx(delay_s, abs=0.002)


def test_who_speaks_into_it_is_still_heard(own):
    cry = sounds.spoken("Help me! I cannot get up.", "en")
    left = cleaned(EchoCanceller(), room(own, 0.1, cry), own)
    alone = cleaned(EchoCanceller(), room(own, 0.1), own)
    during = slice(5 * sounds.RATE, 5 * sounds.RATE + len(cry))
    assert decibels(left[during]) > decibels(alone[during]) + 10.0


def test_sound_of_any_length_comes_back_whole_and_in_its_place(own):
    microphone = room(own, 0.1)
    by_tenths, by_odd_stretches = (cleaned(EchoCanceller(), microphone, own, chunk) for chunk in (1600, 777))
    for left in (by_tenths, by_odd_stretches):
        assert np.array_equal(left[:sounds.RATE // 2], microphone[:sounds.RATE // 2])  # the robot is silent: untouched
        assert not np.any(np.all(left[sounds.RATE:len(left) // 160 * 160].reshape(-1, 160)[:-4] == 0.0, axis=1))


def test_a_silenced_loudspeaker_is_expected_no_more(own):
    canceller = EchoCanceller()
    canceller.plays(np.round(own * 32767).astype(np.int16), sounds.RATE, 1.0)
    assert canceller.sounds(8.0, 8.1)
    canceller.stops(2.0)
    assert canceller.sounds(2.5, 2.6) and not canceller.sounds(2.0 + LATEST_S + TAIL_S + 0.1, 7.0)


def test_the_residents_words_are_lowered_by_no_more_than_two_decibels(own):
    cry, silent = sounds.spoken("Help me! I cannot get up.", "en"), np.zeros(len(own))
    during = slice(5 * sounds.RATE, 5 * sounds.RATE + len(cry))
    left = cleaned(EchoCanceller(), room(own, 0.1, cry), own)
    assert decibels(left[during]) > decibels(room(silent, 0.1, cry)[during]) - 2.0


def test_a_cry_into_the_robots_story_is_understood(own):
    listener = Listener(Ears())
    listener.prepare(["en"])
    cry = sounds.elderly("Help me! I cannot get up.", "en")
    left = cleaned(EchoCanceller(), room(own, 0.15, cry), own)
    listener.begin(["en"])
    listener.accept(left[int(4.6 * sounds.RATE):int(5.3 * sounds.RATE) + len(cry)].astype(np.int16))
    assert listener.finish(5.0, 8.0, ()).understood.call_for_help


def test_what_the_filter_leaves_is_lowered_and_what_stands_above_it_is_not():
    echo, suppressors = sounds.spoken(SAYS, "en")[:HOP * 150], (EchoSuppressor(), EchoSuppressor())
    left, loud = 0.1 * echo, sounds.spoken("Help me! I cannot get up.", "en")[:HOP * 50]
    both = left.copy()
    both[HOP * 50:HOP * 100] += loud
    alone, spoken = (np.concatenate([suppressor.process(sound[at:at + HOP], echo[at:at + HOP])
                                     for at in range(0, len(sound), HOP)])[HOP:]
                     for suppressor, sound in zip(suppressors, (left, both), strict=True))
    assert decibels(left) - decibels(alone) > 8.0
    assert decibels(loud) - decibels(spoken[HOP * 50:HOP * 100]) < 1.5


def test_without_an_echo_sound_goes_through_whole_and_one_hop_later():
    sound, suppressor = sounds.spoken("Help me! I cannot get up.", "en")[:HOP * 40], EchoSuppressor()
    out = np.concatenate([suppressor.process(sound[at:at + HOP], np.zeros(HOP)) for at in range(0, len(sound), HOP)])
    assert np.abs(out[HOP:] - sound[:-HOP]).max() < 1e-3


def test_the_very_first_words_are_lowered_too(own):
    microphone = room(own, 0.0)
    first = slice(sounds.RATE, 2 * sounds.RATE)
    assert decibels(microphone[first]) - decibels(cleaned(EchoCanceller(), microphone, own)[first]) > 13.0
