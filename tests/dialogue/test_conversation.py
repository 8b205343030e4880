"""What the robot says back outside of its tasks: the truth, again when asked, and nothing to what it does not know."""
from __future__ import annotations

from datetime import datetime

import pytest
import typer
from typer.testing import CliRunner

from dialogue.intents import load_sentences
from dialogue.manner import SLOWEST, Manner
from dialogue.talk_cli import app

from .conftest import MONDAY_NOON

command = typer.Typer()
command.command()(app)


@pytest.mark.parametrize("text,language,told", [
    ("What time is it?", "en", "12:05 in the afternoon"), ("今天星期几？", "zh", "星期一"),
    ("今日は何日ですか", "ja", "11月23日"), ("今天有什么安排", "zh", "晚上8点"),
    ("What is this medicine for?", "en", "blood pressure"), ("Help me!", "en", "help"),
    ("I took my pills twice", "en", "not take any"), ("我吃错药了", "zh", "再吃药")])
def test_it_answers_what_it_knows(say, text, language, told):
    assert told in say(text, language)


def test_it_says_the_same_again_louder_and_slower(say):
    first = say("What time is it?")
    assert say("Louder, please.").endswith(first) and say("Please speak more slowly.").endswith(first)
    assert say.manner.volume > 1.0 > say.manner.rate


@pytest.mark.parametrize("softer,faster,language", [
    ("You're shouting at me", "A bit faster please", "en"), ("小声点", "说快一点", "zh"),
    ("ボリューム下げて", "もっと早く話して", "ja")])
def test_softer_and_faster_take_louder_and_slower_back_and_go_no_further_than_a_step(say, softer, faster, language):
    first = say({"en": "What time is it?", "zh": "几点了", "ja": "今何時ですか"}[language], language)
    assert say(softer, language).endswith(first) and say(faster, language).endswith(first)
    manner, once = say.manner, (say.manner.volume, say.manner.rate)
    assert manner.volume < 1.0 < manner.rate
    for _ in range(3):
        say(softer, language), say(faster, language)
    assert (manner.volume, manner.rate) == once
    manner.asked("louder"), manner.asked("slower")
    assert (manner.volume, manner.rate) == (1.0, 1.0)


def test_slower_has_an_end():
    manner = Manner()
    for _ in range(9):
        manner.asked("slower")
    assert manner.rate == SLOWEST


def test_it_is_silent_to_talk_that_is_not_for_it(say):
    said = "I like cats."
    assert say.talk.reply(load_sentences("en").understand(said), said, "en", MONDAY_NOON, why="") == ""


def test_a_terminal_shows_what_was_understood_and_the_answer():
    result = CliRunner().invoke(command, ["--text"], input="救命！\n今何時ですか\n")
    assert "a call for help" in result.output and "在叫人帮您" in result.output and "今、" in result.output
    assert result.exit_code == 0


def test_a_line_that_is_no_text_ends_no_talk():
    result = CliRunner().invoke(command, ["--text"], input=b"Tell my daughter \xff\xe6\nWhat time is it?\n")
    assert result.exit_code == 0 and "[time" in result.output


def test_a_terminal_that_wants_attention_answers_to_the_name_and_in_conversation():
    asked = "What time is it?\nAnn, what time is it?\nWhat time is it?\n"
    result = CliRunner().invoke(command, ["--text", "--attention", "--language", "en"], input=asked)
    first, second, third = result.output.split("robot: ")[1:]
    assert first.startswith("(silent)") and "It's" in second and "The time is" in third
    cry = CliRunner().invoke(command, ["--text", "--attention", "--language", "en"], input="Help me!\n")
    assert "a call for help" in cry.output and "(silent)" not in cry.output


