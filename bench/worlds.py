"""How fast worlds run: with pictures, without, at rest, several at once; and the same flat in pybullet beside them.

    python bench/worlds.py [--seconds 10] [--worlds 1 2 4]

Compared are equal things: the same walls and furniture as boxes, a differential drive that goes the same way in 4 ms
steps, 360 lidar beams, and a 640x480 camera with depth in metres, both at 10 Hz, drawn by the processor. pybullet
draws with both of its renderers, TinyRenderer and OpenGL (EGL), without segmentation, which nobody asked for. Only
Anban's flat has a resident in it (a skinned body that breathes), textures, lamps, and noise in picture, depth and
scan. One JSON line a figure; a peer that is not installed (`make bench` installs it) is named. About 2 minutes.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
import yaml  # noqa: E402

from bench.figures import figure  # noqa: E402
from robot.site import Site, load_site  # noqa: E402
from sim.base import TRACK_M, WHEEL_RADIUS_M  # noqa: E402
from sim.simulation import REST_TICKS, TICK_S, Simulation  # noqa: E402
from sim.story import Story, load_story  # noqa: E402
from sim.world import TIMESTEP_S, World  # noqa: E402

SENSE_S = 0.1  # scan and picture
RANGE_M = 8.0
NEAR_M, FAR_M = 0.05, 30.0  # what both cameras draw
OURS = "anban (mujoco)"
ENGINES = {OURS: None, "pybullet, TinyRenderer": False, "pybullet, OpenGL": True}  # name: whether by OpenGL
HOME = "config/home.yaml, seed 1"
QUIET = """\
id: quiet
date: 2026-11-21
start: "23:00:00"
light: night
people:
  lin: {furniture: bed_1}
ends:
  - {at: 28800}
"""


class Ours:
    """Anban's world: MuJoCo."""

    def __init__(self, site: Site) -> None:
        self.world = World(site, seed=1)
        self.world.light = "day"

    def drive(self, linear_mps: float, angular_rps: float) -> None:
        self.world.drive(linear_mps, angular_rps)

    def steps(self, count: int) -> None:
        self.world.step(count * TIMESTEP_S)

    def scan(self) -> np.ndarray:
        return self.world.scan()

    def picture(self) -> tuple[np.ndarray, np.ndarray]:
        return self.world.color(), self.world.depth()

    @property
    def pose(self) -> tuple[float, float]:
        return self.world.robot_pose[:2]

    def close(self) -> None:
        self.world.close()


