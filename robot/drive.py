"""Driving: one journey to a place (stop for what stands in the way, wait, go round it, give up with a reason), and a
short straight move for docks. Pure: pose, scan and time come in, wheel commands go out.

Path following is pure pursuit with a turn on the spot for large heading errors, slowed down in narrow places, as in
S. Macenski et al., "Regulated Pure Pursuit for Robot Path Tracking", 2023.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from robot.bodies import BODY_RADIUS_M, kept_clear
from robot.grid import Grid
from robot.path import NoPath, find_path, length_m
from robot.site import Robot
from robot.transforms import Pose2d, wrapped

ACCELERATION_MPS2 = 0.5  # gentle: somebody may hold on to the robot
BRAKING_MPS2 = 0.8
TURN_ACCELERATION_RPS2 = 3.0
LOOKAHEAD_M = 0.4
TURN_FIRST_RAD = 0.9  # heading error from which the robot turns on the spot before it drives
CREEP_MPS = 0.06
SLOWEST_TURN_RPS = 0.15  # below it real wheels stick

GOAL_DISTANCE_M = 0.03
GOAL_PASSED_M = 0.08  # so near, a goal that lies to the side or behind is not turned to again
GOAL_ANGLE_RAD = math.radians(3)
GOAL_REACH_M = 0.3  # a goal on which the robot does not fit is moved by up to this

# A hit further than this from everything on the plan is not of the plan: 3 sigma of lidar noise and localisation.
UNEXPECTED_M = 0.15
PASSING_M = 0.05  # free space kept beside the robot when something unexpected is passed, slowly
PASSING_MPS = 0.15
STOP_GAP_M = 0.30  # free space kept in front of it: a step of somebody who does not see the robot
GO_ON_GAP_M = 0.45  # and needed before it goes on
LOOK_AHEAD_M = 1.5
MARK_RADIUS_M = 0.06  # with the plan's own margin a new way passes 9 cm beside each hit: more than PASSING_M
REPLAN_AFTER_S = 2.0  # somebody walking by is gone by then
REMEMBER_MARKS_S = 15.0
PATIENCE_S = 20.0
STALL_S = 8.0  # driving, unblocked, yet not getting on: wheels or localisation fail
STALL_M = 0.1


@dataclass(frozen=True)
class Command:
    """Wheel command: forward speed [m/s] and turn to the left [rad/s]."""
    speed_mps: float = 0.0
    turn_rps: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How a motion ended; `code` is "arrived", "no_path", "goal_occupied", "blocked", "stalled" or "timeout"; who
    runs a motion adds its own."""
    code: str
    message: str

    @property
    def arrived(self) -> bool:
        return self.code == "arrived"


@dataclass
class _Smooth:
    """Limits the change of commands."""
    last: Command = field(default_factory=Command)
    at_s: float | None = None

    def step(self, wanted: Command, now_s: float) -> Command:
        dt = 0.05 if self.at_s is None else min(max(now_s - self.at_s, 0.0), 0.2)
        # Braking may be as hard as it likes to be: the wheels' own limit.
        faster, turn = ACCELERATION_MPS2 * dt, TURN_ACCELERATION_RPS2 * dt
        speed = wanted.speed_mps
        if abs(speed) > abs(self.last.speed_mps):
            speed = min(max(speed, self.last.speed_mps - faster), self.last.speed_mps + faster)
        turning = min(max(wanted.turn_rps, self.last.turn_rps - turn), self.last.turn_rps + turn)
        self.last, self.at_s = Command(speed, turning if wanted != Command() else 0.0), now_s
        return self.last


