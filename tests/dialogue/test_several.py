"""Several wishes in one breath: each is heard and answered, and what is one wish stays one."""
from __future__ import annotations

from datetime import datetime

import pytest

from dialogue.intents import load_sentences
from robot.answers import SetReminder


def wishes(language, text, expected=()):
    first = load_sentences(language).understand(text, expected)
    return [one.intent for one in (first, *first.further)]


@pytest.mark.parametrize("language,text,intents", [
    ("en", "What time is it and what's the date?", ["time", "date"]),
    ("en", "I'm hungry and I need the toilet", ["service", "service"]),
    ("en", "Ask somebody to make my bed, and tell my son I am well", ["service", "tell_family"]),
    ("en", "Play some music and tell me the time", ["time", "music"]),
    ("en", "Remind me at five to feed the cat, then tell me a story", ["reminder_set", "story"]),
    ("zh", "几点了，顺便放首歌", ["time", "music"]), ("zh", "把灯打开再讲个故事", ["light_on", "story"]),
    ("zh", "我饿了，还想上厕所", ["service", "service"]),
    ("ja", "今何時ですか、それから今日は何日ですか", ["time", "date"]),
    ("ja", "電気をつけて、ついでに音楽をかけて", ["light_on", "music"])])
def test_different_wishes_are_all_heard_and_what_takes_long_comes_last(language, text, intents):
    assert wishes(language, text) == intents


@pytest.mark.parametrize("language,text,kept", [
    ("en", "Remind me to drink in ten minutes and to call Susan at six", [("12:15", "drink"), ("18:00", "call Susan")]),
    ("en", "Remind me to ring the bank at one and take the pie out at half past one",
     [("13:00", "ring the bank"), ("13:30", "take the pie out")]),
    ("en", "Wake me at seven tomorrow and remind me at ten to ring Jean", [("07:00", "get up"),
    ("10:00", "ring Jean")]),
    ("zh", "下午五点提醒我收衣服，六点提醒我做饭", [("17:00", "收衣服"), ("18:00", "做饭")]),
    ("zh", "晚上提醒我八点半吃水果和九点泡脚", [("20:30", "吃水果"), ("21:00", "泡脚")]),
    ("ja", "明日六時に起こして、それから八時にゴミ出し", [("06:00", "起きる時間です"), ("08:00", "ゴミ出し")])])
def test_two_reminders_are_two_the_second_on_the_day_of_the_first(say, language, text, kept):
    told = say(text, language)
    new = [deed.reminder for deed in say.talk.deeds if isinstance(deed, SetReminder)]
    assert [(f"{datetime.fromtimestamp(one.at_s):%H:%M}", one.what) for one in new] == kept
    assert all(what in told for _, what in kept)
    assert len({datetime.fromtimestamp(one.at_s).date() for one in new}) == 1


@pytest.mark.parametrize("language,text,intents", [
    ("en", "Remind me to buy milk and bread at six", ["reminder_set"]),
    ("en", "Remind me at six to fold the towels and feed the cat", ["reminder_set"]),
    ("en", "Tell my daughter I am hungry and I need the toilet", ["tell_family"]),
    ("en", "What time is it? What time is it?", ["time"]),
    ("zh", "晚上八点提醒我洗碗和浇花", ["reminder_set"]), ("zh", "熄灯吧，十点了", ["light_off"]),
    ("ja", "テレビが聞こえない、しゃべらないで", ["quiet"]),
    ("ja", "八時に牛乳とパンを買うように言って", ["reminder_set"])])
def test_what_goes_on_after_and_is_still_the_same_wish(language, text, intents):
    assert wishes(language, text) == intents


@pytest.mark.parametrize("language,text", [
    ("en", "Remind me at six to feed the cat and help me I cannot get up"), ("zh", "几点了，我摔倒了起不来"),
    ("ja", "今何時ですか、助けて")])
def test_a_call_for_help_beside_a_wish_is_a_call_alone(language, text):
    first = load_sentences(language).understand(text)
    assert first.call_for_help and not first.further


def test_nothing_that_settles_something_is_a_further_wish():
    assert wishes("en", "What time is it and I have taken my pills") != ["time", "taken"]
    assert wishes("en", "Yes, and what time is it?", ("yes", "no", "taken")) == ["yes"]


def test_what_was_wished_too_waits_for_the_question_about_the_first(say):
    assert "When" in say("Remind me to ring Jean, and tell me the time")
    told = say("at five in the afternoon")
    assert "ring Jean" in told and "12:05" in told


def test_what_was_wished_too_waits_for_the_words_of_a_message(say):
    assert "12:05" not in say("Send a message to my daughter, and what time is it?")
    told = say("I am fine")
    assert "I am fine" in told and "12:05" in told


def test_each_wish_is_told_to_the_others_with_its_own_words():
    pytest.importorskip("rclpy")
    from types import SimpleNamespace

    from dialogue.addressed import Taken
    from dialogue.heard_topics import HeardTopics
    from dialogue.listener import Heard
    from dialogue.recognizer import Transcript
    from robot.answers import FURTHER

    told = []
    topics = HeardTopics(SimpleNamespace(create_publisher=lambda kind, name, qos: SimpleNamespace(
        publish=lambda message: told.append(message) if name == "/intents" else None)))
    text = "What time is it and tell my son I am well"
    heard = Heard(Transcript(text, 0.9, "en"), load_sentences("en").understand(text), 1.0, 2.0)
    topics.said(heard, Taken(aside=False, why="conversation", answers=False, counts=True, of_music=False), "time")
    assert [(one.intent, one.text) for one in told] == [
        ("time", "What time is it"), ("tell_family", "tell my son I am well")]
    assert [any(slot.name == FURTHER for slot in one.slots) for one in told] == [False, True]
