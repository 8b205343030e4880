"""What the page shows, as plain data for the templates: alarms, residents, robots, room sensors."""
from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.alarms import ROBOT_OFFLINE
from care.models import PRIORITIES, Alarm, Dose, Resident, Robot, RoomEvent, User, VitalSeries
from care.words import Words

REGIONS = ("alarms", "residents", "robots", "rooms")
RECENT_S = 12 * 3600.0  # resolved alarms stay in sight for the shift
RECENT_ALARMS = 10
RECENT_EVENTS = 8
DOSES_S = 24 * 3600.0
_SYSTOLIC, _DIASTOLIC = "8480-6", "8462-4"  # LOINC
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "/min": "/min", "[degF]": "°F"}  # UCUM as people write it
# What a probability is called. The steps are those of everyday speech, not of a study; the number stands beside.
_SURE = ((0.9, "very"), (0.7, "likely"), (0.45, "possible"), (0.0, "unsure"))
_LEVELS = ("ok", "warn", "stale", "error")


def region(session: Session, name: str, words: Words, now_s: float) -> dict[str, Any]:
    """The data of one region of the page."""
    return {"alarms": alarms, "residents": residents, "robots": robots, "rooms": rooms}[name](session, words, now_s)


def alarms(session: Session, words: Words, now_s: float) -> dict[str, Any]:
    """Alarms by state; open ones by priority, then the one that waits longest first."""
    names = dict(session.execute(select(User.name, User.display_name)).all())
    unresolved = session.scalars(select(Alarm).where(Alarm.state != "resolved")).all()
    resolved = session.scalars(select(Alarm).where(Alarm.state == "resolved", Alarm.updated_s > now_s - RECENT_S)
                               .order_by(Alarm.resolved_s.desc(), Alarm.alarm_id).limit(RECENT_ALARMS)).all()
    in_order = sorted(unresolved, key=lambda alarm: (-alarm.priority, alarm.received_s, alarm.alarm_id))
    return {"raised": [alarm_view(a, names, words) for a in in_order if a.state == "raised"],
            "acknowledged": [alarm_view(a, names, words) for a in in_order if a.state == "acknowledged"],
            "resolved": [alarm_view(a, names, words) for a in resolved]}


def alarm_view(alarm: Alarm, names: dict[str, str], words: Words) -> dict[str, Any]:
    """One alarm as a caregiver reads it. `names`: display names of the caregivers by id."""
    def name(caregiver: str) -> str:
        if caregiver in ("robot", "platform"):
            return words(f"alarm.{caregiver}")
        return names.get(caregiver, caregiver)

    from_platform = alarm.kind == ROBOT_OFFLINE and alarm.raised_by_platform
    return {
        "id": alarm.alarm_id, "state": alarm.state, "priority": PRIORITIES[alarm.priority],
        "robot_id": alarm.robot_id, "kind": alarm.kind, "title": _title(alarm, words),
        "place": alarm.room_name or alarm.room,
        "position": _position(alarm, words),
        "at": _clock(alarm.occurred_at), "occurred_at": alarm.occurred_at, "occurred_s": alarm.occurred_s,
        "words": alarm.words,
        "detail": words("alarm.silent_for", seconds=alarm.detail) if from_platform else alarm.detail,
        "sure": _sure(alarm.confidence, words), "percent": round(100 * (alarm.confidence or 0)),
        "told": [name(who) for who in alarm.notified], "escalation_level": alarm.escalation_level,
        "acknowledged_by": name(alarm.acknowledged_by),
        "resolved_by": name(alarm.resolved_by) or words("alarm.robot"),
        "resolution": words.name_of("resolution", alarm.resolution) if from_platform else alarm.resolution,
        "received_ms": round(alarm.updated_s * 1000),
        "snapshot": alarm.snapshot_digest[:16], "snapshot_problem": alarm.snapshot_problem,
    }


def _title(alarm: Alarm, words: Words) -> str:
    who = alarm.resident_name or alarm.resident_id or words("alarm.somebody")
    key = f"title.{alarm.kind}"
    if alarm.kind == "fall" and alarm.priority == PRIORITIES.index("notice"):
        key = "title.fall_notice"
    if not alarm.kind:
        return words("title.unknown")
    if words.knows(key):
        return words(key, who=who, robot=alarm.robot_id)
    return words("title.other", who=who, kind=words.name_of("room_event", alarm.kind))


def _position(alarm: Alarm, words: Words) -> str:
    if not alarm.position or len(alarm.position) < 2:
        return ""
    return words("alarm.position", x=f"{alarm.position[0]:.1f}", y=f"{alarm.position[1]:.1f}")


def _sure(confidence: float | None, words: Words) -> str:
    """In words; nothing where the robot gave no figure (a message field that nobody set is 0)."""
    if not confidence:
        return ""
    return words("sure." + next(word for least, word in _SURE if confidence >= least))


