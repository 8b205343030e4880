"""What was perhaps meant for the robot: it asks once, by day, of somebody near, in a quiet room."""
from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from behaviors.behavior import ActionDone, Ask, FallSeen, FindPerson, Heard, PersonSeen, RecordDose, Say
from behaviors.mission import Mission
from behaviors.schedule import DueDose
from robot.site import load_site

SITE = load_site(Path(__file__).parents[2] / "config" / "home.yaml")
NOON_S = datetime(2026, 11, 23, 12, 5, tzinfo=SITE.zone).timestamp()
NIGHT_S = datetime(2026, 11, 23, 23, 5, tzinfo=SITE.zone).timestamp()
NEAR = PersonSeen("body1", "lin", (1.1, 2.0, 0.6), (1.1, 2.0, 1.1), "bedroom", "sitting", facing=True)
TIME = Heard("time", "几点了")


@pytest.fixture
def mission():
    mission = Mission(SITE, viewpoints=lambda person: [(2.5, 1.5, 3.1)], looks=lambda stop: [0.0])
    mission.situation.place = (2.5, 1.0)
    return mission


def overhear(mission, heard=TIME, now_s=NOON_S, person=NEAR):
    mission.on_people([person], now_s - 0.2)
    return [order.command for order in mission.on_overheard(heard, now_s)]


def answer(mission, intent, now_s=NOON_S + 4):
    wonder = mission.arbiter.active
    question = Ask("attention.ask", ("yes", "no", "time"), attempts=1, wait_s=6.0)
    done = ActionDone(question, True, outcome="answered" if intent else "silent", intent=intent)
    return [order.command for order in mission.on_done(wonder, done, now_s)]


def test_who_is_near_and_turned_to_the_robot_is_asked_and_not_obeyed(mission):
    asked, = overhear(mission)
    assert isinstance(asked, Ask) and asked.phrase == "attention.ask" and asked.attempts == 1


@pytest.mark.parametrize("intent", ["yes", "time"])
def test_who_says_yes_or_says_it_again_is_answered(mission, intent):
    overhear(mission)
    assert [c.phrase for c in answer(mission, intent) if isinstance(c, Say)] == ["dialogue.time"]


@pytest.mark.parametrize("intent", ["no", ""])
def test_who_says_no_or_nothing_is_left_alone(mission, intent):
    overhear(mission)
    assert not [c for c in answer(mission, intent) if isinstance(c, Say)]
    assert mission.arbiter.active is None


def test_an_errand_is_run_after_a_yes(mission):
    overhear(mission, Heard("come", "过来"))
    assert any(isinstance(c, FindPerson) for c in answer(mission, "yes"))


@pytest.mark.parametrize("person", [
    PersonSeen("body1", "lin", (6.8, 3.4, 0.6), (6.8, 3.4, 1.1), "living_room", "sitting", facing=True),  # far
    PersonSeen("body1", "lin", (1.1, 2.0, 0.6), (1.1, 2.0, 1.1), "bedroom", "sitting", facing=False),
    PersonSeen("body1", "lin", (1.1, 2.0, 0.6), (1.1, 2.0, 1.1), "bedroom", "sitting", facing=True, visible=False)])
def test_who_is_far_or_turned_away_or_out_of_sight_is_not_asked(mission, person):
    assert overhear(mission, person=person) == []


def test_nobody_is_asked_at_night_or_twice_in_a_quarter_of_an_hour(mission):
    assert overhear(mission, now_s=NIGHT_S) == []
    assert overhear(mission, now_s=NIGHT_S + 13 * 3600)
    answer(mission, "no", NIGHT_S + 13 * 3600 + 4)
    assert overhear(mission, now_s=NIGHT_S + 13 * 3600 + 600) == []
    assert overhear(mission, now_s=NIGHT_S + 13 * 3600 + 1600)


def test_nobody_is_asked_over_a_television_or_a_conversation(mission):
    for ago_s in (50, 30, 12):
        assert overhear(mission, Heard("", "今天的新闻"), NOON_S - ago_s) == []
    assert overhear(mission) == []


def test_what_was_heard_doubtfully_or_wants_no_answer_is_let_go(mission):
    assert overhear(mission, Heard("time", "几点", confidence=0.3)) == []
    assert overhear(mission, Heard("yes", "是的")) == []


def test_a_fall_ends_the_question_for_good(mission):
    overhear(mission)
    lying = PersonSeen("body1", "lin", (1.1, 2.0, 0.1), (1.1, 2.0, 0.1), "bedroom", "lying_on_floor", on_floor=True)
    mission.on_fall(FallSeen("f", "confirmed", lying, 0.9, NOON_S), NOON_S + 1)
    assert mission.arbiter.active.TASK == "fall_response"
    assert mission.on_overheard(TIME, NOON_S + 2) == []


def test_while_a_dose_is_open_taken_counts_whoever_it_was_said_to(mission):
    plan, = SITE.medication
    mission.on_due_dose(DueDose("d", plan, NOON_S, NOON_S + 3600), 1, NOON_S)
    orders = mission.on_overheard(Heard("taken", "我吃过了"), NOON_S + 5)
    assert [o.command.outcome for o in orders if isinstance(o.command, RecordDose)] == ["confirmed"]
