"""A recording is heard as the robot hears it: in the sound's own time, and what is understood early is told early."""
from __future__ import annotations

import numpy as np
import pytest

from dialogue.endpoint import RATE_HZ, Endpointer
from dialogue.hearing import Hearing
from dialogue.intents import load_sentences
from dialogue.listener import Heard
from dialogue.playing import SoundTimeWorker, Taken
from dialogue.recognizer import Transcript

SPEECH, QUIET = 1000, 1


class Clock:
    """Each job takes as long as it says."""
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Ears:
    """A listener whose utterances are known: after n stretches of speech, words[n - 1] have been said."""

    def __init__(self, clock: Clock, words: list[str], costs_s: float) -> None:
        self.clock, self.words, self.costs_s, self.hurried = clock, words, costs_s, []

    def begin(self, languages) -> None:
        self.parts, self.speaking = 0, False

    def accept(self, samples: np.ndarray) -> str:
        loud = bool(np.any(samples == SPEECH))
        self.parts += loud and not self.speaking
        self.speaking = loud
        return ""

    def pause(self, began_s, ended_s, expected) -> Heard:
        self.clock.now_s += self.costs_s
        text = self.words[self.parts - 1]
        return Heard(Transcript(text, 0.9, "en"), load_sentences("en").understand(text), began_s, ended_s)

    def finish(self, began_s, ended_s, expected, hurry=False) -> Heard:
        self.hurried.append(hurry)
        return self.pause(began_s, ended_s, expected)


class Room:
    """Plays stretches of (loudness, seconds) to the hearing; `taken` is what it told."""

    def __init__(self, words: list[str], costs_s: float = 0.2) -> None:
        clock = Clock()
        self.taken: list[Taken] = []
        self.worker = SoundTimeWorker(clock)
        cutter = Endpointer(lambda frame: 0.9 if np.frombuffer(frame, "<i2").max() > 100 else 0.05)
        self.ears = Ears(clock, words, costs_s)
        self.hearing = Hearing(cutter, self.ears, self.worker, self)
        self.hearing.languages = ("en",)

    def play(self, *parts: tuple[int, float]) -> list[tuple[str, float]]:
        sound = np.concatenate([np.full(int(seconds * RATE_HZ), level, np.int16) for level, seconds in parts])
        for at in range(0, len(sound), 1600):
            self.worker.advance((at + 1600) / RATE_HZ)
            self.hearing.accept(sound[at:at + 1600], at / RATE_HZ)
        return [(one.heard.understood.intent, one.latency_s) for one in self.taken]

    def heard(self, heard) -> None:
        if heard:
            self.taken.append(Taken(heard, self.worker.now_s))

    def speech_began(self, time_s) -> None: ...
    def speech_so_far(self, text) -> None: ...
    def speech_over(self) -> None: ...


def test_what_is_understood_in_whole_is_told_in_the_first_pause():
    [(intent, latency_s)] = Room(["what time is it"]).play((QUIET, 1), (SPEECH, 1), (QUIET, 3))
    assert intent == "time" and latency_s < 0.8


def test_what_settles_something_waits_until_nothing_more_is_said():
    [(intent, latency_s)] = Room(["i am fine"]).play((QUIET, 1), (SPEECH, 1), (QUIET, 3))
    assert intent == "fine" and latency_s > 1.3


def test_a_call_for_help_is_told_at_once_and_again_with_what_followed():
    room = Room(["help me", "help me i cannot get up"], costs_s=0.6)
    told = room.play((QUIET, 1), (SPEECH, 1), (QUIET, 0.6), (SPEECH, 1), (QUIET, 3))
    assert [intent for intent, _ in told] == ["help", "help"] and room.taken[0].at_s < 3.0
    assert room.taken[0].heard.began_s == room.taken[1].heard.began_s


def test_an_answer_that_goes_on_after_a_pause_is_not_taken_from_its_beginning():
    room = Room(["I am fine.", "I am fine. No, help me!"])
    told = room.play((QUIET, 1), (SPEECH, 1), (QUIET, 1), (SPEECH, 1), (QUIET, 3))
    assert [intent for intent, _ in told] == ["help"]


def test_what_was_said_while_a_pause_was_worked_on_is_not_cut_off_in_the_next_pause():
    room = Room(["what time is it", "what time is it help me i cannot get up"], costs_s=1.0)
    told = room.play((QUIET, 1), (SPEECH, 1), (QUIET, 0.4), (SPEECH, 0.5), (QUIET, 4))
    assert [intent for intent, _ in told] == ["help"]


def test_what_waits_behind_other_talk_is_heard_in_a_hurry_and_nothing_of_it_is_left_out():
    room = Room(["the weather was lovely"], costs_s=8.0)
    told = room.play(*[(QUIET, 2), (SPEECH, 1)] * 4, (QUIET, 40))
    assert len(told) == 4 and room.ears.hurried[1:] == [True] * 3
    calm = Room(["the weather was lovely"])
    calm.play(*[(QUIET, 3), (SPEECH, 1)] * 4, (QUIET, 4))
    assert not any(calm.ears.hurried)


def test_a_slow_machine_is_late_by_as_much_as_it_is_slow():
    slow, fast = ([latency_s for _, latency_s in Room(["what time is it"], costs_s).play(
        (QUIET, 1), (SPEECH, 1), (QUIET, 5))] for costs_s in (1.0, 0.1))
    assert slow[0] - fast[0] == pytest.approx(0.9, abs=0.01)
