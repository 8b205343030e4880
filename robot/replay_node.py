"""Publishes a recording again. `anban replay`."""
from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from rclpy.clock import Clock as RosClock
from rclpy.clock import ClockType
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from robot import ros
from robot.recording import Offer, Recorded, offer
from robot.timeline import Timeline

TICK_S = 0.005   # messages are this late at most; a camera's period is 20 times as long
CLOCK_S = 0.02   # of wall time; more clock than that costs every listener


class ReplayNode(ros.CareNode):
    """`names`: recorded topic -> name under which it is published. Begins when all of `wait_for` have listeners."""
    NAME = "replay"

    def __init__(self, recorded: Recorded, names: Mapping[str, str], rate: float = 1.0, start_s: float = 0.0,
                 wait_for: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._recorded, self._names, self._rate, self._start_s = recorded, names, rate, start_s
        self._wait_for = set(wait_for)

    def setup(self) -> None:
        offers = {name: offer(topic.offered_qos) for name, topic in self._recorded.topics.items()}
        self._topics: dict[str, Any] = {}
        for name, new in self._names.items():
            try:
                kind = ros.message_type(self._recorded.topics[name].type_name)
            except LookupError as error:
                self.get_logger().warning(f"{name} is not replayed: {error}; install its package")
                continue
            self._topics[name] = self.create_publisher(kind, new, _profile(offers[name]))
        if not self._topics:
            raise LookupError("none of the topics has a type that is installed here")
        start_ns = self._recorded.start_ns + round(self._start_s * 1e9)
        latched = {name for name in self._topics if offers[name].latched}
        self._timeline = Timeline(self._recorded.messages(self._topics), start_ns, self._rate, latched)
        self._clock_topic = self.create_publisher(Clock, "/clock", ros.STREAM)
        self._clock_s = 0.0
        self._began_s: float | None = None
        steady = RosClock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK_S, self._tick, clock=steady)

    def _tick(self) -> None:
        wall_s = time.monotonic()
        if self._began_s is None:
            if missing := [topic for topic in self._wait_for if not self.count_subscribers(topic)]:
                self.report("replay", "warn", f"waiting for somebody who listens to {', '.join(sorted(missing))}")
                return
            self._began_s = wall_s
            self.report("replay", "ok", "under way")
        elapsed_s = wall_s - self._began_s
        if wall_s - self._clock_s >= CLOCK_S:
            self._clock_s = wall_s
            self._clock_topic.publish(Clock(clock=ros.stamp(self._timeline.time_ns(elapsed_s) * 1e-9)))
        for message in self._timeline.due(elapsed_s):
            self._topics[message.topic].publish(message.data)
        if self._timeline.over:
            self.get_logger().info("all is replayed")
            self.end()


def _profile(how: Offer) -> QoSProfile:
    return QoSProfile(
        depth=how.depth,
        reliability=ReliabilityPolicy.RELIABLE if how.reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if how.latched else DurabilityPolicy.VOLATILE)
