"""The simulator over real DDS: an exact clock, exact pictures, and a world that waits for its consumers."""
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import rclpy
from anban_interfaces.msg import AudioChunk, Mission, People, SimulationEvent
from anban_interfaces.srv import TakeSnapshot
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Point, Pose, PoseStamped, Twist, Vector3
from nav_msgs.msg import Odometry
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, Image, LaserScan
from simulation_interfaces import srv
from simulation_interfaces.action import SimulateSteps
from simulation_interfaces.msg import (
    Bounds,
    EntityCategory,
    EntityFilters,
    EntityState,
    Result,
    SimulationState,
    TagsFilter,
)
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage

from robot.resources import resource, resource_root
from robot.ros import EVENT, LATCHED, RELIABLE_STREAM, STREAM, TF_STATIC

pytestmark = pytest.mark.slow

STORY = """\
id: quiet
date: 2026-11-21
start: "22:00:00"
light: evening
people:
  lin: {at: [2.2, 1.2]}
script:
  - {id: fall, who: lin, at: 0.3, do: fall, kind: sideways}
ends:
  - {at: 1.0}
"""
PATIENCE_S = 120  # a hung simulator fails the test; nothing is measured by it


def nanoseconds(stamp):
    return stamp.sec * 10**9 + stamp.nanosec


class House:
    """A running simulator process, and a node that talks with it."""

    def __init__(self, folder, **parameters):
        site = folder / "site.yaml"
        site.write_text(resource("config/home.yaml").read_text().replace("width: 640, height: 480",
                                                                         "width: 160, height: 120"))
        story = folder / "quiet.yaml"
        story.write_text(STORY)
        parameters = {"site": site, "story": story, "mqtt_port": 0, "paused": True, "real_time_factor": 0.0,
                      "language": "en", **parameters}
        settings = [part for name, value in parameters.items()
                    for part in ("-p", f"{name}:={str(value).lower() if isinstance(value, bool) else value}")]
        self._process = subprocess.Popen([sys.executable, "-m", "robot.compose", "sim.simulator_node:SimulatorNode",
                                          "--ros-args", *settings], cwd=resource_root(), env=os.environ)
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = Node("listener", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.got = {}

    def listen(self, kind, topic, qos, react=None):
        kept = self.got.setdefault(topic, [])

        def take(message):
            kept.append(message)
            if react:
                react(message)
        self.node.create_subscription(kind, topic, take, qos)
        return kept

    def until(self, what):
        end = time.monotonic() + PATIENCE_S
        while not what():
            assert self._process.poll() is None, "the simulator ended"
            assert time.monotonic() < end, "nothing came"
            self.executor.spin_once(timeout_sec=0.2)

    def call(self, kind, name, /, **fields):
        client = self.node.create_client(kind, name)
        self.until(client.service_is_ready)
        future = client.call_async(kind.Request(**fields))
        self.until(future.done)
        return future.result()

    def play(self, state=SimulationState.STATE_PLAYING):
        return self.call(srv.SetSimulationState, "set_simulation_state", state=SimulationState(state=state))

    def step(self, steps):
        assert self.call(srv.StepSimulation, "step_simulation", steps=steps).result.result == Result.RESULT_OK

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(20) == 0

    def close(self, status=0):
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)
        self._process.send_signal(signal.SIGTERM)
        try:
            assert self._process.wait(20) == status
        finally:
            self._process.kill()


@pytest.fixture
def house(tmp_path):
    houses, statuses = [], []

    def make(exit_status=0, **parameters):
        statuses.append(exit_status)
        houses.append(House(tmp_path, **parameters))
        return houses[-1]
    yield make
    for one, status in zip(houses, statuses, strict=True):
        one.close(status)


