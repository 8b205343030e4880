"""What a resident asks for by the way: answered from what is known, passed on, or done; never amid what matters."""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from behaviors.behavior import (
    ActionDone,
    AlarmChanged,
    Ask,
    CancelActions,
    Dock,
    FindPerson,
    GoTo,
    Heard,
    LightSeen,
    PersonSeen,
    RaiseAlarm,
    Say,
)
from behaviors.memory import Memory
from behaviors.mission import Mission
from behaviors.patrol import PatrolRound, Stop
from behaviors.schedule import DueDose
from robot.answers import EndReminder, Measured, Reminder, SetReminder, SwitchLights
from robot.journal import Journal
from robot.site import Light, load_site

from .orders import commands, only

SITE = load_site(Path(__file__).parents[2] / "config" / "home.yaml").model_copy(update={"lights": [
    Light(id="lamp", room="bedroom", topic="z/lamp"), Light(id="bath", room="bathroom", topic="z/bath")]})
NOON_S = datetime(2026, 11, 23, 12, 5, tzinfo=SITE.zone).timestamp()
SITTING = PersonSeen("body1", "lin", (1.1, 2.0, 0.6), (1.1, 2.0, 1.1), "bedroom", "sitting")


@pytest.fixture
def mission():
    return Mission(SITE, viewpoints=lambda person: [(2.5, 1.5, 3.1)], looks=lambda stop: [0.0])


def said(mission, intent, now_s=NOON_S, confidence=1.0, words="……", **slots):
    return mission.on_heard(Heard(intent, words, slots=tuple(slots.items()), confidence=confidence), now_s)


# --- what is known ----------------------------------------------------------------------------------------------------
def test_the_newest_reading_is_told_with_its_age(mission):
    mission.situation.readings["lin"] = {"8480-6": Measured(128, "mm[Hg]", NOON_S - 1200),
                               "8462-4": Measured(76, "mm[Hg]", NOON_S - 1200)}
    assert only(said(mission, "readings", reading="blood_pressure"), Say).slots == (
        ("readings", "血压，高压128，低压76，20分钟前"),)


def test_it_is_answered_and_reminded_in_the_language_that_was_spoken_last():
    site = SITE.model_copy(update={"residents": [SITE.residents[0].model_copy(update={"also_speaks": ["en"]})]})
    plan = site.medication[0]
    for heard, spoken in (("en", "en"), ("zh", "zh"), ("fr", "zh"), ("", "zh")):  # nobody speaks it; not told
        mission = Mission(site, viewpoints=lambda person: [], looks=lambda stop: [])
        told = only(mission.on_heard(Heard("time", "…", language=heard), NOON_S), Say)
        assert mission.arbiter.active.language == spoken
        assert ("afternoon" in dict(told.slots)["time"]) == (spoken == "en")
        mission.on_due_dose(DueDose(f"{plan.id}/1", plan, NOON_S, NOON_S + 3600), 0, NOON_S)
        assert mission.arbiter.active.language == spoken
        assert mission.arbiter.active.medicine == plan.medicine[spoken]


@pytest.mark.parametrize("readings", [
    {}, {"8480-6": Measured(128, "mm[Hg]", NOON_S)},
    {"8480-6": Measured(128, "mm[Hg]", NOON_S), "8462-4": Measured(76, "mm[Hg]", NOON_S - 60)}])
def test_half_a_blood_pressure_is_none(mission, readings):
    mission.situation.readings["lin"] = readings
    assert only(said(mission, "readings", reading="blood_pressure"), Say).phrase == "readings.none"


def test_she_is_told_the_room_in_which_she_is_seen_and_else_the_robots(mission):
    mission.situation.place = (6.0, 2.0)
    near = only(said(mission, "where_am_i"), Say)
    mission.on_done(mission.arbiter.active, ActionDone(near, True), NOON_S)
    mission.on_people([SITTING], NOON_S + 1)
    seen = only(said(mission, "where_am_i", NOON_S + 2), Say)
    assert (near.phrase, dict(near.slots)["room"]) == ("place.home_near", "客厅")
    assert (seen.phrase, dict(seen.slots)["room"]) == ("place.home_here", "卧室")


