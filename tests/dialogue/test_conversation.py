"""What the robot says back outside of its tasks: the truth, again when asked, and nothing to what it does not know."""
from __future__ import annotations

from datetime import datetime

import pytest
import typer
from typer.testing import CliRunner

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from dialogue.manner import SLOWEST, Manner
from dialogue.phrases import load_phrases
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
        return talk.reply(load_sentences(language).understand(text, talk.expected), text, language, MONDAY_NOON)
    said.manner, said.talk, said.site = talk.manner, talk, site
    return said


@pytest.mark.parametrize("text,language,told", [
    ("What time is it?", "en", "12:05 in the afternoon"), ("今天星期几？", "zh", "星期一"),
    ("今日は何日ですか", "ja", "11月23日"), ("今天有什么安排", "zh", "晚上8点"),
    ("What is this medicine for?", "en", "blood pressure"), ("Help me!", "en", "help"),
    ("I took my pills twice", "en", "not take any"), ("我吃错药了", "zh", "再吃药")])
def test_it_answers_what_it_knows(say, text, language, told):
    assert told in say(text, language)


def test_it_says_the_same_again_louder_and_slower(say):
    first = say("What time is it?")
    assert say("Louder, please.") == say("Please speak more slowly.") == first
    assert say.manner.volume > 1.0 > say.manner.rate


@pytest.mark.parametrize("softer,faster,language", [
    ("You're shouting at me", "A bit faster please", "en"), ("小声点", "说快一点", "zh"),
    ("ボリューム下げて", "もっと早く話して", "ja")])
def test_softer_and_faster_take_louder_and_slower_back_and_go_no_further_than_a_step(say, softer, faster, language):
    first = say({"en": "What time is it?", "zh": "几点了", "ja": "今何時ですか"}[language], language)
    assert say(softer, language) == say(faster, language) == first
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
    assert say("I like cats.") == ""


def test_a_terminal_shows_what_was_understood_and_the_answer():
    result = CliRunner().invoke(command, ["--text"], input="救命！\n今何時ですか\n")
    assert "a call for help" in result.output and "在叫人帮您" in result.output and "今、" in result.output
    assert result.exit_code == 0


def test_a_terminal_that_wants_attention_answers_to_the_name_and_in_conversation():
    asked = "What time is it?\nAnn, what time is it?\nWhat time is it?\n"
    result = CliRunner().invoke(command, ["--text", "--attention", "--language", "en"], input=asked)
    first, second, third = result.output.split("robot: ")[1:]
    assert first.startswith("(silent)") and "It's" in second and "It's" in third
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
    ("Remind me to take my pills at three", "en", "amlodipine, at 8 o'clock in the evening"),
    ("Remind me of my blood pressure medicine", "en", "amlodipine, at 8"), ("提醒我吃药", "zh", "晚上8点氨氯地平"),
    ("Remind me to take amlodipine", "en", "amlodipine, at 8"), ("提醒我吃5毫克氨氯地平", "zh", "晚上8点氨氯地平"),
    ("Remind me to take 5 mg of amlodipine at nine", "en", "amlodipine, at 8"),
    ("下午三点叫我吃药", "zh", "晚上8点氨氯地平"),
    ("提醒我吃要", "zh", "晚上8点氨氯地平"), ("薬を飲むのを思い出させて", "ja", "午後8時にアムロジピン")])
def test_of_a_dose_in_the_plan_only_the_plan_reminds(say, text, language, told):
    assert told in (answer := say(text, language)), answer
    assert not say.talk.deeds


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
    ("トイレはどこですか", "ja", "浴室"), ("Where am I?", "en", "The Lin flat"),
    ("我的血压是多少", "zh", "没有您的血压记录"), ("What are my readings?", "en", "any readings"),
    ("I am hungry", "en", "something to eat"), ("我要洗澡", "zh", "洗澡"), ("お茶をお願いします", "ja", "お飲み物"),
    ("Tell my daughter that I miss her", "en", "your daughter: “Tell my daughter that I miss her”"),
    ("告诉我女儿我很好", "zh", "您女儿：“告诉我女儿我很好”"), ("Call my son", "en", "can't make phone calls"),
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


