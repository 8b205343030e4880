"""The world of one site: house, robot, people and light; physics forward, and what camera and lidar see.

No middleware and no wall clock here. The truth about people (postures, events) is for the story, the report and tests.
"""
from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import mujoco
import numpy as np

from robot.site import Lidar, Site
from sim.aids import Blanket, WalkingFrame, Wheelchair
from sim.base import Base, add_robot
from sim.body import PEOPLE_GROUP, choose_clothes
from sim.house import HouseBuilder
from sim.light import LIGHTS, ColorSensor, Light, set_light
from sim.motion import LieInBed
from sim.person import Person
from sim.poses import Manner
from sim.renderer import Renderer
from sim.sight import Sight, View
from sim.stereo import StereoDepth
from sim.things import Things, add_things
from sim.ways import Ways

TIMESTEP_S = 0.004
PEOPLE_EVERY_S = 0.04  # how often contact bodies of people follow them; pictures always do
DEPTH_RANGE_M = (0.2, 8.0)  # a depth camera sees nothing nearer or farther
LIDAR_NOISE_M = 0.004
DOOR_OPEN_RAD = math.radians(85)
LAMPS = 4  # the nearest ceiling lamps that are drawn: each costs about a millisecond, and OpenGL has eight lights


class World:
    """A simulated flat with a robot and people. Frame: the site's map, metres, seconds since the start."""

    def __init__(self, site: Site, seed: int = 0, people: Sequence[str] | None = None,
                 manners: Mapping[str, Manner] | None = None, blankets: Collection[str] = ()) -> None:
        """Build the world; people: ids of residents and caregivers (None: all residents), manners: how they move,
        blankets: who of them has one in her own bed.

        Raises ValueError for an unknown person, and for a camera that hangs upside down.
        """
        if site.robot.camera.roll_deg:
            raise ValueError("robot.camera.roll_deg: the simulator's camera is mounted upright; write 0")
        self.site, self.seed = site, seed
        self.time_s = 0.0
        self._events: list[tuple[float, str, str, str]] = []
        self._rng = np.random.default_rng([seed, 1])
        self.ways = Ways(site)
        self.people: dict[str, Person] = {}
        self._aids: list[Blanket | WalkingFrame | Wheelchair] = []
        self._bring_in(people, manners or {}, blankets)
        spec = world_spec(site, seed, self.people.values())
        add_things(spec)
        for aid in self._aids:
            aid.add_to(spec)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        for person in self.people.values():
            person.figure.bind(self.model)
        self.base = Base(self.model, self.data, site.robot, self._rng)
        self.things = Things(self.model, self.data)
        self._camera = self.model.camera("robot/camera").id
        self._lidar = self.model.site("robot/lidar").id
        self.open_doors: set[str] = set()  # of those that the site file has closed
        self._sight = Sight(site, self.open_doors)
        self._room_of_geom = self._rooms_of_geoms()
        camera = site.robot.camera
        self._sensor = ColorSensor(camera.height, camera.width, DEPTH_RANGE_M[1], self._rng)
        self._stereo = StereoDepth(camera.height, camera.width, camera.focal_px, np.random.default_rng([seed, 3]))
        self._people_at_s = -math.inf
        self._settled: dict[str, tuple | None] = {}  # where people stay whose contact bodies are there
        self._ranges: np.ndarray | None = None  # of the lidar without noise, until something moves
        self._seen_at_s: float | None = None
        self._seen: tuple[np.ndarray, np.ndarray] | None = None
        self.light: Light = "day"
        mujoco.mj_forward(self.model, self.data)

    def _bring_in(self, people: Sequence[str] | None, manners: Mapping[str, Manner], blankets: Collection[str]) -> None:
        """Dress these people, put them into their rooms or beds, and give them what they walk with."""
        figures = {resident.id: resident.body for resident in self.site.residents}
        chosen = list(figures) if people is None else list(people)
        figures |= {caregiver.id: "adult" for caregiver in self.site.caregivers}
        if unknown := [name for name in chosen if name not in figures]:
            raise ValueError(f"not people of {self.site.site.id}: {', '.join(unknown)}; known: {', '.join(figures)}")
        rooms = {resident.id: resident.room for resident in self.site.residents}
        for number, person_id in enumerate(chosen):
            figure = figures[person_id]
            clothes = choose_clothes(figure, np.random.default_rng([self.seed, 2, number]))
            person = Person(person_id, figure, clothes, self.site, self.ways, self.seed * 101 + number, self._note,
                            manners.get(person_id, Manner()))
            person.place_at(*self.site.room(rooms.get(person_id, self.site.rooms[0].id)).center, 0.0)
            for bed in self.site.furniture:
                if bed.kind == "bed" and bed.resident == person_id:
                    person.place(LieInBed(bed.id))
                    if person_id in blankets:
                        self._aids.append(Blanket(person, bed))
            manner = person.posing.manner
            if manner.frame or manner.wheelchair:
                self._aids.append(WalkingFrame(person) if manner.frame else Wheelchair(person))
            self.people[person_id] = person

    # time ------------------------------------------------------------------------------------------------------------

    def step(self, dt_s: float) -> None:
        """Advance physics and people by dt_s (a multiple of 4 ms, or rounded to one)."""
        steps = max(1, round(dt_s / TIMESTEP_S))
        for person in self.people.values():
            person.advance(self.time_s + steps * TIMESTEP_S)
        if self.time_s - self._people_at_s >= PEOPLE_EVERY_S - 1e-9:
            self._move_people()
        self._ranges = None
        for _ in range(steps):
            self.base.before_step(TIMESTEP_S)
            mujoco.mj_step(self.model, self.data)
        self.time_s += steps * TIMESTEP_S
        self.base.after_steps(steps * TIMESTEP_S)

    def rest(self, dt_s: float) -> None:
        """Let dt_s pass in which robot and people stay as they are; only their time and the battery go on."""
        for person in self.people.values():
            person.advance(self.time_s + dt_s)
        self.time_s += dt_s
        self.base.rest(dt_s)

    @property
    def still(self) -> bool:
        """Whether nobody moves and the robot stands."""
        return not self.base.moving and not any(person.busy for person in self.people.values())

    def drain_events(self) -> list[tuple[float, str, str, str]]:
        """What happened to people since the last call: (time_s, what, person id, detail), oldest first."""
        events, self._events = sorted(self._events), []
        return events

    def _note(self, time_s: float, what: str, person_id: str, detail: str) -> None:
        self._events.append((time_s, what, person_id, detail))
        if what in ("opens_door", "closes_door"):
            self.set_door(detail, what == "opens_door")

    def set_door(self, door_id: str, is_open: bool) -> None:
        """Open or close a door that the site file has closed (others have no leaf)."""
        if all(door.id != door_id or door.open for door in self.site.doors):
            return
        (self.open_doors.add if is_open else self.open_doors.discard)(door_id)
        leaf = self.model.body(f"leaf/{door_id}")
        turn = np.array([math.cos(DOOR_OPEN_RAD / 2), 0, 0, math.sin(DOOR_OPEN_RAD / 2)])
        opened = np.zeros(4)
        mujoco.mju_mulQuat(opened, leaf.quat, turn)
        self.data.mocap_quat[leaf.mocapid[0]] = opened if is_open else leaf.quat

    def _move_people(self, pictured: bool = False, everybody: bool = False) -> None:
        """Bring the bodies up to date whom the robot could see or touch; who stays still breathes in pictures."""
        view = self._sight.view(*self.robot_pose[:2])
        for person in self.people.values():
            if everybody or self._sight.shows(view, *person.position[:2]):
                stands = (*person.position, person.heading)
                if pictured or person.busy or self._settled.get(person.id) != stands:
                    person.figure.apply(self.data, person.stance)
                self._settled[person.id] = None if person.busy else stands
        for aid in self._aids:
            aid.follow(self.model, self.data)
        self._people_at_s = self.time_s

    def _rooms_of_geoms(self) -> np.ndarray:
        """str (ngeom,): the room that furniture and decoration stand in, "" for all else."""
        of_piece = {f"furniture/{piece.id}": piece.room for piece in self.site.furniture}

        def room(body: int) -> str:
            name = self.model.body(body).name
            if name or body == 0:
                return of_piece.get(name, "")
            around = self.site.room_at(*self.model.body_pos[body][:2])
            return around.id if around else ""

        rooms = np.array([room(body) for body in range(self.model.nbody)])
        return rooms[self.model.geom_bodyid]

    # robot -----------------------------------------------------------------------------------------------------------

    def drive(self, linear_mps: float, angular_rps: float) -> None:
        """Velocity command to the base; its limits and acceleration apply. It lasts until the next."""
        self.base.drive(linear_mps, angular_rps)

    @property
    def robot_pose(self) -> tuple[float, float, float]:
        """The truth: x [m], y [m], yaw [rad] in map."""
        return self.base.pose

    @property
    def robot_twist(self) -> tuple[float, float]:
        """The truth: forward [m/s], turning [rad/s]."""
        return self.base.twist

    @property
    def odometry(self) -> tuple[float, float, float]:
        """What the wheels add up to since the start: x [m], y [m], yaw [rad]; drifts a little."""
        return tuple(float(value) for value in self.base.odometry)

    @property
    def wheel_twist(self) -> tuple[float, float]:
        """What the wheels say now: forward [m/s], turning [rad/s]."""
        return tuple(float(value) for value in self.base.wheel_twist)

    @property
    def bumped(self) -> bool:
        """Whether the robot's shell touched something in the last step."""
        return self.base.bumped

    @property
    def on_dock(self) -> bool:
        return self.base.on_dock

    @property
    def battery(self) -> float:
        """Charge, 0..1."""
        return self.base.battery

    @property
    def charging(self) -> bool:
        return self.base.charging

    # senses ----------------------------------------------------------------------------------------------------------

    @property
    def light(self) -> Light:
        return self._light

    @light.setter
    def light(self, light: Light) -> None:
        set_light(self.model, light)
        self._light = light
        self._seen_at_s = None

    def color(self) -> np.ndarray:
        """The robot's colour picture now, (H, W, 3) uint8 RGB."""
        picture, depth = self._look()
        return self._sensor.expose(picture, depth, self._light)

    def depth(self) -> np.ndarray:
        """The robot's depth picture now, (H, W) float32 metres along the optical axis, 0 where nothing was measured."""
        return self._stereo(self._look()[1])

    def scan(self) -> np.ndarray:
        """Lidar ranges now (beams,) float32 [m], from the robot's +x counter-clockwise; inf: nothing in range."""
        lidar = self.site.robot.lidar
        if self._ranges is None:
            self._ranges = self._cast(lidar)
        ranges = self._ranges
        noisy = ranges + self._rng.normal(scale=LIDAR_NOISE_M, size=lidar.beams)
        return np.where((ranges < 0) | (ranges > lidar.range_m), np.inf, noisy).astype(np.float32)

    def _cast(self, lidar: Lidar) -> np.ndarray:
        """Ranges (beams,) [m] without noise, negative where nothing is hit."""
        self._move_people()
        mujoco.mj_kinematics(self.model, self.data)
        angles = self.robot_pose[2] + np.arange(lidar.beams) * math.tau / lidar.beams
        rays = np.stack([np.cos(angles), np.sin(angles), np.zeros(lidar.beams)], axis=1)
        ranges = np.empty(lidar.beams)
        hit = np.empty(lidar.beams, np.int32)
        seen = np.array([1, 0, 0, 0, 1, 0], np.uint8)  # solid things and people, not decoration nor the robot
        mujoco.mj_multiRay(self.model, self.data, self.data.site_xpos[self._lidar], rays.ravel(), seen, True, -1, hit,
                           ranges, None, lidar.beams, lidar.range_m)
        return ranges

    def overhead(self, width: int = 800, height: int = 600) -> np.ndarray:
        """A picture of the whole site from above without ceiling, (height, width, 3) uint8 RGB, for reports."""
        corners = np.array([corner for room in self.site.rooms for corner in room.polygon])
        low, high = corners.min(axis=0) - 0.3, corners.max(axis=0) + 0.3
        camera = mujoco.MjvCamera()
        camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        camera.lookat[:] = (*((low + high) / 2), 0)
        camera.azimuth, camera.elevation = 90, -89.9
        view = math.radians(self.model.vis.global_.fovy) / 2
        span = max((high - low)[1], (high - low)[0] * height / width)
        camera.distance = span / 2 / math.tan(view) + self.site.site.map.wall_height_m
        self._prepare(None)
        renderer = Renderer(self.model, width, height)
        try:
            return renderer.look(self.data, camera, hide=(5,))[0]
        finally:
            renderer.close()

    def close(self) -> None:
        """Free the renderer."""
        if "_renderer" in self.__dict__:
            self._renderer.close()

    @cached_property
    def _renderer(self) -> Renderer:
        """Made with the first picture: a world without pictures needs no renderer."""
        return Renderer(self.model, self.site.robot.camera.width, self.site.robot.camera.height)

    def _look(self) -> tuple[np.ndarray, np.ndarray]:
        """Colour without noise and depth; one rendering serves both until time goes on."""
        if self._seen_at_s != self.time_s or self._seen is None:
            view = self._prepare(self._camera)
            groups = self.model.geom_group.copy()
            self.model.geom_group[~np.isin(self._room_of_geom, ["", *view.rooms])] = PEOPLE_GROUP  # never drawn
            picture, depth = self._renderer.look(self.data, self._camera, hide=(2,))
            self.model.geom_group[:] = groups
            depth[(depth < DEPTH_RANGE_M[0]) | (depth > DEPTH_RANGE_M[1])] = 0
            self._seen, self._seen_at_s = (picture, depth), self.time_s
        return self._seen

    def _prepare(self, camera: int | None) -> View:
        """Bring bodies and lamps up to date, leave out people whom the camera cannot see; returns what it can see."""
        self._move_people(pictured=True, everybody=camera is None)
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)
        x, y, yaw = self.robot_pose
        forward = self.site.robot.camera.forward_m
        eye = (x + forward * math.cos(yaw), y + forward * math.sin(yaw))
        view = self._sight.view(*eye, yaw, math.radians(self.site.robot.camera.hfov_deg) / 2)
        far = np.hypot(*(self.model.light_pos[:, :2] - eye).T)
        self.model.light_active[:] = (LIGHTS[self._light]["ceiling"] > 0) & (far <= np.sort(far)[:LAMPS][-1])
        for person in self.people.values():
            person.figure.show(self.model, camera is None or self._sight.shows(view, *person.position[:2]))
        return view


