"""What is heard while the robot speaks, judged by words and times; pauses and where a speech goes on."""
from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest

from dialogue.barge_in import BargeIn, Verdict, pauses, resumes_at
from dialogue.intents import load_sentences
from dialogue.listener import Heard
from dialogue.own_voice import OwnVoice
from dialogue.recognizer import Transcript
from dialogue.speaking import Speaking
from dialogue.turn import Cancelled, Turn
from dialogue.voice import Sound
from tests.dialogue import sounds

ASKS = "Mrs. Lin, I am here with you. Do you need help?"  # said from 10.0 to 14.0 s


def heard(text: str, began_s: float, ended_s: float, language: str = "en", expected=()) -> Heard:
    return Heard(Transcript(text, 0.9, language), load_sentences(language).understand(text, expected), began_s, ended_s)


def saying(text: str, begin_s: float = 10.0, end_s: float = 14.0, language: str = "en") -> BargeIn:
    barge_in = BargeIn()
    barge_in.says(text, language, begin_s, end_s)
    return barge_in


def test_a_call_for_help_is_one_also_where_the_robot_speaks_of_help():
    assert saying(ASKS).judge(heard("Help me, help me!", 12.0, 13.5)) is Verdict.CALL


def test_a_single_help_is_a_call_unless_it_sounds_when_the_robot_says_it():
    assert saying(ASKS).judge(heard("Help!", 10.2, 10.7)) is Verdict.CALL
    assert saying(ASKS).judge(heard("Help!", 13.5, 14.0)) is Verdict.OWN


def test_what_only_sounds_like_a_call_is_none_while_the_robot_speaks():
    unclear = replace(heard("Help me!", 11.0, 12.0).understood, sure=False)
    words = replace(heard("you the elk", 11.0, 12.0), understood=unclear)
    assert saying(ASKS).judge(words) is Verdict.ASIDE
    assert saying(ASKS).judge(replace(words, began_s=13.5, ended_s=16.0)) is Verdict.CALL
    assert saying(ASKS).judge(replace(words, began_s=20.0, ended_s=21.0)) is Verdict.FREE


@pytest.mark.parametrize(("said", "verdict"), [("Help me!", Verdict.CALL), ("Stop!", Verdict.ORDER),
                                               ("What time is it?", Verdict.ASIDE)])
def test_what_is_louder_than_any_echo_need_not_be_clear_to_be_a_call_or_an_order(said, verdict):
    unclear = replace(heard(said, 11.0, 12.0).understood, sure=False)
    words = replace(heard("you the elk", 11.0, 12.0), understood=unclear)
    assert saying(ASKS).judge(words, loudness_db=-20.0) is Verdict.ASIDE
    assert saying(ASKS).judge(words, loudness_db=-10.0) is verdict


def test_how_loud_somebody_was_beside_the_robot_is_known_when_it_is_understood():
    own_voice, random = OwnVoice(0.5), np.random.default_rng(1)
    robot = (3000 * random.standard_normal(8 * 16000)).astype(np.int16)
    own_voice.begins(Sound(robot, 16000), "Once upon a time", "en", 10.0)
    for at_s in np.arange(10.0, 18.0, 0.1):  # somebody speaks from 14 to 15 s, 6 dB below it
        part = robot[round((at_s - 10.0) * 16000):][:1600].astype(float)
        near = 1500 * random.standard_normal(1600) if 14.0 <= at_s < 15.0 else 0.0
        own_voice.hear(np.clip(part + near, -32768, 32767).astype(np.int16), float(at_s))
    assert -9.0 < own_voice.loudness_db(heard("help me", 13.9, 15.2)) < -4.0
    assert own_voice.loudness_db(heard("help me", 15.6, 17.0)) < -15.0
    assert own_voice.loudness_db(heard("help me", 30.0, 31.0)) < -60.0  # nothing is known of it
    assert own_voice.loudness_db(heard("help me", 10.5, 15.0)) == -math.inf  # perhaps what is left of the own words


