"""Our eyes beside a simple rule and beside mediapipe's stock tracking, on the labelled clips: accuracy and cost.

    python bench/falls_compared.py [--data FOLDER] [--only urfd] [--keep FOLDER] [--jobs 2]

Two pairs of eyes: mediapipe's own tracking of one person with its defaults, and ours. Three judges: a simple rule of
speed, angle and drop; our rules; our rules with the learnt model. Each with the limits that ship and with limits chosen
on one set and tried on the other. All in one run, ten pictures a second.
"""
from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import mediapipe
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from bench.labelled_clips import DATA, Frames, SeenClip, judge, labelled, seen_clips  # noqa: E402
from perception import pose as p  # noqa: E402
from perception.fall import FallState, Limits  # noqa: E402
from perception.learnt import FallModel  # noqa: E402
from robot.measures import spread, wilson  # noqa: E402

# Of the simple rule: least speed of the shoulders [torso lengths/s], tilt [deg], drop [torso lengths], time down [s].
SIMPLE_GRID = list(itertools.product((0.8, 1.2, 1.6, 2.0, 2.5), (40, 50, 60, 70), (0.5, 0.8, 1.1, 1.4),
                                     (0.1, 0.2, 0.35)))
SIMPLE = (1.6, 50, 0.8, 0.2)
RULE_GRID = [Limits(fast=fast) for fast in (1.5, 1.9, 2.2, 2.5, 2.8, 3.2)]
LEARNT_GRID = [Limits(fast=fast, slow=slow, likely=likely) for fast in (2.5, 9.9) for slow in (1.5, 1.9, 2.3)
               for likely in (0.6, 0.7, 0.8, 0.9, 0.95)]
Judge = Callable[[Frames], float | None]  # the time of the first suspicion


class Stock:
    """Mediapipe's pose solution with its defaults: one person, followed from picture to picture."""

    def __init__(self) -> None:
        self._pose = mediapipe.solutions.pose.Pose()

    def find(self, image: np.ndarray, *_: object) -> list[p.Pose]:
        found = self._pose.process(image)
        if found.pose_landmarks is None:
            return []
        marks = np.array([(mark.x, mark.y, mark.visibility) for mark in found.pose_landmarks.landmark])
        world = np.array([(mark.x, mark.y, mark.z) for mark in found.pose_world_landmarks.landmark])
        return [p.Pose.of(marks[:, :2] * (image.shape[1], image.shape[0]), marks[:, 2], world)]

    def forget(self, image: np.ndarray) -> None:
        self._pose.reset()

    def close(self) -> None:
        self._pose.close()


def simple_rule(speed: float, tilt_deg: float, drop: float, down_s: float) -> Judge:
    """Shoulders fast downward within two seconds, then tilted or wider than high and low for a while, or out of sight.

    What a first program on skeletons does, of the first person found.
    """
    def first(frames: Frames) -> float | None:
        history: list[tuple[float, float, float]] = []  # time, height of the shoulders, length of the torso
        fast_s, down_since_s, unseen_since_s = -np.inf, None, None
        for time_s, poses in frames:
            if not poses:
                unseen_since_s = time_s if unseen_since_s is None else unseen_since_s
                if time_s - fast_s < 1.5 and time_s - unseen_since_s >= down_s:
                    return time_s
                continue
            unseen_since_s = None
            shoulders = poses[0].middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER)
            torso = shoulders - poses[0].middle(p.LEFT_HIP, p.RIGHT_HIP)
            history.append((time_s, shoulders[1], float(np.hypot(*torso))))
            recent = [one for one in history if time_s - one[0] <= 3.0]
            size = max(float(np.percentile([length for *_, length in recent], 90)), 1.0)
            then_s, then_y, _ = next((one for one in reversed(recent) if time_s - one[0] >= 0.25), recent[0])
            if time_s > then_s and (shoulders[1] - then_y) / (time_s - then_s) / size > speed:
                fast_s = time_s
            lower = (shoulders[1] - np.percentile([y for t, y, _ in recent if time_s - t <= 2.0], 10)) / size
            box = poses[0].box
            tilted = np.degrees(np.arctan2(abs(torso[0]), -torso[1])) > tilt_deg
            if (tilted or box[2] - box[0] > 1.2 * (box[3] - box[1])) and lower > drop and time_s - fast_s < 2.0:
                down_since_s = time_s if down_since_s is None else down_since_s
                if time_s - down_since_s >= down_s:
                    return time_s
            else:
                down_since_s = None
        return None
    return first


