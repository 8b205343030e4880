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
import os
import pickle
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
from bench.falls_simulated import Watcher, fall_beside_bed  # noqa: E402
from bench.figures import machine  # noqa: E402
from bench.labelled_clips import labelled, seen_clips  # noqa: E402
from bench.real_postures import FOLDED, of_subject, true_posture  # noqa: E402
from perception.fall import FallState, Person  # noqa: E402
from perception.floor import LOST_S, FloorWatch  # noqa: E402
from perception.geometry import Body, Camera, measure  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from perception.posture import Posture  # noqa: E402
from perception.tracks import DESCENT_WINDOW_S, FORGET_PLACED_S, SIGHTS_TO_BELIEVE, Sight, Tracker  # noqa: E402
from robot.grid import plan_grid  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim import motion  # noqa: E402
from sim.eyes import ERRORS, TABLE, Eyes, Glance, Seen, Table, camera_pose, distance_name, in_view, whole_or  # noqa: E402
from sim.falls import Fall, SlideFrom  # noqa: E402
from sim.world import World  # noqa: E402

# Pictures that a row is made of, at least. Pictures of one scene are alike: this is some ten scenes.
ENOUGH = 60
# Whether the body is whole in the picture decides more than all else, so that these rows are made of fewer.
FEW, WHOLENESS = 12, ("whole", "cut", "hidden")
LIGHTS = ("night", "evening", "day")
ANOTHER_M = 1.5  # a skeleton farther from her than a body's length is of some thing
SETTLED_S = 2.0  # a posture that is not named by then is counted as a confusion, not as a delay
Act = Callable[[World, np.random.Generator], Iterable[motion.Motion]]


@dataclass
class Frame:
    """One picture: the truth (None: nobody in view) and what the eyes made of it."""
    run: int
    time_s: float
    truth: Glance | None
    found: bool
    posture: str = ""  # with depth, "" where no track is believed yet
    probability: float = math.nan
    plain: str = ""  # without depth, as on plain clips
    errors: tuple[float, ...] | None = None  # as sim.eyes.ERRORS
    lost: bool = False  # somebody known has been out of sight for so long that the floor is searched
    shape_m: float = math.nan  # height of the shape on the floor that stands for who is lost
    cost_s: float = 0.0


