"""Talk of reminders as it comes: put right, changed and cancelled in her own words, one wish among others."""
from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from robot.answers import EndReminder, SetReminder
from robot.resources import resource
from robot.site import load_site

MONDAY_NOON = datetime(2026, 11, 23, 12, 5)


@pytest.fixture
def say():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])
    kept = {}

    def said(text: str, language: str = "en", now: datetime = MONDAY_NOON) -> str:
        words = talk.reply(load_sentences(language).understand(text, talk.expected), text, language, now)
        for deed in talk.deeds:
            if isinstance(deed, SetReminder):
                kept[deed.reminder.reminder_id] = deed.reminder
            elif isinstance(deed, EndReminder):
                del kept[deed.reminder_id]
        return words

    said.talk = talk
    said.kept = lambda: sorted((f"{datetime.fromtimestamp(one.at_s):%d %H:%M}", one.what.lower())
                               for one in kept.values())
    return said


@pytest.mark.parametrize("language,said,kept", [
    ("en", ["Remind me to ring Jean", "Remind me at six to feed the cat", "at five"],
     [("23 17:00", "ring jean"), ("23 18:00", "feed the cat")]),
    ("en", ["Remind me at seven to ring Jean", "Remind me to feed the cat", "at four", "yes"],
     [("23 16:00", "feed the cat"), ("23 19:00", "ring jean")]),
    ("en", ["Remind me to ring Jean", "Remind me to feed the cat", "What are my reminders?", "at four", "at five"],
     [("23 16:00", "feed the cat"), ("23 17:00", "ring jean")]),
    ("en", ["Remind me to ring Jean", "Remind me to take my pills", "at four"], [("23 16:00", "ring jean")]),
    ("en", ["Remind me to ring Jean", "Wake me at seven", "at four"],
     [("23 16:00", "ring jean"), ("24 07:00", "get up")]),
    ("en", ["Remind me at seven", "Remind me to ring Jean", "yes"], [("23 19:00", "ring jean")]),
    ("zh", ["提醒我浇花", "提醒我别忘了关煤气", "我有什么提醒", "下午四点", "下午五点"],
     [("23 16:00", "别忘了关煤气"), ("23 17:00", "浇花")]),
    ("zh", ["这个月二十五号提醒我去拿体检报告", "大年三十提醒我给孙子包红包", "对"], [("25 09:00", "去拿体检报告")]),
    ("zh", ["晚饭以后提醒我泡脚", "每天早晚提醒我量血压", "对"], [("23 19:00", "泡脚")]),
    ("ja", ["八時に薬局へ行くように言って", "三時に新聞を読むように言って", "はい"],
     [("23 15:00", "新聞を読む"), ("23 20:00", "薬局へ行く")])])
def test_a_wish_that_comes_between_is_kept_and_the_open_one_is_asked_about_again(say, language, said, kept):
    for words in said:
        say(words, language)
    assert say.kept() == kept


@pytest.mark.parametrize("language,said,kept", [
    ("en", ["Remind me at five to ring Jean", "No, make it six"], "23 18:00"),
    ("en", ["Remind me at five to ring Jean", "Change it to six"], "23 18:00"),
    ("en", ["Remind me at five to ring Jean", "Actually, six thirty"], "23 18:30"),
    ("en", ["Remind me at five to ring Jean", "No, half past four"], "23 16:30"),
    ("en", ["Remind me tomorrow at ten to ring Jean", "I meant in the evening"], "24 22:00"),
    ("en", ["Remind me at eleven in the evening to ring Jean", "Not eleven, eight"], "23 20:00"),
    ("en", ["Remind me tomorrow at eleven to ring Jean", "No, make it two"], "24 14:00"),
    ("en", ["Remind me at seven to ring Jean", "No make that half seven", "yes"], "23 19:30"),
    ("en", ["Remind me at seven to ring Jean", "Not seven, eleven"], "24 11:00"),
    ("en", ["Remind me at seven to ring Jean", "The morning"], "24 07:00"),
    ("zh", ["明天早上八点叫我起床", "不，七点半"], "24 07:30"),
    ("zh", ["明天早上八点叫我起床", "改成七点半"], "24 07:30"),
    ("zh", ["明天早上八点叫我起床", "不对，是九点"], "24 09:00"),
    ("zh", ["明天早上八点叫我起床", "我说的是晚上"], "24 20:00"),
    ("zh", ["明天早上八点叫我起床", "不是八点，是九点"], "24 09:00"),
    ("ja", ["明日の朝七時に起こして", "やっぱり八時にして"], "24 08:00"),
    ("ja", ["明日の朝七時に起こして", "九時に変えて"], "24 09:00"),
    ("ja", ["明日の朝八時に起こして", "八時じゃなくて九時"], "24 09:00"),
    ("ja", ["七時に起こして", "いや、六時半"], "24 06:30"),
    ("ja", ["水曜日の十時に教えて", "いや、木曜日"], "26 10:00"),
    ("ja", ["五時に花に水をやるように声をかけて", "六時がいい"], "23 18:00"),
    ("zh", ["三点叫我起来", "改到四点吧"], "23 16:00"),
    ("ja", ["七時じゃなくて十一時に教えて"], "24 11:00")])