def ours(model: FallModel | None, limits: Limits | None = None) -> Judge:
    return lambda frames: next((e.time_s for e in judge(frames, model, limits) if e.state == FallState.SUSPECTED), None)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--only", default="", help="part of the clips' names")
    arguments.add_argument("--keep", type=Path, help="folder that keeps what was seen")
    arguments.add_argument("--jobs", type=int, default=1)
    options = arguments.parse_args()
    if not (options.data / "labels.csv").exists():
        sys.exit(f"no clips at {options.data}; name the folder with labels.csv by --data")
    rows, model = labelled(options.data, options.only), FallModel.load()
    for eyes, finder in (("stock mediapipe", Stock), ("ours", None)):
        keep = options.keep / eyes.split()[0] if options.keep else None
        clips = list(seen_clips(rows, options.data, keep, options.jobs, finder))
        cost = spread([cost for clip in clips for cost in clip.costs_ms])
        for name, shipped, grid in (
                ("simple rule", simple_rule(*SIMPLE), [simple_rule(*each) for each in SIMPLE_GRID]),
                ("our rules", ours(None), [ours(None, each) for each in RULE_GRID]),
                ("our rules and learnt model", ours(model), [ours(model, each) for each in LEARNT_GRID])):
            said = {"figure": "falls_on_clips", "eyes": eyes, "judge": name, "ms_per_picture": cost,
                    "command": "python bench/falls_compared.py" + (f" --only {options.only}" if options.only else ""),
                    "machine": machine()}
            print(json.dumps({**said, "limits": "as shipped", **table(judged(clips, shipped))}), flush=True)
            for trained, tried in across(clips):
                scores = [balanced(judged(trained, each)) for each in grid]
                print(json.dumps({**said, "limits": f"best of {len(grid)} on {trained[0].row['source']}",
                                  **table(judged(tried, grid[int(np.argmax(scores))]))}), flush=True)


Verdicts = list[tuple[SeenClip, float | None]]


def judged(clips: Iterable[SeenClip], judge_: Judge) -> Verdicts:
    return [(clip, judge_(clip.frames)) for clip in clips]


def across(clips: list[SeenClip]) -> list[tuple[list[SeenClip], list[SeenClip]]]:
    """Every pair of sets: one to choose limits on, another to try them on. They share no person, room or camera."""
    sets = {source: [clip for clip in clips if clip.row["source"] == source] for source in
            sorted({clip.row["source"] for clip in clips})}
    return list(itertools.permutations(sets.values(), 2))


def balanced(verdicts: Verdicts) -> float:
    """Mean of sensitivity and specificity."""
    return float(np.mean([np.mean([(at_s is not None) == (label == "fall") for clip, at_s in verdicts
                                   if clip.row["label"] == label]) for label in ("fall", "adl")]))


def table(verdicts: Verdicts) -> dict:
    falls = [(clip, at_s) for clip, at_s in verdicts if clip.row["label"] == "fall"]
    others = [(clip, at_s) for clip, at_s in verdicts if clip.row["label"] == "adl"]
    return {
        "tried_on": sorted({clip.row["source"] for clip, _ in verdicts}),
        "sensitivity": wilson(sum(at_s is not None for _, at_s in falls), len(falls)),
        "specificity": wilson(sum(at_s is None for _, at_s in others), len(others)),
        "found": f"{sum(at_s is not None for _, at_s in falls)}/{len(falls)}",
        "left_alone": f"{sum(at_s is None for _, at_s in others)}/{len(others)}",
        "delay_s": spread([at_s - float(clip.row["end_s"]) for clip, at_s in falls if at_s is not None]),
        "missed": [clip.row["clip"] for clip, at_s in falls if at_s is None],
        "false": [clip.row["clip"] for clip, at_s in others if at_s is not None]}


if __name__ == "__main__":
    main()
