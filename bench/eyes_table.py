"""How well the eyes see, posture by posture, on this world's pictures: makes sim/eyes_table.json, and shows the gap to
real clips and whether falls are found as often and as soon with the table as with the pictures it was made from.

    python bench/eyes_table.py [--views 8] [--keep FILE] [--write] [--clips ../shared/data/falls] [--falls 12]
    python bench/eyes_table.py --views 0 --falls 18      compare falls by the table as it is

One JSON line a figure. Runs the real chain of the eyes (pose, tracks, posture, shapes on the floor) at 10 Hz on
rendered colour and depth from random places of the simulated home, in three lights, and compares each picture with the
truth. `--write` replaces the table that worlds without pictures use; do it when the eyes improve. About a minute
a view and core; with `--keep` an interrupted run goes on where it was.
"""
from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
from bench.eyes_rendered import Frame, rendered  # noqa: E402
from bench.falls_simulated import Watcher, fall_beside_bed  # noqa: E402
from bench.figures import machine  # noqa: E402
from bench.labelled_clips import labelled, seen_clips  # noqa: E402
from bench.real_postures import FOLDED, of_subject, true_posture  # noqa: E402
from perception.fall import FallDetector, FallState, Person  # noqa: E402
from perception.floor import LOST_S  # noqa: E402
from perception.geometry import measure  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from perception.posture import Posture  # noqa: E402
from perception.tracks import DESCENT_WINDOW_S, FORGET_PLACED_S, SIGHTS_TO_BELIEVE, Sight, Tracker  # noqa: E402
from sim.eyes import ERRORS, TABLE, Eyes, Seen, Table, distance_name, in_view, whole_or  # noqa: E402

# Pictures that a row is made of, at least. Pictures of one scene are alike: this is some ten scenes.
ENOUGH = 60
# Whether the body is whole in the picture decides more than all else, so that these rows are made of fewer.
FEW, WHOLENESS = 12, ("whole", "cut", "hidden")
SETTLED_S = 2.0  # a posture that is not named by then is counted as a confusion, not as a delay


def table(frames: list[Frame], command: str) -> dict:
    """Everything that sim.eyes.Table reads."""
    pairs = defaultdict(list)  # row key -> (frame before or None, frame)
    before: dict[int, Frame] = {}
    for frame in frames:
        previous = before.get(frame.run)
        before[frame.run] = frame
        if frame.truth is None:
            continue
        t = frame.truth
        near = distance_name(t.distance_m)
        whole = whole_or(t.view)
        for key in {(t.posture, near, t.view), (t.posture, None, t.view), (t.posture, near, whole),
                    (t.posture, None, whole), (t.posture, None, None), ("any", None, None)}:
            pairs[key].append((previous if previous and previous.truth else None, frame))
    rows = [_row(key, seen) for key, seen in sorted(pairs.items(), key=str)
            if len(seen) >= (FEW if key[1] is None and key[2] in WHOLENESS else ENOUGH) or key[1:] == (None, None)]
    costs = [frame.cost_s for frame in frames]
    postures = sorted({f.truth.posture for f in frames if f.truth})
    errors = {name: spread for name in postures
              if (spread := _errors([f for f in frames if f.truth and f.truth.posture == name]))}
    errors["any"] = _errors([f for f in frames if f.truth])
    alone = [f for f in frames if f.truth is None]
    return {"about": "Error rates of the robot's eyes on this world's pictures; read by sim/eyes.py",
            "command": command, "machine": machine(), "pictures": len(frames),
            "settings": {"forget_s": FORGET_PLACED_S, "sights_to_believe": SIGHTS_TO_BELIEVE,
                         "descent_window_s": DESCENT_WINDOW_S, "lost_s": LOST_S,
                         "delay_s": [round(float(q), 4) for q in np.percentile(costs, range(5, 100, 10))]},
            "nobody_in_view": {"pictures": len(alone), "somebody_believed": sum(bool(f.posture) for f in alone)},
            "settle_s": _settle(frames), "shape": _shape(frames), "errors": errors, "rows": rows}


