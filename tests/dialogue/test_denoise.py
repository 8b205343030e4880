"""Steady noise is taken out, and the speech in it stays."""
from __future__ import annotations

import numpy as np

from dialogue.denoise import quieter
from tests.dialogue.sounds import pink, spoken

RATE = 16_000


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound ** 2)))


def test_a_pause_is_quieter_by_ten_decibels_and_the_words_are_not():
    speech = spoken("Please help me, I have fallen and cannot get up.", "en")
    quiet = np.zeros(RATE // 2)
    words = np.concatenate([quiet, speech, quiet])
    noisy = words + pink(len(words), 3) * rms(speech) / 10 ** (10 / 20)
    clean = quieter(noisy)
    assert len(clean) == len(noisy)
    assert rms(clean[:RATE // 3]) < rms(noisy[:RATE // 3]) / 10 ** (10 / 20)
    within = slice(len(quiet), len(quiet) + len(speech))
    assert 0.8 < rms(clean[within]) / rms(words[within]) < 1.1
    assert rms(clean[within] - words[within]) < 0.7 * rms(noisy[within] - words[within])


def test_silence_and_what_is_too_short_to_tell_stay_as_they_are():
    short = pink(900, 1)
    assert np.array_equal(quieter(short), short)
    assert not quieter(np.zeros(RATE)).any()
    assert len(quieter(np.zeros(0))) == 0
