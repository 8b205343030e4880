"""Sound as the robot says it: mono, trimmed, of even loudness, higher or lower."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

LOUDNESS = 10 ** (-20 / 20)  # RMS of speech re full scale: leaves 19 dB for its peaks
PEAK = 10 ** (-1 / 20)
QUIET = 10 ** (-45 / 20)     # re the peak: below it is silence, before and after speech
MARGIN_S = 0.03


@dataclass(frozen=True)
class Sound:
    """Mono int16 samples, shape (n,), at `rate_hz`."""
    samples: np.ndarray
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def times(self, factor: float) -> Sound:
        """Louder or softer, never beyond full scale."""
        if factor == 1.0:
            return self
        return Sound(np.round(np.clip(self.samples * factor, -32768, 32767)).astype(np.int16), self.rate_hz)


def pitched(samples: np.ndarray, pitch: float) -> np.ndarray:
    """Higher (above 1.0) or lower by a factor, and by as much shorter or longer. int16 in and out, (n,)."""
    ratio = Fraction(1 / pitch).limit_denominator(50)
    if ratio == 1 or not len(samples):
        return samples
    from scipy.signal import resample_poly  # half a second, which a list of voices need not wait for
    changed = resample_poly(samples.astype(np.float64), ratio.numerator, ratio.denominator)
    return np.round(changed.clip(-32768, 32767)).astype(np.int16)


def level(samples: np.ndarray, rate_hz: int, volume: float = 1.0) -> np.ndarray:
    """Speech without silence around it, at one loudness times `volume` (0..2), never clipped. int16 in and out, (n,).

    Louder than usual is what speech has no headroom for: its peaks are then rounded off.
    """
    sound = samples.astype(np.float64) / 32768.0
    peak = np.abs(sound).max(initial=0.0)
    if peak == 0.0:
        return np.zeros(0, np.int16)
    loud = np.flatnonzero(np.abs(sound) > QUIET * peak)
    margin = int(MARGIN_S * rate_hz)
    sound = sound[max(0, loud[0] - margin):loud[-1] + 1 + margin]
    frame = max(1, int(0.02 * rate_hz))
    frames = np.sqrt(np.mean(np.square(sound[:len(sound) // frame * frame].reshape(-1, frame)), axis=1)) \
        if len(sound) >= frame else np.array([np.sqrt(np.mean(np.square(sound)))])
    speech = np.sqrt(np.mean(np.square(frames[frames > 0.1 * frames.max()])))  # pauses do not count
    sound *= min(LOUDNESS / speech, PEAK / np.abs(sound).max()) * max(0.0, volume)
    if volume > 1.0:
        sound = PEAK * np.tanh(sound / PEAK)
    return np.round(sound * 32767).astype(np.int16)