def test_the_clock_is_monotone_and_every_picture_depth_scan_and_sound_is_exactly_on_time(house):
    house = house()
    clock = house.listen(Clock, "/clock", STREAM)
    color = house.listen(Image, "/camera/color/image_raw", RELIABLE_STREAM)
    depth = house.listen(Image, "/camera/depth/image_rect_raw", RELIABLE_STREAM)
    info = house.listen(CameraInfo, "/camera/color/camera_info", RELIABLE_STREAM)
    scan = house.listen(LaserScan, "/scan", STREAM)
    sound = house.listen(AudioChunk, "/audio/in", RELIABLE_STREAM)
    odometry = house.listen(Odometry, "/odom", STREAM)
    fixed = house.listen(TFMessage, "/tf_static", TF_STATIC)
    battery = house.listen(BatteryState, "/battery_state", LATCHED)
    events = house.listen(SimulationEvent, "/simulation/events", EVENT)
    house.until(lambda: fixed)
    for count in range(1, 21):  # in steps of a picture each, so that best-effort streams are read as they come
        house.step(10)
        house.until(lambda wanted=count: len(color) >= wanted and len(sound) >= wanted)
    start = nanoseconds(sound[0].header.stamp)
    assert start == 1795269600 * 10**9  # 22:00 in Shanghai
    pictures = [nanoseconds(m.header.stamp) - start for m in color]
    assert pictures == [10**8 * n for n in range(1, 21)]
    assert [nanoseconds(m.header.stamp) - start for m in depth] == pictures
    assert [nanoseconds(m.header.stamp) - start for m in info] == pictures
    assert [nanoseconds(m.header.stamp) - start for m in sound] == [10**8 * n for n in range(20)]
    assert all(len(m.samples) == 1600 for m in sound)
    times = [nanoseconds(m.clock) for m in clock]
    assert times == sorted(times) and set(range(times[0], times[-1], 5 * 10**7)) <= set(times)
    assert (color[0].width, color[0].height, color[0].encoding) == (160, 120, "rgb8")
    assert depth[0].encoding == "16UC1" and np.frombuffer(depth[0].data, np.uint16).max() > 500
    assert len(scan) > 10 and len(scan[0].ranges) == 360 and len(odometry) > 30
    assert {t.child_frame_id for t in fixed[0].transforms} == {"camera_color_optical_frame", "laser"}
    assert battery[-1].percentage > 0.9
    assert battery[-1].power_supply_status == BatteryState.POWER_SUPPLY_STATUS_CHARGING
    assert {"impact", "story_ended"} <= {e.event for e in events}


def test_the_world_never_runs_more_than_two_pictures_ahead_of_a_slow_consumer(house):
    house = house()
    people = house.node.create_publisher(People, "/people", RELIABLE_STREAM)
    answered, ahead, work = [0], [], threading.Event()

    def slowly(picture):
        ahead.append(nanoseconds(picture.header.stamp))
        work.wait(0.15)  # what a slow detector needs; the world could make five pictures meanwhile
        answered[0] = nanoseconds(picture.header.stamp)
        people.publish(People(header=picture.header))

    clock = house.listen(Clock, "/clock", STREAM)
    color = house.listen(Image, "/camera/color/image_raw", RELIABLE_STREAM, slowly)
    house.until(lambda: people.get_subscription_count() and house.node.count_publishers("/camera/color/image_raw"))
    house.play()
    lead = []

    def enough():
        if clock and answered[0]:
            lead.append(nanoseconds(clock[-1].clock) - answered[0])
        return len(color) >= 15

    house.until(enough)
    assert max(lead) <= 3 * 10**8  # two unanswered pictures, and the time up to the third
    assert np.diff(ahead).tolist() == [10**8] * (len(ahead) - 1)  # and none was lost


def test_a_stalled_consumer_is_named_and_left_behind_and_forgiven_when_it_is_back(house):
    house = house(lock_step_timeout_s=0.5)
    people = house.node.create_publisher(People, "/people", RELIABLE_STREAM)
    stalled = [False]
    color = house.listen(Image, "/camera/color/image_raw", RELIABLE_STREAM,
                         lambda m: stalled[0] or people.publish(People(header=m.header)))
    faults = house.listen(DiagnosticArray, "/diagnostics", EVENT)

    def told(level):
        return [s.message for m in faults for s in m.status if s.name == "simulator: people" and s.level == level]

    house.until(lambda: people.get_subscription_count() and house.node.count_publishers("/camera/color/image_raw"))
    house.play()
    house.until(lambda: len(color) >= 5)
    assert told(DiagnosticStatus.ERROR) == []
    stalled[0] = True
    house.until(lambda: told(DiagnosticStatus.ERROR))
    assert "listener has not answered" in told(DiagnosticStatus.ERROR)[0]
    seen = len(color)
    house.until(lambda: len(color) >= seen + 10)
    stalled[0] = False
    house.until(lambda: told(DiagnosticStatus.OK))