class Bullet:
    """The same flat, robot and sensors in pybullet; `opengl`: drawn by its EGL renderer instead of TinyRenderer.

    Raises ImportError where pybullet or its renderer is missing.
    """

    def __init__(self, site: Site, model, data, opengl: bool) -> None:
        import mujoco  # after sim, which chooses the renderer
        import pybullet
        self._b, self._site = pybullet, site
        self._world = pybullet.connect(pybullet.DIRECT)
        self._renderer = pybullet.ER_BULLET_HARDWARE_OPENGL if opengl else pybullet.ER_TINY_RENDERER
        plugin = importlib.util.find_spec("eglRenderer")
        if opengl and (plugin is None or pybullet.loadPlugin(plugin.origin, "_eglRendererPlugin") < 0):
            pybullet.disconnect(self._world)
            raise ImportError("its renderer for EGL does not start here")
        pybullet.setGravity(0, 0, -9.81)
        pybullet.setTimeStep(TIMESTEP_S)
        floor = [20, 20, 0.05]  # a box as well: its OpenGL renderer does not survive a plane without a mesh
        shape = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=floor)
        look = pybullet.createVisualShape(pybullet.GEOM_BOX, halfExtents=floor, rgbaColor=[0.6, 0.5, 0.4, 1])
        pybullet.createMultiBody(0, shape, look, [0, 0, -floor[2]])
        self.boxes = 0
        for geom in range(model.ngeom):
            if model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_BOX or model.geom_group[geom] != 0:
                continue
            half, turn = model.geom_size[geom].tolist(), np.empty(4)
            mujoco.mju_mat2Quat(turn, data.geom_xmat[geom])
            shape = pybullet.createCollisionShape(pybullet.GEOM_BOX, halfExtents=half)
            look = pybullet.createVisualShape(pybullet.GEOM_BOX, halfExtents=half, rgbaColor=[0.8, 0.8, 0.7, 1])
            pybullet.createMultiBody(0, shape, look, data.geom_xpos[geom].tolist(), [*turn[1:], turn[0]])
            self.boxes += 1
        self._robot = self._build_robot()
        camera, aspect = site.robot.camera, site.robot.camera.width / site.robot.camera.height
        fov = math.degrees(2 * math.atan(camera.height / 2 / camera.focal_px))
        self._projection = pybullet.computeProjectionMatrixFOV(fov, aspect, NEAR_M, FAR_M)
        angles = np.arange(site.robot.lidar.beams) * math.tau / site.robot.lidar.beams
        self._beams = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1)

    def _build_robot(self) -> int:
        b, (x, y, degrees) = self._b, self._site.robot.docks[0].pose
        radius = self._site.robot.radius_m
        body = b.createCollisionShape(b.GEOM_CYLINDER, radius=radius, height=0.24)
        wheel = b.createCollisionShape(b.GEOM_CYLINDER, radius=WHEEL_RADIUS_M, height=0.04)
        caster = b.createCollisionShape(b.GEOM_SPHERE, radius=0.03)
        across, low = b.getQuaternionFromEuler([math.pi / 2, 0, 0]), WHEEL_RADIUS_M - 0.17
        robot = b.createMultiBody(
            16.6, body, -1, [x, y, 0.17], b.getQuaternionFromEuler([0, 0, math.radians(degrees)]),
            linkMasses=[1, 1, 0.2, 0.2], linkCollisionShapeIndices=[wheel, wheel, caster, caster],
            linkVisualShapeIndices=[-1] * 4, linkParentIndices=[0] * 4, linkInertialFramePositions=[[0, 0, 0]] * 4,
            linkPositions=[[0, TRACK_M / 2, low], [0, -TRACK_M / 2, low], [radius - 0.05, 0, 0.031 - 0.17],
                           [0.05 - radius, 0, 0.031 - 0.17]],
            linkOrientations=[[0, 0, 0, 1]] * 4, linkInertialFrameOrientations=[across, across, [0, 0, 0, 1],
                                                                                [0, 0, 0, 1]],
            linkJointTypes=[b.JOINT_REVOLUTE] * 2 + [b.JOINT_FIXED] * 2, linkJointAxis=[[0, 1, 0]] * 4)
        for link, friction in ((0, 1.3), (1, 1.3), (2, 0.0), (3, 0.0)):
            b.changeDynamics(robot, link, lateralFriction=friction)
        b.changeDynamics(robot, -1, linearDamping=0, angularDamping=0)
        return robot

    def drive(self, linear_mps: float, angular_rps: float) -> None:
        for joint, side in ((0, -1), (1, 1)):
            self._b.setJointMotorControl2(
                self._robot, joint, self._b.VELOCITY_CONTROL, force=6,
                targetVelocity=(linear_mps + side * angular_rps * TRACK_M / 2) / WHEEL_RADIUS_M)

    def steps(self, count: int) -> None:
        for _ in range(count):
            self._b.stepSimulation()

    def scan(self) -> np.ndarray:
        (x, y, _), turn = self._b.getBasePositionAndOrientation(self._robot)
        yaw = self._b.getEulerFromQuaternion(turn)[2]
        cos, sin = math.cos(yaw), math.sin(yaw)
        beams = self._beams @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
        here = np.array([x, y, self._site.robot.lidar.height_m])
        start = here + beams * (self._site.robot.radius_m + 0.01)  # beams begin outside the robot itself
        hits = self._b.rayTestBatch(start.tolist(), (here + beams * RANGE_M).tolist(), numThreads=0)  # all cores
        return np.array([hit[2] for hit in hits]) * RANGE_M

    def picture(self) -> tuple[np.ndarray, np.ndarray]:
        (x, y, _), turn = self._b.getBasePositionAndOrientation(self._robot)
        yaw, camera = self._b.getEulerFromQuaternion(turn)[2], self._site.robot.camera
        eye = [x + 0.3 * math.cos(yaw), y + 0.3 * math.sin(yaw), camera.height_m]
        ahead = [eye[0] + math.cos(yaw), eye[1] + math.sin(yaw), eye[2] - math.tan(math.radians(camera.pitch_deg))]
        view = self._b.computeViewMatrix(eye, ahead, [0, 0, 1])
        _, _, color, buffer, _ = self._b.getCameraImage(
            camera.width, camera.height, view, self._projection, shadow=0, renderer=self._renderer,
            flags=self._b.ER_NO_SEGMENTATION_MASK)
        return color[:, :, :3], FAR_M * NEAR_M / (FAR_M - (FAR_M - NEAR_M) * buffer)

    @property
    def pose(self) -> tuple[float, float]:
        return self._b.getBasePositionAndOrientation(self._robot)[0][:2]

    def close(self) -> None:
        self._b.disconnect(self._world)


def pace(world: Ours | Bullet, seconds: float, scans: bool, pictures: bool) -> float:
    """Simulated seconds per wall second while the robot drives ahead and back."""
    began = time.perf_counter()
    for number in range(round(seconds / SENSE_S)):
        world.drive(0.3 if number % 40 < 20 else -0.3, 0.2)
        world.steps(round(SENSE_S / TIMESTEP_S))
        if scans:
            world.scan()
        if pictures:
            world.picture()
    return seconds / (time.perf_counter() - began)