def world_spec(site: Site, seed: int = 0, people: Iterable[Person] = ()) -> mujoco.MjSpec:
    """The site as a MuJoCo spec, still to be compiled: building, furniture, robot, docks, lamps, and these people."""
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.visual.global_.offwidth, spec.visual.global_.offheight = 1280, 960
    spec.visual.quality.offsamples = 0  # multisampling and shadows cost more than all the rest
    spec.visual.quality.shadowsize = 0
    spec.visual.quality.numquads = 2  # 4 draws 5 ms slower
    spec.visual.headlight.specular = [0.03] * 3
    HouseBuilder(spec, site, seed).build()
    add_robot(spec, site.robot)
    for person in people:
        person.figure.add_to(spec)
    for room in site.rooms:
        x, y = room.center
        spec.worldbody.add_light(name=f"ceiling/{room.id}", pos=[x, y, site.site.map.wall_height_m - 0.1],
                                 dir=[0, 0, -1], cutoff=85, exponent=1, attenuation=[1, 0, 0.06], castshadow=False)
    spec.stat.extent = 10.0
    spec.stat.center = [*np.mean([room.center for room in site.rooms], axis=0), 1.0]
    spec.visual.map.znear, spec.visual.map.zfar = 0.005, 3.0  # in extents: 5 cm and 30 m
    return spec
