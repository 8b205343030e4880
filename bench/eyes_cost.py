"""What one picture costs the eyes of a plain camera: the time of the clock, and of all its threads on the processor.

    OMP_NUM_THREADS=1 taskset -c 1 python bench/eyes_cost.py [CLIP ...] [--rate 15] [--longest 20]

On one core both are the same while nothing else runs there; on a busy machine the processor's time is what to read. By
default two clips of 640x480, a fall and somebody who walks, of the development data.
"""
from __future__ import annotations

import argparse
import sys
import time
from itertools import takewhile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import figure  # noqa: E402
from perception.clip import Clip  # noqa: E402
from perception.eyes import Eyes  # noqa: E402

FALLS = Path(__file__).resolve().parents[2] / "shared/data/falls/upfall"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="*", type=Path, default=[
        FALLS / "activity01_trial1_cam1.mp4", FALLS / "activity06_trial1_cam2.mp4"])
    arguments.add_argument("--rate", type=float, default=15.0, help="pictures a second that are looked at")
    arguments.add_argument("--longest", type=float, default=20.0, help="seconds of each clip")
    options = arguments.parse_args()
    clock_ms, processor_ms = [], []
    for path in options.clips:
        pictures = list(takewhile(lambda one: one[0] < options.longest, Clip(path, options.rate)))
        with Eyes() as eyes:
            for number, (time_s, picture) in enumerate(pictures):
                began = time.perf_counter(), time.process_time()
                eyes.look(picture, time_s)
                if number:  # the first one waits for the models
                    clock_ms.append((time.perf_counter() - began[0]) * 1e3)
                    processor_ms.append((time.process_time() - began[1]) * 1e3)
    command = f"OMP_NUM_THREADS=1 taskset -c 1 python bench/eyes_cost.py --rate {options.rate:g}"
    figure("eyes_clock_ms_per_picture", clock_ms, "ms", command)
    figure("eyes_processor_ms_per_picture", processor_ms, "ms", command)


if __name__ == "__main__":
    main()
