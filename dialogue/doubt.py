"""What else may have been said than a first hearing holds: other hearings of the sound, and what it bears out.

Where the first holds a request, only whether it was a call for help. Else in order: what else the recogniser took it
for; the sound with steady noise taken out; among thousands of sentences that people say those that sound like it
(dialogue/alike.py); and, in answer to a question, a hearing with the expected sentences as a hint. Each is judged by
how likely the sound alone makes it (`Recognizer.behind`).
"""
from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from dialogue.alike import load_known
from dialogue.called import Names
from dialogue.gist import TALK
from dialogue.intents import ANSWERS, WHOLE_SHARE, Sentences, load_sentences
from dialogue.meaning import Meaning, meaning
from dialogue.recognizer import Recognizer, Transcript
from dialogue.spoken_form import tokens
from dialogue.understood import ENDS_AN_ALARM, ORDERS, PRIORITY, SETTLES, Understood

# A second, prompted hearing may only make words clearer that were there: this share of sounds must be common to both.
# Of old synthetic voices "wo xu duo le" for "wo chi guo le" (0.63) passes, the hint's "wo qi bu lai" (0.44) does not.
# This compares two hearings of one sound; what was meant is never decided by likeness.
AGREEMENT = 0.5
HINTS, CALL_HINTS = 2, 8  # example sentences per intent in the hint; of 3 more calls in noise 8 found what 2 did not
# How much less likely [nats] than what was heard first another hearing may be, by the sound alone. Of 21 English
# sentences misheard in noise, what was really said was at most 1.2 behind in 17, and 5 at the most; of 14 Chinese ones
# at most 1.5 in 9; what a hint alone had made of whole sentences was 5 to 22 behind. A call for help, which is verified
# by asking, was up to 4.8 behind, and so was a Chinese answer that was asked for.
BEHIND, WANTED_BEHIND = 1.5, 5.0
# What ends an alarm must be as likely as what was heard first.
ENDING_BEHIND = 0.0
# A known sentence is near enough from this likeness on and up to so many nats behind: it need not be what was said word
# for word. Of the six likest the one counts that is best by both, a likeness of 0.1 against 1.5 nats. Chosen on 348
# clips in three languages at 10 dB and in old voices (bench/speech.py, part tune), on which 0.55 to 0.7, 4 to 10
# nats and any weight differ by 3 % at the most. Pinyin without tones is alike too easily: at 0.6 two near misses of 20
# more were taken, and no request of 114 was gained.
ALIKE = {"en": 0.6, "zh": 0.75, "ja": 0.6}
ALIKE_BEHIND, NATS_OF_LIKENESS, COMPARED = 10.0, 15.0, 6
# A call for help among them is verified by asking: "my knee's killing me" for what came as "money is killing me" is
# 10.6 behind. Of 23 calls that nothing else had found it finds three, and makes a call of none of 300 other clips.
CALL_ALIKE_BEHIND = 13.0
# From this probability on it was a call for help, though none was heard at first: the mean of what the gist makes of
# each hearing, weighed by how likely the sound makes it, a factor of e for so many nats (Whisper is surer than it is
# right). Of 930 calls in noise (half of them in voices and sentences of tuning) it finds 17 of 70 that nothing else
# does, at 0.15 12; of 309 other clips it makes two a call, of 279 utterances of two evenings none. Of 198 utterances in
# place of which something else was understood for sure it makes four a call, three of them rightly.
CALL_OF_OTHERS, CALL_NATS = 0.1, 1.5
# Their words are another's, so what is passed on by its words is not taken from them.
BY_ITS_WORDS = ("tell_family", "reminder_set", "service")


