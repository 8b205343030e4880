"""What the robot tells reaches the real care platform once, in order, through outages and kill -9."""
from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from care.models import Alarm as AlarmRow
from care.models import ReceivedEvent, Robot, RoomEvent
from robot.alarms import Alarm, AlarmBook, Priority
from robot.bridge.outbox import Teller
from robot.bridge.platform import Listener, PlatformLine
from robot.environment import outside_environment
from robot.journal import Event, Journal
from robot.site import load_site
from tests.robot.care_platform import TOKEN, CarePlatform, until

HOME = Path(__file__).resolve().parents[2] / "config" / "home.yaml"
SITE = load_site(HOME)
TELLER = Teller(SITE)


class Heard:
    """What the line says of itself, and the commands it carries out."""

    def __init__(self) -> None:
        self.health: dict[str, tuple[str, str]] = {}
        self.commands: list[dict] = []
        self.able = True
        self.heartbeats = self.asked = 0
        self.listener = Listener(health=lambda part, level, message: self.health.update({part: (level, message)}),
                                 command=self._command, heartbeat=self._heartbeat)

    def _heartbeat(self) -> Event:
        self.heartbeats += 1
        return TELLER.latest("heartbeat", {}, time.time())

    async def _command(self, command: dict) -> bool:
        self.asked += 1
        if self.able:
            self.commands.append(command)
        return self.able


@pytest.fixture
def care(tmp_path):
    platform = CarePlatform(tmp_path).start()
    yield platform
    platform.stop()


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite3") as journal:
        yield journal


@contextlib.contextmanager
def line_to(url: str, journal: Journal, token: str = TOKEN, ca_file: str = ""):
    heard = Heard()
    line = PlatformLine(url, token, SITE.robot.id, str(journal.path), heard.listener, time.time, ca_file)
    line.start()
    try:
        yield line, heard
    finally:
        line.stop()


def room_event(number: int) -> Event:
    return TELLER.room_event("motion_bedroom", "motion", "bedroom", "", str(number), 1_790_000_000.0 + number)


def high_alarm(alarm_id: str) -> Alarm:
    report = Alarm(alarm_id, "fall", Priority.HIGH, resident_id="lin", room="bedroom", position=(2.0, 1.5, 0.0),
                   words="救命", snapshot=b"\xff\xd8\xff\xe0 a picture")
    return AlarmBook(SITE.escalation).raise_alarm(report, time.time()).alarm


def test_an_alarm_stands_on_the_platform_with_place_and_words(care, journal):
    journal.enqueue(TELLER.alarm(high_alarm("a-1")))
    with line_to(care.url, journal) as (_, heard):
        (row,) = until(lambda: care.rows(AlarmRow), "the alarm")
        assert (row.kind, row.room, row.room_name, row.words) == ("fall", "bedroom", "卧室", "救命")
        until(lambda: journal.outbox_length() == 0, "an empty outbox")
        until(lambda: heard.health.get("platform") == ("ok", f"connected to {care.url}"), "health")


def test_an_outage_loses_nothing_doubles_nothing_and_keeps_the_order(care, journal):
    numbers = itertools.count()
    with line_to(care.url, journal) as (line, heard):
        def tell(count: int) -> None:
            for number in itertools.islice(numbers, count):
                journal.enqueue(room_event(number))
                line.wake()

        tell(20)
        until(lambda: len(care.rows(RoomEvent)) == 20, "the first twenty")
        care.stop()
        tell(120)
        until(lambda: heard.health["platform"][0] == "error", "the outage to be noticed")
        journal.enqueue(TELLER.alarm(high_alarm("in-the-outage")))
        line.wake()
        until(lambda: "121 events wait" in heard.health["platform"][1], "the length of the queue to be told")
        care.start()
        until(lambda: len(care.rows(RoomEvent)) == 140, "everything")
        tell(10)
        rows = until(lambda: len(rows := care.rows(RoomEvent)) == 150 and rows, "the last ten")
        by_arrival = sorted(rows, key=lambda row: row.received_s)
        assert [int(row.detail) for row in by_arrival] == list(range(150))
        assert [row.alarm_id for row in care.rows(AlarmRow)] == ["in-the-outage"]
        until(lambda: heard.health["platform"][0] == "ok", "the end of the outage to be told")


