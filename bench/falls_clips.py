"""How well falls are told from everyday movements on the development clips, and what a frame costs.

    python bench/falls_clips.py --data ../shared/data/falls [--only urfd] [--poses FILE]

Every clip is played at about 10 pictures a second, the robot's own rate, through pose, tracks, posture and fall
detector without depth. One JSON line a figure. A clip counts as a fall when at least one fall is suspected in it.
"""
from __future__ import annotations

import argparse
import csv
import json
import math
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from perception.fall import FallDetector, FallState  # noqa: E402
from perception.geometry import measure  # noqa: E402
from perception.learnt import FallModel  # noqa: E402
from perception.people import fall_input  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from perception.tracks import Sight, Tracker  # noqa: E402

RATE_HZ = 10.0


def poses_of(path: Path) -> tuple[list, list[float]]:
    """[(time s, poses)] of one clip and the milliseconds that each picture took."""
    finder, clip, frames, costs = PoseFinder(), cv2.VideoCapture(str(path)), [], []
    rate = clip.get(cv2.CAP_PROP_FPS)
    every = max(1, round(rate / RATE_HZ))
    index, missing = 0, False
    while True:
        ok, picture = clip.read()
        if not ok:
            break
        if index % every == 0:
            began = time.perf_counter()
            poses = finder.find(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), index / rate, missing)
            costs.append((time.perf_counter() - began) * 1e3)
            missing = not poses
            frames.append((index / rate, poses))
        index += 1
    finder.close()
    return frames, costs


def labelled(folder: Path, only: str = "") -> list[dict]:
    """The rows of the clips' labels whose names hold `only`."""
    with open(folder / "labels.csv", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if only in row["clip"]]


def poses_kept(folder: Path, rows: list[dict], file: Path | None, costs: list[float] | None = None) -> Iterator[tuple]:
    """(row, frames) of each clip; frames as of `poses_of`, kept in `file`: an interrupted run goes on where it was."""
    kept = pickle.loads(file.read_bytes()) if file and file.exists() else {}
    for number, row in enumerate(rows, 1):
        if row["clip"] not in kept:
            print(f"clip {number} of {len(rows)}", end="\r", file=sys.stderr, flush=True)
            kept[row["clip"]], cost = poses_of(folder / row["clip"])
            if costs is not None:
                costs += cost
            if file:
                file.write_bytes(pickle.dumps(kept))
        yield row, kept[row["clip"]]


def judge(frames: list, model: FallModel | None = None) -> list:
    """Fall events of one clip, by the learnt model or, without one, by the rules."""
    tracker, detector, events = Tracker(), FallDetector(), []
    for time_s, poses in frames:
        tracks = tracker.update([Sight(pose, measure(pose)) for pose in poses], time_s)
        events += detector.update([
            fall_input(track, fall_probability=model.judge(track.course, time_s) if model else math.nan)
            for track in tracks], time_s)
    return events


def tell(model: str, command: str, judged: list[tuple[dict, list]]) -> None:
    """Print one line for each set and camera."""
    groups: dict[str, list] = {}
    for row, events in judged:
        first = next((e.time_s for e in events if e.state == FallState.SUSPECTED), None)
        name = row["source"] + (" " + row["clip"].split("_")[-1][:4] if "cam" in row["clip"] else "")
        groups.setdefault(name, []).append((row, first))
    for name, results in groups.items():
        falls = [(row, first) for row, first in results if row["label"] == "fall"]
        others = [(row, first) for row, first in results if row["label"] != "fall"]
        delays = [first - float(row["end_s"]) for row, first in falls if first is not None]
        hits, quiet = len(delays), sum(first is None for _, first in others)
        print(json.dumps({
            "figure": "falls_on_clips", "model": model, "command": command, "input": name,
            "sensitivity": round(hits / len(falls), 3) if falls else None, "found": f"{hits}/{len(falls)}",
            "specificity": round(quiet / len(others), 3) if others else None, "quiet": f"{quiet}/{len(others)}",
            "suspected_after_down_median_s": round(float(np.median(delays)), 2) if delays else None,
            "missed": [row["clip"] for row, first in falls if first is None],
            "false": [row["clip"] for row, first in others if first is not None]}))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data/falls")
    arguments.add_argument("--only", default="", help="part of the clips' names")
    arguments.add_argument("--poses", type=Path, help="keep the poses in this file, or judge those kept in it")
    options = arguments.parse_args()
    if not (options.data / "labels.csv").exists():
        print(json.dumps({"figure": "falls_on_clips", "missing": f"no clips at {options.data}; name them by --data"}))
        return
    costs: list[float] = []
    clips = list(poses_kept(options.data, labelled(options.data, options.only), options.poses, costs))
    command = "python bench/falls_clips.py" + (f" --only {options.only}" if options.only else "")
    for name, model in (("rule", None), ("learnt", FallModel.load())):
        tell(name, command, [(row, judge(frames, model)) for row, frames in clips])
    if costs:
        median, slow = np.percentile(costs, [50, 95])
        print(json.dumps({"figure": "pose_ms_per_frame", "command": command, "frames": len(costs),
                          "median": round(median, 1), "p95": round(slow, 1)}))


if __name__ == "__main__":
    main()