# --- what people do before the camera ---------------------------------------------------------------------------------
def stand(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _anywhere(world, rng)
    return motion.Hold(3.0), motion.PickUp(), motion.Hold(1.0)


def walk(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _anywhere(world, rng)
    return (motion.WalkTo((_free_point(world, rng),)),)


def kneel(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _anywhere(world, rng)
    return motion.Kneel(), motion.Hold(3.0)


def fall(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _anywhere(world, rng)
    return motion.Hold(0.5), Fall(), motion.Hold(4.0)


def sit(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _person(world).place(motion.SitOn("sofa"))
    return motion.Hold(3.0), motion.TakePill()


def slide(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _person(world).place(motion.SitOn("sofa"))
    return motion.Hold(1.0), SlideFrom("sofa"), motion.Hold(4.0)


def in_bed(world: World, rng: np.random.Generator) -> Iterable[motion.Motion]:
    _person(world).place(motion.LieInBed("bed_1"))
    return motion.Hold(2.5), motion.GetUp()


ACTS: tuple[Act, ...] = (stand, walk, kneel, fall, fall, sit, slide, in_bed)


def _person(world: World):
    return next(iter(world.people.values()))


def _anywhere(world: World, rng: np.random.Generator) -> None:
    _person(world).place_at(*_free_point(world, rng), rng.uniform(-math.pi, math.pi))


def _free_point(world: World, rng: np.random.Generator) -> tuple[float, float]:
    while True:
        room = world.site.rooms[rng.integers(len(world.site.rooms))]
        low, high = np.array(room.polygon).min(axis=0), np.array(room.polygon).max(axis=0)
        point = rng.uniform(low, high)
        if world.ways.is_free(point[None], 0.35)[0]:
            return float(point[0]), float(point[1])


# --- pictures and truth -----------------------------------------------------------------------------------------------
class Looker:
    """The real chain of the eyes in a world, picture by picture."""

    def __init__(self, world: World) -> None:
        camera = world.site.robot.camera
        self._world, self._finder, self._grid = world, PoseFinder(), plan_grid(world.site)
        self._camera = Camera(camera.focal_px, camera.focal_px, camera.width / 2, camera.height / 2, camera.width,
                              camera.height)
        self.run = 0
        self.again()

    def again(self) -> None:
        """Forget everybody: another scene."""
        self._tracker, self._plain, self.run = Tracker(), Tracker(), self.run + 1
        self._floor = FloorWatch(self._grid)

    def look(self) -> Frame:
        """Take and judge one picture."""
        world, now_s = self._world, self._world.time_s
        image, depth = world.color(), (world.depth() * 1000).astype(np.uint16)
        truths = in_view(world)
        truth = truths[0] if truths else None
        eye, axes = camera_pose(world.robot_pose, world.site.robot.camera)
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = axes, eye
        began = time.process_time()  # what it takes where nobody else wants the processor
        poses = self._finder.find(image, now_s, self._tracker.missing)
        bodies = [measure(pose, self._camera, depth, matrix, "map", world.site) for pose in poses]
        known = self._tracker.update([Sight(p, b) for p, b in zip(poses, bodies, strict=True)], now_s)
        self._floor.look(depth, self._camera, matrix, now_s)
        self._floor.find_lost(known, now_s)
        cost_s = time.process_time() - began
        plain = [t for t in self._plain.update([Sight(p, measure(p)) for p in poses], now_s) if t.visible]
        frame = Frame(self.run, now_s, truth, any(_is_of(body, truth) for body in bodies), cost_s=cost_s)
        frame.lost = bool(known) and all(now_s - t.seen_s >= LOST_S for t in known)
        frame.shape_m = next((t.shape.height_m for t in known if t.shape), math.nan)
        if tracks := [t for t in known if t.visible and _is_of(t.sight.body, truth)]:
            posture, frame.probability = min(tracks, key=lambda t: _apart(t.sight.body, truth)).posture
            frame.posture = posture.name.lower()
        if plain:
            frame.plain = plain[0].posture[0].name.lower()
        if truth and bodies:
            body = min(bodies, key=lambda body: _apart(body, truth))
            if body.placed:
                off = body.position[:2] - truth.middle[:2]
                ahead = (np.array(truth.middle[:2]) - eye[:2]) / max(math.dist(truth.middle[:2], eye[:2]), 1e-6)
                frame.errors = (float(off @ ahead), float(off @ (-ahead[1], ahead[0])),
                                body.torso_height_m - truth.hips_m, body.shoulder_height_m - truth.shoulders_m,
                                body.head_height_m - truth.head[2], body.torso_angle_rad - truth.angle_rad)
        return frame

    def close(self) -> None:
        self._finder.close()


def _is_of(body: Body, truth: Glance | None) -> bool:
    """Whether it may be the true person; what is seen where nobody is in view is a mistake that counts."""
    return not truth or not body.placed or _apart(body, truth) < ANOTHER_M


def _apart(body: Body, truth: Glance | None) -> float:
    """How far a measured body is from the true one [m]; unplaced ones come last."""
    return math.dist(body.position, truth.middle) if truth and body.placed else 99.0


def rendered(views: int, kept: Path | None) -> list[Frame]:
    """Every act seen from so many places, then as many places with nobody in view; each view is a seed.

    kept: the file of what is finished, where an interrupted run goes on.
    """
    done = pickle.loads(kept.read_bytes()) if kept and kept.exists() else {}
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("spawn")) as pool:
        waiting = {pool.submit(_rendered, view): view for view in range(views) if view not in done}
        for one in as_completed(waiting):
            done[waiting[one]] = one.result()
            print(f"{len(done)} of {views} views ", end="\r", file=sys.stderr, flush=True)
            if kept:
                kept.write_bytes(pickle.dumps(done))
    print(file=sys.stderr)
    return [replace(frame, run=frame.run + 1000 * view) for view in range(views) for frame in done[view]]


def _rendered(view: int) -> list[Frame]:
    """One view."""
    frames: list[Frame] = []
    site = load_site(ROOT / "config" / "home.yaml")
    grid = plan_grid(site)
    free = np.argwhere(grid.drivable)
    world = World(site, seed=view, people=[site.residents[0].id])  # each seed dresses her otherwise
    world.light = LIGHTS[view % len(LIGHTS)]
    looker, rng = Looker(world), np.random.default_rng([view, 0x7AB])
    for act in (*ACTS, None):
        for motion_ in act(world, rng) if act else ():
            _person(world).queue(motion_)
        _stand_where(world, grid, free, rng, act is not None)
        looker.again()
        for _ in range(90 if act else 30):
            world.step(0.1)
            frames.append(looker.look())
            if act and not _person(world).busy:
                break
    looker.close()
    world.close()
    return frames


def _stand_where(world: World, grid, free: np.ndarray, rng: np.random.Generator, somebody: bool) -> None:
    """Put the robot where it has her in view (or nobody), 1 to 6 m away, she not always in the middle."""
    for _ in range(2000):
        row, column = free[rng.integers(len(free))]
        place = grid.origin + (np.array([column, row]) + 0.5) * grid.resolution_m
        to = _person(world).position[:2] - place
        if not 1.0 < math.hypot(*to) < 6.0:
            continue
        world.base.put(*place, math.atan2(to[1], to[0]) + (rng.normal(0, 0.25) if somebody else rng.uniform(1.5, 4.5)))
        if bool(in_view(world)) == somebody:
            return
    raise RuntimeError("no place of the home has her in view")


# --- the table --------------------------------------------------------------------------------------------------------
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


# --- beside real clips ------------------------------------------------------------------------------------------------
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


# --- does the table do as the pictures do? ----------------------------------------------------------------------------
class Blind(Watcher):
    """A watcher that sees by the table."""

    def __init__(self, seed: int, finder: PoseFinder, table_: Table) -> None:
        super().__init__(seed, finder=finder)
        self._eyes = Eyes(self.site, seed, table_)

    def _look(self) -> None:
        now_s = self.world.time_s
        seen = self._eyes.look(in_view(self.world), now_s, self.world.robot_pose)
        self.falls += self._detector.update([fall_input(one) for one in seen], now_s)


def fall_input(seen: Seen) -> Person:
    """As fall_node makes it of the message."""
    return Person(seen.track_id, seen.visible, Posture[seen.posture.upper()], seen.probability, "",
                  seen.position[:2] if seen.position else None, seen.hips_m, seen.head[2] if seen.head else math.nan,
                  seen.angle_rad, seen.descent_speed, seen.furniture)


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
