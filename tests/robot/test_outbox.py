"""The words in which the robot tells the care platform, and how it reads the answer."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from robot.alarms import Alarm, Priority
from robot.bridge.outbox import Teller, cut, judge
from robot.bridge.status import GONE_AFTER_S, MOST_PARTS, StatusBoard
from robot.journal import DoseRow, OutboxRow
from robot.site import load_site

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
ALARM = Alarm("a", "fall", Priority.HIGH, resident_id="lin", room="bedroom", changed_s=1_790_000_000.000001)


@pytest.mark.parametrize("language, resident, room", [("en", "Mrs. Lin", "bedroom"), ("ja", "林さん", "寝室"),
                                                      ("", "林奶奶", "卧室"), ("ko", "Mrs. Lin", "bedroom")])
def test_names_are_in_the_language_of_the_caregivers(language, resident, room):
    payload = Teller(SITE, language).alarm(ALARM).payload
    assert (payload["resident_name"], payload["room_name"]) == (resident, room)


def test_an_unknown_place_or_picture_is_null_and_unknown_people_keep_their_id():
    payload = Teller(SITE).alarm(replace(ALARM, resident_id="stranger", room="")).payload
    assert payload["position"] is None and payload["snapshot_jpeg"] is None
    assert payload["resident_name"] == "stranger" and payload["room_name"] == ""


def test_each_state_of_an_alarm_is_one_event_and_the_same_state_the_same_event():
    teller = Teller(SITE)
    later = replace(ALARM, changed_s=ALARM.changed_s + 1e-6)
    assert teller.alarm(ALARM).id == teller.alarm(replace(ALARM)).id == teller.alarm_event_id("a", ALARM.changed_s)
    assert teller.alarm(later).id != teller.alarm(ALARM).id


def test_a_dose_is_told_with_the_medicine_and_when_it_was_due():
    row = DoseRow("lin-evening/1", "lin-evening", "lin", "confirmed", 1_790_000_000.0, 2, 1_790_000_100.0, "吃了")
    payload = Teller(SITE, "en").dose(row).payload
    assert (payload["medicine"], payload["outcome"], payload["announcements"]) == ("amlodipine", "confirmed", 2)
    assert payload["due"].endswith("+08:00")


def test_a_reading_that_is_no_number_is_left_out():
    readings = [dict(code="8867-4", name="heart rate", value=v, unit="/min") for v in (float("nan"), 64.0)]
    assert [r["value"] for r in Teller(SITE).vital("lin", "bed", 1.0, readings).payload["readings"]] == [64.0]


@pytest.mark.parametrize("answer, accepted, rejected, unanswered", [
    ({"accepted": ["a", "b"]}, ("a", "b"), (), ()),
    ({"accepted": ["a"], "rejected": [{"id": "b", "error": "bad"}]}, ("a",), (("b", "bad"),), ()),
    ({"accepted": ["a", "x"]}, ("a",), (), ("b",)),
    ({"accepted": None, "rejected": ["b"]}, (), (), ("a", "b")),
    ([], (), (), ("a", "b")),
])
def test_what_the_platform_does_not_speak_of_is_sent_again(answer, accepted, rejected, unanswered):
    verdict = judge(["a", "b"], answer)
    assert (verdict.accepted, verdict.rejected, verdict.unanswered) == (accepted, rejected, unanswered)


def test_a_batch_of_pictures_is_cut_to_size_and_never_empty():
    event = Teller(SITE).alarm(replace(ALARM, snapshot=b"x" * 60_000))
    rows = [OutboxRow(n, event, 0) for n in range(50)]
    assert 1 < len(cut(rows)) < 20 and len(cut(rows, max_bytes=10)) == 1 and cut([]) == []


def test_the_board_shows_what_is_wrong_and_counts_the_rest():
    board = StatusBoard()
    board.take("people: camera", "people", 0, "10 frames/s", 0.0)
    board.take("rooms: broker", "rooms", 2, "no MQTT broker", 0.0)
    board.take("rooms: bp_lin", "rooms", 1, "battery low", 0.0)
    assert [(p["name"], p["level"]) for p in board.parts(1.0)] == [
        ("rooms: broker", "error"), ("rooms: bp_lin", "warn"), ("robot", "ok")]
    board.take("rooms: broker", "rooms", 0, "connected", 2.0)
    assert board.parts(3.0)[-1]["message"] == "2 parts work"


def test_a_node_that_fell_silent_is_shown_and_freed_when_it_is_back():
    board = StatusBoard()
    board.take("people: camera", "people", 0, "well", 0.0)
    board.take("alarms: journal", "alarms", 0, "well", GONE_AFTER_S)
    assert ("people", "stale") in [(p["name"], p["level"]) for p in board.parts(GONE_AFTER_S + 1.0)]
    board.take("people: camera", "people", 0, "well", GONE_AFTER_S + 2.0)
    assert [p["level"] for p in board.parts(GONE_AFTER_S + 2.0)] == ["ok"]


def test_a_flood_of_faults_stays_readable():
    board = StatusBoard()
    for number in range(500):
        board.take(f"part {number}", "node", 2, "x" * 9000, 0.0)
    parts = board.parts(0.0)
    assert len(parts) == MOST_PARTS + 2 and parts[-2]["message"] == "400 more parts are not well"
