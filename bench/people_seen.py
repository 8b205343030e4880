"""How often the eyes find simulated people, by what they do: one JSON line a posture.

    python bench/people_seen.py [--views 20] [--pictures DIR]

Each view is a cold start: one picture from a random place of the robot 1.4 to 3.2 m away with a free line of sight, as
the finder of perception/pose.py sees it. Found means that a skeleton's box covers the true hips or head within 40 px.
"""
from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from perception.pose import PoseFinder  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim import motion  # noqa: E402
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


def found(poses, pixels) -> bool:
    return any(left - 40 <= x <= right + 40 and top - 40 <= y <= bottom + 40
               for left, top, right, bottom in (pose.box for pose in poses) for x, y in pixels)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--views", type=int, default=20)
    arguments.add_argument("--only", default="", help="cases whose name contains this")
    arguments.add_argument("--pictures", type=Path, help="keep every picture in this folder")
    options = arguments.parse_args()
    site = load_site(ROOT / "config" / "home.yaml")
    for number, (name, begin, settings, light) in enumerate(CASES):
        if options.only not in name:
            continue
        hits, rng = 0, np.random.default_rng(number)
        world = World(site, number, ["lin"], **settings)
        world.light = light
        for index in range(options.views):
            begin(world.people["lin"], rng)
            picture = view(world, rng)
            finder = PoseFinder()
            hit = found(finder.find(picture, 0.0, True), truth(world))
            finder.close()
            hits += hit
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(options.pictures / f"{number:02}_{index:02}_{'found' if hit else 'missed'}.png"),
                            picture[:, :, ::-1])
        world.close()
        print(json.dumps({"figure": "people_seen", "posture": name, "light": light, "found": f"{hits}/{options.views}",
                          "command": f"python bench/people_seen.py --views {options.views}"}), flush=True)


if __name__ == "__main__":
    main()
