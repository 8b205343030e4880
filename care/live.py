"""Tells open streams that something changed. One process serves the platform, so this is memory, not a broker.

A stream that is slow holds no queue: it learns *which* regions changed and reads them as they are when it gets to them.
"""
from __future__ import annotations

import asyncio
import threading


class Listener:
    """One open stream: the topics that changed since it last asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        self.closed = False

    def tell(self, topics: tuple[str, ...]) -> None:
        """From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add, topics)

    def _add(self, topics: tuple[str, ...]) -> None:
        self._pending.update(dict.fromkeys(topics))
        self._wake.set()

    async def changes(self, timeout_s: float) -> list[str]:
        """Topics in the order in which they changed; empty when nothing did for `timeout_s`."""
        try:
            await asyncio.wait_for(self._wake.wait(), timeout_s)
        except asyncio.TimeoutError:
            return []
        self._wake.clear()
        topics, self._pending = list(self._pending), {}
        return topics

    def close(self) -> None:
        self.closed = True
        self.tell(())


class Hub:
    """All open streams; `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._revisions: dict[str, int] = {}

    def open(self) -> Listener:
        """A new listener, on the running event loop."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    def publish(self, *topics: str) -> None:
        with self._lock:
            for topic in topics:
                self._revisions[topic] = self._revisions.get(topic, 0) + 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(topics)

    def revision(self, topic: str) -> int:
        """Grows with each change of the topic."""
        with self._lock:
            return self._revisions.get(topic, 0)

    def close(self) -> None:
        """End all streams; the server stops."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.close()
