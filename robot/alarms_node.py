"""Alarms over ROS: /raise_alarm and /update_alarm in, /alarms out, journal and escalation behind.

An alarm is never refused for want of a disk: it goes out by topic at once, the bridge carries it from there, and
diagnostics says that it is not in the journal until it is.
"""
from __future__ import annotations

import math
import uuid
from array import array
from dataclasses import replace

from anban_interfaces.msg import Alarm as AlarmMessage
from anban_interfaces.msg import AlarmList
from anban_interfaces.srv import RaiseAlarm, UpdateAlarm
from pydantic import Field

from robot.alarms import KEEP_RESOLVED_S, Alarm, AlarmBook, Change, Priority, State
from robot.bridge.outbox import Teller
from robot.journal import Journal
from robot.journal_file import JournalError
from robot.ros import LATCHED, CareNode, NodeParameters, seconds, stamp
from robot.site import load_site


class Parameters(NodeParameters):
    journal: str = Field("journal.sqlite3", description="file of the journal")
    language: str = Field("", description="language of names for the caregivers; empty: the first caregiver's")


class AlarmsNode(CareNode):
    Parameters = Parameters
    NAME = "alarms"

    def setup(self) -> None:
        site = load_site(self.params.site)
        self._teller = Teller(site, self.params.language)
        self._book = AlarmBook(site.escalation)
        self._journal: Journal | None = None
        self._unwritten: dict[str, list[Alarm]] = {}
        self._open_journal()
        self._publisher = self.create_publisher(AlarmList, "/alarms", LATCHED)
        self.create_service(RaiseAlarm, "/raise_alarm", self._on_raise)
        self.create_service(UpdateAlarm, "/update_alarm", self._on_update)

    def start(self) -> None:
        self._publish()
        self._timer = self.create_timer(1.0, self._tick)

    def stop(self) -> None:
        if timer := getattr(self, "_timer", None):
            self.destroy_timer(timer)
            self._timer = None

    def teardown(self) -> None:
        if getattr(self, "_journal", None):
            self._journal.close()
            self._journal = None

    def _on_raise(self, request: RaiseAlarm.Request, response: RaiseAlarm.Response) -> RaiseAlarm.Response:
        report = from_message(request.alarm)
        report = replace(report, alarm_id=report.alarm_id or str(uuid.uuid4()))
        change = self._book.raise_alarm(report, self.now_s)
        self._commit([change])
        response.success, response.alarm_id, response.message = change.ok, report.alarm_id, change.message
        return response

    def _on_update(self, request: UpdateAlarm.Request, response: UpdateAlarm.Response) -> UpdateAlarm.Response:
        steps = {UpdateAlarm.Request.ACKNOWLEDGE: self._book.acknowledge,
                 UpdateAlarm.Request.RESOLVE: self._book.resolve}
        if request.action not in steps:
            response.message = f"action {request.action} is unknown; 1 acknowledges, 2 resolves"
            return response
        change = steps[request.action](request.alarm_id, request.by, request.note, self.now_s)
        self._commit([change])
        response.success, response.message = change.ok, change.message
        return response

    def _tick(self) -> None:
        """Once a second: escalate what is due, forget what is long over, write what could not be written."""
        deadline = self._book.next_deadline_s()
        if deadline is not None and self.now_s >= deadline:
            self._commit(self._book.escalate(self.now_s))
            self._forget()
        elif self._unwritten:
            self._write()

    def _forget(self) -> None:
        if self._journal is None or self._unwritten:
            return
        try:
            self._journal.drop_alarms(self.now_s - KEEP_RESOLVED_S)
        except JournalError as error:
            self.report("journal", "error", str(error))

    def _commit(self, changes: list[Change]) -> None:
        changed = [change for change in changes if change.changed and change.alarm]
        for change in changed:
            alarm = change.alarm
            self._unwritten.setdefault(alarm.alarm_id, []).append(alarm)
            self.get_logger().info(f"alarm {alarm.alarm_id} ({alarm.kind}, {alarm.priority.name}): {change.message}")
        if changed:
            self._write()
            self._publish()

    def _write(self) -> None:
        """Alarm and outbox row in one transaction; what fails is kept and tried again every second."""
        if self._journal is None and not self._open_journal():
            return
        try:
            with self._journal.transaction():
                for alarms in self._unwritten.values():
                    latest = alarms[-1]
                    self._journal.put_alarm(latest.alarm_id, latest.is_open, latest.changed_s, latest.to_dict())
                    for alarm in alarms:
                        self._journal.enqueue(self._teller.alarm(alarm))
        except JournalError as error:
            self.report("journal", "error", f"{len(self._unwritten)} alarms are not written: {error}")
            if error.damaged:
                self.teardown()
            return
        self._unwritten.clear()
        if not self._journal.moved_aside:
            self.report("journal", "ok", "written")

    def _open_journal(self) -> bool:
        """Open the journal and take up the alarms in it; without one the node works on from memory."""
        try:
            self._journal = Journal(self.params.journal)
            clock_runs = self.now_s > KEEP_RESOLVED_S  # a simulated clock may not have started yet
            documents = self._journal.alarms(self.now_s - KEEP_RESOLVED_S if clock_runs else math.inf)
        except JournalError as error:
            self.report("journal", "error", str(error))
            return False
        self._book.restore(Alarm.from_dict(document) for document in documents)
        if aside := self._journal.moved_aside:
            self.report("journal", "error", f"the journal was damaged and is kept as {aside}; a new one was begun: "
                                            "open alarms from before are known to the care platform only")
        else:
            self.report("journal", "ok", "open")
        return True

    def _publish(self) -> None:
        message = AlarmList(alarms=[to_message(alarm) for alarm in self._book.alarms])
        message.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(message)
        rings = sum(alarm.rings for alarm in self._book.alarms)
        is_open = sum(alarm.is_open for alarm in self._book.alarms)
        self.report("alarms", "ok", f"{is_open} open, {rings} unanswered")


