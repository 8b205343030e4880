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
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import mediapipe
import numpy as np
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from bench.labelled_clips import DATA, Frames, SeenClip, inputs, judge, labelled, seen_clips  # noqa: E402
from perception import pose as p  # noqa: E402
from perception.fall import LIMITS, FallState, Limits  # noqa: E402
from perception.learnt import FallModel  # noqa: E402
from robot.measures import spread, wilson  # noqa: E402

# Of the simple rule: least speed of the shoulders [torso lengths/s], tilt [deg], drop [torso lengths], time down [s].
SIMPLE = (1.6, 50, 0.8, 0.2)
SIMPLE_GRID = list(itertools.product((1.2, 1.6, 2.0, 2.5), (40, 60), (0.5, 0.8, 1.1), (0.1, 0.3)))
RULE_GRID = [Limits(fast=fast) for fast in (1.5, 1.9, 2.2, 2.5, 2.8, 3.2)]
LEARNT_GRID = [Limits(fast, slow, likely, probable) for fast in (2.5, 9.9) for slow in (1.5, 1.9, 2.3)
               for likely in (0.95, 0.98) for probable in (0.8, 0.85, 0.9)]


Verdicts = list[tuple[SeenClip, float | None]]  # with the time of the first suspicion


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


@dataclass(frozen=True)
class Simple:
    """What the simple rule needs of one picture; NaN where nobody is found."""
    time_s: float
    speed: float     # of the shoulders downward over a quarter of a second [torso lengths/s]
    tilt_deg: float
    wide: bool       # wider than high
    drop: float      # of the shoulders below their highest place of two seconds [torso lengths]


def simple_inputs(frames: Frames) -> list[Simple]:
    """Of the first person found in each picture."""
    recent: list[tuple[float, float, float]] = []  # time, height of the shoulders, length of the torso
    told = []
    for time_s, poses in frames:
        if not poses:
            told.append(Simple(time_s, math.nan, math.nan, False, math.nan))
            continue
        shoulders = poses[0].middle(p.LEFT_SHOULDER, p.RIGHT_SHOULDER)
        torso = shoulders - poses[0].middle(p.LEFT_HIP, p.RIGHT_HIP)
        recent = [one for one in recent if time_s - one[0] <= 3.0] + [(time_s, shoulders[1], float(np.hypot(*torso)))]
        size = max(float(np.percentile([length for *_, length in recent], 90)), 1.0)
        then_s, then_y, _ = next((one for one in reversed(recent) if time_s - one[0] >= 0.25), recent[0])
        highest = np.percentile([y for t, y, _ in recent if time_s - t <= 2.0], 10)
        left, top, right, bottom = poses[0].box
        told.append(Simple(time_s, (shoulders[1] - then_y) / max(time_s - then_s, 0.01) / size,
                           math.degrees(math.atan2(abs(torso[0]), -torso[1])), right - left > 1.2 * (bottom - top),
                           (shoulders[1] - highest) / size))
    return told


def simple_rule(told: list[Simple], limits: tuple[float, float, float, float]) -> float | None:
    """When shoulders that were fast downward within two seconds are tilted, or wide, and low for a while, or gone."""
    speed, tilt_deg, drop, down_s = limits
    fast_s, down_since_s, unseen_since_s = -math.inf, math.inf, math.inf
    for now in told:
        if math.isnan(now.drop):
            unseen_since_s = min(unseen_since_s, now.time_s)
            if now.time_s - fast_s < 1.5 and now.time_s - unseen_since_s >= down_s:
                return now.time_s
            continue
        unseen_since_s = math.inf
        fast_s = now.time_s if now.speed > speed else fast_s
        down = (now.tilt_deg > tilt_deg or now.wide) and now.drop > drop and now.time_s - fast_s < 2.0
        down_since_s = min(down_since_s, now.time_s) if down else math.inf
        if now.time_s - down_since_s >= down_s:
            return now.time_s
    return None


def ours(told: list, limits: Limits) -> float | None:
    return next((event.time_s for event in judge(told, limits) if event.state == FallState.SUSPECTED), None)


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
        for name, prepare, rule, shipped, grid in (
                ("simple rule", simple_inputs, simple_rule, SIMPLE, SIMPLE_GRID),
                ("our rules", inputs, ours, LIMITS, RULE_GRID),
                ("our rules and learnt model", partial(inputs, model=model), ours, LIMITS, LEARNT_GRID)):
            said = {"figure": "falls_on_clips", "eyes": eyes, "judge": name, "ms_per_picture": cost,
                    "command": "python bench/falls_compared.py" + (f" --only {options.only}" if options.only else ""),
                    "machine": machine()}
            told = [(clip, prepare(clip.frames)) for clip in track(clips, f"{eyes}, {name}")]

            def judged(told: list, limits: object, rule: Callable = rule) -> Verdicts:
                return [(clip, rule(each, limits)) for clip, each in told]

            print(json.dumps({**said, "limits": "as shipped", **table(judged(told, shipped))}), flush=True)
            for chosen_on, tried_on in across(told):
                scores = [balanced(judged(chosen_on, limits)) for limits in grid]
                equal = [limits for limits, score in zip(grid, scores, strict=True) if score == max(scores)]
                best = equal[len(equal) // 2]  # the least extreme
                print(json.dumps({**said, "limits": f"best of {len(grid)} on {chosen_on[0][0].row['source']}: {best}",
                                  **table(judged(tried_on, best))}), flush=True)


def across(told: list[tuple[SeenClip, list]]) -> list[tuple[list, list]]:
    """Every pair of sets: one to choose limits on, another to try them on. They share no person, room or camera."""
    sets = {source: [one for one in told if one[0].row["source"] == source] for source in
            sorted({clip.row["source"] for clip, _ in told})}
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
