"""What the robot answers to who talks with it: of the day, of itself, of what it cannot know; and what it passes on."""
from __future__ import annotations

import pytest

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from dialogue.phrases import load_phrases

from .conftest import MONDAY_NOON


@pytest.mark.parametrize("wish,language,words,told", [
    ("Tell me a story", "en", "Go on", "end of the story"),
    ("Tell me a story", "en", "What happened then?", "the story"),
    ("Tell me a story", "en", "Enough for today", "leave it"),
    ("讲个故事吧", "zh", "后来呢", "讲完了"), ("讲个故事吧", "zh", "接着往下讲啊", "讲完了"),
    ("讲个故事吧", "zh", "行了行了，睡觉了", "算了"),
    ("お話を聞かせて", "ja", "続けて", "おしまい"), ("お話を聞かせて", "ja", "もう少し聞きたい", "おしまい"),
    ("お話を聞かせて", "ja", "もうええよ", "やめて"), ("お話を聞かせて", "ja", "もういいわ", "やめて"),
    ("Let's do some exercises", "en", "Done", "left heel"),
    ("Let's do some exercises", "en", "Wait a minute", "your time"),
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
    ("I'm so bored", "en", "story"), ("Tell me a joke", "en", "story"), ("好无聊啊", "zh", "故事"),
    ("退屈だわ", "ja", "お話")])
def test_a_story_that_it_offers_is_told_to_who_wants_it(say, text, language, told):
    assert told in say(text, language)
    assert say({"en": "Yes please", "zh": "好的", "ja": "はい"}[language], language) and say.talk.expected
    say(text, language)
    assert say({"en": "No thank you", "zh": "不用了", "ja": "いいえ"}[language], language) and not say.talk.expected


@pytest.mark.parametrize("language,told,texts", [
    ("en", "robot", ["Are you real?", "Are you a person?", "Are you a human?", "Are you a robot?"]),
    ("zh", "我是机器人", ["你是真人吗", "你是不是人"]),
    ("ja", "ロボット", ["あなたは人間なの", "あなたはロボットですか"]),
    ("en", "Mrs. Lin.", ["What is my name?", "Do you know who I am?"]), ("zh", "林奶奶", ["我叫什么名字"]),
    ("en", "sorry", ["I miss my husband", "My husband died"]), ("ja", "つらい", ["主人が亡くなったの"]),
    ("en", "home", ["I want to go home", "Where are you?"]), ("zh", "自己家", ["我想回家", "你在哪儿"]),
    ("ja", "家", ["うちに帰りたい", "アンはどこにいるの"]),
    ("en", "Good night", ["Night night", "I'm going to bed now"]),
    ("ja", "おやすみ", ["おやすみなさい", "そろそろ寝るわ"]),
    ("en", "Hello", ["Hello", "Good morning"]), ("zh", "您好", ["你好"]), ("ja", "こんにちは", ["こんばんは"])])
def test_small_talk_is_answered_plainly(say, language, told, texts):
    for text in texts:
        Conversation.__init__(say.talk, say.site, say.site.residents[0])
        assert told in (answer := say(text, language)), (text, answer)


@pytest.mark.parametrize("hour,told", [(8, "Good morning"), (12, "Hello"), (20, "Good evening"),
                                       (1, "Good evening")])
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


@pytest.mark.parametrize("language,person,text,quote", [
    ("en", "your family", "Tell the family I'm fine", "“I am fine”"),
    ("en", "your son", "Tell my son to ring me", "“ring me”"),
    ("en", "your daughter", "Can you tell my daughter I'm missing her", "“I am missing her”"),
    ("en", "your daughter", "Ask my daughter when she's coming", "“when she is coming”"),
    ("en", "the physio", "Tell the physio I did my exercises", "“I did my exercises”"),
    ("en", "your grandchildren", "Send my love to my grandchildren", "Send my love"),
    ("en", "", "Could you tell Peter O'Brien I'm late", "Peter O'Brien I'm late”"),
    ("en", "", "Send a message to Margaret saying happy birthday love from mum", "Margaret saying happy birthday"),
    ("zh", "您闺女", "跟我闺女说一声，我明儿不去了", "“我明儿不去了”"),
    ("zh", "您儿子", "让我儿子周末来一趟", "“周末来一趟”"), ("zh", "您闺女", "告诉我闺女明天别来了", "“明天别来了”"),
    ("zh", "大夫", "跟大夫说我昨晚腿抽筋", "“我昨晚腿抽筋”"), ("zh", "", "跟隔壁老李说我不去打牌了", "跟隔壁老李说"),
    ("ja", "娘さん", "娘にパジャマ持ってきてって言うといて", "「パジャマ持ってきて」"),
    ("ja", "お孫さん", "孫によろしく伝えて", "「よろしく」"),
    ("ja", "リハビリの先生", "リハビリの先生に体操したと伝えて", "「体操した」")])
def test_a_message_is_repeated_without_the_order_and_passed_on_as_it_was_said(say, language, person, text, quote):
    told = say(text, language)
    [deed] = say.talk.deeds
    assert deed.kind == "tell_family" and deed.detail.endswith(text) and quote in told and person in told, told
    assert "your mum" not in told


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
    assert text.strip("?") in say(text, language)
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
    assert "know" in (answer := say("Did I have my breakfast?")) or "can't tell" in answer


@pytest.mark.parametrize("text,language,told", [
    ("卫生间在哪", "zh", "从走廊进去就是卫生间"), ("Where is the bathroom?", "en", "off the corridor"),
    ("今天有什么安排", "zh", "晚上8点吃氨氯地平，一片白色药片。"), ("这个药是治什么的", "zh", "氨氯地平是降血压的。"),
    ("この薬は何の薬ですか", "ja", "アムロジピンは血圧のお薬です。"),
    ("今日の予定は何ですか", "ja", "午後8時にアムロジピン、白い錠剤を一錠。")])
def test_it_speaks_as_people_do(say, text, language, told):
    assert told in (answer := say(text, language)), answer


@pytest.mark.parametrize("language,text", [
    ("en", "my pulse is racing and I'm only sat here"), ("zh", "医生什么时候能来，现在就叫他"),
    ("zh", "我好怕，我一个人，腿不听使唤"), ("ja", "寒い、外で転んだまま、だれも来ない")])
def test_no_small_talk_hides_a_call_for_help(language, text):
    assert load_sentences(language).understand(text).call_for_help


def test_a_meal_named_in_answer_to_whether_a_dose_was_taken_is_no_wish():
    assert load_sentences("zh").understand("七点吃的", ("taken", "not_yet", "yes", "no")).intent != "service"