def rate(act: Callable[[], object], times: int) -> float:
    """How often a second something can be done."""
    act()
    began = time.perf_counter()
    for _ in range(times):
        act()
    return times / (time.perf_counter() - began)


def compare(seconds: float) -> None:
    """Anban's world beside pybullet's, each in a process of its own: their OpenGL libraries do not bear one another."""
    for engine in ENGINES:
        silent = {"MUJOCO_GL": "disable"} if engine != OURS else {}
        command = [sys.executable, str(Path(__file__)), "--engine", engine, "--seconds", str(seconds)]
        with subprocess.Popen(command, env=os.environ | silent, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("{"):  # OpenGL introduces itself there as well
                    print(line, end="", flush=True)
        if process.returncode:
            raise RuntimeError(f"{engine} ended with status {process.returncode}")


def engine_alone(site: Site, engine: str, seconds: float) -> None:
    """One engine's figures; for `compare`."""
    ours = Ours(site)
    try:
        world = ours if engine == OURS else Bullet(site, ours.world.model, ours.world.data, ENGINES[engine])
    except ImportError as error:
        print(json.dumps({"figure": "peer", "peer": engine, "missing": str(error)}), flush=True)
        return
    measure(world, f"{HOME}, {engine}", seconds)
    world.close()


def measure(world: Ours | Bullet, name: str, seconds: float) -> None:
    """Print the figures of one engine."""
    start = world.pose
    world.drive(0.3, 0.0)
    world.steps(round(2.0 / TIMESTEP_S))
    moved = math.dist(start, world.pose)
    if not 0.3 < moved < 0.7:
        raise RuntimeError(f"{name}: the robot went {moved:.2f} m in 2 s at 0.3 m/s: nothing can be compared")
    figure("physics_steps_per_second", [rate(lambda: world.steps(1), 1000)], "1/s", name, 0)
    figure("scans_per_second", [rate(lambda: (world.steps(1), world.scan()), 100)], "1/s", name, 0)
    figure("images_per_second", [rate(lambda: (world.steps(1), world.picture()), 20)], "1/s", name, 1)
    figure("simulated_seconds_per_second", [pace(world, seconds, True, False)], "s/s",
           f"{name}, lidar 360 beams at 10 Hz")
    figure("simulated_seconds_per_second", [pace(world, seconds, True, True)], "s/s",
           f"{name}, lidar, camera 640x480 and depth at 10 Hz")


def whole(site: Site, story: Story, seconds: float, render: bool, rest_ticks: int = 0) -> float:
    """Simulated seconds per second of everything: body, sound, room sensors, and pictures or the eyes' table."""
    simulation = Simulation(site, story, 1, "en", render)
    until, began = simulation.elapsed_s + seconds, time.perf_counter()
    while simulation.elapsed_s < until:
        simulation.step(rest_ticks)
    pace_ = seconds / (time.perf_counter() - began)
    simulation.world.close()
    return pace_


def parallel(worlds: int, seconds: float) -> float:
    """Simulated seconds of all worlds together per wall second, each in a process of its own, without pictures."""
    command = [sys.executable, str(Path(__file__)), "--one", str(seconds)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(worlds)]
    for process in running:
        process.stdout.readline()  # it stands
    began = time.perf_counter()
    for process in running:
        process.stdin.close()
    if any(process.wait() for process in running):
        raise RuntimeError("a world ended with an error")
    return worlds * seconds / (time.perf_counter() - began)


def one(site: Site, story: Story, seconds: float) -> None:
    """A world that begins when its standard input ends; for `parallel`."""
    simulation = Simulation(site, story, 1, "en", False)
    print("stands", flush=True)
    sys.stdin.read()
    for _ in range(round(seconds / TICK_S)):
        simulation.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="simulated seconds of each run")
    parser.add_argument("--worlds", type=int, nargs="*", default=[1, 2, 4], help="how many at once")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--one", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    site = load_site(ROOT / "config" / "home.yaml")
    night = load_story(ROOT / "config" / "scenarios" / "night.yaml", site)
    if options.one:
        one(site, night, options.one)
        return
    if options.engine:
        engine_alone(site, options.engine, options.seconds)
        return
    compare(options.seconds)
    for render, name in ((True, "with pictures"), (False, "without pictures, eyes by table")):
        figure("simulated_seconds_per_second", [whole(site, night, options.seconds, render)], "s/s",
               f"{HOME}, story night, everything, {name}")
    quiet = Story.model_validate(yaml.safe_load(QUIET))
    figure("simulated_seconds_per_second", [whole(site, quiet, 60 * options.seconds, False, REST_TICKS)], "s/s",
           f"{HOME}, {options.seconds:g} minutes of sleep, without pictures, nothing can happen")
    for worlds in options.worlds:
        figure("worlds_in_parallel_seconds_per_second", [parallel(worlds, options.seconds)], "s/s",
               f"{HOME}, story night, {worlds} at once, without pictures")


if __name__ == "__main__":
    main()
