"""The robot's own voice taken out of what the microphone hears. Pure core: sound and its time come in.

What is given to the loudspeaker is the reference. When and how it comes back is estimated anew from each utterance:
first the delay (the sharpest peak of the cross-correlation of phases, Knapp and Carter 1976), then the echo's path
(dialogue/echo_filter.py); what is left is lowered gently (dialogue/echo_suppressor.py).
"""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.signal import resample_poly

from dialogue.echo_filter import HOP, EchoFilter
from dialogue.echo_suppressor import EchoSuppressor

RATE_HZ = 16_000
# How late, or early by the clocks, the echo may come [s]: aplay starts within 0.3 s; messages of a machine at its limit
# were 1.5 s late.
EARLIEST_S, LATEST_S = -0.3, 2.5
# The delay is estimated when so much of a sound has been played [s], and until it is sure nothing is given out; yet no
# longer than this: with a loudspeaker that is turned down there is no echo, and nothing to wait for.
ESTIMATE_AFTER_S = (0.4, 0.6, 0.8, 1.2, 1.6, 2.0, 3.0, 4.5)
HOLD_S = 2.0
# The highest peak of the correlation over its root mean square, from which on it is a delay. Six beginnings of tales in
# three languages (simulated room, noise of 36 dB): right ones 39 to 152, with the resident beside them 59 to 144, 20
# to 57 where the echo was 20 dB softer; without any echo up to 10, with the resident alone up to 14 within 1.2 s.
SHARP = 15.0
# The path may begin so much before the highest peak: the loudest way need not be the first.
MARGIN_S = 0.015
TAIL_S = 1.0      # rooms of 0.8 s reverberation have fallen by 60 dB then
UNSTEADY_S = 0.05  # sound that is not where the sound before it ended: some was lost
FADE_S = 0.02     # a loudspeaker that is stopped


@dataclass
class _Played:
    """One sound for the loudspeaker, float at 16 kHz. `end_s` is when it is over, or was stopped."""
    samples: np.ndarray
    begin_s: float
    end_s: float


