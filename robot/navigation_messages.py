"""Between ROS messages and what navigation's cores work with. No rclpy: messages are plain data."""
from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration
from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, TransformStamped
from nav_msgs.msg import OccupancyGrid, Path
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from robot.grid import Grid
from robot.transforms import Pose2d, quaternion_from_yaw, yaw_from_quaternion


def pose2d(pose: Any) -> Pose2d:
    """Pose on the floor of a geometry_msgs/Pose."""
    turned = pose.orientation
    return pose.position.x, pose.position.y, yaw_from_quaternion(turned.x, turned.y, turned.z, turned.w)


def goal_problem(goal: PoseStamped) -> str:
    """Why a goal cannot be one; "" where it can."""
    place, turned = goal.pose.position, goal.pose.orientation
    if goal.header.frame_id not in ("", "map", "odom", "base_link"):
        return f"its frame {goal.header.frame_id!r} is not known"
    norm = math.hypot(turned.x, turned.y, turned.z, turned.w)
    return "" if math.isfinite(place.x + place.y) and 0.9 < norm < 1.1 else "its pose is no pose"


def pose_message(pose: Pose2d, at: TimeMessage) -> PoseStamped:
    """A pose on the map."""
    message = PoseStamped()
    message.header.frame_id, message.header.stamp = "map", at
    message.pose.position.x, message.pose.position.y = pose[:2]
    turned = message.pose.orientation
    turned.x, turned.y, turned.z, turned.w = quaternion_from_yaw(pose[2])
    return message


def pose_estimate(pose: Pose2d, at: TimeMessage) -> PoseWithCovarianceStamped:
    """Where the robot is on the map, as Nav2's localisation publishes it; covariance as measured in the tests."""
    message = PoseWithCovarianceStamped()
    message.header, message.pose.pose = pose_message(pose, at).header, pose_message(pose, at).pose
    message.pose.covariance[0] = message.pose.covariance[7] = 0.01 ** 2
    message.pose.covariance[35] = 0.005 ** 2
    return message


def frame_message(parent: str, child: str, pose: Pose2d, at: TimeMessage) -> TFMessage:
    """One transform: the pose of `child` on the floor of `parent`."""
    item = TransformStamped(child_frame_id=child)
    item.header.frame_id, item.header.stamp = parent, at
    item.transform.translation.x, item.transform.translation.y = pose[:2]
    turned = item.transform.rotation
    turned.x, turned.y, turned.z, turned.w = quaternion_from_yaw(pose[2])
    return TFMessage(transforms=[item])


def path_message(points: np.ndarray, at: TimeMessage) -> Path:
    """A way on the map, N x 2 points [m], as Nav2's planner publishes it; without points there is none any more."""
    message = Path(poses=[pose_message((x, y, 0.0), at) for x, y in points.tolist()])
    message.header.frame_id, message.header.stamp = "map", at
    return message


def map_message(grid: Grid, at: TimeMessage) -> OccupancyGrid:
    """0 free, 100 taken, -1 outside of all rooms."""
    message = OccupancyGrid()
    message.header.frame_id, message.header.stamp = "map", at
    message.info.map_load_time, message.info.resolution = at, grid.resolution_m
    message.info.height, message.info.width = grid.heights_m.shape
    message.info.origin.position.x, message.info.origin.position.y = grid.origin
    cells = np.where(np.isinf(grid.heights_m), -1, np.where(grid.occupied, 100, 0)).astype(np.int8)
    message.data = array("b", cells.tobytes())
    return message


def scan_points(scan: LaserScan) -> np.ndarray:
    """N x 3 points [m] of the beams that came back, in the frame of the laser."""
    ranges = np.array(scan.ranges, dtype=np.float64)
    angles = scan.angle_min + scan.angle_increment * np.arange(len(ranges))
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(ranges) & (ranges >= scan.range_min) & (ranges < scan.range_max)
    reach, angles = ranges[seen], angles[seen]
    return np.column_stack([reach * np.cos(angles), reach * np.sin(angles), np.zeros(len(reach))])


def duration(time_s: float) -> Duration:
    """A duration message of seconds."""
    return Duration(sec=int(time_s), nanosec=int(time_s % 1 * 1e9))
