"""Listens to the robot for the page. What comes often (pictures, scans, transforms, rates) only while one is open."""
from __future__ import annotations

import base64
import time
from functools import partial
from typing import Any

from anban_interfaces.msg import AlarmList, DoseRecord, Fall, Intent, Mission, People, RoomEvent, SimulationEvent
from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import IdsList, Skeleton2D
from nav_msgs.msg import Path
from pydantic import Field
from rclpy.clock import Clock, ClockType
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, LaserScan
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from robot import ros
from robot.navigation_messages import scan_points
from robot.site import SiteError, load_site
from robot.transforms import TransformBuffer, TransformUnavailable
from robot.view import scene
from robot.view.plan import EMPTY, floor_plan
from robot.view.server import PERIOD_S, Board, PageServer

PICTURE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/PointCloud2")
KNOW_THE_SITE = ("navigator", "mission", "people")  # nodes that have the site file as a parameter
LOOK_S = 2.0  # between looks at which topics there are
COUNTING = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)  # hears every publisher, delays none
TOOLS = ("view", "record")  # what is no robot
MOVING = ("robot", "scan", "people", "picture", "topics")  # sections that are true only while somebody looks


class ViewParameters(ros.NodeParameters):
    port: int = Field(8090, ge=0, le=65535, description="of the page on 127.0.0.1; 0: any that is free")
    camera: str = Field("/camera/color/image_raw", description="topic of the pictures")
    pictures_hz: float = Field(5.0, gt=0.0, le=15.0, description="pictures a second; more cost the robot's processors")