class EchoCanceller:
    """All times [s] of the clock that stamps the microphone's sound."""

    def __init__(self) -> None:
        self._filter = EchoFilter()
        self._suppressor: EchoSuppressor | None = None  # while the robot is heard
        self._played: deque[_Played] = deque()
        self._delay = 0                  # samples that the echo comes after its reference
        self._rest = np.zeros(0, np.int16)
        self._next_s: float | None = None  # where the microphone's sound goes on
        self._before: EchoFilter | None = None  # as the present sound found it, while its delay is estimated
        self._heard: list[np.ndarray] = []      # of this sound, as long
        self._heard_s = 0.0
        self._estimates: list[float] = []       # when
        self._sure = True                       # whether the delay of this sound was seen
        self._new_s: float | None = None        # when a sound begins that the microphone has not come to
        self._held: np.ndarray | None = None    # what is not yet given out
        self._echo_power = self._left_power = 0.0

    @property
    def delay_s(self) -> float:
        """How long the echo takes, as last estimated."""
        return self._delay / RATE_HZ

    @property
    def reduction_db(self) -> float:
        """By how much the microphone's sound was lowered while the robot spoke, lately."""
        return 10 * float(np.log10((self._echo_power + 1e-9) / (self._left_power + 1e-9)))

    def plays(self, samples: np.ndarray, rate_hz: int, begin_s: float) -> None:
        """The loudspeaker gets a sound, int16 (n,)."""
        common = gcd(RATE_HZ, rate_hz)
        sound = samples.astype(np.float64) / 32768
        if rate_hz != RATE_HZ:
            sound = resample_poly(sound, RATE_HZ // common, rate_hz // common)
        self._new_s = begin_s
        self._played.append(_Played(sound, begin_s, begin_s + len(sound) / RATE_HZ))

    def stops(self, time_s: float) -> None:
        """The loudspeaker is silenced."""
        for played in self._played:
            kept = int(max(0.0, time_s + FADE_S - played.begin_s) * RATE_HZ)
            played.samples = played.samples[:kept]
            played.end_s = min(played.end_s, max(time_s, played.begin_s))

    def sounds(self, begin_s: float, end_s: float) -> bool:
        """Whether the own voice, or the room after it, may be heard in this time."""
        late_s = max(0.0, self.delay_s) if self._sure and self._new_s is None else LATEST_S
        return any(played.begin_s + EARLIEST_S <= end_s and begin_s <= played.end_s + late_s + TAIL_S
                   for played in self._played)

    def clean(self, samples: np.ndarray, begin_s: float) -> tuple[np.ndarray, float]:
        """The microphone's sound, int16 (n,), without the own voice, and when it began. While the robot is silent it is
        what came in. Of what was given the last 40 ms come with the next, and the beginning of the robot's speech only
        when its delay is known."""
        end_s = begin_s + len(samples) / RATE_HZ
        if not self.sounds(begin_s, end_s):
            rest, first_s = self._last()
            self._rest, self._next_s = np.zeros(0, np.int16), None
            self._held = self._before = None
            self._heard, self._sure = [], True
            self._forget(end_s)
            return (np.concatenate([rest, samples]), first_s) if len(rest) else (samples, begin_s)
        if self._next_s is None or abs(self._next_s + len(self._rest) / RATE_HZ - begin_s) > UNSTEADY_S:
            self._lose(begin_s)
        sound, first_s = np.concatenate([self._rest, samples]), self._next_s
        whole = len(sound) // HOP * HOP
        self._rest, self._next_s = sound[whole:], first_s + whole / RATE_HZ
        if self._new_s is not None and self._next_s > self._new_s + EARLIEST_S:
            self._begin(self._new_s)
        self._estimate(sound[:whole], first_s)
        if self._held is None:
            return self._remove(sound[:whole], first_s)
        held = self._held = np.concatenate([self._held, sound[:whole]])
        held_s = self._next_s - len(held) / RATE_HZ
        if not self._sure and self._next_s - held_s < HOLD_S:
            return held[:0], self._next_s
        self._held = None
        self._learn(held, held_s)
        return self._remove(held, held_s)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _lose(self, begin_s: float) -> None:
        """The sound goes on elsewhere: what waits for its delay can no longer be put in its place."""
        self._next_s, self._rest = begin_s, np.zeros(0, np.int16)
        self._heard, self._before = [], self._before and self._filter.copy()
        self._suppressor = None
        self._held = None if self._held is None else self._held[:0]

    def _begin(self, begin_s: float) -> None:
        """From here on a new sound may be heard."""
        self._before, self._heard, self._sure, self._new_s = self._filter.copy(), [], False, None
        self._held = np.zeros(0, np.int16) if self._held is None else self._held
        self._estimates = [begin_s + after_s for after_s in ESTIMATE_AFTER_S]

    def _learn(self, sound: np.ndarray, begin_s: float) -> None:
        """Know the path before its first sound is given out: what was held is gone through twice."""
        before = self._filter.copy()
        self._filtered(sound, begin_s)
        self._filter = before.knowing(self._filter)

    def _remove(self, sound: np.ndarray, begin_s: float) -> tuple[np.ndarray, float]:
        """Whole hops without the own voice, and when they begin: the suppressor gives each back with the next."""
        near, linear = sound / 32768, self._filtered(sound, begin_s)
        suppressor, first = self._suppressor or EchoSuppressor(), self._suppressor is None
        left = np.concatenate([np.zeros(0), *(suppressor.process(linear[at:at + HOP], (near - linear)[at:at + HOP])
                                              for at in range(0, len(sound), HOP))])
        if len(sound):
            self._suppressor = suppressor
            weight = min(1.0, len(sound) / RATE_HZ / 5.0)  # over 5 s
            self._echo_power += weight * (float(np.mean(np.square(near))) - self._echo_power)
            self._left_power += weight * (float(np.mean(np.square(left))) - self._left_power)
        return (_pcm(left[HOP:]), begin_s) if first else (_pcm(left), begin_s - HOP / RATE_HZ)

    def _last(self) -> tuple[np.ndarray, float | None]:
        """What was not yet given out when the robot is no longer heard, and when it began."""
        if self._suppressor is None or self._next_s is None:
            return self._rest, self._next_s
        last, self._suppressor = self._suppressor.process(np.zeros(HOP), np.zeros(HOP)), None
        return np.concatenate([_pcm(last), self._rest]), self._next_s - HOP / RATE_HZ

    def _filtered(self, sound: np.ndarray, begin_s: float) -> np.ndarray:
        far = self._reference(begin_s + MARGIN_S - self.delay_s, len(sound)).astype(np.float32)
        near = (sound / 32768).astype(np.float32)
        parts = [self._filter.process(near[at:at + HOP], far[at:at + HOP]) for at in range(0, len(sound), HOP)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _estimate(self, sound: np.ndarray, begin_s: float) -> None:
        """Learn the delay of this sound; where it is another than before, follow the sound anew from its start."""
        if self._before is None:
            return
        if not self._heard:
            self._heard_s = begin_s
        if self._estimates and begin_s >= self._estimates[0]:
            self._estimates.pop(0)
            heard = np.concatenate([*self._heard, np.zeros(0, np.int16)])
            delay = self._delay_of(heard / 32768)
            if delay is not None:
                self._sure = True
                if delay != self._delay:
                    self._delay, self._filter = delay, self._before.copy()
                    if self._held is None:
                        self._filtered(heard, self._heard_s)
        self._heard.append(sound)
        if not self._estimates:
            self._before, self._heard = None, []

    def _delay_of(self, heard: np.ndarray) -> int | None:
        """The delay of the echo in samples, None where none is clear."""
        early, late = round(EARLIEST_S * RATE_HZ), round(LATEST_S * RATE_HZ)
        far = self._reference(self._heard_s - LATEST_S, len(heard) + late - early)
        size = 1 << (2 * len(far)).bit_length()
        cross = np.fft.rfft(heard, size) * np.fft.rfft(far, size).conj()
        cross /= np.abs(cross) + 1e-3 * np.abs(cross).max() + 1e-12
        correlation = np.abs(np.fft.irfft(cross))
        # heard[n] = far[n + late - delay]: the lag of the peak is delay - late.
        lags = np.concatenate([correlation[early - late:], correlation[:1]])
        peak = int(np.argmax(lags))
        sharp = lags[peak] / (np.sqrt(np.mean(np.square(lags))) + 1e-12)
        return early + peak if sharp >= SHARP else None

    def _reference(self, begin_s: float, count: int) -> np.ndarray:
        """What the loudspeaker was given from this time on."""
        out = np.zeros(count)
        for played in self._played:
            offset = round((begin_s - played.begin_s) * RATE_HZ)
            first, last = max(offset, 0), min(offset + count, len(played.samples))
            if first < last:
                out[first - offset:last - offset] += played.samples[first:last]
        return out

    def _forget(self, now_s: float) -> None:
        while self._played and self._played[0].end_s + LATEST_S + TAIL_S < now_s:
            self._played.popleft()


def _pcm(sound: np.ndarray) -> np.ndarray:
    return np.round(np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16)