def test_the_services_of_simulation_interfaces_step_pause_reset_and_tell_the_truth(house):
    house = house()
    sound = house.listen(AudioChunk, "/audio/in", RELIABLE_STREAM)
    clock = house.listen(Clock, "/clock", STREAM)
    features = house.call(srv.GetSimulatorFeatures, "get_simulator_features").features
    assert features.STEP_SIMULATION_MULTIPLE in features.features

    def state():
        return house.call(srv.GetSimulationState, "get_simulation_state").state.state

    assert state() == SimulationState.STATE_STOPPED
    house.step(25)
    assert state() == SimulationState.STATE_PAUSED
    house.step(5)
    house.until(lambda: len(sound) == 3)
    assert {"anban-1", "lin", "sofa"} <= set(house.call(srv.GetEntities, "get_entities").entities)
    assert house.call(srv.GetEntityInfo, "get_entity_info", entity="lin").info.category.category == \
        EntityCategory.CATEGORY_HUMAN
    near = EntityFilters(bounds=Bounds(type=Bounds.TYPE_SPHERE, points=[Vector3(x=0.45, y=-0.8), Vector3(x=0.5)]))
    assert house.call(srv.GetEntities, "get_entities", filters=near).entities == ["anban-1"]
    robot = house.call(srv.GetEntityState, "get_entity_state", entity="anban-1").state
    assert robot.pose.position.x == pytest.approx(0.45, abs=0.05) and robot.header.frame_id == "map"
    missing = house.call(srv.GetEntityState, "get_entity_state", entity="nobody").result
    assert missing.result == Result.RESULT_NOT_FOUND and "get_entities" in missing.error_message
    house.play()
    assert house.call(srv.StepSimulation, "step_simulation", steps=1).result.result == Result.RESULT_OPERATION_FAILED
    house.play(SimulationState.STATE_PAUSED)
    house.call(srv.ResetSimulation, "reset_simulation")
    house.until(lambda: nanoseconds(clock[-1].clock) == 1795269600 * 10**9)
    assert state() == SimulationState.STATE_STOPPED


def test_at_rest_the_clock_leaps_but_not_while_the_robot_has_something_to_do(house, tmp_path):
    night = tmp_path / "night.yaml"
    night.write_text("id: night\ndate: 2026-11-21\nstart: '01:00:00'\nlight: night\n"
                     "people: {lin: {furniture: bed_1}}\nends: [{at: 28800}]\n")
    house = house(render=False, story=night, real_time_factor=2.0, rest_factor=50.0)
    clock = house.listen(Clock, "/clock", STREAM)
    mission = house.node.create_publisher(Mission, "/mission", LATCHED)

    def gap(newest=-1):
        return nanoseconds(clock[newest].clock) - nanoseconds(clock[newest - 1].clock) if len(clock) > 1 else 0

    house.play()
    house.until(lambda: gap() == 400_000_000)
    mission.publish(Mission(task="patrol"))
    house.until(lambda: gap() == 50_000_000)
    steady = len(clock)
    house.until(lambda: len(clock) >= steady + 20)
    assert all(gap(newest) < 400_000_000 for newest in range(steady, len(clock)))
    mission.publish(Mission(task="idle"))
    house.until(lambda: gap() == 400_000_000)


def test_the_bumper_tells_when_the_robot_touches_something_and_when_it_is_clear_again(house):
    house = house(render=False)
    bumper, wheels = house.listen(Bool, "/bumper", LATCHED), house.node.create_publisher(Twist, "/cmd_vel", EVENT)
    house.until(lambda: wheels.get_subscription_count() > 0)
    box = PoseStamped(pose=Pose(position=Point(x=1.0, y=-0.8)))
    house.call(srv.SpawnEntity, "spawn_entity", name="in_the_way", uri="spawnable://anban/box", initial_pose=box)
    for speed in (0.4, -0.2):
        wheels.publish(Twist(linear=Vector3(x=speed)))
        house.step(150)
    house.until(lambda: len(bumper) >= 2 and not bumper[-1].data)
    pressed = [message.data for message in bumper]  # it may bounce
    assert pressed[0] and pressed == [not index % 2 for index in range(len(pressed))]


