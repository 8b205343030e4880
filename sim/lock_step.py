"""Lock-step: which consumers have not yet answered the newest picture.

Pure. A consumer is a topic; it has answered a picture when a message came whose stamp is the picture's or later, or,
where its messages bear no stamp, when any message came since the picture.
"""
from __future__ import annotations

from collections.abc import Iterable


class LockStep:
    """Keeps who still owes an answer. Stamps are nanoseconds; waiting is wall time [s], told by the caller."""

    def __init__(self, consumers: Iterable[str]) -> None:
        self.consumers = tuple(dict.fromkeys(consumers))
        self.left_behind: set[str] = set()  # stalled ones, of whom no answer is expected until they give one
        self.forget()

    def forget(self) -> None:
        """Nothing was taken yet (time began again)."""
        self._picture: int | None = None
        self._owing: set[str] = set()
        self._since_s: float | None = None

    def taken(self, stamp_ns: int) -> None:
        """A picture went out: everybody owes an answer."""
        self._picture, self._owing, self._since_s = stamp_ns, set(self.consumers) - self.left_behind, None

    def answered(self, consumer: str, stamp_ns: int | None) -> bool:
        """A message of the consumer came. Whether this brings back one who was left behind: an answer to any picture
        does, for a world that waits for nobody may be ahead for ever."""
        if self._picture is not None and (stamp_ns is None or stamp_ns >= self._picture):
            self._owing.discard(consumer)
        back = consumer in self.left_behind
        self.left_behind.discard(consumer)
        return back

    @property
    def waiting_for(self) -> list[str]:
        """Who owes an answer; time goes on when nobody does."""
        return sorted(self._owing)

    def waited_s(self, now_s: float) -> float:
        """How long the present picture has been waited for, from the first time this was asked."""
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s

    def leave_behind(self, consumers: Iterable[str]) -> None:
        """Go on without these, until they give an answer."""
        self.left_behind.update(consumers)
        self._owing -= self.left_behind
