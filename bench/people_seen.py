"""How often the eyes find simulated people, by what they do, and how often real ones: one JSON line a posture.

    python bench/people_seen.py [--views 20] [--only lying] [--pictures DIR]
    python bench/people_seen.py --views 0 --beside 90 [--clips ../shared/data/falls]      beside the real clips only

Each view is a cold start: one picture from a random place of the robot 1.4 to 3.2 m away with a free line of sight, as
the finder of perception/pose.py sees it. Found means that a skeleton's box covers the true hips or head within 40 px.
Beside the real clips (upright, sitting, lying: what they have labels for) rendered people are seen by daylight from 1.5
to 4.5 m, nearly all of the body in sight as in most clips, and the posture is named from that one picture without
depth; in the clips any skeleton but an onlooker's is the person.
"""
from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from bench.labelled_clips import labelled  # noqa: E402
from bench.real_postures import FOLDED, of_subject, true_posture  # noqa: E402
from perception.evaluation import wilson  # noqa: E402
from perception.geometry import measure  # noqa: E402
from perception.pose import Pose, PoseFinder  # noqa: E402
from perception.posture import classify, likeliest  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim import motion  # noqa: E402
from sim.eyes import in_view  # noqa: E402
from sim.falls import FALL_KINDS, Fall  # noqa: E402
from sim.poses import Manner  # noqa: E402
from sim.world import World  # noqa: E402

HERE = (2.6, 1.4)  # free floor in the bedroom of config/home.yaml


def stand(person, rng):
    person.place_at(*HERE, rng.uniform(-math.pi, math.pi))


def fallen(kind):
    def lie(person, rng):
        stand(person, rng)
        person.place(Fall(kind))
    return lie


def in_bed(person, rng):
    person.place(motion.LieInBed("bed_1"))


def rolled_out(person, rng):
    in_bed(person, rng)
    person.place(Fall("roll_out_of_bed"))


def kneeling(person, rng):
    stand(person, rng)
    person.place(motion.Kneel())


# what, how it comes about, settings of the world, light
CASES = [("standing", stand, {}, "night"), ("standing", stand, {}, "infrared"), ("kneeling", kneeling, {}, "night"),
         ("standing, walking frame, 86 years", stand, {"manners": {"lin": Manner(0.6, 14, frame=True)}}, "night"),
         ("sitting in a wheelchair", stand, {"manners": {"lin": Manner(wheelchair=True)}}, "night"),
         ("in bed", in_bed, {}, "night"), ("in bed under a blanket", in_bed, {"blankets": ["lin"]}, "night"),
         *((f"lying after {kind}", fallen(kind), {}, "night") for kind in FALL_KINDS),
         ("lying after roll_out_of_bed", rolled_out, {}, "night"),
         ("lying after sideways", fallen("sideways"), {}, "infrared")]


def view(world: World, rng: np.random.Generator) -> np.ndarray:
    """A picture from some free place of the room, looking at the person."""
    person = world.people["lin"]
    spots = world.ways.reachable((3.3, 0.75))
    away = np.linalg.norm(spots - person.position[:2], axis=1)
    room = world.site.room_at(*HERE)
    spots = [spot for spot in spots[(away > 1.4) & (away < 3.2)] if room.contains(*spot)]
    spot = spots[rng.integers(len(spots))]
    to = person.position[:2] - spot
    world.base.put(*spot, math.atan2(to[1], to[0]) + rng.uniform(-0.2, 0.2))
    world.step(0.02)
    return world.color()


def truth(world: World) -> list[tuple[float, float]]:
    """Pixels of hips and head."""
    camera, person = world.site.robot.camera, world.people["lin"]
    at, frame = world.data.cam("robot/camera").xpos, world.data.cam("robot/camera").xmat.reshape(3, 3)
    pixels = []
    for place in (person.position, person.head_position):
        x, y, z = frame.T @ (place - at)
        pixels.append((camera.width / 2 + camera.focal_px * x / -z, camera.height / 2 - camera.focal_px * y / -z))
    return pixels


