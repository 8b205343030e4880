"""ROS messages from what the simulation yields; nothing but conversion. Stamps come in as builtin_interfaces Time."""
from __future__ import annotations

import math
from array import array

import numpy as np
from anban_interfaces.msg import AudioChunk, People, Person, SimulationEvent
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion, TransformStamped, Vector3
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, CameraInfo, Image, LaserScan
from simulation_interfaces.msg import EntityState
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from robot.site import Camera, Lidar, Robot
from sim.eyes import Seen
from sim.simulation import Event
from sim.sound import SAMPLE_RATE

CAMERA_FRAME, LASER_FRAME = "camera_color_optical_frame", "laser"
POSITION_VARIANCE, TURN_VARIANCE = 1e-3, 3e-3  # of the wheels, m2 and rad2
_EMPTY_VOLTS, _FULL_VOLTS = 22.0, 29.2  # a lithium battery of 24 V


def nanoseconds(at: Time) -> int:
    return at.sec * 10**9 + at.nanosec


def color_image(color: np.ndarray, at: Time, frame: str = CAMERA_FRAME) -> Image:
    """From (H, W, 3) uint8 RGB."""
    return _image(np.ascontiguousarray(color), "rgb8", at, frame)


def depth_image(depth_m: np.ndarray, at: Time) -> Image:
    """From (H, W) metres, 0 = none; to millimetres, 16 bit."""
    return _image(np.clip(depth_m * 1000, 0, 65535).astype(np.uint16), "16UC1", at, CAMERA_FRAME)


def people(seen: list[Seen], resident_id: str, at: Time, delay_s: float) -> People:
    """As perception's people node says it; resident_id: who anybody is taken for, "" where that is not known."""
    return People(header=Header(stamp=at, frame_id="map"), processing_s=delay_s,
                  people=[_person(one, resident_id) for one in seen])


def _person(seen: Seen, resident_id: str) -> Person:
    person = Person(
        track_id=seen.track_id, resident_id=resident_id, visible=seen.visible,
        posture=getattr(Person, f"POSTURE_{seen.posture.upper()}"), posture_probability=seen.probability,
        position_valid=seen.position is not None, face_visible=seen.face, torso_height_m=seen.hips_m,
        head_height_m=seen.head[2] if seen.head else math.nan, torso_angle_rad=seen.angle_rad,
        aspect=math.nan, descent_speed=seen.descent_speed, room=seen.room, furniture=seen.furniture)
    if seen.position:
        person.position, person.head = (Point(x=x, y=y, z=z) for x, y, z in (seen.position, seen.head))
    return person


def _image(pixels: np.ndarray, encoding: str, at: Time, frame: str) -> Image:
    height, width = pixels.shape[:2]
    return Image(header=Header(stamp=at, frame_id=frame), height=height, width=width, encoding=encoding,
                 is_bigendian=0, step=pixels.strides[0], data=array("B", pixels.tobytes()))


def camera_info(camera: Camera, at: Time) -> CameraInfo:
    """An ideal pinhole: the simulated lens has no distortion."""
    f, cx, cy = camera.focal_px, camera.width / 2, camera.height / 2
    return CameraInfo(header=Header(stamp=at, frame_id=CAMERA_FRAME), height=camera.height, width=camera.width,
                      distortion_model="plumb_bob", d=[0.0] * 5, k=[f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0],
                      r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
                      p=[f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0])


def scan(lidar: Lidar, ranges: np.ndarray, at: Time) -> LaserScan:
    """From (beams,) metres, from the robot's +x counter-clockwise."""
    step = math.tau / lidar.beams
    return LaserScan(header=Header(stamp=at, frame_id=LASER_FRAME), angle_min=0.0, angle_max=step * (lidar.beams - 1),
                     angle_increment=step, scan_time=1 / lidar.rate_hz, range_min=0.05, range_max=lidar.range_m,
                     ranges=array("f", ranges.astype(np.float32).tobytes()))


