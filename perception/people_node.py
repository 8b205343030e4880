"""Sees people: colour, depth and transforms in; /people, REP-155 bodies and snapshots out."""
from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
from anban_interfaces.msg import People, Person
from anban_interfaces.srv import TakeSnapshot
from geometry_msgs.msg import Point
from hri_msgs.msg import IdsList, NormalizedPointOfInterest2D, Skeleton2D
from pydantic import Field
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from perception.budget import CORES, Budget
from perception.camera_health import UPSIDE_DOWN, CameraHealth, UprightWatch
from perception.floor import Shape
from perception.frames import Frame, FramePairs
from perception.gate import Gate
from perception.geometry import Camera, measure
from perception.people import BY_SHAPE, keypoints
from perception.pose import PoseFinder
from perception.posture import Posture
from perception.privacy import snapshot
from perception.tracks import Sight, Track, Tracker
from perception.unseen import Stranger, Unseen
from robot.ros import (
    RELIABLE_STREAM,
    TF_STATIC,
    CareNode,
    NodeParameters,
    listen_to_transforms,
    pixels,
    seconds,
)
from robot.site import Privacy, load_site
from robot.transforms import TransformBuffer, TransformUnavailable

UNPLACED_S = 1.0  # single pictures without a place are normal while the robot turns; longer is a fault to announce
NO_DEPTH_S = 0.5  # a depth picture or two may be late
STALE_AFTER_S = 3.0  # wall time: a simulator that is computing hard may pause for a second


