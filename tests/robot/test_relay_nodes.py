"""Alarms, room sensors and the platform bridge as nodes: real DDS, a real broker, the real care platform."""
from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import rclpy
from anban_interfaces.msg import Alarm, AlarmList, DoseRecord, RoomEvent, VitalSigns
from anban_interfaces.srv import RaiseAlarm, UpdateAlarm
from diagnostic_msgs.msg import DiagnosticArray
from paho.mqtt.enums import CallbackAPIVersion
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from care.models import Alarm as AlarmRow
from care.models import Dose, Robot, Vital
from care.models import RoomEvent as RoomEventRow
from robot.alarms_node import AlarmsNode
from robot.bridge.platform_node import PlatformNode
from robot.bridge.rooms_node import RoomsNode
from robot.environment import outside_environment
from robot.journal import Journal
from robot.ros import EVENT, LATCHED
from tests.robot.care_platform import TOKEN, CarePlatform, free_port, until

pytestmark = pytest.mark.slow
HOME = Path(__file__).resolve().parents[2] / "config" / "home.yaml"


class Probe(Node):
    """Everything that the nodes say, and a voice to speak to them."""

    def __init__(self, **kwargs) -> None:
        super().__init__("probe", **kwargs)
        self.alarms: dict[str, Alarm] = {}
        self.events: list[RoomEvent] = []
        self.vitals: list[VitalSigns] = []
        self.health: dict[str, tuple[int, str]] = {}
        self.create_subscription(AlarmList, "/alarms", self._on_alarms, LATCHED)
        self.create_subscription(RoomEvent, "/room_events", self.events.append, EVENT)
        self.create_subscription(VitalSigns, "/vital_signs", self.vitals.append, EVENT)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENT)
        self.doses = self.create_publisher(DoseRecord, "/doses", EVENT)
        self.raise_client = self.create_client(RaiseAlarm, "/raise_alarm")
        self.update_client = self.create_client(UpdateAlarm, "/update_alarm")

    def _on_alarms(self, message: AlarmList) -> None:
        self.alarms = {alarm.alarm_id: alarm for alarm in message.alarms}

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self.health.update({s.name: (s.level[0], s.message) for s in message.status})

    def raise_alarm(self, **fields) -> RaiseAlarm.Response:
        return self._call(self.raise_client, RaiseAlarm.Request(alarm=Alarm(**fields)))

    def update(self, alarm_id: str, action: int, by: str = "chen", note: str = "") -> UpdateAlarm.Response:
        return self._call(self.update_client,
                          UpdateAlarm.Request(alarm_id=alarm_id, action=action, by=by, note=note))

    @staticmethod
    def _call(client, request):
        assert client.wait_for_service(timeout_sec=30.0)
        future = client.call_async(request)
        until(future.done, "an answer")
        return future.result()


