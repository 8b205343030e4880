"""What of the own voice a linear filter leaves, lowered gently. Pure core, numpy.

Wiener's gain with the decision-directed estimate of what is wanted (Ephraim & Malah 1984, IEEE TASSP 32), as in
dialogue/denoise.py; the noise is a share of the echo that the filter has taken out, ringing on as rooms do. WebRTC's
canceller (AEC3) stood here before and took too much of the resident: docs/dialogue.md.
"""
from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft

from dialogue.echo_filter import HOP

# So much of the echo's power is taken to be left: as much as the filter leaves where it has followed the path, and less
# while it still learns. -14 dB with a least gain of 0.15 lowered the robot by 3 dB more and took words again: 1 of 7
# sentences in the corridor in place of 3.
SHARE = 10 ** (-20 / 10)
RINGS = 0.67          # of the echo's power from hop to hop: 60 dB in 0.7 s, as a corridor
SMOOTHING = 0.8       # of the speech estimate from hop to hop; 0.92 at a step of 8 ms
LEAST_GAIN = 0.3      # -10 dB: the recogniser is disturbed less by some echo than by holes in the words
_WINDOW = np.sqrt(np.hanning(2 * HOP + 1)[:-1])


class EchoSuppressor:
    """`process` takes HOP samples at a time, float, 1.0 = full scale, and gives them back one HOP (20 ms) later."""

    def __init__(self) -> None:
        self._near, self._echo = np.zeros(HOP), np.zeros(HOP)
        self._late = np.zeros(HOP)           # the second half of the frame before
        self._ringing = np.zeros(HOP + 1)    # power of the echo
        self._speech = np.zeros(HOP + 1)     # over what is left of it

    def process(self, near: np.ndarray, echo: np.ndarray) -> np.ndarray:
        """`near` (HOP,), from which the filter has taken `echo` (HOP,), with the rest of it lowered."""
        spectrum = rfft(np.concatenate([self._near, near]) * _WINDOW)
        power = np.abs(rfft(np.concatenate([self._echo, echo]) * _WINDOW)) ** 2
        self._near, self._echo = near, echo
        self._ringing = np.maximum(power, RINGS * self._ringing)
        over = np.abs(spectrum) ** 2 / (SHARE * self._ringing + 1e-9)
        prior = SMOOTHING * self._speech + (1 - SMOOTHING) * np.maximum(over - 1, 0)
        gain = np.maximum(prior / (1 + prior), LEAST_GAIN)
        self._speech = gain ** 2 * over
        frame = irfft(spectrum * gain) * _WINDOW
        out, self._late = frame[:HOP] + self._late, frame[HOP:]
        return out
