"""Who waits for an answer gets it, and nobody else's waiting is ended by it."""
from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dialogue.asking import LONGEST_WAIT_S, Awaited, ask
from dialogue.intents import load_sentences
from dialogue.question import Outcome, Question
from dialogue.speaking import Cut
from tests.dialogue.test_barge_in import heard

YES = ("yes", "no")


@pytest.fixture
def hearing():
    return SimpleNamespace(languages=("en",), expected=())


def waiting(hearing):
    """An answer is awaited at 20 s for 8 s; the robot's question ends at 22 s, and makes sense from 21.5 s on."""
    awaited, given = Awaited(hearing, ("en", "zh")), []
    awaited.begin(YES, ("zh", "ja"), 20.0, 8.0, SimpleNamespace(sense_s=21.5, quiet_s=22.0), given.append)
    return awaited, given


def test_while_an_answer_is_awaited_it_is_hinted_at_in_its_languages(hearing):
    awaited, _ = waiting(hearing)
    assert (hearing.languages, hearing.expected) == (("zh", "ja"), YES)
    awaited.end()
    assert (hearing.languages, hearing.expected) == (("en", "zh"), ())


def test_who_is_asked_is_heard_as_they_are_to_the_end_also_when_another_language_is_spoken_meanwhile(hearing):
    awaited, _ = waiting(hearing)
    awaited.listens_in(("zh", "en"))
    assert hearing.languages == ("zh", "ja")
    awaited.give("yes")
    assert hearing.languages == ("zh", "en")
    awaited.listens_in(("en", "zh"))
    assert hearing.languages == ("en", "zh")


def test_silence_counts_from_the_end_of_the_question(hearing):
    awaited, _ = waiting(hearing)
    assert not awaited.overdue(29.9) and awaited.overdue(30.0)


@pytest.mark.parametrize("wait_s", [float("nan"), float("inf"), 1e9])
def test_nobody_is_waited_for_without_end(hearing, wait_s):
    awaited, _ = waiting(hearing)
    awaited.begin(YES, ("en",), 20.0, wait_s, SimpleNamespace(sense_s=21.5, quiet_s=22.0), lambda _: None)
    assert not awaited.overdue(60.0) and awaited.overdue(22.0 + LONGEST_WAIT_S)


def test_an_answer_is_given_once_to_who_waits(hearing):
    awaited, given = waiting(hearing)
    assert awaited.takes(20.5) and not awaited.takes(19.0)
    awaited.give("yes")
    awaited.give("no")
    assert given == ["yes"] and not awaited.open and not awaited.takes(21.0)


def test_who_waits_goes_on_waiting_as_long_where_the_clock_is_set_back(hearing):
    awaited, _ = waiting(hearing)
    awaited.shift(-3600.0)
    assert awaited.takes(20.5 - 3600.0) and not awaited.overdue(29.9 - 3600.0) and awaited.overdue(30.0 - 3600.0)


async def asked(question, answers, cuts=()):
    """What was said, and the outcome; `cuts`: what cut off each time it was asked."""
    said, answers, cuts = [], list(answers), list(cuts)

    async def say(text):
        said.append(text)
        return ""

    async def listen():
        return answers.pop(0)

    outcome = await ask(question, lambda: "Shall I?", lambda key: f"<{key}>", say,
                        lambda: cuts.pop(0) if cuts else None, listen)
    return said, outcome


@pytest.mark.parametrize("said,language", [("No, this evening.", "en"), ("不，晚上。", "zh"), ("いや、夜に。", "ja")])
async def test_a_no_with_a_time_is_a_no_that_is_confirmed_where_no_reminder_is_asked_about(said, language):
    sentences = load_sentences(language)
    answers = [replace(heard(said, 1.0, 2.0), understood=sentences.understand(said, YES)), heard("No.", 3.0, 4.0)]
    question = Question(YES, 2)
    assert (await asked(question, answers))[0] == ["Shall I?", "<dialogue.confirm_no>"]
    assert question.meant.intent == "no"


async def test_a_question_is_repeated_with_an_apology_until_it_is_answered():
    answers = [heard("The weather is lovely.", 1.0, 2.0), heard("Yes.", 3.0, 4.0, expected=YES)]
    said, outcome = await asked(Question(YES, 2), answers)
    assert said == ["Shall I?", "<dialogue.not_understood> Shall I?"] and outcome == (Outcome.ANSWERED, "")


async def test_nobody_listens_for_an_answer_after_a_call_for_help_into_the_question():
    said, outcome = await asked(Question(YES, 2), [], [Cut(heard("Help me, I cannot get up!", 1.0, 2.0), False)])
    assert said == ["Shall I?"] and outcome == (Outcome.ANSWERED, "")


NO = heard("No.", 3.0, 4.0, expected=YES)
STOP = heard("Stop!", 1.0, 2.0)


async def test_a_no_after_a_question_that_was_told_to_stop_answers_nothing_and_it_is_asked_again():
    said, outcome = await asked(Question(YES, 2), [NO, NO], [Cut(STOP, False)])
    assert said == ["Shall I?"] * 2 and outcome == (Outcome.ANSWERED, "")


async def test_a_question_that_is_told_to_stop_each_time_fails_and_says_why():
    question = Question(YES, 2)
    _, outcome = await asked(question, [NO, None], [Cut(STOP, False)] * 2)
    assert outcome == (Outcome.FAILED, "broken off by “Stop!”") and question.last is STOP


async def test_after_the_last_words_of_a_question_stop_takes_nothing_from_it():
    assert (await asked(Question(YES, 1), [NO], [Cut(STOP, True)]))[1] == (Outcome.ANSWERED, "")


async def test_a_call_for_help_after_an_order_to_be_silent_is_an_answer():
    help_me = heard("Help me, I cannot get up!", 3.0, 4.0)
    assert (await asked(Question(YES, 1), [help_me], [Cut(STOP, False)]))[1] == (Outcome.ANSWERED, "")


async def test_a_question_that_nothing_can_be_heard_after_fails_and_says_why():
    assert (await asked(Question(YES, 2), ["no sound arrives"]))[1] == (Outcome.FAILED, "no sound arrives")
