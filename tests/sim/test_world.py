"""The house, the robot's body and what its sensors measure, against the plan."""
from __future__ import annotations

import math

import numpy as np
import pytest

import sim  # noqa: F401  (chooses the renderer before MuJoCo is imported)
from sim.house import walls
from sim.world import World


@pytest.fixture(scope="module")
def shared_world(site):
    world = World(site, seed=1)
    yield world
    world.close()


@pytest.fixture
def world(shared_world):
    put_robot(shared_world, *shared_world.site.robot.docks[0].pose)
    shared_world.drive(0, 0)
    shared_world.people["lin"].place_at(1.0, 1.0, 0.0)
    return shared_world


def put_robot(world: World, x: float, y: float, degrees: float) -> None:
    world.base.put(x, y, math.radians(degrees))
    world.step(0.02)


def drive(world: World, linear_mps: float, angular_rps: float, seconds: float) -> None:
    world.drive(linear_mps, angular_rps)
    for _ in range(round(seconds / 0.02)):
        world.step(0.02)


def test_every_door_leaves_a_gap_of_its_width_between_walls(site):
    openings = {wall.door.id: wall.length_m for wall in walls(site) if wall.door}
    assert openings == pytest.approx({door.id: door.width_m for door in site.doors})


def test_a_wall_shared_by_two_rooms_is_built_once(site):
    middles = [tuple(np.round((np.array(wall.start) + wall.end) / 2, 2)) for wall in walls(site)]
    assert len(middles) == len(set(middles))


def test_the_scan_measures_the_walls_of_the_corridor(world):
    put_robot(world, 4.2, -0.8, 0)
    ranges = world.scan()
    assert [ranges[90], ranges[180], ranges[270]] == pytest.approx([0.75, 4.15, 0.75], abs=0.03)


def test_the_scan_passes_an_open_door_and_not_a_closed_one(world):
    put_robot(world, 3.3, -0.8, 90)
    assert world.scan()[0] > 4.0  # through the bedroom door to the far wall
    put_robot(world, 7.8, -0.8, 0)
    assert world.scan()[0] == pytest.approx(0.775, abs=0.03)  # the front door's leaf


def test_the_scan_turns_counter_clockwise_from_the_robots_front(world):
    put_robot(world, 1.0, -0.4, 0)
    ranges = world.scan()
    assert ranges[90] == pytest.approx(0.35, abs=0.03) and ranges[270] == pytest.approx(1.15, abs=0.03)


def test_the_scan_meets_a_persons_legs(world):
    world.people["lin"].place_at(3.3, 1.0, math.pi)
    put_robot(world, 3.3, -0.8, 90)
    world.step(0.04)
    assert world.scan()[[0, 1, 2, 3, -1, -2, -3]].min() == pytest.approx(1.72, abs=0.12)


