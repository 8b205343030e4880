"""Sends pictures to another process and back, as the robot's own pictures travel. Used by `anban doctor`.

`EchoNode` publishes on /echo/back what it receives on /echo/there (sensor_msgs/Image, RELIABLE_STREAM).
"""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from robot.environment import reserve_domain
from robot.ros import RELIABLE_STREAM, CareNode, pixels

THERE, BACK = "/echo/there", "/echo/back"


class EchoNode(CareNode):
    NAME = "echo"

    def setup(self) -> None:
        publisher = self.create_publisher(Image, BACK, RELIABLE_STREAM)
        self.create_subscription(Image, THERE, publisher.publish, RELIABLE_STREAM)


class RoundTrip(NamedTuple):
    sent: int
    returned: int
    median_ms: float  # there and back; NaN when nothing came back


def round_trip(pictures: int = 20, discovery_s: float = 20.0, answer_s: float = 2.0) -> RoundTrip:
    """Send 640x480 rgb8 pictures, one at a time, through an EchoNode in another process and a ROS domain of its own.

    Raises TimeoutError when the two processes do not find each other within `discovery_s`.
    """
    domain = reserve_domain()
    echo = subprocess.Popen([sys.executable, "-m", "robot.compose", "robot.echo_node:EchoNode"],
                            env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, stdout=subprocess.DEVNULL)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("echo_caller", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        arrived: list[float] = []
        publisher = node.create_publisher(Image, THERE, RELIABLE_STREAM)
        node.create_subscription(Image, BACK, lambda image: arrived.append(time.monotonic()), RELIABLE_STREAM)
        deadline = time.monotonic() + discovery_s
        while not (publisher.get_subscription_count() and node.count_publishers(BACK)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"two processes did not find each other within {discovery_s:.0f} s")
            executor.spin_once(timeout_sec=0.1)
        data, times_ms = pixels(np.zeros((480, 640, 3), np.uint8)), []
        for _ in range(pictures):
            arrived.clear()
            sent = time.monotonic()
            publisher.publish(Image(height=480, width=640, encoding="rgb8", step=1920, data=data))
            while not arrived and time.monotonic() < sent + answer_s:
                executor.spin_once(timeout_sec=0.1)
            if arrived:
                times_ms.append((arrived[0] - sent) * 1e3)
        return RoundTrip(pictures, len(times_ms), statistics.median(times_ms) if times_ms else float("nan"))
    finally:
        echo.terminate()
        echo.wait(10)
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown(context=context)
