"""A text on its way to somebody: sentence by sentence, in their manner, and not said where it was broken off."""
from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from dialogue.delivery import REMEMBER_S, Delivery, Speech
from dialogue.made_ahead import MadeAhead
from dialogue.manner import Tone
from dialogue.own_voice import OwnVoice
from dialogue.phrases import PhraseError
from dialogue.sound import Sound
from dialogue.speaking import Speaking
from dialogue.turn import Turn
from dialogue.voice_line import VoiceError
from dialogue.wording import Wording
from robot.resources import resource
from robot.site import load_site
from tests.dialogue.test_barge_in import Loudspeaker, heard

HOME = load_site(Path(__file__).parents[2] / "config" / "home.yaml")
LIN = Wording(HOME).addressee("lin", "en")
STORY = "A gardener had two trees. One stood in the sun. The other had three pears."


class Voice:
    """Says each sentence in two seconds. `said`: what it was asked for, and how."""

    def __init__(self, cannot: str = "") -> None:
        self.said, self.problem, self._cannot = [], "", cannot

    def parts(self, text, language):
        return [part.strip() + "." for part in text.split(".") if part.strip()]

    def kept(self, text, language, *how):
        return None

    def say(self, text, language, *how):
        if text == self._cannot:
            raise VoiceError("no voice")
        self.said.append((text, Tone(*how)))
        return Sound(np.full(32_000, 1000, np.int16), 16_000)


class Face(Loudspeaker):
    problem, failed = "", False

    def __init__(self):
        super().__init__()
        self.captions = []

    def show(self, caption):
        self.captions.append(caption)

    def over(self):
        """The sound that is being played ends."""
        self.now_s += 2.0
        self.later.pop()(None)


class Jobs(list):
    """A worker whose jobs the test does, one by one."""

    def submit(self, job, done):
        self.append((job, done))

    def do(self):
        job, done = self.pop(0)
        try:
            result, error = job(), None
        except VoiceError as raised:
            result, error = None, raised
        done(result, error)


class Stage:
    """A delivery with its voice, face and worker. `health`: what it told diagnostics."""

    def __init__(self, cannot: str = "") -> None:
        self.voice, self.face, self.jobs, self.health = Voice(cannot), Face(), Jobs(), []
        self.speaking = Speaking(self.face, OwnVoice(0.5))
        self.delivery = Delivery(self.voice, self.face, self.speaking, HOME, self.jobs.submit, self.jobs.submit,
                                 lambda *told: self.health.append(told))

    def tell(self, text):
        turn = Turn(asyncio.get_running_loop().create_future)
        return asyncio.ensure_future(self.delivery.say(turn, Speech(text, LIN)))


@pytest.fixture
def stage():
    return Stage()


async def step():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_sentence_sounds_while_the_next_is_made_and_the_caption_holds_them_all(stage):
    said = stage.tell(STORY)
    await step()
    for number in range(1, 4):
        stage.jobs.do()
        await step()
        assert len(stage.face.played) == number
        stage.face.over()
        await step()
    assert await said == "" and stage.delivery.broken_off == "" and stage.face.captions == [STORY]


async def test_a_call_while_a_sentence_is_being_made_breaks_the_speech_off(stage):
    said = stage.tell(STORY)
    await step()
    stage.jobs.do()
    await step()
    stage.face.over()
    await step()
    stage.speaking.heard(heard("Help me, help me!", 12.5, 13.0))
    stage.jobs.do()
    assert await said == "" and stage.delivery.broken_off == "broken off by “Help me, help me!”"
    assert len(stage.face.played) == 1


async def test_a_sentence_that_cannot_be_said_ends_the_speech_and_is_told():
    stage = Stage(cannot="One stood in the sun.")
    said = stage.tell(STORY)
    await step()
    stage.jobs.do()
    stage.jobs.do()
    await step()
    stage.face.over()
    assert await said == "no voice" and stage.health[-1] == ("voice", "error", "no voice")


async def test_who_asked_for_it_slower_and_louder_hears_the_next_words_so(stage):
    for wish in ("", "slower", "louder"):
        if wish:
            stage.delivery.asked(wish)
        said = stage.tell("Good evening.")
        await step()
        stage.jobs.do()
        await step()
        stage.face.over()
        await said
        tone = stage.voice.said[-1][1]
        assert (tone.rate < LIN.resident.voice.rate, tone.volume > 1.0) == (wish != "", wish == "louder")


