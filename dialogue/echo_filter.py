"""What of a loudspeaker's signal comes back to the microphone, followed by an adaptive filter. Pure core, numpy.

Partitioned-block Kalman filter in the frequency domain: Kuech, Mabande and Enzner, "State-space architecture of the
partitioned-block-based acoustic echo controller", ICASSP 2014. It weighs each step by how uncertain it is against what
else sounds, so it needs no detector of double talk: while somebody speaks it all but stands still.

Of the resident's words it takes nothing, so it comes first and does nearly all of the work (bench/barge_in.py).
"""
from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft

HOP = 320            # samples: 20 ms at 16 kHz
# Of the echo path: 0.64 s, as corridors and bathrooms ring. With half of it no cry of 66 dB at 2.8 m in the simulated
# corridor (0.65 s) was left for the voice detector, with all of it the whole cry.
PARTITIONS = 32
# How firm the path is from hop to hop: it forgets within 10 s, as a robot that turns needs.
FIRMNESS = 0.999
# Smoothing of the spectrum of all that is no echo; 0.95 removed 1 to 2 dB more than 0.9.
SMOOTHING = 0.95
STEPS = 2            # taken at each hop; the second one removed 3 dB more
# A path of gain 0.3 in its first partition that decays within 0.06 s: any small room's.
FIRST_VARIANCE, DECAY_S = 0.1, 0.06
RATE_HZ = 16_000


class EchoFilter:
    """One path from loudspeaker to microphone. `process` takes HOP samples at a time, float32, 1.0 = full scale."""

    def __init__(self) -> None:
        bins = HOP + 1
        self._far = np.zeros(HOP, np.float32)
        self._spectra = np.zeros((PARTITIONS, bins), np.complex64)  # of the reference, newest first
        self._weights = np.zeros((PARTITIONS, bins), np.complex64)
        decay = np.exp(-np.arange(PARTITIONS) * HOP / RATE_HZ / DECAY_S)
        self._variance = np.repeat(FIRST_VARIANCE * decay[:, None], bins, axis=1).astype(np.float32)
        self._rest = np.zeros(bins, np.float32)                           # power of all that is no echo

    def copy(self) -> EchoFilter:
        """The same state, to go another way from here."""
        twin = EchoFilter.__new__(EchoFilter)
        twin.__dict__ = {name: value.copy() for name, value in self.__dict__.items()}
        return twin

    def knowing(self, later: EchoFilter) -> EchoFilter:
        """The same state with the path that a later one has found; as unsure of it as before."""
        twin = self.copy()
        twin._weights, twin._rest = later._weights.copy(), later._rest.copy()
        return twin

    def process(self, near: np.ndarray, far: np.ndarray) -> np.ndarray:
        """The microphone's signal `near` (HOP,) without the echo of `far` (HOP,), of which earlier parts are known."""
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = rfft(np.concatenate([self._far, far]))
        self._far = far
        power = np.abs(self._spectra) ** 2
        self._weights *= FIRMNESS
        self._variance = FIRMNESS ** 2 * self._variance + (1 - FIRMNESS ** 2) * np.abs(self._weights) ** 2
        error, spectrum = self._error(near)
        before = self._rest
        for _ in range(STEPS):
            unsure = 0.5 * np.sum(power * self._variance, axis=0)  # 0.5: half of each frame is new
            other = np.maximum(np.abs(spectrum) ** 2 - unsure, 0.1 * np.abs(spectrum) ** 2)
            rest = SMOOTHING * before + (1 - SMOOTHING) * other
            gain = self._variance * self._spectra.conj() / (unsure + rest + 1e-9)
            step = irfft(gain * spectrum, axis=1)
            step[:, HOP:] = 0.0  # a path of HOP taps in each partition
            self._weights += rfft(step, axis=1)
            self._variance *= 1 - 0.5 * np.clip((gain * self._spectra).real, 0.0, 1.0)
            error, spectrum = self._error(near)
        self._rest = SMOOTHING * before + (1 - SMOOTHING) * np.abs(spectrum) ** 2
        return error

    def _error(self, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        error = near - irfft(np.sum(self._spectra * self._weights, axis=0))[HOP:]
        return error, rfft(np.concatenate([np.zeros(HOP, np.float32), error]))
