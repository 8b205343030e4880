"""How motions are planned: from where a body is to a sequence of clips; walking, sitting down and getting up.

A motion's `plan` is given the person's `Situation` and returns clips; it is deterministic for a given random
generator. Nothing here knows MuJoCo or the clock.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robot.site import Furniture, Site
from sim.body import Stance, bones_named, matrices
from sim.clips import STEP_M, Blend, Clip, Gait
from sim.poses import POSES, Pose, Posing, heading_of, placed
from sim.ways import Ways

SEAT = bones_named("root", "pelvis", "upperleg")
CUSHION_M = 0.03  # a body presses this far into a mattress or a seat
_MOBILE = bones_named("upperarm01", "lowerarm01", "upperleg01", "lowerleg01", "neck01", "head")


@dataclass
class Situation:
    """What a motion is planned from."""

    site: Site
    ways: Ways
    posing: Posing
    stance: Stance
    rng: np.random.Generator
    on_furniture: str | None = None
    posture: str = "standing"

    def furniture(self, furniture_id: str) -> Furniture:
        """Raises ValueError if the site has no such furniture."""
        for item in self.site.furniture:
            if item.id == furniture_id:
                return item
        raise ValueError(f"the site has no furniture {furniture_id!r}")

    def varied(self, pose: Pose, degrees: float = 4.0) -> Pose:
        """The pose with arms, legs and head a little different (standard deviation), as no two people lie alike."""
        joints = pose.joints.copy()
        joints[_MOBILE, 1:] += self.rng.normal(scale=math.radians(degrees) / 2, size=(len(_MOBILE), 3))
        return Pose(joints / np.linalg.norm(joints, axis=1, keepdims=True), pose.tilt)


class Motion(Protocol):
    """Something a person can do."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        """The clips of this motion. Raises ValueError if it cannot be done from here."""


class Course:
    """Clips put one behind the other; `stance` is where the last one ends."""

    def __init__(self, now: Situation) -> None:
        self.now, self.stance, self.on_furniture = now, now.stance, now.on_furniture
        self.posture = now.posture
        self.clips: list[Clip] = []

    @property
    def heading(self) -> float:
        return heading_of(self.stance)

    def add(self, clip: Clip) -> None:
        self.clips.append(clip)
        self.stance, self.posture, self.on_furniture = clip.at(clip.duration_s), clip.posture, clip.on_furniture

    def blend(self, duration_s: float, posture: str, *through: Stance, on: str | None = None,
              feet: np.ndarray | None = None, event: tuple[str, str] | None = None) -> None:
        """Pass smoothly through stances, at a pace a little different each time; event is reported at the end."""
        duration = duration_s * float(self.now.rng.uniform(0.88, 1.15))
        events = [] if event is None else [(duration, *event)]
        self.add(Blend(duration, posture, on, events, posing=self.now.posing, through=(self.stance, *through),
                       feet=feet))

    def turn(self, yaw: float) -> None:
        """Turn on the spot with small steps, where it is worth a step."""
        start = self.heading
        turn = math.remainder(yaw - start, math.tau)
        if abs(turn) < math.radians(6):
            return
        feet = self.now.posing.feet(self.stance)
        steps = max(2, math.ceil(abs(turn) / math.radians(38)))
        track = np.array([[*feet[:, :2].mean(axis=0), start + turn * share] for share in np.linspace(0, 1, 12)])
        track[0, :2] = self.stance.position[:2]
        self.add(Gait(steps * 0.55, "standing", posing=self.now.posing, track=track, steps=steps, start=self.stance,
                      footprints=feet, first=0 if turn > 0 else 1))

    def walk(self, goal, way: np.ndarray | None = None) -> None:
        """Walk to a map point around furniture, or along a given way (n, 2); 0.55-0.75 m/s times the person's pace.

        Raises ValueError where there is no way.
        """
        points = self.now.ways.route(self.stance.position[:2], goal) if way is None else way
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        if length < 0.08:
            return
        ahead = points[min(len(points) - 1, max(1, int(0.35 * len(points) / length)))] - points[0]
        self.turn(math.atan2(ahead[1], ahead[0]))
        speed = float(self.now.rng.uniform(0.55, 0.75)) * self.now.posing.manner.pace
        steps = max(2, round(length / (STEP_M * min(1.0, self.now.posing.manner.pace ** 0.5))))
        distance = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        even = np.linspace(0, distance[-1], max(8, int(length / 0.05)))
        xy = np.stack([np.interp(even, distance, points[:, axis]) for axis in (0, 1)], axis=1)
        # The body faces where it will be a step on: heading from points half a step to either side.
        half = 0.3
        look = np.stack([np.interp(even + half, distance, points[:, axis])
                         - np.interp(even - half, distance, points[:, axis]) for axis in (0, 1)], axis=1)
        yaw = np.unwrap(np.concatenate([[self.heading], np.arctan2(look[:, 1], look[:, 0])]))[1:]
        fade = np.clip(1 - even / 0.4, 0, 1)
        yaw = yaw + fade * (self.heading + math.tau * round((yaw[0] - self.heading) / math.tau) - yaw[0])
        self.add(Gait(length / speed + 0.8, "walking", posing=self.now.posing, track=np.column_stack([xy, yaw]),
                      steps=steps, start=self.stance, footprints=self.now.posing.feet(self.stance),
                      first=int(self.now.rng.integers(2))))

    def rise(self) -> None:
        """Get on one's feet from whatever one is doing."""
        posing, now = self.now.posing, self.now
        if self.on_furniture is not None and now.furniture(self.on_furniture).kind == "bed":
            bed = now.furniture(self.on_furniture)
            if self.posture == "lying":
                sit_on_edge(self, bed, free_side(now, bed))
            self._off_seat("out_of_bed", bed.id)
        elif self.on_furniture is not None:
            self._off_seat("stood_up", self.on_furniture)
        elif self.stance.position[2] < posing.root_m - 0.25 or self.posture in ("lying", "kneeling", "sitting"):
            yaw = head_direction(self.stance) if self.posture == "lying" else self.heading
            xy = self.stance.position[:2]
            if self.posture == "lying":
                self.blend(2.6, "lying", posing.propped(placed(POSES["prop_up"], xy, yaw - math.pi / 2)))
            if self.posture != "kneeling":
                self.blend(2.4, "kneeling", posing.rested(placed(POSES["hands_and_knees"], xy, yaw)))
            self.blend(2.2, "kneeling", posing.rested(placed(POSES["kneel_one"], xy, yaw)))
            self.blend(2.0, "standing", posing.standing(xy, yaw), event=("got_up", "floor"))
        elif self.posture not in ("walking", "standing"):
            self.blend(0.8, "standing", posing.standing(posing.feet(self.stance)[:, :2].mean(axis=0), self.heading))

    def _off_seat(self, event: str, seat_id: str) -> None:
        posing, seat = self.now.posing, self.on_furniture
        feet = posing.feet(self.stance)
        middle, yaw = feet[:, :2].mean(axis=0), self.heading
        hips = self.stance.position
        lean = placed(POSES["lean"], 0.45 * middle + 0.55 * hips[:2], yaw, hips[2] + 0.05)
        self.blend(1.1, "sitting", lean, on=seat, feet=feet)
        self.blend(1.5, "standing", posing.standing(middle, yaw), feet=feet, event=(event, seat_id))