class PeopleNode(CareNode):
    """Publishes /people once for each colour picture, also when nobody is there or the picture was passed over."""
    NAME = "people"

    class Parameters(NodeParameters):
        max_people: int = Field(2, ge=1, le=5, description="how many people to follow at once")
        cores: float = Field(CORES, gt=0.0, description="processor time that looking may take, in cores; beyond it "
                             "people at rest are looked at less often, then pictures are passed over")
        single_resident: bool = Field(True, description="take anybody for the resident where the site has only one")
        map_frame: str = "map"
        base_frame: str = "base_link"

    def setup(self) -> None:
        self._site = load_site(self.params.site) if self.params.site else None
        residents = self._site.residents if self._site else []
        self._resident_id = residents[0].id if self.params.single_resident and len(residents) == 1 else ""
        self._finder = PoseFinder(self.params.max_people)
        self._tracker, self._transforms = Tracker(), TransformBuffer()
        self._unseen = Unseen(self._site) if self._site else None
        self._strangers: list[Stranger] = []
        self._depth_s = -NO_DEPTH_S
        self._pairs, self._camera_health, self._gate = FramePairs(), CameraHealth(), Gate()
        self._upright, self._budget = UprightWatch(), Budget(self.params.cores)
        # As the site file has it, until the driver says better: heights and rooms must not hang on one topic.
        mount = self._site.robot.camera if self._site else None
        if mount and mount.roll_deg:
            raise ValueError("robot.camera.roll_deg: let the camera's driver turn the pictures upright, and write 0")
        self._camera = Camera.of(mount, mount.width, mount.height) if mount else None
        self._image: np.ndarray | None = None
        self._header = Header()
        self._last: list[Person] = []
        self._blind = ""  # why nobody can be seen
        self._passed_over, self._bad, self._costs_ms = 0, 0, []
        self._last_frame_s = self._calibrated_s = time.monotonic()
        self._placed_s = -UNPLACED_S
        self._people = self.create_publisher(People, "/people", RELIABLE_STREAM)
        self._tracked = self.create_publisher(IdsList, "/humans/bodies/tracked", RELIABLE_STREAM)
        self._bodies: dict[str, tuple] = {}
        self.create_service(TakeSnapshot, "/take_snapshot", self._take_snapshot)
        self._work = self.create_guard_condition(self._process)
        listen_to_transforms(self, self._transforms)
        self.create_subscription(TFMessage, "/tf_static", lambda m: self._transforms.feed(m, static=True), TF_STATIC)
        self.create_subscription(CameraInfo, "/camera/color/camera_info", self._take_camera_info, RELIABLE_STREAM)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.15, self._work.trigger, clock=steady)  # frames whose depth does not come
        self.create_timer(1.0, self._report_health, clock=steady)

    def start(self) -> None:
        self._inputs = [
            self.create_subscription(Image, "/camera/color/image_raw", self._take_color, RELIABLE_STREAM),
            self.create_subscription(Image, "/camera/depth/image_rect_raw", self._take_depth, RELIABLE_STREAM)]

    def stop(self) -> None:
        for subscription in self.__dict__.pop("_inputs", []):
            self.destroy_subscription(subscription)

    def teardown(self) -> None:
        if finder := self.__dict__.pop("_finder", None):
            finder.close()

    # --- in -------------------------------------------------------------------------------------------------------
    def _take_camera_info(self, message: CameraInfo) -> None:
        if message.k[0] > 0 and message.k[4] > 0:
            self._camera = Camera(message.k[0], message.k[4], message.k[2], message.k[5], message.width, message.height)
            self._calibrated_s = time.monotonic()
            self.report("calibration", "ok", "by /camera/color/camera_info")

    def _take_color(self, message: Image) -> None:
        self._last_frame_s = time.monotonic()
        self._pairs.add_color(message, self._last_frame_s)
        self._work.trigger()

    def _take_depth(self, message: Image) -> None:
        self._pairs.add_depth(message)
        self._work.trigger()

    # --- one frame ------------------------------------------------------------------------------------------------
    def _process(self) -> None:
        frame, skipped = self._pairs.take(time.monotonic())
        for message in skipped:
            self._passed_over += 1
            self._publish_people(message.header, self._last, 0.0)
        if frame is None:
            return
        if self._budget.affords(seconds(frame.color.header.stamp)):
            began_s = time.process_time()  # of all threads: the models use several
            try:
                self._see(frame)
            except ValueError as error:  # a picture of another size or coding than it says
                self._bad += 1
                self.get_logger().warning(f"bad picture: {error}", throttle_duration_sec=5.0)
                self._publish_people(frame.color.header, self._last, time.monotonic() - frame.received_s)
            self._budget.pay(time.process_time() - began_s)
        else:
            self._publish_people(frame.color.header, self._last, 0.0)

    def _see(self, frame: Frame) -> None:
        image, time_s = _color(frame.color), seconds(frame.color.header.stamp)
        self._image, self._header = image, frame.color.header
        state = self._camera_health.look(image, time_s)
        if state.kind != "repeated":
            self._blind = "" if state.usable else state.message
        if state.usable:
            tracks = self._look(frame, image, time_s)
            if self._upright.look(tracks, time_s) and state.level == "ok":
                state = replace(state, level="warn", message=UPSIDE_DOWN)
        else:  # nothing new; or nothing to be believed: nobody is seen, and nobody is lost from sight
            tracks = self._tracker.tracks if state.kind == "repeated" else []
        if state.kind != "repeated":  # depth sees in the dark
            self._look_in_depth(frame, tracks, time_s)
        if state.kind != "repeated":
            self.report("camera", state.level, state.message)
        self._last = [self._person_by_shape(one.track_id, one.shape, one.descent_speed, one.visible)
                      for one in self._strangers]
        self._last += [self._person(track) for track in tracks]
        cost_s = time.monotonic() - frame.received_s
        self._costs_ms = [*self._costs_ms[-99:], cost_s * 1e3]
        self._publish_people(frame.color.header, self._last, cost_s)
        self._publish_bodies(frame.color.header, tracks, image.shape[1], image.shape[0])

    def _look(self, frame: Frame, image: np.ndarray, time_s: float) -> list[Track]:
        """Everybody who is followed, after one picture."""
        depth, where = _depth(frame), self._where(frame.color.header.frame_id, time_s)
        sights = self._tracker.sights
        if self._gate.opens(image, time_s, self._tracker.look_every_s):
            camera = None if depth is None else self._camera  # by their size alone people would be placed wrongly
            sights = [Sight(pose, measure(pose, camera, depth, *where, self._site))
                      for pose in self._finder.find(image, time_s, self._tracker.missing, self._gate.moving,
                                                    self._tracker.first, self._budget.thrifty)]
        return self._tracker.update(sights, time_s)

    def _look_in_depth(self, frame: Frame, tracks: list[Track], time_s: float) -> None:
        """Whom no skeleton shows, after one picture."""
        depth, where = _depth(frame), self._where(frame.color.header.frame_id, time_s)
        if depth is not None and self._camera and self._unseen and where[1] == "map":
            self._strangers, self._depth_s = self._unseen.look(depth, self._camera, where[0], tracks, time_s), time_s
        elif time_s - self._depth_s > NO_DEPTH_S:
            self._strangers = []

    def _where(self, camera_frame: str, time_s: float) -> tuple[np.ndarray | None, str]:
        """The camera's pose (4x4) in the map, or at least above the floor, and which of the two it is."""
        for target, frame in ((self.params.map_frame, "map"), (self.params.base_frame, "base")):
            try:
                matrix = self._transforms.lookup(target, camera_frame, time_s)
            except TransformUnavailable as error:
                if time_s - self._placed_s > UNPLACED_S:
                    self.report("place", "warn", str(error))
                continue
            if frame == "map":
                self._placed_s = time_s
                self.report("place", "ok", "places are known in the map")
            return matrix, frame
        return None, "base"

    # --- out ------------------------------------------------------------------------------------------------------
    def _person(self, track: Track) -> Person:
        body, (posture, probability) = track.sight.body, track.posture
        if track.shape is not None:
            return self._person_by_shape(track.track_id, track.shape)
        person = Person(
            track_id=track.track_id, resident_id=self._resident_id, visible=track.visible, posture=int(posture),
            posture_probability=float(probability), position_valid=body.placed, face_visible=bool(body.face_visible),
            torso_height_m=float(body.torso_height_m), head_height_m=float(body.head_height_m),
            torso_angle_rad=float(body.torso_angle_rad), aspect=float(body.aspect),
            descent_speed=float(track.descent_speed), room=body.room, furniture=body.carrier)
        if body.placed:
            person.position, person.head = _point(body.position), _point(body.head)
        return person

    def _person_by_shape(self, track_id: str, shape: Shape, descent_speed: float = math.nan,
                         visible: bool = True) -> Person:
        """Somebody of whom only a shape on the floor is seen."""
        x, y = shape.center
        room, height_m = self._site.room_at(x, y), float(shape.height_m)
        point = Point(x=float(x), y=float(y), z=height_m)
        return Person(
            track_id=track_id, resident_id=self._resident_id, visible=visible, posture=int(Posture.LYING_ON_FLOOR),
            posture_probability=BY_SHAPE, position_valid=True, position=point, head=point, torso_height_m=height_m,
            head_height_m=height_m, torso_angle_rad=math.nan, aspect=math.nan, descent_speed=float(descent_speed),
            room=room.id if room else "")

    def _publish_people(self, header: Header, people: list[Person], cost_s: float) -> None:
        self._people.publish(People(header=Header(stamp=header.stamp, frame_id=self.params.map_frame), people=people,
                                    blind=self._blind, processing_s=float(cost_s)))

    def _publish_bodies(self, header: Header, tracks: list[Track], width: int, height: int) -> None:
        visible = [track for track in tracks if track.visible]
        self._tracked.publish(IdsList(header=header, ids=[track.track_id for track in visible]))
        for track in visible:
            if track.track_id not in self._bodies:
                topic = f"/humans/bodies/{track.track_id}"
                self._bodies[track.track_id] = (
                    self.create_publisher(Skeleton2D, f"{topic}/skeleton2d", RELIABLE_STREAM),
                    self.create_publisher(RegionOfInterest, f"{topic}/roi", RELIABLE_STREAM))
            skeleton, roi = self._bodies[track.track_id]
            skeleton.publish(Skeleton2D(header=header, skeleton=[
                NormalizedPointOfInterest2D(x=float(x / width), y=float(y / height), c=float(c))
                for x, y, c in keypoints(track.sight.pose)]))
            left, top, right, bottom = np.clip(track.sight.pose.box, 0, (width, height, width, height)).astype(int)
            roi.publish(RegionOfInterest(x_offset=int(left), y_offset=int(top), width=int(right - left),
                                         height=int(bottom - top)))
        for gone in set(self._bodies) - {track.track_id for track in tracks}:
            for publisher in self._bodies.pop(gone):
                self.destroy_publisher(publisher)

    def _take_snapshot(self, request: TakeSnapshot.Request, response: TakeSnapshot.Response) -> TakeSnapshot.Response:
        if self._image is None:
            response.message = "no picture from the camera yet"
            return response
        tracks = self._tracker.tracks
        track = next((t for t in tracks if t.track_id == request.track_id), None)
        box = next((one.box for one in self._strangers if one.track_id == request.track_id), None)
        try:
            jpeg = snapshot(self._image, track.sight.pose if track else None,
                            [other.sight.pose for other in tracks if other.visible and other is not track],
                            self._site.privacy if self._site else Privacy(), box)
        except ValueError as error:
            response.message = str(error)
            return response
        response.success = True
        response.image = CompressedImage(header=self._header, format="jpeg", data=pixels(np.frombuffer(jpeg, np.uint8)))
        if request.track_id and track is None and box is None:
            response.message = f"nobody is tracked as {request.track_id!r}: the whole picture"
        elif box is not None:
            response.message = "no skeleton was found: cropped to the shape on the floor"
        elif track is not None and not track.visible:
            response.message = "not seen in the newest picture: cropped to where they were seen last"
        return response

    def _report_health(self) -> None:
        waited_s = time.monotonic() - self._last_frame_s
        if waited_s > STALE_AFTER_S:
            self.report("camera", "stale", f"no picture for {waited_s:.0f} s")
            return
        self._report_calibration()
        if self._costs_ms:
            median, slow = np.percentile(self._costs_ms, [50, 95])
            has_depth = self._pairs.has_depth
            self.report("pictures", "warn" if self._bad or not has_depth else "ok", "depth is used" if has_depth else
                        "no depth: heights and places are unknown", processing_ms_median=round(median, 1),
                        processing_ms_p95=round(slow, 1), passed_over=self._passed_over,
                        nobody_and_still=self._gate.passed_by, unreadable=self._bad,
                        too_dear=self._budget.passed_by, others_waited=self._budget.thrifty_pictures)

    def _report_calibration(self) -> None:
        if time.monotonic() - self._calibrated_s > STALE_AFTER_S:
            self.report("calibration", "warn", "no /camera/color/camera_info: " + (
                "the site file's camera is taken" if self._camera else "heights and places are unknown"))