def odometry(pose: tuple[float, float, float], twist: tuple[float, float], at: Time) -> Odometry:
    """From x [m], y [m], yaw [rad] in odom, and forward [m/s], turning [rad/s]."""
    message = Odometry(header=Header(stamp=at, frame_id="odom"), child_frame_id="base_link")
    message.pose.pose.position.x, message.pose.pose.position.y = float(pose[0]), float(pose[1])
    message.pose.pose.orientation = _heading(pose[2])
    message.twist.twist.linear.x, message.twist.twist.angular.z = float(twist[0]), float(twist[1])
    for covariance in (message.pose.covariance, message.twist.covariance):
        covariance[[0, 7, 35]] = POSITION_VARIANCE, POSITION_VARIANCE, TURN_VARIANCE
    return message


def odometry_transform(message: Odometry) -> TFMessage:
    """odom -> base_link, as the odometry has it."""
    link = TransformStamped(header=message.header, child_frame_id=message.child_frame_id)
    link.transform.translation.x = message.pose.pose.position.x
    link.transform.translation.y = message.pose.pose.position.y
    link.transform.rotation = message.pose.pose.orientation
    return TFMessage(transforms=[link])


def mounting(robot: Robot, at: Time) -> TFMessage:
    """base_link -> camera (optical axes: z forward, x right, y down) and base_link -> laser."""
    camera = robot.camera
    # Optical axes: turned by -90 degrees about z, then by -(90 + pitch) about the new x.
    half, root = -(math.pi / 2 + math.radians(camera.pitch_deg)) / 2, math.sqrt(0.5)
    optical = Quaternion(w=root * math.cos(half), x=root * math.sin(half), y=-root * math.sin(half),
                         z=-root * math.cos(half))
    return TFMessage(transforms=[
        _fixed(CAMERA_FRAME, Vector3(x=camera.forward_m, z=camera.height_m), optical, at),
        _fixed(LASER_FRAME, Vector3(z=robot.lidar.height_m), Quaternion(w=1.0), at)])


def _fixed(child: str, where: Vector3, turn: Quaternion, at: Time) -> TransformStamped:
    link = TransformStamped(header=Header(stamp=at, frame_id="base_link"), child_frame_id=child)
    link.transform.translation, link.transform.rotation = where, turn
    return link


def battery(charge: float, charging: bool, at: Time) -> BatteryState:
    """From 0..1."""
    status = (BatteryState.POWER_SUPPLY_STATUS_CHARGING if charging else BatteryState.POWER_SUPPLY_STATUS_DISCHARGING)
    return BatteryState(header=Header(stamp=at, frame_id="base_link"), percentage=float(charge), present=True,
                        voltage=_EMPTY_VOLTS + (_FULL_VOLTS - _EMPTY_VOLTS) * float(charge),
                        power_supply_status=status)


def sound(samples: np.ndarray, at: Time) -> AudioChunk:
    """From int16 at 16 kHz; `at` is the time of the first sample."""
    return AudioChunk(header=Header(stamp=at, frame_id="microphone"), sample_rate=SAMPLE_RATE,
                      samples=array("h", samples.astype(np.int16).tobytes()))


def event(happened: Event, at: Time) -> SimulationEvent:
    return SimulationEvent(header=Header(stamp=at, frame_id="map"), event=happened.name, entity=happened.entity,
                           detail=happened.detail)


def entity_state(pose: tuple[float, float, float], at: Time, twist: tuple[float, float] = (0.0, 0.0),
                 height_m: float = 0.0) -> EntityState:
    """From x, y, yaw in map, and forward [m/s], turning [rad/s]."""
    x, y, yaw = (float(value) for value in pose)
    state = EntityState(header=Header(stamp=at, frame_id="map"))
    state.pose.position.x, state.pose.position.y, state.pose.position.z = x, y, float(height_m)
    state.pose.orientation = _heading(yaw)
    state.twist.linear.x, state.twist.linear.y = twist[0] * math.cos(yaw), twist[0] * math.sin(yaw)
    state.twist.angular.z = float(twist[1])
    return state


def _heading(yaw: float) -> Quaternion:
    return Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2))
