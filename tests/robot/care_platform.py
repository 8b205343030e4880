"""The real care platform for tests, on a port of its own; it can go away and come back."""
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import select

from care.app import create_app
from care.database import Database
from care.models import User
from care.platform import Platform

TOKEN = "a-token-for-tests-only-0123456789"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], Any], what: str, timeout_s: float = 60.0) -> Any:
    """Wait for a condition on another thread or process; returns its value."""
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
    return value


class CarePlatform:
    """`start` and `stop` it as often as you like: its data stay."""

    def __init__(self, folder: Path, port: int = 0, certificate: Path | None = None, key: Path | None = None) -> None:
        self.port = port or free_port()
        self.url = f"{'https' if key else 'http'}://127.0.0.1:{self.port}"
        self._tls = {"ssl_certfile": certificate, "ssl_keyfile": key} if key else {}
        self._database_url = f"sqlite:///{folder / 'care.sqlite3'}"
        self._server: uvicorn.Server | None = None

    def start(self) -> CarePlatform:
        self.database = Database(self._database_url)
        self.platform = Platform(self.database, TOKEN)
        self._server = uvicorn.Server(uvicorn.Config(create_app(self.platform), host="127.0.0.1", port=self.port,
                                                     log_level="error", timeout_graceful_shutdown=1, **self._tls))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: self._server.started, "the care platform")
        return self

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True
            self._thread.join(timeout=10)
            self.database.close()
            self._server = None

    def rows(self, model: type) -> list:
        with self.database.read() as session:
            return list(session.scalars(select(model)))

    def acknowledge(self, alarm_id: str) -> None:
        user = User(name="chen", display_name="Nurse Chen", role="nurse", password_hash="", created_s=0.0)
        self.platform.act("acknowledge", alarm_id, user, "on my way")
