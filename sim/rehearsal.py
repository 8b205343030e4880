"""Endless rehearsals of falls and of everyday life before one camera: what the eyes are trained and tested on.

A rehearsal is drawn from a seed: site, room, light, person, clothes, age, camera (height, pitch, angle of view), where
it stands, and what is done before it. Nothing is tuned by hand to any one of them.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from robot import site as plan
from robot.grid import Grid, plan_grid
from sim.body import BONE, choose_clothes
from sim.eyes import camera_pose, in_view
from sim.person import Person
from sim.poses import Manner
from sim.repertoire import EVERYDAY, FALLS, ON_FURNITURE, Act, Kinds
from sim.ways import Ways
from sim.world import World

FRAME_S = 0.1
MOVE_S = 1 / 15            # what is acted out without pictures is noted this often
STANDING, SEATED, IN_BED = 1.6, 1.2, 0.7   # heights that must be in sight where somebody starts [m]
NEAR_M, FAR_M = 1.7, 4.6
LONGEST_S = 30.0
TRIES = 60
# Of which a skeleton's places are made: eyes and head; then shoulders, hips, knees and ankles, left and right.
JOINTS = [BONE[name] for name in (
    "eye.L", "eye.R", "head", "upperarm01.L", "upperarm01.R", "upperleg01.L", "upperleg01.R", "lowerleg01.L",
    "lowerleg01.R", "foot.L", "foot.R")]


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture and the truth. image: (H, W, 3) uint8 RGB; depth_mm: (H, W) uint16; camera_to_map: (4, 4).

    joints: (11, 3) of JOINTS [m, map].
    """
    time_s: float
    image: np.ndarray
    depth_mm: np.ndarray
    camera_to_map: np.ndarray
    posture: str
    on_furniture: str
    seen: float  # share of the body that nothing hides and the picture does not cut off
    joints: np.ndarray


class Rehearsal:
    """One person doing one thing before one camera. `kind` names it; `impact_s`: when trunk or hips met the floor.

    `kinds`: what it is drawn from, by default FALLS or EVERYDAY of sim/repertoire.py. Iterate once over its frames;
    then read `impact_s` (None: no fall).
    """

    def __init__(self, seed: int, fall: bool, sites: Sequence[plan.Site], kinds: Kinds | None = None) -> None:
        kinds = kinds or (FALLS if fall else EVERYDAY)
        rng = np.random.default_rng([seed, fall])
        site = sites[rng.integers(len(sites))]
        ways, grid = Ways(site), plan_grid(site)
        drawn = next(filter(None, (_draw(rng, site, ways, grid, kinds) for _ in range(TRIES))), None)
        if drawn is None:
            raise ValueError(f"no place for a rehearsal found in {site.site.id}")
        self.seed, self.impact_s = seed, None
        self.site, self.kind, light, who, manner, self._acts = drawn
        self._rng = rng
        self.world = World(self.site, seed, [who], {who: manner})
        self.world.light = light
        self.person = self.world.people[who]
        camera = self.site.robot.camera
        self.setting = (f"{self.kind}, {self.site.site.id}, {light}, {self.person.body.figure}, camera "
                        f"{camera.height_m:.1f} m high, {camera.pitch_deg:.0f} deg down, {camera.hfov_deg:.0f} wide")

    def __iter__(self) -> Iterator[Frame]:
        try:
            for act in self._acts:
                until_s = act(self.person, self._rng)
                end_s = self.world.time_s + (LONGEST_S if until_s is None else until_s)
                while self.world.time_s < end_s and (until_s is not None or self.person.busy):
                    yield self._step()
        finally:
            self.world.close()

    def _step(self) -> Frame:
        self.world.step(FRAME_S)
        for time_s, what, *_ in self.world.drain_events():
            if what == "impact" and self.impact_s is None:
                self.impact_s = time_s
        matrix = np.eye(4)
        matrix[:3, 3], matrix[:3, :3] = camera_pose(self.world.robot_pose, self.site.robot.camera)
        glance = next(iter(in_view(self.world)), None)
        return Frame(self.world.time_s, self.world.color(), (self.world.depth() * 1000).astype(np.uint16), matrix,
                     self.person.posture, self.person.on_furniture or "", glance.share if glance else 0.0,
                     _joints(self.person))


@dataclass(frozen=True, eq=False)
class Acted:
    """What a body did. joints: (n, 11, 3) of JOINTS [m, map], one every MOVE_S; impact_s: None without a fall."""
    kind: str
    fall: bool
    impact_s: float | None
    joints: np.ndarray


def act_out(seed: int, fall: bool, site: plan.Site, ways: Ways, kinds: Kinds | None = None) -> Acted:
    """A fall or something of everyday life anywhere in the site, without camera and pictures: a hundredth of the cost.

    `kinds`: what it is drawn from, by default what rehearsals are. Raises ValueError where nothing can be done in the
    site.
    """
    rng = np.random.default_rng([seed, fall])
    for _ in range(TRIES):
        deed = _deed(rng, site, ways, kinds or (FALLS if fall else EVERYDAY))
        if deed is None:
            continue
        impacts: list[float] = []
        figure, manner = _who(rng)
        person = Person("", figure, choose_clothes(figure, rng), site, ways, seed,
                        lambda time_s, what, *_, impacts=impacts: impacts.append(time_s) if what == "impact" else None,
                        manner)
        try:
            joints = list(_acted(person, deed.acts, rng))
        except ValueError:  # the seat is blocked, or there is no way: another deed
            continue
        if fall <= bool(impacts):
            return Acted(deed.kind, fall, impacts[0] if impacts else None, np.array(joints, np.float32))
    raise ValueError(f"nothing can be acted out in {site.site.id}")


