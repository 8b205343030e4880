"""The database: its migrations make what the models say, on SQLite and on PostgreSQL."""
from __future__ import annotations

import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from care_night import TOKEN, Clock, Robot, answer, board, event, fall, log_in, picture
from fastapi.testclient import TestClient
from sqlalchemy import text

from care.app import create_app
from care.database import Database, DatabaseError
from care.models import Base
from care.platform import Platform
from care.upkeep import add_user, purge

POSTGRES = "ANBAN_TEST_POSTGRES_URL"


def test_the_migrations_make_exactly_the_tables_of_the_models(database_url):
    database = Database(database_url)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_second_start_keeps_data_and_key(database_url):
    first = Database(database_url)
    key = first.secret_key()
    first.close()
    assert Database(database_url).secret_key() == key


def test_sqlite_writes_ahead_and_to_disk(database_url):
    with Database(database_url).read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2


@pytest.mark.parametrize("url, word", [("nonsense", "database URL"), ("sqlite:////proc/none/care.sqlite3", "cannot be"),
                                       ("postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot be opened")])
def test_a_database_that_cannot_be_used_is_said_in_words(url, word):
    with pytest.raises(DatabaseError, match=word):
        Database(url)


def test_the_whole_life_of_an_alarm_runs_on_postgresql():
    url = os.environ.get(POSTGRES)
    if not url:
        pytest.skip(f"no PostgreSQL to test with: set {POSTGRES} to the URL of an empty database")
    clock, database = Clock(), Database(url)
    add_user(database, "chen", "Nurse Chen", "nurse", "night-shift-1", clock.wall())
    client = TestClient(create_app(Platform(database, TOKEN, clock.wall, clock.steady)), follow_redirects=False)
    log_in(client)
    sent = [fall(snapshot_jpeg=picture()), event("heartbeat", {}), event("vital", {
        "resident_id": "lin", "readings": [{"code": "8867-4", "value": 71}]})]
    for _ in range(2):
        assert len(Robot(client).post(*sent, fall("b", words="nul\x00l")).json()["accepted"]) == 4
    assert answer(client, "acknowledge", "fall-1").json()["first"] is True
    assert answer(client, "resolve", "fall-1", "ok").json()["first"] is True
    assert client.get("/").status_code == 200 and board(client)["resolved"][0]["id"] == "fall-1"
    clock.advance(40 * 86400)
    assert purge(database, 30, clock.wall()).alarms == 1
