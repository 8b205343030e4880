"""Whether the recogniser can be relied on: loading, deaf, late with what was said, or failing at it. Pure core."""
from __future__ import annotations

import math
from collections.abc import Sequence

from dialogue.hearing import LATE_S
from dialogue.microphone import Health

RELOAD_S = 30.0  # what was missing when all started at once, memory or a disk, may be there later
LATE_TOLD_S = 30.0  # so long it is told that the ears were late, if nothing is said after it
HEARS = Health("ok", "hears")


class RecognizerHealth:
    """Judges it by what comes of its work. `now_s`: seconds of the robot's clock."""

    def __init__(self) -> None:
        self.deaf = ""  # why nothing can be understood; while it loads, what is said waits
        self._judge(Health("warn", "still loading; what is said meanwhile is understood after it"))

    def loaded(self, engine: str, languages: Sequence[str]) -> None:
        """Its models are there."""
        self.deaf = ""
        self._judge(Health("ok", f"{engine} hears {', '.join(languages)}"))

    def not_loaded(self, error: BaseException) -> float:
        """Its models are not; returns after how long [s] it is worth trying again."""
        self.deaf = str(error) or repr(error)
        self._judge(Health("error", self.deaf))
        return RELOAD_S

    def understood(self, late_s: float, now_s: float) -> None:
        """Something said is understood, so long after it was over."""
        if late_s > LATE_S:
            self._judge(Health("warn", f"understood the last words {late_s:.0f} s late"), now_s + LATE_TOLD_S)
        else:
            self._judge(HEARS)

    def failed(self, error: BaseException) -> None:
        """What was said could not be worked on."""
        self._judge(Health("error", f"recognition failed: {error}"))

    def health(self, now_s: float) -> Health:
        """The judgement at this time; one that is over does not come back."""
        if now_s > self._until_s:
            self._judge(HEARS)
        return self._health

    def _judge(self, health: Health, until_s: float = math.inf) -> None:
        self._health, self._until_s = health, until_s