class RobotInTest:
    """Nodes on one executor in a thread, as in one process of the robot."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal.sqlite3"
        self.context = Context()
        rclpy.init(context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.probe = Probe(context=self.context)
        self.executor.add_node(self.probe)
        self.nodes: list = []
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while self.context.ok():
            self.executor.spin_once(timeout_sec=0.2)

    def add(self, kind: type, **parameters):
        values = {"site": str(HOME), "journal": str(self.journal), **parameters}
        known = kind.Parameters.model_fields
        node = kind(context=self.context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items() if name in known])
        node.trigger_configure()
        node.trigger_activate()
        self.executor.add_node(node)
        self.nodes.append(node)
        return node

    def remove(self, node) -> None:
        self.nodes.remove(node)
        self.executor.remove_node(node)
        node.trigger_shutdown()
        node.destroy_node()

    def close(self) -> None:
        for node in list(self.nodes):
            self.remove(node)
        self.executor.shutdown(timeout_sec=2.0)
        self.context.try_shutdown()
        self._thread.join(timeout=5.0)


class Broker:
    """A real mosquitto on a port of its own, and a sensor's voice."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen | None = None
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.reconnect_delay_set(1, 1)

    def start(self) -> None:
        self._process = subprocess.Popen(["mosquitto", "-p", str(self.port)], env=outside_environment(),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not self.client.is_connected():
            self.client.connect_async("127.0.0.1", self.port)
            self.client.loop_start()
        until(self.client.is_connected, "the broker")

    def say(self, sensor: str, **state) -> None:
        self.client.publish(f"zigbee2mqtt/{sensor}", json.dumps(state), qos=1).wait_for_publish(5.0)

    def hang(self) -> None:
        """It reads no more, and nobody sees that."""
        self._process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.client.loop_stop()
        self.stop()


@pytest.fixture
def robot(tmp_path):
    robot = RobotInTest(tmp_path)
    yield robot
    robot.close()


@pytest.fixture
def broker():
    broker = Broker()
    broker.start()
    yield broker
    broker.close()


@pytest.fixture
def care(tmp_path):
    platform = CarePlatform(tmp_path).start()
    yield platform
    platform.stop()


def connected(robot: RobotInTest, what: str) -> None:
    until(lambda: robot.probe.health.get(what, (9, ""))[0] == 0, f"{what} to be well")


def test_an_alarm_is_raised_upgraded_acknowledged_and_resolved(robot):
    robot.add(AlarmsNode)
    probe = robot.probe
    answer = probe.raise_alarm(kind="fall", priority=Alarm.PRIORITY_NOTICE, resident_id="lin", room="bedroom")
    assert answer.success and answer.alarm_id
    probe.raise_alarm(alarm_id=answer.alarm_id, kind="fall", priority=Alarm.PRIORITY_HIGH, words="help me")
    alarm = until(lambda: (a := probe.alarms.get(answer.alarm_id)) and a.priority == Alarm.PRIORITY_HIGH and a, "HIGH")
    assert (alarm.room, alarm.words, list(alarm.notified)) == ("bedroom", "help me", ["chen"])
    assert probe.update(answer.alarm_id, UpdateAlarm.Request.ACKNOWLEDGE).success
    until(lambda: probe.alarms[answer.alarm_id].state == Alarm.STATE_ACKNOWLEDGED, "the acknowledgement")
    assert probe.update(answer.alarm_id, UpdateAlarm.Request.RESOLVE, note="she sits again").success
    until(lambda: probe.alarms[answer.alarm_id].resolution == "she sits again", "the end")
    with Journal(robot.journal) as journal:
        assert [row.event.payload["state"] for row in journal.outbox(10)] == ["raised", "raised", "acknowledged",
                                                                              "resolved"]


def test_alarms_survive_a_restart_of_their_node(robot):
    node = robot.add(AlarmsNode)
    answer = robot.probe.raise_alarm(kind="sos", priority=Alarm.PRIORITY_HIGH, room="bedroom")
    until(lambda: answer.alarm_id in robot.probe.alarms, "the alarm")
    robot.remove(node)
    robot.probe.alarms.clear()
    robot.add(AlarmsNode)
    until(lambda: answer.alarm_id in robot.probe.alarms, "the alarm, again")


def test_an_alarm_is_not_refused_when_the_disk_is_full_and_is_written_when_there_is_room(robot, care):
    node = robot.add(AlarmsNode)
    robot.add(PlatformNode, platform_url=care.url, platform_token=TOKEN)
    connected(robot, "platform: platform")
    node._journal._db.execute("PRAGMA query_only = ON")
    answer = robot.probe.raise_alarm(kind="fall", priority=Alarm.PRIORITY_HIGH, room="bedroom")
    assert answer.success
    until(lambda: [row.alarm_id for row in care.rows(AlarmRow)] == [answer.alarm_id], "the alarm on the platform")
    until(lambda: robot.probe.health["alarms: journal"][0] == 2, "the fault to be told")
    node._journal._db.execute("PRAGMA query_only = OFF")
    until(lambda: robot.probe.health["alarms: journal"][0] == 0, "the end of the fault")
    with Journal(robot.journal) as journal:
        assert [alarm["alarm_id"] for alarm in journal.alarms(0.0)] == [answer.alarm_id]


def test_an_unknown_alarm_and_an_unknown_action_are_answered_in_words(robot):
    robot.add(AlarmsNode)
    assert "no alarm nobody is known" in robot.probe.update("nobody", UpdateAlarm.Request.ACKNOWLEDGE).message
    assert "action 9 is unknown" in robot.probe.update("nobody", 9).message


def test_room_sensors_are_heard_and_a_broker_that_comes_back_too(robot, broker):
    robot.add(AlarmsNode)
    robot.add(RoomsNode, mqtt_port=broker.port)
    probe = robot.probe
    connected(robot, "rooms: broker")
    broker.say("mattress_1", presence=True, heart_rate=64, respiratory_rate=15)
    vitals = until(lambda: probe.vitals and probe.vitals[0], "a pulse")
    assert (vitals.resident_id, [(r.code, r.value) for r in vitals.readings]) == (
        "lin", [("8867-4", 64.0), ("9279-1", 15.0)])
    broker.say("mattress_1", presence=False)
    until(lambda: [e.kind for e in probe.events] == ["bed_exit"], "the bed exit")
    broker.stop()
    until(lambda: probe.health["rooms: broker"][0] == 2, "the outage to be told")
    assert "no MQTT broker at 127.0.0.1" in probe.health["rooms: broker"][1]
    broker.start()
    connected(robot, "rooms: broker")
    broker.client.publish("zigbee2mqtt/mattress_1", b'{"presence": tr', qos=1).wait_for_publish(5.0)
    until(lambda: probe.health.get("rooms: mattress_1", (0, ""))[0] == 1, "the torn message to be told")
    broker.say("mattress_1", presence=True)
    until(lambda: [e.kind for e in probe.events] == ["bed_exit", "bed_entry"], "the bed entry")


def test_a_press_of_the_button_is_one_alarm_until_somebody_answers(robot, broker):
    robot.add(AlarmsNode)
    robot.add(RoomsNode, mqtt_port=broker.port)
    probe = robot.probe
    connected(robot, "rooms: broker")
    broker.say("sos_bedroom", action="emergency")
    (alarm,) = until(lambda: list(probe.alarms.values()), "the alarm")
    assert (alarm.kind, alarm.priority, alarm.room, alarm.resident_id) == ("sos", Alarm.PRIORITY_HIGH, "bedroom", "lin")
    broker.say("sos_bedroom", action="emergency")
    until(lambda: len([e for e in probe.events if e.kind == "sos"]) == 2, "the second press")
    probe.update(alarm.alarm_id, UpdateAlarm.Request.ACKNOWLEDGE)
    until(lambda: [a.state for a in probe.alarms.values()] == [Alarm.STATE_ACKNOWLEDGED], "one answered alarm")
    broker.say("sos_bedroom", action="emergency")
    until(lambda: sorted(a.state for a in probe.alarms.values()) == [Alarm.STATE_RAISED, Alarm.STATE_ACKNOWLEDGED],
          "a new alarm")


def test_everything_reaches_the_platform_and_an_acknowledgement_comes_back(robot, broker, care):
    robot.add(AlarmsNode)
    robot.add(RoomsNode, mqtt_port=broker.port)
    robot.add(PlatformNode, platform_url=care.url, platform_token=TOKEN)
    probe = robot.probe
    connected(robot, "rooms: broker")
    connected(robot, "platform: commands")
    broker.say("bp_lin", systolic=142, diastolic=85, pulse=70)
    until(lambda: sorted(row.value for row in care.rows(Vital)) == [70.0, 85.0, 142.0], "the blood pressure")
    broker.say("mattress_1", presence=True)
    broker.say("mattress_1", presence=False)
    until(lambda: [row.kind for row in care.rows(RoomEventRow)] == ["bed_exit"], "the bed exit")
    with Journal(robot.journal) as journal:
        journal.record_dose("lin-evening/1", "lin-evening", "lin", "confirmed", time.time(), 1, time.time(), "吃了")
    until(lambda: [row.outcome for row in care.rows(Dose)] == ["confirmed"], "the dose of the journal")
    probe.doses.publish(DoseRecord(dose_id="lin-evening/2", plan_id="lin-evening", resident_id="lin",
                                   outcome=DoseRecord.REFUSED))
    until(lambda: sorted(row.outcome for row in care.rows(Dose)) == ["confirmed", "refused"], "the dose of the topic")
    answer = probe.raise_alarm(kind="fall", priority=Alarm.PRIORITY_HIGH, resident_id="lin", room="bedroom")
    until(lambda: care.rows(AlarmRow), "the alarm")
    care.acknowledge(answer.alarm_id)
    until(lambda: probe.alarms[answer.alarm_id].acknowledged_by == "chen", "the acknowledgement")
    broker.stop()
    until(lambda: any(part["name"] == "rooms: broker" and part["level"] == "error"
                      for row in care.rows(Robot) for part in row.parts or []), "the broker's absence on the platform")


def test_an_alarm_written_by_a_robot_that_is_killed_at_once_arrives_after_its_restart(robot, care, tmp_path):
    command = [sys.executable, "-m", "robot.compose", "robot.alarms_node:AlarmsNode",
               "robot.bridge.platform_node:PlatformNode", "--ros-args", "-p", f"site:={HOME}",
               "-p", f"journal:={robot.journal}", "-p", f"platform_url:={care.url}", "-p", f"platform_token:={TOKEN}"]
    care.stop()  # so that nothing is delivered before the kill
    child = subprocess.Popen(command, cwd=HOME.parents[1])
    try:
        answer = robot.probe.raise_alarm(kind="fall", priority=Alarm.PRIORITY_HIGH, room="bedroom")
    finally:
        child.kill()
        child.wait()
    care.start()
    child = subprocess.Popen(command, cwd=HOME.parents[1])
    try:
        until(lambda: [row.alarm_id for row in care.rows(AlarmRow)] == [answer.alarm_id], "the alarm")
        until(lambda: answer.alarm_id in robot.probe.alarms, "the alarm on its topic")
    finally:
        child.terminate()
        child.wait()
    assert child.returncode == 0


@pytest.fixture
def lit_home(tmp_path):
    """The home with a lamp."""
    site = tmp_path / "home.yaml"
    site.write_text(HOME.read_text() + "\nlights:\n  - {id: lamp, room: bedroom, topic: zigbee2mqtt/lamp}\n")
    return str(site)


def test_a_light_is_switched_over_mqtt_and_says_itself_that_it_is_on(robot, broker, lit_home):
    broker.client.on_message = lambda client, _, sent: client.publish("zigbee2mqtt/lamp", sent.payload)
    broker.client.subscribe("zigbee2mqtt/lamp/set")  # the lamp does as Zigbee2MQTT: it answers with its state
    seen = []
    robot.probe.create_subscription(Bool, "/lights/lamp/state", lambda state: seen.append(state.data), LATCHED)
    switch = robot.probe.create_publisher(Bool, "/lights/lamp/set", EVENT)
    robot.add(RoomsNode, mqtt_port=broker.port, site=lit_home)
    connected(robot, "rooms: broker")
    until(lambda: switch.get_subscription_count() > 0, "the node")
    switch.publish(Bool(data=True))
    until(lambda: seen == [True], "the light")
    broker.client.publish("zigbee2mqtt/lamp", b'{"state": "OFF"}')  # by hand
    until(lambda: seen == [True, False], "the darkness")


def test_a_light_is_not_switched_when_the_broker_is_back_and_nobody_expects_it_any_more(robot, broker, lit_home):
    rooms = robot.add(RoomsNode, mqtt_port=broker.port, site=lit_home)
    connected(robot, "rooms: broker")
    rooms._client.reconnect_delay_set(min_delay=3, max_delay=3)  # the lamp listens before the node is back
    broker.hang()
    rooms._switch("zigbee2mqtt/lamp", Bool(data=True))  # its socket does not know yet that nobody reads
    broker.stop()
    until(lambda: robot.probe.health["rooms: broker"][0] > 0, "the loss to be noticed")
    rooms._switch("zigbee2mqtt/lamp", Bool(data=True))
    sent, listening = [], []
    broker.client.on_message = lambda client, _, message: sent.append(message.payload)
    broker.client.on_connect = lambda client, *_: client.subscribe("zigbee2mqtt/lamp/set")
    broker.client.on_subscribe = lambda *_: listening.append(True)
    broker.start()
    until(lambda: listening, "the lamp")
    assert robot.probe.health["rooms: broker"][0] > 0
    connected(robot, "rooms: broker")
    rooms._switch("zigbee2mqtt/lamp", Bool(data=False))
    until(lambda: sent, "a light that is switched now")
    assert sent == [b'{"state": "OFF"}']
