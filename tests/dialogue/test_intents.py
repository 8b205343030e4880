"""What residents say is understood, and what only sounds alike is not."""
from __future__ import annotations

import pytest

from dialogue.intents import SentenceError, Sentences, load_sentences
from dialogue.spoken_form import tokens
from robot.site import LANGUAGES

EXAMPLES = [(language, intent, text) for language in LANGUAGES
            for intent, texts in load_sentences(language).examples.items() for text in texts]
NOT_COMMANDS = [(language, text) for language in LANGUAGES for text in load_sentences(language).not_commands]


@pytest.mark.parametrize("language,intent,text", EXAMPLES)
def test_every_example_sentence_is_understood(language, intent, text):
    sentences = load_sentences(language)
    assert sentences.understand(text, sentences.answers & {intent}).intent == intent


@pytest.mark.parametrize("language,text", NOT_COMMANDS)
def test_a_near_miss_is_no_request(language, text):
    assert load_sentences(language).understand(text).intent == ""


def test_what_the_sentence_file_knows_for_talk_is_surely_talk_and_what_it_does_not_know_is_not():
    sentences = load_sentences("en")
    assert sentences.understand("I have fallen asleep").talk == 1.0
    assert sentences.matched("prices have fallen over the weekend").talk == 0.0


@pytest.mark.parametrize("language,text", [
    ("en", "help me, I cannot get up"), ("zh", "救命"), ("zh", "我起不来了"), ("zh", "来人啊"), ("ja", "助けて"),
    ("ja", "起き上がれない"), ("ja", "痛い"), ("ko", "도와주세요"),
    ("en", "well I was going to the kitchen and help me I cannot get up from here"), ("zh", "我在卧室床边上救命啊"),
    ("en", "remind me to help me I cannot get up"), ("zh", "告诉我女儿我摔倒了起不来"),
    ("ja", "娘に転んで動けないと伝えて"), ("en", "tell my son help me I have fallen"), ("zh", "走开救命"),
    ("en", "help me help me help me"), ("en", "I, I cannot, I cannot get up"), ("en", "No! Help me!")])
def test_a_call_for_help_is_heard_in_the_middle_of_a_sentence(language, text):
    assert load_sentences(language).understand(text).call_for_help


@pytest.mark.parametrize("language,text,call", [
    ("en", "Tell my daughter I've fallen", True), ("en", "Turn on the light. Tell my daughter I've fallen.", True),
    ("en", "Call my son and tell him I've fallen", True), ("en", "Tell my daughter I need an ambulance", True),
    ("zh", "打开灯，告诉我女儿我摔倒了", True), ("ja", "電気をつけて、娘に転んだと伝えて", True),
    ("en", "Tell my daughter I fell last week", False), ("en", "Tell my son to come quickly", False),
    ("en", "Tell my son to give me a hand", False), ("zh", "告诉我儿子快来", False),
    ("ja", "娘に昨日転んだと伝えて", False)])
def test_a_message_that_tells_of_a_fall_is_more_than_a_message(language, text, call):
    meant = load_sentences(language).understand(text)
    assert meant.call_for_help == call and (call or meant.intent == "tell_family")


@pytest.mark.parametrize("language,text", [
    ("en", "I have not fallen"), ("en", "I do not need help"), ("en", "I don't need any help"), ("zh", "我没有摔倒"),
    ("zh", "我不需要帮助"), ("ja", "助けはいりません"), ("ja", "転んでいません"), ("ko", "안 넘어졌어요")])
def test_a_denial_is_never_a_call_for_help(language, text):
    understood = load_sentences(language).understand(text)
    assert understood.intent in ("fine", "no") and not understood.call_for_help


def test_a_homophone_written_otherwise_is_understood():
    assert load_sentences("zh").understand("我七不來了").intent == "help"
    assert load_sentences("ja").understand("たすけて下さい").intent == "help"


@pytest.mark.parametrize("said,plain", [
    ("Harold's on the floor", "harold is on the floor"), ("my wife’s collapsed", "my wife is collapsed"),
    ("Harold's red pills", "harolds red pills"), ("I shan't", "i shall not")])
def test_who_is_in_need_is_told_from_whose_it_is(said, plain):
    assert " ".join(tokens(said, "en")) == plain


