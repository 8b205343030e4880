"""Colour and depth pictures brought together by stamp, the newest first; older ones waiting are passed over."""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

# Depth comes within milliseconds of colour; longer means that this frame has none.
DEPTH_WAIT_S = 0.15
# Drivers stamp the two pictures of one instant within milliseconds; at 30 Hz the next instant is 33 ms away.
SAME_INSTANT_S = 0.012
# After this many frames in a row without depth none is waited for, until a depth picture comes again.
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Frame:
    """One colour picture, its depth or None, and the (steady) time of receipt of colour [s]."""
    color: Any
    depth: Any | None
    received_s: float


class FramePairs:
    """Takes messages with `header.stamp` (sec, nanosec); hands out the newest pair."""

    def __init__(self) -> None:
        self._colors: deque[tuple[float, Any, float]] = deque()
        self._depths: deque[tuple[float, Any]] = deque(maxlen=5)
        self._without_depth = 0

    def add_color(self, message: Any, received_s: float) -> None:
        """A colour picture came."""
        self._colors.append((_stamp_s(message), message, received_s))

    def add_depth(self, message: Any) -> None:
        """A depth picture came."""
        self._depths.append((_stamp_s(message), message))

    def take(self, now_s: float) -> tuple[Frame | None, list[Any]]:
        """The newest frame that is complete, or has waited long enough for its depth, and the colour messages that
        came before it and will not be used."""
        worth_waiting = self.has_depth or len(self._depths) > 0
        for index in range(len(self._colors) - 1, -1, -1):
            stamp_s, color, received_s = self._colors[index]
            depth = next((depth for at_s, depth in self._depths if abs(at_s - stamp_s) < SAME_INSTANT_S), None)
            if depth is None and now_s - received_s < DEPTH_WAIT_S and worth_waiting:
                continue
            if depth is None:
                self._without_depth += 1
                self._depths.clear()
            else:
                self._without_depth = 0
            skipped = [self._colors.popleft()[1] for _ in range(index)]
            self._colors.popleft()
            return Frame(color, depth, received_s), skipped
        return None, []

    @property
    def has_depth(self) -> bool:
        """Whether the last frames came with depth."""
        return self._without_depth < GIVE_UP_AFTER


def _stamp_s(message: Any) -> float:
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
