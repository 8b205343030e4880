"""Whether what was said is meant for the robot: by its name, a look, a touch, a wake word, or an open conversation; or
because it is a call for help, which needs none of it. Pure; all times in seconds of one clock.
"""
from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence

from dialogue.addressed import ALWAYS
from dialogue.running_talk import RunningTalk
from dialogue.understood import Understood
from robot.site import Site

# A look counts if it lasted for half of what was said and the moment before it, in which one turns to whom one means.
# The eyes see it in 24 of 27 pictures of rendered faces turned to them (bench/attention.py), and lose it in a blur.
LOOK_SHARE, LOOK_BEFORE_S, LEAST_LOOKS = 0.5, 1.0, 4
KEEP_LOOKS_S = 40.0  # longer than any utterance
# From further nobody is talked to without being called: the end of Hall's "social distance" (The Hidden Dimension,
# 1966), which is that of a room of a flat.
LOOK_WITHIN_M = 3.6
# Who faces the robot and a television alike looks at the television, so near to its direction.
BESIDE_TELEVISION_RAD = math.radians(35.0)
# What stops the robot needs no attention: it costs a minute of its round, and a foot under it cannot wait for a name.
# "Stay with me" can, and every film says it.
STOP, STAY = "stop", "stay"

Point2 = tuple[float, float]


class Attention:
    """Of a robot that takes these ways of drawing it (`by`, as in the site file; none: all is meant for it)."""

    def __init__(self, by: Collection[str], keeps_s: float) -> None:
        self._by, self._keeps_s = frozenset(by), keeps_s
        self._drawn: tuple[str, float] | None = None       # by what, and when last
        self._looks: deque[tuple[float, bool]] = deque()   # when, and whether somebody looked
        self._talk = RunningTalk()

    def drawn(self, by: str, at_s: float) -> bool:
        """Somebody has touched the robot, or said its wake word. Whether that counts here."""
        if by in self._by:
            self._drawn = by, at_s
        return by in self._by

    def seen(self, looking: bool, at_s: float) -> None:
        """The eyes have taken in a picture, in which somebody looks at the robot or nobody does."""
        if self._looks and at_s < self._looks[-1][0]:  # the clock was set back: a simulation began anew
            self._looks.clear()
        self._looks.append((at_s, looking))
        while self._looks[0][0] < at_s - KEEP_LOOKS_S:
            self._looks.popleft()

    def why(self, understood: Understood, began_s: float, ended_s: float, named: bool, spoke_s: float) -> str:
        """Why an utterance from `began_s` to `ended_s` is meant for the robot: "need", "always", "name", "look",
        "touch", "wake_word", "conversation", or "" for no reason. `named`: its name was in it. `spoke_s`: when the
        robot itself last stopped speaking to somebody, or will stop. To be asked about all that is heard, but for
        answers to the robot's own questions."""
        stops = understood.intent == STOP and STAY not in understood.slots
        needs_none = self._talk.leaves(understood, began_s) or stops
        return self._drawn_by(began_s, ended_s, named, spoke_s) or ("need" if needs_none else "")

    def _drawn_by(self, began_s: float, ended_s: float, named: bool, spoke_s: float) -> str:
        if not self._by:
            return ALWAYS
        if named and self.drawn("name", ended_s):
            return "name"
        if self._drawn and began_s - self._keeps_s <= self._drawn[1] <= ended_s:
            return self._drawn[0]
        if abs(began_s - spoke_s) <= self._keeps_s:
            return "conversation"
        return "look" if "look" in self._by and self._looked_at(began_s, ended_s) else ""

    def _looked_at(self, began_s: float, ended_s: float) -> bool:
        looks = [looking for at_s, looking in self._looks if began_s - LOOK_BEFORE_S <= at_s <= ended_s]
        return len(looks) >= LEAST_LOOKS and sum(looks) >= LOOK_SHARE * len(looks)


def looks_at(head: Point2, robot: Point2, televisions: Sequence[Point2]) -> bool:
    """Whether somebody whose face is turned to the robot may mean it: near, and not in line with a television. Places
    in the map [m]."""
    to_robot = _bearing(head, robot)
    return math.dist(head, robot) <= LOOK_WITHIN_M and not any(
        abs(math.remainder(_bearing(head, screen) - to_robot, math.tau)) < BESIDE_TELEVISION_RAD
        for screen in televisions)


def televisions_of(site: Site, room: str) -> list[Point2]:
    """The places of a room's televisions."""
    return [piece.pose[:2] for piece in site.furniture if piece.kind == "television" and piece.room == room]


def _bearing(start: Point2, end: Point2) -> float:
    return math.atan2(end[1] - start[1], end[0] - start[0])
