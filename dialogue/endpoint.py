"""Where an utterance begins and ends in a stream of sound, with the patience that old speakers need.

Pure core: sound and its time come in, events go out. The pause that ends an utterance grows with the pauses the speaker
makes inside utterances, and shrinks again when they make none.
"""
from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

RATE_HZ = 16_000
FRAME = 512  # samples; the only length the voice detector takes (32 ms)


class Event(Enum):
    BEGAN = "began"        # speech for sure; `samples` holds the sound since shortly before it
    MORE = "more"          # further sound of the utterance
    PAUSED = "paused"      # a pause that may turn out to be the end
    ENDED = "ended"        # the utterance is over
    DROPPED = "dropped"    # it began, but was too short to be speech


@dataclass(frozen=True)
class Step:
    """One event. `time_s`: for BEGAN the first speech, for PAUSED and ENDED the end of speech. `samples`: int16."""
    event: Event
    time_s: float
    samples: np.ndarray


@dataclass(frozen=True)
class EndpointSettings:
    """Times in seconds. Measured with tests/dialogue/test_endpoint.py on synthesised speech with pauses of 1.2 s."""
    begin_probability: float = 0.5    # the detector's own working point
    hold_probability: float = 0.35    # below it a frame is silence; in between it continues what is
    begin_s: float = 0.10             # speech needed before an utterance begins: a click is shorter
    # What was too short for that ("Help ... me") belongs to what begins so soon after it. Of 12 calls at 60 and 66 dB
    # by slow voices, 0.3 to 1 s after the robot's question, "help" was lost in 10.
    short_s: float = 0.90
    least_speech_s: float = 0.20      # a short "hai" holds 0.25 s of voice
    most_s: float = 12.0              # an utterance is cut here
    # Kept until `begin_s` of speech are there. The detector misses soft beginnings: of "I am fine" by an old voice at
    # 66 dB the first 0.42 s, for which 0.26 s (0.4 s with what begins it) were too little in 3 of 12.
    before_s: float = 0.80
    # Softly spoken words before the first sure speech are kept as well: each within `short_s` of what follows, and all
    # within `most_before_s`. Of an old voice's "Help me, I cannot get up" three frames were sure, one too few, and then
    # none above 0.33 until "I". Of 360 answers in a bedroom (three languages, 60 and 66 dB) nine had lost their
    # beginning, and one with this. In noise alone no frame is above 0.04 (pink, -70 to -24 dB of full scale).
    soft_probability: float = 0.10
    most_before_s: float = 1.5
    after_s: float = 0.25             # kept after the last speech; then the recogniser may work: words are closer
    end_s: float = 1.4                # silence that ends an utterance; must exceed a pause of 1.2 s
    longest_end_s: float = 2.4        # the most that the patience grows to
    patience: float = 1.3             # the end comes after this many times the speaker's own longest pause


