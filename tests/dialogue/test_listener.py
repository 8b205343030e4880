"""What counts of several hearings of one sound."""
from __future__ import annotations

import numpy as np
import pytest

from dialogue.alike import KnownSentences, spoken_form
from dialogue.called import Names
from dialogue.intents import load_sentences
from dialogue.listener import Heard as Utterance
from dialogue.listener import Listener
from dialogue.recognizer import Recognizer, Transcript


class Heard(Recognizer):
    """An engine that hears what it is told: the first time, without the noise, and with a hint."""
    engine, languages, weighs = "told", ("en",), True

    def __init__(self, first: str, *others: str, hinted: str = "", cleaned: str = "",
                 behind: float | dict[str, float] = 0.0) -> None:
        self.first, self.others, self.hinted, self.cleaned = first, others, hinted, cleaned
        self.hints, self.nats = [], behind

    def recognizer(self, languages) -> Heard:
        return self

    def begin(self) -> None: ...

    def accept(self, samples) -> str:
        return ""

    def finish(self) -> Transcript:
        return Transcript(self.first, 0.9, "en", self.others)

    def through_noise(self) -> Transcript:
        return Transcript(self.cleaned, 0.9, "en")

    def second_opinion(self, expected) -> Transcript:
        self.hints += expected
        return Transcript(self.hinted, 0.9, "en")

    def behind(self, text) -> float:
        return self.nats.get(text, 99.0) if isinstance(self.nats, dict) else self.nats


@pytest.fixture
def no_gist(monkeypatch):
    """Sentences alone: what is judged is the hearing."""
    monkeypatch.setattr(load_sentences("en"), "_gist", None)


@pytest.fixture
def nothing_known(monkeypatch):
    """No known sentences: what is judged are the hearings."""
    monkeypatch.setattr("dialogue.doubt.load_known", lambda language: None)


def heard(ears: Heard, *expected: str) -> Utterance:
    listener = Listener(ears)
    listener.begin(["en"])
    listener.accept(np.zeros(16_000, np.int16))
    return listener.finish(0.0, 1.0, expected)


def understood(ears: Heard, *expected: str) -> str:
    return heard(ears, *expected).understood.intent


def test_the_likeliest_other_hearing_that_is_a_request_counts():
    assert understood(Heard("what dime is it", "what time his it", "what time is it", "help me")) == "time"


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("behind,intent", [(1.0, "hurt"), (4.0, "")])
def test_a_likely_other_hearing_that_is_surely_a_call_in_free_words_counts(behind, intent):
    other = "my knees ache so much I could cry"
    assert load_sentences("en").matched(other).intent == ""
    assert understood(Heard("my music so much I could try", other, behind={other: behind})) == intent


@pytest.mark.usefixtures("nothing_known")
def test_what_all_hearings_make_of_a_call_is_weighed_together():
    call, talk = "my knees ache so much I could cry", "my music so much I could try"
    others = [f"my musics so much I could {word}" for word in ("fry", "pry", "dry", "ply")]
    assert understood(Heard(talk, call, *others, behind={call: 3.0, **dict.fromkeys(others, 9.0)})) == "hurt"
    assert understood(Heard(talk, call, *others, behind={call: 3.0, **dict.fromkeys(others, 0.0)})) == ""
    assert understood(Heard(talk, call, behind={call: -5000.0})) == "hurt"  # of what was heard first nothing fits


@pytest.mark.usefixtures("no_gist")
@pytest.mark.parametrize("other", ["I am fine.", "No.", "no thank you"])
def test_no_second_choice_ends_an_alarm(other):
    assert understood(Heard("I am vine", other)) == ""


@pytest.mark.parametrize("first", ["I am fine", "what time is it", "thank you"])
@pytest.mark.parametrize("behind,call", [(0.5, True), (5.0, False)])
def test_a_call_that_is_as_likely_by_the_sound_is_more_than_what_was_understood(first, behind, call):
    meant = heard(Heard(first, "help me", behind={"help me": behind})).understood
    assert meant.call_for_help == call and not (call and meant.sure)


