"""The line to the process in which an engine speaks: started without waiting, every wait bounded, ended at once.

One thread at a time.
"""
from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence

import numpy as np
import psutil

from dialogue.sound import Sound


class VoiceError(RuntimeError):
    """Nothing can be said; the message says why and what to do."""


class CannotSay(VoiceError):
    """The engine is well, but not this text."""


class VoiceLine:
    """One engine of `dialogue.engines`, loaded for these languages, in a process of its own."""

    def __init__(self, engine: str, languages: Sequence[str]) -> None:
        self._engine, self._languages = engine, languages
        self._process: subprocess.Popen | None = None
        self._ready = False
        self._folder = tempfile.TemporaryDirectory(prefix="anban-voice-")

    def start(self) -> None:
        """Let the engine load; returns at once."""
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dialogue.voice_process", self._engine, *self._languages], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment())

    def ready(self, wait_s: float = 0.0) -> bool:
        """Whether the engine has loaded, waiting for it so long. Raises VoiceError where it cannot."""
        self.start()
        if not self._ready and (line := self._line(wait_s)) is not None:
            hello = self._read(line)
            if "error" in hello:
                raise VoiceError(hello["error"])
            self._ready = True
        return self._ready

    def make(self, text: str, language: str, voice: str, rate: float, wait_s: float) -> Sound:
        """The engine's own sound of `text`. It must have loaded. Raises CannotSay, or another VoiceError where it has
        ended or not answered within `wait_s`."""
        os.makedirs(self._folder.name, exist_ok=True)  # temporary folders are tidied away at times
        path = os.path.join(self._folder.name, "speech.wav")
        order = {"text": text, "language": language, "voice": voice, "rate": rate, "path": path}
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            self.end()
            raise VoiceError(f"the process of the voice {self._engine} ended: {error}") from error
        line = self._line(wait_s)
        if line is None:
            self.end()
            raise VoiceError(f"the voice {self._engine} did not answer within {wait_s:g} s; if that lasts, choose a "
                             "lighter one in the site file (robot: voice:)")
        answer = self._read(line)
        if "error" in answer:
            raise CannotSay(answer["error"])
        with wave.open(path) as file:
            return Sound(np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate())

    @property
    def computed_s(self) -> float:
        """Processor time that the engine has used since it was started [s]."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def end(self) -> None:
        """End the process; it starts anew when it is needed."""
        self._ready = False
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None

    def close(self) -> None:
        """End the process for good."""
        self.end()
        self._folder.cleanup()

    def _line(self, wait_s: float) -> bytes | None:
        """The next line, b"" where the process has ended, None where nothing came in time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(wait_s) else None

    def _read(self, line: bytes) -> dict:
        if not line:
            self.end()
            raise VoiceError(f"the process of the voice {self._engine} ended; anban doctor checks the installation")
        return json.loads(line)


def _environment() -> dict[str, str]:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
