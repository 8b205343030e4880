"""Zigbee2MQTT messages into room events and vital readings. Pure: no broker, no clock.

A device publishes its whole state as JSON whenever one attribute changes, so the same state comes again and again: only
a change of state is an event. What cannot be true is counted and reported, never published.
"""
from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from robot.site import Sensor, Site

BED_EXIT, BED_ENTRY, MOTION, DOOR_OPEN, DOOR_CLOSED = "bed_exit", "bed_entry", "motion", "door_open", "door_closed"
SOS, SMOKE, WATER, SENSOR_OFFLINE, SENSOR_ONLINE = "sos", "smoke", "water", "sensor_offline", "sensor_online"


class Measure(NamedTuple):
    """One numeric attribute: LOINC code, name, UCUM unit, and the range in which a device can measure it."""
    code: str
    name: str
    unit: str
    low: float
    high: float


# Ranges are those that bedside monitors claim to measure, rounded outward: beyond them it is a fault, not a patient.
# A dangerous reading (heart rate 30) lies inside and must pass.
MEASURES = {
    "heart_rate": Measure("8867-4", "heart rate", "/min", 20, 300),
    "pulse": Measure("8867-4", "heart rate", "/min", 20, 300),
    "respiratory_rate": Measure("9279-1", "respiratory rate", "/min", 1, 100),
    "systolic": Measure("8480-6", "systolic blood pressure", "mm[Hg]", 30, 300),
    "diastolic": Measure("8462-4", "diastolic blood pressure", "mm[Hg]", 10, 250),
}
MEASURED_BY = {"mattress": ("heart_rate", "respiratory_rate"), "blood_pressure": ("systolic", "diastolic", "pulse")}
# sensor kind -> attribute, event when it becomes true, event when it becomes false ("" for none)
EDGES = {
    "mattress": ("presence", BED_ENTRY, BED_EXIT),
    "motion": ("occupancy", MOTION, ""),
    "door": ("contact", DOOR_CLOSED, DOOR_OPEN),
    "smoke": ("smoke", SMOKE, ""),
    "water": ("water_leak", WATER, ""),
}
ALWAYS_TOLD = (SMOKE, WATER)  # also when it is the first thing heard of a sensor: the danger is there now
LOW_BATTERY_PERCENT = 15.0  # Zigbee coin cells fall off a cliff below this
# A mattress that measures speaks every few seconds, also to an empty bed now and then; battery sensors report at least
# daily, and Zigbee2MQTT itself calls them offline after 25 hours. A blood-pressure meter speaks when it is used.
SILENT_AFTER_S = {"mattress": 2 * 3600.0, "motion": 25 * 3600.0, "door": 25 * 3600.0, "sos_button": 25 * 3600.0,
                  "smoke": 25 * 3600.0, "water": 25 * 3600.0}
# The same numbers within this time are one measurement that was published twice.
SAME_MEASUREMENT_S = 2.0


@dataclass(frozen=True)
class Event:
    """Something that happened in a room."""
    sensor: Sensor
    kind: str
    resident_id: str
    detail: str = ""


@dataclass(frozen=True)
class Vitals:
    """Readings of one device taken together: (measure, value) pairs."""
    sensor: Sensor
    resident_id: str
    readings: tuple[tuple[Measure, float], ...]


@dataclass
class Health:
    """What is known of one sensor itself."""
    heard_s: float | None = None  # last sign of life
    online: bool = True
    battery_percent: float | None = None
    battery_low: bool = False
    faults: Counter[str] = field(default_factory=Counter)  # what was wrong -> how often
    repeats: int = 0
    fault: str = ""  # what is wrong with the last message

    @property
    def level(self) -> str:
        if not self.online:
            return "error"
        return "warn" if self.fault or self.battery_low else "ok"

    @property
    def message(self) -> str:
        """Readable; an old fault is only counted."""
        if not self.online:
            return "offline: look at its battery, its place and the Zigbee coordinator"
        parts = [self.fault] if self.fault else []
        if self.battery_low:
            percent = "" if self.battery_percent is None else f" ({self.battery_percent:.0f} %)"
            parts.append(f"battery low{percent}")
        return "; ".join(parts) or ("heard" if self.heard_s is not None else "not heard yet")


