"""What draws the robot's attention, brought from the node's topics and the microphone to the core of it.

Reads /people (People), /amcl_pose (PoseWithCovarianceStamped), /touch (Bool: true while a hand is on the robot or a
button pressed), each only where the site file's attention is drawn by it.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from anban_interfaces.msg import People
from geometry_msgs.msg import PoseWithCovarianceStamped
from std_msgs.msg import Bool

from dialogue.attention import Attention, looks_at, televisions_of
from dialogue.wake_word import WakeWordError, WakeWords
from robot.ros import EVENT, LATCHED, STREAM, CareNode, seconds
from robot.site import Site


class AttentionTopics:
    """For a node that hears. `attention` is the core; `touched` is called when a hand is laid on the robot."""

    def __init__(self, node: CareNode, site: Site, touched: Callable[[], None]) -> None:
        self._node, self._site, self._touched, ways = node, site, touched, site.attention.by
        self.attention = Attention(ways, site.attention.keeps_s)
        self._robot: tuple[float, float] | None = None  # on the map [m]
        self._held = False                              # a hand is on it
        self._wake_words: WakeWords | None = None
        if "look" in ways:
            node.create_subscription(People, "/people", self._on_people, STREAM)
            node.create_subscription(PoseWithCovarianceStamped, "/amcl_pose", self._on_pose, LATCHED)
        if "touch" in ways:
            node.create_subscription(Bool, "/touch", self._on_touch, EVENT)
        if "wake_word" in ways:
            try:
                self._wake_words = WakeWords(site.attention.wake_words)
                node.report("wake_word", "ok", f"listens for {', '.join(site.attention.wake_words)}")
            except WakeWordError as error:
                node.report("wake_word", "error", str(error))

    def hear(self, samples: np.ndarray, end_s: float) -> None:
        """The next sound, int16 at 16 kHz, its last sample at `end_s`."""
        if self._wake_words and self._wake_words.accept(samples):
            self.attention.drawn("wake_word", end_s)

    def _on_touch(self, message: Bool) -> None:
        if message.data:
            self.attention.drawn("touch", self._node.now_s)
            if not self._held:
                self._touched()
        self._held = message.data

    def _on_pose(self, message: Any) -> None:
        self._robot = message.pose.pose.position.x, message.pose.pose.position.y

    def _on_people(self, message: People) -> None:
        self.attention.seen(any(map(self._looks, message.people)), seconds(message.header.stamp))

    def _looks(self, person: Any) -> bool:
        """Without places only the face counts."""
        if not (person.visible and person.face_visible and self._robot and person.position_valid):
            return person.visible and person.face_visible
        return looks_at((person.head.x, person.head.y), self._robot, televisions_of(self._site, person.room))
