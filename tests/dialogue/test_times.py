"""Times as people say them become times on the clock; what may be meant otherwise is known to be doubtful."""
from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialogue.intents import load_sentences
from robot.when import resolve

NOON = datetime(2026, 11, 23, 12, 5, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday


def heard(language: str, text: str, now: datetime = NOON):
    """The moment of a time said in answer to "when?"."""
    understood = load_sentences(language).understand(text, ("when",))
    return resolve(understood.slots, now) if understood.intent == "when" else None


@pytest.mark.parametrize("language,text,meant", [
    ("en", "half past three", "23 15:30"), ("en", "at a quarter to four", "23 15:45"),
    ("en", "in twenty minutes", "23 12:25"), ("en", "in half an hour", "23 12:35"),
    ("en", "in two and a half hours", "23 14:35"), ("en", "3:30 p.m.", "23 15:30"),
    ("en", "in an hour and a half", "23 13:35"), ("en", "tomorrow morning at nine", "24 09:00"),
    ("en", "at eight o'clock in the evening", "23 20:00"), ("en", "on Friday at 3 in the afternoon", "27 15:00"),
    ("en", "ten past four", "23 16:10"), ("en", "at midnight", "24 00:00"), ("en", "three oh five", "23 15:05"),
    ("zh", "下午三点半", "23 15:30"), ("zh", "半小时后", "23 12:35"), ("zh", "半个小时以后", "23 12:35"),
    ("zh", "明天早上八点", "24 08:00"), ("zh", "三点一刻", "23 15:15"), ("zh", "两个半小时后", "23 14:35"),
    ("zh", "差五分三点", "23 14:55"), ("zh", "晚上八点二十", "23 20:20"), ("zh", "3:30", "23 15:30"),
    ("zh", "后天中午十二点", "25 12:00"), ("zh", "夜里两点", "24 02:00"), ("zh", "20分钟后", "23 12:25"),
    ("zh", "三点零五分", "23 15:05"), ("zh", "下武三点办", "23 15:30"), ("ja", "午後三時半", "23 15:30"),
    ("ja", "半時間後", "23 12:35"), ("ja", "30分後", "23 12:35"), ("ja", "十分後", "23 12:15"),
    ("ja", "明日の朝8時", "24 08:00"), ("ja", "四時十五分", "23 16:15"), ("ja", "1時間半後", "23 13:35"),
    ("ja", "夜の九時", "23 21:00"), ("ja", "15:30", "23 15:30"), ("ja", "よじはん", "23 16:30"),
    ("ja", "金曜日の午後三時", "27 15:00")])
def test_a_time_is_the_one_that_is_meant(language, text, meant):
    when = heard(language, text)
    assert when and f"{when.at:%d %H:%M}" == meant and when.sure


@pytest.mark.parametrize("language,text,every,slots", [
    ("en", "remind me every day at eight to water the plants", "1", {"hour": "8", "what": "water the plants"}),
    ("en", "Remind me every day at eight in the morning to walk.", "1", {"part": "morning", "what": "walk"}),
    ("en", "remind me every Monday at ten to call Anna", "7", {"day": "mon", "hour": "10", "what": "call Anna"}),
    ("en", "every morning at nine remind me to stretch", "1", {"part": "morning", "what": "stretch"}),
    ("zh", "每天早上八点提醒我浇花", "1", {"part": "morning", "hour": "8", "what": "浇花"}),
    ("zh", "每周一下午三点提醒我给女儿打电话", "7", {"day": "mon", "what": "给女儿打电话"}),
    ("ja", "毎日八時に花に水をやるように言って", "1", {"hour": "8", "what": "花に水をやる"}),
    ("ja", "毎晩九時に戸締まりを思い出させて", "1", {"part": "evening", "what": "戸締まり"})])
def test_what_comes_every_day_or_week_is_told_from_what_comes_once(language, text, every, slots):
    understood = load_sentences(language).understand(text)
    assert understood.intent == "reminder_set" and {"every": every, **slots}.items() <= understood.slots.items()


@pytest.mark.parametrize("language,text,meant", [
    ("en", "remind me on the third of March at ten in the morning to see the dentist", "2027-03-03 10:00"),
    ("en", "remind me at three in the afternoon on the 15th to pay the rent", "2026-12-15 15:00"),
    ("en", "remind me on Wednesday next week at half past nine in the morning to call", "2026-12-02 09:30"),
    ("zh", "三月八号上午十点提醒我去看牙", "2027-03-08 10:00"),
    ("zh", "下周三上午九点提醒我交房租", "2026-12-02 09:00"),
    ("zh", "二十五号下午两点提醒我交电费", "2026-11-25 14:00"),
    ("ja", "三月三日の午前十時に歯医者に行くのを思い出させて", "2027-03-03 10:00"),
    ("ja", "来週の月曜の午前九時に電話するように言って", "2026-11-30 09:00")])
def test_a_reminder_may_be_for_a_date_or_for_the_next_week(language, text, meant):
    understood = load_sentences(language).understand(text)
    when = resolve(understood.slots, NOON)
    assert understood.intent == "reminder_set" and f"{when.at:%Y-%m-%d %H:%M}" == meant and when.sure


def test_next_friday_may_be_this_one_or_the_one_after():
    assert resolve(load_sentences("en").understand("next Friday at noon", ("when",)).slots, NOON) == (
        NOON.replace(day=27, hour=12, minute=0), False)


def test_february_29th_comes_and_february_30th_never():
    assert resolve({"date": "29", "month": "2", "hour": "15"}, NOON).at.year == 2028
    assert resolve({"date": "30", "month": "2", "hour": "15"}, NOON) is None


@pytest.mark.parametrize("language,text", [
    ("en", "remind me every hour to drink"), ("en", "remind me every two weeks to water the cactus"),
    ("en", "remind me next month to renew my passport"), ("zh", "每小时提醒我喝水"),
    ("zh", "大年初一早上八点提醒我打电话"), ("zh", "隔一天提醒我浇花"),
    ("ja", "二時間ごとに水を飲むように言って"), ("ja", "来月思い出させて")])
def test_what_a_reminder_cannot_be_set_for_is_told_from_what_it_can(language, text):
    assert "odd" in load_sentences(language).understand(text).slots


@pytest.mark.parametrize("language,text,guess", [
    ("en", "let's say half nine", "23 21:30"), ("en", "well, I think at four would suit me", "23 16:00"),
    ("en", "lunchtime", "24 12:00"), ("zh", "定在九点", "23 21:00"), ("zh", "睡觉前就行", "23 21:00"),
    ("zh", "我想最好是下午三点的时候", "23 15:00"), ("ja", "そうねえ、九時かな", "23 21:00"),
    ("ja", "寝る前でいいわ", "23 21:00")])
def test_a_time_is_heard_in_whatever_is_answered_to_when(language, text, guess):
    assert f"{heard(language, text).at:%d %H:%M}" == guess


@pytest.mark.parametrize("language,text,guess", [
    ("en", "at eight", "23 20:00"), ("en", "after lunch", "23 13:00"), ("en", "tomorrow at seven", "24 07:00"),
    ("en", "tomorrow morning", "24 09:00"), ("zh", "七点", "23 19:00"), ("zh", "午饭后", "23 13:00"),
    ("ja", "8時", "23 20:00"), ("ja", "夕食の前に", "23 17:30"), ("en", "this afternoon", "23 15:00")])
def test_a_time_that_may_be_another_one_is_doubtful(language, text, guess):
    when = heard(language, text)
    assert f"{when.at:%d %H:%M}" == guess and not when.sure


def test_at_eleven_said_late_may_mean_tonight():
    late = NOON.replace(hour=21)
    assert heard("en", "at eleven", late).at.hour == 23 and not heard("en", "at eleven", late).sure
    assert heard("en", "at eleven", NOON.replace(hour=9)) == (NOON.replace(hour=11, minute=0), True)


@pytest.mark.parametrize("language,text", [
    ("en", "three sisters"), ("en", "half of it"), ("en", "tomorrow never comes"), ("zh", "一点也不疼"),
    ("zh", "三个女儿"), ("ja", "三人です"), ("ja", "大事なこと"), ("en", "in twenty years"), ("en", "seven or eleven")])
def test_what_only_holds_a_number_is_no_time(language, text):
    assert heard(language, text) is None


def test_a_span_is_counted_through_the_change_to_summer_time():
    evening = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert f"{heard('en', 'in four hours', evening).at:%d %H:%M}" == "29 04:30"