def _row(key: tuple, pairs: list[tuple[Frame | None, Frame]]) -> dict:
    frames = [frame for _, frame in pairs]
    found = float(np.mean([frame.found for frame in frames]))

    def rate(after: bool) -> float:
        followed = [frame.found for previous, frame in pairs if previous and previous.found == after]
        # Few such pictures: mixed with the plain rate as if it had been seen ten times.
        return (sum(followed) + 10 * found) / (len(followed) + 10)

    named = [frame for frame in frames if frame.found and frame.posture]
    seen = Counter(frame.posture for frame in named) or Counter({"unknown": 1})
    shares = {name: count / seen.total() for name, count in seen.items()}
    chance = sum(share ** 2 for share in shares.values())
    repeated = [frame.posture == previous.posture for previous, frame in pairs
                if previous and previous.posture and frame.posture and previous.truth.posture == frame.truth.posture]
    same = (np.mean(repeated) - chance) / (1 - chance) if repeated and chance < 0.999 else 0.0
    plain = Counter(FOLDED.get(frame.plain, "other") for frame in frames if frame.found and frame.plain)
    row = {"posture": key[0], "pictures": len(frames), "found": found, "kept": rate(True), "found_again": rate(False),
           "placed": float(np.mean([f.errors is not None for f in frames if f.found])) if found else 1.0,
           "same_posture": max(float(same), 0.0),
           "probability": float(np.mean([f.probability for f in named])) if named else 0.5,
           "seen": {name: share for name, share in sorted(shares.items())}}
    if key[1:] == (None, None):
        row["seen_without_depth"] = {name: n / plain.total() for name, n in sorted(plain.items())}
    return {**{name: value for name, value in (("distance", key[1]), ("view", key[2])) if value}, **_rounded(row)}


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def _errors(frames: list[Frame]) -> dict | None:
    """Bias and spread of each error (the outermost 2.5 % on either side count as the limit), and how long it lasts."""
    measured = [frame for frame in frames if frame.errors and np.isfinite(frame.errors).all()]
    if len(measured) < ENOUGH // 2:
        return None
    values = np.array([frame.errors for frame in measured])
    values = np.clip(values, *np.percentile(values, [2.5, 97.5], axis=0))
    pairs = [(a, b) for a, b in zip(range(len(measured)), range(1, len(measured)), strict=False)
             if measured[a].run == measured[b].run and measured[b].time_s - measured[a].time_s < 0.15]
    centred = values - values.mean(axis=0)
    lasting = [float((centred[[a for a, _ in pairs], i] * centred[[b for _, b in pairs], i]).mean()
                     / max(centred[:, i].var(), 1e-9)) for i in range(len(ERRORS))] if pairs else [0.0]
    return {**{name: [round(float(values[:, i].mean()), 3), round(float(values[:, i].std()), 3)]
               for i, name in enumerate(ERRORS)}, "correlation": round(float(np.clip(np.mean(lasting), 0, 0.99)), 3)}