@pytest.mark.parametrize("turns", [
    [("Remind me to turn my oven off at half past three", "en", "3:30 in the afternoon: turn your oven off"),
     ("What are my reminders?", "en", "3:30 in the afternoon, turn your oven off"),
     ("Cancel the reminder at half past three", "en", "3:30 in the afternoon"),
     ("What are my reminders?", "en", "nothing")],
    [("Remind me to water the plants", "en", "When"), ("In twenty minutes", "en", "12:25")],
    [("Remind me at seven to stretch", "en", "7 o'clock in the evening"),
     ("No, at seven in the morning", "en", "tomorrow at 7 o'clock in the morning"),
     ("What are my reminders?", "en", "stretch")],
    [("Remind me at seven to stretch", "en", "in the evening"), ("No", "en", ""),
     ("What are my reminders?", "en", "nothing")],
    [("Remind me at seven to stretch", "en", "in the evening"), ("Help me, I have fallen", "en", "help"),
     ("What are my reminders?", "en", "nothing")],
    [("下午三点半提醒我浇我的花", "zh", "下午3点30分我提醒您：浇您的花"), ("半小时后提醒我关火", "zh", "12点35分"),
     ("取消提醒", "zh", "哪一个"), ("三点半", "zh", "取消了"), ("我有什么提醒", "zh", "关火")],
    [("30分後に火を消すと知らせて", "ja", "お昼の12時35分に、火を消す"),
     ("もう知らせなくていいです", "ja", "取り消しました")],
    [("明日の8時に花に水をやるように言って", "ja", "よろしいですか"), ("はい、お願いします", "ja", "明日午前8時")]])
def test_reminders_are_set_confirmed_where_in_doubt_listed_and_cancelled(say, turns):
    for text, language, told in turns:
        assert told in (answer := say(text, language)), answer


@pytest.mark.parametrize("text,language,told", [
    ("Remind me to take my pills at eight in the evening", "en", "amlodipine, at 8 o'clock in the evening"),
    ("Remind me of my blood pressure medicine", "en", "amlodipine, at 8"), ("提醒我吃药", "zh", "晚上8点氨氯地平"),
    ("Remind me to take amlodipine", "en", "amlodipine, at 8"), ("提醒我吃5毫克氨氯地平", "zh", "晚上8点氨氯地平"),
    ("提醒我吃要", "zh", "晚上8点氨氯地平"), ("薬を飲むのを思い出させて", "ja", "午後8時にアムロジピン")])
def test_of_a_dose_in_the_plan_only_the_plan_reminds(say, text, language, told):
    assert told in (answer := say(text, language)), answer
    assert not say.talk.deeds


@pytest.mark.parametrize("text,language,told", [
    ("Remind me to take my pills at three", "en", "set nothing else"), ("下午三点叫我吃药", "zh", "没有定"),
    ("Remind me to take 5 mg of amlodipine at nine", "en", "telling the nurse"),
    ("明日の朝8時に薬を飲むように言って", "ja", "ほかの時間には入れていません")])
def test_another_time_than_the_plans_is_said_not_to_be_set_and_passed_on(say, text, language, told):
    assert told in say(text, language)
    assert [deed.kind for deed in say.talk.deeds] == ["request_other"]


@pytest.mark.parametrize("text,language", [
    ("Remind me to take my insulin at nine", "en"), ("Remind me to take my metformin pills", "en"),
    ("Remind me not to take my pills", "en"), ("Remind me to pick up my pills and take them", "en"),
    ("Remind me to take metoprolol 47,5 mg at nine in the evening", "en"),
    ("Remind me at nine to take 5 ml of syrup", "en"), ("晚上九点提醒我吃两片美托洛尔", "zh"),
    ("晚上九点提醒我吃美托洛尔47.5毫克", "zh"), ("夜九時にメトプロロールを一錠飲むように言って", "ja"),
    ("提醒我打胰岛素", "zh"), ("8時にインスリンを打つように言って", "ja"), ("目薬をさすのを思い出させて", "ja")])
def test_the_wish_for_another_medicine_is_passed_on_and_no_reminder_is_set(say, text, language):
    say(text, language)
    assert [deed.kind for deed in say.talk.deeds] == ["request_medicine"]


