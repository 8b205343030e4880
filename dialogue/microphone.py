"""Whether the microphone works: dead, clipping, or no sound arriving at all. Pure core."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

DEAD_S = 5.0        # no analogue microphone gives the same value for 5 s: it is muted, unplugged or switched off
STALE_S = 4.0       # chunks come ten times a second; a machine at its limit may hold some up
CLIPPED = 32_700    # just below full scale, as some converters stop short of it
CLIPPED_SHARE = 0.01  # of the samples of the last second: audible distortion
FORGET_S = 1.0


class Health(NamedTuple):
    """`level` as in diagnostics: "ok", "warn", "error" or "stale"."""
    level: str
    message: str


class Microphone:
    """Judges a stream of int16 chunks and its interruptions. Times in seconds of one clock."""

    def __init__(self, start_s: float) -> None:
        self._last_s = self._alive_s = start_s
        self._clipped = 0.0
        self._ever = False

    @property
    def last_s(self) -> float:
        """When the latest sound was heard."""
        return self._last_s

    def hear(self, samples: np.ndarray, end_s: float) -> None:
        """Take one chunk that ended at `end_s`."""
        if not len(samples):
            return
        if not self._ever or samples.min() != samples.max():
            self._alive_s = end_s
        length_s = max(1e-3, end_s - self._last_s)
        weight = min(1.0, length_s / FORGET_S)
        share = float(np.mean(np.abs(samples.astype(np.int32)) >= CLIPPED))
        self._clipped += weight * (share - self._clipped)
        self._last_s, self._ever = end_s, True

    def health(self, now_s: float) -> Health:
        """The judgement at this time."""
        if now_s - self._last_s > STALE_S:
            return Health("stale", "no sound arrives; is the microphone's node running?")
        if now_s - self._alive_s > DEAD_S:
            return Health("error", "microphone silent: not even noise; is it muted or unplugged?")
        if self._clipped > CLIPPED_SHARE:
            return Health("warn", f"microphone clips ({self._clipped:.0%} of samples); lower its gain")
        return Health("ok", "hears")

    def usable(self, now_s: float) -> bool:
        return self.health(now_s).level in ("ok", "warn")