def test_what_was_set_or_asked_about_just_now_is_put_right(say, language, said, kept):
    for words in said:
        told = say(words, language)
    assert [at for at, _ in say.kept()] == [kept], told


@pytest.mark.parametrize("language,wishes,said,kept", [
    ("en", ["Remind me at four to go to the hairdresser's", "Remind me at five to ring Jean"],
     "Change the hairdresser to six", ["23 17:00", "23 18:00"]),
    ("en", ["Remind me at four to go out", "Remind me at five to ring Jean"], "Change the bank to six",
     ["23 16:00", "23 17:00"]),
    ("zh", ["下午四点提醒我浇花", "下午五点提醒我泡脚"], "把浇花的提醒改成六点", ["23 17:00", "23 18:00"]),
    ("ja", ["四時に花に水をやるように言って", "五時に新聞を読むように言って"], "花の水やりを六時に変えて",
     ["23 17:00", "23 18:00"])])
def test_the_reminder_that_is_named_is_changed_later_too_and_no_other(say, language, wishes, said, kept):
    for wish in wishes:
        say(wish, language)
    assert say(said, language, MONDAY_NOON + timedelta(minutes=10))
    assert [at for at, _ in say.kept()] == kept


@pytest.mark.parametrize("language,said", [("en", "No, at six"), ("zh", "不，六点"), ("ja", "いや、六時")])
def test_a_correction_of_nothing_was_not_meant_for_the_robot(say, language, said):
    say("Remind me at five to ring Jean")
    assert not say(said, language, MONDAY_NOON + timedelta(minutes=10)) and len(say.kept()) == 1


WISHES = {"en": ["Remind me at four to put the bins out", "Remind me at five to feed the cat",
                 "Remind me at six to turn the oven off"],
          "zh": ["下午四点提醒我泡脚", "下午五点提醒我浇花", "下午六点提醒我给女儿打电话"],
          "ja": ["四時に洗濯物を取り込むように言って", "五時に花に水をやるように言って",
                 "六時に新聞を読むように言って"]}


@pytest.mark.parametrize("language,said,left", [
    ("en", ["Cancel all my reminders"], ""), ("en", ["Cancel my reminder", "all of them"], ""),
    ("en", ["Cancel my reminder", "everything"], ""), ("en", ["Cancel the one about the oven"], "45"),
    ("en", ["Cancel my reminder", "the bins"], "56"), ("en", ["Cancel my reminder", "the one about the cat"], "46"),
    ("en", ["Cancel my reminder", "the first one"], "56"), ("en", ["Cancel my reminder", "the one at five"], "46"),
    ("en", ["Cancel the second one"], "46"), ("en", ["Cancel that"], "45"),
    ("en", ["Cancel the feeding one"], "46"), ("zh", ["不用再提醒我浇花了"], "46"),
    ("en", ["Cancel my reminder", "no"], "456"),
    ("en", ["Cancel the one about the car"], "456"), ("en", ["Cancel my reminder", "the hairdresser"], "456"),
    ("zh", ["取消所有的提醒"], ""), ("zh", ["取消提醒", "全都不要了"], ""), ("zh", ["泡脚的那个取消"], "56"),
    ("zh", ["取消提醒", "泡脚的"], "56"), ("zh", ["取消提醒", "第二个"], "46"), ("zh", ["那个打电话的不要了"], "45"),
    ("zh", ["取消关火的提醒"], "456"), ("zh", ["帮我取消浇花的提醒"], "46"),
    ("ja", ["リマインダーを全部取り消して"], ""),
    ("ja", ["リマインダーを取り消して", "全部"], ""),
    ("ja", ["洗濯物のリマインダーを取り消して"], "56"), ("ja", ["リマインダーを取り消して", "洗濯物のほう"], "56"),
    ("ja", ["リマインダーを取り消して", "二番目の"], "46"),
    ("ja", ["リマインダーを取り消して", "新聞の"], "45"), ("ja", ["電話のリマインダーを取り消して"], "456")])
