"""The chronicle: writes down what happens in a simulated night, one JSON line per event on standard output.

For the demo's report and for tests. Reads only; `sim_time_s` counts from the first tick of /clock.
"""
from __future__ import annotations

import base64
import json
import time
from functools import partial
from typing import Any

from anban_interfaces.msg import (
    Alarm,
    AlarmList,
    DoseRecord,
    Fall,
    Intent,
    Mission,
    RoomEvent,
    SimulationEvent,
    VitalSigns,
)
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from std_msgs.msg import String

from robot import ros

PREFIX = "chronicle "  # tells these lines from log lines
CLOCK_PERIOD_S = 0.5   # of simulated time; lets readers place wall times of other programs on the simulated clock
FALL_EVENTS = {Fall.STATE_SUSPECTED: "fall_suspected", Fall.STATE_CONFIRMED: "fall_confirmed",
               Fall.STATE_RECOVERED: "fall_recovered"}
ALARM_EVENTS = {Alarm.STATE_ACKNOWLEDGED: "acknowledged", Alarm.STATE_RESOLVED: "resolved"}
DOSE_OUTCOMES = {DoseRecord.CONFIRMED: "confirmed", DoseRecord.REFUSED: "refused",
                 DoseRecord.UNANSWERED: "unanswered", DoseRecord.MISSED: "missed",
                 DoseRecord.WRONGLY_TAKEN: "wrongly_taken"}


class ChronicleNode(ros.CareNode):
    NAME = "chronicle"

    def setup(self) -> None:
        self._start_s: float | None = None
        self._task = self._state = ""
        self._alarms: dict[str, tuple[int, int, str]] = {}  # state, priority, words
        self._pictured: set[str] = set()
        self._faults: dict[str, int] = {}
        self.create_timer(CLOCK_PERIOD_S, self._on_clock)
        self.create_subscription(SimulationEvent, "/simulation/events", self._on_simulation, ros.EVENT)
        self.create_subscription(Fall, "falls", self._on_fall, ros.EVENT)
        self.create_subscription(Intent, "intents", partial(self._on_intent, "heard"), ros.EVENT)
        self.create_subscription(Intent, "overheard", partial(self._on_intent, "overheard"), ros.EVENT)
        self.create_subscription(AlarmList, "alarms", self._on_alarms, ros.LATCHED)
        self.create_subscription(Mission, "mission", self._on_mission, ros.LATCHED)
        self.create_subscription(String, "robot/face", self._on_caption, ros.LATCHED)
        self.create_subscription(DoseRecord, "doses", self._on_dose, ros.EVENT)
        self.create_subscription(VitalSigns, "vital_signs", self._on_vitals, ros.EVENT)
        self.create_subscription(RoomEvent, "room_events", self._on_room_event, ros.EVENT)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, ros.EVENT)

    def write(self, event: str, at_s: float | None = None, **details: Any) -> None:
        """One line: the event, when it happened (ROS time `at_s`, by default now) and what belongs to it."""
        if self._start_s is None and self.now_s > 0.0:
            self._start_s = self.now_s
            self.write("started")
        sim_time_s = (self.now_s if at_s is None else at_s) - (self._start_s or self.now_s)
        line = {"event": event, "sim_time_s": round(sim_time_s, 3), "wall_time_s": round(time.time(), 3), **details}
        print(PREFIX + json.dumps(line, ensure_ascii=False), flush=True)

    def _on_clock(self) -> None:
        self.write("clock")

    def _on_simulation(self, message: SimulationEvent) -> None:
        self.write(message.event, ros.seconds(message.header.stamp), who=message.entity, detail=message.detail)

    def _on_fall(self, message: Fall) -> None:
        self.write(FALL_EVENTS[message.state], ros.seconds(message.header.stamp), fall_id=message.fall_id,
                   confidence=round(message.confidence, 2), room=message.person.room, evidence=list(message.evidence))

    def _on_intent(self, event: str, message: Intent) -> None:
        self.write(event, text=message.text, intent=message.intent, language=message.language,
                   spoken_until_s=round(ros.seconds(message.header.stamp) - (self._start_s or 0.0), 3))

    def _on_caption(self, message: String) -> None:
        if message.data:
            self.write("asked" if self._state == "asking" else "told" if self._state == "telling" else "said",
                       text=message.data, state=self._state)

    def _on_mission(self, message: Mission) -> None:
        if message.task == "fall_response" and message.state == "accompanying":
            self.write("resident_told")
        if message.task == "medication" != self._task:
            self.write("dose_due")
        self._task, self._state = message.task, message.state
        self.write("mission", task=message.task, state=message.state, why=message.why, waiting=list(message.waiting))

    def _on_alarms(self, message: AlarmList) -> None:
        for alarm in message.alarms:
            known = self._alarms.get(alarm.alarm_id)
            self._alarms[alarm.alarm_id] = (alarm.state, alarm.priority, alarm.words)
            if known != self._alarms[alarm.alarm_id]:
                event = "alarm_words" if known and known[:2] == (alarm.state, alarm.priority) else \
                    ALARM_EVENTS.get(alarm.state, "alarm_raised" if alarm.priority > Alarm.PRIORITY_NOTICE
                                     else "notice_raised")
                self.write(event, alarm_id=alarm.alarm_id, kind=alarm.kind, priority=alarm.priority, room=alarm.room,
                           words=alarm.words, detail=alarm.detail, by=alarm.acknowledged_by)
            if alarm.snapshot.data and alarm.alarm_id not in self._pictured:
                self._pictured.add(alarm.alarm_id)
                self.write("picture", alarm_id=alarm.alarm_id,
                           jpeg=base64.b64encode(bytes(alarm.snapshot.data)).decode())

    def _on_dose(self, message: DoseRecord) -> None:
        self.write("dose_recorded", dose_id=message.dose_id, outcome=DOSE_OUTCOMES[message.outcome],
                   announcements=message.announcements, words=message.words)

    def _on_vitals(self, message: VitalSigns) -> None:
        self.write("vital_signs", resident=message.resident_id,
                   readings={r.name: f"{r.value:g} {r.unit}" for r in message.readings})

    def _on_room_event(self, message: RoomEvent) -> None:
        self.write("room_event", ros.seconds(message.header.stamp), sensor=message.sensor_id, kind=message.kind,
                   room=message.room, resident=message.resident_id, detail=message.detail)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            level = int.from_bytes(status.level, "little") if isinstance(status.level, bytes) else status.level
            if self._faults.get(status.name, 0) != level:
                self._faults[status.name] = level
                ok = level == int.from_bytes(DiagnosticStatus.OK, "little")
                self.write("recovered" if ok else "fault", part=status.name, message=status.message)
