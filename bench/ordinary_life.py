"""Hours of ordinary life before the robot's eyes, nobody falls: what they suspect all the same.

    python bench/ordinary_life.py [--hours 0-7] [--minutes 60] [--keep FOLDER] [--jobs 2]

Each simulated hour has a seed: home or ward, light, a resident of some age. The resident sleeps, eats, sits, walks
about, goes to the toilet, picks things up, kneels and works on the floor, as chance will have it. Before and after each
of these the robot is put somewhere in the same room, turned to where the resident is. Pictures with depth come at 10 Hz
while somebody in sight moves, every two seconds otherwise. A line is printed with each hour.
"""
from __future__ import annotations

import argparse
import json
import math
import pickle
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from bench.labelled_clips import judge  # noqa: E402
from bench.rehearsed import SITES, numbers  # noqa: E402
from perception.eyes import Eyes  # noqa: E402
from perception.fall import Person as SeenPerson  # noqa: E402
from perception.geometry import Camera  # noqa: E402
from perception.tracks import Sight  # noqa: E402
from robot.resources import resource  # noqa: E402
from robot.site import Site, load_site  # noqa: E402
from sim.eyes import camera_pose, in_view  # noqa: E402
from sim.life import activity, impossible  # noqa: E402
from sim.motion import Hold, Kneel, PickUp, Stand, WorkOnFloor  # noqa: E402
from sim.person import Person  # noqa: E402
from sim.poses import Manner  # noqa: E402
from sim.world import World  # noqa: E402

STEP_S, REST_EVERY_S, STIRS_M, HALF = 0.1, 2.0, 0.01, 0.5
# What is done next, with its weight; then for how long it lasts [min].
DEEDS = {"wander": 4, "watch_television": 3, "eat": 2, "toilet": 2, "sleep": 2, "pick_up": 3, "kneel": 1,
         "work_on_floor": 1}
REST_MIN = (0.5, 6.0)
NEAR_M, FAR_M = 1.4, 4.5  # from the person to the robot


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--hours", default="0-7", help="seeds")
    arguments.add_argument("--minutes", type=float, default=60.0, help="of each hour, from its beginning")
    arguments.add_argument("--keep", type=Path, help="folder that keeps what was seen, to go on or to judge again")
    arguments.add_argument("--jobs", type=int, default=1)
    options = arguments.parse_args()
    hours, seeds = [], numbers(options.hours)
    with ProcessPoolExecutor(options.jobs) as pool:
        lived = pool.map(partial(hour, minutes=options.minutes, keep=options.keep), seeds)
        for seed, told in zip(seeds, track(lived, "hours", total=len(seeds)), strict=True):
            hours.append(told)
            print(json.dumps({"hour": seed, **told}), flush=True)
    sums = {key: sum(told[key] for told in hours) for key in ("pictures", "minutes_in_sight", "suspected", "confirmed")}
    command = f"python bench/ordinary_life.py --hours {options.hours} --minutes {options.minutes:g}"
    print(json.dumps({"figure": "false_falls_in_ordinary_life", "hours": round(len(hours) * options.minutes / 60, 2),
                      **sums, "command": command, "machine": machine()}))


@dataclass(frozen=True)
class Pictured:
    """What the eyes made of one picture, and the truth. people: as told to the fall detector; place: of the robot."""
    time_s: float
    people: list[SeenPerson]
    sights: list[Sight]
    posture: str
    position: tuple[float, float]
    robot: tuple[float, float, float]


@dataclass(frozen=True)
class Life:
    """An hour as the eyes saw it."""
    site: str
    light: str
    done: dict[str, int]
    in_sight_s: float
    pictures: list[Pictured]


def hour(seed: int, minutes: float = 60.0, keep: Path | None = None) -> dict:
    """One hour, and what the fall detector made of it."""
    kept = keep / f"hour-{seed:03d}-{minutes:g}.pickle" if keep else None
    life = pickle.loads(kept.read_bytes()) if kept and kept.exists() else live(seed, minutes)
    if kept and not kept.exists():
        keep.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(life))
    truth = {one.time_s: one.posture for one in life.pictures}
    events = judge([(one.time_s, one.people) for one in life.pictures])
    states = Counter(event.state.name.lower() for event in events)
    return {"site": life.site, "light": life.light, "done": life.done, "pictures": len(life.pictures),
            "minutes_in_sight": round(life.in_sight_s / 60, 1), "suspected": states["suspected"],
            "confirmed": states["confirmed"],
            "falls": [f"{event.state.name.lower()} at {event.time_s:.0f} s, {truth[event.time_s]} in truth: "
                      + "; ".join(event.evidence) for event in events]}


