"""What the eyes may cost: processor time that comes in steadily and is paid from, so that they keep to their share.

While there is some left, everything that helps is done. In debt, what can wait is left out (perception/pose.py: those
at rest are looked at four times a second, newcomers later), and deep in debt whole pictures are passed by.
"""
from __future__ import annotations

# A core in all, of which a tenth is left to taking pictures in, depth and messages.
CORES = 0.9
SAVED_S = 0.5   # a second of hard looking, at half a core more than comes in, is saved for
DEBT_S = 0.15   # more than the dearest picture: the search for somebody lost with two skeletons beside costs 0.12 s
CLOCK_JUMP_S = 1.0


class Budget:
    """Asked with each picture in order of time and told afterwards what it cost.

    `thrifty`: what can wait must. `passed_by`: pictures that were not paid for; `thrifty_pictures`: those looked at
    with less, in all.
    """

    def __init__(self, cores: float = CORES) -> None:
        """`cores`: seconds of processor time that come in with each second."""
        self._cores, self._left_s = cores, SAVED_S
        self._time_s: float | None = None
        self._paid_before = False
        self.passed_by = self.thrifty_pictures = 0

    def affords(self, time_s: float) -> bool:
        """Whether to look at a picture of that time [s]. After a clock set back by over a second it starts anew."""
        if self._time_s is None or time_s < self._time_s - CLOCK_JUMP_S:
            self._time_s, self._left_s = time_s, SAVED_S
        elif time_s > self._time_s:
            self._left_s = min(self._left_s + (time_s - self._time_s) * self._cores, SAVED_S)
            self._time_s = time_s
        if self._left_s < -DEBT_S:
            self.passed_by += 1
            return False
        self.thrifty_pictures += self.thrifty
        return True

    @property
    def thrifty(self) -> bool:
        return self._left_s <= 0.0

    def pay(self, cost_s: float) -> None:
        """Take off what a picture cost [s of the processor]; but not the first one's, which waits for the models."""
        if self._paid_before:
            self._left_s -= max(cost_s, 0.0)
        self._paid_before = True
