"""The labelled development clips as the eyes see them, kept in a file so that they are seen once."""
from __future__ import annotations

import csv
import math
import pickle
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from perception.clip import Clip  # noqa: E402
from perception.eyes import Eyes  # noqa: E402
from perception.fall import LIMITS, FallDetector, FallEvent, Limits, Person  # noqa: E402
from perception.geometry import measure  # noqa: E402
from perception.learnt import FallModel  # noqa: E402
from perception.people import fall_input  # noqa: E402
from perception.pose import Pose  # noqa: E402
from perception.tracks import Sight, Tracker  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared/data/falls"
RATE_HZ = 10.0
Frames = list[tuple[float, list[Pose]]]


@dataclass(frozen=True, eq=False)
class SeenClip:
    """A row of the labels (clip, label, start_s, end_s, source) and [(time s, poses)] of its pictures, with the
    milliseconds that each took. `width`, `height`: of the pictures [px]."""
    row: dict[str, str]
    frames: Frames
    costs_ms: list[float]
    width: int
    height: int


def labelled(folder: Path = DATA, only: str = "") -> list[dict[str, str]]:
    """The rows of the clips' labels whose names hold `only`."""
    with open(folder / "labels.csv", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if only in row["clip"]]


def seen_clips(rows: list[dict[str, str]], folder: Path = DATA, keep: Path | None = None, jobs: int = 1,
               finder: type | None = None) -> Iterator[SeenClip]:
    """Each clip after our eyes, or after another pose finder in them; kept in the folder `keep`."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    look = partial(_seen, folder=folder, keep=keep, finder=finder)
    if jobs == 1:
        yield from map(look, track(rows, "clips"))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from track(pool.map(look, rows), "clips", total=len(rows))


def _seen(row: dict[str, str], folder: Path, keep: Path | None, finder: type | None) -> SeenClip:
    kept = keep / f"{row['clip'].replace('/', '_')}.pickle" if keep else None
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())
    frames, costs, shape = [], [], (0, 0)
    with Eyes(finder=finder() if finder else None) as eyes:
        for time_s, picture in Clip(folder / row["clip"], RATE_HZ):
            began = time.perf_counter()
            eyes.look(picture, time_s)
            costs.append((time.perf_counter() - began) * 1e3)
            frames.append((time_s, eyes.poses))
            shape = picture.shape
    seen = SeenClip(row, frames, costs, shape[1], shape[0])
    if kept:
        kept.with_suffix(".part").write_bytes(pickle.dumps(seen))
        kept.with_suffix(".part").rename(kept)
    return seen


def inputs(frames: Frames, model: FallModel | None = None) -> list[tuple[float, list[Person]]]:
    """(time s, people) of each picture as the fall detector wants them, with the opinion of the learnt model."""
    tracker, told = Tracker(), []
    for time_s, poses in frames:
        tracks = tracker.update([Sight(pose, measure(pose)) for pose in poses], time_s)
        told.append((time_s, [fall_input(one, fall_probability=model.judge(one.course, time_s) if model else math.nan)
                              for one in tracks]))
    return told


def judge(told: list[tuple[float, list[Person]]], limits: Limits = LIMITS) -> list[FallEvent]:
    """Fall events of one clip."""
    detector = FallDetector(limits=limits)
    return [event for time_s, people in told for event in detector.update(people, time_s)]