def test_one_bad_event_becomes_a_dead_letter_and_the_others_pass(care, journal):
    journal.enqueue(room_event(1))
    journal.enqueue(Event("bad", "dose", TELLER.time(1.0), {"dose_id": ""}))
    journal.enqueue(room_event(2))
    with line_to(care.url, journal) as (_, heard):
        until(lambda: len(care.rows(RoomEvent)) == 2, "the good ones")
        until(lambda: journal.outbox_length() == 0, "an empty outbox")
        ((event, reason),) = journal.dead_letters()
        assert event.id == "bad" and reason
        assert heard.health["outbox"][0] == "warn" and "dead_letters" in heard.health["outbox"][1]


def test_a_wrong_token_is_told_in_words_and_nothing_is_lost(care, journal):
    journal.enqueue(room_event(1))
    with line_to(care.url, journal, token="wrong") as (_, heard):
        until(lambda: "set ANBAN_ROBOT_TOKEN" in heard.health.get("platform", ("", ""))[1], "the remedy")
    assert journal.outbox_length() == 1


def test_an_encrypted_platform_is_told_only_when_its_certificate_is_trusted(tmp_path, journal):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=care",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True, env=outside_environment())
    care = CarePlatform(tmp_path, certificate=certificate, key=key).start()
    try:
        journal.enqueue(room_event(1))
        with line_to(care.url, journal) as (_, heard):
            until(lambda: "certificate" in heard.health.get("platform", ("", ""))[1], "the refusal")
        assert journal.outbox_length() == 1
        with line_to(care.url, journal, ca_file=str(certificate)):
            until(lambda: len(care.rows(RoomEvent)) == 1, "the event")
    finally:
        care.stop()


def test_an_acknowledgement_comes_back_once_also_over_a_break_and_a_restart(care, journal):
    journal.enqueue(TELLER.alarm(high_alarm("a-1")))
    journal.enqueue(TELLER.alarm(high_alarm("a-2")))
    with line_to(care.url, journal) as (_, heard):
        until(lambda: len(care.rows(AlarmRow)) == 2, "the alarms")
        until(lambda: heard.health.get("commands") == ("ok", "listening"), "the command stream")
        care.acknowledge("a-1")
        (command,) = until(lambda: heard.commands, "the acknowledgement")
        assert (command["type"], command["alarm_id"], command["by"]) == ("acknowledge", "a-1", "chen")
        care.stop()
        care.start()
        care.acknowledge("a-2")
        until(lambda: len(heard.commands) == 2, "the second one, after the break")
    with line_to(care.url, journal) as (_, heard):
        until(lambda: heard.health.get("commands") == ("ok", "listening"), "the command stream")
        care.acknowledge("a-2")  # nothing new
        until(lambda: heard.health.get("platform", ("",))[0] == "ok", "a connection")
        assert heard.commands == []


def test_a_command_that_cannot_be_carried_out_now_is_carried_out_later(care, journal):
    journal.enqueue(TELLER.alarm(high_alarm("a-1")))
    with line_to(care.url, journal) as (_, heard):
        heard.able = False
        until(lambda: care.rows(AlarmRow), "the alarm")
        care.acknowledge("a-1")
        until(lambda: heard.asked >= 2, "a second try in vain")
        assert journal.fact("platform/last_command", "0") == "0"
        heard.able = True
        until(lambda: len(heard.commands) == 1, "the command")
        until(lambda: journal.fact("platform/last_command") == "1", "its mark")


def test_heartbeats_keep_the_robot_online_and_only_the_newest_state_is_sent(care, journal):
    with line_to(care.url, journal) as (line, heard):
        for state in ("one", "two", "three"):
            line.tell_latest(TELLER.latest("mission", {"task": "patrol", "state": state}, time.time()))
        until(lambda: (robots := care.rows(Robot)) and (robots[0].mission or {}).get("state") == "three", "the mission")
        until(lambda: heard.heartbeats >= 3, "three heartbeats")
        assert care.rows(Robot)[0].online and journal.outbox_length() == 0


def test_a_platform_that_forgot_everything_is_told_how_things_stand(tmp_path, journal):
    first = CarePlatform(tmp_path).start()
    with line_to(first.url, journal) as (line, heard):
        line.tell_latest(TELLER.latest("mission", {"task": "patrol", "state": "on the way"}, time.time()))
        until(lambda: first.rows(Robot) and first.rows(Robot)[0].mission, "the mission")
        first.stop()
        until(lambda: heard.health["platform"][0] == "error", "the outage to be noticed")
        (tmp_path / "new").mkdir()
        second = CarePlatform(tmp_path / "new", first.port).start()
        until(lambda: second.rows(Robot) and second.rows(Robot)[0].mission, "the mission, told again")
    second.stop()