@pytest.mark.parametrize("text,language,amount", [
    ("Remind me to take metoprolol 47.5 mg", "en", "47.5 mg"),
    ("メトプロロールを47.5ミリグラム飲むように夜九時に言って", "ja", "47点5ミリグラム")])
def test_the_amount_is_passed_on_as_it_was_said(say, text, language, amount):
    assert amount in say(text, language)


@pytest.mark.parametrize("text,language", [
    ("Remind me at three to drink 200 ml of water", "en"), ("三点提醒我喝200毫升牛奶", "zh"),
    ("Remind me at three to pick up my medicine from the pharmacy", "en"), ("三点提醒我去药店拿药", "zh"),
    ("Remind me at half past three to buy amlodipine", "en"), ("三点提醒我要给女儿打电话", "zh"),
    ("3時に薬局に行くことを思い出させて", "ja"), ("3時に薬を買うことを思い出させて", "ja"),
    ("3時に車を駐車するように言って", "ja")])
def test_an_errand_for_a_medicine_is_no_dose(say, text, language):
    say(text, language)
    assert [type(deed).__name__ for deed in say.talk.deeds] == ["SetReminder"]


@pytest.mark.parametrize("language,said,at,every", [
    ("en", ["remind me on december 15th to pay the rent", "no, at three in the afternoon"], "12-15 15:00", 0),
    ("en", ["remind me every friday to water the plants", "at three in the afternoon"], "11-27 15:00", 7),
    ("en", ["remind me tomorrow at nine to water", "every day at nine in the morning"], "11-24 09:00", 1),
    ("en", ["remind me to pay the rent on february 30th", "tomorrow at ten in the morning"], "11-24 10:00", 0),
    ("en", ["remind me tomorrow morning to call", "no, at eleven"], "11-24 11:00", 0),
    ("en", ["remind me at seven tomorrow to call", "in the evening"], "11-24 19:00", 0),
    ("en", ["remind me today to call", "at three in the afternoon"], "11-23 15:00", 0),
    ("en", ["remind me every week to water", "on thursday at ten in the morning"], "11-26 10:00", 7),
    ("en", ["remind me next week to call", "monday at ten in the morning"], "11-30 10:00", 0),
    ("en", ["remind me to call", "in half an hour"], "11-23 12:35", 0),
    ("en", ["remind me next week at ten in the morning to call", "on monday"], "11-30 10:00", 0),
    ("en", ["remind me tomorrow at nine to call", "next week", "on thursday in the morning"], "12-03 09:00", 0),
    ("zh", ["提醒我交房租", "明天", "下午三点"], "11-24 15:00", 0),
    ("zh", ["每周提醒我浇花", "星期四上午十点"], "11-26 10:00", 7),
    ("zh", ["明天上午九点叫我去买中秋的月饼"], "11-24 09:00", 0),
    ("ja", ["金曜日にごみを出すように言って", "午後三時です"], "11-27 15:00", 0),
    ("ja", ["毎週水やりを思い出させて", "木曜日の午前十時"], "11-26 10:00", 7)])
def test_a_reminder_is_for_the_day_and_the_hour_that_were_said_in_whichever_order(say, language, said, at, every):
    for words in said:
        assert not say.talk.deeds
        say(words, language)
    [deed] = say.talk.deeds
    assert (f"{datetime.fromtimestamp(deed.reminder.at_s):%m-%d %H:%M}", deed.reminder.every) == (at, every)


