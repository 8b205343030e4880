"""Whether a reminder would be one of a dose, by the section `medicine` of a sentence file. Pure.

Only the words are looked at here; what the plan holds, and what follows from it, is known elsewhere
(robot/answers/doses.py).
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from hassil.expression import Sentence
from hassil.intents import SlotList
from hassil.parse_expression import parse_sentence

from dialogue.spoken_form import tokens, written
from dialogue.templates import Graph

# names: any medicine; kinds: a certain one; around: what does not say which; taking: what makes a dose of an errand
WORDS = ("names", "kinds", "around", "taking")
ERRANDS = "errands"  # what is to be done with a medicine and is no dose, as whole reminders
WRITTEN = "written"  # names that count only in these characters: they sound like other words
SECTION = (*WORDS, ERRANDS, WRITTEN)


class Medicine:
    """The words of medicine of one language."""

    def __init__(self, section: Mapping[str, Sequence[str]], language: str, rules: Mapping[str, Sentence],
                 lists: Mapping[str, SlotList]) -> None:
        """`section` holds lists of templates by the names of SECTION. Raises TemplateError, hassil's ParseError."""
        self._language, self._written = language, tuple(section.get(WRITTEN, ()))
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
        said = tokens(what, self._language)
        kinds = [{kind: end for end, meanings in self._words.walk(said, at) for kind, _ in meanings}
                 for at in range(len(said))]
        taken = any("taking" in found for found in kinds)
        if not taken and any(end == len(said) for end, _ in self._errands.walk(said, 0)):
            return {"errand": "yes"}
        named = any("names" in found or "kinds" in found for found in kinds)
        if not (taken or named or any(word in what for word in self._written)):
            return {}
        rest, at = [], 0
        while at < len(said):
            plain = max(kinds[at].get("names", at), kinds[at].get("around", at + (said[at].word in self._written)))
            end = max(plain, kinds[at].get("kinds", at), at + 1)
            rest += said[plain:end] if plain < end else ()
            at = end
        return {"medicine": written(rest, self._language)}
