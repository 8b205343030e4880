"""What was meant for the robot and not understood gets words, and a television does not get them for ever."""
from __future__ import annotations

import pytest

from dialogue.unclear import FORGOTTEN_S, Unclear
from dialogue.understood import Understood

UNKNOWN, TOLD = Understood("", False, 0.0, talk=0.2), Understood("", False, 0.0, talk=0.97)


def of(unclear: Unclear, understood=UNKNOWN, text="put the wotsit on", why="conversation", named=False, at_s=0.0,
       language="en") -> str:
    return unclear.of(understood, text, language, why, named, at_s)


def test_it_is_asked_once_to_be_said_again_then_somebody_is_offered_and_then_it_may_only_belong_to_a_wish():
    unclear = Unclear()
    assert [of(unclear, at_s=5.0 * turn) for turn in range(4)] == [
        "unclear", "unclear_again", "unclear_still", "unclear_still"]


@pytest.mark.parametrize("begins_anew", ["understood", "a minute later"])
def test_what_is_understood_and_a_silence_begin_anew(begins_anew):
    unclear = Unclear()
    of(unclear)
    if begins_anew == "understood":
        assert of(unclear, Understood("time", False, 1.0), at_s=2.0) == "time"
    assert of(unclear, at_s=4.0 if begins_anew == "understood" else FORGOTTEN_S + 1) == "unclear"


def test_who_tells_something_is_listened_to_and_a_television_not_for_ever():
    unclear = Unclear()
    said = [of(unclear, TOLD, "his name was arthur", at_s=5.0 * turn) for turn in range(8)]
    assert said == ["telling", "telling", *["unclear_still"] * 4, "", ""]


def test_who_calls_it_is_not_taken_for_a_television():
    unclear = Unclear()
    assert [of(unclear, TOLD, named=True, at_s=5.0 * turn) for turn in range(8)][-1] == "unclear_still"


@pytest.mark.parametrize("more", [{"named": True}, {"why": "touch"}])
def test_who_turned_to_it_on_purpose_wants_an_answer(more):
    assert of(Unclear(), TOLD, "Ann, the cooker was on", **more) == "unclear"


def test_what_is_said_when_asked_to_say_it_again_is_no_tale():
    unclear = Unclear()
    assert [of(unclear), of(unclear, TOLD, at_s=5.0)] == ["unclear", "unclear_again"]


@pytest.mark.parametrize("why", ["", "answer", "music"])
def test_nothing_is_said_to_the_overheard_to_an_answer_and_beside_music(why):
    assert of(Unclear(), why=why) == ""


@pytest.mark.parametrize(("text", "language", "share"), [
    ("Ah", "en", 0.0), ("um, well, er", "en", 1.0), ("milk", "en", 0.0), ("啊", "zh", 0.0), ("酒", "zh", 0.0),
    ("さけ", "ja", 0.0)])
def test_a_breath_and_fillers_are_passed_over(text, language, share):
    assert of(Unclear(), Understood("", False, share), text, language=language) == ""


@pytest.mark.parametrize(("named", "intent"), [(False, ""), (True, "unclear")])
def test_where_others_talk_only_who_calls_it_is_answered(named, intent):
    unclear = Unclear()
    of(unclear, TOLD, "and now the weather", why="")
    assert of(unclear, TOLD, "in the north it rains", named=named, at_s=20.0) == intent


def test_what_is_left_of_its_own_voice_is_nobody_else():
    unclear = Unclear()
    of(unclear, why="aside")
    assert of(unclear, at_s=5.0) == "unclear"