def _settle(frames: list[Frame]) -> dict[str, float]:
    """Mean time from a true change of posture until the eyes name what they mostly name that posture [s]."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for frame in frames:
        if frame.truth and frame.posture:
            counts[frame.truth.posture][frame.posture] += 1
    usual = {posture: seen.most_common(1)[0][0] for posture, seen in counts.items()}
    delays = defaultdict(list)
    for stretch in _stretches(frames, lambda frame: frame.truth and frame.truth.posture):
        before, first = stretch[0], stretch[1]
        posture = first.truth.posture
        if before.truth and before.posture and posture in usual:
            late_s = (f.time_s - first.time_s for f in stretch[1:] if f.posture == usual[posture])
            if (settled_s := next(late_s, math.inf)) <= SETTLED_S:
                delays[posture].append(settled_s)
    return {name: round(float(np.mean(values)), 3) for name, values in sorted(delays.items())}


def _shape(frames: list[Frame]) -> dict[str, dict]:
    """By posture on the floor: of how many who were lost from sight a shape was seen, how late, and how high it was."""
    found: dict[str, list[tuple[float, list[float]]]] = defaultdict(list)
    for stretch in _stretches(frames, lambda frame: frame.lost and frame.truth and frame.truth.posture):
        first = stretch[1]
        if first.truth.posture not in ("lying_on_floor", "sitting_on_floor", "falling", "landing"):
            continue
        late_s = next((f.time_s - first.time_s for f in stretch[1:] if math.isfinite(f.shape_m)), math.inf)
        # A loss that ended before a shape could appear says nothing.
        if math.isfinite(late_s) or stretch[-1].time_s - first.time_s >= 1.0:
            found[first.truth.posture].append((late_s, [f.shape_m for f in stretch[1:] if math.isfinite(f.shape_m)]))
    return {posture: _rounded({
        "lost": len(all_), "share": len(late) / len(all_), "late_s": float(np.mean(late)) if late else 0.0,
        "height_m": float(np.mean(heights)) if (heights := [h for _, some in all_ for h in some]) else 0.0})
        for posture, all_ in sorted(found.items()) for late in [[late_s for late_s, _ in all_ if late_s < math.inf]]}


def _stretches(frames: list[Frame], what: Callable[[Frame], object]) -> Iterator[list[Frame]]:
    """The frames of one scene through which `what` stays the same (and true), each with the frame before it."""
    stretch: list[Frame] = []
    for before, frame in zip(frames, frames[1:], strict=False):
        same_run = before.run == frame.run
        if stretch and not (same_run and what(frame) == what(before)):
            yield stretch
            stretch = []
        if what(frame) and same_run:
            stretch = [*stretch, frame] if stretch else [before, frame]
    if stretch:
        yield stretch


def clips(folder: Path, only: re.Pattern, kept: Path | None) -> dict[str, Counter]:
    """Folded posture -> what the eyes made of each picture of real clips in which it is known: found or not, named."""
    result: dict[str, Counter] = defaultdict(Counter)
    rows = [row for row in labelled(folder) if only.search(row["clip"])
            and (row["label"] == "fall" or true_posture(row, 1.0, 1.0))]
    for clip in seen_clips(rows, folder, kept):
        row, frames, size = clip.row, clip.frames, (clip.width, clip.height)
        tracker, duration_s = Tracker(), frames[-1][0] if frames else 0.0
        for time_s, poses in frames:
            poses = of_subject(row, poses, *size)
            tracks = [t for t in tracker.update([Sight(p, measure(p)) for p in poses], time_s) if t.visible]
            if truth := true_posture(row, time_s, duration_s):
                result[truth]["pictures"] += 1
                result[truth]["found"] += bool(poses)
                if poses and tracks:
                    result[truth][FOLDED.get(tracks[0].posture[0].name.lower(), "other")] += 1
    return result


def compare(made: dict, real: dict[str, Counter], command: str) -> None:
    """Print, per posture, found and rightly named in rendered and in real pictures without depth."""
    for folded in ("upright", "sitting", "lying"):
        rows = [r for r in made["rows"] if FOLDED.get(r["posture"]) == folded and not {"distance", "view"} & set(r)]
        pictures = sum(r["pictures"] for r in rows)
        mean = {"found": sum(r["found"] * r["pictures"] for r in rows) / max(pictures, 1),
                "named": sum(r["seen_without_depth"].get(folded, 0.0) * r["pictures"] for r in rows) / max(pictures, 1)}
        line = {"figure": "eyes_by_posture", "posture": folded, "command": command,
                "rendered": {"pictures": pictures, **_rounded(mean)}}
        if counts := real.get(folded):
            named = sum(counts[name] for name in {*FOLDED.values(), "other"})
            line["real"] = _rounded({"pictures": counts["pictures"], "found": counts["found"] / counts["pictures"],
                                     "named": counts[folded] / max(named, 1)})
            line["gap_points"] = {key: round(100 * (line["rendered"][key] - line["real"][key]), 1)
                                  for key in ("found", "named")}
        print(json.dumps(line), flush=True)


class Blind(Watcher):
    """A watcher that sees by the table."""

    def __init__(self, seed: int, finder: PoseFinder, table_: Table) -> None:
        super().__init__(seed, finder=finder)
        self._eyes, self._detector = Eyes(self.site, seed, table_), FallDetector()

    def _look(self) -> None:
        now_s = self.world.time_s
        seen = self._eyes.look(in_view(self.world), now_s, self.world.robot_pose)
        self.falls += self._detector.update([fall_input(one) for one in seen], now_s)


def fall_input(seen: Seen) -> Person:
    """As fall_node makes it of the message."""
    return Person(seen.track_id, seen.visible, Posture[seen.posture.upper()], seen.probability,
                  position=seen.position[:2] if seen.position else None, torso_height_m=seen.hips_m,
                  head_height_m=seen.head[2] if seen.head else math.nan, torso_angle_rad=seen.angle_rad,
                  descent_speed=seen.descent_speed, furniture=seen.furniture)


def compare_falls(seeds: int, made: Table, command: str) -> None:
    """The same falls beside the bed, with pictures and with the table."""
    finder = PoseFinder()
    for name, watcher in (("pictures", lambda seed: Watcher(seed, finder=finder)),
                          ("table", lambda seed: Blind(seed, finder, made))):
        delays, recovered = [], 0
        for seed in range(seeds):
            one = watcher(seed)
            delays.append(fall_beside_bed(one, seed))
            recovered += any(fall.state == FallState.RECOVERED for fall in one.falls)
            one.world.close()
        found = [delay for delay in delays if delay <= 2.0]
        print(json.dumps({"figure": "impact_to_suspected_s", "eyes": name, "command": command,
                          "input": "simulated falls beside the bed", "found": f"{len(found)}/{seeds}",
                          "median": round(float(np.median(found)), 2) if found else None,
                          "p95": round(float(np.percentile(found, 95)), 2) if found else None,
                          "missed_seeds": [seed for seed, delay in enumerate(delays) if not delay <= 2.0],
                          "wrongly_recovered": recovered}), flush=True)
    finder.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=3, help="places of each act; 0: the table as it is")
    parser.add_argument("--keep", type=Path, help="keep finished views in this file, and go on from those in it")
    parser.add_argument("--write", action="store_true", help=f"replace {TABLE.relative_to(ROOT)}")
    parser.add_argument("--clips", type=Path, default=ROOT.parent / "shared/data/falls", help="folder of real clips")
    parser.add_argument("--only", type=re.compile, default="fall-|activity0[1-5]_trial1|trial1_cam1", metavar="PATTERN",
                        help="the real clips to look at (%(default)s)")
    parser.add_argument("--poses", type=Path, help="folder that keeps what was seen of the clips")
    parser.add_argument("--falls", type=int, default=6, help="falls to compare; 0: none")
    options = parser.parse_args()
    command = f"python bench/eyes_table.py --views {options.views}"
    made = table(rendered(options.views, options.keep), command) if options.views else Table().data
    if options.write:
        TABLE.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    for row in made["rows"]:
        if not {"distance", "view"} & set(row):
            print(json.dumps({"figure": "eyes_on_rendered", "command": command, **row}), flush=True)
    if (options.clips / "labels.csv").exists():
        compare(made, clips(options.clips, options.only, options.poses), f"{command} --only '{options.only.pattern}'")
    else:
        print(f"skipped: the comparison with real clips, there is no {options.clips / 'labels.csv'}", file=sys.stderr)
        compare(made, {}, command)
    if options.falls:
        compare_falls(options.falls, Table(made), command)


if __name__ == "__main__":
    main()
