"""Eyes without pictures: what the robot's perception would report of the people whom its camera has in view.

`in_view` tells the truth about who can be seen: the camera's field and range, and rays past walls, furniture and other
people. `Eyes` adds the errors of the real perception as `eyes_table.json` has them, which bench/eyes_table.py measures
on this world's pictures: how often somebody is found and lost again, what a posture is taken for, how late, and how far
off places, heights and angles are; and whether the shape on the floor is seen of somebody whom the skeletons lost.
Pure and seeded. Frame: map, metres, seconds.
"""
from __future__ import annotations

import json
import math
import string
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import mujoco
import numpy as np

from robot.site import Camera, Site
from sim.body import BONE
from sim.person import Person
from sim.poses import heading_of
from sim.story_checks import SEATS
from sim.world import DEPTH_RANGE_M, World

TABLE = Path(__file__).with_name("eyes_table.json")
# Points of a body that must be seen to find its skeleton: eyes, shoulders, elbows, hips, knees, ankles.
_LANDMARKS = np.array([BONE[f"{name}.{side}"] for name in ("eye", "upperarm01", "lowerarm01", "upperleg01",
                                                           "lowerleg01", "foot") for side in "LR"])
_LOOK_AHEAD_M = 0.15  # a point inside a limb counts as seen where the ray ends so near before it
_OPAQUE = np.array([1, 0, 0, 0, 1, 0], np.uint8)  # geom groups: solid things and people
# Of a body cut by the picture's edge or a door frame half is enough for a skeleton mostly, less hardly ever (measured:
# found in 0.03 of pictures below 0.4, in 0.5 and more of those above, in 0.9 above 0.75).
WHOLE, PART = 0.75, 0.4
TORSO_M = 0.46  # as in perception: descent speed is counted in torso lengths
FACE_TURN_RAD = math.radians(40)  # as in perception, which sees 30 degrees as turned to it and 45 as turned away
_CARRIED = {"sitting": ("sitting", "sitting_on_floor"), "lying": ("lying_on_furniture", "lying_on_floor")}
LANDING_M = 0.6  # shoulders of who falls are as low as lying ones soon; eyes call it lying before the body is at rest
_NAMES = {"kneeling": "crouching"}
CARRIED_MARGIN_M, CARRIED_BELOW_M = 0.12, 0.15  # as in perception: who lies on a bed is measured beside and above this
BY_SHAPE = 0.8  # as in perception: how surely a shape is who vanished there
ERRORS = ("along_m", "across_m", "hips_m", "shoulders_m", "head_m", "angle_rad")


@dataclass(frozen=True)
class Glance:
    """The truth about one person whom the camera has in view.

    posture: in the robot's words, or "falling" and, once the shoulders are low, "landing", for which it has none.
    view: "cut" where less than WHOLE of the body can be seen, "hidden" where less than PART, else which side is turned
    to the camera: "toward" or "away" (lying: the head or the feet are nearer), or "across". middle: between hips and
    shoulders. Heights above the floor. share: of the body in sight, 0 to 1.
    """
    who: str
    posture: str
    distance_m: float
    view: str
    middle: tuple[float, float, float]
    head: tuple[float, float, float]
    hips_m: float
    shoulders_m: float
    angle_rad: float
    face: bool
    furniture: str
    share: float = 1.0


@dataclass(frozen=True)
class Seen:
    """What is reported of one person: the fields of anban_interfaces/Person."""
    track_id: str
    visible: bool
    posture: str
    probability: float
    position: tuple[float, float, float] | None  # None: no usable depth
    head: tuple[float, float, float] | None
    hips_m: float
    angle_rad: float
    descent_speed: float
    face: bool
    room: str
    furniture: str


@dataclass
class _Memory:
    """What is remembered of one person from look to look."""
    track_id: str
    found: bool = False
    sights: int = 0
    found_s: float = -math.inf
    taken_for: str = ""
    truth: str = ""
    until_s: float = -math.inf  # so long the posture before is still reported
    errors: np.ndarray | None = None  # (6,) standard normal, as ERRORS
    levels: deque[tuple[float, float]] = field(default_factory=deque)  # time, height of the shoulders
    seen: Seen | None = None
    lost_as: str = ""  # the posture for which `shape_s` was drawn
    shape_s: float = math.inf  # from then on somebody lost is seen as a shape on the floor