class Journey:
    """One drive to a pose on the map. Call `step` with each new pose until `outcome` is set.

    The plan is the grid; what the scan shows beside it is an obstacle as long as it is there. `bodies` (N x 2, map) are
    points along people who lie: they are kept clear of even where the lidar sees nothing.
    """

    def __init__(self, grid: Grid, robot: Robot, start: Pose2d, goal: Pose2d, now_s: float,
                 bodies: np.ndarray | None = None) -> None:
        self.plan, self.robot = grid, robot
        self.asked_for = self.goal = goal  # the goal may be moved a little, to where the robot fits
        self.outcome: Outcome | None = None
        self.state = "driving"
        self.replans = 0
        self.remaining_m = 0.0
        self.path = np.array([start[:2], start[:2]])
        self._bodies = np.zeros((0, 2)) if bodies is None else bodies
        self._marks: list[tuple[float, np.ndarray]] = []
        self._smooth = _Smooth()
        self._blocked_since: float | None = None
        self._blocked_first: float | None = None  # not reset by a replan that leads to the next obstacle
        self._remaining_then = math.inf
        self._progress = (now_s, math.inf, start)
        self._replan_at = math.inf
        self._find_way(start, now_s, np.zeros((0, 2)), first=True)

    def step(self, pose: Pose2d, hits: np.ndarray, now_s: float) -> Command:
        """The command for this moment. `hits`: N x 2 points of the newest scan on the map [m]."""
        if self.outcome:
            return Command()
        distance = math.hypot(self.goal[0] - pose[0], self.goal[1] - pose[1])
        if self.state == "aligning" or distance < GOAL_DISTANCE_M or (
                distance < GOAL_PASSED_M and abs(self._bearing(pose, self.goal)) > 1.0):
            return self._align(pose, distance, now_s)
        ahead = self._ahead(pose)
        self.remaining_m = length_m(np.vstack([[pose[:2]], ahead]))
        unexpected = self._unexpected(hits)
        free_m, thing = self._free_way(pose, ahead, unexpected)
        if free_m < (GO_ON_GAP_M if self.state == "blocked" else STOP_GAP_M) or self._touching(pose, ahead, hits):
            return self._wait(pose, unexpected, thing, now_s)
        self.state, self._blocked_since = "driving", None
        self._watch_progress(pose, now_s)
        beside_m = float(np.hypot(*(unexpected - pose[:2]).T).min(initial=math.inf)) - self.robot.radius_m
        return self._smooth.step(self._pursue(pose, ahead, free_m, beside_m), now_s)

    def keep_clear(self, bodies: np.ndarray, pose: Pose2d, now_s: float) -> None:
        """Newly seen lying people: the way is planned anew where it would come near one."""
        known = len(self._bodies) == len(bodies) and (not len(bodies) or np.abs(self._bodies - bodies).max() < 0.15)
        if known or self.outcome or self.state == "aligning":
            return
        self._bodies = bodies
        if len(bodies) and (_distances(self.path, bodies) < BODY_RADIUS_M + self.robot.radius_m).any():
            self._find_way(pose, now_s, np.zeros((0, 2)))
            self.replans += 1

    # --- planning -----------------------------------------------------------------------------------------------
    def _find_way(self, pose: Pose2d, now_s: float, unexpected: np.ndarray, first: bool = False) -> bool:
        self._marks = [(t, points) for t, points in self._marks if now_s - t < REMEMBER_MARKS_S]
        if len(unexpected):
            self._marks.append((now_s, unexpected))
        # What stands closer than a path may lead cannot be planned around from inside: it only must not be hit.
        marks = [points[np.hypot(*(points - pose[:2]).T) > self.robot.radius_m] for _, points in self._marks]
        grid = self.plan.with_obstacles(np.vstack([*marks, np.zeros((0, 2))]), MARK_RADIUS_M)
        grid = kept_clear(grid, self._bodies, pose[:2])
        place = grid.free_near(*self.asked_for[:2], GOAL_REACH_M)
        try:
            if place is None:
                raise NoPath(f"the goal ({self.asked_for[0]:.2f}, {self.asked_for[1]:.2f}) is not free, nor anything "
                             f"within {GOAL_REACH_M} m of it")
            self.path = find_path(grid, pose[:2], place)
        except NoPath as error:
            if first:
                self.outcome = Outcome("goal_occupied" if place is None else "no_path", str(error))
            return False
        self.goal = (*place, self.asked_for[2])
        self.remaining_m = length_m(self.path)
        self._progress = (now_s, math.inf, pose)
        return True

    def _ahead(self, pose: Pose2d) -> np.ndarray:
        """The part of the path that is still to be driven; what lies behind is forgotten."""
        away = np.hypot(*(self.path[:60] - pose[:2]).T)
        nearest = int(np.argmin(away))
        self.path = self.path[min(nearest, len(self.path) - 1):]
        return self.path

    # --- obstacles ----------------------------------------------------------------------------------------------
    def _unexpected(self, hits: np.ndarray) -> np.ndarray:
        rows, columns, inside = self.plan.cells(hits)
        return hits[inside][self.plan.clearance_m[rows, columns] > UNEXPECTED_M]

    def _free_way(self, pose: Pose2d, ahead: np.ndarray, unexpected: np.ndarray) -> tuple[float, np.ndarray | None]:
        """Free distance [m] along the path from the robot's rim to the first unexpected thing, and that thing."""
        if not len(unexpected):
            return math.inf, None
        near = ahead[:int(LOOK_AHEAD_M / 0.05)]
        away = np.hypot(near[:, None, 0] - unexpected[None, :, 0], near[:, None, 1] - unexpected[None, :, 1])
        hit = away < self.robot.radius_m + PASSING_M
        if not hit.any():
            return math.inf, None
        first = int(np.argmax(hit.any(axis=1)))
        thing = unexpected[int(np.argmin(away[first]))]
        return max(0.0, math.hypot(*(thing - pose[:2])) - self.robot.radius_m), thing

    def _touching(self, pose: Pose2d, ahead: np.ndarray, hits: np.ndarray) -> bool:
        """Whether anything, of the plan or not, is about to be touched in the direction of the path."""
        offset = hits - pose[:2]
        close = np.hypot(*offset.T) < self.robot.radius_m + 0.02
        if not close.any():
            return False
        aim = ahead[min(3, len(ahead) - 1)] - pose[:2]
        bearing = np.arctan2(offset[close, 1], offset[close, 0]) - math.atan2(aim[1], aim[0])
        return bool((np.cos(bearing) > 0.5).any())

    def _wait(self, pose: Pose2d, unexpected: np.ndarray, thing: np.ndarray | None, now_s: float) -> Command:
        self.state = "blocked"
        if self._blocked_since is None:
            self._blocked_since, self._replan_at = now_s, now_s + REPLAN_AFTER_S
            if self._blocked_first is None or self.remaining_m < self._remaining_then - 0.3:  # a new obstacle
                self._blocked_first, self._remaining_then = now_s, self.remaining_m
        place = pose[:2] if thing is None else thing
        if now_s >= self._replan_at:
            self._replan_at = now_s + REPLAN_AFTER_S
            if self._find_way(pose, now_s, unexpected):
                self.replans += 1
        if now_s - self._blocked_first > PATIENCE_S:
            self.outcome = Outcome("blocked", f"something stands in the way at ({place[0]:.2f}, {place[1]:.2f}); "
                                              f"waited {PATIENCE_S:.0f} s and found no way round")
        return self._smooth.step(Command(), now_s)

    def _watch_progress(self, pose: Pose2d, now_s: float) -> None:
        since, best, then = self._progress
        turned = abs(wrapped(pose[2] - then[2])) > 0.3 and math.hypot(pose[0] - then[0], pose[1] - then[1]) < STALL_M
        if self.remaining_m < best - STALL_M or turned:
            self._progress = (now_s, min(best, self.remaining_m), pose)
        elif now_s - since > STALL_S:
            self.outcome = Outcome("stalled", f"no progress for {STALL_S:.0f} s at ({pose[0]:.2f}, {pose[1]:.2f}), "
                                              f"{self.remaining_m:.2f} m before the goal")

    # --- wheels -------------------------------------------------------------------------------------------------
    def _pursue(self, pose: Pose2d, ahead: np.ndarray, free_m: float, beside_m: float) -> Command:
        away = np.hypot(*(ahead - pose[:2]).T)
        beyond = np.nonzero(away >= LOOKAHEAD_M)[0]
        target = ahead[int(beyond[0])] if len(beyond) else ahead[-1]
        reach = max(math.hypot(*(target - pose[:2])), 0.05)
        error = self._bearing(pose, target)
        fastest_turn = self.robot.max_turn_rps
        standing = abs(self._smooth.last.speed_mps) < 0.02
        if abs(error) > (0.35 if standing else TURN_FIRST_RAD):
            return Command(0.0, _turn(error, fastest_turn))
        clearance = self.plan.clearance_at(*target) - self.robot.radius_m
        speed = min(self.robot.max_speed_mps * min(1.0, max(0.5, clearance / 0.25)),
                    self.robot.max_speed_mps * math.cos(error) ** 2,
                    math.sqrt(2 * ACCELERATION_MPS2 * self.remaining_m),
                    max(PASSING_MPS, 0.8 * beside_m),
                    math.sqrt(2 * BRAKING_MPS2 * max(0.0, free_m - STOP_GAP_M)))
        speed = max(CREEP_MPS, speed)
        turn = 2 * speed * math.sin(error) / reach
        return Command(speed, min(max(turn, -fastest_turn), fastest_turn))

    @staticmethod
    def _bearing(pose: Pose2d, target: np.ndarray | Pose2d) -> float:
        return wrapped(math.atan2(target[1] - pose[1], target[0] - pose[0]) - pose[2])

    def _align(self, pose: Pose2d, distance: float, now_s: float) -> Command:
        self.state, self.remaining_m = "aligning", distance
        error = wrapped(self.goal[2] - pose[2])
        if abs(error) < GOAL_ANGLE_RAD and abs(self._smooth.last.turn_rps) < 0.3:
            self.outcome = Outcome("arrived", f"{distance:.2f} m from the goal")
            return Command()
        return self._smooth.step(Command(0.0, _turn(error, self.robot.max_turn_rps)), now_s)


