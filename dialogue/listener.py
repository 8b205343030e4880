"""From the sound of one utterance to what it means: the recogniser, the sentences, and other hearings in doubt.

Blocking; everything here runs in one worker thread.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dialogue.alike import load_known
from dialogue.called import Names
from dialogue.doubt import Doubt
from dialogue.intents import Sentences, load_sentences
from dialogue.meaning import Meaning, meaning, worth
from dialogue.recognizer import SAMPLE_RATE, Ears, Transcript
from dialogue.understood import Understood

LONGEST_DOUBT_S = 6.0  # longer speech is talk, not an answer: it is not heard again
# Words that are so probably talk are not heard again. Of 2,100 lines of an evening two in three are; of 56 clips whose
# request was misheard beyond understanding one (the part tune at 10 dB and old; from 0.95 on it would be five).
SURELY_TALK = 0.99
# Below this probability of what the gist says it is heard again all the same: a misheard call for help is among it.
SURE_ENOUGH = 0.8
# The robot's name in place of other words may be so much less likely [nats] than these. Of requests with the name that
# was misheard (three languages; clean, in noise, through a bedroom's echo) it was 0 to 13.5 behind, half of them less
# than 7; of the same without it 15 and more, through the echo 12.7. Of other sentences without it, kept aside, Japanese
# ones were nearer in 3 of 12 (bench/attention.py).
NAME_BEHIND = 12.0

NAMELESS = Names({})
NOTHING = Understood("", False, 0.0)


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
            load_known(language)
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

    def finish(self, began_s: float, ended_s: float, expected: Sequence[str], hurry: bool = False) -> Heard:
        """What was said, and meant, with the `expected` intents first. `hurry`: others wait, hear nothing twice."""
        return self._ahead or self._understand(began_s, ended_s, expected, hurry)

    def _understand(self, began_s: float, ended_s: float, expected: Sequence[str], hurry: bool = False) -> Heard:
        first = self._recognizer.finish()
        if not any(map(str.isalnum, first.text)):  # "... ... ..." is what Whisper makes of a noise
            return Heard(replace(first, text=""), NOTHING, began_s, ended_s)
        sentences = load_sentences(first.language)
        meant = meaning(sentences, self._names, first.text, expected)
        if self._recognizer.weighs and not (meant.named or expected or meant.understood.call_for_help):
            meant = self._by_sound(sentences, first.text, meant)
        understood = meant.understood
        if understood.call_for_help:
            return Heard(first, understood, began_s, ended_s, meant.named)
        doubt = Doubt(self._recognizer, sentences, self._names, first, expected)
        if understood.intent and understood.sure:
            found = doubt.instead(meant)
        else:
            found = doubt.among_first()
        if not (found or hurry) and understood.talk < SURELY_TALK and self._samples < LONGEST_DOUBT_S * SAMPLE_RATE \
                and not (understood.intent and understood.share >= SURE_ENOUGH):
            found = doubt.heard_again(settled=bool(understood.intent))
        text, other = found or (first.text, meant)
        understood = replace(other.understood, talk=max(understood.talk, other.understood.talk))
        return Heard(replace(first, text=text), understood, began_s, ended_s, meant.named or other.named)

    def _by_sound(self, sentences: Sentences, text: str, meant: Meaning) -> Meaning:
        """The same where words beside the request are, by the sound, as likely the name: "And, what time is it?"."""
        for called, rest in self._names.instead(text, sentences.language):
            other, known = sentences.understand(rest), meant.understood
            wanted = other.intent == known.intent if known.intent else other.sure
            if other.intent and wanted and self._recognizer.behind(called) <= NAME_BEHIND:
                return Meaning(True, max(known, other, key=worth))
        return meant