def test_a_full_disk_stops_no_alarm_and_sends_nothing_for_ever(care, journal):
    for number in range(5):
        journal.enqueue(room_event(number))
    with line_to(care.url, journal) as (line, heard):
        until(lambda: journal.outbox_length() == 0, "an empty outbox")
        line._journal._db.execute("PRAGMA query_only = ON")  # no write gets through any more
        journal.enqueue(room_event(6))
        line.tell_directly(TELLER.alarm(high_alarm("full-disk")))
        until(lambda: [row.alarm_id for row in care.rows(AlarmRow)] == ["full-disk"], "the alarm")
        until(lambda: len(care.rows(RoomEvent)) == 6, "the room event")
        until(lambda: heard.health["outbox"][0] == "error", "the fault to be told")
        assert journal.outbox_length() == 1
        line._journal._db.execute("PRAGMA query_only = OFF")
        journal.enqueue(room_event(7))
        line.wake()
        until(lambda: journal.outbox_length() == 0, "the outbox to be emptied")


def test_what_kill_9_left_in_the_journal_is_delivered_after_the_restart(care, journal):
    child = subprocess.Popen([sys.executable, "-c", f"""
import sys, time
from robot.alarms import Alarm, AlarmBook, Priority
from robot.bridge.outbox import Teller
from robot.journal import Journal
from robot.site import load_site
site = load_site({str(HOME)!r})
alarm = AlarmBook(site.escalation).raise_alarm(Alarm("killed", "fall", Priority.HIGH, resident_id="lin"), 1.79e9).alarm
journal = Journal({str(journal.path)!r})
with journal.transaction():
    journal.put_alarm(alarm.alarm_id, True, alarm.changed_s, alarm.to_dict())
    journal.enqueue(Teller(site).alarm(alarm))
print("written", flush=True)
sys.stdin.read()
"""], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=HOME.parents[1])
    assert child.stdout.readline() == "written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with line_to(care.url, journal):
        until(lambda: [row.alarm_id for row in care.rows(AlarmRow)] == ["killed"], "the alarm")
    assert len([row for row in care.rows(ReceivedEvent) if row.type == "alarm"]) == 1


def test_the_same_event_from_journal_and_memory_is_taken_once(care, journal):
    event = TELLER.alarm(high_alarm("twice"))
    journal.enqueue(event)
    with line_to(care.url, journal) as (line, _):
        line.tell_directly(event)
        until(lambda: journal.outbox_length() == 0 and line.was_delivered(event.id), "delivery")
        line.tell_directly(event)
        line.tell_directly(replace(event, id="another"))
        until(lambda: line.was_delivered("another"), "the next")
    assert sorted(row.event_id for row in care.rows(ReceivedEvent)) == sorted([event.id, "another"])


@pytest.mark.parametrize("status, body", [(500, b"oops"), (200, b"<html>"), (200, b"[]"), (404, b"{}"), (429, b"")])
def test_an_answer_that_is_none_keeps_everything(journal, status, body):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    journal.enqueue(room_event(1))
    try:
        with line_to(f"http://127.0.0.1:{server.server_port}", journal) as (_, heard):
            until(lambda: heard.health.get("platform", ("",))[0] == "error", "the fault to be told")
    finally:
        server.shutdown()
        server.server_close()
    assert journal.outbox_length() == 1 and journal.dead_letters() == []


def test_a_batch_refused_as_a_whole_is_halved_until_the_culprit_stands_alone(journal):
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            ids = [event["id"] for event in body["events"]]
            refused = "poison" in ids
            taken.extend([] if refused else ids)
            answer = json.dumps({"accepted": ids}).encode()
            self.send_response(413 if refused else 200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for number in range(9):
        journal.enqueue(replace(room_event(number), id="poison" if number == 5 else str(number)))
    try:
        with line_to(f"http://127.0.0.1:{server.server_port}", journal):
            until(lambda: journal.outbox_length() == 0, "an empty outbox")
    finally:
        server.shutdown()
        server.server_close()
    assert [i for i in taken if i.isdigit()] == ["0", "1", "2", "3", "4", "6", "7", "8"]
    assert [event.id for event, _ in journal.dead_letters()] == ["poison"]


def test_times_carry_the_offset_of_the_site():
    at = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=timezone.utc).timestamp()
    assert TELLER.time(at) == "2026-11-22T20:00:00.250000+08:00"
