"""The eyes over real DDS: pictures in, people, bodies, falls and snapshots out."""
from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import rclpy
from anban_interfaces.msg import Fall, People
from anban_interfaces.srv import TakeSnapshot
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from hri_msgs.msg import IdsList, Skeleton2D
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import Image
from tf2_msgs.msg import TFMessage

from perception.fall_node import FallNode
from perception.people_node import PeopleNode
from robot.ros import EVENT, RELIABLE_STREAM, TF_STATIC, pixels, seconds, stamp
from tests.perception.boxes import BODY, TO_MAP, depth

HOME = Path(__file__).resolve().parents[2] / "config" / "home.yaml"
pytestmark = pytest.mark.slow


class Camera(Node):
    """Stands for the camera and for everybody who listens to the eyes."""

    def __init__(self) -> None:
        super().__init__("camera")
        self.images = self.create_publisher(Image, "/camera/color/image_raw", RELIABLE_STREAM)
        self.depths = self.create_publisher(Image, "/camera/depth/image_rect_raw", RELIABLE_STREAM)
        self.places = self.create_publisher(TFMessage, "/tf_static", TF_STATIC)
        self.people: list[People] = []
        self.falls: list[Fall] = []
        self.skeletons: list[Skeleton2D] = []
        self.ids: list[IdsList] = []
        self.health: dict[str, DiagnosticStatus] = {}
        self.create_subscription(People, "/people", self.people.append, RELIABLE_STREAM)
        self.create_subscription(Fall, "/falls", self.falls.append, EVENT)
        self.create_subscription(IdsList, "/humans/bodies/tracked", self._follow, RELIABLE_STREAM)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._note, EVENT)
        self.snapshots = self.create_client(TakeSnapshot, "/take_snapshot")
        self._followed: set[str] = set()

    def _follow(self, message: IdsList) -> None:
        self.ids.append(message)
        for body in set(message.ids) - self._followed:
            self._followed.add(body)
            self.create_subscription(Skeleton2D, f"/humans/bodies/{body}/skeleton2d", self.skeletons.append,
                                     RELIABLE_STREAM)

    def _note(self, message: DiagnosticArray) -> None:
        self.health.update({status.name: status for status in message.status})

    def show(self, image: np.ndarray, time_s: float, **fields) -> None:
        message = Image(height=image.shape[0], width=image.shape[1], step=image.shape[1] * 3, encoding="rgb8",
                        data=pixels(image))
        message.header.stamp, message.header.frame_id = stamp(time_s), "camera_color_optical_frame"
        for name, value in fields.items():
            setattr(message, name, value)
        self.images.publish(message)

    def measure(self, depth_mm: np.ndarray, time_s: float) -> None:
        message = Image(height=depth_mm.shape[0], width=depth_mm.shape[1], step=depth_mm.shape[1] * 2, encoding="16UC1",
                        data=pixels(depth_mm))
        message.header.stamp, message.header.frame_id = stamp(time_s), "camera_color_optical_frame"
        self.depths.publish(message)

    def stand_at(self, camera_to_map: np.ndarray) -> None:
        place = TransformStamped(child_frame_id="camera_color_optical_frame")
        place.header.frame_id = "map"
        turn, shift = Rotation.from_matrix(camera_to_map[:3, :3]).as_quat().tolist(), camera_to_map[:3, 3].tolist()
        place.transform.rotation = Quaternion(**dict(zip("xyzw", turn, strict=True)))
        place.transform.translation = Vector3(**dict(zip("xyz", shift, strict=True)))
        self.places.publish(TFMessage(transforms=[place]))


@pytest.fixture()
def world(request):
    rclpy.init(args=["--ros-args", "-p", f"site:={HOME}", *getattr(request, "param", ())])
    executor, camera, eyes, falls = SingleThreadedExecutor(), Camera(), PeopleNode(), FallNode()
    for node in (camera, eyes, falls):
        executor.add_node(node)
    for node in (eyes, falls):
        node.trigger_configure()
        node.trigger_activate()

    def until(condition, limit_s: float = 20.0) -> bool:
        end = time.monotonic() + limit_s
        while not condition() and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
        return bool(condition())

    assert until(lambda: camera.images.get_subscription_count() and eyes._people.get_subscription_count() >= 2)
    yield camera, until
    for node in (falls, eyes):
        node.trigger_shutdown()
    executor.shutdown()
    for node in (falls, eyes, camera):
        node.destroy_node()
    rclpy.try_shutdown()


def clip(folder: Path, name: str, every: int) -> list[tuple[float, np.ndarray]]:
    path = folder / "falls" / name
    if not path.exists():
        pytest.skip(f"recording missing: {path}")
    film, frames = cv2.VideoCapture(str(path)), []
    rate, index = film.get(cv2.CAP_PROP_FPS), 0
    while True:
        ok, picture = film.read()
        if not ok:
            return frames
        if index % every == 0:
            frames.append((index / rate, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))
        index += 1


def grey(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 180, (240, 320, 3), dtype=np.uint8)


