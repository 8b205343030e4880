"""A recording played to the robot's own hearing: the same chain as the node's, in the time of the sound.

It runs as fast as the machine can and yet knows when the robot would have understood: work takes place on the sound's
clock as long as it really took, and work that is waiting waits.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dialogue.hearing import Hearing, make_hearing
from dialogue.listener import Heard, Listener
from dialogue.recognizer import SAMPLE_RATE
from dialogue.worker import Done, Job

CHUNK = 1_600  # samples, as the node gets them: 0.1 s


class SoundTimeWorker:
    """Stands in for `Worker`: one job after the other, on the sound's clock. `clock` tells how long a job takes [s]."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._jobs: deque[tuple[float, Job, Done]] = deque()
        self._done: tuple[float, Done, Any, Exception | None] | None = None
        self._free_s = 0.0
        self.now_s = self.busy_s = 0.0

    @property
    def idle(self) -> bool:
        return not self._jobs and self._done is None

    def submit(self, job: Job, done: Done) -> None:
        self._jobs.append((self.now_s, job, done))

    def advance(self, now_s: float) -> None:
        """Let the time go on, start what can start by then, and hand back what is done by then."""
        while True:
            if self._done and self._done[0] <= now_s:
                self.now_s, done, result, error = self._done
                self._done = None
                done(result, error)
            elif not self._done and self._jobs and max(self._free_s, self._jobs[0][0]) <= now_s:
                submitted_s, job, done = self._jobs.popleft()
                self._done = self._run(max(self._free_s, submitted_s), job, done)
            else:
                break
        self.now_s = now_s

    def _run(self, start_s: float, job: Job, done: Done) -> tuple[float, Done, Any, Exception | None]:
        began_s, result, error = self._clock(), None, None
        try:
            result = job()
        except Exception as raised:  # handed to the owner, as Worker does
            error = raised
        took_s = self._clock() - began_s
        self.busy_s += took_s
        self._free_s = start_s + took_s
        return self._free_s, done, result, error


@dataclass(frozen=True)
class Taken:
    """One utterance and when its meaning was known, on the sound's clock [s]."""
    heard: Heard
    at_s: float

    @property
    def latency_s(self) -> float:
        """From the end of speech: the silence that was waited for, and the computing after it."""
        return max(0.0, self.at_s - self.heard.ended_s)


class Player:
    """The robot's hearing in a quiet room, one recording after the other. `compute_s`: all computing so far."""

    def __init__(self, listener: Listener, languages: Sequence[str], clock: Callable[[], float]) -> None:
        self._listener, self._languages, self._clock = listener, tuple(languages), clock
        self.compute_s = 0.0

    def play(self, samples: np.ndarray, expected: Sequence[str] = ()) -> list[Taken]:
        """What is understood of a recording, float (n,) at 16 kHz, in answer to a question that `expected` these;
        silence follows it until nothing is pending.

        Raises what the recogniser raises.
        """
        self._worker, self._taken = SoundTimeWorker(self._clock), []
        hearing = make_hearing(self._listener, self._worker, self)
        hearing.languages, hearing.expected = self._languages, expected
        pcm = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
        at = 0
        while at < len(pcm) or hearing.busy or not self._worker.idle:
            self._chunk(hearing, np.pad(pcm[at:at + CHUNK], (0, CHUNK - len(pcm[at:at + CHUNK]))), at)
            at += CHUNK
        self.compute_s += self._worker.busy_s
        return self._taken

    def _chunk(self, hearing: Hearing, chunk: np.ndarray, at: int) -> None:
        self._worker.advance((at + CHUNK) / SAMPLE_RATE)  # a chunk arrives when its last sample has been heard
        began_s = self._clock()
        hearing.accept(chunk, at / SAMPLE_RATE)
        self.compute_s += self._clock() - began_s

    # --- HearingEvents ------------------------------------------------------------------------------------------------
    def speech_began(self, time_s: float) -> None:
        """Nothing to tell anybody."""

    def speech_so_far(self, text: str) -> None:
        """Nothing to tell anybody."""

    def speech_over(self) -> None:
        """Nothing to tell anybody."""

    def heard(self, heard: Heard | None) -> None:
        if heard:
            self._taken.append(Taken(heard, self._worker.now_s))

    def recognition_failed(self, error: Exception) -> None:
        raise error