def test_a_chair_is_spawned_moved_kept_over_a_reset_and_gone_with_all_that_was_spawned(house):
    house = house(render=False)
    offered = house.call(srv.GetSpawnables, "get_spawnables").spawnables
    assert "spawnable://anban/chair" in {one.uri for one in offered}
    place = next(p for p in house.call(srv.GetNamedPoses, "get_named_poses").poses if p.name == "room/living_room")
    chair = dict(name="seat", uri="spawnable://anban/chair", initial_pose=PoseStamped(pose=place.pose))
    spawned = house.call(srv.SpawnEntity, "spawn_entity", **chair)
    assert spawned.result.result == Result.RESULT_OK and spawned.entity_name == "seat"
    again = house.call(srv.SpawnEntity, "spawn_entity", **chair).result
    assert again.result == srv.SpawnEntity.Response.NAME_NOT_UNIQUE and "another name" in again.error_message
    moved = EntityState(pose=Pose(position=Point(x=5.5, y=1.0)))
    assert house.call(srv.SetEntityState, "set_entity_state", entity="seat", state=moved).result.result == 1

    def seats():
        filters = EntityFilters(tags=TagsFilter(tags=["spawned"]))
        answer = house.call(srv.GetEntitiesStates, "get_entities_states", filters=filters)
        return [(name, state.pose.position.x) for name, state in zip(answer.entities, answer.states, strict=True)]

    scope = srv.ResetSimulation.Request
    assert seats() == [("seat", 5.5)]
    house.call(srv.ResetSimulation, "reset_simulation", scope=scope.SCOPE_TIME | scope.SCOPE_STATE)
    assert seats() == [("seat", 5.5)]
    house.call(srv.ResetSimulation, "reset_simulation", scope=scope.SCOPE_SPAWNED)
    assert seats() == []


def test_steps_as_an_action_are_told_one_by_one_and_another_world_can_be_loaded(house):
    house = house(render=False)
    client, told = ActionClient(house.node, SimulateSteps, "simulate_steps"), []
    house.until(client.server_is_ready)

    def steps():
        """What was told of five steps; until the topic of an action's feedback has found who listens, some is lost."""
        told.clear()
        goal = client.send_goal_async(SimulateSteps.Goal(steps=5),
                                      lambda m: told.append((m.feedback.completed_steps, m.feedback.remaining_steps)))
        house.until(goal.done)
        result = goal.result().get_result_async()
        house.until(result.done)
        assert result.result().result.result.result == Result.RESULT_OK
        latest_s = time.monotonic() + 2.0
        while told[-1:] != [(5, 0)] and time.monotonic() < latest_s:
            house.executor.spin_once(timeout_sec=0.2)
        return told
    house.until(lambda: steps() == [(n, 5 - n) for n in range(1, 6)])

    worlds = {world.name: world for world in house.call(srv.GetAvailableWorlds, "get_available_worlds").worlds}
    assert house.call(srv.GetCurrentWorld, "get_current_world").world.name == "quiet"
    house.call(srv.UnloadWorld, "unload_world")
    assert house.call(srv.GetSimulationState, "get_simulation_state").state.state == SimulationState.STATE_NO_WORLD
    refused = house.play().result
    assert refused.result == Result.RESULT_INCORRECT_STATE and "load_world" in refused.error_message
    loaded = house.call(srv.LoadWorld, "load_world", uri=worlds["night"].world_resource.uri)
    assert loaded.result.result == Result.RESULT_OK and loaded.world.name == "night"
    assert house.call(srv.GetSimulationState, "get_simulation_state").state.state == SimulationState.STATE_STOPPED
    client.destroy()


def test_in_lock_step_time_stands_until_the_picture_is_answered_and_a_stalled_consumer_is_named(house):
    house = house(lock_step="/people", lock_step_timeout_s=0.5, lock_step_stalled="wait")
    people = house.node.create_publisher(People, "/people", RELIABLE_STREAM)
    answers, clock = [True], house.listen(Clock, "/clock", STREAM)
    lead = []

    def answer(picture):
        lead.append(nanoseconds(clock[-1].clock) - nanoseconds(picture.header.stamp) if clock else 0)
        if answers[0]:
            people.publish(People(header=picture.header))

    color = house.listen(Image, "/camera/color/image_raw", RELIABLE_STREAM, answer)
    faults = house.listen(DiagnosticArray, "/diagnostics", EVENT)

    def told(level):
        return [s.message for m in faults for s in m.status if s.name == "simulator: lock-step" and s.level == level]

    house.until(lambda: people.get_subscription_count() and house.node.count_publishers("/camera/color/image_raw"))
    house.play()
    house.until(lambda: len(color) >= 5)
    answers[0] = False
    house.until(lambda: told(DiagnosticStatus.ERROR))
    assert "/people of listener has not answered" in told(DiagnosticStatus.ERROR)[-1]
    stood = len(color)
    people.publish(People(header=color[-1].header))
    answers[0] = True
    house.until(lambda: told(DiagnosticStatus.OK) and len(color) > stood + 2)
    assert max(lead) <= 0
    assert np.diff([nanoseconds(m.header.stamp) for m in color]).tolist() == [10**8] * (len(color) - 1)