def test_no_unclear_wish_counts_that_was_heard_into_the_robots_speech():
    clear = heard("What time is it?", 13.0, 16.0)
    unclear = replace(clear, understood=replace(clear.understood, sure=False))
    assert [saying(ASKS).judge(words) for words in (clear, unclear)] == [Verdict.FREE, Verdict.ASIDE]
    assert saying(ASKS).judge(replace(unclear, began_s=20.0, ended_s=21.0)) is Verdict.FREE


@pytest.mark.parametrize(("language", "asks", "echo", "cry"), [
    ("en", "Shall I call somebody to help you?", "call somebody to help you", "help me, I cannot get up"),
    ("zh", "林奶奶，我在您身边。您需要帮助吗？", "您需要帮助吗", "救命，我起不来了"),
    ("ja", "林さん、そばにいますよ。助けが必要ですか。", "助けが必要ですか", "助けて、起き上がれません")])
def test_the_robots_own_question_is_its_own_in_every_language(language, asks, echo, cry):
    assert saying(asks, language=language).judge(heard(echo, 12.2, 14.1, language)) is Verdict.OWN
    assert saying(asks, language=language).judge(heard(cry, 12.2, 14.1, language)) is Verdict.CALL


def test_what_settles_a_dose_is_not_taken_from_the_robots_own_words():
    asks = "Please tell me when you have taken it. Have you taken it?"
    assert saying(asks).judge(heard("taken it", 13.6, 14.1, expected=("taken",))) is Verdict.OWN


def test_a_word_of_a_story_is_an_order_when_the_resident_says_it_at_another_time():
    round_ = "Sit upright, both feet on the floor. Stop whenever something hurts. Lift your right heel."
    assert saying(round_, 10.0, 20.0).judge(heard("Stop.", 18.0, 18.5)) is Verdict.ORDER
    assert saying(round_, 10.0, 20.0).judge(heard("Stop", 14.0, 14.5)) is Verdict.OWN


def test_an_answer_counts_from_the_last_words_of_the_question_on():
    yes = ("yes", "no")
    assert saying(ASKS).judge(heard("Yes.", 13.7, 14.2, expected=yes)) is Verdict.ANSWER
    assert saying(ASKS).judge(heard("Yes.", 11.0, 11.4, expected=yes)) is Verdict.ASIDE
    assert saying(ASKS).judge(heard("Yes.", 14.4, 14.8, expected=yes)) is Verdict.FREE


def test_talk_into_the_robots_speech_orders_nothing():
    assert saying(ASKS).judge(heard("Switch on the light.", 11.0, 12.5)) is Verdict.ASIDE


def test_what_is_said_mostly_after_the_robot_paused_is_heard_as_ever():
    barge_in = saying("A gardener had two pear trees. One stood in the sun.", 10.0, 20.0)
    barge_in.stops(13.0)
    assert barge_in.judge(heard("Please tell me what time it is now.", 12.2, 15.0)) is Verdict.FREE
    assert barge_in.judge(heard("I have taken my medicine.", 12.2, 15.0)) is Verdict.ASIDE


def test_the_robot_ends_a_sentence_and_pauses_a_story_but_not_for_ever():
    assert pauses(1.0, -12.0, left_s=9.0, paused=0)
    assert not pauses(1.0, -12.0, left_s=2.0, paused=0)
    assert not pauses(0.3, -12.0, left_s=9.0, paused=0)
    assert not pauses(1.0, -40.0, left_s=9.0, paused=0)
    assert not pauses(1.0, -12.0, left_s=9.0, paused=2)


def test_a_broken_story_goes_on_with_the_sentence_that_was_cut():
    first, second = (sounds.spoken(text, "en") for text in ("A gardener had two trees.", "One stood in the sun."))
    story = sounds.pcm(first, np.zeros(8000), second)
    begins_s = len(first) / sounds.RATE + 0.5
    assert resumes_at(story, sounds.RATE, begins_s + 0.6) == pytest.approx(begins_s, abs=0.1)
    assert resumes_at(story, sounds.RATE, 0.8) == 0.0


class Loudspeaker:
    """Plays nothing, and counts."""

    def __init__(self) -> None:
        self.now_s, self.played, self.silenced, self.later = 10.0, [], 0, []

    def play(self, sound):
        self.played.append(sound)
        return ""

    def silence(self):
        self.silenced += 1

    def after(self, duration_s, done):
        self.later.append(done)