def head_direction(stance: Stance) -> float:
    """Where the head of a lying body points [rad, map]."""
    up = matrices(stance.rotation[None])[0] @ (0, 0, 1)
    return math.atan2(up[1], up[0])


def free_side(now: Situation, bed: Furniture) -> int:
    """The side of a bed from which one gets up: +1 (its +y) or -1, where there is more room."""
    room = []
    for side in (1, -1):
        spots = [in_frame(bed, x, side * (bed.size[1] / 2 + away))
                 for x in (-0.3, 0.1, 0.5) for away in (0.2, 0.4, 0.7)]
        room.append(int(now.ways.is_free(np.array(spots)).sum()))
    return 1 if room[0] >= room[1] else -1


def in_frame(item: Furniture, x: float, y: float) -> tuple[float, float]:
    """Map point of a point in a furniture's own frame."""
    yaw = math.radians(item.pose[2])
    return (item.pose[0] + math.cos(yaw) * x - math.sin(yaw) * y, item.pose[1] + math.sin(yaw) * x + math.cos(yaw) * y)


def seated(now: Situation, seat: Furniture, pose: str, along: float, edge_m: float, yaw: float,
           side: int | None = None) -> tuple[Stance, np.ndarray]:
    """Sitting near an edge: stance and footprints. side None: the front of a seat, else a long side of a bed."""
    posing = now.posing

    def spot(out: float):
        return in_frame(seat, seat.size[0] / 2 + out, along) if side is None else in_frame(
            seat, along, side * (seat.size[1] / 2 + out))

    stance = posing.rested(placed(now.varied(POSES[pose], 3), spot(-edge_m), yaw),
                           lambda points: np.full(len(points), seat.size[2]), SEAT, CUSHION_M)
    feet = posing.footprints(spot(0.13), yaw)
    return posing.on_feet(stance, feet), feet


def supine(now: Situation, bed: Furniture) -> Stance:
    """On the back in bed, head on the pillow."""
    posing = now.posing
    top = float(posing.body.vertices[:, 2].max() - posing.body.joints[0, 2])
    xy = in_frame(bed, -bed.size[0] / 2 + 0.14 + top, -0.06)
    stance = placed(now.varied(POSES["supine"], 4), xy, math.radians(bed.pose[2]))
    return posing.settled(stance, bed.size[2] - CUSHION_M)


def sit_on_edge(course: Course, bed: Furniture, side: int) -> None:
    """From lying in bed: sit up, swing the legs over the side, sit on the edge with the feet on the floor."""
    now = course.now
    along, yaw = math.radians(bed.pose[2]), math.radians(bed.pose[2]) + side * math.pi / 2
    x = float(now.rng.uniform(-0.02, 0.12))
    upright = placed(now.varied(POSES["sit_long"]), in_frame(bed, x - 0.1, side * 0.05), along)
    swung = placed(now.varied(POSES["swing_legs"]), in_frame(bed, x, side * (bed.size[1] / 2 - 0.3)), yaw)
    carried = [now.posing.rested(stance, lambda points: np.full(len(points), bed.size[2]), SEAT, CUSHION_M)
               for stance in (upright, swung)]
    edge, _ = seated(now, bed, "sit_edge", x, 0.26, yaw, side)
    course.blend(2.4, "sitting", carried[0], on=bed.id)
    course.blend(2.2, "sitting", carried[1], on=bed.id)
    course.blend(1.2, "sitting", edge, on=bed.id, event=("sat_up", bed.id))
