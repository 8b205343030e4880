"""From the sound of one utterance to what it means: the recogniser, the sentences, and a second opinion in doubt.

Blocking; everything here runs in one worker thread.
"""
from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from dialogue.called import Names
from dialogue.intents import (
    ANSWERS,
    CALLED,
    ENDS_AN_ALARM,
    PRIORITY,
    WHOLE_SHARE,
    Sentences,
    Understood,
    load_sentences,
)
from dialogue.recognizer import SAMPLE_RATE, Ears, Transcript
from dialogue.spoken_form import tokens

# A second, prompted hearing may only make words clearer that were there: this share of sounds must be common to both.
# Of old synthetic voices "wo xu duo le" for "wo chi guo le" (0.63) passes, the hint's "wo qi bu lai" (0.44) does not.
# This compares two hearings of one sound; what was meant is never decided by likeness.
AGREEMENT = 0.5
LONGEST_DOUBT_S = 6.0  # longer speech is talk, not an answer: no second hearing
HINTS, CALL_HINTS = 2, 8  # example sentences per intent in the hint; of 3 more calls in noise 8 found what 2 did not
# How much less likely [nats] than what was heard first another hearing may be, by the sound alone. Of 21 English
# sentences misheard in noise, what was really said was at most 1.2 behind in 17, and 5 at the most; of 14 Chinese ones
# at most 1.5 in 9; what a hint alone made of whole sentences was 5 to 22 behind. A call for help, which is verified by
# asking, was up to 4.8 behind, and so was a Chinese answer that was asked for.
BEHIND, WANTED_BEHIND = 1.5, 5.0
# What ends an alarm must be as likely as what was heard first.
ENDING_BEHIND = 0.0
# The robot's name in place of other words may be so much less likely [nats] than these. Of requests with the name that
# was misheard (three languages; clean, in noise, through a bedroom's echo) it was 0 to 13.5 behind, half of them less
# than 7; of the same without it 15 and more, through the echo 12.7. Of other sentences without it, kept aside, Japanese
# ones were nearer in 3 of 12 (bench/attention.py).
NAME_BEHIND = 12.0
# Words that are so probably talk are not heard again. Of 240 lines of talk two in three were, of 828 requests one; of
# 22 clips that were misheard none.
SURELY_TALK = 0.95
# Below this probability of what the gist says it is heard again all the same: a misheard call for help is among it.
SURE_ENOUGH = 0.8

NAMELESS = Names({})


@dataclass(frozen=True)
class Heard:
    """One utterance. Times [s] of the first and last speech. `named`: the robot was called by its name."""
    transcript: Transcript
    understood: Understood
    began_s: float
    ended_s: float
    named: bool = False

    @property
    def confidence(self) -> float:
        """0..1: how sure the recogniser is, times how much was understood."""
        return self.transcript.confidence * self.understood.share


