"""The robot's voice at the care platform: alarms, readings, doses, room events, mission and health out, commands in.

Callbacks write to the journal's outbox and wake the line (`platform.py`), which works in its own thread.
"""
from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from concurrent.futures import Future
from typing import Any

from anban_interfaces.msg import AlarmList, DoseRecord, Mission, RoomEvent, VitalSigns
from anban_interfaces.srv import UpdateAlarm
from diagnostic_msgs.msg import DiagnosticArray
from pydantic import Field
from rclpy.clock import Clock, ClockType

from robot.alarms_node import from_message
from robot.bridge.outbox import Teller
from robot.bridge.platform import Listener, PlatformLine
from robot.bridge.status import StatusBoard
from robot.journal import DOSE_OUTCOMES, DoseRow, Event, Journal
from robot.journal_file import JournalError
from robot.ros import EVENT, LATCHED, CareNode, NodeParameters, seconds
from robot.site import load_site

ACTIONS = {"acknowledge": UpdateAlarm.Request.ACKNOWLEDGE, "resolve": UpdateAlarm.Request.RESOLVE}
SERVICE_TIMEOUT_S = 3.0  # /update_alarm answers in milliseconds


class Parameters(NodeParameters):
    journal: str = Field("journal.sqlite3", description="file of the journal")
    platform_url: str = Field("http://127.0.0.1:8000", pattern=r"^https?://", description="care platform, http(s)")
    platform_token: str = Field("", description="token of the robot; empty: the environment's ANBAN_ROBOT_TOKEN")
    platform_ca: str = Field("", description="file of the certificate authority of a private https platform")
    language: str = Field("", description="language of names for the caregivers; empty: the first caregiver's")


