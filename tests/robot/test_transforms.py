"""The transform buffer: where a frame was, and when it must say that it does not know."""
import math
from types import SimpleNamespace as Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.transforms import (
    TransformBuffer,
    TransformUnavailable,
    compose2d,
    inverse2d,
    matrix_from_pose2d,
    pose2d_from_matrix,
    quaternion_from_yaw,
    transform_points,
    yaw_from_quaternion,
)

angles = st.floats(-3.1, 3.1)
metres = st.floats(-50, 50)


def robot_at(buffer: TransformBuffer, time_s: float, x: float, yaw: float) -> None:
    buffer.set("map", "base_link", time_s, (x, 0.0, 0.0), quaternion_from_yaw(yaw))


def test_a_point_before_the_camera_is_found_on_the_map():
    buffer = TransformBuffer()
    robot_at(buffer, 5.0, 2.0, math.pi / 2)
    buffer.set("base_link", "camera", 0.0, (0.1, 0.0, 1.0), (-0.5, 0.5, -0.5, 0.5), static=True)  # optical axes
    point = transform_points(buffer.lookup("map", "camera", 5.0), np.array([[0.0, 0.0, 3.0]]))  # 3 m ahead
    assert np.allclose(point, [[2.0, 3.1, 1.0]])


def test_between_two_stamps_the_pose_is_interpolated_over_the_half_turn_mark():
    buffer = TransformBuffer()
    robot_at(buffer, 1.0, 0.0, math.radians(170))
    robot_at(buffer, 2.0, 1.0, math.radians(-170))
    x, _, yaw = pose2d_from_matrix(buffer.lookup("map", "base_link", 1.5))
    assert x == pytest.approx(0.5) and abs(yaw) == pytest.approx(math.pi)


def test_an_inverse_lookup_is_the_inverse():
    buffer = TransformBuffer()
    robot_at(buffer, 1.0, 3.0, 0.7)
    assert np.allclose(buffer.lookup("map", "base_link", 1.0) @ buffer.lookup("base_link", "map", 1.0), np.eye(4))


def test_siblings_are_joined_through_their_common_parent():
    buffer = TransformBuffer()
    buffer.set("base_link", "laser", 0.0, (0.2, 0.0, 0.2), (0, 0, 0, 1), static=True)
    buffer.set("base_link", "camera", 0.0, (0.1, 0.0, 1.0), (0, 0, 0, 1), static=True)
    assert np.allclose(buffer.lookup("camera", "laser", 77.0)[:3, 3], [0.1, 0.0, -0.8])


def test_a_little_later_than_the_newest_is_answered_and_much_later_is_refused_with_its_age():
    buffer = TransformBuffer()
    robot_at(buffer, 10.0, 1.0, 0.0)
    assert pose2d_from_matrix(buffer.lookup("map", "base_link", 10.15))[0] == pytest.approx(1.0)
    with pytest.raises(TransformUnavailable, match="'base_link' is 0.70 s too old"):
        buffer.lookup("map", "base_link", 10.7)


def test_unconnected_frames_are_named():
    buffer = TransformBuffer()
    buffer.set("odom", "base_link", 1.0, (0, 0, 0), (0, 0, 0, 1))
    with pytest.raises(TransformUnavailable, match="'map' and 'base_link'"):
        buffer.lookup("map", "base_link", 1.0)


def test_history_is_bounded_and_late_packets_are_put_in_order():
    buffer = TransformBuffer()
    for step in range(2000):
        robot_at(buffer, step * 0.01, step * 0.01, 0.0)
    robot_at(buffer, 19.505, 19.505, 0.0)
    assert pose2d_from_matrix(buffer.lookup("map", "base_link", 19.507))[0] == pytest.approx(19.507)
    with pytest.raises(TransformUnavailable, match="forgotten"):
        buffer.lookup("map", "base_link", 5.0)


def test_a_clock_set_back_forgets_all_but_the_static_frames():
    buffer = TransformBuffer()
    buffer.set("base_link", "laser", 0.0, (0.2, 0, 0), (0, 0, 0, 1), static=True)
    robot_at(buffer, 100.0, 1.0, 0.0)
    robot_at(buffer, 3.0, 7.0, 0.0)
    assert buffer.lookup("map", "laser", 3.0)[0, 3] == pytest.approx(7.2)
    with pytest.raises(TransformUnavailable):
        buffer.lookup("map", "laser", 100.0)


def test_what_is_no_rotation_and_what_closes_a_circle_is_refused():
    buffer = TransformBuffer()
    buffer.set("map", "odom", 0.0, (0, 0, 0), (0, 0, 0, 1))
    with pytest.raises(ValueError, match="no rigid motion"):
        buffer.set("odom", "base_link", 0.0, (0, 0, 0), (0, 0, 0, 0))
    with pytest.raises(ValueError, match="circle"):
        buffer.set("odom", "map", 0.0, (0, 0, 0), (0, 0, 0, 1))


def test_a_tf_message_is_taken_in():
    message = Any(transforms=[Any(
        header=Any(frame_id="map", stamp=Any(sec=4, nanosec=500_000_000)), child_frame_id="odom",
        transform=Any(translation=Any(x=1.0, y=2.0, z=0.0), rotation=Any(x=0.0, y=0.0, z=0.0, w=1.0)))])
    buffer = TransformBuffer()
    buffer.feed(message)
    assert np.allclose(buffer.lookup("map", "odom", 4.5)[:2, 3], [1.0, 2.0])


@given(metres, metres, angles)
def test_poses_on_the_floor_survive_matrix_quaternion_and_inverse(x, y, yaw):
    assert pose2d_from_matrix(matrix_from_pose2d((x, y, yaw))) == pytest.approx((x, y, yaw), abs=1e-9)
    assert yaw_from_quaternion(*quaternion_from_yaw(yaw)) == pytest.approx(yaw)
    assert compose2d((x, y, yaw), inverse2d((x, y, yaw))) == pytest.approx((0, 0, 0), abs=1e-9)