def test_the_way_to_the_toilet_leads_through_the_doors(mission):
    mission.on_people([SITTING], NOON_S)
    say = only(said(mission, "where_is", NOON_S + 1, place="toilet"), Say)
    assert say.phrase == "place.way" and dict(say.slots) == {"room": "卫生间", "way": "走廊"}


# --- what is passed on ------------------------------------------------------------------------------------------------
def test_a_wish_is_a_notice_with_her_words_and_the_same_wish_the_same_notice_until_it_is_settled(mission):
    orders = said(mission, "service", service="meal")
    first = only(orders, RaiseAlarm)
    assert (first.kind, first.priority, first.words) == ("request_meal", "notice", "……")
    ids = [first.alarm_id]
    for after_s, settled in ((60, False), (120, True)):
        mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + after_s)
        if settled:
            mission.on_alarm(AlarmChanged(first.alarm_id, "resolved"), NOON_S + after_s)
        orders = said(mission, "service", NOON_S + after_s + 1, service="meal")
        ids.append(only(orders, RaiseAlarm).alarm_id)
    assert ids[0] == ids[1] != ids[2]


def test_two_messages_to_the_family_are_two_notices_and_the_same_one_is_one(mission):
    ids = []
    for number, what in enumerate(("我很好", "我要拖鞋", "我很好")):
        orders = said(mission, "tell_family", NOON_S + 60 * number, words=what, person="女儿")
        ids.append(only(orders, RaiseAlarm).alarm_id)
        mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 60 * number + 9)
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("intent,slots", [
    ("service", {"service": "meal"}), ("light_on", {"place": "bedroom"}), ("come", {}), ("go_away", {})])
@pytest.mark.parametrize("over", [False, True])
def test_what_is_heard_twice_is_done_once(mission, intent, slots, over):
    orders = said(mission, intent, **slots)
    if over:  # there was no voice, and it is over at once
        mission.arbiter.active.state = "closed"
        mission.tick(NOON_S + 0.5)
    assert orders and said(mission, intent, NOON_S + 1, **slots) == []


def test_stop_heard_twice_is_one_stop(mission):
    say = only(said(mission, "stop"), Say)
    mission.on_done(mission.arbiter.active, ActionDone(say, True), NOON_S + 1)
    assert said(mission, "stop", NOON_S + 1.5) == [] and len(mission.arbiter.behaviors) == 1


def test_a_doubtful_wish_is_asked_back_and_dropped_without_an_answer(mission):
    ask = only(orders := said(mission, "tell_family", confidence=0.3, person="女儿", what="我摔了"), Ask)
    assert not [order for order in orders if isinstance(order.command, RaiseAlarm)]
    orders = mission.on_done(mission.arbiter.active, ActionDone(ask, True, outcome="silent"), NOON_S + 20)
    assert only(orders, Say).phrase == "dialogue.left_alone"


def test_the_story_that_was_told_last_is_not_the_next_one(mission):
    texts = []
    for at_s in (NOON_S, NOON_S + 9):
        ask = only(said(mission, "story", at_s), Ask)
        texts.append(dict(ask.slots)["text"])
        no = ActionDone(ask, True, outcome="answered", intent="no")
        over = only(mission.on_done(mission.arbiter.active, no, at_s + 2), Say)
        mission.on_done(mission.arbiter.active, ActionDone(over, True), at_s + 4)
    assert texts[0] != texts[1]


def test_who_wants_something_else_than_it_asks_gets_that(mission):
    ask = only(said(mission, "story"), Ask)
    task = mission.arbiter.active
    time = ActionDone(ask, True, outcome="answered", intent="time", heard="几点了")
    orders = mission.on_done(task, time, NOON_S + 20)
    assert ask.wishes and task.done and only(orders, Say).phrase == "dialogue.time"


def test_who_is_not_understood_twice_is_offered_somebody(mission):
    assert only(said(mission, "unclear"), Say).phrase == "unclear.again"
    mission = Mission(SITE, viewpoints=lambda person: [], looks=lambda stop: [])
    ask = only(said(mission, "unclear_again", words="把那个弄一下"), Ask)
    yes = ActionDone(ask, True, outcome="answered", intent="yes")
    orders = mission.on_done(mission.arbiter.active, yes, NOON_S + 5)
    assert only(orders, Say).phrase == "unclear.fetched" and only(orders, RaiseAlarm).priority == "notice"