def from_message(message: AlarmMessage) -> Alarm:
    """The core's alarm of a message. Unknown priorities count as HIGH: better too loud than lost.

    Numbers that are none (a place without usable depth) count as 0, which is "unknown".
    """
    priority = Priority(message.priority) if message.priority in set(Priority) else Priority.HIGH
    state = State(message.state) if message.state in set(State) else State.RAISED
    point = message.position
    return Alarm(
        alarm_id=message.alarm_id, kind=message.kind, priority=priority, state=state,
        resident_id=message.resident_id, room=message.room,
        position=(_number(point.x), _number(point.y), _number(point.z)),
        occurred_s=seconds(message.occurred_at), raised_s=seconds(message.raised_at),
        changed_s=seconds(message.header.stamp), words=message.words, detail=message.detail,
        confidence=min(max(_number(message.confidence), 0.0), 1.0), snapshot=bytes(message.snapshot.data),
        acknowledged_by=message.acknowledged_by, resolution=message.resolution,
        escalation_level=message.escalation_level, notified=tuple(message.notified))


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def to_message(alarm: Alarm) -> AlarmMessage:
    """The message of an alarm; its stamp is the time of the last change."""
    message = AlarmMessage(
        alarm_id=alarm.alarm_id, kind=alarm.kind, priority=int(alarm.priority), state=int(alarm.state),
        resident_id=alarm.resident_id, room=alarm.room, occurred_at=stamp(alarm.occurred_s),
        raised_at=stamp(alarm.raised_s), words=alarm.words, detail=alarm.detail, confidence=alarm.confidence,
        acknowledged_by=alarm.acknowledged_by, resolution=alarm.resolution,
        escalation_level=alarm.escalation_level, notified=list(alarm.notified))
    message.header.stamp, message.header.frame_id = stamp(alarm.changed_s), "map"
    message.position.x, message.position.y, message.position.z = alarm.position
    message.snapshot.format = "jpeg" if alarm.snapshot else ""
    message.snapshot.data = array("B", alarm.snapshot)
    return message