@pytest.mark.parametrize("wish,language,words,told", [
    ("Tell me a story", "en", "Go on", "end of the story"), ("Tell me a story", "en", "What happened then?", "the story"),
    ("Tell me a story", "en", "Enough for today", "leave it"),
    ("讲个故事吧", "zh", "后来呢", "讲完了"), ("讲个故事吧", "zh", "接着往下讲啊", "讲完了"),
    ("讲个故事吧", "zh", "行了行了，睡觉了", "算了"),
    ("お話を聞かせて", "ja", "続けて", "おしまい"), ("お話を聞かせて", "ja", "もう少し聞きたい", "おしまい"),
    ("お話を聞かせて", "ja", "もうええよ", "やめて"), ("お話を聞かせて", "ja", "もういいわ", "やめて"),
    ("Let's do some exercises", "en", "Done", "left heel"), ("Let's do some exercises", "en", "Wait a minute", "your time"),
    ("我们来做操吧", "zh", "做好了", "左脚跟"), ("我们来做操吧", "zh", "还没呢", "不着急"),
    ("一緒に体操をしましょう", "ja", "はい、できました", "左のかかと"),
    ("一緒に体操をしましょう", "ja", "できたわよ", "左のかかと"), ("一緒に体操をしましょう", "ja", "まだ", "ゆっくり")])
def test_what_is_said_to_its_own_question_is_understood(say, wish, language, words, told):
    say(wish, language)
    assert told in (answer := say(words, language)), answer


def test_the_same_story_is_not_told_twice_in_a_row(say):
    told = []
    for _ in range(4):
        told += [say("Tell me a story")]
        say("Enough")
    assert all(before != after for before, after in zip(told, told[1:], strict=False))


def test_who_wants_a_moment_for_an_exercise_is_waited_for_until_it_is_done(say):
    say("Let's do some exercises")
    say("Wait a minute")
    assert "left heel" in say("I'm ready")


@pytest.mark.parametrize("text,language,told", [
    ("I feel so lonely", "en", "Shall I tell you a story?"), ("Nobody comes to see me", "en", "story"),
    ("Tell me a joke", "en", "story"), ("没人来看我", "zh", "故事"), ("寂しいわ", "ja", "お話")])
def test_a_story_that_it_offers_is_told_to_who_wants_it(say, text, language, told):
    assert told in say(text, language)
    assert say({"en": "Yes please", "zh": "好的", "ja": "はい"}[language], language) and say.talk.expected
    say(text, language)
    assert say({"en": "No thank you", "zh": "不用了", "ja": "いいえ"}[language], language) and not say.talk.expected


@pytest.mark.parametrize("language,told,texts", [
    ("en", "robot", ["Are you real?", "Are you a person?", "Are you a human?", "Are you a robot?"]),
    ("zh", "我是机器人", ["你是真人吗", "你是不是人"]), ("ja", "ロボット", ["あなたは人間なの", "あなたはロボットですか"]),
    ("en", "Mrs. Lin.", ["What is my name?", "Do you know who I am?"]), ("zh", "林奶奶", ["我叫什么名字"]),
    ("en", "sorry", ["I miss my husband", "My husband died"]), ("ja", "つらい", ["主人が亡くなったの"]),
    ("en", "The Lin flat", ["I want to go home", "Where are you?"]), ("zh", "林家", ["我想回家", "你在哪儿"]),
    ("ja", "林さんの家", ["うちに帰りたい", "アンはどこにいるの"]),
    ("en", "Good night", ["Night night", "I'm going to bed now"]), ("ja", "おやすみ", ["おやすみなさい", "そろそろ寝るわ"]),
    ("en", "Hello", ["Hello", "Good morning"]), ("zh", "您好", ["你好"]), ("ja", "こんにちは", ["こんばんは"])])
