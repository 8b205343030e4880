"""What is told apart within an intent, and what is answered: medicines, alarms, dangers, fears."""
from __future__ import annotations

import pytest

from dialogue.intents import load_sentences
from robot.answers import Notify

HELP = {"en": "Help me!", "zh": "救命", "ja": "助けて"}


def notices(say):
    return [deed for deed in say.talk.deeds if isinstance(deed, Notify)]


@pytest.mark.parametrize("language,text", [
    ("en", "I forgot my tablet this morning"), ("en", "can I take it with a glass of wine"),
    ("en", "the tablets make me dizzy"), ("en", "can my wife have mine"), ("en", "has it got side effects"),
    ("en", "I've run out of tablets"), ("en", "the doctor's changed my tablets"), ("en", "I've stopped taking them"),
    ("zh", "降压药一天吃几回"), ("zh", "我忘了吃早上的药现在补上行不行"), ("zh", "能不能多吃一片安眠药"),
    ("zh", "饭前还是饭后"),
    ("zh", "这药怎么跟昨天的不一样"), ("zh", "药掉地上了"), ("zh", "把药给我拿过来"),
    ("ja", "薬は食前ですか食後ですか"), ("ja", "何錠飲めばいいの"), ("ja", "昨日の薬と色が違う"),
    ("ja", "風邪薬を飲んでもいい")])
def test_who_asks_about_a_dose_is_told_to_wait_for_the_nurse_who_is_told(say, language, text):
    told = say(text, language)
    assert any(wait in told for wait in ("before the nurse", "先别吃", "飲まないで")), told
    assert [notice.detail for notice in notices(say)] == [text]


@pytest.mark.parametrize("language,text", [
    ("en", "which tablets do I take"), ("en", "is it the blue one"), ("zh", "我吃的什么药"), ("zh", "该吃药了吗"),
    ("zh", "那个药是什么颜色的"), ("ja", "私は何の薬を飲んでいるの"), ("ja", "薬の時間ですか")])
def test_which_it_is_is_told_with_its_time_and_dose(say, language, text):
    told = say(text, language)
    assert any(dose in told for dose in ("one white tablet, at 8", "晚上8点吃氨氯地平，一片", "白い錠剤を一錠")), told


@pytest.mark.parametrize("language,text,told", [
    ("en", "I've just had it", "that you say so"), ("zh", "药吃过了", "您这么说"),
    ("ja", "薬飲んだよ", "そうおっしゃった"),
    ("en", "I don't want to take it", "let the nurse know"), ("zh", "我不记得吃没吃", "没有记录"),
    ("en", "I haven't taken my pills", "before the nurse")])
def test_what_is_said_of_a_dose_that_nobody_asked_about_settles_nothing_and_is_passed_on(say, language, text, told):
    assert told in say(text, language) and notices(say)


@pytest.mark.parametrize("language,text", [("en", "done"), ("zh", "吃完了"), ("en", "I don't know"), ("en", "not now")])
def test_an_answer_to_nothing_is_not_taken_for_one_about_a_dose(say, language, text):
    assert say(text, language) == ""


@pytest.mark.parametrize("language,text", [
    ("en", "I took too many of my tablets, is that bad"), ("zh", "降压药我吃了两回要紧吗"),
    ("en", "can't breathe since the new pill")])
def test_a_question_hides_no_need(language, text):
    assert load_sentences(language).understand(text).call_for_help


@pytest.mark.parametrize("language,text,open_,closed", [
    ("en", "is somebody coming", "I've called them", "ask the nurse"),
    ("en", "where's that nurse got to", "I've called them", "that you are waiting"),
    ("zh", "你真的叫人了吗", "已经叫了", "您在等人"), ("zh", "怎么还不来", "已经叫了", "您在等人"),
    ("ja", "看護師さんはまだ", "もう呼びました", "お待ち"),
    ("en", "no it's just wind", "still look in", ""), ("en", "you can tell them not to come", "still look in", ""),
    ("zh", "不用叫了我好了", "还是会来", ""), ("ja", "冗談だよ", "見に来て", "")])
def test_what_is_said_into_an_open_alarm_is_answered_and_ends_nothing(say, language, text, open_, closed):
    before = say(text, language)
    assert closed in before and bool(closed) == bool(before)
    say(HELP[language], language)
    assert open_ in say(text, language)


