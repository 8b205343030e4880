"""The database: opened, migrated to this version, read and written in short transactions.

SQLite (WAL) by default; PostgreSQL by URL, e.g. `postgresql+psycopg://user@host/care`.
"""
from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from care.models import Setting

_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseError(RuntimeError):
    """The database cannot be used; the message says what to do."""


class Database:
    """Opens the database and brings its tables up to this version. Raises DatabaseError."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise DatabaseError(f"{url!r} is no database URL; try sqlite:////path/care.sqlite3 or "
                                "postgresql+psycopg://user:password@host/care") from None
        self.shown_url = parsed.render_as_string(hide_password=True)
        try:
            if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = _engine(parsed)
            self._migrate()
        except ModuleNotFoundError as error:
            raise DatabaseError(f"{self.shown_url}: the driver {error.name} is not installed; "
                                "for PostgreSQL install psycopg[binary]") from error
        except (OperationalError, OSError) as error:
            raise DatabaseError(f"{self.shown_url}: cannot be opened: {getattr(error, 'orig', error)}") from error

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.write() as session:
            config.attributes["connection"] = session.connection()
            command.upgrade(config, "head")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; what is changed in it is lost."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at the end. On SQLite it holds the one write lock from its first statement, so that
        what it reads stays true until it writes."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"care_write": True})
            yield session

    def secret_key(self) -> str:
        """The key that signs cookies: made at the first start, kept with the data."""
        with self.write() as session:
            setting = session.get(Setting, "secret_key")
            if setting is None:
                setting = Setting(key="secret_key", value=secrets.token_urlsafe(32))
                session.add(setting)
            return setting.value

    def close(self) -> None:
        self.engine.dispose()


def _engine(url) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 10.0, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record) -> None:
        connection.isolation_level = None  # transactions begin below, not by the driver's guess
        # synchronous FULL: the robot forgets an event once it is accepted, so accepted means on disk.
        # secure_delete: a picture that was purged is not left in free pages.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection) -> None:
        write = connection.get_execution_options().get("care_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
