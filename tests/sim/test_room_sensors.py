"""Room sensors: true payloads out of the world's truth, and over a real broker."""
import json
import queue
import shutil
import socket
import subprocess
import threading

import paho.mqtt.client as mqtt
import pytest

from robot.bridge.zigbee import RoomSensors as Bridge
from robot.environment import outside_environment
from sim.room_sensors import MOTION_HOLD_S, Occupant, RoomSensors, SensorRadio

IN_BED = Occupant((1.0, 2.9, 0.6), (0.4, 2.9, 0.65), "bed_1")
STANDING = Occupant((1.7, 1.8, 0.9), (1.7, 1.8, 1.5))
NEXT_DOOR = Occupant((6.0, 2.8, 0.9), (6.0, 2.8, 1.5))


@pytest.fixture
def sensors(site):
    return RoomSensors(site, seed=1)


def told(messages, sensor):
    return [json.loads(m.payload) for m in messages if m.topic == f"zigbee2mqtt/{sensor}"]


def over(sensors, seconds, person, start=0):
    return [m for t in range(start, start + seconds) for m in sensors.update(float(t), {"lin": person})]


def test_the_mattress_feels_who_lies_on_it_and_soon_knows_the_pulse(sensors):
    said = told(over(sensors, 30, IN_BED), "mattress_1")
    assert said[0]["presence"] is True and "heart_rate" not in said[0]
    pulses = [s["heart_rate"] for s in said if "heart_rate" in s]
    assert len(pulses) >= 2 and all(50 <= pulse <= 80 for pulse in pulses)
    assert all(10 <= s["respiratory_rate"] <= 20 for s in said if "heart_rate" in s)


def test_the_mattress_tells_at_once_that_the_bed_is_empty_and_has_no_pulse_then(sensors):
    over(sensors, 20, IN_BED)
    said = told(over(sensors, 5, STANDING, start=20), "mattress_1")
    assert len(said) == 1
    assert said[0]["presence"] is False and "heart_rate" not in said[0]


def test_a_motion_sensor_sees_movement_in_its_room_only_and_holds_it_for_a_while(sensors):
    over(sensors, 3, IN_BED)
    moved = over(sensors, 1, STANDING, start=3)
    assert told(moved, "motion_bedroom")[0]["occupancy"] is True
    assert told(moved, "motion_living") == []
    rest = over(sensors, int(MOTION_HOLD_S) + 2, STANDING, start=4)
    assert [s["occupancy"] for s in told(rest, "motion_bedroom")] == [False]


def test_state_sensors_report_once_at_the_start(sensors):
    first = sensors.update(0.0, {"lin": IN_BED})
    assert told(first, "door_front") == [{"contact": True, "battery": told(first, "door_front")[0]["battery"],
                                          "linkquality": told(first, "door_front")[0]["linkquality"]}]
    assert sensors.update(1.0, {"lin": IN_BED}) == []


def test_the_call_button_and_the_cuff_report_when_used(sensors):
    assert told(sensors.press_sos("lin", 5.0), "sos_bedroom")[0]["action"] == "emergency"
    reading = told(sensors.measure_blood_pressure("lin", 6.0), "bp_lin")[0]
    assert reading["diastolic"] < reading["systolic"] and 40 < reading["pulse"] < 100


def test_a_sensor_without_radio_says_only_that_it_is_gone(sensors):
    gone = sensors.set_online("mattress_1", False, 0.0)
    assert [tuple(m) for m in gone] == [("zigbee2mqtt/mattress_1/availability", "offline", True)]
    assert told(over(sensors, 20, IN_BED), "mattress_1") == []
    assert sensors.set_online("mattress_1", True, 20.0)[0].payload == "online"
    assert told(over(sensors, 2, IN_BED, start=20), "mattress_1")


def test_the_robots_bridge_understands_every_message(site, sensors):
    bridge = Bridge(site)
    kinds, readings = [], {}
    messages = [*sensors.announcement(), *over(sensors, 15, IN_BED), *over(sensors, 3, STANDING, start=15),
                *sensors.press_sos("lin", 18.0), *sensors.measure_blood_pressure("lin", 19.0)]
    for number, message in enumerate(messages):
        for found in bridge.take(message.topic, message.payload.encode(), message.retain, float(number)):
            if hasattr(found, "readings"):
                readings |= {measure.name: value for measure, value in found.readings}
            else:
                kinds.append(found.kind)
    assert {"bed_exit", "motion", "sos"} <= set(kinds)
    assert {"heart rate", "respiratory rate", "systolic blood pressure", "diastolic blood pressure"} <= set(readings)


@pytest.fixture
def broker(tmp_path):
    """Starts and stops mosquitto on a port of its own."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("mosquitto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    running = []

    class Broker:
        def start(self):
            running.append(subprocess.Popen([program, "-c", str(settings)], env=outside_environment(),
                                            stderr=subprocess.DEVNULL))

        def stop(self):
            process = running.pop()
            process.terminate()
            process.wait(10)

    Broker.port = port
    yield Broker()
    for process in running:
        process.terminate()
        process.wait(10)


class Listener:
    """Everything that crosses the broker, in order."""

    def __init__(self, port):
        self._received = queue.Queue()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._ready = threading.Event()
        self._client.on_connect = lambda client, *rest: client.subscribe("zigbee2mqtt/#", qos=1)
        self._client.on_subscribe = lambda *rest: self._ready.set()
        self._client.on_message = lambda client, data, m: self._received.put((m.topic, m.payload.decode(), m.retain))
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(20), "no broker answered"

    def wait_for(self, topic, payload=None):
        while True:
            got = self._received.get(timeout=20)
            if got[0] == topic and payload in (None, got[1]):
                return got

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def connected(radio, sensors):
    """Waits for a connection and announces the sensors, as the node does."""
    pause = threading.Event()
    while not radio.take_new_connection():
        pause.wait(0.05)
    radio.send(sensors.announcement())


@pytest.mark.slow
def test_over_a_real_broker_a_late_listener_learns_who_is_online(site, sensors, broker):
    broker.start()
    radio = SensorRadio(site, "127.0.0.1", broker.port)
    connected(radio, sensors)
    listener = Listener(broker.port)
    assert listener.wait_for("zigbee2mqtt/mattress_1/availability")[1] == "online"
    radio.send(sensors.update(0.0, {"lin": IN_BED}))
    topic, payload, retained = listener.wait_for("zigbee2mqtt/mattress_1")
    assert json.loads(payload)["presence"] is True and not retained
    radio.close()
    listener.wait_for("zigbee2mqtt/bridge/state", "offline")
    listener.close()


@pytest.mark.slow
def test_without_a_broker_the_radio_says_what_to_do_and_connects_when_one_comes(site, sensors, broker):
    radio = SensorRadio(site, "127.0.0.1", broker.port)
    radio.send(sensors.update(0.0, {"lin": IN_BED}))
    assert str(broker.port) in radio.fault
    broker.start()
    connected(radio, sensors)
    assert radio.fault == ""
    broker.stop()
    broker.start()
    connected(radio, sensors)
    listener = Listener(broker.port)
    radio.send(sensors.press_sos("lin", 1.0))
    listener.wait_for("zigbee2mqtt/sos_bedroom")
    listener.close()
    radio.close()
