"""What all nodes have from their base."""
from __future__ import annotations

import pytest
import rclpy
from rclpy.clock import ClockType

from robot.ros import CareNode, parameters


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
