"""What somebody wants, from what they said: by the sentences of config/sentences (dialogue/matching.py).

What is not matched in whole is then judged by all its words together (dialogue/gist.py), which is never sure.
"""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml

from dialogue.gist import TALK, Gist, load_gist
from dialogue.matching import (
    CALLED,
    ENDS_AN_ALARM,
    LEAST_SHARE,
    NO_REQUEST,
    PRIORITY,
    WHOLE_SHARE,
    Matcher,
    Said,
    SentenceError,
    Understood,
    said_in,
)
from dialogue.spoken_form import Token, written
from robot.resources import resource
from robot.when import DAY

__all__ = ["CALLED", "ENDS_AN_ALARM", "NO_REQUEST", "PRIORITY", "WHOLE_SHARE", "Said", "SentenceError", "Sentences",
           "Understood", "load_sentences", "said_in"]
# What counts in answer to a question only, if it is not heard for sure.
ANSWERS = (*ENDS_AN_ALARM, "yes", "taken", "taking", "refuse", "when")
# From these probabilities on the gist is taken for a call for help, which is verified by asking, and for another
# intent; from those below it outweighs sentences found in a part of what was said. Chosen on 356 sentences a language
# of another hand than those it has learnt from; there no request was vetoed, nor a call in 60 misheard clips. The first
# was 0.5 before talk that goes on was heard with more doubt: of 620 calls four more are heard. With the second, 2 % of
# 900 sentences that only sound like a wish are taken for one; with 0.45 a hundredth more of the wishes would be heard.
GIST_OF_CALL, GIST, GIST_OUTWEIGHS = 0.35, 0.55, 0.9
# With a negation in it ("do not follow me", "you never tell me a story") a wish must be plainer, unless it is one that
# is mostly said with a negation. (From 0.8 and without these exceptions to this: of a stranger's 1,050 Chinese wishes
# 3 % more, of 300 that only sound like one none, of 700 lines of an evening four.)
GIST_NEGATED = 0.6
MOSTLY_NEGATED = ("no", "fine", "not_yet", "refuse", "unsure", "reminder_cancel", "quiet", "stop", "go_away")
TALK_OUTWEIGHS = 0.95
# Who is left in the dark may fall: "turn the fan off" is much like it, and puts no light out without a word for it.
NAMED_ONLY = {"light_off": "lamp"}
# Of 47 calls found in a part of what was said, half of them misheard, the gist made talk of none with more than 0.29;
# of 54 in 2,110 lines of television, of 30 with more than 0.8. In running talk less is doubted (running_talk.py).
TALK_OUTWEIGHS_CALL = 0.9
# The lists whose values fill slots of what is known by its gist only; their slots by another name.
SPOTTED = {"readings": ("reading", "unknown"), "where_is": ("place",), "follow": ("place",),
           "light_on": ("place", "beyond", "dim"), "light_off": ("place", "beyond", "dim"),
           "call_family": ("person",), "tell_family": ("person",), "video_call": ("person",),
           "service": ("service", "lack", "helper"), "small_talk": ("topic", "salute", "theme"),
           "date": ("day", "past", "feast", "until", "length", "weekend", "unknown"), "time": ("unknown",),
           "plan": ("unknown",), "reminder_list": ("unknown",), "story": ("paper",), "music": ("another",)}
SLOT_OF = {"lack": "service", "helper": "service", "salute": "topic", "theme": "topic", "past": "day",
           "weekend": "guess"}
TIMED = ("reminder_set", "reminder_cancel", "when")