def test_those_that_are_meant_are_cancelled_and_no_other(say, language, said, left):
    for words in (*WISHES[language], *said):
        told = say(words, language)
    assert "".join(f"{int(at[3:5]) - 12}" for at, _ in say.kept()) == left, told


@pytest.mark.parametrize("said", ["やっぱり消して", "さっきのを消して"])
@pytest.mark.parametrize("answer,left", [("はい", 0), ("いいえ", 1)])
def test_where_a_cancel_is_only_guessed_it_is_asked_about_first(say, said, answer, left):
    say("三時に洗濯物を取り込むように言って", "ja")
    say(said, "ja", MONDAY_NOON + timedelta(minutes=10))
    assert len(say.kept()) == 1
    say(answer, "ja")
    assert len(say.kept()) == left


@pytest.mark.parametrize("language,said,kept", [
    ("ja", "明日六時半に起こして", "24 06:30"), ("ja", "目覚ましを五時にかけて", "24 05:00"),
    ("en", "Wake me at seven", "24 07:00"),
    ("en", "Set an alarm for six", "24 06:00"), ("zh", "六点半叫我起床", "24 06:30"),
    ("zh", "帮我定个七点的闹钟", "24 07:00"),
    ("en", "Set an alarm for three", "23 15:00"), ("ja", "毎週火曜日の十時にリハビリに行くと教えて", "24 10:00")])
def test_waking_is_for_the_morning(say, language, said, kept):
    say(said, language)
    assert [at for at, _ in say.kept()] == [kept]


@pytest.mark.parametrize("language,said", [
    ("ja", "毎週月曜日九時に体操するように言って"), ("en", "Remind me every Monday at nine to exercise"),
    ("zh", "每周一九点提醒我做操")])
def test_what_comes_again_takes_its_hour_not_from_what_is_left_of_today(say, language, said):
    say(said, language)
    say({"ja": "はい", "en": "yes", "zh": "对"}[language], language)
    assert [at for at, _ in say.kept()] == ["30 09:00"]


@pytest.mark.parametrize("language,said,what", [
    ("ja", "お昼ご飯の後に歯を磨くように言って", "歯を磨く"), ("ja", "日曜日は十時に教会に行くと教えて", "教会に行く"),
    ("ja", "明日は十時に病院に行くって教えて", "病院に行く"), ("ja", "来月の三日に病院って教えて", "病院"),
    ("zh", "过半个钟头叫我关火", "关火"),
    ("en", "Remind me on the third of next month at ten to call Anna", "call anna"),
    ("zh", "下个月三号上午十点提醒我去医院", "去医院")])
def test_the_errand_is_what_was_said_and_not_a_part_of_it_nor_of_the_time(say, language, said, what):
    say(said, language)
    if say.talk.expected:
        say({"ja": "はい", "zh": "对"}[language], language)
    assert [kept for _, kept in say.kept()] == [what]


@pytest.mark.parametrize("language,said", [
    ("zh", "每周一三五上午九点提醒我锻炼"), ("zh", "大年三十提醒我给孙子包红包"), ("zh", "每天早晚提醒我量血压"),
    ("ja", "月水金の九時に体操するように言って"), ("en", "Remind me on Mondays and Thursdays at nine to exercise")])
def test_several_days_of_a_week_are_refused(say, language, said):
    say(said, language)
    assert not say.kept() and not say.talk.expected