def test_a_recorded_fall_becomes_people_bodies_and_a_fall(world, shared_data):
    camera, until = world
    frames = clip(shared_data, "upfall/activity01_trial1_cam1.mp4", 2)
    for time_s, picture in frames:
        count = len(camera.people)
        camera.show(picture, 1000.0 + time_s)
        assert until(lambda count=count: len(camera.people) > count)
    assert [round(seconds(m.header.stamp), 3) for m in camera.people] == [round(1000 + t, 3) for t, _ in frames]
    assert until(lambda: {fall.state for fall in camera.falls} >= {Fall.STATE_SUSPECTED, Fall.STATE_CONFIRMED})
    assert camera.falls[0].evidence and camera.falls[0].person.resident_id == "lin"
    skeleton = camera.skeletons[-1].skeleton
    assert len(skeleton) == 18 and 0 < skeleton[Skeleton2D.NOSE].x < 1
    track_id = camera.people[-1].people[0].track_id
    future = camera.snapshots.call_async(TakeSnapshot.Request(track_id=track_id))
    assert until(future.done)
    assert future.result().success and 1000 < len(future.result().image.data) <= 60_000


def test_who_falls_in_the_dark_is_told_by_depth_alone(world):
    camera, until = world
    camera.stand_at(TO_MAP)
    assert until(lambda: camera.depths.get_subscription_count())
    standing = ((5.9, 2.2, 0.0), (6.3, 2.5, 1.6))
    scenes = [depth()] * 5 + [depth(standing)] * 6 + [depth(BODY)] * 30
    for number, depth_mm in enumerate(scenes):
        count, time_s = len(camera.people), 1000.0 + number * 0.1
        camera.measure(depth_mm, time_s)
        camera.show(np.random.default_rng(number).integers(40, 60, (480, 640, 3), dtype=np.uint8), time_s)
        assert until(lambda count=count: len(camera.people) > count)
    assert until(lambda: {fall.state for fall in camera.falls} >= {Fall.STATE_SUSPECTED, Fall.STATE_CONFIRMED})
    person, = camera.people[-1].people
    assert person.visible and person.room == "living_room" and person.resident_id == "lin"
    future = camera.snapshots.call_async(TakeSnapshot.Request(track_id=person.track_id))
    assert until(future.done)
    picture = cv2.imdecode(np.frombuffer(bytes(future.result().image.data), np.uint8), cv2.IMREAD_COLOR)
    assert future.result().success and "shape" in future.result().message and picture.shape[0] < 480


def test_every_picture_is_answered_also_when_they_come_too_fast(world):
    camera, until = world
    for number in range(4):
        camera.show(grey(number), 50.0 + number * 0.1)
    assert until(lambda: len(camera.people) == 4)
    assert not any(message.people for message in camera.people)


@pytest.mark.parametrize("world", [("-p", "cores:=0.01")], indirect=True)
def test_pictures_that_would_cost_too_much_are_answered_and_counted(world):
    camera, until = world
    shown = 150  # a fast machine looks at 45 before it is in debt
    for number in range(shown):
        camera.show(grey(number), 50.0 + number * 0.1)
        assert until(lambda count=number + 1: len(camera.people) == count)

    def counted(what: str) -> int:  # as last reported, once a second
        status = camera.health.get("people: pictures")
        return int(next((v.value for v in status.values if v.key == what), 0)) if status else 0
    assert until(lambda: counted("too_dear") > 20)
    assert counted("too_dear") + counted("others_waited") < shown


def test_a_frozen_camera_is_announced_and_a_live_one_again(world):
    camera, until = world
    for number in range(25):
        count = len(camera.people)
        camera.show(grey(1), 50.0 + number * 0.1)
        assert until(lambda count=count: len(camera.people) > count)
    assert until(lambda: "frozen" in camera.health["people: camera"].message)
    assert "frozen" in camera.people[-1].blind and not camera.people[0].blind
    camera.show(grey(2), 52.5)
    assert until(lambda: camera.health["people: camera"].level == DiagnosticStatus.OK)
    assert until(lambda: not camera.people[-1].blind)


@pytest.mark.parametrize("fault", [{"encoding": "mono16"}, {"height": 999}, {"step": 7}, {"data": []}])
def test_a_broken_picture_is_answered_counted_and_survived(world, fault):
    camera, until = world
    camera.show(grey(0), 50.0, **fault)
    assert until(lambda: len(camera.people) == 1)
    camera.show(grey(1), 50.1)
    assert until(lambda: len(camera.people) == 2)
    assert until(lambda: "people: pictures" in camera.health)
    values = {v.key: v.value for v in camera.health["people: pictures"].values}
    assert values["unreadable"] == "1"


def test_a_silent_camera_is_stale(world):
    camera, until = world
    assert until(lambda: camera.health.get("people: camera") is not None
                 and camera.health["people: camera"].level == DiagnosticStatus.STALE)


def test_a_snapshot_before_the_first_picture_is_refused_with_a_word(world):
    camera, until = world
    future = camera.snapshots.call_async(TakeSnapshot.Request())
    assert until(future.done)
    assert not future.result().success and "no picture" in future.result().message
