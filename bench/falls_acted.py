"""Falls and everyday deeds acted out by the hundred, judged as of a plain camera: what its limits are chosen on.

    python bench/falls_acted.py [--deeds 5000-5099] [--rendered 1000-1011] [--keep FOLDER] [--jobs 2]

All kinds of sim/repertoire.py, other seeds than the learnt model was trained on, before cameras drawn by chance and
without pictures: the pose model's errors, from rendered rehearsals, are laid over the joints. `--keep` keeps the
rehearsals. A fall counts as found when it is suspected between 2.5 s before the impact and 2 s after it.
"""
from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.labelled_clips import Frames, inputs, judge  # noqa: E402
from bench.rehearsed import SITES, numbers, seen  # noqa: E402
from bench.train_falls import GROUPS, IN_SIGHT, Errors, filmed, sites, tilt_bin  # noqa: E402
from perception import pose as p  # noqa: E402
from perception.course import LIMITS, Limits, Person  # noqa: E402
from perception.evaluation import wilson  # noqa: E402
from perception.fall import FallState  # noqa: E402
from perception.learnt import STEP_S, FallModel  # noqa: E402
from perception.pose import Pose  # noqa: E402
from sim.rehearsal import MOVE_S, act_out  # noqa: E402
from sim.repertoire import EVERYDAY, FALLS, MORE_EVERYDAY, MORE_FALLS  # noqa: E402

# Simulated people are old and slow, but for those of MORE_EVERYDAY.
FALL_PACES, OLD_PACES, QUICK_PACES = (0.8, 1.3), (0.9, 2.2), (0.7, 1.2)
BEFORE_S, WITHIN_S, HALF = 2.5, 2.0, 0.5
FADE = 0.75           # of the leap between two errors, each picture; if they leap, people at rest move too much
STILL, STILL_S = 10, (1.0, 4.0)  # whoever begins a deed has been there for a while: its first pictures to and fro
_BODY = [p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.LEFT_HIP, p.RIGHT_HIP, p.LEFT_KNEE, p.RIGHT_KNEE, p.LEFT_ANKLE,
         p.RIGHT_ANKLE]
_HEAD, _FEET = range(11), (29, 30, 31, 32)  # landmarks; nothing is made of those of hands
LIMITS_TRIED = [Limits(), *(Limits(possible=possible) for possible in (0.0, 0.2, 0.4, 0.8)),
                *(Limits(probable=probable) for probable in (0.8, 0.9)), *(Limits(fast=fast) for fast in (2.2, 2.8))]


@dataclass(frozen=True)
class Deed:
    """What the eyes make of one. told: (time s, people) of each picture; impact_s: None without a fall."""
    kind: str
    fall: bool
    impact_s: float | None
    told: list[tuple[float, list[Person]]]


def posed(pixels: np.ndarray, joints: np.ndarray) -> Pose:
    """A pose of joints (11, 2) [px] and (11, 3) [m, the camera's axes], as of sim.rehearsal.JOINTS."""
    landmarks, world = np.zeros((33, 2)), np.zeros((33, 3))
    for marks, places in ((landmarks, pixels), (world, joints - joints[5:7].mean(axis=0))):
        marks[:] = places[3:5].mean(axis=0)
        marks[_HEAD] = places[:3].mean(axis=0)
        marks[_BODY] = places[3:]
        marks[list(_FEET)] = places[[9, 10, 9, 10]]
    return Pose.of(landmarks, np.ones(33), world)