class ColdEyes:
    """The finder, looking at each picture as if it were the first."""

    def __init__(self) -> None:
        self._finder, self._time_s = PoseFinder(), 0.0

    def look(self, picture: np.ndarray) -> list[Pose]:
        for image in (grey := np.full_like(picture, 128), grey, picture):  # both sideways looks forget whom they had
            self._time_s += 1.0
            poses = self._finder.find(image, self._time_s)
        return poses

    def close(self) -> None:
        self._finder.close()


def covering(poses: list[Pose], pixels: list[tuple[float, float]]) -> list[Pose]:
    """Those whose box covers one of the pixels."""
    return [pose for pose in poses for left, top, right, bottom in [pose.box]
            if any(left - 40 <= x <= right + 40 and top - 40 <= y <= bottom + 40 for x, y in pixels)]


def cases(site, views: int, only: str, eyes: ColdEyes, kept: Path | None) -> None:
    """One line for each of CASES whose name contains `only`."""
    for number, (name, begin, settings, light) in enumerate(CASES):
        if only not in name:
            continue
        hits, rng = 0, np.random.default_rng(number)
        world = World(site, number, ["lin"], **settings)
        world.light = light
        for index in range(views):
            begin(world.people["lin"], rng)
            picture = view(world, rng)
            hit = bool(covering(eyes.look(picture), truth(world)))
            hits += hit
            _keep(kept, f"{number:02}_{index:02}_{'found' if hit else 'missed'}", picture)
        world.close()
        print(json.dumps({"figure": "people_seen", "posture": name, "light": light, "found": f"{hits}/{views}",
                          "command": f"python bench/people_seen.py --views {views}"}), flush=True)


# --- beside real clips ------------------------------------------------------------------------------------------------
def stand_anywhere(world, rng, number):
    spots = world.ways.reachable((3.3, 0.75))
    world.people["lin"].place_at(*spots[rng.integers(len(spots))], rng.uniform(-math.pi, math.pi))


def sit(world, rng, number):
    world.people["lin"].place(motion.SitOn("sofa"))


def lie(world, rng, number):
    stand_anywhere(world, rng, number)
    world.people["lin"].place(Fall(FALL_KINDS[number % len(FALL_KINDS)]))


BESIDE = {"upright": stand_anywhere, "sitting": sit, "lying": lie}
WHOLE = 0.9  # of her twelve landmarks one may be hidden
VIEWS_A_WORLD = 10  # as many pictures of one figure in the same clothes


