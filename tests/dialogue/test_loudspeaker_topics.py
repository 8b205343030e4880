"""What the robot says goes to a loudspeaker, or is told not to have been said."""
from __future__ import annotations

import time

import numpy as np
import pytest
import rclpy
from anban_interfaces.msg import AudioChunk

from dialogue.loudspeaker_topics import LoudspeakerTopics
from dialogue.sound import Sound
from robot.ros import EVENT, CareNode


@pytest.fixture
def node():
    rclpy.init()
    node = CareNode()
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def test_what_no_loudspeaker_takes_has_not_been_said(node):
    loudspeaker, sound = LoudspeakerTopics(node, None), Sound(np.ones(10, np.int16), 16_000)
    assert "loudspeaker's node" in loudspeaker.play(sound) and loudspeaker.problem
    played = node.create_subscription(AudioChunk, "/audio/out", lambda _: None, EVENT)
    ends_s = time.monotonic() + 10.0
    while loudspeaker.problem and time.monotonic() < ends_s:
        time.sleep(0.02)
    assert loudspeaker.play(sound) == loudspeaker.problem == ""
    node.destroy_subscription(played)
