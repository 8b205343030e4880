"""Who is who from frame to frame: tracks with identity, motion and posture.

Assignment after Kuhn (1955) over distances in the room where both places are known (the robot itself moves), and over
boxes in the picture otherwise.
"""
from __future__ import annotations

import math
import secrets
import string
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from perception.body import Body
from perception.geometry import TORSO_M
from perception.learnt import UPPER_LEFT, points
from perception.pose import Box, Pose, area, common, overlap
from perception.posture import ON_FLOOR, Posture, blend, classify, likeliest

if TYPE_CHECKING:
    from perception.floor import Shape

# Somebody unseen is expected within this of the last place, growing by a brisk walk.
PLACE_GATE_M, PLACE_GATE_MPS = 0.8, 1.2
# In the picture: middles no further apart than this many diagonals of the box.
PICTURE_GATE = 0.9
FORGET_PLACED_S = 20.0   # a robot that drives around a bed turns away for some seconds
FORGET_UNPLACED_S = 3.0  # a box in the picture of a moving robot says little after that
# Two skeletons of which one is in the other, in the picture and in the room, are one body seen twice: the middles of
# two people's trunks are further apart. Of 21 pictures with one resident seen twice (bench/ordinary_life.py --hours 7)
# 20 were within these.
INSIDE, ONE_BODY_M = 0.8, 0.5
# A model's fancy lasts one frame: who was seen only once is kept to himself, and not for long.
SIGHTS_TO_BELIEVE, FORGET_FANCY_S = 2, 1.0
DESCENT_WINDOW_S = 0.25  # speed over this span: a fall's descent lasts 0.4 to 0.8 s
HISTORY_S = 3.0
STOOD_BEFORE_S = 0.6  # a fall takes 0.4 to 0.8 s
BLIND_S = 0.5  # without frames for longer somebody may have left unseen: a fall takes 0.4 to 0.8 s, a step out no more
CLOCK_JUMP_S = 1.0
# Who walks at 0.3 m/s moves by a tenth of their height in this time; landmarks of who sits still vary by a few percent.
STIR_WINDOW_S, STIRS = 0.6, 0.06
NOBODY_EVERY_S, AT_REST_EVERY_S = 1.0, 0.25  # between looks at pictures in which nothing moves


@dataclass(frozen=True, eq=False)
class Sight:
    """One person as seen in one frame."""
    pose: Pose
    body: Body


