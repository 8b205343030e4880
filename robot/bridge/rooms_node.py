"""Room sensors and lights over MQTT: /vital_signs and /room_events out, SOS presses to /raise_alarm; /lights/<id>/set
in, /lights/<id>/state out.

The MQTT client runs in its own thread and only hands messages over; everything else happens on the executor.
"""
from __future__ import annotations

import uuid
from collections import deque
from functools import partial

import paho.mqtt.client as mqtt
from anban_interfaces.msg import Alarm, AlarmList, Reading, RoomEvent, VitalSigns
from anban_interfaces.srv import RaiseAlarm
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import Field
from std_msgs.msg import Bool

from robot.bridge import zigbee
from robot.ros import EVENT, LATCHED, CareNode, NodeParameters, ReliableCalls
from robot.site import load_site

# Events that call for somebody by themselves, and how loudly.
ALARMS = {zigbee.SOS: (Alarm.KIND_SOS, Alarm.PRIORITY_HIGH), zigbee.SMOKE: ("smoke", Alarm.PRIORITY_HIGH),
          zigbee.WATER: ("water", Alarm.PRIORITY_MEDIUM)}


class Parameters(NodeParameters):
    mqtt_host: str = Field("127.0.0.1", description="MQTT broker")
    mqtt_port: int = Field(1883, ge=1, le=65535, description="port of the broker")
    mqtt_username: str = Field("", description="user at the broker, empty for none")
    mqtt_password: str = Field("", description="password at the broker")
    mqtt_tls: bool = Field(False, description="encrypt the connection, with the system's certificates")


