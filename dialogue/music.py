"""A piece of music as the robot's loudspeaker gets it: softer than its speech, in parts that can be interrupted."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dialogue import music_box
from dialogue.recognizer import SAMPLE_RATE
from dialogue.recording import RecordingError, read
from dialogue.sound import Sound, level
from robot.music import MELODY, melodies

VOLUME = 0.5        # of speech: 6 dB softer, so that who talks beside it need not raise their voice
LONGEST_S = 600.0   # what is longer is cut off: a recording of a whole evening must not fill the memory
# A part is one message, or one start of the sound card's player: it has to fit, and between two there may be a gap.
PART_S, SEARCH_S = 60.0, 20.0  # a part ends where it is quietest in the last 20 s of its minute
FRAME_S = 0.05
FADE_S = 0.05


def sound_of(source: str) -> Sound:
    """A piece of robot/music.py at the loudness of music; at most ten minutes. Raises RecordingError."""
    if source.startswith(MELODY):
        sound = music_box.play(melodies()[source.removeprefix(MELODY)].notes)
    else:
        recording = read(Path(source), LONGEST_S)
        sound = Sound(np.round(recording.samples * 32767).astype(np.int16), SAMPLE_RATE)
    levelled = level(sound.samples, sound.rate_hz, VOLUME)
    if not len(levelled):
        raise RecordingError(f"{source}: nothing but silence in it")
    return _faded(Sound(levelled, sound.rate_hz))


def parts(sound: Sound) -> Iterator[Sound]:
    """`sound` in pieces of a minute at most, cut where it is quiet."""
    left = sound.samples
    while len(left) > PART_S * sound.rate_hz:
        at = _quietest(left, sound.rate_hz)
        yield Sound(left[:at], sound.rate_hz)
        left = left[at:]
    yield Sound(left, sound.rate_hz)


def _quietest(samples: np.ndarray, rate_hz: int) -> int:
    """The middle of the quietest frame in the last `SEARCH_S` of the first `PART_S`, in samples."""
    first, last, frame = (round(seconds * rate_hz) for seconds in (PART_S - SEARCH_S, PART_S, FRAME_S))
    frames = samples[first:last].astype(np.float64)[:(last - first) // frame * frame].reshape(-1, frame)
    return first + int(np.argmin(np.square(frames).mean(axis=1))) * frame + frame // 2


def _faded(sound: Sound) -> Sound:
    length = min(round(FADE_S * sound.rate_hz), len(sound.samples) // 2)
    ramp = np.ones(len(sound.samples))
    ramp[:length] = np.linspace(0.0, 1.0, length)
    ramp[len(ramp) - length:] = np.linspace(1.0, 0.0, length)
    return Sound(np.round(sound.samples * ramp).astype(np.int16), sound.rate_hz)