def test_no_other_request_takes_the_place_of_what_was_understood():
    assert understood(Heard("what time is it", "turn the light on")) == "time"


@pytest.mark.parametrize("order", ["stop", "be quiet"])
def test_an_order_that_cannot_wait_is_not_doubted(order):
    assert understood(Heard(order, "help me", behind={"help me": 0.1})) in ("stop", "quiet")


def test_an_answer_that_settles_nothing_gives_way_to_a_call_as_likely():
    assert understood(Heard("not yet", "help me", behind={"help me": 0.1}), "taken", "not_yet") == "help"


@pytest.mark.parametrize("behind,sure", [(0.5, False), (5.0, True)])
def test_an_answer_that_may_have_been_a_call_is_asked_back(behind, sure):
    meant = heard(Heard("I am fine", "I am dying", behind={"I am dying": behind}), "fine", "help").understood
    assert (meant.intent, meant.sure) == ("fine", sure)


@pytest.mark.usefixtures("no_gist", "nothing_known")
def test_unasked_nothing_is_hinted_at():
    ears = Heard("what thyme is it", hinted="what time is it")
    assert understood(ears) == "" and not ears.hints


@pytest.mark.usefixtures("no_gist")
def test_the_known_sentence_that_the_sound_bears_out_best_counts(monkeypatch):
    said = {"I've had a fall.": "help", "I've had a tumble": "help", "I've had it": "none",
            "I've had my pills.": "taken"}
    known = KnownSentences("en", tuple(said), tuple(said.values()), tuple(spoken_form(text, "en") for text in said))
    monkeypatch.setattr("dialogue.doubt.load_known", lambda language: known)
    told = {"I've had a fall.": 2.0, "I've had a tumble": 8.5, "I've had it": 7.0, "I've had my pills.": 6.0}
    assert understood(Heard("I've had a patrol", behind=told)) == "help"
    assert understood(Heard("I've had a patrol", behind={"I've had a fall.": 12.5})) == "help"  # is verified by asking
    assert understood(Heard("I've had a patrol", behind={"I've had a fall.": 13.5})) == ""


@pytest.mark.usefixtures("no_gist")
def test_a_known_call_that_is_likely_by_the_sound_does_not_give_way_to_unlikely_talk(monkeypatch):
    said = {"I've had a fall.": "help", "I've had a patroll": "none"}
    known = KnownSentences("en", tuple(said), tuple(said.values()), tuple(spoken_form(text, "en") for text in said))
    monkeypatch.setattr("dialogue.doubt.load_known", lambda language: known)
    told = {"I've had a fall.": 9.5, "I've had a patroll": 11.0}
    assert understood(Heard("I've had a patrol", behind=told)) == "help"


@pytest.mark.usefixtures("no_gist")
def test_an_engine_that_cannot_weigh_the_sound_takes_nothing_by_likeness():
    ears = Heard("I've had a patrol")
    ears.weighs = False
    assert understood(ears) == ""


@pytest.mark.usefixtures("no_gist")
def test_what_sounds_like_talk_is_talk():
    ears = Heard("the hand bag turned up at the nation", behind=2.0)
    assert understood(ears) == ""


@pytest.mark.usefixtures("no_gist")
@pytest.mark.parametrize("heard", ["I am vine", "I've halve it", "tell my sun I am well", "do not turn of the lite"])
def test_no_known_sentence_settles_anything_nor_lends_its_words_nor_loses_a_negation(heard):
    assert understood(Heard(heard, behind=0.0)) == ""


@pytest.mark.usefixtures("no_gist", "nothing_known")
def test_what_is_heard_without_the_noise_counts_as_far_as_the_sound_bears_it_out():
    assert understood(Heard("God you pray", cleaned="Turn the light on.", behind=4.0)) == "light_on"
    assert understood(Heard("God you pray", cleaned="Turn the light on.", behind=6.0)) == ""
    assert understood(Heard("I hive it", cleaned="I have taken it.")) == ""