def live(seed: int, minutes: float = 60.0) -> Life:
    """Live through an hour before the eyes."""
    rng = np.random.default_rng([seed, 7])
    site = load_site(resource(SITES[seed % len(SITES)]))
    resident = site.residents[rng.integers(len(site.residents))].id
    world = World(site, seed, [resident], {resident: Manner.of_age(int(rng.integers(65, 92)))})
    world.light = ("day", "evening", "night", "infrared")[rng.integers(4)]
    person, mount = world.people[resident], site.robot.camera
    camera = Camera(mount.focal_px, mount.focal_px, mount.width / 2, mount.height / 2, mount.width, mount.height)
    place = np.eye(4)
    done, pictures, in_sight_s = Counter(), [], 0.0
    rest_until_s, pictured_s, before, was_busy = 0.0, -math.inf, None, False
    with Eyes(camera=camera, site=site) as eyes:
        while world.time_s < 60 * minutes:
            if was_busy and not person.busy:
                _put_robot(world, person, rng)
            was_busy = person.busy
            if not person.busy and world.time_s >= rest_until_s:
                _put_robot(world, person, rng)
                done[_begin(person, resident, site, rng)] += 1
                rest_until_s = world.time_s + 60 * rng.uniform(*REST_MIN)
            world.step(STEP_S)
            joints = person.body.pose(person.stance)[1]
            stirs = before is None or np.abs(joints - before).max() > STIRS_M
            before = joints if stirs else before
            seen = next(iter(in_view(world)), None)
            in_sight_s += STEP_S * bool(seen and seen.share >= HALF)
            if not (stirs and seen) and world.time_s - pictured_s < REST_EVERY_S:
                continue
            pictured_s = world.time_s
            place[:3, 3], place[:3, :3] = camera_pose(world.robot_pose, mount)
            eyes.look(world.color(), world.time_s, (world.depth() * 1000).astype(np.uint16), place)
            pictures.append(Pictured(world.time_s, eyes.people, [one.sight for one in eyes.tracks if one.visible],
                                     person.posture, tuple(map(float, person.position[:2])),
                                     tuple(map(float, world.robot_pose))))
    world.close()
    return Life(site.site.id, world.light, dict(done), in_sight_s, pictures)


def _put_robot(world: World, person: Person, rng: np.random.Generator) -> None:
    """The robot stands somewhere in the person's room, or where it is if there is no place, and looks at the person."""
    here = person.position[:2]
    room = next((room for room in world.site.rooms if room.contains(*here)), None)
    floor = np.array([spot for spot in world.ways.reachable(room.center) if room.contains(*spot)] if room else [])
    away = np.hypot(*(floor - here).T) if len(floor) else np.array([])
    if not len(places := floor[(away >= NEAR_M) & (away <= FAR_M)] if len(floor) else floor):
        return
    x, y = places[rng.integers(len(places))]
    world.base.put(float(x), float(y), math.atan2(here[1] - y, here[0] - x) + rng.uniform(-0.3, 0.3))


def _begin(person: Person, resident: str, site: Site, rng: np.random.Generator) -> str:
    """Set the person to do something; its name."""
    names = [name for name in DEEDS if "_" in name and name != "watch_television" or name == "kneel"
             or not impossible(name, resident, site, None)]
    weights = np.array([DEEDS[name] for name in names], float)
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    own = {"pick_up": [Stand(), PickUp()], "kneel": [Stand(), Kneel(), Hold(8.0), Stand()],
           "work_on_floor": [Stand(), WorkOnFloor(), Hold(20.0), Stand()]}
    try:
        for motion in own.get(name) or activity(name, resident, site, minutes=float(rng.uniform(0.4, 2.0))):
            person.queue(motion)
    except ValueError as error:  # the way or the seat is blocked
        return f"not {name}: {error}"
    return name


if __name__ == "__main__":
    main()
