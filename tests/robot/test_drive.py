"""Ways and driving in a kinematic simulation over the plan: it arrives, stops, goes round, gives up with a reason."""
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.bodies import BODY_RADIUS_M, LyingPeople
from robot.drive import STOP_GAP_M, Hold, Journey, Straight
from robot.grid import lying_body, plan_grid
from robot.path import NoPath, find_path, length_m
from robot.site import load_site
from robot.transforms import wrapped
from tests.robot.kinematic_robot import KinematicRobot

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
GRID = plan_grid(SITE)
DOCK = (0.45, -0.8, 0.0)
DT = 0.05


def drive(motion, robot, limit_s=120.0, at_each_step=lambda t: None) -> float:
    """Run a motion to its end. Returns its time [s] and leaves the smallest gap to anything in `robot.closest`."""
    t, robot.closest, hits = 0.0, math.inf, robot.hits()
    while motion.outcome is None and t < limit_s:
        at_each_step(t)
        if round(t / DT) % 2 == 0:
            hits = robot.hits()
        command = motion.step(robot.pose, hits, t)
        assert abs(command.speed_mps) <= SITE.robot.max_speed_mps + 1e-6
        assert abs(command.turn_rps) <= SITE.robot.max_turn_rps + 1e-6
        robot.step(command.speed_mps, command.turn_rps, DT)
        robot.closest = min(robot.closest, robot.gap_to_anything())
        t += DT
    return t


def test_a_way_leads_from_the_dock_through_both_doors_and_keeps_off_the_walls():
    for place in ((3.3, 0.75), (5.3, 1.1), (8.2, 3.0)):
        path = find_path(GRID, DOCK[:2], place)
        assert tuple(path[0]) == DOCK[:2] and tuple(path[-1]) == place
        assert min(GRID.clearance_at(*point) for point in path) > SITE.robot.radius_m + 0.05
        assert np.hypot(*np.diff(path, axis=0).T).max() < 0.051


def test_a_way_is_not_much_longer_than_it_must_be():
    path = find_path(GRID, DOCK[:2], (3.3, 0.75))
    assert length_m(path) < 1.15 * (math.dist(DOCK[:2], (3.2, -0.3)) + math.dist((3.2, -0.3), (3.3, 0.75)))


def test_there_is_no_way_through_the_front_door_nor_into_the_bed():
    with pytest.raises(NoPath, match="does not fit"):
        find_path(GRID, DOCK[:2], (1.0, 2.9))
    shut = plan_grid(SITE.model_copy(update={"doors": [d.model_copy(update={"open": False}) for d in SITE.doors]}))
    with pytest.raises(NoPath, match="no way leads"):
        find_path(shut, DOCK[:2], (3.3, 0.75))


def test_from_a_place_too_near_a_wall_it_finds_the_way_out():
    path = find_path(GRID, (2.0, -0.2), (3.3, 0.75))  # 15 cm from the wall's face
    assert min(GRID.clearance_at(*point) for point in path) >= 0.1


@settings(max_examples=8, deadline=None)
@given(st.floats(0.3, 8.3), st.floats(-1.3, 3.7), st.floats(-3.1, 3.1))
def test_any_free_place_is_reached_without_touching_anything(x, y, yaw):
    if not GRID.is_free(x, y):
        return
    robot = KinematicRobot(SITE, DOCK)
    journey = Journey(GRID, SITE.robot, DOCK, (x, y, yaw), 0.0)
    drive(journey, robot)
    assert journey.outcome.arrived, journey.outcome
    assert math.dist(robot.pose[:2], (x, y)) < 0.09 and abs(wrapped(robot.pose[2] - yaw)) < math.radians(4)
    assert robot.closest > 0


def test_it_stops_before_somebody_in_the_way_and_goes_on_when_they_have_left():
    robot = KinematicRobot(SITE, DOCK)
    robot.circles = [(2.5, -0.8, 0.12), (2.5, -0.2, 0.12), (2.5, -1.4, 0.12)]  # no way round
    journey = Journey(GRID, SITE.robot, DOCK, (4.2, -0.8, 0.0), 0.0)
    states = []

    def look(t: float) -> None:
        states.append(journey.state)
        if t > 10:
            robot.circles = []
    drive(journey, robot, at_each_step=look)
    assert journey.outcome.arrived and "blocked" in states
    assert robot.closest > STOP_GAP_M - 0.15