async def test_say_that_again_means_the_last_words_for_a_minute(stage):
    said = stage.tell("Good evening.")
    await step()
    stage.jobs.do()
    await step()
    stage.face.over()
    await said
    now_s = stage.face.now_s
    assert stage.delivery.remembers(now_s + REMEMBER_S - 1) and not stage.delivery.remembers(now_s + REMEMBER_S + 1)
    again = asyncio.ensure_future(stage.delivery.say_again(Turn(asyncio.get_running_loop().create_future)))
    await step()
    stage.jobs.do()
    await step()
    stage.face.over()
    await again
    assert stage.face.captions == ["Good evening."] * 2


async def test_who_wants_it_slower_is_told_so_before_it_is_said_again_and_not_twice(stage):
    turn = Turn(asyncio.get_running_loop().create_future)
    said = stage.tell("Good evening.")
    for first in ("", "Slowly.", "Slowly."):
        if first:
            said = asyncio.ensure_future(stage.delivery.say_again(turn, lambda to: "Slowly."))
        while not said.done():
            await step()
            if stage.jobs:
                stage.jobs.do()
            await step()
            stage.face.over()
            await step()
        await said
    assert stage.face.captions == ["Good evening.", "Slowly. Good evening.", "Slowly. Good evening."]


# --- words and what is made ahead -------------------------------------------------------------------------------------
def test_the_language_is_the_one_asked_for_else_the_residents():
    assert Wording(HOME).addressee("lin").languages == ("zh",)
    assert Wording(HOME).addressee("lin", "ja").languages == ("ja", "zh")
    nobody = Wording(HOME).addressee("who")
    assert (nobody.resident, nobody.id, nobody.language) == (None, "", "zh")


def speaking(site, **also):
    """The site whose residents also speak these."""
    return site.model_copy(update={"residents": [one.model_copy(update={"also_speaks": also.get(one.id, [])})
                                                 for one in site.residents]})


def test_who_lives_alone_is_spoken_to_as_they_spoke_last():
    wording = Wording(speaking(HOME, lin=["en", "ja"]))
    assert wording.languages == ("zh", "en", "ja") and wording.addressee("lin").language == "zh"
    wording.spoke("", "ja")
    assert wording.languages == ("ja", "zh", "en")
    assert wording.addressee("lin").language == wording.addressee("").language == "ja"
    assert wording.addressee("").resident is None
    wording.spoke("lin", "zh")
    assert wording.addressee("lin").language == "zh"


def test_among_several_only_who_was_asked_has_changed_the_language_and_whom_nobody_knows():
    site = load_site(resource("config/ward.yaml"))
    first, second = site.residents[:2]
    wording = Wording(speaking(site, **{first.id: ["en"]}))
    assert set(wording.languages) == {"zh", "ja", "en"} and wording.addressee(first.id).languages == ("zh", "en")
    wording.spoke("", "ja")
    assert wording.addressee("").language == "ja" == wording.languages[0]
    assert wording.addressee(first.id).language == "zh" and wording.addressee(second.id).languages == ("ja",)
    wording.spoke(first.id, "en")
    assert wording.addressee(first.id).languages == ("en", "zh")
    wording.spoke(second.id, "en")  # which they do not speak: somebody else answered
    assert wording.addressee(second.id).language == "ja"


def test_a_phrase_is_worded_otherwise_the_next_time_with_the_name_in_it():
    wording = Wording(HOME)
    first, second = (wording.phrase("fall.ask", LIN) for _ in range(2))
    assert first != second and "Mrs. Lin" in first
    with pytest.raises(PhraseError, match=r"no\.such"):
        wording.phrase("no.such", LIN)


def test_sentences_are_made_ahead_one_at_a_time_and_kept_trying_until_they_are_over():
    class Ahead:
        tried, problem = [], ""

        def prepare(self):
            self.tried.append("prepared")

        def make_ahead(self, text, language, rate, pitch):
            self.tried.append(text)
            return len(self.tried) > 2  # at the first try the voice is still loading

    voice, jobs, told = Ahead(), Jobs(), []
    ahead = MadeAhead(voice, iter([("One.", "en", Tone()), ("Two.", "en", Tone())]), jobs.submit, told.append)
    for _ in range(4):
        ahead.make_next()
        ahead.make_next()  # while one is being made: nothing
        assert len(jobs) == 1
        jobs.do()
    assert voice.tried == ["prepared", "One.", "One.", "Two."]
    ahead.make_next()
    assert not jobs and told == [""] * 4
