"""The robot's own voice in its own ears: removed, told apart from the resident's, and paused for who talks over it.

Where that is switched off the robot hears nothing while it speaks and `problem` says why. No clock, no files.
"""
from __future__ import annotations

import math
from collections import deque

import numpy as np

from dialogue.barge_in import BargeIn, Verdict, pauses
from dialogue.echo import EchoCanceller
from dialogue.listener import Heard
from dialogue.recognizer import SAMPLE_RATE
from dialogue.sound import Sound

RECENT_S = 3.0  # over which the own loudness is averaged; that of others over a tenth
KEPT_S = 30.0   # longer than anything that is heard in one piece
# So long the robot must have spoken since its start before its voice is known [s]: of its first second hardly anything
# is removed, and "Mrs. Lin" was misheard as a call in one of four voices.
KNOWN_S = 2.0


class OwnVoice:
    """All times [s] of the microphone's clock. `tail_s`: how long it rings on where it is not removed."""

    def __init__(self, tail_s: float, listens: bool = True) -> None:
        self.problem = "" if listens else "switched off by a parameter"
        self._echo = EchoCanceller() if listens else None
        self._tail_s = tail_s
        self._barge_in = BargeIn()
        self._muted_until_s = 0.0
        self._talks_since_s: float | None = None  # who is being heard
        self._own_power = self._other_power = 0.0
        self._spoken_s, self._known_s = 0.0, math.inf  # so long; since when it is known
        self._others: deque[tuple[float, float]] = deque()  # when, and how loud it was without the own voice

    @property
    def quiet_s(self) -> float:
        """From when on somebody else can be heard as if the robot had said nothing."""
        return self._muted_until_s if self.problem else self._barge_in.end_s

    @property
    def delay_s(self) -> float:
        """How late the own voice comes to the microphone."""
        return self._barge_in.delay_s

    @property
    def sense_s(self) -> float:
        """From when on an answer to what was said last counts."""
        return self._barge_in.sense_s

    @property
    def state(self) -> str:
        """For diagnostics."""
        if self._echo is None:
            return f"hears nothing while it speaks: {self.problem}"
        return (f"hears while it speaks; own voice lowered by {self._echo.reduction_db:.0f} dB, "
                f"{1000 * self._echo.delay_s:.0f} ms late")

    def begins(self, sound: Sound, text: str, language: str, time_s: float) -> None:
        """The loudspeaker gets a sound that says this."""
        end_s = time_s + sound.duration_s
        self._muted_until_s = end_s + self._tail_s
        self._barge_in.says(text, language, time_s, end_s)
        if self._echo:
            self._echo.plays(sound.samples, sound.rate_hz, time_s)

    def stops(self, time_s: float) -> None:
        """The loudspeaker is silenced."""
        self._muted_until_s = min(self._muted_until_s, time_s + self._tail_s)
        self._barge_in.stops(time_s)
        if self._echo:
            self._echo.stops(time_s)

    def hear(self, samples: np.ndarray, begin_s: float) -> tuple[np.ndarray, float] | None:
        """The microphone's sound, int16 (n,) at 16 kHz, without the own voice, and when it began; None: deaf now."""
        if self._echo is None:
            return None if begin_s < self._muted_until_s else (samples, begin_s)
        cleaned, cleaned_s = self._echo.clean(samples, begin_s)
        self._barge_in.delay_s = self._echo.delay_s
        if begin_s < self._barge_in.end_s:
            self._own_power = _followed(self._own_power, samples, RECENT_S)
            self._spoken_s += len(samples) / SAMPLE_RATE
            if self._spoken_s >= KNOWN_S:
                self._known_s = min(self._known_s, begin_s)
        self._other_power = _followed(self._other_power, cleaned, RECENT_S / 10)
        self._others.append((cleaned_s, self._other_power))
        while self._others[0][0] < cleaned_s - KEPT_S:
            self._others.popleft()
        return cleaned, cleaned_s

    @property
    def somebody_talks(self) -> bool:
        """Whether speech is being heard."""
        return self._talks_since_s is not None

    def speech_began(self, time_s: float) -> None:
        """Somebody, or what is left of the own voice, speaks."""
        self._talks_since_s = time_s

    def speech_ended(self) -> None:
        """It is over."""
        self._talks_since_s = None

    def talked_over(self, now_s: float, paused: int, more: bool) -> bool:
        """Whether the robot should pause for somebody who talks, having paused so often in this speech, of which there
        is `more` to come."""
        if self._talks_since_s is None:
            return False
        left_s = math.inf if more else self._barge_in.end_s - now_s
        return pauses(now_s - self._talks_since_s, self._over_own_db(self._other_power), left_s, paused)

    def judge(self, heard: Heard) -> Verdict:
        """Who said it, and whether it counts."""
        return self._barge_in.judge(heard, self.loudness_db(heard))

    def loudness_db(self, heard: Heard) -> float:
        """How loud it was at its loudest moment beside the own voice in the microphone, as far as that is known."""
        if heard.began_s < self._known_s:
            return -math.inf
        return self._over_own_db(max((power for when_s, power in self._others
                                      if heard.began_s <= when_s <= heard.ended_s), default=0.0))

    def _over_own_db(self, power: float) -> float:
        return 10 * float(np.log10((power + 1e-9) / (self._own_power + 1e-9)))


def _followed(power: float, samples: np.ndarray, over_s: float) -> float:
    if not len(samples):
        return power
    weight = min(1.0, len(samples) / SAMPLE_RATE / over_s)
    return power + weight * (float(np.mean(np.square(samples / 32768))) - power)
