"""What one picture costs the eyes of a plain camera: the time of the clock, and of all its threads on the processor.

    OMP_NUM_THREADS=1 taskset -c 1 python bench/eyes_cost.py [CLIP ...] [--rate 15] [--longest 20]
    OMP_NUM_THREADS=1 taskset -c 1 python bench/eyes_cost.py --beside [--cores 0.9] [--longest 6]

On one core both are the same while nothing else runs there; on a busy machine the processor's time is what to read. By
default two clips of 640x480, a fall and somebody who walks, of the development data; beside: three clips at once, of
which each gives the column with its person to one picture of 640x480. `--cores` is what looking may take
(perception/budget.py); without it everything is done.
"""
from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import takewhile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import figure, machine  # noqa: E402
from perception.budget import Budget  # noqa: E402
from perception.clip import Clip  # noqa: E402
from perception.eyes import Eyes  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402

FALLS = Path(__file__).resolve().parents[2] / "shared/data/falls/upfall"
ALONE = ("activity01_trial1_cam1.mp4", "activity06_trial1_cam2.mp4")
BESIDE = ("activity07_trial1_cam1.mp4", "activity08_trial1_cam1.mp4", "activity09_trial1_cam1.mp4")  # stand, sit, stoop
Film = list[tuple[float, np.ndarray]]  # (time s, picture) of each


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="*", type=Path)
    arguments.add_argument("--rate", type=float, default=15.0, help="pictures a second that are looked at")
    arguments.add_argument("--longest", type=float, default=20.0, help="seconds of each clip")
    arguments.add_argument("--beside", action="store_true", help="all clips in one picture")
    arguments.add_argument("--cores", type=float, help="what looking may take")
    options = arguments.parse_args()
    clips = options.clips or [FALLS / name for name in (BESIDE if options.beside else ALONE)]
    films = [list(takewhile(lambda one: one[0] < options.longest, Clip(path, options.rate))) for path in clips]
    clock_ms, processor_ms = [], []
    for film in [beside(films)] if options.beside else films:
        budget = Budget(options.cores) if options.cores else None
        found = look(film, len(films) if options.beside else 2, budget, clock_ms, processor_ms)
        if options.beside:
            print(json.dumps({
                "figure": "eyes_share", "pictures": len(film), "people_a_picture": round(float(np.mean(found)), 2),
                "cores": round(sum(processor_ms) / 1e3 / (film[-1][0] - film[0][0]), 2), "machine": machine(),
                **({"others_waited": budget.thrifty_pictures, "too_dear": budget.passed_by} if budget else {})}))
    command = (f"OMP_NUM_THREADS=1 taskset -c 1 python bench/eyes_cost.py --rate {options.rate:g} "
               f"--longest {options.longest:g}" + (" --beside" if options.beside else "")
               + (f" --cores {options.cores:g}" if options.cores else ""))
    figure("eyes_clock_ms_per_picture", clock_ms, "ms", command)
    figure("eyes_processor_ms_per_picture", processor_ms, "ms", command)


def look(film: Film, people: int, budget: Budget | None, clock_ms: list[float], processor_ms: list[float]) -> list[int]:
    """How many people were found in each picture; the costs of all but the first, which waits for the models."""
    found = []
    with Eyes(people, budget=budget) as eyes:
        for number, (time_s, picture) in enumerate(film):
            began = time.perf_counter(), time.process_time()
            eyes.look(picture, time_s)
            clock_s, processor_s = time.perf_counter() - began[0], time.process_time() - began[1]
            if budget:
                budget.pay(processor_s)
            if number:
                clock_ms.append(clock_s * 1e3)
                processor_ms.append(processor_s * 1e3)
            found.append(len(eyes.poses))
    return found


def beside(films: list[Film]) -> Film:
    """Of each film the column around its person, side by side, as long as the shortest film."""
    width = films[0][0][1].shape[1] // len(films)
    columns = []
    for film in films:
        finder = PoseFinder(1)
        boxes = [pose.box for time_s, picture in film[15:75:10] for pose in finder.find(picture, time_s)]
        finder.close()
        middle = float(np.median([(box[0] + box[2]) / 2 for box in boxes]))
        left = int(np.clip(middle - width / 2, 0, film[0][1].shape[1] - width))
        columns.append(slice(left, left + width))
    return [(time_s, np.ascontiguousarray(np.hstack([film[number][1][:, column] for film, column in
                                                      zip(films, columns, strict=True)])))
            for number, (time_s, _) in enumerate(min(films, key=len))]


if __name__ == "__main__":
    main()
