"""A reminder is kept, survives a restart, and is told when it is due: near her, and after what is more urgent."""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from behaviors.behavior import (
    ActionDone,
    AlarmChanged,
    Ask,
    FallSeen,
    FindPerson,
    GoTo,
    Heard,
    PersonSeen,
    RaiseAlarm,
    Say,
)
from behaviors.memory import KEPT, Memory
from behaviors.mission import Mission
from behaviors.reminder import USELESS_S
from behaviors.reminder_book import HELD_S, MET_AGAIN_S
from robot.answers import EndReminder, SetReminder
from robot.answers.known import CORRECTED_S
from robot.journal import Journal
from robot.reminder import Reminder
from robot.site import load_site

from .orders import only

HOME = Path(__file__).parents[2] / "config" / "home.yaml"
SITE = load_site(HOME)
NOON_S = datetime(2026, 11, 23, 12, 5, tzinfo=SITE.zone).timestamp()
SITTING = PersonSeen("body1", "lin", (6.8, 3.2, 0.6), (6.8, 3.2, 1.1), "living_room", "sitting")
DAY_S = 86_400.0
PLANTS = Reminder("r1", "lin", NOON_S + 600, "浇花")


@pytest.fixture
def mission():
    return Mission(SITE, viewpoints=lambda person: [(5.5, 1.5, 1.0)], looks=lambda stop: [0.0])


def heard(intent, **slots):
    return Heard(intent, "提醒我", slots=tuple(slots.items()))


def test_a_clear_wish_is_kept_and_read_back(mission):
    orders = mission.on_heard(heard("reminder_set", hour="3", minute="30", part="afternoon", what="浇我的花"), NOON_S)
    assert only(orders, SetReminder).reminder.what == "浇您的花"
    assert only(orders, Say).slots == (("when", "下午3点30分"), ("what", "浇您的花"))


def test_what_was_heard_doubtfully_is_asked_back_first(mission):
    mumbled = Heard("reminder_set", "提醒我", slots=(("minutes", "20"),), confidence=0.3)
    ask = only(mission.on_heard(mumbled, NOON_S), Ask)
    task = mission.arbiter.active
    orders = mission.on_done(task, ActionDone(ask, True, outcome="answered", intent="yes"), NOON_S + 5)
    assert only(orders, SetReminder).reminder.at_s == NOON_S + 1200


def test_without_an_answer_nothing_is_kept(mission):
    ask = only(mission.on_heard(heard("reminder_set", what="浇花"), NOON_S), Ask)
    orders = mission.on_done(mission.arbiter.active, ActionDone(ask, True, outcome="silent"), NOON_S + 20)
    assert only(orders, Say).phrase == "dialogue.left_alone"
    assert not [order for order in orders if isinstance(order.command, SetReminder)]


def test_a_due_reminder_is_told_near_her_and_is_over(mission):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    assert mission.tick(NOON_S + 599) == []
    find = only(mission.tick(NOON_S + 600), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 610), GoTo)
    say = only(mission.on_done(task, ActionDone(go, True), NOON_S + 620), Say)
    assert say.phrase == "reminder.due_of" and ("what", "浇花") in say.slots
    assert only(mission.on_done(task, ActionDone(say, True), NOON_S + 625), EndReminder).outcome == "told"
    assert task.done


@pytest.mark.parametrize(("said", "told"), [
    ({"every": "1", "part": "morning", "hour": "8"}, "每天早上8点"),
    ({"every": "7", "day": "mon", "part": "afternoon", "hour": "3"}, "每星期一下午3点")])
def test_what_comes_every_day_or_week_is_read_back_as_that_and_is_one_reminder(mission, said, told):
    orders = mission.on_heard(heard("reminder_set", what="浇花", **said), NOON_S)
    first = only(orders, SetReminder).reminder
    assert ("when", told) in only(orders, Say).slots and first.every == int(said["every"])
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), False), NOON_S + 0.1)
    tomorrow = mission.on_heard(heard("reminder_set", what="浇花", **said), NOON_S + DAY_S)
    assert only(tomorrow, SetReminder).reminder.reminder_id == first.reminder_id


