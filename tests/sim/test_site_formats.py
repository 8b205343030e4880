"""The exported worlds hold what the site file says, where it says it, under the same names."""
from __future__ import annotations

import math
import xml.etree.ElementTree as xml

import mujoco
import numpy as np
import pytest

import sim  # noqa: F401  (chooses the renderer before MuJoCo is imported)
from robot.resources import resource
from robot.site import load_site
from robot.walls import walls
from sim.site_formats import mujoco_world, sdf


@pytest.fixture(scope="module", params=("home", "ward"))
def exported(request, tmp_path_factory):
    site = load_site(resource(f"config/{request.param}.yaml"))
    folder = tmp_path_factory.mktemp(request.param)
    (file,), (model,) = sdf(site, folder), mujoco_world(site, folder)
    root = xml.parse(file).getroot()
    return site, {m.get("name"): m for m in root.findall("world/model")}, mujoco.MjModel.from_xml_path(str(model))


def pose(element) -> np.ndarray:
    return np.array([float(value) for value in element.findtext("pose").split()])


def extent(model) -> np.ndarray:
    """Length, width and height of what a model's boxes cover, in its own frame."""
    boxes = [(pose(c)[:3], np.array([float(v) for v in c.findtext("geometry/box/size").split()]))
             for c in model.findall("link/collision")]
    return np.max([at + size / 2 for at, size in boxes], axis=0) - np.min([at - size / 2 for at, size in boxes], axis=0)


def test_gazebo_knows_every_thing_by_the_name_of_the_site_file(exported):
    site, models, _ = exported
    named = [*site.rooms, *site.doors, *site.furniture, *site.robot.docks, site.robot]
    wanted = {thing.id for thing in named} | {wall.name for wall in walls(site)} | {"ground_plane", "decoration"}
    assert set(models) == wanted


def test_every_piece_of_furniture_stands_in_gazebo_as_large_and_where_the_site_says(exported):
    site, models, _ = exported
    for piece in site.furniture:
        x, y, yaw = piece.pose
        at = pose(models[piece.id])
        assert at[:2] == pytest.approx([x, y], abs=1e-4), piece.id
        assert math.remainder(at[5] - math.radians(yaw), math.tau) == pytest.approx(0, abs=1e-4), piece.id
        length, width, height = extent(models[piece.id])
        assert (length, width) == pytest.approx(piece.size[:2], abs=2e-3), piece.id
        assert height >= piece.size[2] - 1e-3, piece.id  # backs and screens stand above


def test_walls_stand_in_gazebo_between_the_doors(exported):
    site, models, _ = exported
    for wall in walls(site):
        model = models[wall.name]
        assert pose(model)[:2] == pytest.approx(wall.middle, abs=1e-4)
        if wall.door is None:
            assert extent(model)[0] == pytest.approx(wall.length_m, abs=site.site.map.wall_thickness_m + 1e-3)
        else:
            assert bool(model.findall("link/collision")) is not wall.door.open


def test_the_robot_of_gazebo_begins_on_its_dock_and_drives(exported):
    site, models, _ = exported
    robot = models[site.robot.id]
    assert pose(robot)[:2] == pytest.approx(site.robot.docks[0].pose[:2], abs=1e-4)
    assert robot.findtext("plugin/topic") == "/cmd_vel" and robot.find("static") is None
    assert {sensor.get("type") for sensor in robot.iter("sensor")} == {"gpu_lidar", "rgbd_camera"}


def test_the_file_for_mujoco_loads_with_the_same_things_in_the_same_places(exported):
    site, models, world = exported
    for piece in site.furniture:
        assert world.body(f"furniture/{piece.id}").pos[:2] == pytest.approx(piece.pose[:2], abs=1e-4)
    for wall in walls(site):
        name = f"{'door' if wall.door else 'wall'}/{wall.name}"
        assert world.body(name).pos[:2] == pytest.approx(pose(models[wall.name])[:2], abs=1e-4)
    assert world.nu == 2 and world.camera("robot/camera").id >= 0


def test_two_things_of_one_name_are_refused_for_gazebo(exported, tmp_path):
    site = exported[0]
    door = site.doors[0].model_copy(update={"id": site.rooms[0].id})
    with pytest.raises(ValueError, match=f'a room and a door are both called "{door.id}"'):
        sdf(site.model_copy(update={"doors": [door, *site.doors[1:]]}), tmp_path)
