"""How fast the simulated home runs: physics alone, with sound and sensors, with camera and depth; and the eyes on it.

    python bench/simulation.py [--seconds 20]
"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
from bench.figures import figure  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim.simulation import TICK_S, Simulation  # noqa: E402
from sim.story import load_story  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="simulated seconds of each run")
    options = parser.parse_args()
    site = load_site(ROOT / "config" / "home.yaml")
    story = load_story(ROOT / "config" / "scenarios" / "night.yaml", site)
    home = "config/home.yaml, story night, seed 1"

    for render, name in ((False, "without camera"), (True, "with camera 640x480 and depth at 10 Hz")):
        simulation = Simulation(site, story, 1, "en", render)
        moments, began_s = [], time.perf_counter()
        for _ in range(round(options.seconds / TICK_S)):
            moments.append(simulation.step())
        wall_s = time.perf_counter() - began_s
        figure("simulated_seconds_per_second", [options.seconds / wall_s], "s/s", f"{home}, {name}")
        simulation.world.close()
    pictures = [moment.color for moment in moments if moment.color is not None]

    world = Simulation(site, story, 1, "en", True).world
    for name, take in (("color_and_depth_ms", lambda: (world.color(), world.depth())), ("scan_ms", world.scan)):
        costs = []
        for _ in range(50):
            world.step(TICK_S)
            began_s = time.perf_counter()
            take()
            costs.append((time.perf_counter() - began_s) * 1e3)
        figure(name, costs[5:], "ms", home)
    world.base.put(3.3, 0.75, np.radians(135))
    person = world.people["lin"]
    person.place_at(1.7, 1.9, 0.0)
    for _ in range(100):
        world.step(0.1)
        pictures.append(world.color())

    finder, costs = PoseFinder(), []
    for number, picture in enumerate(pictures):
        began_s = time.perf_counter()
        finder.find(picture, number * 0.1)
        costs.append((time.perf_counter() - began_s) * 1e3)
    figure("pose_ms_per_picture", costs[5:], "ms", f"{len(pictures)} rendered pictures 640x480, somebody in some")
    finder.close()


if __name__ == "__main__":
    main()