def _acted(person: Person, acts: list[Act], rng: np.random.Generator) -> Iterator[np.ndarray]:
    time_s = 0.0
    for act in acts:
        until_s = act(person, rng)
        end_s = time_s + (LONGEST_S if until_s is None else until_s)
        while time_s < end_s and (until_s is not None or person.busy):
            time_s += MOVE_S
            person.advance(time_s)
            yield _joints(person)


def _joints(person: Person) -> np.ndarray:
    return person.body.pose(person.stance)[1][JOINTS]


def _who(rng: np.random.Generator) -> tuple[str, Manner]:
    return ("woman", "man")[rng.integers(2)], Manner.of_age(int(rng.integers(62, 92)))


Drawn = tuple[plan.Site, str, str, str, Manner, list[Act]]


@dataclass(frozen=True, eq=False)
class _Deed:
    """Something to do in a room: `floor` (n, 2), a `spot` (2,) of it to stand on, and perhaps furniture."""
    kind: str
    room: str
    floor: np.ndarray
    spot: np.ndarray
    piece: plan.Furniture | None
    acts: list[Act]


def _deed(rng: np.random.Generator, site: plan.Site, ways: Ways, kinds: Kinds) -> _Deed | None:
    """One deed, or None where the chosen thing cannot be done."""
    room = site.rooms[rng.integers(len(site.rooms))]
    kind = list(kinds)[rng.integers(len(kinds))]
    needs, acts = kinds[kind]
    floor = _floor(ways, room.id)
    pieces = [piece for piece in site.furniture if piece.room == room.id and piece.kind in needs]
    if not len(floor) or needs and not pieces:
        return None
    spot = floor[rng.integers(len(floor))]
    piece = pieces[rng.integers(len(pieces))] if needs else None
    return _Deed(kind, room.id, floor, spot, piece, acts(spot, floor, piece))


@cache
def _floor(ways: Ways, room_id: str) -> np.ndarray:
    """(n, 2) places of a room where one can stand."""
    room = ways.site.room(room_id)
    floor = ways.reachable(room.center)
    return floor[[room.contains(*place) for place in floor]]


def _draw(rng: np.random.Generator, site: plan.Site, ways: Ways, grid: Grid, kinds: Kinds) -> Drawn | None:
    """One setting, or None where the chosen thing cannot be done or seen there."""
    resident = site.residents[rng.integers(len(site.residents))]
    deed = _deed(rng, site, ways, kinds)
    if deed is None:
        return None
    spot, piece, targets = deed.spot, deed.piece, []
    if piece:
        targets.append((*piece.pose[:2], IN_BED if piece.kind == "bed" else SEATED))
        if math.dist(spot, piece.pose[:2]) > FAR_M - NEAR_M:
            return None
    if deed.kind not in ON_FURNITURE:
        targets += [(*spot, STANDING), (*spot, 0.3)]
    camera, pose = _camera(rng, site, deed.floor, grid, targets) or (None, None)
    if camera is None:
        return None
    light = ("day", "evening", "night", "infrared")[rng.integers(4)]
    figure, manner = _who(rng)
    dock = site.robot.docks[0].model_copy(update={"pose": pose, "room": deed.room})  # the robot starts at its dock
    site = site.model_copy(update={
        "robot": site.robot.model_copy(update={"docks": [dock], "camera": camera}),
        "residents": [other.model_copy(update={"body": figure}) if other is resident else other
                      for other in site.residents]})
    return site, deed.kind, light, resident.id, manner, deed.acts


def _camera(rng: np.random.Generator, site: plan.Site, floor: np.ndarray, grid: Grid,
            targets: list[tuple[float, float, float]]) -> tuple[plan.Camera, plan.PoseDeg] | None:
    """A camera that sees all targets from free floor: half the time the robot's own, else any height and angle."""
    points = np.array(targets)
    middle = points[:, :2].mean(axis=0)
    away = np.hypot(*(floor - middle).T)
    places = floor[(away >= NEAR_M) & (away <= FAR_M)]
    if not len(places):
        return None
    x, y = places[rng.integers(len(places))]
    camera, distance = site.robot.camera, float(np.hypot(*(middle - (x, y))))
    if rng.random() < 0.5:
        height = float(rng.uniform(0.7, 2.4))
        pitch = math.degrees(math.atan2(height - 0.7, distance)) + rng.uniform(-6, 6)
        camera = camera.model_copy(update={"height_m": height, "pitch_deg": float(np.clip(pitch, -5, 45)),
                                           "hfov_deg": float(rng.uniform(58, 90))})
    if not grid.sees((x, y, camera.height_m), points).all():
        return None
    yaw = math.degrees(math.atan2(middle[1] - y, middle[0] - x)) + rng.uniform(-12, 12)
    half = math.degrees(math.atan(math.tan(math.radians(camera.hfov_deg / 2)) * camera.height / camera.width))
    for *place, height in targets:  # in the picture from top to bottom
        down = math.degrees(math.atan2(camera.height_m - height, math.dist(place, (x, y)))) - camera.pitch_deg
        if abs(down) > half:
            return None
    return camera, (float(x), float(y), float(yaw))