def test_what_follows_a_wish_is_passed_on_with_it_and_then_taken_back(mission):
    orders = said(mission, "service", service="shopping", words="我要买东西")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    orders = said(mission, "unclear", NOON_S + 9, words="还要卫生纸")
    more = only(orders, RaiseAlarm)
    assert (more.kind, more.detail, only(orders, Say).phrase) == ("request_shopping", "还要卫生纸", "service.added")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 12)
    over = only(said(mission, "service", NOON_S + 100, words="算了不要了", back="1"), RaiseAlarm)
    assert (over.kind, over.detail) == ("request_other", "算了不要了 (还要卫生纸)")


@pytest.mark.parametrize("intent", ["unclear", "unclear_again", "unclear_still", "telling"])
def test_what_is_not_understood_after_a_wish_belongs_to_it_before_it_is_asked_for_again(mission, intent):
    orders = said(mission, "service", service="shopping")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    assert only(said(mission, intent, NOON_S + 9, words="还要卫生纸"), Say).phrase == "service.added"


def test_what_was_wished_too_waits_for_the_words_of_a_message(mission):
    orders = said(mission, "tell_family", empty="1", person="女儿", words="给女儿捎个话")
    said(mission, "time", words="几点了", further="1")
    asks = only(orders, Say)
    assert asks.phrase == "family.what"
    orders = mission.on_done(mission.arbiter.active, ActionDone(asks, True), NOON_S + 5)
    assert not [order for order in orders if isinstance(order.command, Say)]
    told = only(said(mission, "fine", NOON_S + 9, words="我挺好的"), Say)
    assert told.phrase == "family.told"
    assert only(mission.on_done(mission.arbiter.active, ActionDone(told, True), NOON_S + 12), Say).phrase == \
        "dialogue.time"


@pytest.mark.parametrize("intent,confidence,taken_back", [("no", 1.0, True), ("no", 0.3, False), ("yes", 1.0, False)])
def test_a_bare_no_takes_a_wish_back_and_whatever_else_is_understood_ends_it(mission, intent, confidence, taken_back):
    orders = said(mission, "service", service="drink", words="我想喝茶")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    orders = said(mission, intent, NOON_S + 9, confidence, words="算了")
    assert [alarm.detail for alarm in commands(orders, RaiseAlarm)] == ["算了 (我想喝茶)"] * taken_back
    for say in commands(orders, Say):
        mission.on_done(mission.arbiter.active, ActionDone(say, True), NOON_S + 12)
    assert not commands(said(mission, "unclear", NOON_S + 15, words="还要卫生纸"), RaiseAlarm)


def test_a_no_long_after_a_wish_or_that_was_only_overheard_takes_nothing_back(mission):
    orders = said(mission, "service", service="drink", words="我想喝茶")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    mission.on_people([replace(SITTING, facing=True)], NOON_S + 9)
    assert not mission.on_overheard(Heard("no", "不要"), NOON_S + 9)
    assert not said(mission, "no", NOON_S + 60, words="不要")


def test_what_nobody_understood_long_after_a_wish_is_passed_on_to_nobody(mission):
    orders = said(mission, "service", service="shopping")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    assert not said(mission, "", NOON_S + 60, words="还要卫生纸")


def test_what_is_overheard_after_a_wish_does_not_belong_to_it(mission):
    orders = said(mission, "service", service="shopping")
    mission.on_done(mission.arbiter.active, ActionDone(only(orders, Say), True), NOON_S + 5)
    assert not mission.on_overheard(Heard("", "还要卫生纸"), NOON_S + 9)


def test_an_offer_that_is_taken_reaches_the_carers(mission):
    ask = only(said(mission, "small_talk", topic="lonely", words="我很孤单"), Ask)
    taken = ActionDone(ask, True, outcome="answered", intent="yes")
    assert only(mission.on_done(mission.arbiter.active, taken, NOON_S + 9), RaiseAlarm).kind == "call_family"


