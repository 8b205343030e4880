"""Takes a batch of a robot's events into the store: each once, each on its own."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from care.alarms import take_from_robot
from care.messages import (
    LATEST_ONLY,
    AlarmPayload,
    DosePayload,
    Event,
    MissionPayload,
    RejectedEvent,
    RoomEventPayload,
    StatusPayload,
    VitalPayload,
    iso,
    parse_event,
    storable,
)
from care.models import Dose, ReceivedEvent, Resident, Robot, RoomEvent, Vital, VitalSeries

# A heartbeat comes every 2 s; it costs a write to disk only when it tells something new by these measures.
HEARD_EVERY_S = 30.0
CLOCK_STEP_S = 0.5
TREND_LENGTH = 24  # readings kept at hand for the small trend


@dataclass
class Receipt:
    """What became of a batch. `changed`: the regions of the page that must be shown anew."""
    accepted: list[str] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)  # for the server's log

    def reject(self, event_id: str, reason: str) -> None:
        self.rejected.append({"id": storable(event_id), "error": storable(reason)})


def take_batch(session: Session, robot_id: str, raw_events: list[Any], now: datetime) -> Receipt:
    """Take the events in their order. An event seen before is accepted again and changes nothing."""
    receipt = Receipt()
    now_s = now.timestamp()
    robot = _robot(session, robot_id, now_s, receipt)
    for raw in raw_events:
        try:
            event = parse_event(raw)
        except RejectedEvent as error:
            named = raw.get("id") if isinstance(raw, dict) else None
            receipt.reject(named if isinstance(named, str) else "", str(error))
            continue
        if event.type in LATEST_ONLY:
            _LATEST[event.type](robot, event, now_s, receipt)
        elif session.get(ReceivedEvent, event.id) is None:
            try:
                with session.begin_nested():
                    session.add(ReceivedEvent(event_id=event.id, type=event.type, received_s=now_s))
                    _DURABLE[event.type](session, robot_id, event, now_s, receipt)
            except (DataError, IntegrityError, OverflowError) as error:  # the database's own word on this one event
                receipt.reject(event.id, f"cannot be stored: {getattr(error, 'orig', error)}")
                continue
        receipt.accepted.append(event.id)
    return receipt


def _robot(session: Session, robot_id: str, now_s: float, receipt: Receipt) -> Robot:
    robot = session.get(Robot, robot_id)
    if robot is None:
        robot = Robot(robot_id=robot_id, heard_s=now_s, online=True, clock_offset_s=0.0, utc_offset_s=0)
        session.add(robot)
        receipt.changed.add("robots")
    if not robot.online:
        robot.online = True
        receipt.changed.add("robots")
    if now_s - robot.heard_s > HEARD_EVERY_S:
        robot.heard_s = now_s
    return robot


def _heartbeat(robot: Robot, event: Event, now_s: float, receipt: Receipt) -> None:
    # A heartbeat is never queued, so it tells the robot's clock: ages on the page are counted by it.
    offset_s = now_s - event.time.timestamp()
    if abs(offset_s - robot.clock_offset_s) > CLOCK_STEP_S:
        robot.clock_offset_s = offset_s
    robot.utc_offset_s = int(event.time.utcoffset().total_seconds())


def _mission(robot: Robot, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: MissionPayload = event.payload
    robot.mission = payload.model_dump() | {"at": iso(event.time), "at_s": event.time.timestamp()}
    receipt.changed.add("robots")


def _status(robot: Robot, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: StatusPayload = event.payload
    parts = [part.model_dump() for part in payload.parts]
    if parts != robot.parts:
        robot.parts = parts
        receipt.changed.add("robots")


def _alarm(session: Session, robot_id: str, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: AlarmPayload = event.payload
    if take_from_robot(session, robot_id, payload, event.time, now_s):
        receipt.changed.add("alarms")
        receipt.notes.append(f"alarm {payload.alarm_id} {payload.kind} {payload.priority} {payload.state} "
                             f"{payload.resident_name} {payload.room_name}".rstrip())


def _vital(session: Session, robot_id: str, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: VitalPayload = event.payload
    measured = payload.measured_at or event.time
    _resident(session, payload.resident_id, payload.resident_name)
    session.add_all(Vital(robot_id=robot_id, resident_id=payload.resident_id, device_id=payload.device_id,
                          code=reading.code, name=reading.name, value=reading.value, unit=reading.unit,
                          measured_at=iso(measured), measured_s=measured.timestamp(), received_s=now_s)
                    for reading in payload.readings)
    for reading in payload.readings:
        series = session.get(VitalSeries, (payload.resident_id, reading.code))
        if series is None:
            series = VitalSeries(resident_id=payload.resident_id, code=reading.code, recent=[])
            session.add(series)
        series.robot_id, series.device_id = robot_id, payload.device_id
        series.name, series.unit = reading.name, reading.unit
        series.recent = sorted([*series.recent, [measured.timestamp(), iso(measured), reading.value]])[-TREND_LENGTH:]
    receipt.changed.add("residents")


def _dose(session: Session, robot_id: str, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: DosePayload = event.payload
    due = payload.due or event.time
    _resident(session, payload.resident_id, payload.resident_name)
    dose = session.get(Dose, payload.dose_id)
    if dose is not None and event.time.timestamp() < dose.recorded_s:
        return
    session.merge(Dose(dose_id=payload.dose_id, robot_id=robot_id, resident_id=payload.resident_id,
                       plan_id=payload.plan_id, medicine=payload.medicine, outcome=payload.outcome,
                       announcements=payload.announcements, words=payload.words, due_at=iso(due),
                       due_s=due.timestamp(), recorded_at=iso(event.time), recorded_s=event.time.timestamp(),
                       received_s=now_s))
    receipt.changed.add("residents")


def _room_event(session: Session, robot_id: str, event: Event, now_s: float, receipt: Receipt) -> None:
    payload: RoomEventPayload = event.payload
    session.add(RoomEvent(event_id=event.id, robot_id=robot_id, sensor_id=payload.sensor_id, kind=payload.kind,
                          room=payload.room, room_name=payload.room_name, resident_id=payload.resident_id,
                          detail=payload.detail, at=iso(event.time), at_s=event.time.timestamp(), received_s=now_s))
    receipt.changed.add("rooms")


def _resident(session: Session, resident_id: str, name: str) -> None:
    resident = session.get(Resident, resident_id)
    if resident is None:
        session.add(Resident(resident_id=resident_id, name=name or resident_id))
        session.flush()
    elif name and resident.name != name:
        resident.name = name


_LATEST: dict[str, Callable[[Robot, Event, float, Receipt], None]] = {
    "heartbeat": _heartbeat, "mission": _mission, "status": _status}
_DURABLE: dict[str, Callable[[Session, str, Event, float, Receipt], None]] = {
    "alarm": _alarm, "vital": _vital, "dose": _dose, "room_event": _room_event}
