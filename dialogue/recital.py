"""A text said sentence by sentence: the next is made while the one before still sounds. Pure; work goes to a worker."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dialogue.sound import Sound
from dialogue.worker import Done, Job

# Between sentences people pause for 0.2 to 0.6 s; the pause belongs to the sound before it.
PAUSE_S = 0.35
# The next sound is handed over so long before the one before has ended, within its pause: handing over takes time, and
# a loudspeaker that runs dry in between takes the sentence for the last.
AHEAD_S = 0.15


class Recital:
    """The sounds of `parts` in order; a part that cannot be said is an exception here.

    What is `kept` is there at once; `make` blocks and runs in the worker.
    """

    def __init__(self, parts: Sequence[str], kept: Callable[[str], Sound | None], make: Callable[[str], Sound],
                 submit: Callable[[Job, Done], None]) -> None:
        self._made: list[Sound | Exception | None] = [kept(part) for part in parts]
        self._at = 0
        self._wanted: Callable[[Sound | Exception], None] | None = None
        self._over = False
        for number, part in enumerate(parts):
            if self._made[number] is None:
                submit(partial(self._make, make, part), partial(self._on_made, number))

    @property
    def left(self) -> int:
        """How many sounds are still to come."""
        return len(self._made) - self._at

    def next(self, done: Callable[[Sound | Exception], None]) -> None:
        """Call `done` with the next sound, or with why there is none, as soon as it is made."""
        self._wanted = done
        self._hand_over()

    def stop(self) -> None:
        """Make no more of it."""
        self._over = True

    def wait_s(self, sound: Sound) -> float:
        """How long after the beginning of `sound`, the last handed over, the next is due, or all has been said [s]."""
        return sound.duration_s - (AHEAD_S if self.left else 0.0)

    def _make(self, make: Callable[[str], Sound], part: str) -> Sound | None:
        return None if self._over else make(part)

    def _on_made(self, number: int, sound: Sound | None, error: Exception | None) -> None:
        self._made[number] = error or sound
        self._hand_over()

    def _hand_over(self) -> None:
        if self._over or self._wanted is None or not self.left or self._made[self._at] is None:
            return
        done, self._wanted, sound = self._wanted, None, self._made[self._at]
        self._at += 1
        if isinstance(sound, Sound) and len(self._made) > 1:
            sound = _with_pause(sound, PAUSE_S if self.left else AHEAD_S)
        done(sound)


def _with_pause(sound: Sound, pause_s: float) -> Sound:
    return Sound(np.concatenate([sound.samples, np.zeros(round(pause_s * sound.rate_hz), np.int16)]), sound.rate_hz)
