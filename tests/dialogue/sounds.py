"""Synthesised speech for the tests: espeak-ng, plain or old, quiet rooms or noisy ones. int16 at 16 kHz."""
from __future__ import annotations

import io
import subprocess
import wave
from math import gcd

import numpy as np
from scipy.signal import resample_poly

from robot.environment import outside_environment
from robot.espeak import voicing

RATE = 16_000


def spoken(text: str, language: str, pace_wpm: int = 140, pitch: int = 50, voice: str = "") -> np.ndarray:
    """Float speech at a loudness of -23 dBFS RMS, no silence around."""
    named, readable = voicing(text, language)
    command = ["espeak-ng", "-v", voice or named, "-s", str(pace_wpm), "-p", str(pitch), "--stdout", readable]
    made = subprocess.run(command, capture_output=True, check=True, env=outside_environment()).stdout
    with wave.open(io.BytesIO(made)) as header:
        rate = header.getframerate()
    sound = np.frombuffer(made[44:], "<i2") / 32768
    common = gcd(RATE, rate)
    sound = resample_poly(sound, RATE // common, rate // common)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[loud[0]:loud[-1] + 1]
    return sound * (10 ** (-23 / 20) / np.sqrt(np.mean(sound ** 2)))


def elderly(text: str, language: str, seed: int = 0, voice: str = "") -> np.ndarray:
    """Slow, low, trembling: a 5 Hz tremolo of a third."""
    random = np.random.default_rng(seed)
    sound = spoken(text, language, pace_wpm=int(random.integers(108, 124)),
                   pitch=int(random.integers(30, 40)), voice=voice)
    time_s = np.arange(len(sound)) / RATE
    return sound * (1 - 0.33 * (0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(4.5, 6) * time_s)))


def pink(count: int, seed: int = 0) -> np.ndarray:
    """Pink noise of RMS 1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), count)
    return noise / np.sqrt(np.mean(noise ** 2))


def in_noise(sound: np.ndarray, snr_db: float = 15.0, seed: int = 0) -> np.ndarray:
    """The sound with pink noise that much below it."""
    return sound + pink(len(sound), seed) * np.sqrt(np.mean(sound ** 2)) / 10 ** (snr_db / 20)


def silence(duration_s: float, seed: int = 0) -> np.ndarray:
    """A quiet room: noise at -70 dBFS, as any microphone has."""
    return pink(int(duration_s * RATE), seed) * 10 ** (-70 / 20)


def pcm(*parts: np.ndarray) -> np.ndarray:
    """The parts one after the other as int16, on a quiet room's noise."""
    sound = np.concatenate(parts)
    return np.round(np.clip(sound + silence(len(sound) / RATE + 1, 9)[:len(sound)], -1, 1) * 32767).astype(np.int16)
