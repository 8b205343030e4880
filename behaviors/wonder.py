"""Somebody near has said something that the robot understood, but nothing shows that it was meant: it asks once. A
machine that keeps silent looks dead; one that talks to a television is a nuisance. Pure."""
from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from datetime import time

from robot.site import Point

from .behavior import ActionDone, Ask, Behavior, Heard, PersonSeen
from .reply import ENDS

# So far away one is talked to across a room; and who was seen so lately is still there.
NEAR_M, LATELY_S = 3.6, 3.0
# Not again so soon: who is asked twice in a quarter of an hour is being pestered.
AGAIN_S = 900.0
# A television or a conversation says more than this in a minute; somebody who wants something of a robot does not.
TALK_S, TALK = 60.0, 2
QUIET_FROM, QUIET_UNTIL = time(21), time(7)


class Doubt:
    """When to ask whether something overheard was meant for the robot."""

    def __init__(self) -> None:
        self._overheard_s: deque[float] = deque()
        self._near_s = self._asked_s = -math.inf

    def saw(self, person: PersonSeen, robot: Point | None, now_s: float) -> None:
        """Somebody is seen; who is near and turned to the robot, or on their feet, may be talking to it."""
        near = robot is None or person.position is None or math.dist(person.position[:2], robot) < NEAR_M
        if person.visible and near and (person.facing or person.posture == "walking"):
            self._near_s = now_s

    def asks(self, now_s: float, clock: time) -> bool:
        """Whether to ask about something that was overheard now, at this time of the day."""
        self._overheard_s.append(now_s)
        while self._overheard_s[0] < now_s - TALK_S:
            self._overheard_s.popleft()
        return (len(self._overheard_s) <= TALK and now_s - self._near_s < LATELY_S
                and now_s - self._asked_s > AGAIN_S and QUIET_UNTIL <= clock < QUIET_FROM)

    def asked(self, now_s: float) -> None:
        self._asked_s = now_s


@dataclass(eq=False, repr=False)
class Wonder(Behavior):
    """Asks "Were you talking to me?". `meant`: it was so."""
    TASK = "wonder"
    PRIORITY = 30
    STATES = {"asking": ("ask", 40.0), "closed": ("", None)}
    TRANSITIONS = [
        ("begin", "idle", "asking"),
        ("answered", "asking", "closed"),
        ("timed_out", "asking", "closed"),
    ]
    heard: Heard = Heard("", "")
    meant: bool = False

    def ask(self):
        self.out(Ask("attention.ask", ("yes", "no", self.heard.intent), attempts=1, wait_s=6.0))

    def on_event(self, event):
        if isinstance(event, ActionDone):
            self.meant = event.outcome == "answered" and event.intent in ("yes", self.heard.intent)
            self.answered()
        elif isinstance(event, Heard) and event.intent in ENDS:
            self.answered()

    def resume(self, now_s):
        """What was more urgent has changed the situation: they may ask again."""
        self.suspended = False
        return self._do(now_s, self.answered)
