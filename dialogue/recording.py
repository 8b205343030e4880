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
# The mean of two equal channels loses nothing, of two unlike ones 3 dB, of a live and a dead one 6 dB.
MIXED_LOSS_DB = 5.0
QUIET_DB = -60.0  # of full scale: with 16 bits, ten steps


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
        if path.is_file() and not path.stat().st_size:
            raise RecordingError(f"{path}: the file is empty")
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
    except FileNotFoundError:
        raise RecordingError(f"{path}: no such file") from None
    except (av.FFmpegError, OSError) as error:
        raise RecordingError(f"{path}: cannot be read as sound ({error.strerror or error})") from None
    channels = np.concatenate(frames, axis=1) if frames else np.zeros((1, 0))
    if not channels.size:
        raise RecordingError(f"{path}: holds no sound")
    samples, notes = _mixed(np.nan_to_num(channels, posinf=0.0, neginf=0.0))
    if not np.all(np.isfinite(channels)):
        notes.append("values that are no numbers; silence in their place")
    if _torn(path):
        notes.insert(0, "torn: its header announces more sound than there is")
    samples = np.clip(samples, -1.0, 1.0).astype(np.float32)
    return Recording(samples, (*notes, *_level_faults(samples)))


def _mixed(channels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The mean of all channels, or the loudest one where the others silence it or are silent; and notes."""
    mean = channels.mean(axis=0)
    power = [float(np.mean(np.square(channel), dtype=np.float64)) for channel in (mean, *channels)]
    loudest = int(np.argmax(power[1:]))
    if power[0] >= power[1 + loudest] / 10 ** (MIXED_LOSS_DB / 10):
        return mean, []
    return channels[loudest], [f"only channel {loudest + 1} of {len(channels)} is taken: with the others much of it "
                               "would be lost"]


def _level_faults(samples: np.ndarray) -> list[str]:
    speech = speech_rms(samples)
    if not samples.any():
        return ["silent: nothing but zeros"]
    if speech and (level_db := 20 * math.log10(speech)) < QUIET_DB:
        return [f"very quiet: {level_db:.0f} dB of full scale"]
    clipped = float(np.mean(np.abs(samples) >= CLIPPED / 32768))
    return [f"clipped: {clipped:.0%} of it at full scale"] if clipped > CLIPPED_SHARE else []


def _torn(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(8)
    announced = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and 0 < announced < STREAMED and announced + 8 > path.stat().st_size + 1


def files(path: Path) -> list[Path]:
    """The sound files in a folder and below it, or the file itself. Raises RecordingError where there is none."""
    found = [path] if path.is_file() else sound_files(path)
    if not found:
        raise RecordingError(f"{path}: no sound files in it ({', '.join(SOUND_FILES)})" if path.is_dir() else
                             f"{path}: no such file or folder; give a sound file, or a folder of them")
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
