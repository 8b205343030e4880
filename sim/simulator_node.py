"""The simulator as a robot's drivers would be: camera, lidar, wheels, battery, microphone, loudspeaker, and the clock.

Publishes /clock and everything of the topic table, room sensors over MQTT, and the truth on /simulation/events for
reports and tests. Pace: at most `real_time_factor` times real time, and never more than `max_lag_frames` pictures
ahead of /people; with `lock_step`, not a tick ahead of the topics named there, which answer each picture or, without
rendering, each scan. Without rendering it stands in for perception's people node, with that one's errors (sim/eyes.py),
and time in which nothing can happen passes at `rest_factor` as long as /mission is idle. Controlled by the services of
simulation_interfaces (control.py).
"""
from __future__ import annotations

import importlib
import time
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from anban_interfaces.msg import AudioChunk, Mission, People, SimulationEvent
from anban_interfaces.srv import TakeSnapshot
from builtin_interfaces.msg import Time as TimeMessage
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from pydantic import Field
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock as RosClock
from rclpy.clock import ClockType
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.task import Future
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, Image, LaserScan
from simulation_interfaces.action import SimulateSteps
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage

from robot.resources import resource
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, TF_STATIC, CareNode, NodeParameters, seconds, stamp
from robot.site import LANGUAGES, Site, load_site
from sim import messages, worlds
from sim.control import SimulationControl
from sim.entities import Entities
from sim.lock_step import LockStep
from sim.record import Record
from sim.room_sensors import SensorRadio
from sim.simulation import LONG_REST_TICKS, REST_TICKS, SOUND_TICKS, TICK_S, Event, Simulation
from sim.story import Story, load_story

SLICE_S = 0.02  # wall time in one go before other callbacks get their turn
WAKE_S = 0.05  # five ticks at a time at real-time pace: waking up costs more than a tick
CATCH_UP_S = 2.0  # a simulator that fell behind (somebody's speech was recognised) makes up for so much at most
ODOMETRY_TICKS, SECOND_TICKS = 5, 100
# /clock at 20 Hz: every node takes every message of it, and at 100 Hz that cost the robot's processes half a core.
CLOCK_TICKS = 5
WAIT_FOR_LIMIT_S = 120.0  # wall time; a robot that takes longer to wake up has a fault that the story will show


class SimulatorParameters(NodeParameters):
    story: str = Field("night", description="scenario of config/scenarios, or a file")
    seed: int = Field(0, ge=0, description="varies noise, voices, timing, the kind of fall")
    language: str = Field("", description="what residents speak: en, zh, ja; empty: the first resident's language")
    real_time_factor: float = Field(1.0, ge=0.0, description="simulated seconds a wall second at most; 0: no limit")
    paused: bool = Field(False, description="wait for set_simulation_state PLAYING")
    wait_for: str = Field("", description="names of nodes, by spaces; the story begins when all of them are there")
    render: bool = Field(True, description="false: no pictures; /people as the eyes would report them")
    rest_factor: float = Field(0.0, ge=0.0, description="without rendering: pace at most while the robot charges and "
                               "nobody moves, speaks or is in view; 0: as at other times")
    max_lag_frames: int = Field(2, ge=1, description="pictures that /people may be behind before the world waits")
    lock_step: str = Field("", description="topics, by spaces, that answer each picture (without rendering: each scan) "
                           "before time goes on: /people")
    lock_step_timeout_s: float = Field(5.0, gt=0.0, description="wall time after which a silent consumer is named")
    lock_step_stalled: Literal["go_on", "wait"] = Field("go_on", description="without who was named, or not")
    mqtt_host: str = Field("127.0.0.1", description="broker of the room sensors")
    mqtt_port: int = Field(1883, ge=0, le=65535, description="its port; 0: no room sensors")
    overhead: bool = Field(False, description="publish /simulation/overhead, a picture from above, at 1 Hz")
    record: str = Field("", description="folder for microphone.wav and events.jsonl; empty: nothing is recorded")