def test_small_talk_is_answered_plainly(say, language, told, texts):
    for text in texts:
        Conversation.__init__(say.talk, say.site, say.site.residents[0])
        assert told in (answer := say(text, language)), (text, answer)


@pytest.mark.parametrize("hour,told", [(8, "Good morning"), (12, "Hello"), (20, "Good evening"), (1, "Good evening")])
def test_a_greeting_is_that_of_the_hour(say, hour, told):
    understood = load_sentences("en").understand("Good day")
    assert told in say.talk.reply(understood, "Good day", "en", MONDAY_NOON.replace(hour=hour))


@pytest.mark.parametrize("text,language,told", [
    ("What day is it tomorrow?", "en", "will be Tuesday, November 24"), ("What day was it yesterday?", "en", "Sunday"),
    ("What is the date on Friday?", "en", "November 27"), ("What year is it?", "en", "2026"),
    ("后天是几号", "zh", "11月25日"), ("明天礼拜几", "zh", "星期二"), ("昨天是星期几", "zh", "星期日"),
    ("今年是哪一年", "zh", "2026"), ("昨日は何曜日", "ja", "日曜日でした"), ("明後日は何日ですか", "ja", "11月25日"),
    ("What am I doing tomorrow?", "en", "tomorrow at 8"), ("And on Wednesday?", "en", "Wednesday"),
    ("明天有什么事", "zh", "明天晚上8点"), ("那明天呢", "zh", "明天晚上8点"), ("明日の予定は", "ja", "明日午後8時"),
    ("じゃあ明日は", "ja", "明日午後8時")])
def test_of_another_day_it_tells_that_day(say, text, language, told):
    assert told in (answer := say(text, language)), answer


def test_a_plan_of_another_day_holds_what_comes_again_on_it(say):
    for wish in ("remind me every tuesday at ten in the morning to water the plants",
                 "remind me every thursday at ten in the morning to call"):
        say(wish)
    told = say("What am I doing tomorrow?")
    assert "water the plants" in told and "call" not in told


@pytest.mark.parametrize("language,texts", [
    ("en", ["Is anybody coming?", "When is dinner?", "What's for dinner?", "What's on the telly?", "Will it rain?",
            "What's the weather doing today?", "What time is my daughter coming?", "Did my son call?"]),
    ("zh", ["我女儿几点来", "几点吃晚饭", "今天天气怎么样", "今天有人来看我吗"]),
    ("ja", ["娘はいつ来るの", "晩ご飯は何ですか", "誰か来るの", "今日の天気はどうですか"])])
def test_of_what_it_does_not_know_it_reads_no_plan(say, language, texts):
    for text in texts:
        assert (answer := say(text, language)) in load_phrases(language).wordings("dialogue.ask_nurse"), (text, answer)


def test_a_plan_of_which_only_the_sense_was_understood_is_said_to_be_all_that_it_knows(say):
    assert not load_sentences("en").understand("so what have we got coming up then").sure
    assert "nurse" in say("so what have we got coming up then") and "nurse" not in say("What is on my plan for today?")


@pytest.mark.parametrize("language,person,text", [
    ("en", "your family", "Tell the family I'm fine"), ("en", "your son", "Tell my son to ring me"),
    ("en", "your grandchildren", "Send my love to my grandchildren"), ("en", "", "Could you tell Peter O'Brien I'm late"),
    ("zh", "您闺女", "跟我闺女说一声，我明儿不去了"), ("zh", "您儿子", "让我儿子周末来一趟"),
    ("zh", "", "跟隔壁老李说我不去打牌了"), ("ja", "娘さん", "娘にパジャマ持ってきてって言うといて"),
    ("ja", "お孫さん", "孫によろしく伝えて")])
def test_a_message_is_repeated_and_passed_on_in_the_words_in_which_it_was_said(say, language, person, text):
    told = say(text, language)
    [deed] = say.talk.deeds
    assert deed.kind == "tell_family" and deed.detail.endswith(text) and text in told and person in told