def residents(session: Session, words: Words, now_s: float) -> dict[str, Any]:
    """Each resident with the latest readings and the doses of the last day."""
    series: dict[str, dict[str, VitalSeries]] = defaultdict(dict)
    for row in session.scalars(select(VitalSeries).order_by(VitalSeries.code)):
        series[row.resident_id][row.code] = row
    doses: dict[str, list[dict]] = defaultdict(list)
    for dose in session.scalars(select(Dose).where(Dose.received_s > now_s - DOSES_S).order_by(Dose.due_s)):
        doses[dose.resident_id].append({
            "id": dose.dose_id, "medicine": dose.medicine or dose.plan_id or dose.dose_id, "outcome": dose.outcome,
            "outcome_word": words.name_of("dose", dose.outcome), "due": _clock(dose.due_at)[:5], "words": dose.words})
    return {"residents": [
        {"id": r.resident_id, "name": r.name, "vitals": _vitals(series[r.resident_id], words),
         "doses": doses[r.resident_id]} for r in session.scalars(select(Resident).order_by(Resident.name))]}


def _vitals(series: dict[str, VitalSeries], words: Words) -> list[dict[str, Any]]:
    """Readings as shown; the two values of a blood pressure stand together when they are of one moment."""
    shown = []
    upper, lower = series.get(_SYSTOLIC), series.get(_DIASTOLIC)
    together = upper and lower and upper.recent[-1][0] == lower.recent[-1][0]
    for code, row in series.items():
        if together and code == _DIASTOLIC:
            continue
        values = [value for _, _, value in row.recent]
        value = _number(values[-1])
        name = words.name_of("vital", code) if words.knows(f"vital.{code}") else row.name or code
        if together and code == _SYSTOLIC:
            value, name = f"{value}/{_number(lower.recent[-1][2])}", words("vital.bp")
        measured_s, measured_at, _ = row.recent[-1]
        shown.append({"code": code, "name": name, "value": value, "unit": _UNITS.get(row.unit, row.unit),
                      "at": _clock(measured_at)[:5], "measured_at": measured_at, "measured_s": measured_s,
                      "robot_id": row.robot_id, "trend": _trend(values), "n": len(values),
                      "low": _number(min(values)), "high": _number(max(values))})
    return shown


def _trend(values: list[float]) -> str:
    """Points of a polyline in a box of 96 by 28, or nothing for fewer than two values."""
    if len(values) < 2:
        return ""
    low, span = min(values), (max(values) - min(values)) or 1.0
    return " ".join(f"{2 + 92 * i / (len(values) - 1):.1f},{25 - 22 * (value - low) / span:.1f}"
                    for i, value in enumerate(values))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def robots(session: Session, words: Words, now_s: float) -> dict[str, Any]:
    """Each robot: what it does and why, and what is wrong with it."""
    names = dict(session.execute(select(Resident.resident_id, Resident.name)).all())
    shown = []
    for robot in session.scalars(select(Robot).order_by(Robot.robot_id)):
        mission = robot.mission or {}
        parts = robot.parts or []
        worst = max((part["level"] for part in parts), key=_LEVELS.index, default="ok")
        faults = sorted((part for part in parts if part["level"] != "ok"), key=lambda p: -_LEVELS.index(p["level"]))
        shown.append({
            "id": robot.robot_id, "online": robot.online, "task": mission.get("task", ""),
            "task_word": words.name_of("robot.task", mission.get("task", "")),
            "state": mission.get("state", ""), "state_word": words.name_of("robot.state", mission.get("state", "")),
            "why": mission.get("why", ""),
            "resident": names.get(mission.get("resident_id", ""), ""), "parts": len(parts), "worst": worst,
            "faults": [{"name": _part(part["name"], words), "level": part["level"],
                        "level_word": words(f"level.{part['level']}"), "message": part["message"]}
                       for part in faults]})
    return {"robots": shown}


def _part(name: str, words: Words) -> str:
    """A diagnostics name such as "eyes: camera" by the last of its words that we have a name for."""
    for term in reversed(name.lower().replace("/", " ").replace(":", " ").replace("_", " ").split()):
        if words.knows(f"part.{term}"):
            return words(f"part.{term}")
    return name


def rooms(session: Session, words: Words, now_s: float) -> dict[str, Any]:
    """The latest that the room sensors noticed."""
    events = session.scalars(select(RoomEvent).order_by(RoomEvent.received_s.desc(), RoomEvent.at_s.desc())
                             .limit(RECENT_EVENTS))
    return {"events": [{"id": e.event_id, "kind": words.name_of("room_event", e.kind), "place": e.room_name or e.room,
                        "at": _clock(e.at)[:5], "at_s": e.at_s, "robot_id": e.robot_id, "detail": e.detail}
                       for e in events]}


def clocks(session: Session) -> dict[str, float]:
    """Platform time minus robot time [s] by robot: ages are told by the clock that stamped them."""
    return dict(session.execute(select(Robot.robot_id, Robot.clock_offset_s)).all())


def site_clock(session: Session) -> tuple[float, int] | None:
    """Of the robot heard last: platform time minus its time, and the site's offset from UTC [s]. None: no robot yet."""
    return session.execute(select(Robot.clock_offset_s, Robot.utc_offset_s)
                           .order_by(Robot.online.desc(), Robot.heard_s.desc()).limit(1)).first()


def _clock(iso_text: str) -> str:
    """HH:MM:SS of an ISO text, in the offset that it carries."""
    return iso_text[11:19]
