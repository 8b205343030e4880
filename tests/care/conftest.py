"""A platform with clocks that the test moves, and a real server with a real browser."""
from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))

from care_night import PASSWORD, TOKEN, Clock, Robot, Server  # noqa: E402

from care.app import create_app  # noqa: E402
from care.database import Database  # noqa: E402
from care.platform import Platform  # noqa: E402
from care.upkeep import add_user  # noqa: E402


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'care.sqlite3'}"


@pytest.fixture(scope="session")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three users: hashing their passwords takes long, on purpose."""
    path = tmp_path_factory.mktemp("staffed") / "care.sqlite3"
    database = Database(f"sqlite:///{path}")
    for name, display_name, role in (("chen", "Nurse Chen", "nurse"), ("wang", "Head nurse Wang", "head_nurse"),
                                     ("mo", "Manager Mo", "manager")):
        add_user(database, name, display_name, role, PASSWORD, Clock().wall())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def platform(staffed: Path, tmp_path: Path, clock: Clock) -> Iterator[Platform]:
    shutil.copy(staffed, tmp_path / "care.sqlite3")
    database = Database(f"sqlite:///{tmp_path / 'care.sqlite3'}")
    yield Platform(database, TOKEN, clock.wall, clock.steady)
    database.close()


@pytest.fixture
def client(platform: Platform) -> TestClient:
    """A client over the application, whose silence watch runs only when the test says so."""
    return TestClient(create_app(platform), follow_redirects=False)


@pytest.fixture
def robot(client: TestClient) -> Robot:
    return Robot(client)


@pytest.fixture
def server(tmp_path: Path, staffed: Path) -> Iterator[Server]:
    server = Server(tmp_path, staffed)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def live_robot(server: Server) -> Iterator[Robot]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield Robot(client)
