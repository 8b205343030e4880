"""What all nodes have from their base."""
from __future__ import annotations

import pytest
import rclpy
from rclpy.clock import ClockType
from std_msgs.msg import Empty

from robot.ros import EVENT, CareNode, parameters


class Ear(CareNode):
    """Hears one topic."""

    def setup(self):
        self.create_subscription(Empty, "/ear", lambda _: None, EVENT)
        self.create_timer(1.0, lambda: None)


def test_a_node_that_is_cleaned_up_and_configured_again_hears_everything_once():
    rclpy.init()
    try:
        node = Ear()
        before = len(list(node.timers))
        for _ in range(2):
            node.trigger_configure()
            assert (node.count_subscribers("/ear"), len(list(node.timers))) == (1, before + 1)
            node.trigger_cleanup()
        assert (node.count_subscribers("/ear"), len(list(node.timers))) == (0, before)
        node.destroy_node()
    finally:
        rclpy.try_shutdown()


@pytest.mark.parametrize(("simulated", "clock"), [(False, ClockType.STEADY_TIME), (True, ClockType.ROS_TIME)])
def test_a_timer_goes_on_where_the_computers_clock_is_set_back_and_follows_a_simulated_one(simulated, clock):
    rclpy.init()
    try:
        node = CareNode(parameter_overrides=parameters(use_sim_time=simulated))
        timer = node.create_timer(0.1, lambda: None)
        assert timer.clock.clock_type == clock
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