@pytest.mark.parametrize("said", [True, False])
def test_what_comes_every_day_is_told_again_the_next_day(mission, said):
    daily = replace(PLANTS, every=1)
    mission.situation.take_note(SetReminder(daily))
    for day in range(2):
        now_s = NOON_S + 600 + day * DAY_S
        find = only(mission.tick(now_s), FindPerson)
        task = mission.arbiter.active
        go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), now_s + 10), GoTo)
        say = only(mission.on_done(task, ActionDone(go, True), now_s + 20), Say)
        orders = mission.on_done(task, ActionDone(say, said), now_s + 25)
        if not said:  # broken off: told once more after a minute, then a notice, and given up before it comes again
            retold = now_s + 30 + HELD_S
            find = only(mission.tick(retold), FindPerson)
            task = mission.arbiter.active
            go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), retold), GoTo)
            say = only(mission.on_done(task, ActionDone(go, True), retold), Say)
            assert only(mission.on_done(task, ActionDone(say, False), retold), RaiseAlarm).kind == "reminder_missed"
            orders = mission.tick(now_s + USELESS_S + 1)
        moved_on = only(orders, SetReminder).reminder
        assert moved_on.at_s == daily.at_s + (day + 1) * DAY_S
        mission.situation.take_note(SetReminder(moved_on))


def test_after_three_days_without_current_only_the_next_one_is_told(mission):
    mission.situation.take_note(SetReminder(replace(PLANTS, every=1)))
    orders = mission.tick(NOON_S + 3 * DAY_S)
    assert only(orders, RaiseAlarm).kind == "reminder_missed"
    assert only(orders, SetReminder).reminder.at_s == NOON_S + 600 + 3 * DAY_S


def test_every_day_is_at_the_same_time_on_the_clock_through_a_change_to_summer_time():
    zone = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 3, 28, 20, 0, tzinfo=zone)
    following = Reminder("r1", "lin", evening.timestamp(), "", 1).next(evening.timestamp(), zone)
    assert datetime.fromtimestamp(following.at_s, zone) == datetime(2026, 3, 29, 20, 0, tzinfo=zone)


def test_a_day_without_a_time_is_its_morning_if_they_agree(mission):
    ask = only(mission.on_heard(heard("reminder_set", what="浇花", day="1"), NOON_S), Ask)
    assert ("when", "明天上午9点") in ask.slots
    agreed = ActionDone(ask, True, outcome="answered", intent="yes")
    orders = mission.on_done(mission.arbiter.active, agreed, NOON_S + 5)
    at = datetime.fromtimestamp(only(orders, SetReminder).reminder.at_s, SITE.zone)
    assert (at.day, at.hour) == (24, 9)


def test_what_cannot_be_set_is_said_to_be_so(mission):
    orders = mission.on_heard(heard("reminder_set", what="喝水", odd="1", hour="8"), NOON_S)
    assert only(orders, Say).phrase == "reminder.odd"


def test_that_of_every_day_is_cancelled_by_saying_so(mission):
    mission.situation.take_note(SetReminder(replace(PLANTS, every=1)))
    mission.situation.take_note(SetReminder(Reminder("r2", "lin", NOON_S + 900, "喝水")))
    orders = mission.on_heard(heard("reminder_cancel", every="1"), NOON_S)
    assert only(orders, EndReminder).reminder_id == "r1"


def test_who_is_not_found_is_told_aloud_all_the_same(mission):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    find = only(mission.tick(NOON_S + 600), FindPerson)
    assert only(mission.on_done(mission.arbiter.active, ActionDone(find, False), NOON_S + 660), Say)


def missed(mission, said=True):
    """Nobody was found at ten past noon, and it was said into the room, or could not be."""
    mission.situation.reminders.to_come = {"r1": PLANTS}
    find = only(mission.tick(NOON_S + 600), FindPerson)
    task = mission.arbiter.active
    say = only(mission.on_done(task, ActionDone(find, False), NOON_S + 660), Say)
    return mission.on_done(task, ActionDone(say, said), NOON_S + 665)


