"""Docking as motions one after the other: backwards onto the dock, wait for the current, once more. Pure."""
from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Literal, NamedTuple

from robot.drive import Hold, Outcome, Straight
from robot.site import Robot
from robot.transforms import Pose2d, compose2d

STAGING_M = 0.6  # before a dock, from where the robot backs onto it
TRIES = 3
CHARGE_WAIT_S = 5.0  # /battery_state comes once a second

Phase = Literal["controlling", "charging", "retrying"]


class Leg(NamedTuple):
    """One motion, in which phase of docking, after how many retries."""
    motion: Straight | Hold
    phase: Phase
    retries: int


class Docked(NamedTuple):
    """How docking ended, in which phase, after how many retries."""
    outcome: Outcome
    phase: Phase
    retries: int


def staging_pose(dock: Pose2d) -> Pose2d:
    """Where docking begins, facing away from the dock."""
    return compose2d(dock, (STAGING_M, 0.0, 0.0))


def docking(robot: Robot, dock: Pose2d,
            charging: Callable[[], bool]) -> Generator[Leg, tuple[Outcome, float], Docked]:
    """The legs from the staging pose on. Send in how each ended, and the time then [s]. A dock without current is tried
    again; anything else that goes wrong ends it."""
    for retries in range(TRIES):
        if retries:
            outcome, _ = yield Leg(Straight(robot, staging_pose(dock), backward=False), "retrying", retries)
            if not outcome.arrived:
                return Docked(outcome, "retrying", retries)
        outcome, now_s = yield Leg(Straight(robot, dock, backward=True), "controlling", retries)
        if not outcome.arrived:
            return Docked(outcome, "controlling", retries)
        charged = Hold(charging, now_s, CHARGE_WAIT_S, "on the dock, but no current")
        outcome, _ = yield Leg(charged, "charging", retries)
        if outcome.code != "timeout":
            break
    return Docked(outcome, "charging", retries)
