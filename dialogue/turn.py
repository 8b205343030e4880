"""Who may speak: one goal at a time at the loudspeaker and the microphone, the others wait in order."""
from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Resolve = Callable[[Any], None]


class Future(Protocol):
    """What is needed of rclpy.task.Future."""

    def done(self) -> bool: ...
    def set_result(self, result: Any) -> None: ...
    def __await__(self) -> Any: ...


class Cancelled(Exception):
    """The goal of this turn was cancelled."""


class Turn:
    """One goal's turn. It waits for one thing at a time, and a cancel ends any wait."""

    def __init__(self, new_future: Callable[[], Future]) -> None:
        self._new_future = new_future
        self._waiting: Future | None = None
        self.cancelled = False

    async def wait(self, begin: Callable[[Resolve], None]) -> Any:
        """Call `begin(resolve)`, wait until `resolve(value)` is called, return the value. Raises Cancelled."""
        if self.cancelled:
            raise Cancelled
        future = self._waiting = self._new_future()

        def resolve(value: Any) -> None:
            if not future.done():
                future.set_result(value)

        begin(resolve)
        value = await future
        self._waiting = None
        if self.cancelled:
            raise Cancelled
        return value

    def cancel(self) -> None:
        """End the present wait, and every later one, with Cancelled."""
        self.cancelled = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Floor:
    """The order of turns."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._resolves: dict[int, Resolve] = {}

    @property
    def free(self) -> bool:
        return not self._turns

    def take(self, turn: Turn) -> Awaitable[Any]:
        """Wait until all turns before this one are over. Raises Cancelled; call `leave` in any case."""
        self._turns.append(turn)

        def begin(resolve: Resolve) -> None:
            self._resolves[id(turn)] = resolve
            self._call_first()

        return turn.wait(begin)

    def leave(self, turn: Turn) -> None:
        """End a turn; the next one begins."""
        if turn in self._turns:
            self._turns.remove(turn)
        self._resolves.pop(id(turn), None)
        self._call_first()

    def cancel_all(self) -> None:
        for turn in list(self._turns):
            turn.cancel()

    def _call_first(self) -> None:
        if self._turns and id(self._turns[0]) in self._resolves:
            self._resolves[id(self._turns[0])](None)