class Sentences(Matcher):
    """The sentences of one language, and the gist of what is none of them."""

    def __init__(self, data: dict, name: str = "sentences") -> None:
        """`data` is the parsed file; raises SentenceError."""
        super().__init__(data, name)
        self._gist: Gist | None = load_gist(self.language)

    def understand(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The intent of one utterance, by the sentences or else by its gist. Where it may mean several things, one of
        the `expected` intents counts."""
        return self.in_doubt(text, self._understood(text, expected), expected)

    def _understood(self, text: str, expected: Collection[str]) -> Understood:
        meant = self.matched(text, expected)
        to_staff = "staff" in meant.slots  # "tell the doctor that my chest hurts" is more than a message
        plain = meant.share == 1.0 and (meant.intent in expected or meant.intent not in ANSWERS)
        said = said_in(text, self.language)
        if said in self.near_misses and not meant.intent:  # also where all its words together seem to say something
            return replace(meant, talk=1.0)
        if self._gist is None or plain and not to_staff or not any(self._is_word(token) for token in said):
            return meant
        odds = dict(self._gist(said, expected))
        talk = odds.pop(TALK)
        for intent, words in NAMED_ONLY.items():
            if not self._holds(words, said):
                odds[intent] = 0.0
        likeliest = max(odds, key=odds.get)
        call = max(self.calls_for_help, key=lambda intent: odds.get(intent, 0.0))
        calls = sum(odds.get(intent, 0.0) for intent in self.calls_for_help)
        if meant.call_for_help:
            return self._unless_talk(meant, talk)
        if calls >= (GIST_OUTWEIGHS if meant.intent and not to_staff else GIST_OF_CALL):
            return Understood(call, True, calls, sure=False, talk=talk)
        if plain:
            return replace(meant, talk=talk)
        if "when" in expected and meant.intent not in expected and (time := self._time_in(said)):
            return replace(time, talk=talk)
        if meant.intent and meant.share < 1.0 and talk >= TALK_OUTWEIGHS:
            return Understood("", False, meant.share, talk=talk)
        # In answer to a question "thank you" is beside the point.
        aside = likeliest in expected and meant.intent not in expected
        least = GIST_NEGATED if likeliest not in MOSTLY_NEGATED and self._holds_negation(said) else GIST
        if odds[likeliest] >= (least if aside or not meant.intent else GIST_OUTWEIGHS) and likeliest != meant.intent:
            return Understood(likeliest, likeliest in self.calls_for_help, odds[likeliest],
                              self._spotted(said, likeliest), sure=False, talk=talk)
        return replace(meant, talk=talk)

    def found(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The same by the sentences; the gist only denies a call for help that is a part of talk."""
        meant = self.matched(text, expected)
        if not meant.call_for_help or meant.share == 1.0 or self._gist is None:
            return meant
        return self._unless_talk(meant, self._gist(said_in(text, self.language), expected)[TALK])

    @staticmethod
    def _unless_talk(call: Understood, talk: float) -> Understood:
        return replace(call, talk=talk) if talk < TALK_OUTWEIGHS_CALL else Understood("", False, call.share, talk=talk)

    def _is_word(self, token: Token) -> bool:
        """Whether a token is more than a letter, which Whisper makes of a breath or of noise."""
        return len(token) > 1 or self.language != "en"

    def _holds(self, name: str, said: Said) -> bool:
        """Whether a value of a list stands anywhere in it."""
        return any(True for at in range(len(said)) for _ in self._graph.listed(name, said, at))

    def _time_in(self, said: Said) -> Understood | None:
        """A time that is the better part of an answer to "when?", whatever the other words. "Good morning" is none."""
        length, slots = self._longest_time(said)
        share = length / len(said)
        return None if share < LEAST_SHARE or slots.keys() == {"part"} or self._holds_negation(said) else \
            Understood("when", False, share, slots, sure=False)

    def _longest_time(self, said: Said) -> tuple[int, dict[str, str]]:
        """Of all times in it the one of most tokens: their number, and its slots."""
        times = [(end - at, {one.slot: one.value for one in filled}) for at in range(len(said))
                 for end, meanings in self._times.walk(said, at) for _, filled in meanings]
        return max(times, key=lambda one: one[0], default=(0, {}))

    def _spotted(self, said: Said, intent: str) -> dict[str, str]:
        """What stands in the lists that this intent asks for, wherever it was said; the longest of each."""
        slots: dict[str, str] = {}
        for name in SPOTTED.get(intent, ()):
            found = [(end - at, value) for at in range(len(said))
                     for end, value in self._graph.listed(name, said, at)]
            if found:
                slots.setdefault(SLOT_OF.get(name, name), max(found, key=lambda one: one[0])[1])
        if intent in TIMED:
            slots |= self._longest_time(said)[1]
        if intent == "date":  # "the twenty fifth"
            slots |= {slot: value for slot, value in self._longest_time(said)[1].items() if slot in DAY}
        if intent == "reminder_set" and "medicine" in self._medicine.slots(written(said, self.language)):
            slots |= {"what": written(said, self.language), "medicine": ""}
        if intent == "music" and not self._holds("any_music", said):
            slots["wanted"] = written(said, self.language)  # "play silent night"
        if intent == "tell_family":
            slots["what"] = written(said, self.language)
        return slots


@cache
def load_sentences(language: str) -> Sentences:
    """The sentences of config/sentences/<language>.yaml. Raises SentenceError."""
    path: Path = resource(f"config/sentences/{language}.yaml")
    try:
        return Sentences(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except (OSError, yaml.YAMLError) as error:
        raise SentenceError(f"{path}: cannot be read: {error}") from error
