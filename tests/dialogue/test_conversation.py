"""What the robot says back outside of its tasks: the truth, again when asked, and nothing to what it does not know."""
from __future__ import annotations

from datetime import datetime

import pytest
import typer
from typer.testing import CliRunner

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from dialogue.manner import SLOWEST, Manner
from dialogue.talk_cli import app
from robot.resources import resource
from robot.site import load_site

command = typer.Typer()
command.command()(app)
MONDAY_NOON = datetime(2026, 11, 23, 12, 5)


@pytest.fixture
def say():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])

    def said(text: str, language: str = "en") -> str:
        return talk.reply(load_sentences(language).understand(text, talk.expected), language, MONDAY_NOON)
    said.manner = talk.manner
    return said


@pytest.mark.parametrize("text,language,told", [
    ("What time is it?", "en", "12:05 in the afternoon"), ("今天星期几？", "zh", "星期一"),
    ("今日は何日ですか", "ja", "11月23日"), ("今天有什么安排", "zh", "晚上8点"),
    ("What is this medicine for?", "en", "blood pressure")])
def test_it_answers_what_it_knows(say, text, language, told):
    assert told in say(text, language)


def test_it_says_the_same_again_louder_and_slower(say):
    first = say("What time is it?")
    assert say("Louder, please.") == say("Please speak more slowly.") == first
    assert say.manner.volume > 1.0 > say.manner.rate


def test_slower_has_an_end():
    manner = Manner()
    for _ in range(9):
        manner.asked("slower")
    assert manner.rate == SLOWEST


def test_it_is_silent_to_talk_that_is_not_for_it(say):
    assert say("I like cats.") == ""


def test_a_terminal_shows_what_was_understood_and_the_answer():
    result = CliRunner().invoke(command, ["--text"], input="救命！\n今何時ですか\n")
    assert "a call for help" in result.output and "在叫人帮您" in result.output and "今、" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize("turns", [
    [("Remind me to take my pills at half past three", "en", "3:30 in the afternoon: take your pills"),
     ("What are my reminders?", "en", "3:30 in the afternoon: take your pills"),
     ("Cancel the reminder at half past three", "en", "3:30 in the afternoon"),
     ("What are my reminders?", "en", "nothing")],
    [("Remind me to water the plants", "en", "When"), ("In twenty minutes", "en", "12:25")],
    [("Wake me up at seven", "en", "Shall I remind you at 7 o'clock in the evening"),
     ("No, at seven in the morning", "en", "tomorrow at 7 o'clock in the morning"),
     ("What are my reminders?", "en", "get up")],
    [("Wake me up at seven", "en", "in the evening"), ("No", "en", "I leave it"),
     ("What are my reminders?", "en", "nothing")],
    [("Wake me up at seven", "en", "in the evening"), ("Help me, I have fallen", "en", "help"),
     ("What are my reminders?", "en", "nothing")],
    [("下午三点半提醒我吃我的药", "zh", "下午3点30分我提醒您：吃您的药"), ("半小时后提醒我关火", "zh", "12点35分"),
     ("取消提醒", "zh", "哪一个"), ("三点半", "zh", "取消了"), ("我有什么提醒", "zh", "关火")],
    [("30分後に火を消すと知らせて", "ja", "午後12時35分に、火を消す"),
     ("もう知らせなくていいです", "ja", "取り消しました")],
    [("明日の8時に起こして", "ja", "よろしいですか"), ("はい、お願いします", "ja", "明日午前8時")]])
def test_reminders_are_set_confirmed_where_in_doubt_listed_and_cancelled(say, turns):
    for text, language, told in turns:
        assert told in (answer := say(text, language)), answer


@pytest.mark.parametrize("text,language,told", [
    ("Where is the toilet?", "en", "in the bathroom"), ("厕所在哪里", "zh", "卫生间"),
    ("トイレはどこですか", "ja", "浴室"), ("Where am I?", "en", "The Lin flat"),
    ("我的血压是多少", "zh", "没有您的血压记录"), ("What are my readings?", "en", "no readings"),
    ("I am hungry", "en", "something to eat"), ("我要洗澡", "zh", "洗澡"), ("お茶をお願いします", "ja", "お飲み物"),
    ("Tell my daughter that I miss her", "en", "your daughter: you miss her"),
    ("告诉我女儿我很好", "zh", "您女儿：您很好"), ("Call my son", "en", "cannot telephone"),
    ("娘とビデオ通話をしたい", "ja", "まだできません"), ("Play some music", "en", "cannot play music yet"),
    ("Follow me", "en", "cannot follow"), ("开灯", "zh", "控制不了"), ("What is your name?", "en", "Ann"),
    ("Don't disturb me", "en", "quiet")])
def test_it_does_or_passes_on_what_it_can_and_says_what_it_cannot(say, text, language, told):
    assert told in (answer := say(text, language)), answer


def test_a_story_goes_on_as_long_as_it_is_wanted(say):
    first = say("Tell me a story")
    assert first.endswith("Shall I go on?") and say("Yes please") != first
    assert say("讲个故事吧", "zh").endswith("要接着讲吗？") and "算了" in say("不用了", "zh")
