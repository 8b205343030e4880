"""One thread for work that would block a node's executor; what comes of it is handed back in the executor's thread."""
from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

Job = Callable[[], Any]
Done = Callable[[Any, BaseException | None], None]


class Worker:
    """Does jobs in order. After each, `wake` is called (in the worker's thread); the owner then calls `deliver`."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        self._jobs: queue.SimpleQueue[tuple[Job, Done] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Done, Any, BaseException | None]] = queue.SimpleQueue()
        self._wake = wake
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job, done: Done) -> None:
        """Do `job` in the thread; `done(result, error)` is called by `deliver`."""
        self._jobs.put((job, done))

    def deliver(self) -> None:
        """Call back for all jobs that are done. In the owner's thread."""
        while True:
            try:
                done, result, error = self._results.get_nowait()
            except queue.Empty:
                return
            done(result, error)

    def close(self, timeout_s: float = 5.0) -> None:
        """End after the present job; the others and their results are dropped."""
        while not self._jobs.empty():
            self._jobs.get()
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (work := self._jobs.get()) is not None:
            job, done = work
            try:
                self._results.put((done, job(), None))
            except BaseException as error:  # carried to the owner: a panic of a library in Rust is no Exception
                self._results.put((done, None, error))
            self._wake()
