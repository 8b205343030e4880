"""The mission's messages: what the robot's other parts say as events of the core, and its commands as goals."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from action_msgs.msg import GoalStatus
from anban_interfaces.action import Ask, FindPerson, Say
from anban_interfaces.msg import Alarm, DoseRecord, Fall, Intent, Person, Slot, VitalSigns
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PoseStamped
from nav2_msgs.action import DockRobot, NavigateToPose

from robot.answers import Measured
from robot.transforms import quaternion_from_yaw

from . import behavior as b

POSTURES = {getattr(Person, name): name.removeprefix("POSTURE_").lower()
            for name in dir(Person) if name.startswith("POSTURE_")}
ON_FLOOR = (Person.POSTURE_LYING_ON_FLOOR, Person.POSTURE_SITTING_ON_FLOOR)
FALL_STATES = {Fall.STATE_SUSPECTED: "suspected", Fall.STATE_CONFIRMED: "confirmed",
               Fall.STATE_RECOVERED: "recovered"}
ALARM_STATES = {Alarm.STATE_RAISED: "raised", Alarm.STATE_ACKNOWLEDGED: "acknowledged",
                Alarm.STATE_RESOLVED: "resolved"}
PRIORITIES = {"notice": Alarm.PRIORITY_NOTICE, "low": Alarm.PRIORITY_LOW, "medium": Alarm.PRIORITY_MEDIUM,
              "high": Alarm.PRIORITY_HIGH}
PRIORITY_NAMES = {priority: name for name, priority in PRIORITIES.items()}
ASK_OUTCOMES = {Ask.Result.ANSWERED: "answered", Ask.Result.SILENT: "silent",
                Ask.Result.NOT_UNDERSTOOD: "not_understood", Ask.Result.FAILED: "failed"}
DOSE_OUTCOMES = {"confirmed": DoseRecord.CONFIRMED, "refused": DoseRecord.REFUSED,
                 "unanswered": DoseRecord.UNANSWERED, "missed": DoseRecord.MISSED,
                 "wrongly_taken": DoseRecord.WRONGLY_TAKEN}


# --- what comes in --------------------------------------------------------------------------------------------------
def person_seen(message: Person) -> b.PersonSeen:
    point = (message.position.x, message.position.y, message.position.z) if message.position_valid else None
    head = (message.head.x, message.head.y, message.head.z) if message.position_valid else None
    return b.PersonSeen(message.track_id, message.resident_id, point, head, message.room,
                        POSTURES.get(message.posture, "unknown"), message.posture in ON_FLOOR, message.visible,
                        message.face_visible)


def fall_seen(message: Fall) -> b.FallSeen:
    return b.FallSeen(message.fall_id, FALL_STATES[message.state], person_seen(message.person), message.confidence,
                      message.began.sec + message.began.nanosec * 1e-9, tuple(message.evidence))


def heard(message: Intent) -> b.Heard:
    return b.Heard(message.intent, message.text, message.call_for_help, _pairs(message.slots), message.confidence,
                   message.language)


def alarm_seen(message: Alarm) -> b.AlarmSeen:
    return b.AlarmSeen(message.alarm_id, message.kind, ALARM_STATES[message.state], PRIORITY_NAMES[message.priority],
                       message.resident_id, message.acknowledged_by, message.words, message.detail)


def measured(message: VitalSigns) -> dict[str, Measured]:
    """Readings by LOINC code."""
    at_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
    return {reading.code: Measured(reading.value, reading.unit, at_s) for reading in message.readings}


def action_done(command: b.Command, status: int | None, result: Any) -> b.ActionDone:
    """How a goal ended; a status of None: it was refused."""
    if status is None:
        return b.ActionDone(command, False, "refused", outcome="failed")
    success = status == GoalStatus.STATUS_SUCCEEDED and getattr(result, "success", True)
    message = getattr(result, "message", "") or getattr(result, "error_msg", "")
    if isinstance(command, b.Ask):
        return b.ActionDone(command, success, message, ASK_OUTCOMES.get(result.outcome, "failed"), result.intent,
                            result.heard, _pairs(result.slots))
    found = person_seen(result.person) if isinstance(command, b.FindPerson) and success else None
    return b.ActionDone(command, success, message, person=found)


# --- what goes out --------------------------------------------------------------------------------------------------
def goal(command: b.Command, task: b.Behavior, dock_id: str, now: Time) -> Any:
    """The goal of an action that carries out a task's command."""
    resident_id = task.resident_id
    match command:
        case b.Say():
            return Say.Goal(resident_id=resident_id, phrase=command.phrase, slots=_slots(command.slots),
                            language=task.language)
        case b.Ask():
            return Ask.Goal(resident_id=resident_id, phrase=command.phrase, slots=_slots(command.slots),
                            language=task.language, expected=list(command.expected), attempts=command.attempts,
                            wait_s=command.wait_s, wishes=command.wishes)
        case b.GoTo():
            return NavigateToPose.Goal(pose=_pose(command, now))
        case b.FindPerson():
            return FindPerson.Goal(resident_id=resident_id, rooms=list(command.rooms), timeout_s=command.timeout_s)
        case b.Dock():
            return DockRobot.Goal(use_dock_id=True, dock_id=dock_id)
    raise TypeError(f"{command} is no action")


def alarm(command: b.RaiseAlarm, resident_id: str, occurred_at: Time, now: Time) -> Alarm:
    message = Alarm(alarm_id=command.alarm_id, kind=command.kind, priority=PRIORITIES[command.priority],
                    state=Alarm.STATE_RAISED, resident_id=resident_id, room=command.room, occurred_at=occurred_at,
                    words=command.words, detail=command.detail, confidence=float(command.confidence))
    message.header.stamp, message.header.frame_id = now, "map"
    if command.position:
        message.position = Point(x=command.position[0], y=command.position[1], z=command.position[2])
    return message


def dose_record(task: Any, command: b.RecordDose, due: Time, now: Time) -> DoseRecord:
    """`task`: the medication reminder whose dose it is."""
    message = DoseRecord(dose_id=task.dose_id, plan_id=task.plan_id, resident_id=task.resident_id,
                         outcome=DOSE_OUTCOMES[command.outcome], announcements=command.announcements,
                         words=command.words, due=due)
    message.header.stamp = now
    return message


def _pose(place: b.GoTo, now: Time) -> PoseStamped:
    pose = PoseStamped()
    pose.header.frame_id, pose.header.stamp = "map", now
    pose.pose.position.x, pose.pose.position.y = float(place.x), float(place.y)
    _, _, pose.pose.orientation.z, pose.pose.orientation.w = quaternion_from_yaw(place.yaw)
    return pose


def _pairs(slots: Iterable[Slot]) -> tuple[tuple[str, str], ...]:
    return tuple((slot.name, slot.value) for slot in slots)


def _slots(slots: Iterable[tuple[str, str]]) -> list[Slot]:
    return [Slot(name=name, value=value) for name, value in slots]
