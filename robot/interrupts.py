"""What Ctrl-C does for a while: where Python's KeyboardInterrupt would come out as a traceback of somebody else."""
from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def on_interrupt(handler: Any) -> Iterator[None]:
    """`signal.SIG_DFL`: Ctrl-C ends this process at once and without a word (loading a large library, which would
    make another error of it). `signal.SIG_IGN`: it is not for the processes that are started here. Main thread only."""
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