# --- what is done -----------------------------------------------------------------------------------------------------
def test_it_comes_to_where_she_is_found(mission):
    find = only(said(mission, "come"), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 9), GoTo)
    say = only(mission.on_done(task, ActionDone(go, True), NOON_S + 20), Say)
    mission.on_done(task, ActionDone(say, True), NOON_S + 25)
    assert say.phrase == "move.here" and task.done


def test_it_does_not_claim_to_be_there_when_the_way_is_blocked(mission):
    find = only(said(mission, "come"), FindPerson)
    task = mission.arbiter.active
    go = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 9), GoTo)
    assert only(mission.on_done(task, ActionDone(go, False), NOON_S + 20), Say).phrase == "move.not_found"


def test_sent_away_it_says_so_and_goes_to_its_dock(mission):
    say = only(said(mission, "go_away"), Say)
    assert only(mission.on_done(mission.arbiter.active, ActionDone(say, True), NOON_S + 4), Dock)


def test_stop_ends_what_it_does_for_her(mission):
    said(mission, "come")
    task = mission.arbiter.active
    said(mission, "stop", NOON_S + 2)
    assert task.done


def test_stop_holds_a_round_for_a_minute_in_which_it_can_be_talked_to(mission):
    round_ = PatrolRound(round_id="night/1", stops=(Stop("bedroom", (3.3, 0.75), (2.4,), 4.0),))
    mission.arbiter.submit(round_, NOON_S)
    say = only(said(mission, "stop", NOON_S + 1), Say)
    still = mission.arbiter.active
    mission.on_done(still, ActionDone(say, True), NOON_S + 3)
    time_told = only(said(mission, "time", NOON_S + 5), Say)
    mission.on_done(mission.arbiter.active, ActionDone(time_told, True), NOON_S + 8)
    assert round_.suspended and not mission.tick(NOON_S + 60)
    mission.tick(NOON_S + 64)
    assert mission.arbiter.active is round_ and not round_.suspended


def test_a_light_is_said_to_be_on_when_it_says_so_itself(mission):
    mission.on_people([SITTING], NOON_S)
    assert only(said(mission, "light_on", NOON_S + 1), SwitchLights) == SwitchLights(("lamp",), True)
    assert not mission.on_light(LightSeen("lamp", False), NOON_S + 2)
    assert only(mission.on_light(LightSeen("lamp", True), NOON_S + 2), Say).phrase == "light.on"


def test_a_light_that_does_not_answer_is_not_said_to_be_on(mission):
    said(mission, "light_off", place="toilet")
    assert only(mission.tick(NOON_S + 3.5), Say).phrase == "light.silent"


def test_a_light_of_no_room_is_asked_about_and_then_switched_as_any_other(mission):
    ask = only(said(mission, "light_on"), Ask)
    answer = ActionDone(ask, True, outcome="answered", intent="where_is", slots=(("place", "bedroom"),))
    assert only(mission.on_done(mission.arbiter.active, answer, NOON_S + 4), SwitchLights).lights == ("lamp",)
    assert only(mission.on_light(LightSeen("lamp", True), NOON_S + 5), Say).phrase == "light.on"


# --- following --------------------------------------------------------------------------------------------------------
def walks(x, y):
    return PersonSeen("body7", "lin", (x, y, 0.9), (x, y, 1.5), "corridor", "walking")


@pytest.fixture
def following(mission):
    """The robot stands beside her, at (2.5, 1.5), and has promised to come along."""
    find = only(said(mission, "follow"), FindPerson)
    task = mission.arbiter.active
    say = only(mission.on_done(task, ActionDone(find, True, person=SITTING), NOON_S + 1), Say)
    mission.situation.place = (2.5, 1.5)
    mission.on_done(task, ActionDone(say, True), NOON_S + 8)
    assert say.phrase == "move.coming_along" and task.state == "beside"
    return task


def test_it_walks_behind_whom_it_follows_and_not_at_every_step(mission, following):
    assert not mission.on_people([walks(3.0, 3.0)], NOON_S + 10)
    assert only(mission.on_people([walks(2.5, 4.2)], NOON_S + 12), GoTo)
    assert not mission.on_people([walks(2.5, 4.6)], NOON_S + 13)
    orders = mission.on_people([walks(2.5, 5.6)], NOON_S + 14)
    assert [type(order.command) for order in orders] == [CancelActions, GoTo]