@pytest.mark.parametrize("answer", ["not really", "I don't think so", "I took it this morning", "No, who are you?"])
def test_a_vague_answer_and_one_beside_a_question_are_asked_back(answer):
    understood = load_sentences("en").understand(answer, ("yes", "no", "fine", "taken", "unsure"))
    assert understood.intent in ("no", "taken") and not understood.sure


def test_who_asks_back_has_not_answered():
    english = load_sentences("en")
    assert english.understand("No, what did you say?", ("yes", "no")).intent == "repeat"
    assert english.understand("Yes, pardon?", ("yes", "no")).intent == "repeat"


def test_doubt_wins_over_certainty():
    english = load_sentences("en")
    assert english.understand("Yes, I have taken it. No, not yet.").intent == "not_yet"
    assert english.understand("I am fine. Help me!").intent == "help"
    assert english.understand("yes no").intent == ""


def test_what_ends_an_alarm_is_not_believed_from_a_fragment():
    assert load_sentences("en").understand("Fine. The green parrot flew over the roof of the house").intent == ""


@pytest.mark.parametrize("text,expected,intent", [
    ("Go away", (), "go_away"), ("Go away", ("taken", "refuse"), "refuse"), ("seven", (), ""),
    ("seven", ("when",), "when"), ("Yes. What time is it?", ("yes", "no"), "yes"),
    ("Yes. Help me!", ("yes", "no"), "help")])
def test_what_an_open_question_expects_comes_first_and_a_call_for_help_before_it(text, expected, intent):
    assert load_sentences("en").understand(text, expected).intent == intent


@pytest.mark.parametrize("language,text", [
    ("en", "No, I can't hear you"), ("en", "Yes, what did you say?"), ("zh", "不，我听不见"), ("zh", "对，你说什么"),
    ("ja", "いいえ、聞こえません"), ("ja", "はい、何ですか")])
def test_who_wants_it_said_again_has_not_answered(language, text):
    assert load_sentences(language).understand(text, ("help", "yes", "no", "fine")).intent == "repeat"


@pytest.mark.parametrize("language,text", [
    ("en", "No. What day is it?"), ("zh", "不，今天星期几"), ("ja", "いいえ、今何時ですか")])
def test_a_no_beside_a_question_is_doubtful(language, text):
    assert not load_sentences(language).understand(text, ("help", "yes", "no", "fine")).sure


@pytest.mark.parametrize("text,call", [("主人が倒れました", True), ("昨日、主人が倒れました", False)])
def test_what_is_talk_as_a_whole_calls_nobody_for_a_part_of_it(text, call):
    assert load_sentences("ja").understand(text).call_for_help == call


TAKEN = ("taken", "not_yet", "yes", "no", "refuse", "unsure")


@pytest.mark.parametrize("language,text,error", [
    ("en", "I think I've taken too many pills.", "too_much"), ("en", "I took my tablets twice", "too_much"),
    ("en", "I've taken my husband's pills by mistake", "wrong"), ("zh", "我好像把药吃重了", "too_much"),
    ("zh", "今天早上我好像吃了两次药", "too_much"), ("zh", "我吃了老伴的药", "wrong"),
    ("ja", "お薬を二回飲んでしまいました", "too_much"), ("ja", "薬を飲みすぎました", "too_much"),
    ("ja", "間違えて薬を飲んじゃった", "wrong"), ("ko", "약을 두 번 먹었어요", "too_much")])
def test_a_dose_taken_twice_or_wrongly_is_a_call_for_help_also_in_answer_to_whether_it_was_taken(language, text, error):
    for expected in ((), TAKEN):
        meant = load_sentences(language).understand(text, expected)
        assert (meant.call_for_help, meant.sure, meant.slots.get("dose_error")) == (True, True, error)


@pytest.mark.parametrize("language,text", [
    ("en", "Yes, twice."), ("en", "I took it twice"), ("en", "I took the wrong one"), ("zh", "吃过了，又吃了一次"),
    ("zh", "吃了两次"), ("ja", "飲みました、二回"), ("ja", "はい、二回飲みました"), ("ko", "네, 두 번 먹었어요")])