def speak(text: str = ASKS, sound: np.ndarray | None = None):
    loudspeaker, turn = Loudspeaker(), Turn(asyncio.get_running_loop().create_future)
    speaking = Speaking(loudspeaker, OwnVoice(0.5))
    samples = np.full(4 * 16000, 1000, np.int16) if sound is None else sound
    said = speaking.say(turn, Sound(samples, 16000), text, "en", len(samples) / 16000, more=False)
    return loudspeaker, turn, speaking, asyncio.ensure_future(said)


async def test_a_call_for_help_cuts_the_speech_at_once():
    loudspeaker, _, speaking, said = speak()
    await asyncio.sleep(0)
    loudspeaker.now_s = 12.0
    assert speaking.heard(heard("Help me, help me!", 11.0, 11.8)) is Verdict.CALL
    assert await said == "" and speaking.cut.by.understood.intent == "help" and loudspeaker.silenced == 1


@pytest.mark.parametrize("at_s,whole", [(12.0, False), (13.4, False), (13.6, True)])
async def test_what_is_cut_off_counts_as_said_only_in_its_last_half_second(at_s, whole):
    loudspeaker, _, speaking, said = speak()
    await asyncio.sleep(0)
    loudspeaker.now_s = at_s
    speaking.heard(heard("Stop!", at_s - 0.5, at_s))
    await said
    assert speaking.cut.whole is whole and speaking.spoken_s == at_s


async def test_a_call_while_the_next_sentence_is_made_cuts_the_speech_too():
    loudspeaker, turn, speaking, said = speak()
    await asyncio.sleep(0)
    loudspeaker.later[0](None)
    loudspeaker.now_s = 14.0
    assert await said == "" and speaking.cut is None
    speaking.heard(heard("Help me, help me!", 14.5, 15.5))
    assert speaking.cut and not speaking.cut.whole


async def test_no_call_for_help_cuts_the_words_that_help_is_coming_but_an_order_does():
    loudspeaker, _, speaking, said = speak("I understand. Help is coming. Please stay as you are.")
    speaking.begin(holds=True)
    await asyncio.sleep(0)
    loudspeaker.now_s = 12.0
    assert speaking.heard(heard("I cannot get up!", 11.0, 11.8)) is Verdict.CALL
    assert not said.done() and speaking.cut is None and not loudspeaker.silenced
    assert speaking.heard(heard("Stop!", 12.5, 13.0)) is Verdict.ORDER
    assert await said == "" and loudspeaker.silenced == 1


async def test_the_own_voice_cuts_nothing():
    loudspeaker, _, speaking, said = speak()
    await asyncio.sleep(0)
    assert speaking.heard(heard("you need help", 13.0, 14.0)) is Verdict.OWN
    loudspeaker.later[0](None)
    assert await said == "" and speaking.cut is None and not loudspeaker.silenced


async def test_a_story_pauses_for_talk_and_goes_on_after_it():
    sentence = sounds.spoken("A gardener had two pear trees, and one stood in the sun.", "en")
    story = sounds.pcm(*[sentence, np.zeros(8000)] * 4)
    loudspeaker, _, speaking, said = speak("A gardener had two pear trees.", story)
    await asyncio.sleep(0)
    speaking.own_voice.speech_began(11.0)
    for step in range(12):
        speaking.own_voice.hear(story[step * 1600:(step + 1) * 1600], 11.0 + step / 10)
    loudspeaker.now_s = 12.2
    speaking.talked(12.2)
    await asyncio.sleep(0)
    assert loudspeaker.silenced == 1 and len(loudspeaker.played) == 1
    speaking.heard(heard("The weather was lovely yesterday.", 11.0, 13.0))
    await asyncio.sleep(0)
    assert len(loudspeaker.played) == 2 and len(loudspeaker.played[1].samples) == len(story)
    loudspeaker.later[-1](None)
    assert await said == "" and speaking.cut is None


async def test_a_cancel_silences_the_loudspeaker():
    loudspeaker, turn, _, said = speak()
    await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(Cancelled):
        await said
    assert loudspeaker.silenced == 1