def test_of_somebody_else_who_walks_by_it_takes_no_notice(mission, following):
    assert not mission.on_people([PersonSeen("body9", "", (2.5, 6.0, 0.9), None, "corridor", "walking")], NOON_S + 10)


def test_whom_it_has_lost_it_looks_for_and_says_so_when_they_are_not_found(mission, following):
    assert not mission.on_people([], NOON_S + 11)
    find = only(mission.on_people([], NOON_S + 14), FindPerson)
    found = ActionDone(find, True, person=walks(4.0, 0.0))
    go = only(mission.on_done(following, found, NOON_S + 20), GoTo)
    mission.on_done(following, ActionDone(go, True), NOON_S + 25)
    find = only(mission.on_people([], NOON_S + 31), FindPerson)
    assert only(mission.on_done(following, ActionDone(find, False), NOON_S + 60), Say).phrase == "move.not_found"


def test_before_a_wall_that_shuts_its_eyes_it_turns_to_look_for_her(mission, following):
    assert only(mission.on_people([], NOON_S + 30, blind="one colour"), FindPerson)


def test_who_comes_back_to_it_is_not_driven_away_from(mission, following):
    assert not mission.on_people([walks(2.5, 2.4)], NOON_S + 10)


def test_who_stays_has_arrived_and_is_told_that_it_stays_too(mission, following):
    say = only(mission.tick(NOON_S + 99), Say)
    mission.on_done(following, ActionDone(say, True), NOON_S + 103)
    assert say.phrase == "move.stays" and following.done


def test_who_is_followed_can_talk_with_the_robot_and_is_followed_on(mission, following):
    told = only(said(mission, "time", NOON_S + 20), Say)
    mission.on_done(mission.arbiter.active, ActionDone(told, True), NOON_S + 24)
    assert mission.arbiter.active is following
    assert only(mission.on_people([walks(2.5, 5.0)], NOON_S + 25), GoTo)


@pytest.mark.parametrize("intent,task", [("stop", "stand_still"), ("go_away", "go_away"), ("come", "come")])
def test_what_moves_it_otherwise_ends_the_following(mission, following, intent, task):
    said(mission, intent, NOON_S + 20)
    assert following.done and [task_.TASK for task_ in mission.arbiter.behaviors] == [task]


@pytest.mark.parametrize("meant", [True, False])
def test_wait_halts_it_at_once_whether_it_was_called_or_not(mission, following, meant):
    mission.on_people([walks(2.5, 4.2)], NOON_S + 12)
    assert following.state == "walking"
    take = mission.on_heard if meant else mission.on_overheard
    orders = take(Heard("not_yet", "wait"), NOON_S + 13)
    assert cancels(orders) and only(orders, Say).phrase == "move.stays"


def test_stop_takes_back_the_drive(mission, following):
    mission.on_people([walks(2.5, 4.2)], NOON_S + 12)
    assert [order for order in cancels(said(mission, "stop", NOON_S + 13)) if order.behavior is following]


def test_a_fall_ends_no_following_but_goes_before_it(mission, following):
    mission.on_heard(Heard("help", "help me", call_for_help=True), NOON_S + 20)
    assert mission.arbiter.active.TASK == "fall_response" and following.suspended


# --- music ------------------------------------------------------------------------------------------------------------
def cancels(orders):
    return [order for order in orders if isinstance(order.command, CancelActions)]


def test_music_of_her_language_comes_first_and_one_piece_follows_another_until_twenty_minutes_are_over(mission):
    first = only(said(mission, "music"), Say)
    assert (first.phrase, dict(first.slots)) == ("music.hum", {"title": "茉莉花", "music": "melody/mo_li_hua"})
    task = mission.arbiter.active
    second = only(mission.on_done(task, ActionDone(first, True), NOON_S + 60), Say)
    assert second.phrase == "music.next" and second.slots != first.slots
    mission.on_done(task, ActionDone(second, True), NOON_S + 1201)
    assert task.done


