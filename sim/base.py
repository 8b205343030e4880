"""The robot: a round differential drive with a head, its wheels' odometry and its battery."""
from __future__ import annotations

import math

import mujoco
import numpy as np

from robot.site import Robot

ROBOT_GROUP = 2
WHEEL_RADIUS_M = 0.065
TRACK_M = 0.31  # between the wheels
ACCELERATION_MPS2 = 0.8
TURN_ACCELERATION_RPS2 = 3.5
DRAIN_PER_S = 1 / (5 * 3600)  # standing; driving takes twice as much
STANDS = 0.02  # wheels that say less, m/s or rad/s, stand
CHARGE_PER_S = 1 / (1.5 * 3600)
DOCK_POSITION_M, DOCK_ANGLE_RAD = 0.10, 0.25  # the contacts touch within this of the dock's pose


def add_robot(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Add the robot at its first dock, its camera ("robot/camera") and lidar site, and all docks."""
    x, y, yaw = _dock_pose(robot)
    body = spec.worldbody.add_body(name="robot", pos=[x, y, 0.0], quat=[math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)])
    body.add_freejoint(name="robot/base")
    solid = dict(group=ROBOT_GROUP, contype=4, conaffinity=3)
    shape = mujoco.mjtGeom
    radius, top = robot.radius_m, max(robot.camera.height_m, 0.5)
    body.add_geom(name="robot/chassis", type=shape.mjGEOM_CYLINDER, pos=[0, 0, 0.17], size=[radius, 0.12, 0],
                  mass=14.0, material="shell", **solid)
    body.add_geom(name="robot/torso", type=shape.mjGEOM_CYLINDER, pos=[0, 0, (0.29 + top - 0.1) / 2],
                  size=[radius * 0.6, (top - 0.1 - 0.29) / 2, 0], mass=2.0, material="shell", **solid)
    body.add_geom(name="robot/head", type=shape.mjGEOM_ELLIPSOID, pos=[0, 0, top], size=[0.12, 0.14, 0.13], mass=0.6,
                  material="shell", **solid)
    body.add_geom(type=shape.mjGEOM_ELLIPSOID, pos=[0.03, 0, top], size=[0.1, 0.12, 0.1], mass=0, material="dark",
                  group=ROBOT_GROUP, contype=0, conaffinity=0)
    body.add_geom(type=shape.mjGEOM_CYLINDER, pos=[0, 0, 0.3], size=[radius * 1.01, 0.012, 0], mass=0,
                  material="accent", group=ROBOT_GROUP, contype=0, conaffinity=0)
    slippery = dict(type=shape.mjGEOM_SPHERE, size=[0.03, 0, 0], mass=0.2, priority=1, condim=1, material="dark",
                    group=ROBOT_GROUP, contype=4, conaffinity=3)  # priority: else the floor's friction would count
    for side in (-1, 1):
        body.add_geom(name=f"robot/caster_{side}", pos=[side * (radius - 0.05), 0, 0.031], **slippery)
    for name, side in (("left", 1), ("right", -1)):
        wheel = body.add_body(name=f"robot/{name}", pos=[0, side * TRACK_M / 2, WHEEL_RADIUS_M])
        wheel.add_joint(name=f"robot/{name}", type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0], damping=0.02,
                        armature=0.02)
        wheel.add_geom(name=f"robot/{name}", type=shape.mjGEOM_CYLINDER, size=[WHEEL_RADIUS_M, 0.02, 0],
                       quat=[math.sqrt(0.5), math.sqrt(0.5), 0, 0], mass=1.0, friction=[1.3, 0.01, 0.001],
                       material="dark", **solid)
        motor = spec.add_actuator(name=f"robot/{name}", target=f"robot/{name}",
                                  trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.set_to_velocity(kv=20.0)
        motor.forcerange = [-6, 6]
        motor.forcelimited = True
    spec.add_exclude(bodyname1="robot", bodyname2="robot/left")
    spec.add_exclude(bodyname1="robot", bodyname2="robot/right")
    pitch = math.radians(robot.camera.pitch_deg)
    fovy = 2 * math.atan(robot.camera.height / 2 / robot.camera.focal_px)
    # MuJoCo's camera looks along its -z: x to the right, y up.
    body.add_camera(name="robot/camera", pos=[robot.camera.forward_m, 0, robot.camera.height_m],
                    xyaxes=[0, -1, 0, math.sin(pitch), 0, math.cos(pitch)], fovy=math.degrees(fovy))
    body.add_site(name="robot/lidar", pos=[0, 0, robot.lidar.height_m])
    for dock in robot.docks:
        x, y, yaw = dock.pose[0], dock.pose[1], math.radians(dock.pose[2])
        behind = radius + 0.07
        station = spec.worldbody.add_body(name=f"dock/{dock.id}", quat=[math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)],
                                          pos=[x - math.cos(yaw) * behind, y - math.sin(yaw) * behind, 0])
        station.add_geom(type=shape.mjGEOM_BOX, pos=[0, 0, 0.06], size=[0.04, 0.14, 0.06], material="dark", group=0,
                         contype=1, conaffinity=0)


def _dock_pose(robot: Robot) -> tuple[float, float, float]:
    x, y, degrees = robot.docks[0].pose
    return x, y, math.radians(degrees)


class Base:
    """Drives the wheels of a compiled model and keeps what a real base would report."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, robot: Robot, rng: np.random.Generator) -> None:
        self._model, self._data, self._robot = model, data, robot
        self._body = model.body("robot").id
        self._joint = model.joint("robot/base").qposadr[0]
        self._speed = model.joint("robot/base").dofadr[0]
        self._wheels = np.array([model.joint(f"robot/{side}").qposadr[0] for side in ("left", "right")])
        self._motors = np.array([model.actuator(f"robot/{side}").id for side in ("left", "right")])
        shells = {model.geom(f"robot/{part}").id for part in ("chassis", "torso", "head")}
        self._is_shell = np.isin(np.arange(model.ngeom), list(shells))
        self._wanted = np.zeros(2)
        self._commanded = np.zeros(2)
        self._angles = data.qpos[self._wheels].copy()
        # What the odometry believes of its wheels: a percent off, as tyres are.
        self._believed_radius = WHEEL_RADIUS_M * (1 + 0.004 * rng.standard_normal(2))
        self.odometry = np.array(_dock_pose(robot)) * 0.0  # x, y, yaw since the start [m, m, rad]
        self.wheel_twist = np.zeros(2)  # what the wheels say: m/s, rad/s
        self.battery = 0.94
        self.charging = False
        self.bumped = False

    @property
    def pose(self) -> tuple[float, float, float]:
        """Where the base really is: x [m], y [m], yaw [rad] in map."""
        x, y = self._data.qpos[self._joint:self._joint + 2]
        w, i, j, k = self._data.qpos[self._joint + 3:self._joint + 7]
        return float(x), float(y), math.atan2(2 * (w * k + i * j), 1 - 2 * (j * j + k * k))

    @property
    def twist(self) -> tuple[float, float]:
        """How the base really moves: forward [m/s], turning [rad/s]."""
        yaw = self.pose[2]
        vx, vy = self._data.qvel[self._speed:self._speed + 2]
        return float(vx * math.cos(yaw) + vy * math.sin(yaw)), float(self._data.qvel[self._speed + 5])

    @property
    def on_dock(self) -> bool:
        """Whether the charging contacts touch one of the docks."""
        x, y, yaw = self.pose
        return any(math.hypot(x - dock.pose[0], y - dock.pose[1]) < DOCK_POSITION_M
                   and abs(math.remainder(yaw - math.radians(dock.pose[2]), math.tau)) < DOCK_ANGLE_RAD
                   for dock in self._robot.docks)

    def put(self, x: float, y: float, yaw: float) -> None:
        """Stand still at a pose [m, rad, map] at once (a robot carried by hand; odometry does not notice)."""
        half = yaw / 2
        self._data.qpos[self._joint:self._joint + 7] = (x, y, 0.0, math.cos(half), 0, 0, math.sin(half))
        self._data.qvel[:] = 0
        self._commanded[:] = self._wanted[:] = 0
        mujoco.mj_forward(self._model, self._data)

    def drive(self, linear_mps: float, angular_rps: float) -> None:
        """Ask for a velocity; limits of the base apply."""
        self._wanted[:] = (np.clip(linear_mps, -self._robot.max_speed_mps, self._robot.max_speed_mps),
                           np.clip(angular_rps, -self._robot.max_turn_rps, self._robot.max_turn_rps))

    @property
    def moving(self) -> bool:
        """Whether it drives or is about to."""
        return bool(np.abs(self._wanted).max() > 0 or np.abs(self._commanded).max() > 0
                    or np.abs(self.wheel_twist).max() > STANDS)

    def rest(self, dt_s: float) -> None:
        """Time passes while it stands: only the battery goes on."""
        rate = CHARGE_PER_S if self.charging else -DRAIN_PER_S
        self.battery = min(max(self.battery + dt_s * rate, 0.0), 1.0)

    def before_step(self, dt_s: float) -> None:
        """Set the motors for the next physics step."""
        step = np.array([ACCELERATION_MPS2, TURN_ACCELERATION_RPS2]) * dt_s
        self._commanded += np.clip(self._wanted - self._commanded, -step, step)
        linear, angular = self._commanded
        self._data.ctrl[self._motors] = (np.array([linear - angular * TRACK_M / 2, linear + angular * TRACK_M / 2])
                                         / WHEEL_RADIUS_M)

    def after_steps(self, dt_s: float) -> None:
        """Integrate odometry, battery and bumper over the time just simulated."""
        angles = self._data.qpos[self._wheels]
        left, right = (angles - self._angles) * self._believed_radius
        self._angles = angles.copy()
        forward, turn = (left + right) / 2, (right - left) / TRACK_M
        heading = self.odometry[2] + turn / 2
        self.odometry += (forward * math.cos(heading), forward * math.sin(heading), turn)
        self.wheel_twist[:] = (forward / dt_s, turn / dt_s)
        self.charging = bool(self.on_dock and np.abs(self.wheel_twist).max() < STANDS)
        drain = DRAIN_PER_S * (2.0 if abs(self._commanded).max() > 0.01 else 1.0)
        self.battery = min(max(self.battery + dt_s * (CHARGE_PER_S if self.charging else -drain), 0.0), 1.0)
        pairs = self._data.contact.geom[:self._data.ncon]
        self.bumped = bool(self._is_shell[pairs].any())
