"""What caregivers decide holds, also when two decide at once; and silence is an alarm."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from care_night import answer, at, board, event, fall, log_in, picture
from fastapi.testclient import TestClient

from care import upkeep
from care.app import create_app
from care.models import User
from care.platform import Platform
from care.robot_api import commands_after
from care.watch import RobotWatch


def test_the_second_to_acknowledge_learns_who_was_first(client, robot, platform):
    robot.post(fall())
    log_in(client, "chen")
    other = TestClient(create_app(platform), follow_redirects=False)
    log_in(other, "wang")
    assert answer(client, "acknowledge", "fall-1").json() == {
        "state": "acknowledged", "by": "chen", "by_name": "Nurse Chen", "first": True}
    assert answer(other, "acknowledge", "fall-1").json() == {
        "state": "acknowledged", "by": "chen", "by_name": "Nurse Chen", "first": False}
    assert len(commands_after(platform, 0)) == 1


def test_of_many_who_acknowledge_in_the_same_moment_exactly_one_is_first(robot, platform):
    robot.post(fall())
    names = [("chen", "Nurse Chen"), ("wang", "Head nurse Wang")] * 8
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda name: platform.act(
            "acknowledge", "fall-1", User(name=name[0], display_name=name[1], role="nurse"), ""), names))
    assert sum(outcome.first for outcome in outcomes) == 1
    assert len({outcome.by for outcome in outcomes}) == 1
    assert len(commands_after(platform, 0)) == 1


def test_a_resolved_alarm_tells_by_whom_and_why(client, robot):
    log_in(client)
    robot.post(fall())
    answer(client, "acknowledge", "fall-1")
    answer(client, "resolve", "fall-1", "Helped, not hurt")
    [alarm] = board(client)["resolved"]
    assert (alarm["acknowledged_by"], alarm["resolved_by"], alarm["resolution"]) == (
        "Nurse Chen", "Nurse Chen", "Helped, not hurt")
    assert answer(client, "acknowledge", "fall-1").json()["state"] == "resolved"


def test_a_notice_cannot_be_taken_over_and_so_still_rings_when_it_rises(client, robot):
    log_in(client)
    robot.post(fall(priority="notice"))
    assert answer(client, "acknowledge", "fall-1").json()["state"] == "raised"
    robot.post(fall(priority="high", changed_at=at(5)))
    assert board(client)["raised"][0]["priority"] == "high"


def test_an_alarm_that_is_not_there_is_said_to_be_gone(client):
    log_in(client)
    assert answer(client, "resolve", "nothing").status_code == 404


def test_open_alarms_stand_by_priority_and_then_by_time(client, robot, clock):
    log_in(client)
    for alarm_id, priority in (("low", "low"), ("high-1", "high"), ("notice", "notice"), ("high-2", "high")):
        robot.post(fall(alarm_id, priority=priority))
        clock.advance(1)
    assert [alarm["id"] for alarm in board(client)["raised"]] == ["high-1", "high-2", "low", "notice"]


def test_a_silent_robot_is_an_alarm_and_its_return_ends_it(client, robot, platform, clock):
    log_in(client)
    robot.post(event("heartbeat", {}))
    clock.advance(9.9)
    assert platform.check_silence() == []
    clock.advance(0.1)
    assert platform.check_silence() == ["anban-1"]
    clock.advance(60)
    assert platform.check_silence() == []  # said once
    [alarm] = board(client)["raised"]
    assert (alarm["kind"], alarm["priority"]) == ("robot_offline", "medium")
    robot.post(event("heartbeat", {}))
    assert board(client)["raised"] == []
    assert board(client)["resolved"][0]["resolution"] == "The robot is back"
    assert commands_after(platform, 0) == []  # nothing that a robot should do


def test_a_robot_lost_before_a_restart_of_the_platform_is_not_reported_twice(client, robot, platform, clock):
    robot.post(event("heartbeat", {}))
    clock.advance(20)
    platform.check_silence()
    again = Platform(platform.database, platform.robot_token, clock.wall, clock.steady)
    clock.advance(60)
    assert again.check_silence() == []


def test_a_robot_known_from_before_has_its_time_to_speak_after_a_restart(robot, platform, clock):
    robot.post(event("heartbeat", {}))
    again = Platform(platform.database, platform.robot_token, clock.wall, clock.steady)
    clock.advance(5)
    assert again.check_silence() == []
    clock.advance(5)
    assert again.check_silence() == ["anban-1"]


def test_the_watch_tells_lost_once_and_found_once():
    watch = RobotWatch(silent_s=10)
    assert watch.heard("a", 0) is False
    assert watch.newly_lost(10) == [("a", 10)]
    assert watch.newly_lost(11) == []
    assert watch.heard("a", 12) is True
    assert watch.heard("a", 13) is False


def test_a_robot_that_lives_in_another_night_has_its_ages_told_by_its_own_clock(client, robot, clock):
    log_in(client)
    robot.post(event("heartbeat", {}, time="2030-01-01T20:00:00+09:00"), fall(time="2030-01-01T19:59:00+09:00"))
    assert board(client)["raised"][0]["at"] == "19:59:00"
    clock.advance(20)
    client.app.state.platform.check_silence()
    offline = next(alarm for alarm in board(client)["raised"] if alarm["kind"] == "robot_offline")
    assert offline["at"] == "20:00:20"


def test_a_purge_destroys_what_is_old_and_leaves_what_is_open(client, robot, platform, clock):
    log_in(client)
    robot.post(fall("old", snapshot_jpeg=picture()), fall("open", snapshot_jpeg=picture()),
               event("vital", {"resident_id": "lin", "readings": [{"code": "8867-4", "value": 71}]}))
    answer(client, "resolve", "old")
    clock.advance(31 * 86400)
    robot.post(fall("new", time=at(31 * 86400), snapshot_jpeg=picture()))
    purged = upkeep.purge(platform.database, 30, clock.wall())
    assert (purged.alarms, purged.snapshots, purged.readings) == (1, 2, 1)
    log_in(client, "mo")
    platform.hub.publish("alarms")
    assert {alarm["id"]: bool(alarm["snapshot"]) for alarm in board(client)["raised"]} == {"open": False, "new": True}
    assert "purged old data" in client.get("/audit").text