def _color(message: Image) -> np.ndarray:
    """RGB (height, width, 3) uint8. Raises ValueError."""
    if message.encoding not in ("rgb8", "bgr8"):
        raise ValueError(f"colour coding {message.encoding!r}; rgb8 or bgr8 is needed")
    if message.height * message.step != len(message.data) or message.step < 3 * message.width or not message.width:
        raise ValueError(f"{message.width}x{message.height} picture with {len(message.data)} bytes")
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    image = rows[:, :3 * message.width].reshape(message.height, message.width, 3)
    return image if message.encoding == "rgb8" else image[:, :, ::-1]


def _depth(frame: Frame) -> np.ndarray | None:
    """(height, width) uint16 mm, or None where there is none that fits the colour picture. Raises ValueError."""
    message, shape = frame.depth, (frame.color.height, frame.color.width)
    if message is None:
        return None
    if message.encoding != "16UC1" or (message.height, message.width) != shape:
        raise ValueError(f"depth {message.encoding} {message.width}x{message.height} does not fit the colour picture")
    if message.height * message.step != len(message.data) or message.step < 2 * message.width:
        raise ValueError(f"{message.width}x{message.height} depth picture with {len(message.data)} bytes")
    kind = np.dtype(">u2" if message.is_bigendian else "<u2")
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    return np.ascontiguousarray(rows[:, :2 * message.width]).view(kind)


def _point(place: np.ndarray) -> Point:
    return Point(x=float(place[0]), y=float(place[1]), z=float(place[2]))
