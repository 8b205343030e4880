"""A motion that has the wheels: it stands while the robot is blind, gives up in the end, and ends in time. Pure."""
from __future__ import annotations

import math

import numpy as np

from robot.drive import Command, Hold, Journey, Outcome, Straight
from robot.transforms import Pose2d

Motion = Journey | Straight | Hold


class Ride:
    """Call `step`, or `stand` where the robot must not move, until `outcome` is set. Times in seconds."""

    def __init__(self, motion: Motion, began_s: float, limit_s: float, patience_s: float) -> None:
        """`limit_s`: how long it may take; `patience_s`: how long it may stand blind."""
        self.motion, self.began_s = motion, began_s
        self._limit_s, self._patience_s = limit_s, patience_s
        self._blind_since_s: float | None = None
        self.outcome: Outcome | None = motion.outcome

    def stand(self, blind: Outcome, now_s: float) -> None:
        """The robot may not move now, for this reason."""
        self._blind_since_s = now_s if self._blind_since_s is None else self._blind_since_s
        if now_s - self._blind_since_s > self._patience_s:
            self.outcome = blind

    def step(self, pose: Pose2d, hits: np.ndarray, lying: np.ndarray, now_s: float) -> Command:
        """The wheel command for now. `hits`, `lying`: points (N, 2) on the map of the newest scan, and along people who
        lie [m]."""
        self._blind_since_s = None
        if isinstance(self.motion, Journey):
            self.motion.keep_clear(lying, pose, now_s)
        command = self.motion.step(pose, hits, now_s)
        if self.motion.outcome:
            self.outcome = self.motion.outcome
        elif self.elapsed_s(now_s) > self._limit_s:
            self.outcome = Outcome("timeout", f"not done within {self._limit_s:.0f} s")
        return command

    def bumped(self, pose: Pose2d) -> None:
        """Something was touched: whatever the lidar did not see ends a journey; a dock may be touched."""
        if isinstance(self.motion, Journey):
            self.outcome = Outcome("bumped", f"the bumper touched something at ({pose[0]:.2f}, {pose[1]:.2f})")

    def elapsed_s(self, now_s: float) -> float:
        return now_s - self.began_s

    @property
    def path(self) -> np.ndarray | None:
        """The way (N, 2) on the map [m], where it follows one."""
        return self.motion.path if isinstance(self.motion, Journey) else None


def blind(scan_age_s: float, timeout_s: float, lost: bool) -> Outcome | None:
    """Why the robot must not move now, if so. `lost`: the scan does not fit the plan."""
    if math.isinf(scan_age_s) or scan_age_s > timeout_s:
        return Outcome("no_scan", "no fresh scan")
    return Outcome("lost", "the scan does not fit the plan") if lost else None
