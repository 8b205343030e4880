"""Whether the microphone works: dead, clipping, of another rate or clock, or no sound arriving at all. Pure core."""
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dialogue.recognizer import SAMPLE_RATE

DEAD_S = 5.0        # no analogue microphone gives the same value for 5 s: it is muted, unplugged or switched off
STALE_S = 4.0       # chunks come ten times a second; a machine at its limit may hold some up
CLIPPED = 32_700    # just below full scale, as some converters stop short of it
CLIPPED_SHARE = 0.01  # of the samples of the last second: audible distortion
FORGET_S = 1.0
# Its sound and its clock are judged over so long [s]: some messages are held up, not all of them.
JUDGED_S = 10.0
# Two channels or a second sender give twice the sound that belongs to its time, 24 kHz half as much again.
MOST_SOUND, LEAST_SOUND = 1.25, 0.9
# From further off than this [s] the own voice is no longer found in it (dialogue/echo.py), nor an answer its question.
OFF_S = 2.0


class Health(NamedTuple):
    """`level` as in diagnostics: "ok", "warn", "error" or "stale"."""
    level: str
    message: str


class Microphone:
    """Judges a stream of int16 chunks and its interruptions. Times in seconds: `end_s`, when a chunk ended, of the
    clock that stamps it; `now_s` of the robot's."""

    def __init__(self, start_s: float) -> None:
        self._arrived_s = self._alive_s = start_s
        self._last_s = -math.inf
        self._clipped = 0.0
        self._refused = (0, -math.inf)  # the rate of sound of no use, and when it last came
        self._sound = 1.0               # heard, of what the stamps say there was
        self._off_s = 0.0               # how late it is by its stamps
        self._judge_from(-math.inf)

    @property
    def last_s(self) -> float:
        """When the latest sound was heard, by its stamp; -inf: none was."""
        return self._last_s

    def hear(self, samples: np.ndarray, end_s: float, now_s: float) -> None:
        """Take one chunk that ended at `end_s`."""
        if not len(samples):
            return
        if self._last_s == -math.inf or samples.min() != samples.max():
            self._alive_s = now_s
        length_s = max(1e-3, end_s - self._last_s)
        weight = min(1.0, length_s / FORGET_S)
        share = float(np.mean(np.abs(samples.astype(np.int32)) >= CLIPPED))
        self._clipped += weight * (share - self._clipped)
        if length_s > STALE_S:
            self._judge_from(end_s)
        else:
            self._heard_s += len(samples) / SAMPLE_RATE
            self._least_off_s = min(self._least_off_s, now_s - end_s, key=abs)
            if max(self._heard_s, end_s - self._from_s) >= JUDGED_S:
                self._sound = self._heard_s / max(1e-3, end_s - self._from_s)
                self._off_s = self._least_off_s
                self._judge_from(end_s)
        self._last_s, self._arrived_s = end_s, now_s

    def refuse(self, rate_hz: int, now_s: float) -> None:
        """A chunk came at a rate that cannot be used."""
        self._refused = rate_hz, now_s

    def health(self, now_s: float) -> Health:
        """The judgement at this time."""
        if now_s - self._refused[1] <= STALE_S:
            return Health("error", f"/audio/in comes at {self._refused[0]} Hz; it must have {SAMPLE_RATE}")
        if now_s - self._arrived_s > STALE_S:
            return Health("stale", "no sound arrives; is the microphone's node running?")
        if now_s - self._alive_s > DEAD_S:
            return Health("error", "microphone silent: not even noise; is it muted or unplugged?")
        if abs(self._off_s) > OFF_S:
            return Health("error", f"/audio/in is stamped {abs(self._off_s):.0f} s too "
                                   f"{'early' if self._off_s > 0 else 'late'}; set the clocks of both machines alike")
        if self._sound > MOST_SOUND:
            return Health("error", f"/audio/in holds {self._sound:.1f} times the sound that belongs to its time; is it "
                                   "stereo, of another rate than it says, or sent by two nodes?")
        if self._clipped > CLIPPED_SHARE:
            return Health("warn", f"microphone clips ({self._clipped:.0%} of samples); lower its gain")
        if self._sound < LEAST_SOUND:
            return Health("warn", f"only {self._sound:.0%} of the sound arrives, and words are lost; is the machine or "
                                  "the network at its limit?")
        return Health("ok", "hears")

    def usable(self, now_s: float) -> bool:
        return self.health(now_s).level in ("ok", "warn")

    def _judge_from(self, time_s: float) -> None:
        self._from_s, self._heard_s, self._least_off_s = time_s, 0.0, math.inf
