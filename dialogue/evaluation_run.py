"""The hearing of `anban evaluate speech`: recordings and background played to the robot's own ears, several at once."""
from __future__ import annotations

import os
import re
import resource
import signal
import time
import wave
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from dialogue import recording
from dialogue.called import Names
from dialogue.evaluation import Background, Result, asked, meaning, words
from dialogue.listener import NAMELESS, Listener
from dialogue.playing import Player
from dialogue.recognizer import SAMPLE_RATE, Ears
from dialogue.recording import RecordingError

LEAD_S = 0.5        # of the room before a recording: the voice detector begins in silence or noise, not in a word
TAIL_S = 3.0        # of the room's noise after it: longer than the ears' longest patience
STRETCH_S = 120.0   # background sound is heard in stretches of this length, so that they can be shared out
Stretch = tuple[Path, float]


@dataclass(frozen=True)
class Conditions:
    """How the recordings are heard. `noise`: sounds of which one lies `snr_db` below each recording."""
    language: str
    noise: tuple[np.ndarray, ...] = ()
    snr_db: float = 10.0
    threads: int = 2
    names: Names = NAMELESS


def run(work: Sequence[tuple], how: Conditions, jobs: int) -> Iterator[tuple[int, Result | Background]]:
    """(place in `work`, what was heard) as each is done; with one job in this process. Raises ModelError and
    BrokenProcessPool.

    `work`: (hear_clip or hear_background, its arguments...).
    """
    if jobs == 1:
        _load(how)
        yield from ((number, function(*arguments)) for number, (function, *arguments) in enumerate(work))
        return
    # Begun anew and not forked: who has heard something already has threads, and locks that they held.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin_apart, (how,))
    try:
        futures = {pool.submit(_apart, *one): number for number, one in enumerate(work)}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


_ears: tuple[Player, Conditions] | None = None  # of this process
_how: Conditions


def _load(how: Conditions) -> None:
    global _ears
    listener = Listener(Ears(threads=how.threads), how.names)
    listener.prepare((how.language,))
    _ears = Player(listener, (how.language,), time.perf_counter), how


def _begin_apart(how: Conditions) -> None:
    global _how
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears Ctrl-C and ends the others
    _how = how


def _apart(function: Callable, *arguments: Any) -> Result | Background:
    """In a process of the pool. The ears are loaded for the first clip: of what fails before, the pool says nothing."""
    if _ears is None:
        _load(_how)
    return function(*arguments)


def hear_clip(row: Result, wavs: Path, out: Path | None) -> Result:
    """What the robot understands of one recording; where that is wrong, `out` keeps the sound as it was heard."""
    player, how = _ears
    try:
        clip = recording.read(clip_at(wavs, row.clip))
    except RecordingError as error:
        return replace(row, error=str(error))
    sound = np.pad(clip.samples, (int(LEAD_S * SAMPLE_RATE), int(TAIL_S * SAMPLE_RATE)))
    if how.noise:
        random = np.random.default_rng(zlib.crc32(row.clip.encode()))  # the same noise under it each time
        sound = sound + recording.noise_under(sound, how.noise[random.integers(len(how.noise))], how.snr_db, random)
    before_s = player.compute_s
    expected = asked(row.expected)
    taken = player.play(sound, expected)
    meant = meaning(taken, expected)
    result = replace(
        row, heard=words(taken), notes=clip.notes,
        intent=meant.heard.understood.intent if meant else "",
        call_for_help=any(one.heard.understood.call_for_help for one in taken),
        latency_s=meant.latency_s if meant else None, sound_s=len(sound) / SAMPLE_RATE,
        compute_s=player.compute_s - before_s)
    if out and not result.right:
        try:
            _write(out / kept_at(row.clip), sound)
        except OSError as error:
            result = replace(result, notes=(*result.notes, f"its sound could not be kept: {error.strerror}"))
    return result


def clip_at(wavs: Path, clip: str) -> Path:
    """Where a clip lies; its path may have been written on Windows."""
    path = wavs / clip
    return path if "\\" not in clip or os.path.exists(path) else wavs / clip.replace("\\", "/")


def hear_background(path: Path, from_s: float) -> Background:
    """What is heard in a stretch of a file."""
    player, _ = _ears
    try:
        samples = recording.read(path).samples[int(from_s * SAMPLE_RATE):int((from_s + STRETCH_S) * SAMPLE_RATE)]
    except RecordingError as error:
        return Background(str(path), from_s, error=str(error))
    before_s = player.compute_s
    heard = tuple(one.heard for one in player.play(samples))
    return Background(str(path), from_s, heard, len(samples) / SAMPLE_RATE, player.compute_s - before_s)


def stretches(files: list[Path]) -> list[Stretch]:
    """The parts of background files; one that cannot be read is one part, which will say so."""
    found = []
    for path in files:
        try:
            duration_s = recording.read(path).duration_s
        except RecordingError:
            duration_s = 0.0
        found += [(path, float(at)) for at in np.arange(0.0, max(duration_s, 1e-3), STRETCH_S)]
    return found


def memory_mb(jobs: int) -> int:
    """The most that the hearing process held; of several the largest."""
    if jobs > 1:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # getrusage would count what the shell held before
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def kept_at(clip: str) -> str:
    """Where the sound of a clip lies, seen from the page; clips of one name in other folders or formats lie apart."""
    return f"heard/{re.sub(r'[^A-Za-z0-9]+', '_', Path(clip).stem)[:40]}-{zlib.crc32(clip.encode()):08x}.wav"


def _write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
