"""The simulator as a robot's drivers would be: camera, lidar, wheels, battery, microphone, loudspeaker, and the clock.

Publishes /clock and everything of the topic table, room sensors over MQTT, and the truth on /simulation/events for
reports and tests. Pace: at most `real_time_factor` times real time, and never more than `max_lag_frames` pictures
ahead of /people; with `lock_step`, not a tick ahead of the topics named there, which answer each picture or, without
rendering, each scan. Without rendering it stands in for perception's people node, with that one's errors (sim/eyes.py),
and time in which nothing can happen passes at `rest_factor` as long as /mission is idle. Controlled by the services of
simulation_interfaces (control.py).
"""
from __future__ import annotations

import time
from collections import deque
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from anban_interfaces.msg import AudioChunk, Mission, People, SimulationEvent
from anban_interfaces.srv import TakeSnapshot
from builtin_interfaces.msg import Time as TimeMessage
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Twist
from pydantic import Field
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock as RosClock
from rclpy.clock import ClockType
from rclpy.task import Future
from rosgraph_msgs.msg import Clock
from simulation_interfaces.action import SimulateSteps
from std_msgs.msg import String

from robot.resources import resource
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, CareNode, NodeParameters, seconds, stamp
from robot.site import LANGUAGES, Site, load_site
from sim import messages, worlds
from sim.answers import Answers, senders
from sim.control import SimulationControl
from sim.drivers import Drivers
from sim.entities import Entities
from sim.lock_step import LockStep
from sim.pace import Backlog, Pace
from sim.record import Record
from sim.room_sensors import SensorRadio
from sim.simulation import LONG_REST_TICKS, REST_TICKS, TICK_S, Event, Moment, Simulation
from sim.story import Story, load_story

SLICE_S = 0.02  # wall time in one go before other callbacks get their turn
WAKE_S = 0.05  # five ticks at a time at real-time pace: waking up costs more than a tick
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
        self._pace = Pace(self.params.real_time_factor, self.params.rest_factor)
        self._backlog = Backlog(self.params.max_lag_frames, self.params.lock_step_timeout_s)  # of /people
        self._on_duty = False  # the robot has something to do: it has begun to, or soon will
        self._held_clock: TimeMessage | None = None  # until what came before it is answered
        self._lock_step = LockStep(self.params.lock_step.split())
        self._shown_s = 0.0  # wall (monotonic) time at which the newest picture went out
        self._record = Record(Path(self.params.record)) if self.params.record else None
        self._make_interfaces()
        self._drivers = Drivers(self, self.params.render, self.params.overhead, self._stamp)
        self._answers = Answers(self, self._lock_step, self.params.lock_step_timeout_s,
                                self.params.lock_step_stalled == "wait", self._show, self._all_answered)
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
        self.create_timer(0.2, lambda: self._answers.look_for_senders(time.monotonic() - self._shown_s), clock=steady)

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
        self._events = create(SimulationEvent, "/simulation/events", EVENT)
        self.create_subscription(Twist, "/cmd_vel", lambda m: self._sim.drive(m.linear.x, m.angular.z), EVENT)
        self.create_subscription(AudioChunk, "/audio/out", self._on_voice, EVENT)
        self.create_subscription(String, "/robot/face", self._on_caption, LATCHED)
        self.create_subscription(People, "/people", self._on_people, RELIABLE_STREAM)
        self.create_subscription(Mission, "/mission", self._on_mission, LATCHED)
        if not self.params.render:
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
            return bool(self._steps_asked) and not self._answers.awaited(time.monotonic())
        now_s = time.monotonic()
        rests = self.params.rest_factor > 0 and not self._on_duty and self._sim.resting
        if not self._pace.allows(self._sim.ticks, rests, now_s):
            return False
        return not (self._answers.awaited(now_s) if self._lock_step.consumers else self._must_wait(now_s))

    def _must_wait(self, now_s: float) -> bool:
        """Whether the next tick would take a picture while /people still works on earlier ones."""
        if not self._sim.frame_is_next or not self._backlog.full:
            return False
        stalled = self._backlog.stalled
        waits = self._backlog.waits(self.count_publishers("/people") > 0, now_s)
        if self._backlog.stalled and not stalled:
            names = senders(self, "/people")
            self.report("people", "error", f"{names} has not answered a picture for "
                        f"{self.params.lock_step_timeout_s:g} s; going on without it", consumer=names)
        return waits

    def _on_people(self, message: People) -> None:
        if self._backlog.answered(seconds(message.header.stamp)):
            self.report("people", "ok", "pictures are answered again")
        self._again.trigger()

    def _all_answered(self) -> None:
        self._publish_held_clock()
        self._again.trigger()

    def _show(self) -> None:
        self._shown_s = time.monotonic()
        self._drivers.show_pictures()

    # --- one tick -----------------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        sim = self._sim
        self._publish_held_clock()
        leaps = self._pace.resting and self._playing
        moment = sim.step((LONG_REST_TICKS if self._lock_step.consumers else REST_TICKS) if leaps else 0)
        if leaps and moment.scan is not None and self._lock_step.consumers:
            self._held_clock = self._stamp()  # a clock that leapt ahead of the scan would make the lidar seem silent
        elif sim.ticks % CLOCK_TICKS == 0:
            self._clock_topic.publish(Clock(clock=self._stamp()))
        self._drivers.move(sim)
        self._publish_views(moment)
        self._drivers.tell(self._site, sim, moment)
        if moment.sound is not None and self._record:
            self._record.sound(moment.sound)
        if self._radio:
            if self._radio.take_new_connection():
                self._radio.send(sim.sensors.announcement())
            self._radio.send(moment.messages)
        for event in moment.events:
            self._publish_event(event)
        while self._steps_asked and sim.ticks >= self._steps_asked[0][0]:
            self._steps_asked.popleft()[1].set_result(None)

    def _publish_views(self, moment: Moment) -> None:
        """Scan and pictures, which are waited for until they are answered."""
        at_ns = messages.nanoseconds(self._stamp())
        if moment.scan is not None:
            if not self.params.render:
                self._lock_step.taken(at_ns)
            self._drivers.scan(self._site.robot, moment, self._sim.ticks)
        if moment.color is not None:
            self._drivers.take_pictures(self._site.robot, moment, self._sim.ticks)
            self._lock_step.taken(at_ns)
            self._show()
            if self._drivers.picture_listeners:
                self._backlog.taken(moment.time_s)

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
        self.report("world", "ok", "playing" if self._playing else "paused", time_s=f"{self._sim.elapsed_s:.2f}",
                    unanswered_pictures=len(self._backlog), camera_listeners=self._drivers.camera_listeners)

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
        self._pace.begin(self._sim.ticks, time.monotonic())
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
        self._backlog.clear()
        self._held_clock = None
        self._lock_step.forget()
        self._drivers.mount(self._site.robot, self._sim.ticks)
        self._clock_topic.publish(Clock(clock=self._stamp()))
        self._pace.begin(0, time.monotonic())
        self.stopped = not self._playing

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