@pytest.mark.parametrize("language,said,kept", [
    ("en", ["Remind me at five to feed the birds", "what about half past five instead"],
     [("23 17:30", "feed the birds")]),
    ("en", ["Remind me in twenty minutes to stretch", "make it thirty", "I mean forty"], [("23 12:45", "stretch")]),
    ("en", ["Remind me at five to ring Jean", "about six"], [("23 18:00", "ring jean")]),
    ("en", ["Remind me at five to ring Jean", "push it back half an hour"], [("23 17:30", "ring jean")]),
    ("en", ["Remind me at five to ring Jean", "bring it forward an hour"], [("23 16:00", "ring jean")]),
    ("en", ["Remind me at five to ring Jean", "that's too early, six"], [("23 18:00", "ring jean")]),
    ("en", ["Remind me at five to ring Jean", "actually make it quarter past"], [("23 17:15", "ring jean")]),
    ("en", ["Remind me at five to buy rice", "I meant noodles not rice"], [("23 17:00", "buy noodles")]),
    ("en", ["Remind me at five to stretch", "and say it's for my ankles"], [("23 17:00", "stretch for your ankles")]),
    ("zh", ["下午五点提醒我浇花", "往后推十分钟"], [("23 17:10", "浇花")]),
    ("zh", ["下午五点提醒我浇花", "刚才那个提前半小时"], [("23 16:30", "浇花")]),
    ("zh", ["明天早上六点叫我起床", "太早了，七点"], [("24 07:00", "起床")]),
    ("zh", ["下午五点提醒我买米", "不是米，是面"], [("23 17:00", "买面")]),
    ("zh", ["下午五点提醒我买米", "不是花，是菜"], [("23 17:00", "买米")]),
    ("ja", ["五時に花に水をやるように言って", "三十分遅らせて"], [("23 17:30", "花に水をやる")]),
    ("ja", ["五時に米を買うように言って", "米じゃなくて麺"], [("23 17:00", "麺を買う")])])
def test_an_errand_a_span_and_a_shift_are_put_right_too(say, language, said, kept):
    for words in said:
        say(words, language)
    assert say.kept() == kept


@pytest.mark.parametrize("language,said,left", [
    ("en", ["move the cat to half past seven"], ["16:00", "18:00", "19:30"]),
    ("en", ["change the five o'clock one to half past five"], ["16:00", "17:30", "18:00"]),
    ("en", ["put the oven back an hour"], ["16:00", "17:00", "19:00"]), ("en", ["cancel the cat"], ["16:00", "18:00"]),
    ("en", ["take the bins off the list"], ["17:00", "18:00"]),
    ("en", ["cancel my reminder", "not the oven", "the cat"], ["16:00", "18:00"]),
    ("en", ["cancel the cat please"], ["16:00", "18:00"]), ("en", ["cancel my reminders please", "all of them"], []),
    ("en", ["cancel the cat", "put it back"], ["16:00", "17:00", "18:00"]),
    ("en", ["cancel the cat", "no I meant the bins"], ["17:00", "18:00"]),
    ("en", ["forget all of it"], ["16:00", "17:00", "18:00"]), ("en", ["forget all of it", "yes"], []),
    ("en", ["I don't want any more reminders", "yes"], []), ("zh", ["全取消", "对"], []),
    ("zh", ["都不要了", "对"], []),
    ("zh", ["五点那个改到五点半"], ["16:00", "17:30", "18:00"]),
    ("zh", ["浇花的改到七点"], ["16:00", "18:00", "19:00"]),
    ("zh", ["泡脚那个取消"], ["17:00", "18:00"]), ("zh", ["泡脚那个取消", "别取消了"], ["16:00", "17:00", "18:00"]),
    ("ja", ["新聞のほうを七時に変えて"], ["16:00", "17:00", "19:00"]), ("ja", ["全部いらない", "はい"], []),
    ("ja", ["新聞のお知らせは取り消して", "元に戻して"], ["16:00", "17:00", "18:00"])])
def test_the_one_that_is_called_by_errand_or_time_is_changed_and_what_was_cancelled_comes_back(
        say, language, said, left):
    for wish in WISHES[language]:
        say(wish, language)
    for words in said:
        told = say(words, language, MONDAY_NOON + timedelta(minutes=10))
    assert [at[3:] for at, _ in say.kept()] == left, told


