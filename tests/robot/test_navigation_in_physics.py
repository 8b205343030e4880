"""Localisation and driving in the simulated flat with its physics, its lidar and its wheel slip."""
import math
from pathlib import Path

import numpy as np
import pytest

from robot.drive import Journey
from robot.grid import plan_grid
from robot.localization import Localizer
from robot.site import load_site
from robot.transforms import matrix_from_pose2d, transform_points, wrapped
from robot.viewpoints import viewpoints

pytestmark = pytest.mark.slow
SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
GRID = plan_grid(SITE)


class Robot:
    """Navigation's cores on the simulated body."""

    def __init__(self, seed: int) -> None:
        from sim.world import World
        self.world = World(SITE, seed)
        x, y, degrees = SITE.robot.docks[0].pose
        self.localizer = Localizer(SITE, (x, y, math.radians(degrees)), tuple(self.world.odometry))
        self.errors_m: list[float] = []
        self.bumped = False

    def look_around(self) -> np.ndarray:
        """Localise by one scan; its hits on the map."""
        ranges = np.asarray(self.world.scan(), dtype=float)
        seen = np.isfinite(ranges)
        angles = np.arange(len(ranges))[seen] * math.tau / len(ranges)
        hits = np.column_stack([ranges[seen] * np.cos(angles), ranges[seen] * np.sin(angles), np.zeros(seen.sum())])
        fix = self.localizer.update(tuple(self.world.odometry), hits[:, :2], self.world.time_s)
        self.errors_m.append(math.dist(fix.pose[:2], self.world.robot_pose[:2]))
        return transform_points(matrix_from_pose2d(fix.pose), hits)[:, :2]

    def go(self, goal) -> Journey:
        began_s = self.world.time_s
        journey = Journey(GRID, SITE.robot, self.localizer.pose(tuple(self.world.odometry)), goal, began_s)
        step = 0
        while journey.outcome is None:
            if step % 2 == 0:
                hits = self.look_around()
            command = journey.step(self.localizer.pose(tuple(self.world.odometry)), hits, self.world.time_s)
            self.world.drive(command.speed_mps, command.turn_rps)
            self.world.step(0.05)
            self.bumped = self.bumped or self.world.bumped
            step += 1
        self.world.drive(0.0, 0.0)
        self.world.step(0.3)
        self.took_s = self.world.time_s - began_s
        return journey


@pytest.fixture
def robot():
    made = Robot(seed=1)
    yield made
    made.world.close()


def test_a_patrol_is_driven_to_within_5_cm_without_touching_anything(robot):
    for stop in SITE.patrols[0].stops:
        goal = (stop.at[0], stop.at[1], math.radians(stop.at[2]))
        journey = robot.go(goal)
        x, y, yaw = robot.world.robot_pose
        assert journey.outcome.arrived, journey.outcome
        off_m, off_rad = math.dist((x, y), goal[:2]), abs(wrapped(yaw - goal[2]))
        print(f"{stop.room}: {robot.took_s:.1f} s, {100 * off_m:.1f} cm, {math.degrees(off_rad):.1f} degrees off")
        assert off_m < 0.05 and off_rad < math.radians(5)
    print(f"localisation: median {1000 * np.median(robot.errors_m):.0f} mm, worst {1000 * max(robot.errors_m):.0f} mm")
    assert max(robot.errors_m) < 0.05 and not robot.bumped


@pytest.mark.parametrize("kind, place", [("trip_forward", (2.6, 2.0, -1.2)), ("slip_backward", (2.6, 1.6, 2.5))])
def test_a_fallen_person_is_approached_and_never_touched(robot, kind, place):
    from sim.motion import Fall
    lin = robot.world.people["lin"]
    lin.place_at(*place)
    lin.do(Fall(kind))
    robot.world.step(6.0)
    head, middle = tuple(lin.head_position[:2]), tuple(lin.position[:2])
    assert robot.go((3.0, -0.8, 1.5)).outcome.arrived
    best = viewpoints(GRID, head, middle, robot.world.robot_pose[:2])[0]
    assert robot.go(best).outcome.arrived
    assert 1.1 < math.dist(robot.world.robot_pose[:2], head) < 2.3
    robot.go((1.4, 1.2, 0.0))  # past the body, which no plan knows: round it or not at all
    assert not robot.bumped