@pytest.fixture
def eyes():
    process = subprocess.Popen([sys.executable, "-m", "robot.compose", "perception.people_node:PeopleNode"],
                               cwd=resource_root(), env=os.environ)
    yield process
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize("stalled", ["wait", "go_on"])
def test_eyes_whose_process_stands_still_are_named_and_the_simulator_still_stops_at_ctrl_c(house, eyes, stalled):
    house = house(lock_step="/people", lock_step_timeout_s=2.0, lock_step_stalled=stalled)
    people = house.listen(People, "/people", RELIABLE_STREAM)
    faults = house.listen(DiagnosticArray, "/diagnostics", EVENT)
    clock = house.listen(Clock, "/clock", STREAM)

    def told(level):
        return [s.message for m in faults for s in m.status if s.name == "simulator: lock-step" and s.level == level]

    def stall():
        eyes.send_signal(signal.SIGSTOP)
        faults.clear()
        house.until(lambda: told(DiagnosticStatus.ERROR))
        return told(DiagnosticStatus.ERROR)[-1]

    house.until(lambda: house.node.count_publishers("/people") and
                house.node.count_subscribers("/camera/color/image_raw") and
                house.node.count_publishers("/camera/color/image_raw"))
    house.play()
    house.until(lambda: len(people) >= 3)
    assert "/people of people has not answered a picture for 2 s" in stall()
    stopped_s = nanoseconds(clock[-1].clock)
    faults.clear()
    if stalled == "wait":
        house.until(lambda: len(told(DiagnosticStatus.ERROR)) >= 2)
        assert nanoseconds(clock[-1].clock) == stopped_s
    else:
        house.until(lambda: nanoseconds(clock[-1].clock) > stopped_s + 10**9)
    eyes.send_signal(signal.SIGCONT)
    house.until(lambda: told(DiagnosticStatus.OK))
    stall()
    house.interrupt()


def test_a_world_that_was_let_play_goes_on_when_those_whom_it_awaited_have_come(house):
    house = house(wait_for="eyes", render=False)
    awake = house.node.create_publisher(DiagnosticArray, "/diagnostics", EVENT)
    clock = house.listen(Clock, "/clock", STREAM)
    house.until(awake.get_subscription_count)
    house.play()
    awake.publish(DiagnosticArray(status=[DiagnosticStatus(name="eyes: start")]))
    house.until(lambda: awake.get_subscription_count() == 0)
    came = nanoseconds(clock[-1].clock)
    house.until(lambda: nanoseconds(clock[-1].clock) > came + 10**9)


def test_what_the_robot_says_sounds_in_the_room_and_is_heard_by_the_resident(house):
    house = house(render=False)
    sound = house.listen(AudioChunk, "/audio/in", RELIABLE_STREAM)
    events = house.listen(SimulationEvent, "/simulation/events", EVENT)
    voice = house.node.create_publisher(AudioChunk, "/audio/out", EVENT)
    caption = house.node.create_publisher(String, "/robot/face", LATCHED)
    house.until(lambda: voice.get_subscription_count() and caption.get_subscription_count())
    caption.publish(String(data="Good evening."))
    tone = (np.sin(np.arange(22050) * 0.1) * 16000).astype(np.int16)
    voice.publish(AudioChunk(sample_rate=22050, samples=tone.tolist()))
    house.play()
    house.until(lambda: any(e.event == "story_ended" for e in events) and len(sound) > 15)
    loud = [np.abs(np.asarray(m.samples)).max() for m in sound[:15]]
    assert max(loud) > 2000


def test_without_pictures_the_world_says_whom_the_camera_would_see_and_refuses_snapshots(house):
    house = house(render=False)
    people = house.listen(People, "/people", RELIABLE_STREAM)
    house.play()
    house.until(lambda: len(people) >= 5)
    assert not any(message.people for message in people)  # the robot is on its dock, she is behind a wall
    assert all(nanoseconds(message.header.stamp) % 10**8 == 0 for message in people)
    answer = house.call(TakeSnapshot, "take_snapshot")
    assert not answer.success and "no pictures" in answer.message


def test_a_story_that_does_not_fit_is_announced_with_file_and_line(house, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(STORY.replace("lin:", "lim:"))
    house = house(exit_status=1, story=wrong)
    said = house.listen(DiagnosticArray, "/diagnostics", EVENT)
    house.until(lambda: any("wrong.yaml:6" in s.message for m in said for s in m.status))