@pytest.mark.parametrize("said", [True, False])
def test_what_nobody_heard_is_a_notice_to_the_caregivers_and_not_recorded_as_told(mission, said):
    orders = missed(mission, said)
    notice = only(orders, RaiseAlarm)
    assert (notice.kind, notice.priority, notice.detail) == ("reminder_missed", "notice", "浇花; due at 12:15")
    assert not [order for order in orders if isinstance(order.command, EndReminder)]
    assert not mission.arbiter.behaviors and not mission.tick(NOON_S + 700)


def met(mission, now_s, said):
    """She is met; what was missed is told her, or broken off."""
    go = only(mission.on_people([SITTING], now_s), GoTo)
    task = mission.arbiter.active
    say = only(mission.on_done(task, ActionDone(go, True), now_s + 9), Say)
    assert say.phrase == "reminder.missed_of" and ("when", "中午12点15分") in say.slots
    return mission.on_done(task, ActionDone(say, said), now_s + 15)


def test_who_was_not_found_is_told_when_next_met_once(mission):
    missed(mission)
    orders = met(mission, NOON_S + 700 + MET_AGAIN_S, said=True)
    assert only(orders, EndReminder).outcome == "told"
    assert not [order for order in orders if isinstance(order.command, RaiseAlarm)]


def test_what_is_broken_off_when_she_is_met_is_told_at_the_next_meeting_and_then_no_more(mission):
    missed(mission)
    now_s = NOON_S + 700 + MET_AGAIN_S
    assert not [order for order in met(mission, now_s, said=False) if isinstance(order.command, EndReminder)]
    assert not mission.on_people([SITTING], now_s + 100) and not mission.tick(now_s + 100)
    assert only(met(mission, now_s + 20 + MET_AGAIN_S, said=False), EndReminder).outcome == "missed"


def due(mission, now_s):
    """The orders by which she is told at this time, as far as the words."""
    find = only(mission.tick(now_s), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), now_s + 5), GoTo)
    return task, only(mission.on_done(task, ActionDone(go, True), now_s + 10), Say)


def test_words_that_were_broken_off_have_not_been_told_and_are_told_once_more(mission):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    task, say = due(mission, NOON_S + 600)
    orders = mission.on_done(task, ActionDone(say, False), NOON_S + 612)
    assert not [o for o in orders if isinstance(o.command, EndReminder | RaiseAlarm)] and not mission.arbiter.behaviors
    assert not mission.tick(NOON_S + 612 + HELD_S - 1)
    task, say = due(mission, NOON_S + 612 + HELD_S)
    assert say.phrase == "reminder.due_of"
    assert only(mission.on_done(task, ActionDone(say, True), NOON_S + 700), EndReminder).outcome == "told"


def test_what_is_broken_off_twice_is_a_notice_to_the_caregivers(mission):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    for now_s in (NOON_S + 600, NOON_S + 600 + 12 + HELD_S):
        task, say = due(mission, now_s)
        orders = mission.on_done(task, ActionDone(say, False), now_s + 12)
    assert only(orders, RaiseAlarm).kind == "reminder_missed"


@pytest.mark.parametrize("call_first", [True, False])
def test_a_call_for_help_into_it_is_answered_and_then_she_is_looked_for_and_told(mission, call_first):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    task, say = due(mission, NOON_S + 600)
    call = Heard("help", "救命", call_for_help=True)
    if call_first:  # its Say is cancelled, and reports nothing
        mission.on_heard(call, NOON_S + 612)
    else:
        mission.on_done(task, ActionDone(say, False), NOON_S + 612)
        mission.on_heard(call, NOON_S + 612.1)
    mission.tick(NOON_S + 900)
    incident, = mission.incidents
    find = only(mission.on_alarm(AlarmChanged(incident.alarm_id, "resolved"), NOON_S + 4000), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 4005), GoTo)
    say = only(mission.on_done(task, ActionDone(go, True), NOON_S + 4010), Say)
    assert say.phrase == "reminder.late_of"
    assert only(mission.on_done(task, ActionDone(say, True), NOON_S + 4015), EndReminder).outcome == "told"