def rendered(site, pictures: int) -> Iterator[tuple[str, str, np.ndarray, list[tuple[float, float]]]]:
    """(posture, which side is turned to the camera, picture, true pixels), so many a posture."""
    for seed in range(-(-pictures // VIEWS_A_WORLD)):
        world, rng = World(site, seed, ["lin"]), np.random.default_rng([seed, 0xBE51])
        for posture, begin in BESIDE.items():
            for number in range(seed * VIEWS_A_WORLD, min((seed + 1) * VIEWS_A_WORLD, pictures)):
                begin(world, rng, number)
                while not (side := look_at(world, rng)):  # hidden from everywhere
                    begin(world, rng, number)
                world.step(0.02)
                yield posture, side, world.color(), truth(world)
        world.close()


def look_at(world: World, rng: np.random.Generator) -> str:
    """Put the robot where it has her in view, and say which side is turned to it; "" if there is no such place."""
    spots = world.ways.reachable((3.3, 0.75))
    for _ in range(500):
        spot = spots[rng.integers(len(spots))]
        to = world.people["lin"].position[:2] - spot
        if 1.5 < math.hypot(*to) < 4.5:
            world.base.put(*spot, math.atan2(to[1], to[0]) + rng.uniform(-0.2, 0.2))
            if (glances := in_view(world)) and glances[0].share >= WHOLE:
                return glances[0].view
    return ""


def real(folder: Path) -> Iterator[tuple[str, str, np.ndarray, dict]]:
    """(posture, set, picture, row of the labels): a picture for each 4 s of a known posture, and two at least."""
    for row in labelled(folder):
        clip = cv2.VideoCapture(str(folder / row["clip"]))
        rate, count = clip.get(cv2.CAP_PROP_FPS), int(clip.get(cv2.CAP_PROP_FRAME_COUNT))
        known = defaultdict(list)
        for index in range(count):
            if posture := true_posture(row, index / rate, count / rate):
                known[posture].append(index)
        for posture, indices in known.items():
            wanted = min(max(2, round(len(indices) / rate / 4)), len(indices))
            for index in np.array(indices)[np.linspace(0, len(indices) - 1, wanted).astype(int)]:
                clip.set(cv2.CAP_PROP_POS_FRAMES, index)
                ok, picture = clip.read()
                if ok:
                    name = row["source"] + (" " + row["clip"].split("_")[-1][:4] if "cam" in row["clip"] else "")
                    yield posture, name, np.ascontiguousarray(picture[:, :, ::-1]), row
        clip.release()


def beside(site, pictures: int, folder: Path, eyes: ColdEyes, kept: Path | None) -> None:
    """One line a posture: rendered people, real ones, and the gap."""
    sides = {"rendered": defaultdict(Counter), "real": defaultdict(Counter)}

    def note(side: str, posture: str, how: str, poses: list[Pose], picture: np.ndarray) -> None:
        counts = sides[side][posture]
        largest = max(poses, key=lambda p: (p.box[2] - p.box[0]) * (p.box[3] - p.box[1]), default=None)
        said = largest and likeliest(classify(measure(largest)))[0].name.lower()
        counts["pictures"] += 1
        counts["found"] += largest is not None
        counts[how, "pictures"] += 1
        counts[how, "found"] += largest is not None
        if said:
            counts["as", FOLDED.get(said, said)] += 1
        _keep(kept, f"{side}_{posture}_{said or 'missed'}_{how}_{counts['pictures']:03}", picture)
        print(f"{side} {posture} {counts['pictures']} ", end="\r", file=sys.stderr, flush=True)

    for posture, how, picture, pixels in rendered(site, pictures):
        note("rendered", posture, how, covering(eyes.look(picture), pixels), picture)
    if (folder / "labels.csv").exists():
        for posture, how, picture, row in real(folder):
            note("real", posture, how, of_subject(row, eyes.look(picture), *picture.shape[1::-1]), picture)
    else:
        print(f"skipped: the real side of people_seen_beside_real, there is no {folder / 'labels.csv'}",
              file=sys.stderr)
    print(file=sys.stderr)
    for posture in BESIDE:
        line = {"figure": "people_seen_beside_real", "posture": posture,
                "command": f"python bench/people_seen.py --views 0 --beside {pictures}"}
        line |= {side: _summed(counts[posture], posture) for side, counts in sides.items() if counts[posture]}
        if "real" in line:
            line["gap_points"] = {what: round(100 * (line["rendered"][what]["value"] - line["real"][what]["value"]), 1)
                                  for what in ("found", "named")}
        print(json.dumps(line), flush=True)


def _summed(counts: Counter, posture: str) -> dict:
    """Shares with their 95 % intervals; named: of those found."""
    ways = sorted({key[0] for key in counts if key[1:] == ("pictures",)})
    return {"pictures": counts["pictures"], "found": wilson(counts["found"], counts["pictures"]),
            "found_by_view": {how: f"{counts[how, 'found']}/{counts[how, 'pictures']}" for how in ways},
            "named": wilson(counts["as", posture], counts["found"]),
            "taken_for": {key[1]: n for key, n in sorted(counts.items(), key=str) if key[0] == "as"}}


def _keep(folder: Path | None, name: str, picture: np.ndarray) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{name}.png"), picture[:, :, ::-1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--views", type=int, default=20, help="of each case; 0: none")
    arguments.add_argument("--only", default="", help="cases whose name contains this")
    arguments.add_argument("--beside", type=int, default=60, help="rendered pictures a posture beside real; 0: none")
    arguments.add_argument("--clips", type=Path, default=ROOT.parent / "shared/data/falls", help="folder of real clips")
    arguments.add_argument("--pictures", type=Path, help="keep every picture in this folder")
    options = arguments.parse_args()
    site, eyes = load_site(ROOT / "config" / "home.yaml"), ColdEyes()
    if options.views:
        cases(site, options.views, options.only, eyes, options.pictures)
    if options.beside:
        beside(site, options.beside, options.clips, eyes, options.pictures)
    eyes.close()


if __name__ == "__main__":
    main()
