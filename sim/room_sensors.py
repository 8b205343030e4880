"""The room's sensors: what each would report of the simulated world, in the payloads that Zigbee2MQTT publishes.

A sensor publishes JSON on its topic of the site file, not retained, and "online"/"offline", retained, on
`<topic>/availability`. The coordinator's `<base>/bridge/state` is retained as well and goes "offline" by the broker's
last will.
Every payload also holds `battery` [%] and `linkquality` [0-255].

| kind | fields | sent |
|---|---|---|
| mattress | `presence` bool; at rest `heart_rate`, `respiratory_rate` [1/min] | on change, every 10 s in use |
| motion | `occupancy` bool, `illuminance` [lx] | on motion, and false 60 s after the last |
| door | `contact` bool, true = closed | on change |
| sos_button | `action`: "emergency" | on press |
| blood_pressure | `systolic`, `diastolic` [mmHg], `pulse` [1/min] | on measurement |
| smoke | `smoke` bool | on change |
| water | `water_leak` bool | on change |

State sensors also report once at the start and every hour, as the real ones do.
"""
from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import paho.mqtt.client as mqtt

from robot.site import Sensor, Site

MATTRESS_PERIOD_S = 10.0
MATTRESS_SETTLE_S = 5.0  # a pressure film needs some breaths before it knows a pulse
MOTION_HOLD_S = 60.0  # usual occupancy timeout
MOTION_STEP_M = 0.05  # between looks a second apart: an arm's movement is seen, breathing is not
HOUR_S = 3600.0
_LOOK_S = 1.0


class Message(NamedTuple):
    """One MQTT message to send."""
    topic: str
    payload: str
    retain: bool = False


@dataclass(frozen=True)
class Occupant:
    """What sensors could notice of one person: middle and head (map, m) and the furniture that carries the body."""
    position: tuple[float, float, float]
    head: tuple[float, float, float]
    furniture: str | None = None


@dataclass
class _Memory:
    """What one sensor knows."""
    state: dict[str, Any] = field(default_factory=dict)
    sent_s: float = -math.inf
    since_s: float = -math.inf
    battery: int = 100
    online: bool = True


class RoomSensors:
    """The sensors of a site. `update` looks at the world and returns the messages that are due."""

    def __init__(self, site: Site, seed: int = 0) -> None:
        self.site = site
        random = np.random.default_rng([seed, 0x5E5])
        self._random = random
        self._memory = {s.id: _Memory(battery=int(random.integers(70, 101))) for s in site.sensors}
        self._pulse = {r.id: float(random.uniform(58, 68)) for r in site.residents}
        self._seen: dict[str, Occupant] = {}
        self._next_look_s = -math.inf
        self.open_doors: set[str] = set()  # of those that the site file has closed

    def due(self, time_s: float) -> bool:
        """Whether it is time to look again."""
        return time_s >= self._next_look_s

    def sensors(self, kind: str) -> list[Sensor]:
        return [sensor for sensor in self.site.sensors if sensor.kind == kind]

    def update(self, time_s: float, people: Mapping[str, Occupant], illuminance_lx: float = 300.0) -> list[Message]:
        """Look once a second at the people (id -> Occupant); returns what the sensors send."""
        if not self.due(time_s):
            return []
        self._next_look_s = time_s + _LOOK_S
        messages = []
        for sensor in self.site.sensors:
            memory = self._memory[sensor.id]
            state = self._state(sensor, memory, time_s, people, illuminance_lx)
            if state is None:
                continue
            changed = {k: v for k, v in state.items() if isinstance(v, bool)} != \
                {k: v for k, v in memory.state.items() if isinstance(v, bool)}
            period = MATTRESS_PERIOD_S if state.get("presence") else HOUR_S
            if changed or time_s - memory.sent_s >= period:
                messages += self._send(sensor, state, time_s)
        self._seen = dict(people)
        return messages

    def press_sos(self, resident_id: str, time_s: float) -> list[Message]:
        """The resident presses her call button."""
        return [m for s in self.sensors("sos_button") if s.resident in (None, resident_id)
                for m in self._send(s, {"action": "emergency"}, time_s)]

    def measure_blood_pressure(self, resident_id: str, time_s: float) -> list[Message]:
        """The resident takes her blood pressure with her device."""
        systolic = int(self._random.normal(134, 8))
        reading = {"systolic": systolic, "diastolic": int(systolic * 0.6), "pulse": round(self._pulse[resident_id]) + 4}
        return [m for s in self.sensors("blood_pressure") if s.resident in (None, resident_id)
                for m in self._send(s, reading, time_s)]

    def set_online(self, sensor_id: str, online: bool, time_s: float) -> list[Message]:
        """A sensor loses or regains its radio; while away it sends nothing."""
        sensor = next(s for s in self.site.sensors if s.id == sensor_id)
        memory = self._memory[sensor_id]
        memory.online = online
        if online:
            memory.sent_s = -math.inf
        return [_availability(sensor, online)]

    def announcement(self) -> list[Message]:
        """What stands retained on the broker: who is online. For each new connection; states follow with `update`."""
        for memory in self._memory.values():
            memory.sent_s = -math.inf
        return [_availability(s, self._memory[s.id].online) for s in self.site.sensors]

    def _state(self, sensor: Sensor, memory: _Memory, time_s: float, people: Mapping[str, Occupant],
               illuminance_lx: float) -> dict[str, Any] | None:
        if sensor.kind == "mattress":
            lying = [person for person, seen in people.items() if seen.furniture == sensor.bed]
            if not lying:
                memory.since_s = math.inf
                return {"presence": False}
            memory.since_s = min(memory.since_s if math.isfinite(memory.since_s) else time_s, time_s)
            state: dict[str, Any] = {"presence": True}
            resting = lying[0] in self._seen and not self._moved(lying[0], people)
            if resting and time_s - memory.since_s >= MATTRESS_SETTLE_S:
                self._pulse[lying[0]] += 0.2 * (62 - self._pulse[lying[0]]) + self._random.normal(0, 0.8)
                state |= {"heart_rate": round(self._pulse[lying[0]]),
                          "respiratory_rate": round(14 + self._random.normal(0, 0.7))}
                if "heart_rate" not in memory.state:
                    memory.sent_s = -math.inf  # the first pulse is news
            return state
        if sensor.kind == "motion":
            if any(self._moved(person, people) and self._in_room(sensor.room, seen)
                   for person, seen in people.items() if person in self._seen):
                memory.since_s = time_s
            return {"occupancy": time_s - memory.since_s < MOTION_HOLD_S, "illuminance": round(illuminance_lx)}
        if sensor.kind == "door":
            stands_open = next(d.open for d in self.site.doors if d.id == sensor.door) or sensor.door in self.open_doors
            return {"contact": not stands_open}
        return {"smoke": {"smoke": False}, "water": {"water_leak": False}}.get(sensor.kind)

    def _moved(self, person: str, people: Mapping[str, Occupant]) -> bool:
        before, now = self._seen[person], people[person]
        return max(math.dist(before.position, now.position), math.dist(before.head, now.head)) > MOTION_STEP_M

    def _in_room(self, room_id: str, seen: Occupant) -> bool:
        return self.site.room(room_id).contains(*seen.position[:2])

    def _send(self, sensor: Sensor, state: dict[str, Any], time_s: float) -> list[Message]:
        memory = self._memory[sensor.id]
        memory.state, memory.sent_s = state, time_s
        if not memory.online:
            return []
        quality = int(np.clip(self._random.normal(120, 15), 30, 255))
        return [Message(sensor.topic, json.dumps({**state, "battery": memory.battery, "linkquality": quality}))]