class RoomsNode(CareNode):
    Parameters = Parameters
    NAME = "rooms"

    def setup(self) -> None:
        site = load_site(self.params.site)
        self._rooms = {room.id: room for room in site.rooms}
        self._sensors = zigbee.RoomSensors(site)
        self._open_alarms: dict[str, str] = {}  # sensor and kind -> alarm that stands unanswered
        self._vitals = self.create_publisher(VitalSigns, "/vital_signs", EVENT)
        self._events = self.create_publisher(RoomEvent, "/room_events", EVENT)
        self.create_subscription(AlarmList, "/alarms", self._on_alarms, LATCHED)
        self._raise = self.create_client(RaiseAlarm, "/raise_alarm")
        self._calls = ReliableCalls(self)
        self._lights = {light.topic: self.create_publisher(Bool, f"/lights/{light.id}/state", LATCHED)
                        for light in site.lights}
        for light in site.lights:
            self.create_subscription(Bool, f"/lights/{light.id}/set", partial(self._switch, light.topic), EVENT)
        self._inbox: deque[tuple[str, object]] = deque()
        self._wake = self.create_guard_condition(self._read_inbox)
        self._client = self._make_client(f"{site.robot.id}-rooms")
        self.create_timer(1.0, self._look_around)

    def start(self) -> None:
        self._broker(False, "connecting")
        self._client.connect_async(self.params.mqtt_host, self.params.mqtt_port, keepalive=15)
        self._client.loop_start()

    def stop(self) -> None:
        if client := getattr(self, "_client", None):
            client.disconnect()
            client.loop_stop()

    def _make_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        client.reconnect_delay_set(min_delay=1, max_delay=8)
        if self.params.mqtt_username:
            client.username_pw_set(self.params.mqtt_username, self.params.mqtt_password)
        if self.params.mqtt_tls:
            client.tls_set()
        # paho's thread: hand over and return
        client.on_connect = lambda c, u, flags, reason, properties: self._hand_over("connected", reason)
        client.on_subscribe = lambda c, u, mid, reasons, properties: self._hand_over("listening", reasons)
        client.on_connect_fail = lambda c, u: self._hand_over("disconnected", "no answer")
        client.on_disconnect = lambda c, u, flags, reason, properties: self._hand_over("disconnected", reason)
        client.on_message = lambda c, u, message: self._hand_over("message", message)
        return client

    def _hand_over(self, what: str, value: object) -> None:
        self._inbox.append((what, value))
        self._wake.trigger()

    def _read_inbox(self) -> None:
        while self._inbox:
            what, value = self._inbox.popleft()
            if what == "message":
                self._on_message(value)
            elif what == "connected" and not value.is_failure:
                self._client.subscribe([(topic, mqtt.SubscribeOptions(qos=1))
                                        for topic in (*self._sensors.topics, *self._lights)])
            elif what == "listening":  # only now is nothing missed any more
                refused = [str(reason) for reason in value if reason.is_failure]
                self._broker(not refused, f"it refuses {len(refused)} of our topics: {refused[0]}" if refused else
                             f"connected to {self.params.mqtt_host}:{self.params.mqtt_port}")
            else:
                self._broker(False, str(value))

    def _broker(self, ok: bool, why: str) -> None:
        address = f"{self.params.mqtt_host}:{self.params.mqtt_port}"
        self.report("broker", "ok" if ok else "error",
                    why if ok else f"no MQTT broker at {address} ({why}): no room sensor is heard; trying again")

    def _on_message(self, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/bridge/state"):
            online = zigbee.bridge_online(message.payload)
            self.report("zigbee", "ok" if online else "error",
                        "coordinator online" if online else "the Zigbee coordinator is offline: look at Zigbee2MQTT")
            return
        if message.topic in self._lights:
            if (state := zigbee.light_state(message.payload)) is not None:
                self._lights[message.topic].publish(Bool(data=state))
            return
        self._tell(self._sensors.take(message.topic, message.payload, bool(message.retain), self.now_s))
        if sensor := self._sensors.sensors.get(message.topic.removesuffix("/availability")):
            self._report_sensor(sensor.id)

    def _switch(self, topic: str, message: Bool) -> None:
        """A lamp that does not get it is seen not to answer; it must not be switched later, when nobody expects it. So
        quality of service 0: the client would send 1 again when the broker is back."""
        if self._client.is_connected():
            self._client.publish(f"{topic}/set", zigbee.light_command(message.data), qos=0)

    def _look_around(self) -> None:
        silent = self._sensors.check_silence(self.now_s)
        self._tell(silent)
        for event in silent:
            self._report_sensor(event.sensor.id)

    def _tell(self, news: list[zigbee.Event | zigbee.Vitals]) -> None:
        stamp = self.get_clock().now().to_msg()
        for item in news:
            if isinstance(item, zigbee.Vitals):
                message = VitalSigns(resident_id=item.resident_id, device_id=item.sensor.id, readings=[
                    Reading(code=m.code, name=m.name, value=value, unit=m.unit) for m, value in item.readings])
                message.header.stamp = stamp
                self._vitals.publish(message)
                continue
            message = RoomEvent(sensor_id=item.sensor.id, kind=item.kind, room=item.sensor.room,
                                resident_id=item.resident_id, detail=item.detail)
            message.header.stamp = stamp
            self._events.publish(message)
            if item.kind in ALARMS:
                self._call_for_help(item)

    def _call_for_help(self, event: zigbee.Event) -> None:
        """Presses while nobody has answered are one incident; a press after that is a new one."""
        kind, priority = ALARMS[event.kind]
        key = f"{event.sensor.id}/{event.kind}"
        alarm_id = self._open_alarms.setdefault(key, str(uuid.uuid4()))
        alarm = Alarm(alarm_id=alarm_id, kind=kind, priority=priority, resident_id=event.resident_id,
                      room=event.sensor.room, confidence=1.0, detail=event.detail or event.sensor.id)
        alarm.occurred_at = self.get_clock().now().to_msg()
        alarm.position.x, alarm.position.y = self._rooms[event.sensor.room].center
        self._calls.call(self._raise, RaiseAlarm.Request(alarm=alarm))

    def _on_alarms(self, message: AlarmList) -> None:
        answered = {alarm.alarm_id for alarm in message.alarms if alarm.state != Alarm.STATE_RAISED}
        self._open_alarms = {key: i for key, i in self._open_alarms.items() if i not in answered}

    def _report_sensor(self, sensor_id: str) -> None:
        health = self._sensors.health[sensor_id]
        faults = {f"wrong {what}": count for what, count in health.faults.items()}
        self.report(sensor_id, health.level, health.message, repeats=health.repeats, **faults,
                    battery="unknown" if health.battery_percent is None else health.battery_percent)