def test_who_sleeps_or_is_talked_to_is_not_told_what_they_missed(mission):
    missed(mission)
    now_s = NOON_S + 700 + MET_AGAIN_S
    asleep = PersonSeen("body1", "lin", (1.5, 2.4, 0.7), (1.5, 2.9, 0.7), "bedroom", "lying_on_furniture")
    assert not mission.on_people([asleep], now_s)
    mission.on_heard(Heard("time", "几点了"), now_s)
    assert not mission.on_people([SITTING], now_s + 1)


def test_what_was_missed_is_forgotten_when_it_is_of_no_more_use(mission):
    missed(mission)
    orders = mission.tick(NOON_S + 20 * 3600)
    assert only(orders, EndReminder).outcome == "missed"
    assert not [order for order in orders if isinstance(order.command, RaiseAlarm)]


def test_a_reminder_waits_for_a_fall_and_is_then_told_as_late(mission):
    lying = PersonSeen("body1", "lin", (1.5, 1.4, 0.2), (1.5, 1.9, 0.1), "bedroom", "lying_on_floor", on_floor=True)
    mission.on_fall(FallSeen("f1", "suspected", lying, 0.7, NOON_S), NOON_S + 590)
    mission.situation.reminders.to_come = {"r1": PLANTS}
    assert not [o for o in mission.tick(NOON_S + 600) if isinstance(o.command, FindPerson)]
    incident = mission.incidents[0]
    find = only(mission.on_alarm(AlarmChanged(incident.alarm_id, "resolved"), NOON_S + 4000), FindPerson)
    say = only(mission.on_done(mission.arbiter.active, ActionDone(find, False), NOON_S + 4010), Say)
    assert say.phrase == "reminder.late_of" and ("when", "中午12点15分") in say.slots


def test_a_reminder_of_yesterday_is_not_told_any_more(mission):
    mission.situation.reminders.to_come = {"r1": PLANTS}
    orders = mission.tick(NOON_S + 20 * 3600)
    assert only(orders, EndReminder).outcome == "missed" and not mission.arbiter.behaviors
    assert only(orders, RaiseAlarm).kind == "reminder_missed"


def test_the_same_wish_is_one_reminder_however_often_it_is_heard(mission):
    wish = heard("reminder_set", hour="3", minute="30", part="afternoon", what="浇花")
    orders = mission.on_heard(wish, NOON_S)
    first = only(orders, SetReminder)
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), False), NOON_S + 0.1)
    assert mission.on_heard(wish, NOON_S + 1) == []  # delivered twice
    assert only(mission.on_heard(wish, NOON_S + 60), SetReminder) == first  # asked for twice