@pytest.mark.parametrize("language,said,kept", [
    ("en", ["Remind me to ring Jean", "wake me from my nap in forty five minutes"], [("23 12:50", "get up")]),
    ("en", ["Remind me to ring Jean", "set a timer for five minutes"], [("23 12:10", "")]),
    ("en", ["remind me", "to put the bins out", "at seven in the evening"], [("23 19:00", "put the bins out")]),
    ("zh", ["提醒我上香", "半夜两点叫我起来解手", "改成三点"], [("24 03:00", "起来解手")]),
    ("zh", ["提醒我八点半吃水果", "明天早上七点叫我起床", "起床那个不要了"], [])])
def test_a_wish_of_its_own_takes_nothing_from_the_question_that_is_open(say, language, said, kept):
    for words in said:
        say(words, language)
    assert say.kept() == kept


def test_an_open_question_is_asked_once_more_and_no_more():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])
    told = [talk.reply(load_sentences("en").understand(text, talk.expected), text, "en", MONDAY_NOON)
            for text in ("Remind me to ring Jean", "What are my reminders?", "What are my reminders?")]
    assert ["ring Jean" in words for words in told] == [True, True, False]


@pytest.mark.parametrize("language,said,told", [
    ("en", "What time is the oven one?", "6 o'clock"), ("en", "When is my next reminder?", "bins"),
    ("en", "What's left?", "oven"), ("zh", "浇花那个几点", "下午5点"), ("ja", "新聞は何時", "午後6時")])
def test_a_question_about_a_reminder_is_answered_from_the_reminders(say, language, said, told):
    for wish in WISHES[language]:
        say(wish, language)
    assert told in say(said, language)


def test_of_a_long_list_the_next_three_are_read_and_then_the_others():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])

    def say(text):
        return talk.reply(load_sentences("en").understand(text, talk.expected), text, "en", MONDAY_NOON)
    for hour, what in enumerate(("sing", "knit", "read", "bake", "iron"), 1):
        say(f"Remind me at {hour} in the afternoon to {what}")
    first = say("What are my reminders?")
    assert "read" in first and "bake" not in first and "2 more" in first
    assert "iron" in say("yes")


@pytest.mark.parametrize("language,said,told", [
    ("en", "Remind me at twelve to ring the bank", "just gone"), ("en", "Remind me at noon yesterday to eat", "over"),
    ("en", "Remind me at twenty five o'clock to eat", "When"), ("en", "Remind me in a bit to eat", "12:15"),
    ("en", "Remind me an hour before dinner to lay the table", "4:30"), ("zh", "一会儿提醒我关火", "12点15分"),
    ("zh", "二十五点提醒我吃饭", "什么时候"), ("ja", "もう少ししたら火を消すように言って", "12時15分"),
    ("ja", "ゴミを出すように言って", "ゴミを出す")])
def test_a_time_that_is_none_or_is_gone_is_asked_about_and_the_errand_is_kept(say, language, said, told):
    assert told in say(said, language) and not say.kept()


@pytest.mark.parametrize("language,said,kept", [
    ("en", "Remind me at six to feed the cat please and thank you", ("23 18:00", "feed the cat")),
    ("en", "Remind me to phone Jean tomorrow as well at ten", ("24 10:00", "phone jean")),
    ("en", "Remind me to, oh what was it, ring the surgery at five", ("23 17:00", "ring the surgery")),
    ("en", "Remind me on Christmas Day at ten to ring Jean", ("25 10:00", "ring jean")),
    ("en", "Remind me at twelve to go to bed", ("24 00:00", "go to bed")),
    ("zh", "十二点提醒我睡觉", ("24 00:00", "睡觉")),
    ("zh", "麻烦你五点半喊我一声", ("23 17:30", "")), ("zh", "提醒我六点", ("23 18:00", "")),
    ("zh", "再提醒我下午三点给老王打电话", ("23 15:00", "给老王打电话"))])
def test_only_the_errand_is_read_back_at_the_time_that_was_meant(say, language, said, kept):
    say(said, language)
    assert say.kept() == [kept]
