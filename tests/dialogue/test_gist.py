"""What is worded as no sentence file foresees is understood by all its words, is never sure, and settles nothing."""
from pathlib import Path

import numpy as np
import pytest
import yaml

from dialogue.alike import spoken_form
from dialogue.gist import SENSES, TALK, Gist, load_gist, ngrams
from dialogue.intents import load_sentences
from dialogue.listener import Heard
from dialogue.question import Outcome, Question
from dialogue.recognizer import Transcript
from dialogue.understood import PRIORITY

LANGUAGES = ("en", "zh", "ja")
# Worded for these tests; neither in the sentence files nor in what was learnt.
WORDED = {
    "en": {"help": "I went over by the fridge and my legs won't lift me", "light_off": "kill that lamp would you dear",
           "service": "is there any chance of a cuppa", "where_is": "whereabouts would the lavatory be",
           "readings": "let me know how my blood sugar is doing"},
    "zh": {"help": "我在厨房里摔在地上了，腿使不上劲儿起不来", "light_on": "屋子里黑漆漆的，帮我弄亮堂点吧",
           "service": "我肚子咕咕叫了，给我弄点吃的吧", "where_is": "我想解手，厕所往哪边走啊"},
    "ja": {"help": "台所でひっくり返ってしまって、どうしても立てないの",
           "light_off": "まぶしいから明かりを落としてくれない",
           "where_is": "お手洗いはどっちのほうだったかしら", "readings": "今朝測った血圧はいくつだったかね"}}


@pytest.mark.parametrize(("language", "intent", "text"), [
    (language, intent, text) for language, said in WORDED.items() for intent, text in said.items()])
def test_other_wordings_are_understood_but_not_for_sure(language, intent, text):
    sentences = load_sentences(language)
    understood = sentences.understand(text)
    assert understood.intent == intent
    assert understood.call_for_help == (intent == "help")
    if not sentences.matched(text).intent:
        assert not understood.sure and 0.0 < understood.share < 1.0


@pytest.mark.parametrize(("language", "text"), [
    ("en", "the goalkeeper fell badly and the doctor ran on to the pitch"), ("en", "you needn't bother with the light"),
    ("zh", "守门员摔倒了，队医马上跑进场"), ("zh", "昨天护士给我打过电话了"),
    ("ja", "去年の冬に姉が転んで入院したんですよ"), ("ja", "電気は消さないでおいてね")])
def test_talk_and_near_misses_are_no_call_and_no_command(language, text):
    assert load_sentences(language).understand(text).intent == ""


@pytest.mark.parametrize("text", ["I", "I.", "a", ""])
def test_a_letter_that_is_left_of_a_breath_or_of_noise_is_no_wording(text):
    assert load_sentences("en").understand(text).intent == ""


def test_lists_fill_the_slots_wherever_their_values_stand():
    english = load_sentences("en")
    assert english.understand("is there any chance of a cup of tea").slots == {"service": "drink"}
    assert english.understand("would you mind putting the lamp on in the kitchen for me").slots == {"place": "kitchen"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_knows_talk_and_the_intents_of_the_sentence_file(language):
    sentences = load_sentences(language)
    assert {*load_gist(language).intents} == {TALK, *SENSES, *sentences.intents} <= {TALK, *SENSES, *PRIORITY}
    assert load_gist("ko") is None


def test_probabilities_add_up_also_for_words_never_heard():
    for said in ((), ("xyzzy",), ("help", "me")):
        assert sum(load_gist("en")(said).values()) == pytest.approx(1.0)


def test_in_answer_to_a_question_what_is_said_beside_it_does_not_count():
    text, english = "I am doing quite well up here. Thank you very much.", load_sentences("en")
    assert english.matched(text).intent == "thanks"
    assert english.understand(text, ["fine", "no", "help"]).intent == "fine"


def test_what_was_asked_for_is_likelier():
    gist, said = load_gist("en"), ("champion", "thanks")
    assert gist(said, ["fine"])["fine"] > gist(said)["fine"]


def test_weights_survive_their_file(tmp_path):
    gist = load_gist("en")
    gist.save(tmp_path / "gist.npz")
    with np.load(tmp_path / "gist.npz", allow_pickle=False) as kept:
        again = Gist("en", **{name: kept[name] for name in Gist.ARRAYS})
    assert again(("help", "me")) == gist(("help", "me"))


def test_ngrams_are_the_same_in_every_process():
    assert ngrams(("a",), "zh")[0xE8B7BE43] == 1  # the CRC-32 of "a"


# --- what is only probable is asked about before it settles anything --------------------------------------------------
def heard(text: str, *expected: str) -> Heard:
    return Heard(Transcript(text, 0.9, "en"), load_sentences("en").understand(text, expected), 0.0, 1.0)


VAGUE = "champion me, don't you go fretting"


def test_an_alarm_does_not_end_by_the_gist_alone():
    question = Question(["fine", "no", "help"], 2)
    question.asked()
    assert question.heard(heard(VAGUE, *question.expected)) is None
    assert question.confirmation == "dialogue.confirm_fine" and not question.apologise
    question.asked()
    assert question.attempt == 1
    assert question.heard(heard("Yes", *question.awaited)) is Outcome.ANSWERED
    assert question.meant.intent == "fine"


@pytest.mark.parametrize(("reply", "outcome", "intent"), [
    ("No", None, None), ("Help me!", Outcome.ANSWERED, "help"), ("I am fine", Outcome.ANSWERED, "fine"),
    (VAGUE, Outcome.ANSWERED, "fine")])
def test_what_is_said_when_the_robot_asks_whether_it_is_so(reply, outcome, intent):
    question = Question(["fine", "no", "help"], 2)
    question.asked()
    question.heard(heard(VAGUE, *question.expected))
    question.asked()
    assert question.heard(heard(reply, *question.awaited)) is outcome
    assert (question.meant and question.meant.intent) == intent


def test_silence_after_the_doubt_is_no_answer():
    question = Question(["fine", "no"], 1)
    question.asked()
    question.heard(heard(VAGUE, *question.expected))
    question.asked()
    assert question.silence() is Outcome.NOT_UNDERSTOOD and question.meant is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_learnt_of_what_is_measured(language):
    """Neither of the sentences of other hands nor of those that the bench lets voices say for its figures."""
    bench = Path(__file__).parents[2] / "bench"

    def spoken(name: str) -> set[str]:
        lines = (bench / "said" / name).read_text(encoding="utf-8").splitlines()
        return {spoken_form(line.split("\t")[1], language) for line in lines}

    said = yaml.safe_load((bench / "speech_sentences.yaml").read_text(encoding="utf-8"))[language]
    measured = {spoken_form(text, language) for texts in said.values() for text in texts[1::2]}
    for kind in ("unseen", "rough", "evening", "close", "plain"):
        measured |= spoken(f"{language}_{kind}.tsv")
    assert len(measured) > 1400 and not measured & spoken(f"{language}.tsv")
