"""The mission arbiter: one task at a time, the most urgent first; the others wait and are resumed."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .behavior import Behavior, CancelActions, Command


@dataclass(frozen=True)
class Order:
    """A command and the behaviour that gave it."""
    behavior: Behavior
    command: Command


class Arbiter:
    """Holds the running behaviour and those that wait. Of equal priority the first stays."""

    def __init__(self) -> None:
        self.active: Behavior | None = None
        self.waiting: list[Behavior] = []
        self._started: set[int] = set()

    @property
    def behaviors(self) -> list[Behavior]:
        """All, the running one first."""
        return ([self.active] if self.active else []) + self.waiting

    def submit(self, behavior: Behavior, now_s: float) -> list[Order]:
        """Take on a task: it runs now if it is more urgent than what runs, else it waits in line."""
        if self.active is None or behavior.PRIORITY > self.active.PRIORITY:
            orders = []
            if self.active is not None:
                orders = _orders(self.active, self.active.suspend(now_s))
                self._queue(self.active)
            self.active = behavior
            return orders + self._run(behavior, now_s)
        self._queue(behavior)
        return _orders(behavior, behavior.wait_in_line(now_s))

    def dispatch(self, event: Any, now_s: float, to: Behavior | None = None) -> list[Order]:
        """Hand an event to one behaviour, or to the running one."""
        target = to if to is not None else self.active
        if target is None or target not in self.behaviors:
            return []
        return _orders(target, target.handle(event, now_s)) + self._settle(now_s)

    def tick(self, now_s: float) -> list[Order]:
        """Let time pass for the running behaviour."""
        if self.active is None:
            return []
        return _orders(self.active, self.active.tick(now_s)) + self._settle(now_s)

    def _settle(self, now_s: float) -> list[Order]:
        orders: list[Order] = []
        self.waiting = [b for b in self.waiting if not b.done]
        while self.active is not None and self.active.done:
            self._started.discard(id(self.active))
            orders.append(Order(self.active, CancelActions()))  # what it left running
            self.active = self.waiting.pop(0) if self.waiting else None
            if self.active is not None:
                orders += self._run(self.active, now_s)
        return orders

    def _run(self, behavior: Behavior, now_s: float) -> list[Order]:
        if id(behavior) in self._started:
            commands = behavior.resume(now_s)
        else:
            self._started.add(id(behavior))
            commands = behavior.start(now_s)
        return _orders(behavior, commands) + self._settle(now_s)

    def _queue(self, behavior: Behavior) -> None:
        self.waiting.append(behavior)
        self.waiting.sort(key=lambda b: -b.PRIORITY)  # stable: first come, first served


def _orders(behavior: Behavior, commands: list[Command]) -> list[Order]:
    return [Order(behavior, command) for command in commands]
