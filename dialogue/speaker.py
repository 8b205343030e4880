"""The sound card: plays through a player process that can be killed at once. (aplay, package alsa-utils)"""
from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from dialogue.sound import Sound

CARDS = Path("/proc/asound/cards")


class AlsaSpeaker:
    """One sound at a time on an ALSA device. Not blocking."""

    def __init__(self, device: str = "default", player: str = "aplay", cards: Path = CARDS) -> None:
        self._device, self._player, self._cards = device, player, cards
        self._process: subprocess.Popen | None = None
        self._file: IO[bytes] | None = None

    def problem(self) -> str:
        """Why nothing can be played, and what to do; "" where all is well."""
        if shutil.which(self._player) is None:
            return f"{self._player} is not installed; install it: apt-get install alsa-utils"
        try:
            cards = self._cards.read_text(encoding="utf-8")
        except OSError:
            cards = ""
        if not cards.strip() or "no soundcards" in cards:
            return "no sound card: nothing can be heard; connect one"
        return ""

    def play(self, sound: Sound) -> str:
        """Start to play; a sound that still plays is cut off. Returns why it cannot, or ""."""
        self.stop()
        problem = self.problem()
        if problem:
            return problem
        try:
            self._file = tempfile.TemporaryFile(prefix="anban-sound-")
            self._file.write(sound.samples.astype("<i2", copy=False).tobytes())
            self._file.seek(0)
            self._process = subprocess.Popen(
                [self._player, "-q", "-D", self._device, "-t", "raw", "-f", "S16_LE", "-c", "1",
                 "-r", str(sound.rate_hz)], stdin=self._file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError as error:
            self.stop()
            return f"the sound cannot be handed to {self._player} ({error}); make room on the disk or in memory"
        return ""

    @property
    def failed(self) -> bool:
        """Whether the last sound's player ended with an error."""
        return self._process is not None and self._process.poll() not in (None, 0)

    def wait(self) -> str:
        """Wait until it has been played. Returns why it was not, or ""."""
        if self._process is not None:
            self._process.wait()
        return f"{self._player} cannot play on {self._device}" if self.failed else ""

    def stop(self) -> None:
        """Silence, at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._file is not None:
            self._file.close()
            self._file = None