def test_in_answer_to_whether_it_was_taken_a_word_says_that_it_was_taken_wrongly(language, text):
    meant = load_sentences(language).understand(text, TAKEN)
    assert meant.call_for_help and meant.sure and "dose_error" in meant.slots
    assert "dose_error" not in load_sentences(language).understand(text).slots  # by the way it may be of anything


@pytest.mark.parametrize("language,text", [
    ("en", "I take my pills twice a day"), ("en", "I have not taken it twice"),
    ("en", "I took my medicine twice today"),
    ("zh", "我把药吃了"), ("zh", "今天吃了两次药"), ("zh", "今天多吃了一顿"), ("zh", "你吃错药了吧"),
    ("ja", "薬は一日二回飲みます"), ("ja", "今日薬を二回飲みました"), ("ja", "お酒を飲みすぎた"),
    ("ja", "薬を飲みました")])
def test_a_dose_taken_as_it_should_be_is_none(language, text):
    assert not load_sentences(language).understand(text).call_for_help


@pytest.mark.parametrize("language,text,slots", [
    ("en", "Remind me at eleven to take my pills", {"hour": "11", "what": "take my pills", "medicine": ""}),
    ("en", "Remind me at seven to take my pills", {"hour": "7", "what": "take my pills", "medicine": ""}),
    ("en", "Remind me to phone Mary, at half past six",
     {"hour": "6", "minute": "30", "what": "phone Mary", "errand": "yes"}),
    ("zh", "七点提醒我吃2片药", {"hour": "7", "what": "吃二片药", "medicine": ""}),
    ("zh", "把厕所的灯关掉", {"place": "toilet"}),
    ("ja", "11時に薬を飲むように教えて", {"hour": "11", "what": "薬を飲む", "medicine": ""}),
    ("en", "Remind me at seven to take my blood pressure pills",
     {"hour": "7", "what": "take my blood pressure pills", "medicine": "blood pressure"}),
    ("zh", "七点提醒我去药店买药", {"hour": "7", "what": "去药店买药", "errand": "yes"}),
    ("ja", "娘に元気だと伝えて", {"person": "娘さん", "what": "元気だ"})])
def test_what_stands_in_a_list_fills_its_slot(language, text, slots):
    assert load_sentences(language).understand(text).slots == slots


def test_a_file_with_an_unknown_intent_is_refused_by_name():
    with pytest.raises(SentenceError, match="dance"):
        Sentences({"language": "en", "intents": {"dance": {"data": [{"sentences": ["let us dance"]}]}}})


def test_korean_knows_words_of_medicine_from_promises():
    korean = load_sentences("ko")._medicine
    assert "medicine" in korean.slots("혈압약 먹기") and not korean.slots("약속") and not korean.slots("예약을 확인")


@pytest.mark.parametrize("text", ["ご飯おいしくなかったって伝えて", "隣の佐藤さんに電話して"])
def test_no_relative_stands_inside_of_another_word(text):
    assert "person" not in load_sentences("ja").understand(text).slots  # おい, とうさん


@pytest.mark.parametrize("language,text,intent", [
    ("en", "come to me at seven", ""), ("en", "play some music at eight", ""), ("zh", "七点开灯", ""),
    ("zh", "我们七点去厨房", ""), ("ja", "七時に電気を消して", ""),
    ("en", "it's ten o'clock, lights out", "light_off"), ("zh", "十点了把灯关了吧", "light_off"),
    ("ja", "もう十時だから電気を消して", "light_off")])
def test_what_is_wished_for_an_hour_is_not_done_at_once(language, text, intent):
    assert load_sentences(language).understand(text).intent == intent


@pytest.mark.parametrize(("language", "told", "asked"), [
    ("en", "I was thinking about my husband", "do robots like you have a family"),
    ("zh", "我刚才在想我老伴和孩子的事", "你们机器人也有家人吗")])
def test_small_talk_that_is_only_told_asks_the_robot_nothing(language, told, asked):
    sentences = load_sentences(language)
    assert sentences.understand(told).intent == "" and sentences.understand(told).talk > 0.5
    understood = sentences.understand(asked)
    assert (understood.intent, understood.slots.get("topic")) == ("small_talk", "family")
