"""Voices of the simulated residents, made to sound old. Sound is float32 mono at 16 kHz.

Chinese and Japanese are spoken by Kokoro-82M where its packages are installed; all else by espeak-ng.
"""
from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
import subprocess
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from robot import kokoro
from robot.environment import outside_environment
from robot.espeak import voicing
from robot.resources import data_dir
from sim.sound import SAMPLE_RATE


class Neural(NamedTuple):
    """A voice of Kokoro-82M, raised in pitch (and shortened in the throat) by a factor."""
    name: str
    raised: float


# Chinese: jm_kumo has the clearest Chinese of the packaged voices, but is a man's; raised it is an old woman's.
NEURAL_VOICES = {"zh": Neural("jm_kumo", 1.12), "ja": Neural("jf_alpha", 1.0)}
PACES = (0.80, 0.85, 0.90)  # of the voice's own pace
# Where another voice of espeak-ng is understood better by a recogniser than the usual one. Whisper base without prompt
# heard "I have taken it." from en-us as "I am take unit", from en-gb right (both voices, two rates).
RESIDENT_VOICES = {"en": "en-gb"}
# espeak-ng's variants of a voice. Through the bedroom's echo Whisper base understood the Japanese "help me, I cannot
# get up" from f5 but not from f2 and f3.
VARIANTS = {"ja": ("f5",), "zh": ("f5",)}
_TIMEOUT_S = 20
_log = logging.getLogger(__name__)


class VoiceMissing(RuntimeError):
    """espeak-ng is not there or gave no sound; the message says what to do."""


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """A whole utterance of any rate at 16 kHz, band-limited; silence is put at its end against wrapping round."""
    if rate == SAMPLE_RATE or not len(samples):
        return samples
    count = -(-len(samples) // rate) + 1  # whole seconds: both lengths are whole numbers of samples
    spectrum = np.fft.rfft(samples, count * rate)
    wanted = np.zeros(count * SAMPLE_RATE // 2 + 1, complex)
    kept = min(len(spectrum), len(wanted))
    wanted[:kept] = spectrum[:kept]
    return np.fft.irfft(wanted, count * SAMPLE_RATE)[:len(samples) * SAMPLE_RATE // rate] * (SAMPLE_RATE / rate)


def elder_voices(lines: Iterable[str], language: str, seed: int = 0) -> dict[str, np.ndarray]:
    """`elder_voice` of each line. Takes seconds the first time, so: before the simulation runs."""
    try:
        return {line: elder_voice(line, language, seed) for line in lines}
    finally:
        kokoro.release()


def elder_voice(text: str, language: str, seed: int = 0) -> np.ndarray:
    """`text` spoken by an old woman, float32 (n,), 1.0 = full scale; the seed varies voice, pace, pitch and tremolo.

    Raises VoiceMissing, or ValueError for an unknown language or a text without anything to speak.
    """
    random = np.random.default_rng([seed, 0xE1D])
    samples = None
    if language in NEURAL_VOICES:
        samples = _spoken_neurally(text, language, float(random.choice(PACES)))
    if samples is None:
        variant = random.choice(VARIANTS.get(language, ("f2", "f3")))
        pace_wpm, pitch = random.integers(110, 122), random.integers(38, 43)  # espeak-ng's own: 175 and 50
        samples = _spoken(text, language, f"+{variant}", pace_wpm, pitch)
    time_s = np.arange(len(samples)) / SAMPLE_RATE
    depth, rate_hz = random.uniform(0.03, 0.10), random.uniform(4.5, 6.0)  # an old voice's tremor: 4-7 Hz
    return (samples * (1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * time_s)))).astype(np.float32)


def newsreader(text: str, language: str) -> np.ndarray:
    """`text` as it comes from a television, float32 (n,), with a pause at its end."""
    return np.concatenate([_spoken(text, language, "+m3", 165, 45), np.zeros(SAMPLE_RATE)]).astype(np.float32)


def _spoken_neurally(text: str, language: str, pace: float) -> np.ndarray | None:
    """Kept on disk: a second start costs nothing. None where the packages are not installed."""
    voice = NEURAL_VOICES[language]
    name = hashlib.sha256(repr((text, language, kokoro.VERSION, voice, pace)).encode()).hexdigest()[:32]
    kept = data_dir() / "voices" / f"{name}.npy"
    if kept.is_file():
        return np.load(kept) / 32768
    try:
        samples = kokoro.spoken(text, language, voice.name, pace / voice.raised)
    except ModuleNotFoundError as missing:
        _log.warning("residents speak %s by espeak-ng, which is harder to understand: the Python package %s is missing",
                     language, missing.name)
        return None
    samples = _trimmed(resampled(samples.astype(np.float64), round(kokoro.SAMPLE_RATE * voice.raised)))
    samples = np.rint(samples * (16384 / np.abs(samples).max())).astype(np.int16)
    _keep(kept, samples)
    return samples / 32768


def _keep(path: Path, samples: np.ndarray) -> None:
    """Whole or not at all, whoever else writes the same."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.save(file, samples)
    unfinished.replace(path)


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the silence before and after."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0]:loud[-1] + 1]


def _spoken(text: str, language: str, variant: str, pace_wpm: int, pitch: int) -> np.ndarray:
    voice, spoken = voicing(text, language)
    if not spoken:
        raise ValueError(f"nothing to speak in {text!r}")
    program = shutil.which("espeak-ng")
    if program is None:
        raise VoiceMissing("espeak-ng is not installed; residents cannot speak: install the package espeak-ng")
    made = subprocess.run([program, "-v", RESIDENT_VOICES.get(language, voice) + variant, "-s", str(pace_wpm),
                           "-p", str(pitch), "--stdout", spoken], capture_output=True, timeout=_TIMEOUT_S,
                          env=outside_environment())
    if made.returncode or len(made.stdout) <= 44:
        raise VoiceMissing(f"espeak-ng has no voice for {language!r}: {made.stderr.decode(errors='replace').strip()}")
    # Written to a pipe, the WAV header has no true length: the samples are what follows it.
    with wave.open(io.BytesIO(made.stdout)) as header:
        rate = header.getframerate()
    return _trimmed(resampled(np.frombuffer(made.stdout[44:], np.int16) / 32768, rate))
