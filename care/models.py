"""What the care platform remembers.

Times of the robot are kept twice: as ISO-8601 text with the site's own offset (shown to people) and as epoch seconds
`*_s` (compared). Times of the platform itself are epoch seconds of its wall clock. The two clocks are never compared
with one another: a robot in simulation may live in another night.
"""
from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

STATES = ("raised", "acknowledged", "resolved")  # an alarm only ever moves to the right
PRIORITIES = ("notice", "low", "medium", "high")  # the column holds the index
# SQLite counts up only an INTEGER key; PostgreSQL gets the wider type.
_Serial = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    type_annotation_map = {float: Float(53), dict[str, Any]: JSON, list[Any]: JSON}


class Alarm(Base):
    __tablename__ = "alarms"
    alarm_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    raised_by_platform: Mapped[bool] = mapped_column(Boolean, default=False)
    kind: Mapped[str] = mapped_column(String(100))
    priority: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), index=True)
    resident_id: Mapped[str] = mapped_column(String(100), default="")
    resident_name: Mapped[str] = mapped_column(String(200), default="")
    room: Mapped[str] = mapped_column(String(100), default="")
    room_name: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[list[Any] | None] = mapped_column(JSON)
    occurred_at: Mapped[str] = mapped_column(String(40))
    occurred_s: Mapped[float]
    changed_s: Mapped[float]
    words: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[float | None]
    escalation_level: Mapped[int] = mapped_column(Integer, default=0)
    notified: Mapped[list[Any]] = mapped_column(JSON, default=list)
    acknowledged_by: Mapped[str] = mapped_column(String(100), default="")
    acknowledged_s: Mapped[float | None]
    resolved_by: Mapped[str] = mapped_column(String(100), default="")
    resolution: Mapped[str] = mapped_column(Text, default="")
    resolved_s: Mapped[float | None]
    snapshot_digest: Mapped[str] = mapped_column(String(64), default="")
    snapshot_problem: Mapped[str] = mapped_column(String(200), default="")
    received_s: Mapped[float]
    updated_s: Mapped[float] = mapped_column(Float(53), index=True)


class Snapshot(Base):
    """The picture of one alarm; apart from it, so that a list of alarms loads no pictures."""
    __tablename__ = "snapshots"
    alarm_id: Mapped[str] = mapped_column(ForeignKey("alarms.alarm_id", ondelete="CASCADE"), primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    received_s: Mapped[float]


class Resident(Base):
    __tablename__ = "residents"
    resident_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class Vital(Base):
    """One reading: a blood pressure measurement is two or three rows of the same moment."""
    __tablename__ = "vitals"
    id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    resident_id: Mapped[str] = mapped_column(String(100))
    device_id: Mapped[str] = mapped_column(String(100), default="")
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100), default="")
    value: Mapped[float]
    unit: Mapped[str] = mapped_column(String(40), default="")
    measured_at: Mapped[str] = mapped_column(String(40))
    measured_s: Mapped[float]
    received_s: Mapped[float]
    __table_args__ = (Index("vitals_latest", "resident_id", "code", "measured_s"),)


class VitalSeries(Base):
    """The latest readings of one kind of one resident, ready to show: `recent` is [[measured_s, measured_at, value]],
    oldest first."""
    __tablename__ = "vital_series"
    resident_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    device_id: Mapped[str] = mapped_column(String(100), default="")
    name: Mapped[str] = mapped_column(String(100), default="")
    unit: Mapped[str] = mapped_column(String(40), default="")
    recent: Mapped[list[Any]] = mapped_column(JSON)


class Dose(Base):
    __tablename__ = "doses"
    dose_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    resident_id: Mapped[str] = mapped_column(String(100), index=True)
    plan_id: Mapped[str] = mapped_column(String(100), default="")
    medicine: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(40))
    announcements: Mapped[int] = mapped_column(Integer, default=0)
    words: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[str] = mapped_column(String(40))
    due_s: Mapped[float]
    recorded_at: Mapped[str] = mapped_column(String(40))
    recorded_s: Mapped[float]
    received_s: Mapped[float]


class RoomEvent(Base):
    __tablename__ = "room_events"
    event_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    sensor_id: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(100))
    room: Mapped[str] = mapped_column(String(100), default="")
    room_name: Mapped[str] = mapped_column(String(200), default="")
    resident_id: Mapped[str] = mapped_column(String(100), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[str] = mapped_column(String(40))
    at_s: Mapped[float]
    received_s: Mapped[float] = mapped_column(Float(53), index=True)


class Robot(Base):
    """The last that each robot said of itself. `clock_offset_s` is platform wall time minus robot time."""
    __tablename__ = "robots"
    robot_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    online: Mapped[bool] = mapped_column(Boolean, default=True)
    heard_s: Mapped[float]
    clock_offset_s: Mapped[float] = mapped_column(Float(53), default=0.0)
    utc_offset_s: Mapped[int] = mapped_column(Integer, default=0)
    mission: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    parts: Mapped[list[Any] | None] = mapped_column(JSON)


class ReceivedEvent(Base):
    """Ids of durable events already taken, so that a repeated delivery changes nothing."""
    __tablename__ = "received_events"
    event_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    received_s: Mapped[float] = mapped_column(Float(53), index=True)


class Command(Base):
    """What caregivers decided, in order, for the robot to fetch."""
    __tablename__ = "commands"
    seq: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(40))
    alarm_id: Mapped[str] = mapped_column(String(100))
    by: Mapped[str] = mapped_column(String(100))
    by_name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    time: Mapped[str] = mapped_column(String(40))
    __table_args__ = {"sqlite_autoincrement": True}  # a number is never given twice, also after a purge


class User(Base):
    __tablename__ = "users"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    created_s: Mapped[float]


class Login(Base):
    """An open session; the cookie's token is kept only as its hash."""
    __tablename__ = "logins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_name: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"))
    created_s: Mapped[float]
    expires_s: Mapped[float] = mapped_column(Float(53), index=True)


class Audit(Base):
    """Who did or saw what; never changed, outlives what it tells of."""
    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(_Serial, primary_key=True, autoincrement=True)
    at_s: Mapped[float] = mapped_column(Float(53), index=True)
    who: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(64), default="")


class Setting(Base):
    """Small facts of the installation, such as the key that signs cookies."""
    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
