"""A melody in the tones of a music box. Pure: notes go in, sound comes out."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialogue.sound import Sound
from robot.music import Note

RATE_HZ = 16_000
# Partials and their strength. A struck bar has only few, and high ones are what old ears miss first (ISO 7029:2017).
PARTIALS = ((1, 1.0), (2, 0.35), (3, 0.12), (4, 0.04))
ATTACK_S = 0.008   # softer than a click (2 ms and less), still struck
DECAY_S = 0.7      # to 1/e; higher partials by as much faster
RINGS_S = 0.6      # over into the next note
RELEASE_S = 0.08
SILENCE_S = 0.05   # before and after all
PEAK = 0.5         # full scale is 1.0


def play(notes: Sequence[Note]) -> Sound:
    """The sound of these notes, one after the other; it begins and ends in silence."""
    starts_s = np.cumsum([SILENCE_S, *(note.length_s for note in notes)])
    sound = np.zeros(round((starts_s[-1] + RINGS_S + SILENCE_S) * RATE_HZ))
    for note, start_s in zip(notes, starts_s, strict=False):
        if note.pitch_hz:
            tone, first = _tone(note), round(start_s * RATE_HZ)
            sound[first:first + len(tone)] += tone
    peak = np.abs(sound).max(initial=0.0)
    return Sound(np.round(sound * (PEAK / peak if peak else 0.0) * 32767).astype(np.int16), RATE_HZ)


def _tone(note: Note) -> np.ndarray:
    time_s = np.arange(round((note.length_s + RINGS_S) * RATE_HZ)) / RATE_HZ
    tone = sum(strength * np.exp(-number * time_s / DECAY_S) * np.sin(2 * np.pi * number * note.pitch_hz * time_s)
               for number, strength in PARTIALS if number * note.pitch_hz < RATE_HZ / 2)
    rise, fall = np.clip(time_s / ATTACK_S, 0.0, 1.0), np.clip((time_s[-1] - time_s) / RELEASE_S, 0.0, 1.0)
    return tone * np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