def test_music_ends_after_its_last_piece(mission):
    say, played = only(said(mission, "music"), Say), []
    task = mission.arbiter.active
    while not task.done:
        played.append(dict(say.slots)["music"])
        orders = mission.on_done(task, ActionDone(say, True), NOON_S + 60)
        say = say if task.done else only(orders, Say)
    assert len(set(played)) == len(played) > 3


@pytest.mark.parametrize("intent", ["stop", "quiet"])
def test_stop_and_quiet_end_music_and_nothing_is_said(mission, intent):
    said(mission, "music")
    orders = said(mission, intent, NOON_S + 9)
    assert cancels(orders) and len(orders) == 1 and not mission.arbiter.behaviors


def test_what_broke_into_a_piece_is_followed_by_no_other(mission):
    say = only(said(mission, "music"), Say)
    orders = mission.on_done(mission.arbiter.active, ActionDone(say, False, "broken off"), NOON_S + 9)
    assert not [order for order in orders if isinstance(order.command, Say)] and not mission.arbiter.behaviors


@pytest.mark.parametrize("intent,phrase", [("time", "dialogue.time"), ("music", "music.hum")])
def test_who_asks_for_something_else_gets_it_and_the_music_ends(mission, intent, phrase):
    said(mission, "music")
    first = mission.arbiter.active
    orders = said(mission, intent, NOON_S + 9)
    assert first.done and [order.behavior for order in cancels(orders)] == [first]
    assert only(orders, Say).phrase == phrase


def test_the_next_piece_is_the_one_after_that_which_is_playing(mission):
    first = only(said(mission, "music"), Say)
    pieces, task = mission.arbiter.active.errand.pieces, mission.arbiter.active
    mission.on_done(task, ActionDone(first, True), NOON_S + 60)  # the second is playing
    third = only(said(mission, "music", NOON_S + 70, another="1"), Say)
    assert dict(third.slots)["music"] == pieces[2].source and task.done


def test_talk_beside_the_music_does_not_end_it(mission):
    said(mission, "music")
    assert not said(mission, "", NOON_S + 5) and not said(mission, "louder", NOON_S + 9)
    assert not mission.arbiter.active.done


@pytest.mark.parametrize("urgent", ["help", "dose"])
def test_a_call_for_help_or_a_dose_silences_music_first_and_it_does_not_begin_again(mission, urgent):
    said(mission, "music")
    music = mission.arbiter.active
    if urgent == "help":
        orders = mission.on_heard(Heard("help", "救命", call_for_help=True), NOON_S + 9)
    else:
        plan = SITE.medication[0]
        orders = mission.on_due_dose(DueDose("dose", plan, NOON_S + 9, NOON_S + 3600), 0, NOON_S + 9)
    assert orders[0].behavior is music and isinstance(orders[0].command, CancelActions)
    task = mission.arbiter.active
    task.state = "closed"
    assert not [o for o in mission.tick(NOON_S + 60) if isinstance(o.command, Say)] and music.done


@pytest.mark.parametrize("intent", ["time", "story", "light_on", "service", "go_away", "music"])
def test_a_fall_check_is_answered_with_nothing_else(mission, intent):
    mission.on_heard(Heard("help", "救命", call_for_help=True), NOON_S)
    assert not said(mission, intent, NOON_S + 1, service="meal")


# --- several wishes ---------------------------------------------------------------------------------------------------
def test_what_was_wished_in_one_breath_is_answered_after_the_first_and_not_beside_it(mission):
    first = only(said(mission, "time"), Say)
    assert not said(mission, "date", NOON_S + 0.1, further="1")
    second = only(mission.on_done(mission.arbiter.active, ActionDone(first, True), NOON_S + 4), Say)
    assert (first.phrase, second.phrase) == ("dialogue.time", "dialogue.date")


def test_it_waits_for_the_question_about_the_first_one_and_is_forgotten_for_a_call_for_help(mission):
    ask = only(said(mission, "reminder_set", what="浇花"), Ask)
    said(mission, "time", NOON_S + 0.1, further="1")
    task = mission.arbiter.active
    say = only(mission.on_done(task, ActionDone(ask, True, outcome="answered", intent="no"), NOON_S + 5), Say)
    assert only(mission.on_done(task, ActionDone(say, True), NOON_S + 9), Say).phrase == "dialogue.time"
    said(mission, "date", NOON_S + 10, further="1")
    mission.on_heard(Heard("help", "救命", call_for_help=True), NOON_S + 11)
    assert not mission.requests.further


