"""What ends an alarm or settles a dose: nothing that is denied, asked, or followed by a call for help."""
from __future__ import annotations

import pytest

from dialogue.intents import load_sentences

FALL = ("yes", "help", "hurt", "call_nurse", "unsure", "no", "fine")
DOSE = ("taken", "taking", "yes", "no", "not_yet", "refuse", "unsure", "dose_asked")


def cases(**by_language: str) -> list[tuple[str, str]]:
    """(language, sentence)."""
    return [(language, text) for language, texts in by_language.items() for text in texts.split("|")]


@pytest.mark.parametrize("language,text", cases(
    en="no I need help|No I do need help|no help me please|no call the nurse|no I fell|no I can't get up"
       "|no my leg hurts|not really I can't stand|No I am not all right|I don't need a doctor but I can't get up"
       "|no need to worry but I can't breathe|don't worry about me call the nurse|I'm not hurt but I'm on the floor"
       "|never mind call an ambulance|I don't need the nurse but get me up",
    zh="没事，大腿疼|没事，尾巴骨疼|没事，没劲儿|没事，麻了|没事但是我起不来|不行了"
       "|哎呀不行了|腿没劲儿|两眼发黑|说话不利索了",
    ja="全然大丈夫じゃないの|大丈夫じゃなさそう|平気じゃない|大丈夫だけど起き上がれない"
       "|痛くないけど立てない|起き上がれそうもない"))
def test_who_is_fine_and_calls_for_help_calls_for_help(language, text):
    assert load_sentences(language).understand(text, FALL).call_for_help


@pytest.mark.parametrize("language,text", cases(
    en="No, I'm fine.|No I'm fine thanks|No.|I ain't hurt|No, no, I am okay|don't call the nurse"
       "|no pain at all|no chest pain",
    zh="没事的|我没事，不用叫护士|别叫护士|我没摔倒|没什么|不用了|不要不要",
    ja="いいえ、大丈夫です|大丈夫よ|お構いなく|起き上がれました"))
def test_who_is_fine_is_believed(language, text):
    meant = load_sentences(language).understand(text, FALL)
    assert meant.intent in ("fine", "no") and meant.sure


@pytest.mark.parametrize("language,text", cases(
    en="I'm fine no I'm not|am I all right?|Can I get up?",
    zh="要不要紧啊|我没事吗|我能起来吗|不用叫护士吗|怎么没事"
       "|不是没事|我没有没事",
    ja="大丈夫かな|大丈夫でしょうか|うーん"))
def test_a_question_or_a_denial_ends_no_alarm(language, text):
    assert load_sentences(language).understand(text, FALL).intent not in ("fine", "no", "yes")


@pytest.mark.parametrize("language,text", cases(
    en="Have I taken it?|Did I take my pill?|I ain't had it|I'm taking it now|I'm about to take it",
    zh="我吃药了吗|吃了没有|药吃了没|我是不是吃过了|药呢|药在哪儿|什么药|我马上就吃|这就吃",
    ja="飲んだっけ|飲んだかしら|うーん|そうねえ|今から飲みます"))
def test_a_dose_is_not_taken_by_who_asks_thinks_or_is_about_to(language, text):
    assert load_sentences(language).understand(text, DOSE).intent not in ("taken", "yes", "refuse")


@pytest.mark.parametrize("language,text", cases(
    en="I took it again|yes I took it again|I took another one|I took two instead of one|I had one earlier and one now",
    zh="刚才又吃了一片降压药|降压药吃了两回|整瓶吃了|老头子的药我吃了",
    ja="はい、でも二回飲んじゃった|朝も飲んだのにまた飲んじゃった"
       "|薬を二錠飲んじゃった"))
def test_more_than_one_dose_is_not_simply_taken(language, text):
    meant = load_sentences(language).understand(text, DOSE)
    assert meant.call_for_help and "dose_error" in meant.slots