def _availability(sensor: Sensor, online: bool) -> Message:
    return Message(f"{sensor.topic}/availability", "online" if online else "offline", retain=True)


class SensorRadio:
    """The coordinator's connection to the broker: sends messages, reconnects by itself, says how it stands.

    paho's own thread does the network; every method may be called from any thread and returns at once.
    """

    def __init__(self, site: Site, host: str, port: int) -> None:
        self._base = next((s.topic.split("/")[0] for s in site.sensors), "zigbee2mqtt")
        self._lock = threading.Lock()
        self._fault = f"not yet connected to the broker at {host}:{port}"
        self._new_connection = False
        self._where = f"{host}:{port}"
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"{self._base}-sim-{site.robot.id}")
        self._client.will_set(f"{self._base}/bridge/state", "offline", qos=1, retain=True)
        self._client.on_connect, self._client.on_disconnect = self._connected, self._disconnected
        self._client.on_connect_fail = self._failed
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.connect_async(host, port, keepalive=10)
        self._client.loop_start()

    @property
    def fault(self) -> str:
        """Empty while connected, else what is wrong."""
        with self._lock:
            return self._fault

    def take_new_connection(self) -> bool:
        """True once after each connection: then the announcement and all states are due."""
        with self._lock:
            new, self._new_connection = self._new_connection, False
        return new

    def send(self, messages: list[Message]) -> None:
        """Hand messages to the network; without a connection they are lost, as a real sensor's are."""
        if self.fault:
            return
        for message in messages:
            self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def close(self) -> None:
        """Say good-bye and end the network thread."""
        if self._client.is_connected():
            self._client.publish(f"{self._base}/bridge/state", "offline", qos=1, retain=True).wait_for_publish(1.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        with self._lock:
            self._fault = f"the broker at {self._where} refuses: {reason}" if reason.is_failure else ""
            self._new_connection = not reason.is_failure
        if not reason.is_failure:
            client.publish(f"{self._base}/bridge/state", "online", qos=1, retain=True)

    def _disconnected(self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        with self._lock:
            self._fault = f"lost the broker at {self._where}; trying again"

    def _failed(self, client: mqtt.Client, userdata: Any) -> None:
        with self._lock:
            self._fault = f"no broker at {self._where}; start mosquitto or set mqtt_host and mqtt_port; trying again"
