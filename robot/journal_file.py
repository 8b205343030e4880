"""The file of the journal: opened, moved aside where it is damaged, brought to the newest schema, written for good.

A write returns when it is on the disk (WAL, synchronous=FULL). Every failure is a `JournalError` that says what to do.
On a full disk the first failure gives up space that was kept back: who tries again, as the alarms do, is written.
"""
from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from robot.reserve import Reserve

BUSY_TIMEOUT_S = 5.0  # a writer holds the file for milliseconds; five seconds without it is a fault worth reporting
FULL_BYTES = 1 << 16  # SQLite asks for 32 KiB at once


class JournalError(RuntimeError):
    """The journal could not be read or written; the message says what to do about it.

    `damaged` is true when opening it anew would move the file aside and begin a fresh one.
    """

    def __init__(self, message: str, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class JournalFile(AbstractContextManager):
    """The open file, one per thread; any number of processes may have the same one open.

    `migrations`: scripts of SQL, of which the n-th brings the schema to version n. `moved_aside` names the unreadable
    file that was replaced at opening, if there was one.
    """

    def __init__(self, path: str | Path, migrations: Sequence[str]) -> None:
        self.path = Path(path)
        self._migrations = migrations
        self.moved_aside: Path | None = None
        self._reserve = Reserve(self.path.with_name(self.path.name + ".reserve"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Of several processes that start on a corrupt file, one moves it aside and the others see the new one.
            with open(self.path.with_name(self.path.name + ".lock"), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._db = self._open_or_replace()
                self._reserve.keep()
        except OSError as error:
            raise JournalError(f"journal {self.path}: cannot be opened: {error.strerror}; "
                               f"check the parameter `journal` and the rights of its folder") from error

    def close(self) -> None:
        self._db.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are on the disk together at the end, or none is. Transactions nest into the outer one."""
        if self._db.in_transaction:
            yield
            return
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # --- for the journal ------------------------------------------------------------------------------------------
    def _write(self, statement: str, *values: Any) -> None:
        with self.transaction():
            self._db.execute(statement, values)

    def _read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._errors():
            return self._db.execute(statement, values).fetchall()

    # --- inside ---------------------------------------------------------------------------------------------------
    def _open_or_replace(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if self._is_full(error) and self._reserve.give_up():
                return self._open_or_replace()
            if not _is_corrupt(error):
                raise JournalError(self._explain(error)) from error
        self.moved_aside = next(p for n in range(1, 1_000_000)
                                if not (p := self.path.with_name(f"{self.path.name}.broken-{n}")).exists())
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(self.moved_aside.with_name(self.moved_aside.name + suffix))
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            raise JournalError(self._explain(error)) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            # secure_delete: a picture that was delivered and forgotten is not left in free pages
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                db.execute(f"PRAGMA {pragma}")
            problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(f"malformed: {problem}")
            self._migrate(db)
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(self._migrations):
            raise JournalError(f"journal {self.path}: written by a newer Anban (schema {version}, this one knows "
                               f"{len(self._migrations)}); update, or move the file aside to start a new one")
        for number, script in enumerate(self._migrations[version:], version + 1):
            db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._is_full(error):
                self._reserve.give_up()
            raise JournalError(self._explain(error), damaged=_is_corrupt(error)) from error

    def _is_full(self, error: sqlite3.Error) -> bool:
        """Whether the disk is full: what SQLite cannot map into memory for that is an error of the disk to it."""
        return "disk is full" in str(error) or (
            "disk I/O error" in str(error) and shutil.disk_usage(self.path.parent).free < FULL_BYTES)

    def _explain(self, error: sqlite3.Error) -> str:
        name = getattr(error, "sqlite_errorname", "") or ""
        text = str(error)
        if self._is_full(error):
            remedy = "the disk is full: free some space; the journal goes on by itself"
        elif "READONLY" in name or "readonly" in text or "CANTOPEN" in name or "unable to open" in text:
            remedy = "it cannot be written: check its path and the rights of its folder"
        elif "BUSY" in name or "locked" in text:
            remedy = f"another process held it for more than {BUSY_TIMEOUT_S:.0f} s: look for a hung one"
        elif _is_corrupt(error):
            remedy = "it is damaged: at the next start it is moved aside and a new one begun"
        else:
            remedy = "an unexpected database error"
        return f"journal {self.path}: {remedy} ({text})"


def _is_corrupt(error: sqlite3.Error) -> bool:
    return any(word in str(error) for word in ("malformed", "not a database", "file is encrypted"))
