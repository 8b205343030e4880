"""The life of an alarm on the platform: told by the robot, acknowledged and resolved by people, never backwards.

    raised ──► acknowledged ──► resolved
       └──────────────────────────▲
"""
from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from care.messages import AlarmPayload, decode_snapshot, iso
from care.models import PRIORITIES, STATES, Alarm, Audit, Command, Robot, Snapshot, User

ROBOT_OFFLINE = "robot_offline"
NOTICE = PRIORITIES.index("notice")


@dataclass(frozen=True)
class Outcome:
    """What came of a caregiver's action. `first` is False where somebody was faster: `by_name` says who."""
    state: str
    by: str
    by_name: str
    first: bool


def take_from_robot(session: Session, robot_id: str, payload: AlarmPayload, told_at: datetime, now_s: float) -> bool:
    """Add or change the alarm as the robot tells it. Returns whether anything was changed.

    What the robot told earlier never overwrites what it told later (`changed_at`); a state never moves backwards,
    whoever moved it; an empty field does not erase a filled one.
    """
    changed_s = (payload.changed_at or told_at).timestamp()
    alarm = session.get(Alarm, payload.alarm_id, with_for_update=True)
    if alarm is None:
        occurred = payload.occurred_at or payload.raised_at or told_at
        alarm = Alarm(alarm_id=payload.alarm_id, robot_id=robot_id, kind=payload.kind, state=payload.state,
                      priority=PRIORITIES.index(payload.priority), occurred_at=iso(occurred),
                      occurred_s=occurred.timestamp(), changed_s=changed_s, received_s=now_s, updated_s=now_s,
                      notified=[])
        session.add(alarm)
    elif changed_s < alarm.changed_s:
        return False
    for field in ("resident_id", "resident_name", "room", "room_name", "position", "words", "detail", "confidence",
                  "kind", "notified"):
        value = getattr(payload, field)
        if value not in ("", None, []):
            setattr(alarm, field, value)
    alarm.priority = PRIORITIES.index(payload.priority)
    alarm.escalation_level = payload.escalation_level
    alarm.changed_s = changed_s
    alarm.updated_s = now_s
    if STATES.index(payload.state) > STATES.index(alarm.state):
        alarm.state = payload.state
    if alarm.state != "raised" and payload.acknowledged_by and not alarm.acknowledged_by:
        alarm.acknowledged_by, alarm.acknowledged_s = payload.acknowledged_by, now_s
    if alarm.state == "resolved" and alarm.resolved_s is None:
        alarm.resolved_s = now_s
    if payload.resolution and not alarm.resolution:
        alarm.resolution = payload.resolution
    if payload.snapshot_jpeg:
        _keep_snapshot(session, alarm, payload.snapshot_jpeg, now_s)
    return True


def _keep_snapshot(session: Session, alarm: Alarm, text: str, now_s: float) -> None:
    try:
        jpeg = decode_snapshot(text)
    except ValueError as error:  # a broken picture must not hold back the alarm: it is shown with this remark
        alarm.snapshot_problem = str(error)
        return
    digest = hashlib.sha256(jpeg).hexdigest()
    if digest != alarm.snapshot_digest:
        session.flush()  # the picture refers to the alarm, which may be new
        session.merge(Snapshot(alarm_id=alarm.alarm_id, jpeg=jpeg, received_s=now_s))
        alarm.snapshot_digest, alarm.snapshot_problem = digest, ""


def acknowledge(session: Session, alarm_id: str, user: User, note: str, now: datetime) -> Outcome | None:
    """The caregiver takes the alarm over. Of two at once one is first; the other is told who. None: no such alarm.

    A notice asks nobody to come and cannot be taken over: it must still ring when it becomes an alarm.
    """
    open_to_answer = (Alarm.state == "raised") & (Alarm.priority > NOTICE)
    return _act(session, "acknowledge", alarm_id, user, note, now, open_to_answer, dict(
        state="acknowledged", acknowledged_by=user.name, acknowledged_s=now.timestamp(), updated_s=now.timestamp()))


def resolve(session: Session, alarm_id: str, user: User, note: str, now: datetime) -> Outcome | None:
    """The caregiver ends the alarm, with an optional word on how. None: no such alarm."""
    return _act(session, "resolve", alarm_id, user, note, now, Alarm.state != "resolved", dict(
        state="resolved", resolved_by=user.name, resolved_s=now.timestamp(), resolution=note,
        updated_s=now.timestamp()))


def _act(session: Session, action: str, alarm_id: str, user: User, note: str, now: datetime,
         possible: ColumnElement[bool], values: dict) -> Outcome | None:
    # The database decides the race: the update counts a row only for the first.
    first = session.execute(update(Alarm).where(Alarm.alarm_id == alarm_id, possible)
                            .values(**values)).rowcount == 1
    alarm = session.get(Alarm, alarm_id, populate_existing=True)
    if alarm is None:
        return None
    if first:
        if not alarm.raised_by_platform:
            session.add(Command(robot_id=alarm.robot_id, type=action, alarm_id=alarm_id, by=user.name,
                                by_name=user.display_name, note=note, time=iso(now)))
        session.add(Audit(at_s=now.timestamp(), who=user.name, action=action, subject=alarm_id,
                          detail=f"{alarm.kind} {alarm.resident_name} {note}".strip()))
    by = alarm.resolved_by if action == "resolve" else alarm.acknowledged_by or alarm.resolved_by
    actor = session.get(User, by) if by else None
    return Outcome(alarm.state, by, actor.display_name if actor else by, first)


def raise_offline(session: Session, robot: Robot, silent_s: float, now: datetime) -> Alarm:
    """A robot that is not heard from is itself an alarm; its time is told by the robot's own clock, as all others."""
    there = (now - timedelta(seconds=robot.clock_offset_s)).astimezone(timezone(timedelta(seconds=robot.utc_offset_s)))
    now_s = now.timestamp()
    alarm = Alarm(alarm_id=str(uuid.uuid4()), robot_id=robot.robot_id, raised_by_platform=True, kind=ROBOT_OFFLINE,
                  priority=PRIORITIES.index("medium"), state="raised", occurred_at=iso(there),
                  occurred_s=there.timestamp(), changed_s=now_s, detail=f"{silent_s:.0f}", notified=[],
                  received_s=now_s, updated_s=now_s)
    session.add(alarm)
    session.add(Audit(at_s=now.timestamp(), who="platform", action="robot_offline", subject=robot.robot_id))
    return alarm


def clear_offline(session: Session, robot_id: str, now: datetime) -> int:
    """The robot is back: its open offline alarms are over. Returns how many were."""
    alarms = session.scalars(select(Alarm).where(Alarm.robot_id == robot_id, Alarm.kind == ROBOT_OFFLINE,
                                                 Alarm.raised_by_platform, Alarm.state != "resolved")).all()
    for alarm in alarms:
        alarm.state, alarm.resolved_by, alarm.resolved_s = "resolved", "platform", now.timestamp()
        alarm.resolution, alarm.updated_s = "back_online", now.timestamp()
    if alarms:
        session.add(Audit(at_s=now.timestamp(), who="platform", action="robot_back", subject=robot_id))
    return len(alarms)