@pytest.mark.parametrize("language,text", cases(
    en="I took two by mistake|I took tomorrow's as well", zh="降压药吃了两回|吃了老头子的降压药|安眠药吃了好几片",
    ja="睡眠薬を飲みすぎた|主人の薬を飲んじゃった"
       "|朝の分と夜の分をいっぺんに飲んだ|夜の薬を朝飲んじゃった"))
def test_a_wrong_dose_is_heard_by_the_way_too(language, text):
    meant = load_sentences(language).understand(text)
    assert meant.call_for_help and "dose_error" in meant.slots


@pytest.mark.parametrize("language,text", cases(
    en="Have I taken my medicine today?|Did I take my pill this morning?", zh="我今天吃过药没有|我吃药了吗",
    ja="薬飲んだっけ|お薬は飲みましたか"))
def test_whether_a_dose_was_taken_can_be_asked_at_any_time(language, text):
    assert load_sentences(language).understand(text).intent == "dose_asked"


@pytest.mark.parametrize("language,text", cases(
    en="I want to die|I don't want to live any more|I'd be better off dead|Nobody would miss me|Let me die",
    zh="我不想活了|活着没意思|活够了|让我死了算了", ja="もう生きていたくない|死にたい|生きててもしょうがない"))
def test_despair_calls_somebody(language, text):
    meant = load_sentences(language).understand(text)
    assert meant.call_for_help and "despair" in meant.slots


@pytest.mark.parametrize("language,text", cases(
    en="Turn the fan off|Switch the telly off", zh="关一下风扇|灶上的火忘关了", ja="テレビを消して|ストーブを消して"))
def test_no_light_goes_out_that_was_not_spoken_of(language, text):
    assert load_sentences(language).understand(text).intent != "light_off"


@pytest.mark.parametrize("language,text", cases(
    en="stay here|Please stay with me|don't leave me alone", zh="留在这儿|别走|你陪着我",
    ja="そばにいて|ここにいてちょうだい|行かないで"))
def test_who_wants_it_to_stay_does_not_send_it_away(language, text):
    assert load_sentences(language).understand(text).intent == "stop"


@pytest.mark.parametrize("language,text", cases(
    en="I can smell gas|There is a fire|My son hits me", zh="着火了|家里失火啦|好大一股煤气味|儿子打我|水管爆了",
    ja="火事だ|火事や火事や|ガスの臭いがする|天井から水が落ちてくる"))
def test_danger_is_called_and_nobody_feels_well_in_it(language, text):
    meant = load_sentences(language).understand(text)
    assert meant.call_for_help and "danger" in meant.slots


@pytest.mark.parametrize("language,text", cases(
    en="no, wait, yes please|I'm fine but yes please|I'm all right, call my son|I'm fine, I don't think",
    zh="不用叫救护车，叫我儿子来|没事，就是冷",
    ja="大丈夫、胸がちょっと|大丈夫です、来てください|大丈夫、だけど"))
def test_what_follows_well_being_is_not_overheard(language, text):
    meant = load_sentences(language).understand(text, FALL)
    assert meant.intent not in ("fine", "no") or not meant.sure


@pytest.mark.parametrize("language,text", cases(
    en="I've taken them, Harold's|I've taken it, three times|I've taken them but I sicked them up",
    zh="吃了，可是全吐了|吃了，一瓶都吃了",
    ja="飲んだよ、もう一回|飲みました、夫の|飲んだけど、すぐ吐いちゃった"))
def test_trouble_after_a_dose_calls_a_nurse(language, text):
    assert load_sentences(language).understand(text, DOSE).call_for_help


@pytest.mark.parametrize("language,text", cases(
    en="I've taken them, some", zh="吃了，没吃完|我吃了没有啊", ja="飲んだよ、嘘だけど|飲みました、昨日"))
def test_a_dose_that_is_taken_back_is_not_booked(language, text):
    meant = load_sentences(language).understand(text, DOSE)
    assert meant.intent != "taken" or not meant.sure