class ViewNode(ros.CareNode):
    """`url` is where the page is."""
    NAME = "view"
    Parameters = ViewParameters

    def setup(self) -> None:
        self._board = Board()
        self._history, self._transforms = scene.History(), TransformBuffer()
        self._states: list[tuple[float, dict[str, Any]]] = []
        self._now: dict[str, Any] = {}
        self._alarms = AlarmList()
        self._falls: dict[str, int] = {}
        self._health_of: dict[str, tuple[int, str]] = {}
        self._watching: list[Any] = []  # what is listened to only while a page is open
        self._counting: dict[str, Any] = {}
        self._site_told, self._asking, self._present = False, None, False
        self._board.put("plan", EMPTY)
        self._show_site(self.params.site)
        self._listen()
        try:
            self._server = PageServer(self._board, self.params.port)
        except OSError as error:
            raise OSError(f"port {self.params.port}: {error.strerror}; give another one (--port)") from error
        self.url = self._server.url
        self.report("page", "ok", self.url)
        self.get_logger().info(f"the page is at {self.url}")
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(PERIOD_S, self._look_for_pages, clock=steady)
        self.create_timer(LOOK_S, self._look_around, clock=steady)

    def teardown(self) -> None:
        if server := self.__dict__.pop("_server", None):
            server.stop()

    # --- always: what happens seldom ----------------------------------------------------------------------------------
    def _listen(self) -> None:
        listen = self.create_subscription
        listen(Mission, "/mission", self._on_mission, ros.LATCHED)
        listen(AlarmList, "/alarms", self._on_alarms, ros.LATCHED)
        listen(Fall, "/falls", self._on_fall, ros.EVENT)
        listen(Intent, "/intents", lambda m: self._on_intent("heard", m), ros.EVENT)
        listen(Intent, "/overheard", lambda m: self._on_intent("overheard", m), ros.EVENT)
        listen(String, "/robot/face", lambda m: self._add(self.now_s, "robot says", m.data), ros.LATCHED)
        listen(RoomEvent, "/room_events", lambda m: self._add(
            scene.seconds(m.header.stamp), "room", f"{m.kind.replace('_', ' ')}, {m.room}"), ros.EVENT)
        listen(DoseRecord, "/doses", lambda m: self._add(
            scene.seconds(m.header.stamp), "dose", f"{m.plan_id}: {m.words}"), ros.EVENT)
        listen(SimulationEvent, "/simulation/events", lambda m: self._add(
            scene.seconds(m.header.stamp), "in truth", " ".join(filter(None, (m.entity, m.event.replace("_", " "),
                                                                              m.detail)))), ros.EVENT)
        listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, ros.EVENT)
        listen(Path, "/plan", lambda m: self._board.put("path", scene.path(m)), ros.LATCHED)
        listen(TFMessage, "/tf_static", lambda m: self._transforms.feed(m, static=True), ros.TF_STATIC)

    def _add(self, time_s: float, kind: str, text: str) -> None:
        if self._history.add(time_s, kind, text):
            self._board.put("history", self._history.lines)

    def _on_mission(self, message: Mission) -> None:
        before, self._now = self._now, scene.mission(message)
        if any(before.get(what) != self._now[what] for what in ("task", "state")):
            self._states = [*self._states[-(scene.HISTORY - 1):], (scene.seconds(message.header.stamp), self._now)]
        self._show_mission()

    def _show_mission(self) -> None:
        self._board.put("mission", {"now": self._now, "states": [
            {"at": scene.clock_text(time_s, self._history.zone), **state} for time_s, state in self._states]})

    def _on_alarms(self, message: AlarmList) -> None:
        self._alarms = message
        self._board.put("alarms", scene.alarms(message, self._history.zone))

    def _on_fall(self, message: Fall) -> None:
        self._falls[message.person.track_id] = message.state
        self._add(scene.seconds(message.header.stamp), f"fall {scene.FALLS.get(message.state, '')}",
                  f"{message.confidence:.0%}: {', '.join(message.evidence)}")

    def _on_intent(self, how: str, message: Intent) -> None:
        meaning = message.intent.replace("_", " ") or "no request"
        self._add(scene.seconds(message.header.stamp), how, f"“{message.text}” ({meaning})")

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._health_of[status.name] = (status.level[0], status.message)
        self._board.put("health", scene.health(self._health_of))

    # --- while a page is open: what comes often -----------------------------------------------------------------------
    def _look_for_pages(self) -> None:
        if self._board.watched and not self._watching:
            self._watch()
        elif not self._board.watched and self._watching:
            self._look_away()
        if self._watching:
            self._show_robot()

    def _watch(self) -> None:
        self._pictures, self._rates = scene.Pictures(1.0 / self.params.pictures_hz), scene.Rates()
        self._bodies: dict[str, Any] = {}
        listen = self.create_subscription
        self._watching = [
            ros.listen_to_transforms(self, self._transforms),
            listen(Image, self.params.camera, self._on_picture, ros.STREAM),
            listen(LaserScan, "/scan", self._on_scan, ros.STREAM),
            listen(People, "/people", self._on_people, ros.STREAM),
            listen(IdsList, "/humans/bodies/tracked", self._on_tracked, ros.STREAM)]
        self._show_topics()

    def _look_away(self) -> None:
        for subscription in (*self._watching, *self._counting.values(), *self._bodies.values()):
            self.destroy_subscription(subscription)
        self._watching, self._counting, self._bodies = [], {}, {}
        self._transforms.clear()
        self._board.clear(*MOVING)

    def _show_robot(self) -> None:
        now = {"clock": scene.clock_text(self.now_s, self._history.zone)}
        try:
            now |= scene.robot(self._transforms.lookup("map", "base_link"))
        except TransformUnavailable as error:
            now["lost"] = str(error)
        self._board.put("robot", now)

    def _on_scan(self, message: LaserScan) -> None:
        try:
            laser = self._transforms.lookup("map", message.header.frame_id)
        except TransformUnavailable:
            return  # the page says that the robot's place is not known
        self._board.put("scan", scene.scan(scan_points(message), laser))

    def _on_tracked(self, message: IdsList) -> None:
        for body in set(message.ids) - set(self._bodies):
            self._bodies[body] = self.create_subscription(
                Skeleton2D, f"/humans/bodies/{body}/skeleton2d", partial(self._pictures.body, body), ros.STREAM)
        for body in set(self._bodies) - set(message.ids):
            self.destroy_subscription(self._bodies.pop(body))

    def _on_people(self, message: People) -> None:
        self._board.put("people", scene.people(message, self._falls))
        self._show_picture(self._pictures.reported(scene.seconds(message.header.stamp)))

    def _on_picture(self, message: Image) -> None:
        self._rates.add(self.params.camera, time.monotonic(), len(message.data))
        self._show_picture(self._pictures.add(message))

    def _show_picture(self, complete: tuple[Image, list] | None) -> None:
        if complete is None:
            return
        image, bodies = complete
        try:
            data = base64.b64encode(scene.jpeg(image)).decode()
        except ValueError as error:
            self.report("picture", "warn", f"{self.params.camera}: {error}")
            return
        self._board.put("picture", {"at": scene.seconds(image.header.stamp), "width": image.width,
                                    "height": image.height, "jpeg": data, "bodies": bodies})

    def _look_around(self) -> None:
        self.follow_clock()
        before, self._present = self._present, any(
            name not in TOOLS and not name.startswith("_") for name in self.get_node_names())
        self._board.put("presence", {"robot": self._present, "domain": self.context.get_domain_id()})
        if before and not self._present:
            self._forget()
        if not self._site_told:
            self._ask_for_site()
        if self._watching:
            self._show_topics()

    def _forget(self) -> None:
        """The robot has gone: what it said of the moment no longer holds, and the next one may be another."""
        self._falls.clear()
        self._health_of.clear()
        self._transforms.clear()
        self._site_told, self._asking = bool(self.params.site), None
        for section in ("scan", "path", "people", "health"):
            self._board.put(section, [])

    def _show_topics(self) -> None:
        """Rates of all topics but pictures, which are too large to be taken only to be counted."""
        now_s, listed = time.monotonic(), []
        for name, (kind, *_) in sorted(self.get_topic_names_and_types(), key=lambda topic: (
                topic[0].endswith("/transition_event"), topic[0])):
            publishers = self.count_publishers(name)
            if not publishers or any(part.startswith("_") for part in name.split("/")):
                continue
            if kind not in PICTURE_TYPES and name not in self._counting:
                self._count(name, kind)
            counted = name in self._counting or name == self.params.camera
            hz, bytes_s = self._rates.of(name, now_s) if counted else (None, None)
            listed.append({"name": name, "type": kind.replace("/msg/", "/"), "publishers": publishers,
                           "hz": None if hz is None else scene.number(hz, 1),
                           "kb_s": None if bytes_s is None else scene.number(bytes_s / 1000.0, 1)})
        for name in set(self._counting) - {topic["name"] for topic in listed}:
            self.destroy_subscription(self._counting.pop(name))
        self._board.put("topics", listed)

    def _count(self, name: str, kind: str) -> None:
        try:
            message_type = ros.message_type(kind)
        except LookupError:
            return  # shown without a rate
        self._counting[name] = self.create_subscription(
            message_type, name, lambda data: self._rates.add(name, time.monotonic(), len(data)), COUNTING, raw=True)

    # --- the floor plan -----------------------------------------------------------------------------------------------
    def _ask_for_site(self) -> None:
        """Ask a node of the robot which site file it works with."""
        if self._asking is None:
            running = {name for name, namespace in self.get_node_names_and_namespaces() if namespace == "/"}
            known = next((name for name in KNOW_THE_SITE if name in running), None)
            self._asking = AsyncParameterClient(self, known) if known else None
        elif self._asking.services_are_ready():
            self._asking.get_parameters(["site"]).add_done_callback(
                lambda answer: self._show_site(answer.result().values[0].string_value))

    def _show_site(self, path: str) -> None:
        if not path or self._site_told:
            return
        self._site_told = True
        try:
            site = load_site(path)
        except SiteError as error:
            self.report("site", "warn", f"no floor plan: {error.problems[0]}")
            return
        self._history.zone = site.zone  # what was heard before is told again, in the site's time
        self._board.put("history", self._history.lines)
        self._on_alarms(self._alarms)
        if self._now:
            self._show_mission()
        self._board.put("plan", floor_plan(site))
        self._board.put("site", {"name": site.site.name, "radius_m": site.robot.radius_m})