def test_depth_agrees_with_the_distance_of_a_wall(world):
    put_robot(world, 4.2, -0.8, 180)
    camera = world.site.robot.camera
    # The ray through the horizon row meets the west wall (inner face x = 0.05) level with the camera.
    row = camera.height / 2 - math.tan(math.radians(camera.pitch_deg)) * camera.focal_px
    expected = (4.2 - camera.forward_m - 0.05) * math.cos(math.radians(camera.pitch_deg))
    around = world.depth()[round(row) - 2:round(row) + 3, camera.width // 2 - 40:camera.width // 2 + 40]
    assert np.median(around) == pytest.approx(expected, abs=0.03)


def test_pictures_have_the_size_and_types_of_the_site_file(world):
    color, depth = world.color(), world.depth()
    assert (color.shape, color.dtype) == ((480, 640, 3), np.uint8)
    assert (depth.shape, depth.dtype) == ((480, 640), np.float32)


def test_a_night_is_darker_than_a_day_but_not_black(world):
    put_robot(world, 3.3, -0.8, 90)
    brightness = {}
    for light in ("day", "evening", "night"):
        world.light = light
        brightness[light] = float(world.color().mean())
    world.light = "day"
    assert 25 < brightness["night"] < brightness["evening"] < brightness["day"]


def test_an_unknown_light_or_resident_is_refused(world, site):
    with pytest.raises(ValueError, match="day, evening, night"):
        world.light = "noon"
    with pytest.raises(ValueError, match="known: lin"):
        World(site, people=["nobody"])


def test_the_robot_reaches_its_speed_and_its_turning_rate(world):
    put_robot(world, 1.0, -0.8, 0)
    drive(world, 0.5, 0, 2.0)
    assert world.robot_twist[0] == pytest.approx(0.5, abs=0.02)
    put_robot(world, 4.2, -0.8, 0)
    drive(world, 0, 1.2, 2.0)
    assert world.robot_twist[1] == pytest.approx(1.2, abs=0.06)


def test_driving_straight_keeps_the_line(world):
    put_robot(world, 1.0, -0.8, 0)
    drive(world, 0.4, 0, 8.0)
    x, y, yaw = world.robot_pose
    assert x > 3.9 and abs(y + 0.8) < 0.03 and abs(yaw) < math.radians(1)


def test_a_square_comes_back_to_where_it_began(world):
    put_robot(world, 2.0, -1.1, 0)
    for _ in range(4):
        for wanted, reached in (((0.25, 0), lambda p, q: math.dist(p[:2], q[:2]) >= 0.6),
                                ((0, 0.6), lambda p, q: abs(math.remainder(q[2] - p[2], math.tau)) >= math.pi / 2)):
            start = world.robot_pose
            world.drive(*wanted)
            for _ in range(600):
                world.step(0.02)
                if reached(start, world.robot_pose):
                    break
            drive(world, 0, 0, 0.6)
    assert math.dist(world.robot_pose[:2], (2.0, -1.1)) < 0.15


def test_the_robot_passes_the_bedroom_door(world):
    put_robot(world, 3.3, -0.8, 90)
    drive(world, 0.4, 0, 4.5)
    assert world.robot_pose[1] > 0.7 and not world.bumped


def test_a_wall_stops_the_robot_and_the_bumper_says_so(world):
    put_robot(world, 2.0, -0.8, 90)
    drive(world, 0.3, 0, 4.0)
    assert world.robot_pose[1] < -0.05 - world.site.robot.radius_m + 0.03 and world.bumped


def test_odometry_drifts_a_little_and_only_a_little(world):
    put_robot(world, 1.0, -0.8, 0)
    before, truth_before = np.array(world.odometry), np.array(world.robot_pose)
    drive(world, 0.4, 0, 10.0)
    believed = math.dist(world.odometry[:2], before[:2])
    truth = math.dist(world.robot_pose[:2], truth_before[:2])
    assert 0 < abs(believed - truth) < 0.02 * truth


def test_the_dock_charges_and_driving_away_ends_it(world):
    drive(world, 0, 0, 0.5)
    charge = world.battery
    assert world.on_dock and world.charging
    drive(world, 0, 0, 5.0)
    assert world.battery > charge
    drive(world, 0.3, 0, 2.0)
    assert not world.on_dock and not world.charging


def test_the_robot_standing_stands_still(world):
    put_robot(world, 2.0, -0.8, 30)
    start = world.robot_pose
    drive(world, 0, 0, 5.0)
    assert math.dist(start[:2], world.robot_pose[:2]) < 0.005


def test_two_worlds_draw_without_disturbing_each_other(site):
    first, second = World(site, seed=3), World(site, seed=3)
    try:
        assert np.abs(first._look()[0].astype(int) - second._look()[0].astype(int)).max() == 0
        second.close()
        first.step(0.02)
        assert first.color().mean() > 30
    finally:
        first.close()


def test_the_picture_from_above_shows_the_robot_where_it_is(world):
    put_robot(world, 4.2, -0.8, 0)
    here = world.overhead(320, 240).astype(int)
    put_robot(world, 1.5, -0.8, 0)
    moved = np.abs(world.overhead(320, 240).astype(int) - here).sum(axis=2)
    assert here.shape == (240, 320, 3) and (moved > 60).sum() > 50
