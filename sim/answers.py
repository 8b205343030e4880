"""Lock-step over ROS: listens to the topics that answer pictures, names who is silent, shows again to who is back.

A part of the simulator node; sim/lock_step.py keeps who owes an answer.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robot.ros import RELIABLE_STREAM, STREAM, CareNode, is_reliable, message_type
from sim.lock_step import LockStep
from sim.messages import nanoseconds


class Answers:
    """`show` publishes the newest picture again; `all_in` is called when nobody owes an answer any more. `waits`:
    time stands until who was silent answers, else it goes on without them. Wall times [s]."""

    def __init__(self, node: CareNode, lock_step: LockStep, timeout_s: float, waits: bool, show: Callable[[], None],
                 all_in: Callable[[], None]) -> None:
        self._node, self._lock_step, self._timeout_s, self._waits = node, lock_step, timeout_s, waits
        self._show, self._all_in = show, all_in
        self._subscriptions: dict[str, Any] = {}  # by topic
        self._known_senders: dict[str, str] = {}  # of the topics
        self._lost: set[str] = set()  # topics whose sender went away and has not answered since

    def awaited(self, now_s: float) -> bool:
        """Whether somebody still works on the last picture."""
        lock_step = self._lock_step
        missing = set(lock_step.consumers) - set(self._subscriptions) - lock_step.left_behind
        silent = sorted(missing.union(lock_step.waiting_for))
        if not silent or lock_step.waited_s(now_s) < self._timeout_s:
            return bool(silent)
        named = ", ".join(f"{topic} of {self._known_senders.get(topic, 'nobody')}" for topic in silent)
        self._node.report("lock-step", "error", f"{named} has not answered a picture for {self._timeout_s:g} s; "
                          f"{'waiting' if self._waits else 'going on without it'}", consumer=" ".join(silent))
        if not self._waits:
            lock_step.leave_behind(silent)
        return self._waits

    def look_for_senders(self, shown_s: float) -> None:
        """Listen to each topic from when it is there; only then are its type and quality known.

        The middleware forgets a process that stands still for 20 s, with the picture that it did not take: who comes
        back, or was started anew, is shown it again, unless it was shown within the timeout (`shown_s`: how long ago).
        """
        node = self._node
        for topic in self._lock_step.consumers:
            if names := senders(node, topic):
                self._known_senders[topic] = names
            if topic in self._known_senders and not node.count_publishers(topic):
                self._lost.add(topic)
        if shown_s > self._timeout_s and any(map(node.count_publishers,
                                                 self._lost.intersection(self._lock_step.waiting_for))):
            self._show()
        for topic in set(self._lock_step.consumers) - set(self._subscriptions):
            for publisher in node.get_publishers_info_by_topic(topic)[:1]:
                self._subscriptions[topic] = node.create_subscription(
                    message_type(publisher.topic_type), topic, lambda message, topic=topic: self._take(topic, message),
                    RELIABLE_STREAM if is_reliable(publisher.qos_profile) else STREAM)

    def _take(self, topic: str, message: Any) -> None:
        at = message.header.stamp if hasattr(message, "header") else None
        self._lost.discard(topic)
        if self._lock_step.answered(topic, None if at is None else nanoseconds(at)):
            self._node.get_logger().info(f"lock-step: {topic} answers again")
        if not self._lock_step.waiting_for:
            if not self._lock_step.left_behind:
                self._node.report("lock-step", "ok", f"{', '.join(self._lock_step.consumers)} answered")
            self._all_in()


def senders(node: CareNode, topic: str) -> str:
    """Names of the nodes that publish a topic; without those whose names the middleware has forgotten."""
    names = {publisher.node_name for publisher in node.get_publishers_info_by_topic(topic)}
    return ", ".join(sorted(name for name in names if not name.startswith("_NODE_NAME_UNKNOWN")))