class Hold:
    """Standing still until something comes true, as on a dock until it charges."""

    def __init__(self, until: Callable[[], bool], now_s: float, patience_s: float, complaint: str) -> None:
        self._until, self._give_up_s, self._complaint = until, now_s + patience_s, complaint
        self.outcome: Outcome | None = None
        self.state, self.replans, self.remaining_m = "waiting", 0, 0.0

    def step(self, pose: Pose2d, hits: np.ndarray, now_s: float) -> Command:
        """As in Journey."""
        if self._until():
            self.outcome = Outcome("arrived", "")
        elif now_s > self._give_up_s:
            self.outcome = Outcome("timeout", self._complaint)
        return Command()


class Straight:
    """A short slow move along a line to a pose, forward or backward, as onto a dock and off it.

    `outcome` is set when the place is reached along the line, or when something stands in the way for too long.
    """
    SPEED_MPS = 0.1
    PATIENCE_S = 10.0

    def __init__(self, robot: Robot, goal: Pose2d, backward: bool) -> None:
        self.robot, self.goal, self.backward = robot, goal, backward
        self.outcome: Outcome | None = None
        self.state, self.replans, self.remaining_m = "driving", 0, 0.0
        self._smooth = _Smooth()
        self._blocked_since: float | None = None

    def step(self, pose: Pose2d, hits: np.ndarray, now_s: float) -> Command:
        """As in Journey."""
        way = -1.0 if self.backward else 1.0
        c, s = math.cos(self.goal[2]), math.sin(self.goal[2])
        dx, dy = pose[0] - self.goal[0], pose[1] - self.goal[1]
        along, aside = way * (c * dx + s * dy), -s * dx + c * dy  # along: negative before the goal, grows to 0
        self.remaining_m = max(0.0, -along)
        if self.outcome is None and along >= -0.005:
            self.outcome = Outcome("arrived", f"{math.hypot(dx, dy):.2f} m from the goal")
        if self.outcome:
            return Command()
        if self._obstructed(pose, hits, way):
            self._blocked_since = now_s if self._blocked_since is None else self._blocked_since
            self.state = "blocked"
            if now_s - self._blocked_since > self.PATIENCE_S:
                self.outcome = Outcome("blocked", "something stands in the way")
            return self._smooth.step(Command(), now_s)
        self.state, self._blocked_since = "driving", None
        wanted = -way * min(max(1.5 * aside, -0.4), 0.4)
        turn = 2.0 * (wanted - wrapped(pose[2] - self.goal[2]))
        speed = min(self.SPEED_MPS, max(0.03, self.remaining_m))
        return self._smooth.step(Command(way * speed, min(max(turn, -0.5), 0.5)), now_s)

    def _obstructed(self, pose: Pose2d, hits: np.ndarray, way: float) -> bool:
        c, s = math.cos(pose[2]), math.sin(pose[2])
        offset = hits - pose[:2]
        along, aside = way * (offset @ [c, s]), offset @ [-s, c]
        # Beyond the goal nothing matters: there is the dock.
        reach = self.robot.radius_m + min(0.15, self.remaining_m)
        return bool(((along > 0) & (along < reach) & (np.abs(aside) < self.robot.radius_m + 0.02)).any())


def _turn(error: float, fastest_rps: float) -> float:
    """Rate of a turn on the spot that settles on a heading."""
    return math.copysign(min(fastest_rps, max(SLOWEST_TURN_RPS, 2.0 * abs(error))), error)


def _distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each of N points the distance [m] to the nearest of M others."""
    return np.hypot(points[:, None, 0] - others[None, :, 0], points[:, None, 1] - others[None, :, 1]).min(axis=1)