@dataclass(eq=False)
class Track:
    """One person through time. `sight` is the newest sight, `seen_s` its time; `visible`: seen in the newest frame.

    `shape`: what lies on the floor where somebody out of sight must be (perception/floor.py).
    """
    track_id: str
    sight: Sight
    seen_s: float
    visible: bool = True
    sights: int = 0
    postures: dict[Posture, float] = field(default_factory=dict)
    descent_speed: float = math.nan  # torso lengths per second, positive downward
    history: deque[tuple[float, Body]] = field(default_factory=deque)
    course: deque[tuple[float, np.ndarray]] = field(default_factory=deque)  # for perception/learnt.py
    shape: Shape | None = None

    @property
    def hips_above_feet(self) -> float:
        """How far the hips are above where the feet stood [torso lengths in the picture]; NaN if not known.

        For a camera at rest. The feet's place is that of the seconds before, as they may be anywhere in a fall.
        """
        return self._above_feet(self.sight.body.hips_y_px)

    @property
    def top_above_feet(self) -> float:
        """The same of whatever of head, trunk and legs is highest."""
        return self._above_feet(float(self.course[-1][1][UPPER_LEFT, 1]))

    def _above_feet(self, y_px: float) -> float:
        stood = [body.feet_y_px for t, body in self.history if t <= self.seen_s - STOOD_BEFORE_S]
        torsos = [body.torso_px for _, body in self.history if math.isfinite(body.torso_px)]
        if len(stood) < 3 or not torsos:
            return math.nan
        floor_y = float(np.percentile(stood, 80))  # the lower of two steps; one odd frame does not count
        return (floor_y - y_px) / float(np.percentile(torsos, 90))

    @property
    def posture(self) -> tuple[Posture, float]:
        """Likeliest posture and its probability."""
        return likeliest(self.postures)

    @property
    def stirs(self) -> bool:
        """Whether the body has moved in the picture lately."""
        lately = np.array([marks for t, marks in self.course if t >= self.seen_s - STIR_WINDOW_S])
        left, top, right, bottom = self.sight.pose.box
        moved_px = float(np.median(np.ptp(lately, axis=0).max(axis=1)))
        return moved_px > STIRS * math.hypot(right - left, bottom - top)

    def take(self, sight: Sight, time_s: float) -> None:
        """Add one sight."""
        step_s = time_s - self.seen_s if self.history else 0.0
        self.sight, self.seen_s, self.visible, self.sights = sight, time_s, True, self.sights + 1
        self.shape = None
        self.history.append((time_s, sight.body))
        self.course.append((time_s, points(sight.pose.landmarks)))
        for kept in (self.history, self.course):
            while kept[0][0] < time_s - HISTORY_S:
                kept.popleft()
        self.postures = blend(self.postures, classify(sight.body, self._walking_speed()), step_s)
        self.descent_speed = self._descent_speed()

    def _walking_speed(self) -> float:
        """Speed over the floor [m/s] over the last 0.7 s, from medians so that one bad depth does not count."""
        recent = [(t, b.position[:2]) for t, b in self.history if t >= self.seen_s - 0.7 and b.placed]
        if len(recent) < 4:
            return math.nan
        half = len(recent) // 2
        before, after = recent[:half], recent[-half:]
        moved = np.median([place for _, place in after], axis=0) - np.median([place for _, place in before], axis=0)
        return float(np.hypot(*moved)) / max(np.mean([t for t, _ in after]) - np.mean([t for t, _ in before]), 1e-3)

    def _descent_speed(self) -> float:
        """Speed of the shoulders downward; medians of three outlast one odd frame.

        In the room where heights are known; otherwise in the picture, by the longest torso of the last seconds (a
        torso that tips toward the camera looks short).
        """
        frames = list(self.history)
        in_room = [(t, -b.shoulder_height_m / TORSO_M) for t, b in frames if math.isfinite(b.shoulder_height_m)]
        if len(in_room) >= 2 and in_room[-1][0] == self.seen_s:
            levels = in_room
        else:
            torsos = [b.torso_px for _, b in frames if math.isfinite(b.torso_px)]
            if not torsos:
                return math.nan
            torso_px = float(np.percentile(torsos, 90))
            levels = [(t, b.shoulder_y_px / torso_px) for t, b in frames]
        calm = [(levels[i][0], float(np.median([y for _, y in levels[max(0, i - 2):i + 1]])))
                for i in range(len(levels))]
        newest_s, newest = calm[-1]
        for t, level in reversed(calm[:-1]):
            if newest_s - t >= DESCENT_WINDOW_S * 0.75:
                return (newest - level) / (newest_s - t) if newest_s - t <= 2 * DESCENT_WINDOW_S else math.nan
        return math.nan


