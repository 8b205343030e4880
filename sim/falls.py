"""Falls: a loss of balance by kind, then gravity (ragdoll.py); to the floor from standing, from a seat, out of bed."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from sim.body import Stance, matrices
from sim.clips import Clip, Recorded
from sim.course import Course, Situation, free_side, in_frame
from sim.poses import POSES, heading_of, placed
from sim.ragdoll import RECORD_S, Aim, Drop, Push, drop

StandingFall = Literal["trip_forward", "slip_backward", "sideways", "faint_collapse", "turn_backward"]
FallKind = Literal[StandingFall, "slide_from_seat", "roll_out_of_bed"]
FALL_KINDS: tuple[StandingFall, ...] = get_args(StandingFall)
SETTLE_S = 0.25  # after hips or trunk met the floor one still moves, but no longer falls
TURNED_DEG = 50
TRIES = 4  # directions tried until a fall ends clear of everything


@dataclass(frozen=True)
class Fall:
    """Falls to the floor and lies there; `kind` None is chosen by seed among those from standing.

    Speed, direction, arms and legs differ by seed. The direction is turned as little as needed to end clear of
    furniture and walls. The event "impact" is when hips or trunk meet the floor.
    Raises ValueError for a slide without a seat under one, and for a roll without a bed.
    """

    kind: FallKind | None = None

    def plan(self, now: Situation) -> Sequence[Clip]:
        kind = self.kind or FALL_KINDS[now.rng.integers(len(FALL_KINDS))]
        if now.posing.manner.wheelchair and now.posture in ("standing", "walking"):
            kind = "slide_from_seat"  # whatever was asked for, one can only fall out of it
            course = Course(now)
            _slide(course, heading_of(now.stance), (*now.stance.position[:2], heading_of(now.stance)))
            return course.clips
        if kind == "slide_from_seat":
            if now.on_furniture is None:
                raise ValueError("cannot slide from a seat: not sitting on one; let the story `do: sit_on` first")
            return SlideFrom(now.on_furniture).plan(now)
        if kind == "roll_out_of_bed":
            return RollOutOfBed().plan(now)
        course = Course(now)
        if now.posture != "walking":
            course.rise()
        if kind == "turn_backward":
            course.turn(course.heading + float(now.rng.choice((-1, 1)) * now.rng.uniform(0.7, 1.2)))
        push, aims = _loss_of_balance(kind, now)
        let_go(course, kind, _clear_fall(course, push, aims))
        return course.clips


@dataclass(frozen=True)
class SlideFrom:
    """Slides from the seat one sits on down to the floor in front of it, and stays there."""

    furniture: str

    def plan(self, now: Situation) -> Sequence[Clip]:
        seat = now.furniture(self.furniture)
        if now.on_furniture != seat.id:
            raise ValueError(f"cannot slide from {seat.id}: not sitting on it")
        yaw = heading_of(now.stance)  # a bed is left over its side, a seat over its front
        depth = seat.size[1] if seat.kind == "bed" else seat.size[0]
        to_hips = now.stance.position[:2] - np.array(seat.pose[:2])
        inside = depth / 2 - float(to_hips @ turned((1, 0), yaw))
        hips = now.stance.position[:2] + turned((inside + 0.04, 0), yaw)
        course = Course(now)
        course.blend(1.3, "sitting", placed(now.varied(POSES["slide"]), hips, yaw, now.stance.position[2] - 0.03),
                     on=seat.id)
        _slide(course, yaw)
        return course.clips


@dataclass(frozen=True)
class RollOutOfBed:
    """Asleep, turns to the free side of the bed and rolls over the edge."""

    def plan(self, now: Situation) -> Sequence[Clip]:
        if now.on_furniture is None or now.posture != "lying":
            raise ValueError("cannot roll out of bed: not lying in one; let the story `do: lie_in_bed` first")
        bed = now.furniture(now.on_furniture)
        side = free_side(now, bed)
        yaw = math.radians(bed.pose[2]) + side * math.pi / 2
        pose = now.varied(POSES["lie_left" if side > 0 else "lie_right"], 6)
        along = float(turned((1, 0), -math.radians(bed.pose[2])) @ (now.stance.position[:2] - np.array(bed.pose[:2])))

        def on_side(inside_m: float) -> Stance:
            xy = in_frame(bed, along, side * (bed.size[1] / 2 - inside_m))
            return now.posing.settled(placed(pose, xy, yaw), bed.size[2])

        course = Course(now)
        course.blend(1.6, "lying", on_side(0.25), on=bed.id)
        course.blend(1.2, "lying", on_side(0.04), on=bed.id)
        push = Push(forward=float(now.rng.uniform(0.45, 0.7)), about_m=bed.size[2] - 0.25)
        aims = [Aim(0.0, pose, 0.4), Aim(0.35, now.varied(POSES["lie_front"], 10), 0.3)]
        let_go(course, "roll", drop(now.posing.body, now.site, course.stance, yaw, push, aims))
        return course.clips


def turned(vector: tuple[float, float], yaw: float) -> np.ndarray:
    """A vector (forward, left) of a body that faces yaw, in the map."""
    x, y = vector
    return np.array([math.cos(yaw) * x - math.sin(yaw) * y, math.sin(yaw) * x + math.cos(yaw) * y])


def _slide(course: Course, yaw: float, chair: tuple[float, float, float] | None = None) -> None:
    """Down over the front edge of what one sits on; chair: pose of a wheelchair, which stands where she was."""
    now = course.now
    aims = [Aim(0.0, now.varied(POSES["slide"]), 0.5), Aim(0.35, now.varied(POSES["sit_floor"], 8), 0.5)]
    push = Push(forward=float(now.rng.uniform(0.25, 0.5)) * (3 if chair else 1), about_m=-1.0)
    let_go(course, "slide", drop(now.posing.body, now.site, course.stance, yaw, push, aims, chair=chair))


def let_go(course: Course, kind: str, fall: Drop) -> None:
    """Add the fall to the course, and the rest until the body lies still."""
    now = course.now
    impact_s = fall.duration_s if fall.impact_s is None else fall.impact_s
    down_s = min(impact_s + SETTLE_S, fall.duration_s - RECORD_S)
    up = matrices(fall.stances[-1].rotation[None])[0] @ (0, 0, 1)
    posture = "sitting" if up[2] > 0.6 else "lying"  # a trunk within 50 degrees of upright sits
    course.add(Recorded(down_s, "falling", None, [(min(impact_s, down_s), "impact", kind)], now.posing, fall.stances,
                        RECORD_S))
    course.add(Recorded(fall.duration_s - down_s, posture, None, [], now.posing, fall.stances, RECORD_S, down_s))


def _loss_of_balance(kind: StandingFall, now: Situation) -> tuple[Push, list[Aim]]:
    """What begins a fall from standing, and what the muscles try on the way down; both a little different each time."""
    rng = now.rng
    speed = float(rng.uniform(0.85, 1.25))
    alert = float(rng.uniform(0.7, 1.2))  # how well she catches herself

    def aims(*course: tuple[float, str, float]) -> list[Aim]:
        return [Aim(from_s, now.varied(POSES[name], 8), tone * alert) for from_s, name, tone in course]

    if kind == "trip_forward":
        return Push(forward=1.5 * speed), aims((0, "stumble", 1), (0.35, "dive", 1), (0.85, "lie_front", 0.5))
    if kind == "slip_backward":
        final = ("lie_back", "lie_back_bent")[rng.integers(2)]
        return (Push(forward=-0.7 * speed, about_m=0.6, grip=0.12),
                aims((0, "skid", 1.4), (0.5, "drop_seat", 1), (0.9, final, 0.5)))
    if kind == "turn_backward":
        return (Push(forward=-1.1 * speed, spin=float(rng.choice((-1, 1)) * rng.uniform(0.8, 1.6)), grip=0.7),
                aims((0, "skid", 1.2), (0.5, "drop_seat", 0.8), (0.95, "lie_back_bent", 0.5)))
    side, sign = (("left", 1), ("right", -1))[rng.integers(2)]
    if kind == "sideways":
        return (Push(left=1.5 * sign * speed),
                aims((0, f"topple_{side}", 1), (0.4, f"topple_{side}_low", 1), (0.85, f"lie_{side}", 0.5)))
    if kind == "faint_collapse":  # no catching: the knees give way, the trunk follows to a side
        return (Push(left=0.8 * sign * speed, forward=-0.3 * speed),
                [replace(aim, tone=aim.tone / alert) for aim in
                 aims((0, "buckle", 0.3), (0.45, "slump", 0.15), (0.7, f"lie_{side}", 0.3))])
    raise ValueError(f"unknown kind of fall {kind!r}; use one of {', '.join(get_args(FallKind))}")


def _clear_fall(course: Course, push: Push, aims: Sequence[Aim]) -> Drop:
    """The fall in the direction nearest to the present one for which the body ends on free floor.

    Within TURNED_DEG she falls askew; for more she first turns on the spot.
    """
    now, start, side = course.now, course.stance, 1 if course.now.rng.random() < 0.5 else -1
    body, heading = now.posing.body, course.heading
    offsets = [side * degrees for degrees in (0, 25, -25, 50, -50, 80, -80, 110, -110, 145, -145, 180)]
    best: tuple[float, float, Drop] | None = None
    for offset in _free_first(now, start, push, offsets)[:TRIES]:
        yaw = heading + math.radians(offset)
        begin = start if abs(offset) <= TURNED_DEG else now.posing.standing(start.position[:2], yaw)
        fall = drop(body, now.site, begin, yaw, push, aims)
        cost = _blocked(now, fall) * 100 + abs(offset) * 0.004
        if best is None or cost < best[0]:
            best = cost, offset, fall
        if cost < 1:
            break
    _, offset, fall = best
    if abs(offset) > TURNED_DEG:
        course.turn(heading + math.radians(offset))
        fall = drop(body, now.site, course.stance, heading + math.radians(offset), push, aims)
    return fall


def _free_first(now: Situation, start: Stance, push: Push, offsets: list[int]) -> list[int]:
    """Directions in which there is room for a body first, else as they come."""
    toward = math.atan2(push.left, push.forward)
    reach = np.linspace(0.2, 1.5, 14)

    def room(offset: int) -> float:
        yaw = heading_of(start) + math.radians(offset) + toward
        along, aside = turned((1, 0), yaw), turned((0, 1), yaw)
        points = np.concatenate([start.position[:2] + np.outer(reach, along) + aside * shift
                                 for shift in (-0.25, 0.0, 0.25)])
        return float((~now.ways.is_free(points, 0.03)).mean())

    return sorted(offsets, key=lambda offset: round(room(offset) * 10) * 3 + abs(offset) / 60)


def _blocked(now: Situation, fall: Drop) -> float:
    """Share of the body that ends over furniture or in a wall; 1 for a body that did not get down."""
    points, _ = now.posing.body.surface(fall.stances[-1])
    if fall.impact_s is None or float(np.percentile(points[:, 2], 98)) > 0.45:
        return 1.0
    return float((~now.ways.is_free(points[::3, :2])).mean())
