"""Whether a reminder would be one of a dose, by the section `medicine` of a sentence file. Pure.

Only the words are looked at here; what the plan holds, and what follows from it, is known elsewhere
(robot/answers/doses.py).
"""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hassil.expression import Sentence
from hassil.intents import SlotList
from hassil.parse_expression import parse_sentence

from dialogue.spoken_form import Token, tokens, written
from dialogue.templates import Graph

# names: any medicine; kinds: a certain one; around: what does not say which; taking: what makes a dose of an errand
WORDS = ("names", "kinds", "around", "taking")
ERRANDS = "errands"  # what is to be done with a medicine and is no dose, as whole reminders
WRITTEN = "written"  # names that count only in these characters: they sound like other words
MENTIONS = "mentions"  # words by which an answer that nobody asked for is known to be one about a dose
SECTION = (*WORDS, ERRANDS, WRITTEN, MENTIONS)
# No list holds every medicine: it is one, whatever its name, if it is measured so, or counted so where it is taken.
_NUMBER = r"(?:\d+|one|two|three|four|five|ten|twenty|half|point|a|[一二两三四五六七八九十百半点]+)"
_UNIT = r"(?:mg|mcg|µg|milligrams?|micrograms?|毫克|微克|ミリグラム|マイクログラム|밀리그램)"
_COUNT = r"(?:ml|millilit(?:re|er)s?|units?|puffs?|毫升|片|粒|錠|カプセル|정)"
_AMOUNT = re.compile(rf"(?<![a-z])(?:{_NUMBER}[ .,]?)+(?:{_UNIT}|{_COUNT})(?![a-z])", re.IGNORECASE)
_DOSE = re.compile(rf"(?:\d|[\W_]|[一-龠]){_UNIT}(?![a-z])|\b(?:take|taking|swallow)\b.*\b{_COUNT}\b|[吃服].*{_COUNT}|"
                   rf"{_COUNT}.*[飲먹드]", re.IGNORECASE)


class Medicine:
    """The words of medicine of one language."""

    def __init__(self, section: Mapping[str, Sequence[str]], language: str, rules: Mapping[str, Sentence],
                 lists: Mapping[str, SlotList]) -> None:
        """`section` holds lists of templates by the names of SECTION. Raises TemplateError, hassil's ParseError."""
        self._language, self._written = language, tuple(section.get(WRITTEN, ()))
        self._mentions = tuple(section.get(MENTIONS, ()))
        self._around = "".join(section.get("around", ()))
        self._words, self._errands = (Graph(lambda text: tokens(text, language), rules, lists, language)
                                      for _ in range(2))
        for kind in WORDS:
            for text in section.get(kind, ()):
                self._words.add(parse_sentence(text).expression, kind)
        for text in section.get(ERRANDS, ()):
            self._errands.add(parse_sentence(text).expression, ERRANDS)

    def slots(self, what: str) -> dict[str, str]:
        """Of what somebody wants to be reminded of: `medicine` where it is a dose, with the words that say which one
        ("" for any); `errand` where it is one, also with a medicine."""
        measured = _DOSE.search(what) is not None
        what = _AMOUNT.sub(" ", what)
        said = tokens(what, self._language)
        kinds = [{kind: end for end, meanings in self._words.walk(said, at) for kind, _ in meanings
                  if kind != "around" or self._beside(said[at:end])} for at in range(len(said))]
        taken = any("taking" in found for found in kinds)
        if not taken and any(end == len(said) for end, _ in self._errands.walk(said, 0)):
            return {"errand": "yes"}
        named = measured or any("names" in found or "kinds" in found for found in kinds)
        if not (taken or named or any(word in what for word in self._written)):
            return {}
        rest, at = [], 0
        while at < len(said):
            plain = max(kinds[at].get("names", at), kinds[at].get("around", at + (said[at].word in self._written)))
            end = max(plain, kinds[at].get("kinds", at), at + 1)
            rest += said[plain:end] if plain < end else ()
            at = end
        return {"medicine": written(rest, self._language)}

    def is_told_of(self, text: str) -> bool:
        """Whether a dose, or the taking of one, is mentioned. English in words, other languages as they are written."""
        said = tokens(text, "en") if self._language == "en" else text
        return any(word in said for word in self._mentions)

    def _beside(self, said: Sequence[Token]) -> bool:
        """Whether these words say nothing of which it is; the 地 of 氨氯地平 only sounds like one that does not."""
        return self._language != "zh" or all(token.word in self._around for token in said)
