"""The real chain of the eyes on rendered pictures of the home, beside the truth: what bench/eyes_table.py counts."""
from __future__ import annotations

import math
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from perception.floor import LOST_S, FloorWatch
from perception.geometry import Body, Camera, measure
from perception.pose import PoseFinder
from perception.tracks import Sight, Tracker
from robot.grid import plan_grid
from robot.resources import resource
from robot.site import load_site
from sim import motion
from sim.eyes import Glance, camera_pose, in_view
from sim.falls import Fall, SlideFrom
from sim.world import World

LIGHTS = ("night", "evening", "day")
ANOTHER_M = 1.5  # a skeleton farther from her than a body's length is of some thing
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
    site = load_site(resource("config/home.yaml"))
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
