"""What the robot tells arrives once, in order, and whatever else it says."""
from __future__ import annotations

import json
import threading

import httpx
import pytest
from care_night import TOKEN, answer, at, board, event, fall, log_in, picture

from care.robot_api import commands_after


def test_an_alarm_stands_on_the_board_with_all_that_the_robot_told(client, robot):
    log_in(client)
    sent = fall(snapshot_jpeg=picture(), notified=["chen", "wang"])
    assert robot.post(sent).json() == {"accepted": [sent["id"]]}
    [alarm] = board(client)["raised"]
    assert (alarm["title"], alarm["place"], alarm["at"], alarm["sure"]) == (
        "Mrs. Lin has fallen", "bedroom", "02:14:00", "very sure")
    assert alarm["told"] == ["Nurse Chen", "Head nurse Wang"]
    assert alarm["snapshot"]


def test_the_same_event_twice_is_accepted_twice_and_taken_once(client, robot):
    log_in(client)
    vital = event("vital", {"resident_id": "lin", "readings": [{"code": "8867-4", "value": 71, "unit": "/min"}]})
    for _ in range(2):
        assert robot.post(vital).json()["accepted"] == [vital["id"]]
    assert client.get("/").text.count("data-shown=\"vital\"") == 1
    assert "polyline" not in client.get("/").text  # one value has no trend


def test_an_older_change_never_overwrites_a_newer_one(client, robot):
    log_in(client)
    robot.post(fall(changed_at=at(20), words="Help me"))
    robot.post(fall(changed_at=at(10), priority="notice", words="", state="raised"))
    [alarm] = board(client)["raised"]
    assert (alarm["priority"], alarm["words"]) == ("high", "Help me")


def test_a_notice_becomes_high_in_place_and_an_empty_field_erases_nothing(client, robot):
    log_in(client)
    robot.post(fall(changed_at=at(0), priority="notice", words="", snapshot_jpeg=picture()))
    assert board(client)["raised"][0]["title"] == "Checking on Mrs. Lin"
    robot.post(fall(changed_at=at(20), priority="high", snapshot_jpeg=None))
    [alarm] = board(client)["raised"]
    assert (alarm["title"], alarm["priority"]) == ("Mrs. Lin has fallen", "high")
    assert alarm["snapshot"]


def test_one_bad_event_is_rejected_alone_with_a_readable_reason(client, robot):
    log_in(client)
    good, bad = fall(), fall("fall-2", changed_at="yesterday evening")
    reply = robot.post(good, bad, {"id": "x"}, "nonsense", event("party", {})).json()
    assert reply["accepted"] == [good["id"]]
    assert [r["id"] for r in reply["rejected"]] == [bad["id"], "x", "", reply["rejected"][3]["id"]]
    assert reply["rejected"][0]["error"].startswith("changed_at: input should be a valid datetime")
    assert "'party' is unknown" in reply["rejected"][3]["error"]
    assert len(board(client)["raised"]) == 1


@pytest.mark.parametrize("payload", [
    {"alarm_id": "a"}, {"alarm_id": "a", "kind": "meteor"}, {"alarm_id": "a", "kind": "sos", "confidence": None},
    {"alarm_id": "a", "kind": "", "words": None, "room_name": None, "notified": []}])
def test_an_alarm_of_an_unknown_kind_or_with_little_in_it_still_shows(client, robot, payload):
    log_in(client)
    assert robot.post(event("alarm", payload)).json()["accepted"]
    [alarm] = board(client)["raised"]
    assert alarm["title"] and alarm["priority"] == "high"
    assert "data-alarm-id=\"a\"" in client.get("/").text


def test_an_alarm_with_a_broken_picture_is_shown_with_a_remark(client, robot):
    log_in(client)
    assert robot.post(fall(snapshot_jpeg="bm90IGEgcGljdHVyZQ==")).json()["accepted"]
    [alarm] = board(client)["raised"]
    assert (alarm["snapshot"], alarm["snapshot_problem"]) == ("", "not a JPEG picture")


def test_text_from_the_robot_is_never_markup(client, robot):
    log_in(client)
    robot.post(fall(words="<script>alert(1)</script>", resident_name="<b>Lin"))
    page = client.get("/").text
    assert "<script>alert" not in page and "<b>Lin" not in page


def test_letters_that_cannot_be_stored_hold_nothing_back(client, robot):
    log_in(client)
    strange = [fall("a", words="\ud800"), fall("b", words="a\x00b"), {"id": "\udcff", "type": "alarm"}, fall("c")]
    body = json.dumps({"robot_id": "anban-1", "events": strange})
    reply = client.post("/api/v1/robot/events", content=body, headers={"Authorization": f"Bearer {TOKEN}"}).json()
    assert (len(reply["accepted"]), len(reply["rejected"])) == (3, 1)
    assert [alarm["words"] for alarm in board(client)["raised"]][:2] == ["?", "ab"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN},
                                    {"Authorization": "Bearer gehört nicht hierher".encode("latin-1")}])
def test_without_the_token_nothing_is_taken(client, header):
    assert client.post("/api/v1/robot/events", json={"robot_id": "r", "events": []}, headers=header).status_code == 401
    assert client.get("/api/v1/robot/commands", headers=header).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"robot_id": 1, "events": []}', b'{"events": []}', b"\xff\xfe"])
def test_a_body_that_is_none_is_refused_in_words(client, body):
    reply = client.post("/api/v1/robot/events", content=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 400 and "robot_id" in reply.json()["detail"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(client, chunked):
    block = b"x" * 1_000_000
    content = (block for _ in range(13)) if chunked else block * 13
    reply = client.post("/api/v1/robot/events", content=content, headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 413


def test_an_acknowledgement_is_never_undone_by_the_robot(client, robot):
    log_in(client)
    robot.post(fall(changed_at=at(0)))
    answer(client, "acknowledge", "fall-1")
    robot.post(fall(changed_at=at(60), escalation_level=1))
    assert board(client)["raised"] == []
    assert board(client)["acknowledged"][0]["acknowledged_by"] == "Nurse Chen"


def test_commands_are_replayed_from_where_the_robot_left_off(client, robot, platform):
    log_in(client)
    robot.post(fall("a"), fall("b"))
    answer(client, "acknowledge", "a")
    answer(client, "resolve", "b", "helped to bed")
    first, second = commands_after(platform, 0)
    assert (first["type"], first["alarm_id"], first["by_name"]) == ("acknowledge", "a", "Nurse Chen")
    assert (second["type"], second["note"]) == ("resolve", "helped to bed")
    assert commands_after(platform, first["seq"]) == [second]
    assert commands_after(platform, 0, "another-robot") == []


@pytest.mark.slow
def test_the_command_stream_brings_old_commands_and_new_ones(server, live_robot):
    live_robot.post(fall("a"), fall("b"))
    with httpx.Client(base_url=server.url, timeout=30) as nurse:
        log_in(nurse)
        answer(nurse, "acknowledge", "a")
        got, enough = [], threading.Event()

        def listen() -> None:
            with httpx.stream("GET", server.url + "/api/v1/robot/commands?after=0", timeout=30,
                              headers={"Authorization": f"Bearer {TOKEN}"}) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: "):
                        got.append(json.loads(line[6:]))
                        enough.set()
                        if len(got) == 2:
                            return

        listener = threading.Thread(target=listen)
        listener.start()
        assert enough.wait(30)
        answer(nurse, "resolve", "b", "false alarm")
        listener.join(30)
    assert [(c["type"], c["alarm_id"]) for c in got] == [("acknowledge", "a"), ("resolve", "b")]
    assert got[1]["seq"] > got[0]["seq"]
