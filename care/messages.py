"""What a robot may tell the platform: the wire types of `POST /api/v1/robot/events`, each event checked on its own."""
from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

# An alarm's crop is 20-80 kB; more than this is not a snapshot.
MAX_SNAPSHOT_BYTES = 2_000_000


def storable(value: str) -> str:
    """Without NUL (PostgreSQL refuses it) and half surrogates (no encoding has them); nobody could read them either."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def _empty_for_none(value: Any) -> Any:
    return "" if value is None else value


Identifier = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(storable)]
_Optional = BeforeValidator(_empty_for_none)
Short = Annotated[str, _Optional, Field(max_length=200), AfterValidator(storable)]
Name = Annotated[str, _Optional, Field(max_length=100), AfterValidator(storable)]
Long = Annotated[str, _Optional, Field(max_length=4000), AfterValidator(storable)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore")  # a newer robot may say more than this platform knows


class AlarmPayload(_Payload):
    """Only `alarm_id` must be there: whatever else is missing, the alarm is shown. Without a priority it is high."""
    alarm_id: Identifier
    kind: Name = ""
    priority: Literal["notice", "low", "medium", "high"] = "high"
    state: Literal["raised", "acknowledged", "resolved"] = "raised"
    resident_id: Name = ""
    resident_name: Short = ""
    room: Name = ""
    room_name: Short = ""
    position: list[Number] | None = None
    occurred_at: AwareDatetime | None = None
    raised_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    words: Long = ""
    detail: Long = ""
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    snapshot_jpeg: str | None = None
    acknowledged_by: Name = ""
    resolution: Long = ""
    escalation_level: Annotated[int, Field(ge=0, le=1000)] = 0
    notified: list[Name] = []


class Reading(_Payload):
    code: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(storable)]
    name: Name = ""
    value: Number
    unit: Annotated[str, _Optional, Field(max_length=40), AfterValidator(storable)] = ""


class VitalPayload(_Payload):
    resident_id: Identifier
    resident_name: Short = ""
    device_id: Name = ""
    measured_at: AwareDatetime | None = None
    readings: list[Reading] = Field(min_length=1, max_length=50)


class DosePayload(_Payload):
    dose_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
    plan_id: Name = ""
    resident_id: Identifier
    resident_name: Short = ""
    medicine: Short = ""
    outcome: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(storable)]
    announcements: Annotated[int, Field(ge=0, le=1000)] = 0
    words: Long = ""
    due: AwareDatetime | None = None


class RoomEventPayload(_Payload):
    sensor_id: Name = ""
    kind: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(storable)]
    room: Name = ""
    room_name: Short = ""
    resident_id: Name = ""
    detail: Long = ""


class MissionPayload(_Payload):
    task: Name = ""
    state: Name = ""
    why: Long = ""
    resident_id: Name = ""
    priority: int = 0


class Part(_Payload):
    name: Short
    level: Literal["ok", "warn", "error", "stale"]
    message: Long = ""


class StatusPayload(_Payload):
    parts: list[Part] = Field(default=[], max_length=200)


class HeartbeatPayload(_Payload):
    pass


PAYLOADS: dict[str, type[_Payload]] = {
    "alarm": AlarmPayload, "vital": VitalPayload, "dose": DosePayload, "room_event": RoomEventPayload,
    "mission": MissionPayload, "status": StatusPayload, "heartbeat": HeartbeatPayload}
LATEST_ONLY = ("mission", "status", "heartbeat")


class Event(BaseModel):
    """One event of a robot; `payload` is the type that `type` names."""
    id: Identifier
    type: str
    time: AwareDatetime
    payload: Any = None


_EVENT = TypeAdapter(Event)


class RejectedEvent(ValueError):
    """The event cannot be taken; the message says why, for a person."""


def parse_event(raw: Any) -> Event:
    """Check one event. Raises RejectedEvent."""
    try:
        event = _EVENT.validate_python(raw)
        payload_type = PAYLOADS.get(event.type)
        if payload_type is None:
            raise RejectedEvent(f"type: {event.type!r} is unknown; known are {', '.join(PAYLOADS)}")
        payload = payload_type.model_validate({} if event.payload is None else event.payload)
        return event.model_copy(update={"payload": payload})
    except ValidationError as error:
        raise RejectedEvent("; ".join(_sentence(e) for e in error.errors()[:5])) from None


def _sentence(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "event"
    return f"{place}: {error['msg'][0].lower()}{error['msg'][1:]}"


def decode_snapshot(text: str) -> bytes:
    """JPEG bytes of a base64 text. Raises ValueError with a readable reason."""
    try:
        jpeg = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    if len(jpeg) > MAX_SNAPSHOT_BYTES:
        raise ValueError(f"{len(jpeg)} bytes, more than {MAX_SNAPSHOT_BYTES}")
    if not (jpeg.startswith(b"\xff\xd8\xff") and len(jpeg) > 100):
        raise ValueError("not a JPEG picture")
    return jpeg


def iso(moment: datetime) -> str:
    """The moment in its own offset, to the millisecond, e.g. 2026-11-22T02:14:07.250+08:00."""
    return moment.isoformat(timespec="milliseconds")
