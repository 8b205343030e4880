"""The keeper's work on the platform's data: users, and the destruction of what is old."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from care.database import Database
from care.models import Alarm, Audit, Command, Dose, Login, ReceivedEvent, RoomEvent, Snapshot, User, Vital
from care.security import ROLES, hash_password


class UpkeepError(ValueError):
    """The request cannot be met; the message says what would be right."""


def add_user(database: Database, name: str, display_name: str, role: str, password: str, now: datetime,
             by: str = "command line") -> bool:
    """Add a user, or give one that exists a new password, role and name (its sessions end). Returns whether it is new.
    Raises UpkeepError."""
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise UpkeepError("the name needs 1 to 100 printable characters")
    if role not in ROLES:
        raise UpkeepError(f"there is no role {role!r}; roles are {', '.join(ROLES)}")
    try:
        password_hash = hash_password(password)
    except ValueError as error:
        raise UpkeepError(str(error)) from None
    with database.write() as session:
        user = session.get(User, name)
        is_new = user is None
        if user is None:
            user = User(name=name, created_s=now.timestamp())
            session.add(user)
        else:
            session.execute(delete(Login).where(Login.user_name == name))
        user.display_name = display_name.strip()[:200] or name
        user.role, user.password_hash, user.disabled = role, password_hash, False
        session.add(Audit(at_s=now.timestamp(), who=by, action="user_added" if is_new else "user_changed",
                          subject=name, detail=role))
    return is_new


def disable_user(database: Database, name: str, now: datetime, by: str = "command line") -> None:
    """Close an account and its sessions; its name stays in the audit trail. Raises UpkeepError."""
    with database.write() as session:
        if session.execute(update(User).where(User.name == name).values(disabled=True)).rowcount == 0:
            raise UpkeepError(f"there is no user {name!r}")
        session.execute(delete(Login).where(Login.user_name == name))
        session.add(Audit(at_s=now.timestamp(), who=by, action="user_changed", subject=name, detail="disabled"))


def users(database: Database) -> list[User]:
    with database.read() as session:
        return list(session.scalars(select(User).order_by(User.name)))


@dataclass(frozen=True)
class Purged:
    """How many of each were destroyed."""
    alarms: int
    snapshots: int
    readings: int
    doses: int
    room_events: int

    def __str__(self) -> str:
        return (f"{self.alarms} alarms, {self.snapshots} pictures, {self.readings} readings, {self.doses} doses, "
                f"{self.room_events} room events")


def purge(database: Database, days: float, now: datetime, by: str = "command line") -> Purged:
    """Destroy what was last touched more than `days` ago: pictures of whatever alarm, resolved alarms, readings, doses,
    room events. Open alarms stay, and so does the audit trail, which gets a note of this. Raises UpkeepError."""
    if not days >= 0:
        raise UpkeepError("--days must not be negative")
    before_s = now.timestamp() - days * 86400.0
    with database.write() as session:
        pictures = session.execute(delete(Snapshot).where(Snapshot.received_s < before_s)).rowcount
        session.execute(update(Alarm).where(Alarm.snapshot_digest != "", Alarm.alarm_id.not_in(
            select(Snapshot.alarm_id))).values(snapshot_digest=""))
        old = select(Alarm.alarm_id).where(Alarm.state == "resolved", Alarm.updated_s < before_s)
        session.execute(delete(Command).where(Command.alarm_id.in_(old)))
        pictures += session.execute(delete(Snapshot).where(Snapshot.alarm_id.in_(old))).rowcount
        alarms = session.execute(delete(Alarm).where(Alarm.state == "resolved", Alarm.updated_s < before_s)).rowcount
        counts = [session.execute(delete(table).where(table.received_s < before_s)).rowcount
                  for table in (Vital, Dose, RoomEvent)]
        session.execute(delete(ReceivedEvent).where(ReceivedEvent.received_s < before_s))
        session.execute(delete(Login).where(Login.expires_s < now.timestamp()))
        purged = Purged(alarms, pictures, *counts)
        session.add(Audit(at_s=now.timestamp(), who=by, action="purge", subject=f"{days:g} days", detail=str(purged)))
    if database.engine.dialect.name == "sqlite":
        raw = database.engine.raw_connection()  # what was destroyed must not survive in the write-ahead log
        try:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            raw.close()
    return purged
