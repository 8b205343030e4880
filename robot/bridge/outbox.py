"""What the robot tells the care platform: events made from alarms, readings, doses and room events. Pure.

The id of an event is derived from what it says, so the same thing told twice (by a restart, by the journal and by a
topic) is one event to the platform, which accepts each id once.
"""
from __future__ import annotations

import math
import uuid
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from robot.alarms import Alarm
from robot.journal import DoseRow, Event, OutboxRow
from robot.site import Site, in_language

NAMESPACE = uuid.UUID("6d1f6d0e-6f3b-5d4b-9c3a-0a9a3a1a7b11")  # of Anban's event ids; any fixed UUID would do
TEXT = 4000  # characters of free text that the platform takes
BATCH_EVENTS = 50
BATCH_BYTES = 1_000_000  # snapshots make events big: a batch stays well under the usual body limits of web servers


class Teller:
    """Makes events in the words of one site: names in its language, times in its zone."""

    def __init__(self, site: Site, language: str = "") -> None:
        """An empty language means the one of the first caregiver, who reads it."""
        self._site, self._language = site, language or site.caregivers[0].language
        self._rooms = {room.id: in_language(room.name, self._language) for room in site.rooms}
        self._residents = {r.id: in_language(r.name, self._language) for r in site.residents}
        self._medicines = {p.id: in_language(p.medicine, self._language) for p in site.medication}

    def time(self, time_s: float) -> str:
        """ISO 8601 in the site's zone, with microseconds and offset."""
        return datetime.fromtimestamp(round(time_s, 6), self._site.zone).isoformat(timespec="microseconds")

    def alarm_event_id(self, alarm_id: str, changed_s: float) -> str:
        """The id of the event that tells this state of an alarm."""
        return self._id("alarm", alarm_id, microseconds(changed_s))

    def alarm(self, alarm: Alarm) -> Event:
        payload = {
            "alarm_id": alarm.alarm_id, "kind": alarm.kind, "priority": alarm.priority.name.lower(),
            "state": alarm.state.name.lower(), **self._resident(alarm.resident_id), **self._room(alarm.room),
            "position": [round(v, 2) for v in alarm.position[:2]] if any(alarm.position) else None,
            "occurred_at": self.time(alarm.occurred_s), "raised_at": self.time(alarm.raised_s),
            "changed_at": self.time(alarm.changed_s), "words": alarm.words[:TEXT], "detail": alarm.detail[:TEXT],
            "confidence": round(alarm.confidence, 3),
            "snapshot_jpeg": b64encode(alarm.snapshot).decode("ascii") if alarm.snapshot else None,
            "acknowledged_by": alarm.acknowledged_by, "resolution": alarm.resolution[:TEXT],
            "escalation_level": alarm.escalation_level, "notified": list(alarm.notified)}
        return self._event("alarm", alarm.changed_s, payload, alarm.alarm_id, microseconds(alarm.changed_s))

    def vital(self, resident_id: str, device_id: str, measured_s: float, readings: Iterable[dict[str, Any]]) -> Event:
        """`readings`: dicts with code (LOINC), name, value, unit (UCUM)."""
        payload = {**self._resident(resident_id), "device_id": device_id, "measured_at": self.time(measured_s),
                   "readings": [r for r in readings if math.isfinite(r["value"])]}
        return self._event("vital", measured_s, payload, device_id, microseconds(measured_s))

    def dose(self, dose: DoseRow) -> Event:
        payload = {"dose_id": dose.dose_id, "plan_id": dose.plan_id, **self._resident(dose.resident_id),
                   "medicine": self._medicines.get(dose.plan_id, dose.plan_id), "outcome": dose.state,
                   "announcements": dose.announcements, "words": dose.words, "due": self.time(dose.due_s)}
        return self._event("dose", dose.at_s, payload, dose.dose_id, dose.state)

    def room_event(self, sensor_id: str, kind: str, room: str, resident_id: str, detail: str, time_s: float) -> Event:
        payload = {"sensor_id": sensor_id, "kind": kind, **self._room(room), "resident_id": resident_id,
                   "detail": detail}
        return self._event("room_event", time_s, payload, sensor_id, kind, microseconds(time_s))

    def latest(self, type_: str, payload: dict[str, Any], time_s: float) -> Event:
        """A state of which only the newest counts: mission, status, heartbeat."""
        return Event(str(uuid.uuid4()), type_, self.time(time_s), payload)

    def _event(self, type_: str, time_s: float, payload: dict[str, Any], *identity: object) -> Event:
        return Event(self._id(type_, *identity), type_, self.time(time_s), payload)

    def _id(self, *identity: object) -> str:
        return str(uuid.uuid5(NAMESPACE, "/".join(map(str, (self._site.robot.id, *identity)))))

    def _resident(self, resident_id: str) -> dict[str, str]:
        return {"resident_id": resident_id, "resident_name": self._residents.get(resident_id, resident_id)}

    def _room(self, room_id: str) -> dict[str, str]:
        return {"room": room_id, "room_name": self._rooms.get(room_id, room_id)}


@dataclass(frozen=True)
class Verdict:
    """What the platform's answer means for a batch: every id is in one of the three."""
    accepted: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...]  # id, reason
    unanswered: tuple[str, ...]


def judge(sent: Iterable[str], answer: Any) -> Verdict:
    """Read the platform's answer; whatever it does not speak of is to be sent again."""
    answer = answer if isinstance(answer, dict) else {}
    accepted = {str(i) for i in answer.get("accepted") or ()}
    rejected = {str(r.get("id")): str(r.get("error") or "no reason given")
                for r in answer.get("rejected") or () if isinstance(r, dict)}
    sent = list(sent)
    return Verdict(tuple(i for i in sent if i in accepted),
                   tuple((i, rejected[i]) for i in sent if i in rejected and i not in accepted),
                   tuple(i for i in sent if i not in accepted and i not in rejected))


def cut(rows: list[OutboxRow], max_bytes: int = BATCH_BYTES) -> list[OutboxRow]:
    """The longest beginning of the rows that fits one request; at least one row."""
    size = 0
    for count, row in enumerate(rows):
        size += len(str(row.event.payload.get("snapshot_jpeg") or "")) + 1000
        if size > max_bytes and count:
            return rows[:count]
    return rows


def microseconds(time_s: float) -> int:
    """The time as an integer that survives the way through a time message."""
    return round(time_s * 1e6)