@pytest.fixture
def waiting(mission):
    """She is asked when to be reminded, and has wished for more in the same breath."""
    said(mission, "reminder_set", what="浇花", words="提醒我浇花")
    said(mission, "service", NOON_S + 0.1, service="drink", words="我想喝茶", further="1")
    said(mission, "tell_family", NOON_S + 0.2, 0.9, person="女儿", what="我很好", words="告诉女儿我很好", further="1")
    said(mission, "reminder_set", NOON_S + 0.3, minutes="20", what="喝水", words="二十分钟后提醒我喝水", further="1")
    said(mission, "time", NOON_S + 0.4, words="几点了", further="1")
    said(mission, "light_on", NOON_S + 0.5, words="开灯", further="1")
    return mission


TOLD = [("request_drink", "我想喝茶", "lin"), ("tell_family", "告诉女儿我很好", "lin"),
        ("request_other", "二十分钟后提醒我喝水", "lin")]


def told(orders):
    return [(order.command.kind, order.command.words, order.behavior.resident_id)
            for order in orders if isinstance(order.command, RaiseAlarm) and order.command.priority == "notice"]


def test_of_what_waited_when_somebody_called_for_help_the_carers_are_told_what_is_not_stale(waiting):
    orders = waiting.on_heard(Heard("help", "救命", call_for_help=True), NOON_S + 9)
    first, *others = told(orders)
    assert first[0] == "call_for_help" and others == TOLD and not waiting.requests.further


def test_of_what_waited_too_long_the_carers_are_told(waiting):
    assert told(waiting.tick(NOON_S + 181)) == TOLD
    assert not told(waiting.tick(NOON_S + 182))


def test_what_waited_at_kill_9_goes_on_after_the_start_or_reaches_the_carers_late(waiting, tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        Memory(SITE, journal).keep_wishes(waiting.requests.further)
    for after_s in (60, 3600):
        mission = Mission(SITE, viewpoints=lambda person: [], looks=lambda stop: [])
        with Journal(tmp_path / "journal.db") as journal:
            mission.requests.further = Memory(SITE, journal).wishes()
        assert mission.requests.further == waiting.requests.further
        orders = mission.tick(NOON_S + after_s)
        assert told(orders) == (TOLD[:1] if after_s == 60 else TOLD)
        assert [say.phrase for say in commands(orders, Say)] == ["service.asked"] * (after_s == 60)


def test_a_notice_of_what_waited_too_long_is_the_same_after_another_kill(waiting):
    ids = []
    for after_s in (3600, 4000):
        mission = Mission(SITE, viewpoints=lambda person: [], looks=lambda stop: [])
        mission.requests.further = list(waiting.requests.further)
        ids.append([alarm.alarm_id for alarm in commands(mission.tick(NOON_S + after_s), RaiseAlarm)])
    assert ids[0] == ids[1] and len(set(ids[0])) == len(TOLD)


def test_again_in_five_minutes_is_about_what_she_was_just_reminded_of(mission):
    mission.situation.reminded = Reminder("r1", "lin", NOON_S, "浇花"), NOON_S
    deed = only(said(mission, "reminder_set", NOON_S + 60, again="1", minutes="5"), SetReminder)
    assert deed.reminder.what == "浇花"


def test_what_was_cancelled_can_be_put_back_for_a_while(mission):
    for deed in (SetReminder(Reminder("r1", "lin", NOON_S + 3600, "浇花")), EndReminder("r1", "cancelled", NOON_S)):
        mission.situation.take_note(deed)
    assert only(said(mission, "reminder_set", NOON_S + 60, undo="1"), SetReminder).reminder.what == "浇花"
    mission.on_done(mission.arbiter.active, ActionDone(None, True), NOON_S + 61)
    assert not said(mission, "reminder_set", NOON_S + 900, undo="1")