def seen_acted(seed: int, fall: bool, errors: Errors) -> Deed | None:
    """One deed before a camera; None where none sees it, or where a fall goes out of sight."""
    site, ways = sites()[seed % len(SITES)]
    acted = act_out(seed, fall, site, ways, {**FALLS, **MORE_FALLS} if fall else {**EVERYDAY, **MORE_EVERYDAY})
    rng = np.random.default_rng([seed, fall, 1])
    film = filmed(acted, rng)
    if film is None:
        return None
    pixels, torso_px, inside, joints = film
    pace = rng.uniform(*(FALL_PACES if fall else OLD_PACES if acted.kind in EVERYDAY else QUICK_PACES))
    pictures = np.arange(rng.uniform(0, 1), len(pixels) - 1, STEP_S * pace / MOVE_S).astype(int)
    still = np.resize([*range(STILL), *range(STILL, 0, -1)], round(rng.uniform(*STILL_S) / STEP_S))
    impact_s = None if acted.impact_s is None else acted.impact_s / pace + len(still) * STEP_S
    pictures = np.concatenate([still, pictures])
    if fall:
        after = [inside[picture] for number, picture in enumerate(pictures)
                 if 0 <= number * STEP_S - impact_s <= WITHIN_S]
        if np.median(after or [0.0]) < HALF:
            return None
    frames: Frames = []
    shifts = errors.along(tilt_bin(acted.joints[pictures]), rng, FADE)
    for number, (picture, error) in enumerate(zip(pictures, shifts, strict=True)):
        poses = []
        if error is not None and inside[picture] >= IN_SIGHT:
            shifted = pixels[picture].copy()
            for group, by in zip(GROUPS, error * torso_px[picture], strict=True):
                shifted[list(group)] += by
            poses.append(posed(shifted, joints[picture]))
        frames.append((number * STEP_S, poses))
    return Deed(acted.kind, fall, impact_s, inputs(frames, FallModel.load()))


def found(deed: Deed, limits: Limits) -> bool:
    """Whether a fall is suspected: in time, where there is one."""
    times_s = [event.time_s for event in judge(deed.told, limits) if event.state == FallState.SUSPECTED]
    if not deed.fall:
        return bool(times_s)
    return any(-BEFORE_S <= time_s - deed.impact_s <= WITHIN_S for time_s in times_s)


def tell(deeds: list[Deed], limits: Limits, command: str) -> None:
    """Print the figures under some limits; kinds only under those that ship."""
    kinds: dict[bool, dict[str, list[bool]]] = {True: defaultdict(list), False: defaultdict(list)}
    for deed in deeds:
        kinds[deed.fall][deed.kind].append(found(deed, limits) == deed.fall)
    changed = {name: value for name, value in vars(limits).items() if value != vars(LIMITS)[name]}
    for fall, figure in ((True, "found"), (False, "left_alone")):
        right = list(itertools.chain(*kinds[fall].values()))
        print(json.dumps({"figure": figure, "command": command, "limits": changed or "as they ship", "n": len(right),
                          **wilson(sum(right), len(right)),
                          **({} if changed else {"kinds": {kind: f"{sum(each)}/{len(each)}"
                                                           for kind, each in sorted(kinds[fall].items())}})}),
              flush=True)


def acted_deeds(seeds: range, errors: Errors, jobs: int) -> Iterator[Deed]:
    """A fall and something of everyday life of each seed, of those that a camera sees."""
    wanted = list(itertools.product(seeds, (True, False)))
    with ProcessPoolExecutor(jobs) as pool:
        deeds = pool.map(seen_acted, *zip(*wanted, strict=True), itertools.repeat(errors), chunksize=8)
        yield from filter(None, track(deeds, "deeds", total=len(wanted)))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--deeds", default="5000-5099", help="seeds of falls, and of everyday life")
    arguments.add_argument("--rendered", default="1000-1011", help="seeds of rehearsals to learn the errors from")
    arguments.add_argument("--keep", type=Path, help="folder that keeps what was rendered")
    arguments.add_argument("--jobs", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        errors = Errors(list(seen(options.keep or Path(scratch), list(itertools.product(
            numbers(options.rendered), (True, False))), options.jobs)))
    deeds = list(acted_deeds(numbers(options.deeds), errors, options.jobs))
    command = f"python bench/falls_acted.py --deeds {options.deeds} --rendered {options.rendered}"
    for limits in LIMITS_TRIED:
        tell(deeds, limits, command)


if __name__ == "__main__":
    main()
