"""Rehearsals as the eyes see them: real mediapipe on rendered pictures, kept in files so that they are seen once.

See bench/rehearsals.py for what is made of them.
"""
from __future__ import annotations

import pickle
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from rich.progress import track

from perception.eyes import Eyes
from perception.fall import Person
from perception.geometry import TORSO_M, Camera
from perception.learnt import FallModel
from perception.pose import Pose
from robot.resources import resource
from robot.site import Site, load_site
from sim.rehearsal import Rehearsal
from sim.repertoire import REPERTOIRES, Kinds

SITES = ("config/home.yaml", "config/ward.yaml")


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """What the pose model saw of one picture, and the truth as of `sim.rehearsal.Frame`.

    joints_px: (11, 2) places of the true joints in the picture; torso_px: how long a torso would be across it there.
    people: as the fall detector was told of them, with depth and plan.
    """
    time_s: float
    poses: list[Pose]
    posture: str
    on_furniture: str
    seen: float
    cost_ms: float
    joints: np.ndarray
    joints_px: np.ndarray
    torso_px: float
    people: list[Person]


@dataclass(frozen=True, eq=False)
class Seen:
    """One rehearsal after the eyes."""
    seed: int
    fall: bool
    kind: str
    setting: str
    impact_s: float | None
    frames: list[SeenFrame]

    @property
    def began_s(self) -> float | None:
        """When the body began to fall."""
        return next((frame.time_s for frame in self.frames if frame.posture == "falling"), None)

    @property
    def in_sight(self) -> float:
        """Share of the body that could be seen in the two seconds after the impact, their median; 1 without one."""
        if self.impact_s is None:
            return 1.0
        return float(np.median([f.seen for f in self.frames if 0 <= f.time_s - self.impact_s <= 2.0] or [0.0]))


def look_at(seed: int, fall: bool, kinds: Kinds | None = None) -> Seen:
    """Play one rehearsal, drawn from some kinds, before the eyes."""
    rehearsal = Rehearsal(seed, fall, _sites(), kinds)
    mount = rehearsal.site.robot.camera
    camera = Camera(mount.focal_px, mount.focal_px, mount.width / 2, mount.height / 2, mount.width, mount.height)
    frames: list[SeenFrame] = []
    with Eyes(camera=camera, site=rehearsal.site, model=FallModel.load()) as eyes:
        for frame in rehearsal:
            began = time.perf_counter()
            eyes.look(frame.image, frame.time_s, frame.depth_mm, frame.camera_to_map)
            cost_ms = (time.perf_counter() - began) * 1e3
            before = (frame.joints - frame.camera_to_map[:3, 3]) @ frame.camera_to_map[:3, :3]
            frames.append(SeenFrame(
                frame.time_s, eyes.poses, frame.posture, frame.on_furniture, frame.seen, cost_ms, frame.joints,
                before[:, :2] / before[:, 2:] * camera.fx + (camera.cx, camera.cy),
                TORSO_M * camera.fx / float(np.median(before[:, 2])), eyes.people))
    return Seen(seed, fall, rehearsal.kind, rehearsal.setting, rehearsal.impact_s, frames)


def seen(folder: Path, wanted: Iterable[tuple[int, bool]], jobs: int = 1, of: str = "usual") -> Iterator[Seen]:
    """The rehearsals (seed, fall) wanted, from the folder's files; what is not there is played and kept.

    `of`: which of REPERTOIRES they are drawn from (sim/repertoire.py).
    """
    missing = [(seed, fall, of) for seed, fall in wanted if not _file(folder, seed, fall, of).exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if jobs == 1:
        for one in track(missing, "rehearsals", disable=not missing):
            _keep(folder, *one)
    elif missing:
        with ProcessPoolExecutor(jobs) as pool:
            playing = [pool.submit(_keep, folder, *one) for one in missing]
            for future in track(as_completed(playing), "rehearsals", total=len(playing)):
                future.result()
    for seed, fall in wanted:
        yield pickle.loads(_file(folder, seed, fall, of).read_bytes())


def _keep(folder: Path, seed: int, fall: bool, of: str) -> None:
    file = _file(folder, seed, fall, of)
    part = file.with_suffix(".part")
    part.write_bytes(pickle.dumps(look_at(seed, fall, REPERTOIRES[of][not fall])))
    part.rename(file)


def _file(folder: Path, seed: int, fall: bool, of: str) -> Path:
    return folder / f"{'' if of == 'usual' else f'{of}-'}{'fall' if fall else 'everyday'}-{seed:05d}.pickle"


@cache
def _sites() -> tuple[Site, ...]:
    return tuple(load_site(resource(name)) for name in SITES)


def numbers(text: str) -> range:
    """"3-7" as 3 to 7, "5" as 5 alone, "" as none. Raises ValueError."""
    if not text:
        return range(0)
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