@pytest.mark.parametrize("language,text,told", [
    ("en", "Call Mr. Tanaka", "“Call Mr. Tanaka”"), ("en", "Ring my daughter-in-law", "your daughter in law"),
    ("zh", "给老王打个电话", "给老王打个电话"), ("zh", "给闺女打电话", "您闺女"),
    ("ja", "隣の田中さんに電話して", "隣の田中さん"), ("ja", "妹に電話したい", "妹さん")])
def test_whom_it_does_not_know_it_does_not_take_for_the_family(say, language, text, told):
    assert told in (answer := say(text, language)), answer
    assert [deed.kind for deed in say.talk.deeds] == ["call_family"]


@pytest.mark.parametrize("language,kind,text", [
    ("en", "drink", "A cup of tea at four"), ("en", "bathing", "I'd like a bath tomorrow at nine"),
    ("en", "doctor", "Can you book me the doctor for Thursday?"),
    ("en", "doctor", "I'd like to see the doctor on Thursday about my knee"),
    ("en", "doctor", "I want an appointment with the dentist on Thursday"), ("zh", "bathing", "下午三点洗澡"),
    ("zh", "bathing", "明天我想洗个澡"), ("zh", "doctor", "礼拜四上午挂个号"),
    ("ja", "bathing", "明日の三時にお風呂に入りたい")])
def test_a_wish_for_another_time_is_passed_on_with_its_time(say, language, kind, text):
    assert any(own in say(text, language) for own in ("just as you said it", "原话", "おっしゃったとおり"))
    assert [(deed.kind, deed.detail) for deed in say.talk.deeds] == [(f"request_{kind}", text.strip("?"))]


@pytest.mark.parametrize("language,kind,texts", [
    ("en", "toilet", ["I need the toilet", "I have to go to the loo", "Can you take me to the toilet?"]),
    ("zh", "toilet", ["上厕所", "我要解手"]), ("ja", "toilet", ["トイレに行きたい", "おしっこがしたい"]),
    ("zh", "cleaning", ["屋子该收拾了"]), ("zh", "doctor", ["我想去看看牙"]), ("ja", "bathing", ["お風呂入りたい"]),
    ("en", "other", ["Actually no, cancel the dentist"]), ("zh", "other", ["不用约医生了"]),
    ("ja", "other", ["やっぱりお茶はいりません"])])
def test_a_wish_and_its_end_reach_the_carers(say, language, kind, texts):
    for text in texts:
        assert say(text, language)
        assert [deed.kind for deed in say.talk.deeds] == [f"request_{kind}"], text


def test_two_wishes_that_nobody_foresaw_are_two_notices(say):
    details = []
    for text in ("I need clean sheets", "Could someone do my hair"):
        say(text)
        details += [deed.detail for deed in say.talk.deeds]
    assert details == ["I need clean sheets", "Could someone do my hair"]


@pytest.mark.parametrize("language,text", [
    ("en", "My blood pressure was a hundred and ninety this morning"), ("zh", "血压一百九"), ("zh", "我血压高了"),
    ("ja", "朝の血圧は190でした")])
def test_a_reading_that_she_tells_reaches_the_carers(say, language, text):
    assert say(text, language)
    assert [(deed.kind, deed.detail) for deed in say.talk.deeds] == [("told_reading", text)]


def test_a_question_in_which_no_reading_is_named_is_not_answered_by_readings(say):
    assert say("Did I have my breakfast?") in load_phrases("en").wordings("dialogue.ask_nurse")


@pytest.mark.parametrize("text,language,told", [
    ("卫生间在哪", "zh", "从走廊进去就是卫生间"), ("Where is the bathroom?", "en", "off the corridor"),
    ("今天有什么安排", "zh", "晚上8点吃氨氯地平，一片白色药片。"), ("这个药是治什么的", "zh", "氨氯地平是降血压的。"),
    ("この薬は何の薬ですか", "ja", "アムロジピンは血圧のお薬です。"),
    ("今日の予定は何ですか", "ja", "午後8時にアムロジピン、白い錠剤を一錠。")])
def test_it_speaks_as_people_do(say, text, language, told):
    assert told in (answer := say(text, language)), answer