@pytest.mark.usefixtures("no_gist", "nothing_known")
@pytest.mark.parametrize(("hinted", "behind", "intent"), [
    ("Help me up", 3.5, "help"), ("Help me up", 6.0, ""), ("You talk too fast.", 3.5, "slower"),
    ("Turn the light on.", 1.2, "light_on"), ("Turn the light on.", 1.8, "")])
def test_what_only_the_hint_says_and_not_the_sound_is_not_believed(hinted, behind, intent):
    assert understood(Heard(hinted.replace("e", "i"), hinted=hinted, behind=behind), "slower") == intent


@pytest.mark.usefixtures("no_gist")
def test_an_alarm_ends_only_by_what_the_sound_says_as_well_as_anything_else():
    assert understood(Heard("I am vine", hinted="I am fine.", behind=0.4), "fine") == ""
    assert understood(Heard("I am vine", hinted="I am fine.", behind=-0.4), "fine") == "fine"


@pytest.mark.usefixtures("no_gist", "nothing_known")
def test_a_call_for_help_is_listened_for_in_every_question():
    ears = Heard("my dip hurts terrible", hinted="my hip hurts terribly")
    assert understood(ears, "taken", "not_yet") == "hurt" and ears.hints[0] == "I have taken it."


def test_a_hint_is_not_believed_without_the_sound():
    assert understood(Heard("the weather was lovely", hinted="help me I cannot get up")) == ""


def test_the_gist_of_what_was_heard_first_needs_no_second_hearing():
    ears = Heard("be so good and put some light on dear it has gone dark")
    assert understood(ears) == "light_on" and not ears.hints


def test_a_sentence_that_another_hearing_holds_outweighs_the_gist():
    assert understood(Heard("what dime would it be now", "what time is it now")) == "time"


def test_a_noise_written_as_dots_is_nothing():
    assert understood(Heard("... ... ...", "help me", cleaned="help me")) == ""


@pytest.mark.usefixtures("no_gist", "nothing_known")
def test_what_others_wait_for_is_not_heard_again():
    listener = Listener(Heard("God you pray", cleaned="Turn the light on.", behind=4.0))
    listener.begin(["en"])
    listener.accept(np.zeros(16_000, np.int16))
    assert listener.finish(0.0, 1.0, (), hurry=True).understood.intent == ""


def test_talk_is_not_heard_again():
    ears = Heard("the minister said in parliament today that the new motorway will be built after all", hinted="help")
    assert understood(ears) == "" and not ears.hints


# --- the robot's name -------------------------------------------------------------------------------------------------
def hear(ears: Heard, *expected: str):
    listener = Listener(ears, Names({"en": ["Ann"]}))
    listener.begin(["en"])
    listener.accept(np.zeros(16_000, np.int16))
    return listener.finish(0.0, 1.0, expected)


def test_the_name_is_heard_and_the_wish_beside_it_in_whole():
    heard = hear(Heard("Ann, what time is it?"))
    assert heard.named and heard.understood.intent == "time" and heard.understood.share == 1.0


def test_the_name_alone_is_a_call_that_is_not_answered_before_the_speaker_is_done():
    heard = hear(Heard("Ann?"))
    assert (heard.named, heard.understood.intent, heard.understood.at_once) == (True, "called", False)


@pytest.mark.parametrize(("first", "named"), [("And what time is it?", True), ("Ants, what time is it?", True),
                                              ("What time is it?", False)])
def test_a_misheard_name_counts_where_the_sound_may_be_the_name(first, named):
    heard = hear(Heard(first, behind={"Ann, what time is it": 6.0}))
    assert (heard.named, heard.understood.intent) == (named, "time")


def test_words_that_sound_otherwise_are_no_name():
    assert not hear(Heard("Now what time is it?", behind={"Ann, what time is it": 22.0})).named


def test_an_engine_that_cannot_weigh_texts_hears_no_name_in_other_words():
    ears = Heard("And what time is it?", behind=0.0)
    ears.weighs = False
    assert not hear(ears).named


def test_a_call_for_help_with_the_name_is_one():
    assert hear(Heard("Ann, help me, I cannot get up.")).understood.call_for_help
