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
    ("en", "remind me every Monday at ten to call Anna", "7", {"day": "mon", "hour": "10", "what": "call anna"}),
    ("en", "every morning at nine remind me to stretch", "1", {"part": "morning", "what": "stretch"}),
    ("zh", "每天早上八点提醒我浇花", "1", {"part": "morning", "hour": "8", "what": "浇花"}),
    ("zh", "每周一下午三点提醒我给女儿打电话", "7", {"day": "mon", "what": "给女儿打电话"}),
    ("ja", "毎日八時に花に水をやるように言って", "1", {"hour": "8", "what": "花に水をやる"}),
    ("ja", "毎晩九時に戸締まりを思い出させて", "1", {"part": "evening", "what": "戸締まり"})])
def test_what_comes_every_day_or_week_is_told_from_what_comes_once(language, text, every, slots):
    understood = load_sentences(language).understand(text)
    assert understood.intent == "reminder_set" and {"every": every, **slots}.items() <= understood.slots.items()


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