class Endpointer:
    """Cuts utterances out of a stream. `probability` maps one frame (512 int16 samples, as bytes) to 0..1."""

    def __init__(self, probability: Callable[[bytes], float], settings: EndpointSettings | None = None,
                 reset: Callable[[], None] = lambda: None) -> None:
        self.settings = settings or EndpointSettings()
        self._probability, self._reset_detector = probability, reset
        self.end_s = self.settings.end_s  # the present patience
        frames_s = FRAME / RATE_HZ
        self._lead = round(self.settings.before_s / frames_s) - math.ceil(self.settings.begin_s / frames_s)
        self.reset()

    @property
    def in_speech(self) -> bool:
        return self._open

    @property
    def in_pause(self) -> bool:
        """Whether an utterance may be over and nobody has gone on speaking."""
        return self._paused

    def reset(self) -> None:
        """Forget all sound so far; the patience learnt stays."""
        self._rest = np.zeros(0, np.int16)
        self._rest_time_s = 0.0
        self._before: deque[tuple[np.ndarray, float]] = deque(maxlen=self._lead + round(
            self.settings.most_before_s * RATE_HZ / FRAME))  # frames, and their probability
        self._held: list[tuple[np.ndarray, float]] = []  # the same of silence inside an utterance that may be its end
        self._open = self._paused = False
        self._run_s = self._voiced_s = self._silent_s = self._longest_pause_s = 0.0
        self._began_s = self._voice_end_s = 0.0
        self._reset_detector()

    def accept(self, samples: np.ndarray, time_s: float) -> list[Step]:
        """Take the next stretch, int16 (n,), its first sample heard at `time_s`. Sound that is missing before it, as
        of a microphone that was unplugged, is silence."""
        lost_s = time_s - self._rest_time_s - len(self._rest) / RATE_HZ
        steps = self.close() if self._open and len(samples) and self._silent_s + lost_s >= self._limit_s() else []
        if not len(self._rest):
            self._rest_time_s = time_s
        sound, begin_s = np.concatenate([self._rest, samples]), self._rest_time_s
        whole = len(sound) // FRAME * FRAME
        for at in range(0, whole, FRAME):
            self._frame(sound[at:at + FRAME], begin_s + at / RATE_HZ, steps)
        self._rest, self._rest_time_s = sound[whole:], begin_s + whole / RATE_HZ
        return steps

    def close(self) -> list[Step]:
        """End what is open now, because the listening ends."""
        steps: list[Step] = []
        if self._open:
            self._end(steps)
        self.reset()
        return steps

    def cut(self) -> None:
        """The utterance is over, because it was understood in this pause; no event tells of it."""
        self._begin_anew()

    # --- inside -------------------------------------------------------------------------------------------------------
    def _frame(self, frame: np.ndarray, time_s: float, steps: list[Step]) -> None:
        length_s = FRAME / RATE_HZ
        chance = self._probability(frame.astype("<i2", copy=False).tobytes())
        holding = self._open and self._silent_s == 0.0
        voiced = chance >= (self.settings.hold_probability if holding else self.settings.begin_probability)
        if not self._open:
            self._before.append((frame, chance))
            self._run_s = self._run_s + length_s if voiced else 0.0
            if self._run_s >= self.settings.begin_s:
                frames, chances = zip(*self._before, strict=True)
                first = self._reached(len(chances), chances, self.settings.begin_probability)
                self._open, self._voiced_s = True, length_s * sum(
                    chance >= self.settings.begin_probability for chance in chances[first:])
                self._began_s, self._voice_end_s = time_s + length_s * (1 + first - len(chances)), time_s + length_s
                kept = max(0, self._softly_since(first, chances) - self._lead)
                steps.append(Step(Event.BEGAN, self._began_s, np.concatenate(frames[kept:])))
                self._before.clear()
            return
        if voiced:
            self._longest_pause_s = max(self._longest_pause_s, self._silent_s)
            self._voiced_s, self._voice_end_s = self._voiced_s + length_s, time_s + length_s
            self._silent_s, self._paused = 0.0, False
            steps.append(Step(Event.MORE, time_s, np.concatenate([*(held for held, _ in self._held), frame])))
            self._held = []
        else:
            self._silent_s += length_s
            if self._silent_s <= self.settings.after_s:
                steps.append(Step(Event.MORE, time_s, frame))
            else:
                self._held.append((frame, chance))
                if not self._paused:
                    self._paused = True
                    steps.append(Step(Event.PAUSED, self._voice_end_s, frame[:0]))
        if self._silent_s >= self._limit_s() or time_s + length_s - self._began_s >= self.settings.most_s:
            self._end(steps)

    def _reached(self, end: int, chances: Sequence[float], probability: float) -> int:
        """The first frame within `short_s` before the frame `end` that is so probable, or `end`."""
        near = range(max(0, end - round(self.settings.short_s * RATE_HZ / FRAME)), end)
        return next((at for at in near if chances[at] >= probability), end)

    def _softly_since(self, first: int, chances: Sequence[float]) -> int:
        """The frame with which the soft words begin that lead up to the frame `first`."""
        while (earlier := self._reached(first, chances, self.settings.soft_probability)) < first:
            first = earlier
        return first

    def _limit_s(self) -> float:
        """The silence that ends this utterance: the speaker's present pauses count at once."""
        own = self.settings.patience * self._longest_pause_s
        return min(self.settings.longest_end_s, max(self.end_s, own))

    def _end(self, steps: list[Step]) -> None:
        whole = self._voiced_s >= self.settings.least_speech_s
        steps.append(Step(Event.ENDED if whole else Event.DROPPED, self._voice_end_s, np.zeros(0, np.int16)))
        if whole:  # halfway back to the default with each utterance spoken without long pauses
            wanted = max(self.settings.end_s, self.settings.patience * self._longest_pause_s)
            eased = (self.end_s + self.settings.end_s) / 2
            self.end_s = min(self.settings.longest_end_s, max(wanted, eased))
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._open = self._paused = False
        self._before.extend(self._held)  # what comes next may have begun softly in it
        self._held, self._run_s, self._silent_s, self._longest_pause_s = [], 0.0, 0.0, 0.0
