"""The robot's health in few words: what is wrong, by part, and that the rest works. Pure."""
from __future__ import annotations

from dataclasses import dataclass

from robot.bridge.outbox import TEXT

LEVELS = ("ok", "warn", "error", "stale")  # as DiagnosticStatus.level 0..3
# Every node reports once a second of its clock; a simulated clock may run slower, and a start takes seconds.
GONE_AFTER_S = 10.0

MOST_PARTS = 100  # nobody reads more


@dataclass
class _Part:
    source: str
    level: str
    message: str


class StatusBoard:
    """Collects /diagnostics. Times are those of a steady clock [s], so that a standing ROS clock is noticed too."""

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}
        self._heard_s: dict[str, float] = {}

    def take(self, name: str, source: str, level: int, message: str, now_s: float) -> None:
        """One DiagnosticStatus; `source` is its hardware_id, the node."""
        level_name = LEVELS[level] if 0 <= level < len(LEVELS) else "error"
        self._parts[name] = _Part(source, level_name, message[:TEXT])
        self._heard_s[source] = now_s

    def parts(self, now_s: float) -> list[dict[str, str]]:
        """Worst first: every part that is not ok, every node that fell silent, and one line for the rest."""
        gone = {source for source, heard_s in self._heard_s.items() if now_s - heard_s > GONE_AFTER_S}
        found = [{"name": source, "level": "stale", "message": "this part of the robot has fallen silent"}
                 for source in gone]
        alive = [(name, part) for name, part in self._parts.items() if part.source not in gone]
        found += [{"name": name, "level": part.level, "message": part.message} for name, part in alive
                  if part.level != "ok"]
        found.sort(key=lambda part: (-("warn", "stale", "error").index(part["level"]), part["name"]))
        if len(found) > MOST_PARTS:
            rest = len(found) - MOST_PARTS
            found[MOST_PARTS:] = [{"name": "more", "level": "warn", "message": f"{rest} more parts are not well"}]
        well = sum(part.level == "ok" for _, part in alive)
        return [*found, {"name": "robot", "level": "ok", "message": f"{well} parts work"}]
