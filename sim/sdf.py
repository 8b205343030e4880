"""A compiled world as SDF 1.9 for Gazebo (see sdformat.org): what MuJoCo stands on the floor, under the site's names.

Building, furniture and docks become static models named by their ids in the site file (walls: wall_1, wall_2, ...),
rooms become floors of their own, and the robot a differential drive with the topics that Anban expects.
"""
from __future__ import annotations

import math
import xml.etree.ElementTree as xml
from collections.abc import Iterable

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from robot.site import Robot, Site
from sim.base import ACCELERATION_MPS2, ROBOT_GROUP, TRACK_M, WHEEL_RADIUS_M
from sim.house import DECORATION, OVERHEAD

_PLUGINS = ("Physics", "UserCommands", "SceneBroadcaster", "Sensors")
_SHAPE = mujoco.mjtGeom
_FLOOR_M = 0.004  # how thick a room's floor lies on the ground: seen, not felt


def sdf_text(site: Site, model: mujoco.MjModel) -> str:
    """The world as SDF. `model`: the compiled site, without people. Raises ValueError where names are not unique."""
    _check_names(site)
    root = xml.Element("sdf", version="1.9")
    world = _add(root, "world", name=site.site.id)
    for name in _PLUGINS:
        dashed = "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
        plugin = _add(world, "plugin", filename=f"gz-sim{dashed}-system", name=f"gz::sim::systems::{name}")
        if name == "Sensors":
            _add(plugin, "render_engine", "ogre2")
    sun = _add(world, "light", name="sun", type="directional")
    for tag, value in (("pose", "0 0 10 0 0 0"), ("cast_shadows", "false"), ("diffuse", "0.8 0.8 0.8 1"),
                       ("direction", "-0.4 0.2 -0.9")):
        _add(sun, tag, value)
    _ground(world)
    for room in site.rooms:
        _floor(world, room.id, room.polygon)
    decoration = _static(world, "decoration", np.zeros(3), (1, 0, 0, 0))
    for body in range(model.nbody):
        name, geoms = model.body(body).name, _geoms(model, body)
        if body == 0 or not name:
            for geom in geoms:
                if model.geom_group[geom] != OVERHEAD and model.geom_type[geom] != _SHAPE.mjGEOM_PLANE:
                    _shape(decoration, model, geom, model.body_pos[body], model.body_quat[body])
        elif model.body_rootid[body] == body and name != "robot" and len(geoms):
            kind, _, thing = name.rpartition("/")
            if kind == "leaf":
                link = _leaf(world.find(f"model[@name='{thing}']"), model, model.body(f"door/{thing}").id, body)
            else:
                link = _static(world, thing, model.body_pos[body], model.body_quat[body])
            for geom in geoms:
                _shape(link, model, geom)
    _robot(world, site.robot, model)
    xml.indent(root)
    return '<?xml version="1.0"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _check_names(site: Site) -> None:
    sections = {"room": site.rooms, "door": site.doors, "piece of furniture": site.furniture,
                "dock": site.robot.docks, "robot": [site.robot]}
    seen = {"ground_plane": "thing of every world", "decoration": "thing of every world", "sun": "light"}
    for what, things in sections.items():
        for thing in things:
            if thing.id in seen:
                raise ValueError(f'a {seen[thing.id]} and a {what} are both called "{thing.id}": in Gazebo every thing '
                                 "needs a name of its own; give one of them another id")
            seen[thing.id] = what


def _add(parent: xml.Element, tag: str, text: object = None, **attributes: str) -> xml.Element:
    element = xml.SubElement(parent, tag, attributes)
    element.text = None if text is None else str(text)
    return element


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{round(float(value), 5) + 0.0:g}" for value in values)  # + 0.0: no minus zero


def _pose(position: np.ndarray, quaternion: Iterable[float]) -> str:
    w, x, y, z = quaternion
    return f"{_numbers(position)} {_numbers(Rotation.from_quat([x, y, z, w]).as_euler('xyz'))}"


def _static(world: xml.Element, name: str, position: np.ndarray, quaternion: Iterable[float]) -> xml.Element:
    """A new static model; returns its link."""
    model = _add(world, "model", name=name)
    _add(model, "static", "true")
    _add(model, "pose", _pose(position, quaternion))
    return _add(model, "link", name="link")