def test_who_calls_again_is_told_that_they_know_and_not_the_same_every_time(say):
    told = [say("My leg hurts") for _ in range(4)]
    assert "calling" in told[0] and len(set(told)) == 4
    assert "stay where it is safe" in say("I can smell gas")  # something else is told anew


def test_who_wants_nobody_after_despair_is_not_left_alone(say):
    say("nobody needs me")
    assert "sit with you" in say("no don't call anybody")


@pytest.mark.parametrize("language,text,slot", [
    ("en", "I've left the cooker on", "danger"), ("en", "there's someone in my room", "danger"),
    ("en", "I can't smell gas", "danger"), ("zh", "煤气忘关了好像有味儿", "danger"), ("zh", "锅烧干了", "danger"),
    ("zh", "怎么有股糊味儿", "danger"), ("zh", "插座冒火星了", "danger"), ("zh", "护工掐我", "danger"),
    ("ja", "焦げ臭い", "danger"), ("ja", "鍋が焦げてる", "danger"), ("ja", "コンロの火をつけっぱなしにした", "danger"),
    ("ja", "ヘルパーさんに叩かれた", "danger"),
    ("en", "I don't see the point any more", "despair"), ("en", "sometimes I wish I weren't here anymore", "despair"),
    ("zh", "我不想拖累孩子了", "despair"), ("zh", "还不如早点走了好", "despair"), ("zh", "没有人需要我", "despair"),
    ("ja", "誰にも必要とされていない", "despair")])
def test_danger_and_veiled_despair_are_heard(language, text, slot):
    meant = load_sentences(language).understand(text)
    assert meant.call_for_help and slot in meant.slots


@pytest.mark.parametrize("probability,slots", [(0.9, {"danger": "1"}), (0.5, {"perhaps": "danger"}), (0.2, {})])
def test_a_sense_of_a_call_is_acted_on_or_kept_in_mind_by_its_probability(monkeypatch, probability, slots):
    sentences = load_sentences("en")
    monkeypatch.setattr(sentences, "_gist", lambda said, wanted: {
        "danger": probability, "help": 0.95 - probability, "none": 0.05})
    assert sentences.understand("something hisses by the stove").slots == slots


@pytest.mark.parametrize("language,text", [
    ("en", "in case you smell gas you open a window first"), ("zh", "要是煤气漏了得先开窗"),
    ("ja", "ニュースで工場の火事の話をしていた"),
    ("zh", "过一刻钟提醒我关炉子的火"), ("ja", "近所に泥棒が入ったらしい")])
def test_talk_of_danger_is_none(language, text):
    assert not load_sentences(language).understand(text).call_for_help


@pytest.mark.parametrize("language,text,told", [
    ("en", "can you hear me", "I can hear you"), ("ja", "聞こえますか", "聞こえて"), ("zh", "听得见吗", "听得"),
    ("en", "don't tell the nurse", "have to tell"), ("en", "I don't want the nurse to know", "have to tell"),
    ("ja", "看護師さんには言わないで", "伝えないと"), ("zh", "别告诉护士", "得告诉"),
    ("en", "I'm cold", "tell your carers"), ("ja", "暑い", "お伝え"),
    ("en", "I've dropped my remote I can't reach it", "carers"),
    ("en", "I can't eat this it's too hard to chew", "carers"), ("zh", "给护士说我的水喝完了", "转告"),
    ("en", "tell the nurse I need a hand with my stockings", "carers"), ("zh", "我做噩梦了", "陪着您"),
    ("ja", "怖い", "おそば"),
    ("en", "I need to see the doctor about my foot", "appointment"), ("en", "I'm such a nuisance", "all right")])
def test_what_is_no_call_for_help_is_answered_or_passed_on(say, language, text, told):
    assert not load_sentences(language).understand(text).call_for_help
    assert told in (answer := say(text, language)), answer


@pytest.mark.parametrize("language,text", [
    ("en", "I dropped my stick and fell"), ("en", "tell the nurse I've fallen and dropped my glasses"),
    ("zh", "我摔了，拐杖够不着"), ("en", "I rang the bell and nobody came"),
    ("ja", "ベルを押しても誰も来ない")])
def test_in_doubt_it_remains_a_call(language, text):
    assert load_sentences(language).understand(text).call_for_help
