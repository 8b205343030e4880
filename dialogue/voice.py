"""Text to speech: pyttsx3 on espeak-ng, one sound at a time, trimmed and of even loudness.

Blocking; meant for a worker thread.
"""
from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass

import numpy as np

from robot.espeak import voicing

# Words a minute at rate 1.0. espeak's own 175 is too fast for old ears; people read aloud to at 140-150 follow best.
# The Chinese and Japanese voices count syllables differently and sound even-paced at these values.
WORDS_PER_MINUTE = {"en": 145, "zh": 150, "ja": 150, "ko": 145}
LOUDNESS = 10 ** (-20 / 20)  # RMS of speech re full scale: leaves 19 dB for its peaks
PEAK = 10 ** (-1 / 20)
QUIET = 10 ** (-45 / 20)     # re the peak: below it is silence, before and after speech
MARGIN_S = 0.03
LONGEST_WAIT_S = 15.0        # a minute of speech takes espeak 0.3 s; longer means that it hangs


class VoiceError(RuntimeError):
    """Nothing can be said; the message says why and what to do."""


@dataclass(frozen=True)
class Sound:
    """Mono int16 samples, shape (n,), at `rate_hz`."""
    samples: np.ndarray
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz


class Voice:
    """The robot's voice in all its languages. One thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="anban-voice-")

    def say(self, text: str, language: str, rate: float = 1.0, volume: float = 1.0) -> Sound:
        """The sound of `text`, an empty one where it is blank. `rate` 1.0 is the voice's own pace, `volume` 0..2.

        Raises VoiceError.
        """
        try:
            voice, readable = voicing(text, language)
        except ValueError as error:
            raise VoiceError(str(error)) from error
        if not readable:  # pyttsx3 would wait for ever
            return Sound(np.zeros(0, np.int16), 22_050)
        path = os.path.join(self._folder.name, "speech.wav")
        if os.path.exists(path):
            os.remove(path)
        pace = round(WORDS_PER_MINUTE[language] * rate)
        answer = self._order({"text": readable, "voice": voice, "words_per_minute": pace, "path": path})
        if "error" in answer:
            raise VoiceError(answer["error"])
        with wave.open(path) as file:
            rate_hz, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return Sound(level(samples, rate_hz, volume), rate_hz)

    def close(self) -> None:
        """End the voice's process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None
        self._folder.cleanup()

    def _order(self, order: dict) -> dict:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen([sys.executable, "-m", "dialogue.voice_process"], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment())
            hello = self._answer()
            if "error" in hello:
                raise VoiceError(hello["error"])
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise VoiceError(f"the voice's process ended: {error}") from error
        return self._answer()

    def _answer(self) -> dict:
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if selector.select(LONGEST_WAIT_S) else b""
        if not line:
            self._process.kill()
            self._process.wait()
            raise VoiceError("the voice does not answer; is espeak-ng installed? (apt-get install espeak-ng)")
        return json.loads(line)

    @staticmethod
    def _environment() -> dict[str, str]:
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def level(samples: np.ndarray, rate_hz: int, volume: float = 1.0) -> np.ndarray:
    """Speech without silence around it, at one loudness times `volume` (0..2), never clipped. int16 in and out, (n,).

    Louder than usual is what speech has no headroom for: its peaks are then rounded off.
    """
    sound = samples.astype(np.float64) / 32768.0
    peak = np.abs(sound).max(initial=0.0)
    if peak == 0.0:
        return np.zeros(0, np.int16)
    loud = np.flatnonzero(np.abs(sound) > QUIET * peak)
    margin = int(MARGIN_S * rate_hz)
    sound = sound[max(0, loud[0] - margin):loud[-1] + 1 + margin]
    frame = max(1, int(0.02 * rate_hz))
    frames = np.sqrt(np.mean(np.square(sound[:len(sound) // frame * frame].reshape(-1, frame)), axis=1)) \
        if len(sound) >= frame else np.array([np.sqrt(np.mean(np.square(sound)))])
    speech = np.sqrt(np.mean(np.square(frames[frames > 0.1 * frames.max()])))  # pauses do not count
    sound *= min(LOUDNESS / speech, PEAK / np.abs(sound).max()) * max(0.0, volume)
    if volume > 1.0:
        sound = PEAK * np.tanh(sound / PEAK)
    return np.round(sound * 32767).astype(np.int16)