class Listener:
    """Takes the sound of one utterance after the other."""

    def __init__(self, ears: Ears, names: Names = NAMELESS) -> None:
        self._ears, self._names = ears, names
        self._recognizer = None
        self._samples = 0
        self._ahead: Heard | None = None  # of all that was accepted

    def prepare(self, languages: Sequence[str]) -> str:
        """Load what these languages need; the engine's name. Raises ModelError."""
        for language in languages:
            load_sentences(language)
        return self._ears.recognizer(languages).engine

    def begin(self, languages: Sequence[str]) -> None:
        """Start an utterance in one of these languages. Raises ModelError."""
        self._recognizer = self._ears.recognizer(languages)
        self._recognizer.begin()
        self._samples, self._ahead = 0, None

    def accept(self, samples: np.ndarray) -> str:
        """The next stretch, int16; the text so far, where the engine knows."""
        self._samples, self._ahead = self._samples + len(samples), None
        return self._recognizer.accept(samples)

    def pause(self, began_s: float, ended_s: float, expected: Sequence[str]) -> Heard:
        """The speaker pauses, and may be done: what was said so far, and meant."""
        self._ahead = self._understand(began_s, ended_s, expected)
        return self._ahead

    def finish(self, began_s: float, ended_s: float, expected: Sequence[str]) -> Heard:
        """What was said, and meant. Where it is no request at first, the `expected` intents and calls for help are
        hinted at; where nothing is expected, calls for help and then the other requests."""
        return self._ahead or self._understand(began_s, ended_s, expected)

    def _understand(self, began_s: float, ended_s: float, expected: Sequence[str]) -> Heard:
        transcript = self._recognizer.finish()
        sentences = load_sentences(transcript.language)
        named, understood = meaning(sentences, self._names, transcript.text, expected)
        if self._recognizer.weighs and not (named or expected or understood.call_for_help):
            named, understood = self._by_sound(sentences, transcript.text, understood)
        if transcript.text and not (understood.call_for_help or (understood.intent and understood.sure)):
            again = understood.talk < SURELY_TALK and not (understood.intent and understood.share >= SURE_ENOUGH)
            for text, hinted in self._others(transcript, sentences, expected, again):
                called, meant = meaning(sentences, self._names, text, expected, sentences.matched)
                if self._believed(transcript, text, hinted, meant, expected):
                    transcript, understood, named = replace(transcript, text=text), meant, named or called
                    break
        return Heard(transcript, understood, began_s, ended_s, named)

    def _by_sound(self, sentences: Sentences, text: str, understood: Understood) -> tuple[bool, Understood]:
        """The same where words beside the request are, by the sound, as likely the name: "And, what time is it?"."""
        for called, rest in self._names.instead(text, sentences.language):
            meant = sentences.understand(rest)
            wanted = meant.intent == understood.intent if understood.intent else meant.sure
            if meant.intent and wanted and self._recognizer.behind(called) <= NAME_BEHIND:
                return True, max(understood, meant, key=_worth)
        return False, understood

    def _others(self, first: Transcript, sentences: Sentences, expected: Sequence[str], again: bool,
                ) -> Iterator[tuple[str, bool]]:
        """What it may have been instead, likeliest first, and whether it was heard `again` with a hint: at calls for
        help, after what is expected or before all that needs no question."""
        yield from ((text, False) for text in first.others)
        if again and self._samples < LONGEST_DOUBT_S * SAMPLE_RATE:
            calls, requests = unasked(sentences.language)
            for hint in (hints(sentences, expected), calls) if expected else (calls, requests):
                clearer = self._recognizer.second_opinion(hint)
                yield from ((text, True) for text in dict.fromkeys((clearer.text, *clearer.others)))

    def _believed(self, first: Transcript, text: str, hinted: bool, meant: Understood, expected: Sequence[str]) -> bool:
        """Whether a request that was not heard at first was made all the same."""
        # A fragment among nonsense is the hint's own: "tell me a secret" came back as "help me, I see crit".
        whole = WHOLE_SHARE if meant.call_for_help or (expected and hinted) else 1.0
        if not meant.intent or (meant.share < whole and (hinted or not meant.call_for_help)):
            return False
        if meant.intent in ENDS_AN_ALARM and not (hinted and expected):
            return False
        wanted = meant.call_for_help or meant.intent in expected
        limit = ENDING_BEHIND if meant.intent in ENDS_AN_ALARM else WANTED_BEHIND if wanted else BEHIND
        return (not hinted or agree(first.text, text, first.language)) and self._recognizer.behind(text) <= limit


def meaning(sentences: Sentences, names: Names, text: str, expected: Sequence[str],
            understand: Callable[[str, Sequence[str]], Understood] | None = None) -> tuple[bool, Understood]:
    """Whether the robot is called by its name, and what is wanted of it: of some sentences the name is a part, others
    are understood only without it. `understand`: of the sentences; default: all that they can."""
    understand = understand or sentences.understand
    called = names.called(text, sentences.language, sentences.fillers)
    meant = understand(text, expected)
    if not called.named or meant.at_once:
        return called.named, meant
    if not called.rest:
        return True, meant if meant.intent and meant.sure else Understood(CALLED, False, 1.0)
    return True, max(meant, understand(called.rest, expected), key=_worth)


def _worth(understood: Understood) -> tuple[bool, bool, bool, float]:
    """Of two readings of one utterance the greater counts."""
    return understood.call_for_help, bool(understood.intent), understood.sure, understood.share


def hints(sentences: Sentences, expected: Sequence[str], most: int = HINTS) -> list[str]:
    """Example sentences of the expected intents, and of no others: what is hinted at is what may be put in a mouth."""
    return [text for intent in dict.fromkeys(expected) for text in sentences.examples.get(intent, [])[:most]]


@cache
def unasked(language: str) -> tuple[list[str], list[str]]:
    """What to hint at while nothing was asked: calls for help; then a short sentence of each intent but the answers."""
    sentences = load_sentences(language)
    calls = hints(sentences, [intent for intent in PRIORITY if intent in sentences.calls_for_help], CALL_HINTS)
    return calls, [min(sentences.examples[intent], key=len) for intent in PRIORITY
                   if intent in sentences.examples and intent not in (*ANSWERS, *sentences.calls_for_help)]


def agree(heard: str, clearer: str, language: str) -> bool:
    """Whether the second hearing holds sounds of the first one, and not only words of its hint."""
    first, second = ("".join(tokens(text, language)) for text in (heard, clearer))
    if not second:
        return False
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= AGREEMENT
