"""Sound files of any rate, width and number of channels as the robot's ears take them, and noise to lay under them."""
from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialogue.microphone import CLIPPED, CLIPPED_SHARE
from dialogue.recognizer import SAMPLE_RATE
from robot.music import SOUND_FILES, sound_files

STREAMED = 0x7FFF_0000  # a RIFF header with a greater length was written before its sound, as programs do into a pipe
FRAME_S = 0.02
BELOW_LOUDEST_DB = 30.0  # frames this much below the loudest one are pauses


class RecordingError(ValueError):
    """A sound file cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Recording:
    """Mono at 16 kHz, float32 (n,), 1.0 is full scale. `notes` say what is wrong with it."""
    samples: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def read(path: Path, longest_s: float = math.inf) -> Recording:
    """The sound of a file, but no more than `longest_s`; of a torn one what is there. Raises RecordingError."""
    import av
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise RecordingError(f"{path}: holds no sound")
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp", layout=stream.layout.name, rate=SAMPLE_RATE)
            frames = []
            for frame in container.decode(stream):
                if frame.time is not None and frame.time >= longest_s:
                    break
                frames += [part.to_ndarray() for part in resampler.resample(frame)]
            frames += [part.to_ndarray() for part in resampler.resample(None)] if frames else []
    except (av.FFmpegError, OSError) as error:
        raise RecordingError(f"{path}: cannot be read as sound ({error.strerror or error})") from None
    samples = np.concatenate(frames, axis=1).mean(axis=0) if frames else np.zeros(0)
    return Recording(np.clip(np.nan_to_num(samples), -1.0, 1.0).astype(np.float32), tuple(_faults(path, samples)))


def _faults(path: Path, samples: np.ndarray) -> list[str]:
    faults = ["torn: its header announces more sound than there is"] if _torn(path) else []
    if not np.all(np.isfinite(samples)):
        faults.append("values that are no numbers; silence in their place")
    loudness = np.abs(np.nan_to_num(samples))
    if not len(samples):
        faults.append("empty: no sound in it")
    elif not loudness.any():
        faults.append("silent: nothing but zeros")
    clipped = float(np.mean(loudness >= CLIPPED / 32768)) if len(samples) else 0.0
    if clipped > CLIPPED_SHARE:
        faults.append(f"clipped: {clipped:.0%} of it at full scale")
    return faults


def _torn(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(8)
    announced = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and 0 < announced < STREAMED and announced + 8 > path.stat().st_size + 1


def files(folder: Path) -> list[Path]:
    """The sound files in a folder and below it. Raises RecordingError where there are none."""
    found = sound_files(folder)
    if not found:
        raise RecordingError(f"{folder}: no sound files in it ({', '.join(SOUND_FILES)})")
    return found


def speech_rms(samples: np.ndarray) -> float:
    """RMS of the frames of 20 ms that are within 30 dB of the loudest one: pauses do not count."""
    length = int(FRAME_S * SAMPLE_RATE)
    power = np.mean(np.square(samples[:len(samples) // length * length].reshape(-1, length)), axis=1)
    return float(np.sqrt(power[power >= power.max() / 10 ** (BELOW_LOUDEST_DB / 10)].mean())) if len(power) else 0.0


def noise_under(samples: np.ndarray, noise: np.ndarray, snr_db: float, random: np.random.Generator) -> np.ndarray:
    """As much noise, (n,), as lies `snr_db` below the speech: from a random place of `noise`, which is repeated."""
    stretch = np.take(noise, int(random.integers(len(noise))) + np.arange(len(samples)), mode="wrap")
    loudness = float(np.sqrt(np.mean(np.square(stretch)))) if len(stretch) else 0.0
    return stretch * (speech_rms(samples) / 10 ** (snr_db / 20) / loudness) if loudness else np.zeros_like(samples)