@pytest.mark.parametrize("language,said", [
    ("en", ["remind me to water the plants every two days at nine in the morning"]),
    ("en", ["remind me on the 15th of every month to pay the rent"]),
    ("en", ["remind me at eight and at ten to drink"]),
    ("en", ["remind me every monday and thursday at nine in the morning to call"]),
    ("en", ["remind me to drink", "every three hours"]), ("en", ["remind me at nine to drink", "every three hours"]),
    ("zh", ["每天早上八点和晚上八点提醒我量体温"]),
    ("zh", ["每周一和周三上午十点提醒我锻炼"]), ("zh", ["大年初一早上八点提醒我打电话"]),
    ("ja", ["毎週月曜と木曜の十時に水やりを知らせて"]), ("ja", ["二日に一度水やりを知らせて"]),
    ("ja", ["隔週月曜日の十時に水やりを知らせて"])])
def test_what_a_reminder_cannot_be_set_for_is_not_set_for_something_else(say, language, said):
    told = [say(words, language) for words in said][-1]
    assert not say.talk.deeds
    assert any(part in told for part in ("every day", "每天", "毎日")), told


@pytest.mark.parametrize("text,gone", [
    ("cancel my reminder today", "tea"), ("cancel the reminder for tomorrow", "call"),
    ("cancel the reminder for monday", "tea"), ("cancel the reminder for sunday", ""),
    ("cancel my reminder every thursday", "plants"),
    ("cancel my reminder on thursday", "plants"), ("cancel the reminder for the plants", "plants"),
    ("cancel my reminder next week", ""), ("cancel the reminder in the evening", "tea"),
    ("cancel the reminder at eleven in the morning", "call"), ("cancel the reminder of december 24th", "")])
def test_the_reminder_that_is_meant_is_cancelled_and_no_other(say, text, gone):
    for wish in ("remind me tomorrow at eleven in the morning to call",
                 "remind me at eight in the evening to drink tea",
                 "remind me every thursday at ten in the morning to water the plants"):
        assert say(wish)
    told = say(text)
    assert [type(deed).__name__ for deed in say.talk.deeds] == (["EndReminder"] if gone else []), told
    left = say("what reminders do I have")
    assert {word for word in ("tea", "call", "plants") if word in left} == {"tea", "call", "plants"} - {gone}


@pytest.mark.parametrize("text", ["turn on the light tonight", "good morning", "what time is it at night"])
def test_what_holds_a_part_of_the_day_answers_no_when(say, text):
    say("remind me to call")
    say(text)
    assert not say.talk.deeds and not say.talk.expected


@pytest.mark.parametrize("text,language,told", [
    ("Where is the toilet?", "en", "in the bathroom"), ("厕所在哪里", "zh", "卫生间"),
    ("トイレはどこですか", "ja", "浴室"), ("Where am I?", "en", "home"),
    ("我的血压是多少", "zh", "没有您的血压记录"), ("What are my readings?", "en", "any readings"),
    ("I am hungry", "en", "something to eat"), ("我要洗澡", "zh", "洗澡"), ("お茶をお願いします", "ja", "お茶"),
    ("Tell my daughter that I miss her", "en", "your daughter: “I miss her”"),
    ("告诉我女儿我很好", "zh", "您女儿：“我很好”"), ("Call my son", "en", "can't make phone calls"),
    ("娘とビデオ通話をしたい", "ja", "まだできません"), ("Play some music", "en", "hum you a tune"),
    ("Follow me", "en", "only"), ("开灯", "zh", "控制不了"), ("What is your name?", "en", "Ann"),
    ("Don't disturb me", "en", "quiet")])
def test_it_does_or_passes_on_what_it_can_and_says_what_it_cannot(say, text, language, told):
    assert told in (answer := say(text, language)), answer


def test_a_terminal_tells_what_would_be_played():
    result = CliRunner().invoke(command, ["--text"], input="放点音乐\n")
    assert "茉莉花" in result.output.split("robot: ")[1].splitlines()[0]
    assert "[a robot would: play music: 茉莉花, " in result.output


def test_a_story_goes_on_as_long_as_it_is_wanted(say):
    first = say("Tell me a story")
    assert first.endswith("Shall I go on?") and say("Yes please") != first
    assert say("讲个故事吧", "zh").endswith("要接着讲吗？") and "算了" in say("不用了", "zh")
