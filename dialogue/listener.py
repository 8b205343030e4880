"""From the sound of one utterance to what it means: the recogniser, the sentences, and a second opinion in doubt.

Blocking; everything here runs in one worker thread.
"""
from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dialogue.intents import ENDS_AN_ALARM, PRIORITY, WHOLE_SHARE, Sentences, Understood, load_sentences
from dialogue.recognizer import Ears, Transcript
from dialogue.spoken_form import tokens

# A second, prompted hearing may only make words clearer that were there: this share of sounds must be common to both.
# Of old synthetic voices "wo xu duo le" for "wo chi guo le" (0.63) passes, the hint's "wo qi bu lai" (0.44) does not.
# This compares two hearings of one sound; what was meant is never decided by likeness.
AGREEMENT = 0.5
LONGEST_DOUBT_S = 6.0  # longer speech is talk, not an answer: no second hearing
HINTS = 2              # example sentences per intent in the hint


@dataclass(frozen=True)
class Heard:
    """One utterance. Times [s] of the first and last speech."""
    transcript: Transcript
    understood: Understood
    began_s: float
    ended_s: float

    @property
    def confidence(self) -> float:
        """0..1: how sure the recogniser is, times how much was understood."""
        return self.transcript.confidence * self.understood.share


class Listener:
    """Takes the sound of one utterance after the other."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
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
        """What was said, and meant. Where it is no request at first, the `expected` intents are hinted at, or else
        calls for help."""
        return self._ahead or self._understand(began_s, ended_s, expected)

    def _understand(self, began_s: float, ended_s: float, expected: Sequence[str]) -> Heard:
        transcript = self._recognizer.finish()
        sentences = load_sentences(transcript.language)
        understood = sentences.understand(transcript.text, expected)
        if not understood.intent:
            transcript, understood = _otherwise(transcript, understood, sentences, expected)
        if not understood.intent and transcript.text and self._samples < LONGEST_DOUBT_S * 16_000:
            # Unasked, only a call for help is listened for a second time.
            wanted = expected or [intent for intent in PRIORITY if intent in sentences.calls_for_help]
            clearer = self._recognizer.second_opinion(hints(sentences, wanted))
            meant = sentences.understand(clearer.text, expected)
            # A fragment among nonsense is the hint's own: "tell me a secret" came back as "help me, I see crit".
            whole = meant.share >= WHOLE_SHARE and (meant.intent if expected else meant.call_for_help)
            if whole and agree(transcript.text, clearer.text, transcript.language):
                transcript, understood = clearer, meant
        return Heard(transcript, understood, began_s, ended_s)


def _otherwise(transcript: Transcript, understood: Understood, sentences: Sentences,
               expected: Sequence[str]) -> tuple[Transcript, Understood]:
    """The likeliest other hearing that is a request from beginning to end, where the first one is none.

    Nothing that ends an alarm is taken from a second choice.
    """
    for text in transcript.others:
        meant = sentences.understand(text, expected)
        if meant.call_for_help or (meant.share == 1.0 and meant.intent not in ("", *ENDS_AN_ALARM)):
            return replace(transcript, text=text), meant
    return transcript, understood


def hints(sentences: Sentences, expected: Sequence[str]) -> list[str]:
    """Example sentences of the expected intents, and of no others: what is hinted at is what may be put in a mouth."""
    return [text for intent in dict.fromkeys(expected) for text in sentences.examples.get(intent, [])[:HINTS]]


def agree(heard: str, clearer: str, language: str) -> bool:
    """Whether the second hearing holds sounds of the first one, and not only words of its hint."""
    first, second = ("".join(tokens(text, language)) for text in (heard, clearer))
    if not second:
        return False
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= AGREEMENT