# --- the truth --------------------------------------------------------------------------------------------------------
def in_view(world: World) -> list[Glance]:
    """Everybody of whom the robot's camera can see anything now."""
    eye, axes = camera_pose(world.robot_pose, world.site.robot.camera)
    found = (_glance(world, person, eye, axes) for person in world.people.values())
    return [glance for glance in found if glance]


def camera_pose(robot: tuple[float, float, float], camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Place (3,) of the camera and its axes (3, 3) as columns right, down, forward, of a robot at x, y, yaw."""
    x, y, yaw = robot
    pitch = math.radians(camera.pitch_deg)
    forward = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    place = np.array([x + camera.forward_m * math.cos(yaw), y + camera.forward_m * math.sin(yaw), camera.height_m])
    return place, np.column_stack([right, np.cross(forward, right), forward])


def _glance(world: World, person: Person, eye: np.ndarray, axes: np.ndarray) -> Glance | None:
    to = person.position - eye
    distance = float(np.linalg.norm(to))
    half_turn = math.radians(world.site.robot.camera.hfov_deg) / 2
    aside = math.atan2(to @ axes[:, 0], to @ axes[:, 2])
    if distance > DEPTH_RANGE_M[1] or abs(aside) > half_turn + math.asin(min(1.1 / distance, 1.0)):
        return None
    stance = person.stance
    turned, joints = person.body.pose(stance)
    share = float(_seen(world, person.id, eye, axes, joints[_LANDMARKS]).mean())
    if share == 0.0:
        return None
    hips = joints[[BONE["upperleg01.L"], BONE["upperleg01.R"]]].mean(axis=0)
    shoulders = joints[[BONE["upperarm01.L"], BONE["upperarm01.R"]]].mean(axis=0)
    head = joints[[BONE["eye.L"], BONE["eye.R"]]].mean(axis=0)
    torso = shoulders - hips
    angle = math.acos(float(np.clip(torso[2] / max(np.linalg.norm(torso), 1e-6), -1, 1)))
    facing = turned[BONE["head"]] @ np.array([0, -1.0, 0])
    view = "cut" if share >= PART else "hidden"
    if share >= WHOLE:
        heading = heading_of(stance) if angle < math.pi / 4 else math.atan2(torso[1], torso[0])
        turn = abs(math.remainder(heading - math.atan2(-to[1], -to[0]), math.tau))
        view = "toward" if turn < math.pi / 3 else "away" if turn > 2 * math.pi / 3 else "across"
    furniture = person.on_furniture or ""
    posture = _NAMES.get(person.posture, person.posture)
    if posture == "falling" and shoulders[2] < LANDING_M:
        posture = "landing"
    if posture in _CARRIED:
        posture = _CARRIED[posture][not furniture]
    return Glance(person.id, posture, distance, view, tuple((hips + shoulders) / 2), tuple(head), float(hips[2]),
                  float(shoulders[2]), angle, bool(facing @ (eye - head) > math.cos(FACE_TURN_RAD)
                                                   * np.linalg.norm(eye - head)), furniture, share)


def _seen(world: World, who: str, eye: np.ndarray, axes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which of the points (n, 3) of a body are inside the picture with nothing before them: (n,) bool."""
    camera = world.site.robot.camera
    rays = points - eye
    across, down, ahead = (rays @ axes).T
    ahead = np.maximum(ahead, 1e-6)
    inside = ((ahead > DEPTH_RANGE_M[0]) & (np.abs(across / ahead) <= camera.width / 2 / camera.focal_px)
              & (np.abs(down / ahead) <= camera.height / 2 / camera.focal_px))
    lengths = np.linalg.norm(rays, axis=1)
    hits, geoms = np.empty(len(points)), np.empty(len(points), np.int32)
    mujoco.mj_multiRay(world.model, world.data, eye, (rays / lengths[:, None]).ravel(), _OPAQUE, True, -1, geoms, hits,
                       None, len(points), DEPTH_RANGE_M[1])
    own = [geom >= 0 and world.model.geom(int(geom)).name.startswith(f"{who}/") for geom in geoms]
    return inside & ((hits < 0) | (hits > lengths - _LOOK_AHEAD_M) | own)


# --- the errors -------------------------------------------------------------------------------------------------------
class Table:
    """Error rates by posture, distance and view (or all sides of whole bodies): the most particular row that was
    measured on enough pictures.

    See bench/eyes_table.py for how each number is measured.
    """

    def __init__(self, data: dict | None = None) -> None:
        """`data`: as the bench makes it; by default what the file has."""
        self.data = data or json.loads(TABLE.read_text(encoding="utf-8"))
        self.settings, self.errors, self.settle_s, self.shape = (
            self.data[key] for key in ("settings", "errors", "settle_s", "shape"))
        self._rows = {(row["posture"], row.get("distance"), row.get("view")): row for row in self.data["rows"]}

    def row(self, posture: str, distance_m: float, view: str) -> dict:
        """The row of frames like this one."""
        near = distance_name(distance_m)
        whole = whole_or(view)
        for key in ((posture, near, view), (posture, near, whole), (posture, None, view), (posture, None, whole),
                    (posture, None, None)):
            if key in self._rows:
                return self._rows[key]
        return self._rows[("any", None, None)]


def whole_or(view: str) -> str:
    """"whole" for every side of a body that is whole in the picture, else how it is not."""
    return view if view in ("cut", "hidden") else "whole"


def distance_name(distance_m: float) -> str:
    """Under 2 m a body fills the picture; beyond 3.5 m it is smaller than the landmarker was made for."""
    return "near" if distance_m < 2.0 else "middle" if distance_m < 3.5 else "far"


class Eyes:
    """Looks once a picture; remembers whom it sees as the real tracker does."""

    def __init__(self, site: Site, seed: int = 0, table: Table | None = None) -> None:
        self._site, self._table = site, table or Table()
        self._random = np.random.default_rng([seed, 0xE1E5])
        self._memories: dict[str, _Memory] = {}

    def delay_s(self) -> float:
        """How long after the picture its report comes."""
        return float(self._random.choice(self._table.settings["delay_s"]))

    def look(self, glances: Sequence[Glance], time_s: float,
             robot: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> list[Seen]:
        """Everybody who is remembered after this look; robot: its pose, from which errors of places point away."""
        settings, by_name = self._table.settings, {glance.who: glance for glance in glances}
        for who in by_name:
            if who not in self._memories:
                self._memories[who] = _Memory(self._name())
        for who, memory in list(self._memories.items()):
            self._look_for(memory, by_name.get(who), time_s, robot)
            patience = settings["forget_s"] if memory.sights >= settings["sights_to_believe"] else 1.0
            if who not in by_name and time_s - memory.found_s > patience:
                del self._memories[who]
        return [self._as_shape(memory, by_name.get(who), time_s) or memory.seen
                for who, memory in self._memories.items()
                if memory.seen and memory.sights >= settings["sights_to_believe"]]

    def _as_shape(self, memory: _Memory, glance: Glance | None, time_s: float) -> Seen | None:
        """What is said of somebody whom no skeleton shows but a shape on the floor, as perception/floor.py finds it."""
        row = glance and self._table.shape.get(glance.posture)
        if not row or memory.found or time_s - memory.found_s < self._table.settings["lost_s"]:
            memory.lost_as, memory.shape_s = "", math.inf
            return None
        if memory.lost_as != glance.posture:
            memory.lost_as = glance.posture
            if time_s < memory.shape_s:  # what lies there already stays
                sees = self._random.random() < row["share"]
                memory.shape_s = time_s + float(self._random.exponential(row["late_s"])) if sees else math.inf
        if time_s < memory.shape_s:
            return None
        x, y, _ = glance.middle
        place, room = (x, y, row["height_m"]), self._site.room_at(x, y)
        return Seen(memory.track_id, True, "lying_on_floor", BY_SHAPE, place, place, row["height_m"], math.nan,
                    math.nan, False, room.id if room else "", "")

    def _look_for(self, memory: _Memory, glance: Glance | None, time_s: float,
                  robot: tuple[float, float, float]) -> None:
        row = glance and self._table.row(glance.posture, glance.distance_m, glance.view)
        if memory.found_s > -math.inf and time_s - memory.found_s > self._table.settings["forget_s"]:
            memory.track_id, memory.sights, memory.seen = self._name(), 0, None
        if row is None or self._random.random() >= (row["kept"] if memory.found else row["found_again"]):
            memory.found = False
            memory.seen = memory.seen and replace(memory.seen, visible=False, descent_speed=math.nan)
            return
        memory.found, memory.found_s, memory.sights = True, time_s, memory.sights + 1
        posture, probability = self._judge(memory, glance, row, time_s)
        memory.seen = self._measure(memory, glance, posture, probability, time_s, robot, row)

    def _judge(self, memory: _Memory, glance: Glance, row: dict, time_s: float) -> tuple[str, float]:
        """What the posture is taken for: the one before for a while, then drawn from the row and mostly kept."""
        if glance.posture != memory.truth:
            late_s = self._table.settle_s.get(glance.posture, 0.0) if memory.truth else 0.0
            memory.truth = glance.posture
            memory.until_s = time_s + float(self._random.exponential(late_s))
        settled = time_s >= memory.until_s
        fresh = not memory.taken_for or settled and memory.until_s > -math.inf
        if fresh or settled and self._random.random() >= row["same_posture"]:
            names = sorted(row["seen"])
            shares = np.array([row["seen"][name] for name in names], float)
            memory.taken_for = str(self._random.choice(names, p=shares / shares.sum()))
        if settled:
            memory.until_s = -math.inf
        return memory.taken_for, float(row["probability"])

    def _measure(self, memory: _Memory, glance: Glance, posture: str, probability: float, time_s: float,
                 robot: tuple[float, float, float], row: dict) -> Seen:
        spread = self._table.errors.get(glance.posture) or self._table.errors["any"]
        same = spread["correlation"]
        fresh = self._random.standard_normal(len(ERRORS))
        memory.errors = fresh if memory.errors is None else same * memory.errors + math.sqrt(1 - same ** 2) * fresh
        off = {name: spread[name][0] + spread[name][1] * float(memory.errors[i]) for i, name in enumerate(ERRORS)}
        bearing = math.atan2(glance.middle[1] - robot[1], glance.middle[0] - robot[0])
        dx = off["along_m"] * math.cos(bearing) - off["across_m"] * math.sin(bearing)
        dy = off["along_m"] * math.sin(bearing) + off["across_m"] * math.cos(bearing)
        (x, y, _), nothing = glance.middle, math.nan
        hips, shoulders = glance.hips_m + off["hips_m"], glance.shoulders_m + off["shoulders_m"]
        placed = self._random.random() < row["placed"]
        memory.levels.append((time_s, shoulders))
        while memory.levels[0][0] < time_s - 3.0:
            memory.levels.popleft()
        place = (x + dx, y + dy, (hips + shoulders) / 2)
        room = self._site.room_at(place[0], place[1])
        head = (glance.head[0] + dx, glance.head[1] + dy, glance.head[2] + off["head_m"])
        carrier = self._carrier(glance, posture) if placed else ""
        if placed and posture == "lying_on_furniture" and not glance.furniture:
            # Heights decide for the real eyes: one who is measured low lies on no bed, however near it is.
            bed = self._site.furniture_at(x + dx, y + dy, SEATS, CARRIED_MARGIN_M)
            carrier = bed.id if bed and hips >= bed.size[2] - CARRIED_BELOW_M else ""
            posture = posture if carrier else "lying_on_floor"
        return Seen(memory.track_id, True, posture, probability, place if placed else None,
                    head if placed else None, hips if placed else nothing,
                    float(np.clip(glance.angle_rad + off["angle_rad"], 0.0, math.pi)),
                    _descent_speed(memory.levels, self._table.settings["descent_window_s"]), glance.face,
                    room.id if room and placed else "", carrier)

    def _carrier(self, glance: Glance, posture: str) -> str:
        """The furniture that goes with the judged posture."""
        return "" if posture in ("lying_on_floor", "sitting_on_floor", "crouching") else glance.furniture

    def _name(self) -> str:
        return "".join(self._random.choice(list(string.ascii_lowercase), 5))


def _descent_speed(levels: Sequence[tuple[float, float]], window_s: float) -> float:
    """Speed of the shoulders downward [torso lengths/s] as the real tracker works it out: medians of three."""
    levels = list(levels)
    calm = [(levels[i][0], float(np.median([z for _, z in levels[max(0, i - 2):i + 1]]))) for i in range(len(levels))]
    newest_s, newest = calm[-1]
    for then_s, level in reversed(calm[:-1]):
        if newest_s - then_s >= window_s * 0.75:
            return (level - newest) / (newest_s - then_s) / TORSO_M if newest_s - then_s <= 2 * window_s else math.nan
    return math.nan
