"""Localisation by cast scans of the plan, with noise, people and things that the plan does not know."""
import math
from pathlib import Path

import numpy as np
import pytest

from robot.grid import plan_grid
from robot.localization import LOST_FIT, Localizer
from robot.site import load_site
from robot.transforms import wrapped
from tests.robot.kinematic_robot import KinematicRobot

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
GRID = plan_grid(SITE)
STILL = (0.0, 0.0, 0.0)


def hits(robot: KinematicRobot) -> np.ndarray:
    """A scan as points in base_link [m]."""
    ranges = robot.scan()
    seen = np.isfinite(ranges)
    return ranges[seen, None] * np.column_stack([np.cos(robot.angles[seen]), np.sin(robot.angles[seen])])


def places(count: int, seed: int):
    random = np.random.default_rng(seed)
    while count:
        x, y, yaw = random.uniform([0.3, -1.3, -3.1], [8.3, 3.7, 3.1])
        if GRID.is_free(x, y):
            count -= 1
            yield random, (float(x), float(y), float(yaw))


def error(pose, truth) -> tuple[float, float]:
    return math.dist(pose[:2], truth[:2]), abs(wrapped(pose[2] - truth[2]))


def test_it_recovers_from_30_cm_and_10_degrees_with_two_strangers_in_view():
    localizer, off = Localizer(SITE, (0.45, -0.8, 0.0)), []
    for random, truth in places(20, 3):
        robot = KinematicRobot(SITE, truth, seed=int(random.integers(1000)))
        robot.circles = [(truth[0] + 0.9 * math.cos(a), truth[1] + 0.9 * math.sin(a), 0.12)
                         for a in random.uniform(-3, 3, 2)]
        way = random.uniform(-3, 3)
        turn = math.radians(10) * random.choice([-1, 1])
        localizer.place((truth[0] + 0.3 * math.cos(way), truth[1] + 0.3 * math.sin(way), truth[2] + turn), STILL)
        for k in range(5):
            fix = localizer.update(STILL, hits(robot), 0.1 * k)
        off.append(error(fix.pose, truth))
        assert not fix.lost
    metres, radians = np.array(off).T
    print(f"{len(off)} places: median {1000 * np.median(metres):.1f} mm, worst {1000 * metres.max():.1f} mm, "
          f"worst turn {math.degrees(radians.max()):.2f} degrees")
    assert metres.max() < 0.03 and radians.max() < math.radians(1)


def test_it_follows_a_drive_whose_odometry_drifts():
    robot = KinematicRobot(SITE, (0.45, -0.8, 0.0), seed=4)
    robot._skew[:] = 1.05, 0.95
    robot.circles = [(5.0, -1.3, 0.12)]
    localizer, worst = Localizer(SITE, robot.pose), 0.0
    for step in range(600):
        turn = 0.9 if robot.gap_to_anything() < 0.12 else 0.05
        robot.step(0.0 if turn > 0.5 and step % 8 else 0.4, turn, 0.05)
        if step % 2 == 0:
            fix = localizer.update(robot.odometry, hits(robot), 0.05 * step)
            worst = max(worst, error(fix.pose, robot.pose)[0])
    drift = math.dist(robot.odometry[:2], (robot.pose[0] - 0.45, robot.pose[1] + 0.8))
    print(f"odometry drifted {drift:.2f} m, worst error {1000 * worst:.0f} mm")
    assert worst < 0.05


def test_a_pose_that_is_wrong_never_looks_right():
    localizer = Localizer(SITE, STILL)
    for random, truth in places(30, 5):
        way = random.uniform(-3, 3)
        wrong = (truth[0] + 0.5 * math.cos(way), truth[1] + 0.5 * math.sin(way), truth[2] + math.radians(20))
        assert localizer._fit(wrong, hits(KinematicRobot(SITE, truth))) < LOST_FIT


def test_it_says_that_it_is_lost_after_a_second_and_keeps_to_the_odometry_meanwhile():
    localizer = Localizer(SITE, (0.45, -0.8, 0.0))
    nonsense = np.random.default_rng(1).uniform(-3, 3, (200, 2))
    fixes = [localizer.update(STILL, nonsense, 0.1 * k) for k in range(15)]
    assert not fixes[5].lost and fixes[-1].lost and "fit the plan" in fixes[-1].reason
    assert fixes[-1].pose == pytest.approx((0.45, -0.8, 0.0))


def test_a_covered_lidar_is_named():
    fix = Localizer(SITE, STILL).update(STILL, np.zeros((0, 2)), 0.0)
    assert fix.fit == 0 and "0 beams" in fix.reason


def test_started_elsewhere_than_on_its_dock_it_finds_itself_in_the_end():
    for _, truth in places(6, 8):
        robot, localizer = KinematicRobot(SITE, truth), Localizer(SITE, (0.45, -0.8, 0.0))
        for k in range(5):
            fix = localizer.update(STILL, hits(robot), 0.1 * k)
        assert not fix.lost and error(fix.pose, truth)[0] < 0.05, truth