class Doubt:
    """One utterance that was first heard as no call. `asked`: what is expected in answer to a question."""

    def __init__(self, recognizer: Recognizer, sentences: Sentences, names: Names, first: Transcript,
                 asked: Sequence[str]) -> None:
        self._recognizer, self._sentences, self._names = recognizer, sentences, names
        self._first, self._asked = first, asked

    def instead(self, meant: Meaning) -> tuple[str, Meaning]:
        """What it was first taken for, and for sure, or a call for help in its place: "I don't want to live any more"
        came as "no pain" (生きていたくない, 痛くない). What would settle something that was asked is asked back."""
        intent = meant.understood.intent
        call = self._call(self._first.others) if intent not in ORDERS else None
        if call and intent in self._asked and intent in SETTLES:
            return self._first.text, meant._replace(understood=replace(meant.understood, sure=False))
        return call or (self._first.text, meant)

    def among_first(self) -> tuple[str, Meaning] | None:
        """What else it was taken for at once, if that is a request: the text and what it means."""
        return self._request(self._first.others) or self._call(self._first.others)

    def heard_again(self, settled: bool) -> tuple[str, Meaning] | None:
        """The same of further hearings; where the first one's gist has `settled` it, only a whole sentence counts."""
        clearer = self._recognizer.through_noise()
        cleaned = tuple(text for text in (clearer.text, *clearer.others) if text)
        found = self._request(cleaned, settles=False)
        found = found or self._call((*self._first.others, *cleaned))
        if not found and not settled:
            found = self._gist(clearer) or self._alike((self._first.text, *self._first.others, *cleaned))
        return found or (self._hinted() if self._asked else None)

    def _request(self, texts: Sequence[str], hinted: bool = False, settles: bool = True) -> tuple[str, Meaning] | None:
        """The first of these texts that holds a request by the sentence files which the sound bears out."""
        for text in texts:
            meant = meaning(self._sentences, self._names, text, self._asked, self._sentences.found)
            intent = meant.understood.intent
            if intent and (settles or intent not in ANSWERS) and self._believed(text, hinted, meant.understood):
                return text, meant
        return None

    def _believed(self, text: str, hinted: bool, meant: Understood) -> bool:
        # A fragment among nonsense is the hint's own: "tell me a secret" came back as "help me, I see crit".
        whole = WHOLE_SHARE if meant.call_for_help or hinted else 1.0
        if meant.share < whole and (hinted or not meant.call_for_help):
            return False
        if meant.intent in ENDS_AN_ALARM and not hinted:
            return False
        wanted = meant.call_for_help or meant.intent in self._asked
        limit = ENDING_BEHIND if meant.intent in ENDS_AN_ALARM else WANTED_BEHIND if wanted else BEHIND
        return (not hinted or agree(self._first.text, text, self._first.language)) \
            and self._recognizer.behind(text) <= limit

    def _call(self, texts: Sequence[str]) -> tuple[str, Meaning] | None:
        """That of all hearings it is one for a call for help by its gist: noise makes "my music so much I could cry"
        of knees that ache."""
        meant = {text: meaning(self._sentences, self._names, text, self._asked) for text in (*texts, self._first.text)}
        if not any(one.understood.call_for_help for one in meant.values()):
            return None
        behind = {text: self._recognizer.behind(text) for text in texts} | {self._first.text: 0.0}
        likely = {text: math.exp((min(behind.values()) - nats) / CALL_NATS) for text, nats in behind.items()}
        calls = {text: likely[text] * one.understood.share for text, one in meant.items()
                 if one.understood.call_for_help}
        probability = sum(calls.values()) / sum(likely.values())
        if probability < CALL_OF_OTHERS:
            return None
        text = max(calls, key=calls.__getitem__)
        named, understood = meant[text]
        return text, Meaning(named, replace(understood, share=probability, sure=False))

    def _gist(self, clearer: Transcript) -> tuple[str, Meaning] | None:
        """What the sound without its noise means by its gist."""
        named, understood = meaning(self._sentences, self._names, clearer.text, self._asked)
        if not understood.intent or understood.intent in ANSWERS \
                or self._recognizer.behind(clearer.text) > WANTED_BEHIND:
            return None
        return clearer.text, Meaning(named, replace(understood, sure=False))

    def _alike(self, heard: Sequence[str]) -> tuple[str, Meaning] | None:
        """The known sentence that it most probably was, if that is a request. The words stay those that were heard.
        Likeness alone decides nothing: an engine that cannot weigh the sound has none."""
        language = self._sentences.language
        known = load_known(language) if self._recognizer.weighs else None
        called = [self._names.called(text, language, self._sentences.fillers) for text in heard]
        heard = [without.rest or text for without, text in zip(called, heard, strict=True)]
        near = [one for one in known.like(heard, COMPARED) if one.likeness >= ALIKE[language]] if known else []
        calls = self._sentences.calls_for_help
        scored = [(behind - NATS_OF_LIKENESS * one.likeness, behind, one) for one in near
                  if (behind := self._recognizer.behind(one.text)) <= CALL_ALIKE_BEHIND]
        likely = [each for each in scored if each[1] <= ALIKE_BEHIND]
        _, behind, best = min(likely or scored, key=lambda each: each[0], default=(0.0, 0.0, None))
        if best is None or best.intent in (TALK, *ANSWERS, *BY_ITS_WORDS) \
                or behind > ALIKE_BEHIND and best.intent not in calls \
                or self._sentences.negated(best.text) != self._sentences.negated(self._first.text):
            return None
        slots = self._sentences.matched(best.text, self._asked).slots
        understood = Understood(best.intent, best.intent in calls, best.likeness, slots, sure=False)
        return self._first.text, Meaning(any(without.named for without in called), understood)

    def _hinted(self) -> tuple[str, Meaning] | None:
        """Heard again with the answers that are expected as a hint, and then with calls for help."""
        for hint in (hints(self._sentences, self._asked), call_hints(self._sentences.language)):
            clearer = self._recognizer.second_opinion(hint)
            if found := self._request(dict.fromkeys((clearer.text, *clearer.others)), hinted=True):
                return found
        return None


def hints(sentences: Sentences, expected: Sequence[str], most: int = HINTS) -> list[str]:
    """Example sentences of the expected intents, and of no others: what is hinted at is what may be put in a mouth."""
    return [text for intent in dict.fromkeys(expected) for text in sentences.examples.get(intent, [])[:most]]


@cache
def call_hints(language: str) -> list[str]:
    """Examples of calls for help."""
    sentences = load_sentences(language)
    return hints(sentences, [intent for intent in PRIORITY if intent in sentences.calls_for_help], CALL_HINTS)


def agree(heard: str, clearer: str, language: str) -> bool:
    """Whether the second hearing holds sounds of the first one, and not only words of its hint."""
    first, second = ("".join(tokens(text, language)) for text in (heard, clearer))
    if not second:
        return False
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= AGREEMENT
