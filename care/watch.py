"""Listens for silence: which robots have stopped talking, and which are back. Pure: time comes in."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass
class _Heard:
    at_s: float
    lost: bool = False


class RobotWatch:
    """Remembers when each robot was last heard, on any steady clock [s].

    A robot is lost once after `silent_s` without a word, and found once with the next. The heartbeat comes every 2 s:
    10 s are five missed ones.
    """

    def __init__(self, silent_s: float = 10.0) -> None:
        self.silent_s = silent_s
        self._robots: dict[str, _Heard] = {}

    def expect(self, robot_id: str, now_s: float, lost: bool = False) -> None:
        """A robot known from before this start: it has `silent_s` to speak, unless it was lost already."""
        self._robots.setdefault(robot_id, _Heard(now_s, lost))

    def heard(self, robot_id: str, now_s: float) -> bool:
        """The robot spoke. Returns whether it had been lost."""
        robot = self._robots.setdefault(robot_id, _Heard(now_s))
        was_lost, robot.at_s, robot.lost = robot.lost, now_s, False
        return was_lost

    def newly_lost(self, now_s: float) -> list[tuple[str, float]]:
        """Robots that fell silent since the last call, each with the seconds since it was heard."""
        lost = []
        for robot_id, robot in self._robots.items():
            if not robot.lost and now_s - robot.at_s >= self.silent_s:
                robot.lost = True
                lost.append((robot_id, now_s - robot.at_s))
        return lost