def new_track_id() -> str:
    """Five random letters, as REP-155 names bodies."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(5))


class Tracker:
    """Keeps the tracks."""

    def __init__(self, new_id: Callable[[], str] = new_track_id) -> None:
        """`new_id` names a new person."""
        self._new_id = new_id
        self._all: list[Track] = []
        self._before_s = -math.inf

    def update(self, sights: Sequence[Sight], time_s: float) -> list[Track]:
        """Take in the sights of one frame; all people who are remembered, the unseen ones with `visible` False.

        Where no frame could be used for a while, whoever was there before and is not after it is forgotten: they were
        not lost from sight.

        Frames that fall back in time by over a second mean that the clock was set back: everybody is forgotten.
        Smaller steps back are late frames and change nothing.
        """
        if time_s < self._before_s - CLOCK_JUMP_S:
            self._all = []
        elif time_s <= self._before_s:
            return self.tracks
        blind_since_s = self._before_s if time_s - self._before_s > BLIND_S else math.inf
        self._before_s = time_s
        sights = _each_body_once([sight for sight in sights if not sight.body.ghost])
        for track in self._all:
            track.visible = False
        unmatched = set(range(len(sights)))
        if self._all and sights:
            costs = np.array([[_cost(track, sight, time_s) for sight in sights] for track in self._all])
            for row, column in zip(*linear_sum_assignment(np.minimum(costs, 1e3)), strict=True):
                if costs[row, column] <= 1.0:
                    self._all[row].take(sights[column], time_s)
                    unmatched.discard(column)
        for index in sorted(unmatched):
            track = Track(self._new_id(), sights[index], time_s)
            track.take(sights[index], time_s)
            self._all.append(track)
        self._all = [track for track in self._all if time_s - track.seen_s <= _memory_s(track)
                     and (track.visible or track.seen_s < blind_since_s)]
        return self.tracks

    def forget(self) -> None:
        """Forget everybody: what comes next is another scene."""
        self._all = []

    @property
    def tracks(self) -> list[Track]:
        """Everybody who was seen often enough to be believed."""
        return [track for track in self._all if track.sights >= SIGHTS_TO_BELIEVE]

    @property
    def sights(self) -> list[Sight]:
        """Of everybody seen in the newest frame: where nothing has moved since then, they are seen so still."""
        return [track.sight for track in self._all if track.visible]

    @property
    def look_every_s(self) -> float:
        """How often to look while nothing moves: for newcomers, at those who rest, and always for whom is missing."""
        if not self._all:
            return NOBODY_EVERY_S
        at_rest = all(track.visible and track.sights >= SIGHTS_TO_BELIEVE for track in self._all)
        return AT_REST_EVERY_S if at_rest else 0.0

    @property
    def first(self) -> list[Box]:
        """Where in the picture those are seen who must not wait: who move, and who lie or sit on the floor."""
        return [track.sight.pose.box for track in self._all if track.visible
                and (track.stirs or track.posture[0] in ON_FLOOR)]

    @property
    def missing(self) -> list[Box]:
        """Where in the picture those were seen last whom the newest frame did not show, while that says something."""
        return [track.sight.pose.box for track in self.tracks
                if not track.visible and self._before_s - track.seen_s <= FORGET_UNPLACED_S]


def _each_body_once(sights: list[Sight]) -> list[Sight]:
    """Without skeletons inside of larger ones of the same body."""
    return [one for one in sights if not any(_is_part_of(one, other) for other in sights if other is not one)]


def _is_part_of(one: Sight, other: Sight) -> bool:
    if not (one.body.placed and other.body.placed) or area(one.pose.box) >= area(other.pose.box):
        return False
    return (np.hypot(*(one.body.position - other.body.position)[:2]) <= ONE_BODY_M
            and common(one.pose.box, other.pose.box) >= INSIDE * area(one.pose.box))


def _memory_s(track: Track) -> float:
    if track.sights < SIGHTS_TO_BELIEVE:
        return FORGET_FANCY_S
    return FORGET_PLACED_S if track.sight.body.placed else FORGET_UNPLACED_S


def _cost(track: Track, sight: Sight, time_s: float) -> float:
    """0 the same .. 1 at the gate; above: cannot be the same.

    Where room and picture both tell, one of them is enough to be the same, and both together tell who is nearest: a
    skeleton that legs are taken for lies in the same place of the picture, and lower.
    """
    before, now, age_s = track.sight, sight, time_s - track.seen_s
    costs = []
    if before.body.placed and now.body.placed:
        apart = float(np.linalg.norm(before.body.position - now.body.position))
        costs.append(apart / (PLACE_GATE_M + PLACE_GATE_MPS * age_s))
    if age_s <= FORGET_UNPLACED_S:
        a, b = np.array(before.pose.box), np.array(now.pose.box)
        diagonal = max(math.hypot(*(a[2:] - a[:2])), math.hypot(*(b[2:] - b[:2])), 1.0)
        apart = float(np.hypot(*((a[:2] + a[2:]) - (b[:2] + b[2:])) / 2)) / diagonal
        costs.append(apart / PICTURE_GATE * (1.0 - 0.5 * overlap(before.pose.box, now.pose.box)))
    if min(costs, default=math.inf) > 1.0:
        return math.inf
    return float(np.mean(np.minimum(costs, 1.0)))
