"""The kinematic robot behind its topics, for tests of the navigator over real DDS: it keeps /clock as well."""
import math

import numpy as np
from geometry_msgs.msg import TransformStamped, Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, LaserScan
from tf2_msgs.msg import TFMessage

from robot.ros import EVENT, LATCHED, STREAM, TF_STATIC, stamp
from robot.site import Site
from robot.transforms import quaternion_from_yaw
from tests.robot.kinematic_robot import KinematicRobot

STEP_S = 0.02
COMMAND_TIMEOUT_S = 0.5


class RobotAtTheEdge(Node):
    """Advances by `step()`; 50 Hz odometry, 10 Hz scans, 1 Hz battery in its own time."""

    def __init__(self, site: Site, seed: int = 1, **kwargs) -> None:
        super().__init__("robot_at_the_edge", **kwargs)
        dock = site.robot.docks[0].pose
        self.dock = (dock[0], dock[1], math.radians(dock[2]))
        self.body = KinematicRobot(site, self.dock, seed)
        self.time_s, self.steps = 1000.0, 0
        self.lidar_works = True
        self.smallest_gap_m = math.inf
        self._command, self._command_s = (0.0, 0.0), -math.inf
        self._clock_out = self.create_publisher(Clock, "/clock", STREAM)
        self._odometry = self.create_publisher(Odometry, "/odom", STREAM)
        self._tf = self.create_publisher(TFMessage, "/tf", EVENT)
        self._scans = self.create_publisher(LaserScan, "/scan", STREAM)
        self._battery = self.create_publisher(BatteryState, "/battery_state", LATCHED)
        static = self.create_publisher(TFMessage, "/tf_static", TF_STATIC)
        laser = TransformStamped(child_frame_id="laser")
        laser.header.frame_id, laser.transform.translation.z = "base_link", 0.2
        static.publish(TFMessage(transforms=[laser]))
        self.create_subscription(Twist, "/cmd_vel", self._on_command, EVENT)

    @property
    def still(self) -> bool:
        return self._command == (0.0, 0.0)

    def _on_command(self, message: Twist) -> None:
        self._command, self._command_s = (message.linear.x, message.angular.z), self.time_s

    def step(self) -> None:
        self.time_s += STEP_S
        self.steps += 1
        if self.time_s - self._command_s > COMMAND_TIMEOUT_S:
            self._command = (0.0, 0.0)
        self.body.step(*self._command, STEP_S)
        self.smallest_gap_m = min(self.smallest_gap_m, self.body.gap_to_anything())
        now = stamp(self.time_s)
        self._clock_out.publish(Clock(clock=now))
        x, y, yaw = self.body.odometry
        odometry = Odometry(child_frame_id="base_link")
        odometry.header.stamp, odometry.header.frame_id = now, "odom"
        odometry.pose.pose.position.x, odometry.pose.pose.position.y = x, y
        turned = odometry.pose.pose.orientation
        turned.x, turned.y, turned.z, turned.w = quaternion_from_yaw(yaw)
        self._odometry.publish(odometry)
        moved = TransformStamped(child_frame_id="base_link")
        moved.header = odometry.header
        moved.transform.translation.x, moved.transform.translation.y = x, y
        moved.transform.rotation = turned
        self._tf.publish(TFMessage(transforms=[moved]))
        if self.lidar_works and self.steps % 5 == 0:
            scan = LaserScan(angle_min=-math.pi, angle_increment=math.tau / len(self.body.angles), range_min=0.05,
                             range_max=self.body.site.robot.lidar.range_m)
            scan.header.stamp, scan.header.frame_id = now, "laser"
            scan.ranges = np.asarray(self.body.scan(), np.float32).tolist()
            self._scans.publish(scan)
        if self.steps % 50 == 0:
            self._publish_battery(now)

    def _publish_battery(self, now) -> None:
        x, y, yaw = self.body.pose
        docked = math.hypot(x - self.dock[0], y - self.dock[1]) < 0.1 and abs(yaw - self.dock[2]) < 0.25
        message = BatteryState(percentage=0.8, power_supply_status=BatteryState.POWER_SUPPLY_STATUS_CHARGING
                               if docked and self.still else BatteryState.POWER_SUPPLY_STATUS_DISCHARGING)
        message.header.stamp = now
        self._battery.publish(message)