class SimulatorNode(CareNode):
    """See the module."""
    Parameters = SimulatorParameters
    NAME = "simulator"

    def setup(self) -> None:
        self._site = load_site(self.params.site or resource("config/home.yaml"))
        if self.params.language and self.params.language not in LANGUAGES:
            raise ValueError(f"language {self.params.language!r}; use one of {', '.join(LANGUAGES)}")
        named = Path(self.params.story)
        path = named if named.suffix in (".yaml", ".yml") else resource(f"config/scenarios/{self.params.story}.yaml")
        self._story = load_story(path, self._site)
        self.world: worlds.WorldFile | None = worlds.of_story(self._story, path)
        self._playing, self.stopped = False, True
        self._steps_asked: deque[tuple[int, Future]] = deque()
        self._anchor = (0.0, 0)  # wall (monotonic) and ticks at which the pace was last right
        self._unanswered: deque[float] = deque()  # pictures that /people has not answered
        self._resting, self._second = False, -1
        self._on_duty = False  # the robot has something to do: it has begun to, or soon will
        self._held_clock: TimeMessage | None = None  # until what came before it is answered
        self._waiting_since: float | None = None
        self._stalled = False
        self._lock_step = LockStep(self.params.lock_step.split())
        self._answers: dict[str, Any] = {}  # topic of lock_step -> its subscription
        self._known_senders: dict[str, str] = {}  # of those topics
        self._lost: set[str] = set()  # those topics whose sender went away and has not answered since
        self._pictures: list[tuple[Publisher, Any]] = []  # the newest, as they were published
        self._shown_s = 0.0  # wall (monotonic) time at which they were
        self._record = Record(Path(self.params.record)) if self.params.record else None
        self._make_interfaces()
        self.reset()
        self._radio = SensorRadio(self._site, self.params.mqtt_host, self.params.mqtt_port) \
            if self.params.mqtt_port else None
        steady = RosClock(clock_type=ClockType.STEADY_TIME)
        self._again = self.create_guard_condition(self._pump)
        self.create_timer(WAKE_S, self._pump, clock=steady)
        self.create_timer(1.0, self._check_health, clock=steady)
        self._awaited, self._await_until = set(self.params.wait_for.split()), time.monotonic() + WAIT_FOR_LIMIT_S
        self._listening = self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENT) \
            if self._awaited else None
        self.create_timer(0.2, self._look_for_awaited, clock=steady)
        self.create_timer(0.2, self._look_for_consumers, clock=steady)

    def start(self) -> None:
        self.play(not self.params.paused and not self._awaited)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            node, _, part = status.name.partition(": ")
            if part == "start" and status.level == DiagnosticStatus.OK:
                self._awaited.discard(node)

    def _look_for_awaited(self) -> None:
        """Begin when everybody is awake; until then the clock stands, and is told to those who come."""
        if not self._playing:
            self._clock_topic.publish(Clock(clock=self._stamp()))
        if self._listening is None or (self._awaited and time.monotonic() < self._await_until):
            return
        if self._awaited:
            self.report("story", "error", f"begins without {', '.join(sorted(self._awaited))}: not awake after "
                        f"{WAIT_FOR_LIMIT_S:.0f} s")
            self._awaited.clear()
        self.destroy_subscription(self._listening)
        self._listening = None
        if not self.params.paused:  # else somebody may have let it play already
            self.play(True)

    def stop(self) -> None:
        self.play(False)

    def teardown(self) -> None:
        self._playing = False
        if getattr(self, "_radio", None):
            self._radio.close()
            self._radio = None
        if getattr(self, "_record", None):
            self._record.close()
            self._record = None

    def _make_interfaces(self) -> None:
        create = self.create_publisher
        self._clock_topic = create(Clock, "/clock", STREAM)
        self._color = create(Image, "/camera/color/image_raw", RELIABLE_STREAM)
        self._color_info = create(CameraInfo, "/camera/color/camera_info", RELIABLE_STREAM)
        self._depth = create(Image, "/camera/depth/image_rect_raw", RELIABLE_STREAM)
        self._scan = create(LaserScan, "/scan", STREAM)
        self._odometry = create(Odometry, "/odom", STREAM)
        self._tf = create(TFMessage, "/tf", EVENT)
        self._tf_static = create(TFMessage, "/tf_static", TF_STATIC)
        self._battery = create(BatteryState, "/battery_state", LATCHED)
        self._bumper = create(Bool, "/bumper", LATCHED)  # pressed or not, when it changes
        self._audio = create(AudioChunk, "/audio/in", RELIABLE_STREAM)
        self._events = create(SimulationEvent, "/simulation/events", EVENT)
        self._overhead = create(Image, "/simulation/overhead", STREAM)
        self.create_subscription(Twist, "/cmd_vel", lambda m: self._sim.drive(m.linear.x, m.angular.z), EVENT)
        self.create_subscription(AudioChunk, "/audio/out", self._on_voice, EVENT)
        self.create_subscription(String, "/robot/face", self._on_caption, LATCHED)
        self.create_subscription(People, "/people", self._on_people, RELIABLE_STREAM)
        self.create_subscription(Mission, "/mission", self._on_mission, LATCHED)
        if not self.params.render:
            self._people = create(People, "/people", RELIABLE_STREAM)
            self.create_service(TakeSnapshot, "/take_snapshot", self._refuse_snapshot)
        # A group of their own: while step_simulation waits for its ticks, the ticks must go on.
        control, group = SimulationControl(self), ReentrantCallbackGroup()
        control.offer(partial(self.create_service, callback_group=group))
        ActionServer(self, SimulateSteps, "simulate_steps", control.simulate_steps, callback_group=group,
                     cancel_callback=lambda goal: CancelResponse.ACCEPT)

    # --- pace ---------------------------------------------------------------------------------------------------------
    def _pump(self) -> None:
        """Advance as far as the pace allows, a slice at a time."""
        until = time.monotonic() + SLICE_S
        while self._may_step():
            self._tick()
            if time.monotonic() > until:
                self._again.trigger()
                return

    def _may_step(self) -> bool:
        if not self._playing:
            return bool(self._steps_asked) and not self._awaits_answers()
        now = time.monotonic()
        resting = self.params.rest_factor > 0 and not self._on_duty and self._sim.resting
        if resting != self._resting:
            self._resting, self._anchor = resting, (now, self._sim.ticks)
        factor = self.params.rest_factor if resting else self.params.real_time_factor
        if factor > 0:
            allowed = self._anchor[1] + (now - self._anchor[0]) * factor / TICK_S
            if self._sim.ticks + 1 > allowed:
                return False
            if allowed - self._sim.ticks > CATCH_UP_S * factor / TICK_S:
                self._anchor = (now - CATCH_UP_S, self._sim.ticks)
        return not (self._awaits_answers() if self._lock_step.consumers else self._must_wait())

    def _awaits_answers(self) -> bool:
        """Whether somebody in lock-step still works on the last picture."""
        missing = set(self._lock_step.consumers) - set(self._answers) - self._lock_step.left_behind
        silent, now = sorted(missing.union(self._lock_step.waiting_for)), time.monotonic()
        if not silent or self._lock_step.waited_s(now) < self.params.lock_step_timeout_s:
            return bool(silent)
        waits = self.params.lock_step_stalled == "wait"
        named = ", ".join(f"{topic} of {self._known_senders.get(topic, 'nobody')}" for topic in silent)
        self.report("lock-step", "error", f"{named} has not answered a picture for "
                    f"{self.params.lock_step_timeout_s:g} s; {'waiting' if waits else 'going on without it'}",
                    consumer=" ".join(silent))
        if not waits:
            self._lock_step.leave_behind(silent)
        return waits

    def _look_for_consumers(self) -> None:
        """Listen to each topic of lock_step from when it is there; only then are its type and quality known.

        The middleware forgets a process that stands still for 20 s, with the picture that it did not take: who comes
        back, or was started anew, is shown it again.
        """
        for topic in self._lock_step.consumers:
            if senders := self._senders(topic):
                self._known_senders[topic] = senders
            if topic in self._known_senders and not self.count_publishers(topic):
                self._lost.add(topic)
        back = {topic for topic in self._lost.intersection(self._lock_step.waiting_for) if self.count_publishers(topic)}
        if back and time.monotonic() - self._shown_s > self.params.lock_step_timeout_s:
            self._show()
        for topic in set(self._lock_step.consumers) - set(self._answers):
            for publisher in self.get_publishers_info_by_topic(topic)[:1]:
                package, _, name = publisher.topic_type.split("/")
                kind = getattr(importlib.import_module(f"{package}.msg"), name)
                quality = QoSProfile(depth=10, reliability=publisher.qos_profile.reliability)
                self._answers[topic] = self.create_subscription(
                    kind, topic, lambda message, topic=topic: self._on_answer(topic, message), quality)

    def _on_answer(self, topic: str, message: Any) -> None:
        at = message.header.stamp if hasattr(message, "header") else None
        self._lost.discard(topic)
        if self._lock_step.answered(topic, None if at is None else _nanoseconds(at)):
            self.get_logger().info(f"lock-step: {topic} answers again")
        if not self._lock_step.waiting_for:
            if not self._lock_step.left_behind:
                self.report("lock-step", "ok", f"{', '.join(self._lock_step.consumers)} answered")
            self._publish_held_clock()
            self._again.trigger()

    def _senders(self, topic: str) -> str:
        """Names of the nodes that publish a topic; without those whose names the middleware has forgotten."""
        names = {publisher.node_name for publisher in self.get_publishers_info_by_topic(topic)}
        return ", ".join(sorted(name for name in names if not name.startswith("_NODE_NAME_UNKNOWN")))

    def _show(self) -> None:
        self._shown_s = time.monotonic()
        for publisher, picture in self._pictures:
            publisher.publish(picture)

    def _must_wait(self) -> bool:
        """Whether the next tick would take a picture while /people still works on earlier ones."""
        if not self._sim.frame_is_next or len(self._unanswered) < self.params.max_lag_frames:
            return False
        if self._stalled or self.count_publishers("/people") == 0:
            self._unanswered.clear()
            return False
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        if now - self._waiting_since < self.params.lock_step_timeout_s:
            return True
        names = self._senders("/people")
        self.report("people", "error", f"{names} has not answered a picture for {self.params.lock_step_timeout_s:g} s; "
                    "going on without it", consumer=names)
        self._stalled, self._waiting_since = True, None
        self._unanswered.clear()
        return False

    def _on_people(self, message: People) -> None:
        answered = seconds(message.header.stamp) + TICK_S / 2
        while self._unanswered and self._unanswered[0] <= answered:
            self._unanswered.popleft()
        self._waiting_since = None
        if self._stalled:
            self._stalled = False
            self.report("people", "ok", "pictures are answered again")
        self._again.trigger()

    # --- one tick -----------------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        sim, robot = self._sim, self._site.robot
        self._publish_held_clock()
        leaps = self._resting and self._playing
        moment = sim.step((LONG_REST_TICKS if self._lock_step.consumers else REST_TICKS) if leaps else 0)
        at = self._stamp()
        if leaps and moment.scan is not None and self._lock_step.consumers:
            self._held_clock = at  # a clock that leapt ahead of the scan would make the robot call its lidar silent
        elif sim.ticks % CLOCK_TICKS == 0:
            self._clock_topic.publish(Clock(clock=at))
        if sim.ticks % ODOMETRY_TICKS == 0:
            odometry = messages.odometry(sim.world.odometry, sim.world.wheel_twist, at)
            self._odometry.publish(odometry)
            self._tf.publish(messages.odometry_transform(odometry))
        if moment.scan is not None:
            if not self.params.render:
                self._lock_step.taken(_nanoseconds(at))
            self._scan.publish(messages.scan(robot.lidar, moment.scan, at))
        if moment.color is not None:
            self._pictures = [(self._color_info, messages.camera_info(robot.camera, at)),
                              (self._color, messages.color_image(moment.color, at))]
            if moment.depth is not None:  # the first to come: no colour picture has to wait for its depth
                self._pictures.insert(0, (self._depth, messages.depth_image(moment.depth, at)))
            self._lock_step.taken(_nanoseconds(at))
            self._show()
            if self._color.get_subscription_count():
                self._unanswered.append(moment.time_s)
        if moment.sound is not None:
            self._audio.publish(messages.sound(moment.sound, self._stamp(sim.ticks - SOUND_TICKS)))
            if self._record:
                self._record.sound(moment.sound)
        if moment.people is not None:
            tick, seen = moment.people
            residents = self._site.residents
            self._people.publish(messages.people(seen, residents[0].id if len(residents) == 1 else "",
                                                 self._stamp(tick), (sim.ticks - tick) * TICK_S))
        if sim.ticks // SECOND_TICKS != self._second:
            self._second = sim.ticks // SECOND_TICKS
            self._battery.publish(messages.battery(sim.world.battery, sim.world.charging, at))
            if self.params.overhead:
                self._overhead.publish(messages.color_image(sim.world.overhead(800, 600), at, "map"))
        if self._radio:
            if self._radio.take_new_connection():
                self._radio.send(sim.sensors.announcement())
            self._radio.send(moment.messages)
        for event in moment.events:
            self._publish_event(event)
            if event.name in ("bumped", "bump_over"):
                self._bumper.publish(Bool(data=event.name == "bumped"))
        while self._steps_asked and sim.ticks >= self._steps_asked[0][0]:
            self._steps_asked.popleft()[1].set_result(None)

    def _publish_held_clock(self) -> None:
        if self._held_clock is not None:
            self._clock_topic.publish(Clock(clock=self._held_clock))
            self._held_clock = None

    def _stamp(self, ticks: int | None = None) -> TimeMessage:
        """The stamp of a tick (the present one), to the nanosecond: no rounding makes two pictures differ."""
        whole = round(self._sim.start_s * 1e9) + (self._sim.ticks if ticks is None else ticks) * round(TICK_S * 1e9)
        return TimeMessage(sec=whole // 10**9, nanosec=whole % 10**9)

    def _publish_event(self, event: Event) -> None:
        self._events.publish(messages.event(event, stamp(event.time_s)))
        if self._record:
            self._record.event(event)

    # --- what comes in ------------------------------------------------------------------------------------------------
    def _on_voice(self, message: AudioChunk) -> None:
        if len(message.samples) and message.sample_rate < 8000:
            self.report("loudspeaker", "warn", f"cannot play sound at {message.sample_rate} Hz; send 8 kHz or more")
            return
        self.report("loudspeaker", "ok", "playing what comes")
        self._sim.robot_speaks(np.asarray(message.samples, np.int16), message.sample_rate)

    def _on_mission(self, message: Mission) -> None:
        self._on_duty = message.task != "idle"

    def _refuse_snapshot(self, request: TakeSnapshot.Request, response: TakeSnapshot.Response) -> TakeSnapshot.Response:
        response.message = "this world has no pictures (render: false)"
        return response

    def _on_caption(self, message: String) -> None:
        if message.data:
            self._sim.caption = message.data

    def _check_health(self) -> None:
        if self._radio:
            fault = self._radio.fault
            self.report("room sensors", "error" if fault else "ok", fault or "connected to the broker")
        lag = len(self._unanswered)
        self.report("world", "ok", "playing" if self._playing else "paused", time_s=f"{self._sim.elapsed_s:.2f}",
                    unanswered_pictures=lag, camera_listeners=min(
                        topic.get_subscription_count() for topic in (self._color, self._color_info, self._depth)))

    # --- for SimulationControl ----------------------------------------------------------------------------------------
    @property
    def simulation(self) -> Simulation:
        return self._sim

    @property
    def playing(self) -> bool:
        return self._playing

    def play(self, playing: bool) -> None:
        """Go on or pause."""
        self._playing, self.stopped = playing, self.stopped and not playing
        self._anchor = (time.monotonic(), self._sim.ticks)
        self._again.trigger()

    def reset(self, keep_spawned: bool = False) -> None:
        """Begin the story again."""
        kept = self.entities.spawned() if keep_spawned else []
        if getattr(self, "_sim", None):
            self._sim.world.close()
        self._sim = Simulation(self._site, self._story, self.params.seed, self.params.language or None,
                               self.params.render)
        self.entities = Entities(self._sim)
        for name, uri, pose in kept:
            self.entities.spawn(name, uri, pose)
        self._unanswered.clear()
        self._held_clock = None
        self._lock_step.forget()
        self._tf_static.publish(messages.mounting(self._site.robot, self._stamp()))
        self._clock_topic.publish(Clock(clock=self._stamp()))
        self._anchor, self.stopped = (time.monotonic(), 0), not self._playing

    def load(self, site: Site, story: Story, world: worlds.WorldFile) -> None:
        """Another world in place of this one; it is stopped then. The other nodes keep the site they were given."""
        self._site, self._story, self.world, self._playing = site, story, world, False
        self.reset()

    def unload(self) -> None:
        """Stand still, without a world, until one is loaded."""
        self.world, self._playing = None, False

    def steps(self, number: int) -> Future:
        """Advance a paused simulation by so many ticks; done when they are over."""
        done = Future()
        self._steps_asked.append((self._sim.ticks + number, done))
        self.stopped = False
        self._again.trigger()
        return done


def _nanoseconds(at: TimeMessage) -> int:
    return at.sec * 10**9 + at.nanosec
