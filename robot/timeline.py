"""When which recorded message is due. Pure: seconds since the replay began come in."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from robot.recording import RecordedMessage


class Timeline:
    """Messages from `start_ns` on, `rate` times as fast as they were; of `latched` topics earlier ones, too, at once.

    `messages` are in the order of their times.
    """

    def __init__(self, messages: Iterable[RecordedMessage], start_ns: int, rate: float = 1.0,
                 latched: Set[str] = frozenset()) -> None:
        self._start_ns, self._rate = start_ns, rate
        self._messages = (m for m in messages if m.time_ns >= start_ns or m.topic in latched)
        self._next = next(self._messages, None)

    @property
    def over(self) -> bool:
        return self._next is None

    def time_ns(self, elapsed_s: float) -> int:
        """The recording's time, so many seconds into the replay."""
        return self._start_ns + round(elapsed_s * self._rate * 1e9)

    def due(self, elapsed_s: float) -> Iterator[RecordedMessage]:
        """What is due by then and was not yet given."""
        now_ns = self.time_ns(elapsed_s)
        while self._next is not None and self._next.time_ns <= now_ns:
            yield self._next
            self._next = next(self._messages, None)
