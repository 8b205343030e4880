"""Disk space kept back beside a file that must be written: given up when the disk is full."""
from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

SIZE_BYTES = 4 << 20  # on a full tmpfs 55 alarms with pictures of 60 kB were still written
SPARE = 4  # not kept back where that would take a quarter of what is left


class Reserve:
    """A file of SIZE_BYTES that holds nothing. It may be shared by processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self) -> None:
        """Have it, if there is room."""
        if self.path.exists() or shutil.disk_usage(self.path.parent).free < SPARE * SIZE_BYTES:
            return
        with suppress(OSError), open(self.path, "wb") as file:  # a small disk has none, and works without
            os.posix_fallocate(file.fileno(), 0, SIZE_BYTES)

    def give_up(self) -> bool:
        """Make room. Whether there was any."""
        with suppress(FileNotFoundError):
            self.path.unlink()
            return True
        return False