class PlatformNode(CareNode):
    Parameters = Parameters
    NAME = "platform"

    def setup(self) -> None:
        site = load_site(self.params.site)
        self._token = self.params.platform_token or os.environ.get("ANBAN_ROBOT_TOKEN", "")
        if not self._token:
            raise ValueError("no token for the care platform: set ANBAN_ROBOT_TOKEN or the parameter platform_token")
        self._robot_id = site.robot.id
        self._teller = Teller(site, self.params.language)
        self._journal: Journal | None = None
        self._board = StatusBoard()
        self._told: dict[str, dict[str, Any]] = {}
        self._line: PlatformLine | None = None
        self._handed: deque[Any] = deque()
        self._guard = self.create_guard_condition(self._take_handed)
        self._update = self.create_client(UpdateAlarm, "/update_alarm")
        self.create_subscription(AlarmList, "/alarms", self._on_alarms, LATCHED)
        self.create_subscription(VitalSigns, "/vital_signs", self._on_vital_signs, EVENT)
        self.create_subscription(DoseRecord, "/doses", self._on_dose, EVENT)
        self.create_subscription(RoomEvent, "/room_events", self._on_room_event, EVENT)
        self.create_subscription(Mission, "/mission", self._on_mission, LATCHED)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENT)
        self.create_timer(1.0, self._look_around, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def start(self) -> None:
        self._told.clear()
        self._line = PlatformLine(
            self.params.platform_url, self._token, self._robot_id, self.params.journal,
            Listener(health=lambda *health: self._hand_over(lambda: self.report(*health)),
                     command=self._command, heartbeat=lambda: self._teller.latest("heartbeat", {}, self.now_s)),
            now_s=lambda: self.now_s, ca_file=self.params.platform_ca)
        self._line.start()

    def stop(self) -> None:
        if line := getattr(self, "_line", None):
            line.stop()
            self._line = None

    def teardown(self) -> None:
        if getattr(self, "_journal", None):
            self._journal.close()
            self._journal = None

    # --- from the robot -------------------------------------------------------------------------------------------
    def _on_alarms(self, message: AlarmList) -> None:
        """The outbox holds every change already; what it does not hold (a full disk) is sent from here."""
        if self._line is None:
            return
        self._line.wake()
        for alarm in message.alarms:
            event_id = self._teller.alarm_event_id(alarm.alarm_id, seconds(alarm.header.stamp))
            if not self._line.was_delivered(event_id) and not self._in_outbox(event_id):
                self._line.tell_directly(self._teller.alarm(from_message(alarm)))

    def _on_vital_signs(self, message: VitalSigns) -> None:
        readings = [{"code": r.code, "name": r.name, "value": r.value, "unit": r.unit} for r in message.readings]
        self._send(self._teller.vital(message.resident_id, message.device_id, seconds(message.header.stamp), readings))

    def _on_room_event(self, message: RoomEvent) -> None:
        self._send(self._teller.room_event(message.sensor_id, message.kind, message.room, message.resident_id,
                                           message.detail, seconds(message.header.stamp)))

    def _on_dose(self, message: DoseRecord) -> None:
        if not 1 <= message.outcome <= len(DOSE_OUTCOMES):
            self.report("doses", "warn", f"dose {message.dose_id} with the unknown outcome {message.outcome} left out")
            return
        self._report_doses()
        row = DoseRow(message.dose_id, message.plan_id, message.resident_id, DOSE_OUTCOMES[message.outcome - 1],
                      seconds(message.due), message.announcements, seconds(message.header.stamp), message.words)
        event = self._teller.dose(row)
        if self._line and not self._line.was_delivered(event.id):
            self._send(event)

    def _on_mission(self, message: Mission) -> None:
        self._tell_latest("mission", {"task": message.task, "state": message.state, "why": message.why,
                                      "resident_id": message.resident_id, "priority": message.priority})

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._board.take(status.name, status.hardware_id or status.name, status.level[0], status.message,
                             time.monotonic())

    def _look_around(self) -> None:
        """Once a second of real time, also when the ROS clock stands still."""
        self._tell_latest("status", {"parts": self._board.parts(time.monotonic())})
        self._report_doses()

    # --- to the platform ------------------------------------------------------------------------------------------
    def _tell_latest(self, type_: str, payload: dict[str, Any]) -> None:
        if self._line and self._told.get(type_) != payload:
            self._told[type_] = payload
            self._line.tell_latest(self._teller.latest(type_, payload, self.now_s))

    def _send(self, event: Event) -> None:
        if self._line is None:
            return
        try:
            self._open_journal().enqueue(event)
        except JournalError as error:
            self._journal_failed(error)
            self._line.tell_directly(event)
        self._line.wake()

    def _report_doses(self) -> None:
        """Outcomes that a behaviour wrote to the journal go to the outbox, once."""
        try:
            journal = self._open_journal()
            for dose in journal.unreported_doses():
                with journal.transaction():
                    journal.enqueue(self._teller.dose(dose))
                    journal.dose_reported(dose.dose_id)
                if self._line:
                    self._line.wake()
        except JournalError as error:
            self._journal_failed(error)

    def _in_outbox(self, event_id: str) -> bool:
        try:
            return self._open_journal().outbox_holds(event_id)
        except JournalError as error:
            self._journal_failed(error)
            return False

    def _open_journal(self) -> Journal:
        if self._journal is None:
            self._journal = Journal(self.params.journal)
            self.report("journal", "ok", "open")
        return self._journal

    def _journal_failed(self, error: JournalError) -> None:
        self.report("journal", "error", f"{error}; the platform is told directly")
        if error.damaged:
            self.teardown()

    # --- from the platform (the line's thread) --------------------------------------------------------------------
    async def _command(self, command: dict[str, Any]) -> bool:
        """Carry out one command by /update_alarm; False when nobody serves it now. Unknown commands are left out."""
        action = ACTIONS.get(str(command.get("type")))
        if action is None:
            self._hand_over(lambda: self.report("command", "warn", f"unknown command {command.get('type')!r} left out"))
            return True
        request = UpdateAlarm.Request(alarm_id=str(command.get("alarm_id", "")), action=action,
                                      by=str(command.get("by", "")), note=str(command.get("note") or ""))
        answer: Future[str] = Future()
        self._hand_over(lambda: self._call_update(request, answer))
        try:
            await asyncio.wait_for(asyncio.wrap_future(answer), SERVICE_TIMEOUT_S)
        except (asyncio.TimeoutError, ConnectionError):
            self._hand_over(lambda: self.report("command", "error", "nobody serves /update_alarm; trying again"))
            return False
        return True

    def _call_update(self, request: UpdateAlarm.Request, answer: Future[str]) -> None:
        if answer.cancelled():
            return
        if not self._update.service_is_ready():
            answer.set_exception(ConnectionError("/update_alarm"))
            return

        def answered(future: Any) -> None:
            result = future.result()
            self.report("command", "ok" if result.success else "warn", result.message or "carried out")
            if not answer.cancelled():
                answer.set_result(result.message)

        self._update.call_async(request).add_done_callback(answered)

    def _hand_over(self, work: Any) -> None:
        self._handed.append(work)
        self._guard.trigger()

    def _take_handed(self) -> None:
        while self._handed:
            self._handed.popleft()()