class RoomSensors:
    """Follows every sensor of a site. Feed it messages and time; it returns what happened."""

    def __init__(self, site: Site) -> None:
        residents = {f.id: f.resident or "" for f in site.furniture}
        self.sensors = {sensor.topic: sensor for sensor in site.sensors}
        self.health = {sensor.id: Health() for sensor in site.sensors}
        self._resident = {s.id: s.resident or residents.get(s.bed or "", "") for s in site.sensors}
        self._state: dict[str, bool] = {}
        self._measured: dict[str, tuple[dict[str, Any], float]] = {}
        self._started_s: float | None = None

    @property
    def topics(self) -> list[str]:
        """Everything to subscribe to."""
        return sorted({t for topic in self.sensors for t in (topic, f"{topic}/availability", bridge_topic(topic))})

    def take(self, topic: str, payload: bytes, retained: bool, now_s: float) -> list[Event | Vitals]:
        """One MQTT message. A retained one tells how things stand, not that something happens now."""
        if topic.endswith("/availability") and (sensor := self.sensors.get(topic.removesuffix("/availability"))):
            return self._availability(sensor, payload, now_s)
        sensor = self.sensors.get(topic)
        if sensor is None:
            return []
        health = self.health[sensor.id]
        try:
            state = json.loads(payload)
            if not isinstance(state, dict):
                raise ValueError
        except (ValueError, RecursionError):  # torn, not text, or nested without end
            self._fault(health, "message", "unreadable")
            return []
        back = [] if retained or health.online else self._alive(sensor, now_s)
        if not retained:
            health.heard_s = now_s
        health.fault = ""
        self._battery(health, state)
        return [*back, *self._edge(sensor, state, retained), *self._action(sensor, state, retained),
                *([] if retained else self._vitals(sensor, state, now_s))]

    def check_silence(self, now_s: float) -> list[Event]:
        """Sensors that have been silent for too long, each told once."""
        self._started_s = now_s if self._started_s is None else self._started_s
        events = []
        for sensor in self.sensors.values():
            health, limit = self.health[sensor.id], SILENT_AFTER_S.get(sensor.kind)
            since = max(self._started_s, health.heard_s or 0.0)
            if limit is not None and health.online and now_s - since > limit:
                health.online = False
                events.append(self._event(sensor, SENSOR_OFFLINE, f"silent for {(now_s - since) / 3600:.0f} h"))
        return events

    def _availability(self, sensor: Sensor, payload: bytes, now_s: float) -> list[Event]:
        """`online` or `offline`, plain or as {"state": …}."""
        health, text = self.health[sensor.id], payload.decode("utf-8", errors="replace").strip()
        if text.startswith("{"):
            try:
                text = str(json.loads(text).get("state"))
            except (ValueError, RecursionError):
                text = ""
        if text == "online":
            return [] if health.online else self._alive(sensor, now_s)
        if text != "offline":
            self._fault(health, "availability", "unreadable")
            return []
        if not health.online:
            return []
        health.online = False
        return [self._event(sensor, SENSOR_OFFLINE, "the Zigbee coordinator lost it")]

    def _alive(self, sensor: Sensor, now_s: float) -> list[Event]:
        health = self.health[sensor.id]
        health.online, health.heard_s = True, now_s
        return [self._event(sensor, SENSOR_ONLINE, "heard again")]

    def _edge(self, sensor: Sensor, state: dict[str, Any], retained: bool) -> list[Event]:
        """An event where a two-state attribute changes. The first state that is heard is no change."""
        if sensor.kind not in EDGES:
            return []
        name, on_true, on_false = EDGES[sensor.kind]
        if name not in state:
            return []
        value = state[name]
        if not isinstance(value, bool):
            self._fault(self.health[sensor.id], name, f"{str(value)[:20]!r} is neither true nor false")
            return []
        before = self._state.get(sensor.id)
        self._state[sensor.id] = value
        if before == value:
            self.health[sensor.id].repeats += 1
            return []
        kind = on_true if value else on_false
        first = before is None and not (sensor.kind == "motion" and not retained)  # movement is news by itself
        if not kind or (first and not (kind in ALWAYS_TOLD and value)):
            return []
        return [self._event(sensor, kind)]

    def _action(self, sensor: Sensor, state: dict[str, Any], retained: bool) -> list[Event]:
        """A press of a call button, whatever the maker calls it; letting go is none."""
        action = state.get("action")
        if sensor.kind != "sos_button" or retained or not action:
            return []
        if not isinstance(action, str) or "release" in action:
            return []
        return [self._event(sensor, SOS, f"button: {action[:40]}")]

    def _vitals(self, sensor: Sensor, state: dict[str, Any], now_s: float) -> list[Vitals]:
        health, names = self.health[sensor.id], MEASURED_BY.get(sensor.kind, ())
        given = {name: state[name] for name in names if name in state}
        if not given or (sensor.kind == "mattress" and state.get("presence") is False):
            return []  # some mattresses repeat the last pulse of an empty bed
        before, before_s = self._measured.get(sensor.id, ({}, -math.inf))
        again = now_s - before_s < SAME_MEASUREMENT_S or sensor.kind == "blood_pressure"
        # A meter's last result comes again with every battery report, hours later: it is not measured anew.
        if given == before and again:
            health.repeats += 1
            return []
        readings = []
        for name, value in given.items():
            measure = MEASURES[name]
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self._fault(health, measure.name, f"{str(value)[:20]!r} is no number")
            elif not measure.low <= value <= measure.high:  # NaN fails too
                self._fault(health, measure.name, f"{str(value)[:20]} {measure.unit} cannot be")
            else:
                readings.append((measure, float(value)))
        if sensor.kind == "blood_pressure":
            pressure = {measure.code: value for measure, value in readings if measure.unit == "mm[Hg]"}
            if len(pressure) < 2 or pressure["8480-6"] <= pressure["8462-4"]:
                upper, lower = (str(given.get(name))[:20] for name in ("systolic", "diastolic"))
                self._fault(health, "blood pressure", f"{upper}/{lower} cannot be")
                readings = [(m, v) for m, v in readings if m.unit != "mm[Hg]"]
        if not readings:
            return []
        self._measured[sensor.id] = (given, now_s)
        return [Vitals(sensor, self._resident[sensor.id], tuple(readings))]

    def _battery(self, health: Health, state: dict[str, Any]) -> None:
        percent = state.get("battery")
        if isinstance(percent, (int, float)) and not isinstance(percent, bool) and 0 <= percent <= 100:
            health.battery_percent = float(percent)
            health.battery_low = percent < LOW_BATTERY_PERCENT
        if isinstance(state.get("battery_low"), bool):
            health.battery_low = state["battery_low"] or (health.battery_low and "battery" in state)

    def _event(self, sensor: Sensor, kind: str, detail: str = "") -> Event:
        return Event(sensor, kind, self._resident[sensor.id], detail)

    @staticmethod
    def _fault(health: Health, what: str, why: str) -> None:
        health.faults[what] += 1
        health.fault = f"{what}: {why}"


def light_command(on: bool) -> bytes:
    """What switches a light, sent to its topic with /set."""
    return json.dumps({"state": "ON" if on else "OFF"}).encode()


def light_state(payload: bytes) -> bool | None:
    """Whether a light says that it is on; None where it does not say."""
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return {"ON": True, "OFF": False}.get(state.get("state")) if isinstance(state, dict) else None


def bridge_topic(topic: str) -> str:
    """The topic on which the Zigbee coordinator of a device tells its own state."""
    return topic.split("/", 1)[0] + "/bridge/state"


def bridge_online(payload: bytes) -> bool:
    """Whether a coordinator's state message says that it works."""
    return b"online" in payload and b"offline" not in payload