def _leaf(door: xml.Element, model: mujoco.MjModel, frame: int, body: int) -> xml.Element:
    """A closed door's leaf as a second link of the door's model; returns it."""
    away, turned, at, turn = np.empty(3), np.empty(4), np.empty(3), np.empty(4)
    mujoco.mju_negPose(away, turned, model.body_pos[frame], model.body_quat[frame])
    mujoco.mju_mulPose(at, turn, away, turned, model.body_pos[body], model.body_quat[body])
    link = _add(door, "link", name="leaf")
    _add(link, "pose", _pose(at, turn))
    return link


def _ground(world: xml.Element) -> None:
    collision = _add(_static(world, "ground_plane", np.zeros(3), (1, 0, 0, 0)), "collision", name="collision")
    plane = _add(_add(collision, "geometry"), "plane")
    _add(plane, "normal", "0 0 1")
    _add(plane, "size", "100 100")


def _floor(world: xml.Element, name: str, polygon: Iterable[tuple[float, float]]) -> None:
    visual = _add(_static(world, name, np.zeros(3), (1, 0, 0, 0)), "visual", name="floor")
    line = _add(_add(visual, "geometry"), "polyline")
    _add(line, "height", _FLOOR_M)
    for corner in polygon:
        _add(line, "point", _numbers(corner))
    _material(visual, np.array([0.62, 0.50, 0.38, 1.0]))


def _geoms(model: mujoco.MjModel, body: int) -> np.ndarray:
    return np.flatnonzero(model.geom_bodyid == body)


def _shape(link: xml.Element, model: mujoco.MjModel, geom: int, position: np.ndarray | None = None,
           quaternion: np.ndarray | None = None) -> None:
    """A geom as a visual and, where it is solid, a collision; placed in its body, or with its body's place given."""
    at, turn = model.geom_pos[geom].copy(), model.geom_quat[geom].copy()
    if position is not None:
        mujoco.mju_rotVecQuat(at, model.geom_pos[geom], quaternion)
        mujoco.mju_mulQuat(turn, quaternion, model.geom_quat[geom])
        at += position
    solid = model.geom_contype[geom] and model.geom_group[geom] not in (DECORATION, OVERHEAD)
    for tag in ("visual", "collision") if solid else ("visual",):
        part = _add(link, tag, name=f"{tag}_{geom}")
        _add(part, "pose", _pose(at, turn))
        _geometry(_add(part, "geometry"), model.geom_type[geom], model.geom_size[geom])
        if tag == "visual":
            _material(part, _color(model, geom))
        elif model.geom_condim[geom] == 1:  # slides on the floor
            ode = _add(_add(_add(part, "surface"), "friction"), "ode")
            _add(ode, "mu", 0)
            _add(ode, "mu2", 0)


def _geometry(parent: xml.Element, kind: int, size: np.ndarray) -> None:
    if kind == _SHAPE.mjGEOM_BOX:
        _add(_add(parent, "box"), "size", _numbers(2 * size))
    elif kind == _SHAPE.mjGEOM_CYLINDER:
        shape = _add(parent, "cylinder")
        _add(shape, "radius", _numbers(size[:1]))
        _add(shape, "length", _numbers(2 * size[1:2]))
    elif kind == _SHAPE.mjGEOM_SPHERE:
        _add(_add(parent, "sphere"), "radius", _numbers(size[:1]))
    elif kind == _SHAPE.mjGEOM_ELLIPSOID:
        _add(_add(parent, "ellipsoid"), "radii", _numbers(size))
    else:
        raise ValueError(f"a {_SHAPE(kind).name} has no counterpart in SDF yet; add it to {__name__}")


def _color(model: mujoco.MjModel, geom: int) -> np.ndarray:
    """A material's own colour, or the mean of its picture."""
    material = model.geom_matid[geom]
    texture = model.mat_texid[material, mujoco.mjtTextureRole.mjTEXROLE_RGB]
    if texture < 0:
        return model.mat_rgba[material]
    start = model.tex_adr[texture]
    count = model.tex_width[texture] * model.tex_height[texture] * 3
    return np.append(model.tex_data[start:start + count].reshape(-1, 3).mean(axis=0) / 255, 1.0)


def _material(visual: xml.Element, color: np.ndarray) -> None:
    material = _add(visual, "material")
    _add(material, "ambient", _numbers(color))
    _add(material, "diffuse", _numbers(color))