def test_it_goes_round_what_stays_after_it_has_waited():
    robot = KinematicRobot(SITE, DOCK)
    robot.circles = [(2.5, -0.8, 0.12)]
    journey = Journey(GRID, SITE.robot, DOCK, (4.2, -0.8, 0.0), 0.0)
    drive(journey, robot)
    assert journey.outcome.arrived and journey.replans >= 1 and robot.closest > 0.03


def test_it_gives_up_with_a_reason_where_there_is_no_way_round():
    robot = KinematicRobot(SITE, DOCK)
    robot.circles = [(2.5, y, 0.15) for y in (-1.4, -0.8, -0.2)]
    journey = Journey(GRID, SITE.robot, DOCK, (4.2, -0.8, 0.0), 0.0)
    drive(journey, robot)
    assert journey.outcome.code == "blocked" and "(2.3" in journey.outcome.message


def test_it_says_so_when_the_wheels_turn_and_nothing_moves():
    robot = KinematicRobot(SITE, DOCK)
    robot.step = lambda speed, turn, dt: None
    journey = Journey(GRID, SITE.robot, DOCK, (4.2, -0.8, 0.0), 0.0)
    drive(journey, robot)
    assert journey.outcome.code == "stalled"


def test_it_keeps_clear_of_a_lying_person_whom_only_the_eyes_know():
    body = lying_body((2.6, 1.2), (3.2, 1.7))
    robot, closest = KinematicRobot(SITE, DOCK), []
    journey = Journey(GRID, SITE.robot, DOCK, (1.5, 1.5, 0.0), 0.0)

    def appears(t: float) -> None:
        if t > 2:
            journey.keep_clear(body, robot.pose, t)
        closest.append(np.hypot(*(body - robot.pose[:2]).T).min())
    drive(journey, robot, at_each_step=appears)
    assert journey.outcome.arrived and journey.replans >= 1
    assert min(closest) > BODY_RADIUS_M + SITE.robot.radius_m - 0.03


def test_beside_a_lying_person_it_can_still_leave():
    body = lying_body((2.6, 1.2), (3.2, 1.7))
    journey = Journey(GRID, SITE.robot, (2.3, 1.05, 0.0), DOCK, 0.0, body)
    robot = KinematicRobot(SITE, (2.3, 1.05, 0.0))
    drive(journey, robot)
    assert journey.outcome.arrived


def test_a_goal_on_something_is_moved_a_little_or_refused():
    assert Journey(GRID, SITE.robot, DOCK, (1.5, -0.2, 0.0), 0.0).goal[1] < -0.29
    refused = Journey(GRID, SITE.robot, DOCK, (1.0, 2.9, 0.0), 0.0).outcome
    assert refused.code == "goal_occupied" and "(1.00, 2.90)" in refused.message


def test_it_backs_onto_the_dock_from_a_little_aside():
    robot = KinematicRobot(SITE, (1.05, -0.74, 0.12))
    dock = Straight(SITE.robot, DOCK, backward=True)
    drive(dock, robot)
    assert dock.outcome.arrived and math.dist(robot.pose[:2], DOCK[:2]) < 0.03 and abs(robot.pose[2]) < 0.1


def test_it_does_not_back_into_somebody_between_it_and_the_dock():
    robot = KinematicRobot(SITE, (1.2, -0.8, 0.0))
    robot.circles = [(0.75, -0.8, 0.1)]
    dock = Straight(SITE.robot, DOCK, backward=True)
    drive(dock, robot)
    assert dock.outcome.code == "blocked" and robot.closest > 0.05


def test_holding_still_ends_when_it_comes_true_or_when_patience_ends():
    for true_at_s, code in ((1.0, "arrived"), (9.0, "timeout")):
        now = [0.0]
        hold = Hold(lambda now=now, at=true_at_s: now[0] >= at, 0.0, 5.0, "nothing came")
        while hold.outcome is None:
            now[0] += 0.1
            assert hold.step(DOCK, np.zeros((0, 2)), now[0]).speed_mps == 0
        assert hold.outcome.code == code


def test_people_on_the_floor_are_remembered_until_seen_upright():
    lying = LyingPeople()
    lying.see("a", True, (2.0, 1.0), (2.6, 1.0), 10.0)
    lying.see("b", True, (math.nan, math.nan), (5.0, 1.0), 10.0)
    assert len(lying.bodies(60.0)) == 34
    lying.see("a", False, (2.0, 1.0), (2.0, 1.0), 61.0)
    assert (lying.bodies(62.0)[:, 0] > 4).all()
    assert len(lying.bodies(500.0)) == 0
