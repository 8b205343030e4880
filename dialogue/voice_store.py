"""Sentences that are said often, kept as sound files: whole or not at all, and no more than fits.

Only what stands in the phrase and site files is kept, never what somebody said or asked to be told.
"""
from __future__ import annotations

import hashlib
import os
import wave
from pathlib import Path

import numpy as np

from dialogue.sound import Sound

LIMIT_BYTES = 200_000_000  # all fixed phrases for two residents in two languages take about half of it


class VoiceStore:
    """A folder of sounds by what made them. What was longest not used is dropped."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder, self._limit = folder, limit_bytes

    def get(self, made_of: tuple) -> Sound | None:
        """The sound, or None where it is not kept or cannot be read."""
        path = self._path(made_of)
        try:
            with wave.open(str(path)) as file:
                sound = Sound(np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate())
            os.utime(path)
        except (OSError, EOFError, wave.Error):
            return None
        return sound

    def put(self, made_of: tuple, sound: Sound) -> None:
        """Keep it. Raises OSError where the disk does not take it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(made_of)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with wave.open(str(unfinished), "wb") as file:
            file.setparams((1, 2, sound.rate_hz, len(sound.samples), "NONE", ""))
            file.writeframes(sound.samples.astype("<i2").tobytes())
        unfinished.replace(path)
        self._drop()

    def __contains__(self, made_of: tuple) -> bool:
        return self._path(made_of).is_file()

    def _path(self, made_of: tuple) -> Path:
        return self._folder / f"{hashlib.sha256(repr(made_of).encode()).hexdigest()[:32]}.wav"

    def _drop(self) -> None:
        kept = sorted(((status.st_mtime, status.st_size, path) for path in self._folder.glob("*.wav")
                       for status in [path.stat()]), reverse=True)
        total = 0
        for _, size, path in kept:
            total += size
            if total > self._limit:
                path.unlink(missing_ok=True)