def _robot(world: xml.Element, robot: Robot, model: mujoco.MjModel) -> None:
    base = model.body("robot").id
    machine = _add(world, "model", name=robot.id)
    _add(machine, "pose", _pose(model.body_pos[base], model.body_quat[base]))
    link = _link(machine, "base_link", model, base)
    _lidar(link, robot)
    _camera(link, robot)
    for side in ("left", "right"):
        body = model.body(f"robot/{side}").id
        _add(_link(machine, f"{side}_wheel", model, body), "pose", _pose(model.body_pos[body], model.body_quat[body]))
        joint = _add(machine, "joint", name=f"{side}_wheel_joint", type="revolute")
        _add(joint, "parent", "base_link")
        _add(joint, "child", f"{side}_wheel")
        axis = _add(joint, "axis")
        _add(axis, "xyz", "0 1 0")
        limit = _add(axis, "limit")
        _add(limit, "lower", "-inf")
        _add(limit, "upper", "inf")
    drive = _add(machine, "plugin", filename="gz-sim-diff-drive-system", name="gz::sim::systems::DiffDrive")
    for tag, value in (("left_joint", "left_wheel_joint"), ("right_joint", "right_wheel_joint"),
                       ("wheel_separation", TRACK_M), ("wheel_radius", WHEEL_RADIUS_M),
                       ("max_linear_velocity", robot.max_speed_mps), ("min_linear_velocity", -robot.max_speed_mps),
                       ("max_angular_velocity", robot.max_turn_rps), ("min_angular_velocity", -robot.max_turn_rps),
                       ("max_linear_acceleration", ACCELERATION_MPS2),
                       ("min_linear_acceleration", -ACCELERATION_MPS2),
                       ("topic", "/cmd_vel"), ("odom_topic", "/odom"), ("tf_topic", "/tf"), ("frame_id", "odom"),
                       ("child_frame_id", "base_link")):
        _add(drive, tag, value)


def _link(machine: xml.Element, name: str, model: mujoco.MjModel, body: int) -> xml.Element:
    link = _add(machine, "link", name=name)
    inertial = _add(link, "inertial")
    _add(inertial, "pose", _pose(model.body_ipos[body], model.body_iquat[body]))
    _add(inertial, "mass", _numbers([model.body_mass[body]]))
    inertia = _add(inertial, "inertia")
    for tag, value in zip(("ixx", "iyy", "izz"), model.body_inertia[body], strict=True):
        _add(inertia, tag, _numbers([value]))
    for geom in _geoms(model, body):
        if model.geom_group[geom] == ROBOT_GROUP:
            _shape(link, model, geom)
    return link


def _lidar(link: xml.Element, robot: Robot) -> None:
    sensor = _sensor(link, "lidar", "gpu_lidar", f"0 0 {robot.lidar.height_m:g} 0 0 0", robot.lidar.rate_hz, "/scan",
                     "laser")
    lidar = _add(sensor, "lidar")
    across = _add(_add(lidar, "scan"), "horizontal")
    step = math.tau / robot.lidar.beams
    for tag, value in (("samples", robot.lidar.beams), ("min_angle", 0), ("max_angle", f"{math.tau - step:.6f}")):
        _add(across, tag, value)
    reach = _add(lidar, "range")
    _add(reach, "min", robot.radius_m + 0.02)  # beyond the robot's own shell
    _add(reach, "max", robot.lidar.range_m)


def _camera(link: xml.Element, robot: Robot) -> None:
    eye = robot.camera
    place = f"{_numbers([eye.forward_m, 0, eye.height_m, 0, math.radians(eye.pitch_deg), 0])}"
    camera = _add(_sensor(link, "camera", "rgbd_camera", place, eye.rate_hz, "/camera",
                          "camera_color_optical_frame"), "camera")
    _add(camera, "horizontal_fov", _numbers([math.radians(eye.hfov_deg)]))
    image, clip = _add(camera, "image"), _add(camera, "clip")
    _add(image, "width", eye.width)
    _add(image, "height", eye.height)
    _add(clip, "near", 0.05)
    _add(clip, "far", 30)


def _sensor(link: xml.Element, name: str, kind: str, pose: str, rate_hz: float, topic: str,
            frame: str) -> xml.Element:
    sensor = _add(link, "sensor", name=name, type=kind)
    for tag, value in (("pose", pose), ("always_on", "true"), ("update_rate", rate_hz), ("topic", topic),
                       ("gz_frame_id", frame)):
        _add(sensor, tag, value)
    return sensor
