"""How far the world may go now: at what pace, and how many pictures ahead of who looks at them.

Pure; wall time [s] is told by the caller. One tick is the world's step.
"""
from __future__ import annotations

from collections import deque

from sim.simulation import TICK_S

CATCH_UP_S = 2.0  # a simulator that fell behind (somebody's speech was recognised) makes up for so much at most


class Pace:
    """So many simulated seconds a wall second at most, from when it was last right. A factor of 0: no limit."""

    def __init__(self, factor: float, rest_factor: float) -> None:
        """`rest_factor`: the pace while nothing can happen; 0: as at other times."""
        self._factor, self._rest_factor = factor, rest_factor
        self.resting = False
        self._from_s, self._from_ticks = 0.0, 0

    def begin(self, ticks: int, now_s: float) -> None:
        """From here on."""
        self._from_s, self._from_ticks = now_s, ticks

    def allows(self, ticks: int, may_rest: bool, now_s: float) -> bool:
        """Whether another tick may follow on so many; `may_rest`: nothing can happen now."""
        resting = may_rest and self._rest_factor > 0
        if resting != self.resting:
            self.resting = resting
            self.begin(ticks, now_s)
        factor = self._rest_factor if resting else self._factor
        if factor <= 0:
            return True
        allowed = self._from_ticks + (now_s - self._from_s) * factor / TICK_S
        if ticks + 1 > allowed:
            return False
        if allowed - ticks > CATCH_UP_S * factor / TICK_S:
            self.begin(ticks, now_s - CATCH_UP_S)
        return True


class Backlog:
    """Pictures that nobody has answered yet. The world waits while there are `most`, but not for ever."""

    def __init__(self, most: int, patience_s: float) -> None:
        self._most, self._patience_s = most, patience_s
        self._unanswered: deque[float] = deque()  # simulated times of the pictures
        self._waiting_since_s: float | None = None
        self.stalled = False  # whoever answers is not waited for until they do again

    def __len__(self) -> int:
        return len(self._unanswered)

    @property
    def full(self) -> bool:
        return len(self._unanswered) >= self._most

    def taken(self, time_s: float) -> None:
        """A picture of this simulated time went out."""
        self._unanswered.append(time_s)

    def answered(self, time_s: float) -> bool:
        """The picture of this time, and with it the earlier ones. Whether this brings back one who was stalled."""
        while self._unanswered and self._unanswered[0] <= time_s + TICK_S / 2:
            self._unanswered.popleft()
        back, self.stalled, self._waiting_since_s = self.stalled, False, None
        return back

    def clear(self) -> None:
        """No answer is expected to what went out (time began again, or nobody looks)."""
        self._unanswered.clear()

    def waits(self, somebody_looks: bool, now_s: float) -> bool:
        """Whether the next picture must wait, when the backlog is full; patience that has ended makes `stalled`."""
        if self.stalled or not somebody_looks:
            self.clear()
            return False
        self._waiting_since_s = now_s if self._waiting_since_s is None else self._waiting_since_s
        if now_s - self._waiting_since_s < self._patience_s:
            return True
        self.stalled, self._waiting_since_s = True, None
        self.clear()
        return False
