"""How soon a fall beside the bed is suspected at the night's patrol stop, and whether everyday movement is left alone.

    python bench/falls_simulated.py [--seeds 20] [--pictures DIR]

Rendered pixels and depth of the simulated home at 10 Hz through the whole chain of the eyes, without middleware. One
JSON line a figure. A fall is found when it is suspected within 2 s of the impact.
"""
from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from perception.eyes import Eyes  # noqa: E402
from perception.fall import FallEvent, FallState  # noqa: E402
from perception.geometry import Camera  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from perception.posture import Posture  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim import motion  # noqa: E402
from sim.eyes import camera_pose  # noqa: E402
from sim.falls import Fall, SlideFrom  # noqa: E402
from sim.world import World  # noqa: E402

BEDROOM, LIVING_ROOM = (3.3, 0.75, 135.0), (5.3, 1.1, 45.0)  # the stops of the night round in config/home.yaml


class Watcher:
    """The eyes at one place of the simulated home. `falls`: what they judged; `seen`: true and seen posture a frame."""

    def __init__(self, seed: int, stop: tuple[float, float, float] = BEDROOM, finder: PoseFinder | None = None) -> None:
        site = load_site(ROOT / "config" / "home.yaml")
        room = site.room_at(*stop[:2]).id
        dock = site.robot.docks[0].model_copy(update={"pose": stop, "room": room})  # the robot starts at its dock
        self.site = site.model_copy(update={"robot": site.robot.model_copy(update={"docks": [dock]})})
        self.world = World(self.site, seed)
        self.world.light = "night"
        self.person = self.world.people["lin"]
        camera = self.site.robot.camera
        seen_by = Camera(camera.focal_px, camera.focal_px, camera.width / 2, camera.height / 2, camera.width,
                         camera.height)
        self._eyes = Eyes(camera=seen_by, site=site, finder=finder)
        self.falls: list[FallEvent] = []
        self.events: list[tuple[float, str, str, str]] = []
        self.seen: list[tuple[str, Posture | None]] = []
        self.costs_ms: list[float] = []
        self.picture: np.ndarray | None = None

    def run(self, duration_s: float = math.inf) -> None:
        """Let the world go on for a while, or until the person has done everything asked."""
        end_s = self.world.time_s + min(duration_s, 60.0)
        while self.world.time_s < end_s and (math.isfinite(duration_s) or self.person.busy):
            self.world.step(0.1)
            self.events += self.world.drain_events()
            self._look()

    def _look(self) -> None:
        image, depth = self.world.color(), (self.world.depth() * 1000).astype(np.uint16)
        began = time.perf_counter()
        self.falls += self._eyes.look(image, self.world.time_s, depth, self._camera_to_map())
        self.costs_ms.append((time.perf_counter() - began) * 1e3)
        visible = [track for track in self._eyes.tracks if track.visible]
        self.seen.append((self.person.posture, visible[0].posture[0] if visible else None))
        self.picture = self._eyes.drawn(image)

    def _camera_to_map(self) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, 3], matrix[:3, :3] = camera_pose(self.world.robot_pose, self.site.robot.camera)
        return matrix


def fall_beside_bed(watcher: Watcher, seed: int) -> float:
    """Mrs. Lin falls somewhere between bed and robot; the time from impact to suspicion [s], NaN if never."""
    rng = np.random.default_rng(seed)
    watcher.person.place_at(rng.uniform(1.2, 2.1), rng.uniform(1.75, 2.05), rng.uniform(-math.pi, math.pi))
    watcher.run(1.0)
    watcher.person.do(Fall())
    watcher.run()
    watcher.run(3.0)
    impact_s = next(time_s for time_s, what, *_ in watcher.events if what == "impact")
    return next((f.time_s - impact_s for f in watcher.falls if f.state == FallState.SUSPECTED), math.nan)


def night_in_bed(watcher: Watcher) -> None:
    """Lies in bed, gets up, walks, lies down again."""
    watcher.person.place(motion.LieInBed("bed_1"))
    watcher.run(3.0)
    for act in (motion.GetUp(), motion.WalkTo(((2.2, 1.7),)), motion.LieInBed("bed_1")):
        watcher.person.do(act)
        watcher.run()
    watcher.run(2.0)


def something_dropped(watcher: Watcher) -> None:
    """Picks something up, kneels, stands up again."""
    watcher.person.place_at(1.7, 1.9, 0.0)
    watcher.run(1.0)
    for act in (motion.PickUp(), motion.Kneel(), motion.Hold(2.0), motion.Stand()):
        watcher.person.do(act)
        watcher.run()


def rest_on_sofa(watcher: Watcher) -> None:
    """Walks to the sofa, sits down, stands up and walks."""
    watcher.person.place_at(5.6, 2.6, 0.0)
    watcher.run(0.5)
    for act in (motion.SitOn("sofa"), motion.Hold(3.0), motion.WalkTo(((5.8, 2.9),))):
        watcher.person.do(act)
        watcher.run()


def slide_off_sofa(watcher: Watcher) -> None:
    """Sits on the sofa and slides to the floor."""
    watcher.person.place(motion.SitOn("sofa"))
    watcher.run(2.0)
    watcher.person.do(SlideFrom("sofa"))
    watcher.run()
    watcher.run(5.0)


EVERYDAY = ((night_in_bed, BEDROOM), (something_dropped, BEDROOM), (rest_on_sofa, LIVING_ROOM))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--everyday-seeds", type=int, default=4)
    arguments.add_argument("--pictures", type=Path, help="keep the last picture of each run in this folder")
    options = arguments.parse_args()
    finder, delays, costs = PoseFinder(), [], []

    def done(watcher: Watcher, name: str) -> None:
        print(f"{name:24}", end="\r", file=sys.stderr, flush=True)
        costs.extend(watcher.costs_ms)
        watcher.world.close()
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(options.pictures / f"{name}.png"), watcher.picture[:, :, ::-1])

    for seed in range(options.seeds):
        watcher = Watcher(seed, finder=finder)
        delays.append(fall_beside_bed(watcher, seed))
        done(watcher, f"fall_{seed}")
    found = [delay for delay in delays if delay <= 2.0]
    command = f"python bench/falls_simulated.py --seeds {options.seeds} --everyday-seeds {options.everyday_seeds}"
    print(json.dumps({"figure": "impact_to_suspected_s", "command": command, "input": "simulated falls beside the bed",
                      "found": f"{len(found)}/{len(delays)}", "median": round(float(np.median(found)), 2),
                      "p95": round(float(np.percentile(found, 95)), 2),
                      "missed_seeds": [seed for seed, delay in enumerate(delays) if not delay <= 2.0]}), flush=True)
    false = []
    for act, stop in EVERYDAY:
        for seed in range(options.everyday_seeds):
            watcher = Watcher(seed, stop, finder)
            act(watcher)
            false += [f"{act.__name__} {seed}: {'; '.join(watcher.falls[0].evidence)}"] if watcher.falls else []
            done(watcher, f"{act.__name__}_{seed}")
    runs = len(EVERYDAY) * options.everyday_seeds
    print(json.dumps({"figure": "everyday_left_alone", "command": command, "input": "simulated everyday movement",
                      "quiet": f"{runs - len(false)}/{runs}", "false": false}))
    print(json.dumps({"figure": "eyes_ms_per_frame", "command": command, "frames": len(costs),
                      "median": round(float(np.median(costs)), 1), "p95": round(float(np.percentile(costs, 95)), 1)}))


if __name__ == "__main__":
    main()