def test_a_cancelled_reminder_can_be_set_again(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        for _ in range(2):
            journal.set_reminder(PLANTS)
            assert len(journal.open_reminders()) == 1
            journal.end_reminder("r1", "cancelled", NOON_S)
        assert journal.open_reminders() == []


def test_reminders_survive_a_restart(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.set_reminder(PLANTS)
        journal.set_reminder(Reminder("r2", "lin", NOON_S, ""))
        journal.end_reminder("r2", "cancelled", NOON_S)
        daily = Reminder("r3", "lin", NOON_S, "喝水", 1)
        journal.set_reminder(daily)
        journal.set_reminder(daily.next(NOON_S, SITE.zone))
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.open_reminders() == [PLANTS, replace(daily, at_s=NOON_S + DAY_S)]


def told_by_a_robot_that_is_killed(mission, journal, reminder, then=lambda task, say: []):
    """What the journal holds once it has begun to be told, and `then` has happened."""
    journal.set_reminder(reminder)
    mission.situation.reminders.to_come = Memory(SITE, journal).reminders()
    find = only(mission.tick(NOON_S + 600), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 605), GoTo)
    orders = mission.on_done(task, ActionDone(go, True), NOON_S + 610)
    for order in orders + then(task, only(orders, Say)):
        if isinstance(order.command, KEPT):
            Memory(SITE, journal).keep(task, order.command, NOON_S + 610)
    return Memory(SITE, journal).reminders()


@pytest.mark.parametrize("every,next_s", [(1, PLANTS.at_s + DAY_S), (0, None)])
def test_what_was_being_told_when_the_robot_was_killed_is_not_told_again(mission, tmp_path, every, next_s):
    with Journal(tmp_path / "journal.db") as journal:
        left = told_by_a_robot_that_is_killed(mission, journal, replace(PLANTS, every=every))
    assert [one.at_s for one in left.values()] == ([next_s] if next_s else [])


def test_words_that_were_broken_off_before_the_robot_was_killed_are_still_to_be_told(mission, tmp_path):
    def broken_off(task, say):
        return mission.on_done(task, ActionDone(say, False), NOON_S + 612)

    def called_away(task, say):
        return mission.on_heard(Heard("help", "救命", call_for_help=True), NOON_S + 612)
    for number, then in enumerate((broken_off, called_away)):
        with Journal(tmp_path / f"journal{number}.db") as journal:
            left = told_by_a_robot_that_is_killed(mission, journal, replace(PLANTS, reminder_id=str(number)), then)
        assert [one.at_s for one in left.values()] == [PLANTS.at_s]


def test_a_time_that_summer_time_skips_is_kept_for_the_nights_after():
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 3, 28, 2, 30, tzinfo=zone)
    reminder = Reminder("r1", "lin", at.timestamp(), "", 1, "02:30")
    for day, hour in ((29, 3), (30, 2)):
        reminder = reminder.next(reminder.at_s, zone)
        assert f"{datetime.fromtimestamp(reminder.at_s, zone):%d %H:%M}" == f"{day} 0{hour}:30"


def test_a_journal_of_before_gets_a_place_for_reminders(tmp_path, monkeypatch):
    from robot import journal as module
    with monkeypatch.context() as before:
        before.setattr(module, "MIGRATIONS", module.MIGRATIONS[:1])
        Journal(tmp_path / "journal.db").close()
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.open_reminders() == []


def test_an_open_question_is_not_answered_with_the_time(mission):
    only(mission.on_heard(heard("reminder_set", what="浇花"), NOON_S), Ask)
    assert mission.on_heard(Heard("time", "几点了"), NOON_S + 2) == []


def test_a_wish_between_is_settled_and_the_open_one_is_asked_about_again(mission):
    ask = only(mission.on_heard(heard("reminder_set", what="浇花"), NOON_S), Ask)
    task = mission.arbiter.active
    wish = (("minutes", "20"), ("what", "关火"))
    other = ActionDone(ask, True, outcome="answered", intent="reminder_set", slots=wish)
    orders = mission.on_done(task, other, NOON_S + 5)
    assert only(orders, SetReminder).reminder.what == "关火"
    again = only(mission.on_done(task, ActionDone(only(orders, Say), True), NOON_S + 9), Ask)
    assert (again.phrase, dict(again.slots)["what"]) == ("reminder.when_of", "浇花")


def test_what_was_set_just_now_is_put_right_and_replaced(mission):
    orders = mission.on_heard(heard("reminder_set", hour="3", what="浇花"), NOON_S)
    mission.situation.take_note(first := only(orders, SetReminder))
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    better = heard("reminder_set", change="bare", hour="4")
    assert mission.on_heard(better, NOON_S + 10 + CORRECTED_S) == []
    orders = mission.on_heard(better, NOON_S + 10)
    assert only(orders, EndReminder).reminder_id == first.reminder.reminder_id
    assert only(orders, SetReminder).reminder.at_s == first.reminder.at_s + 3600
