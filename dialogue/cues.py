"""What certain words tell wherever they stand, where no sentence covers what was said: the section `cues`. Pure."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialogue.spoken_form import tokens

_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Cue:
    """What is meant by who says so, unless one of the words `unless` is said too. `plain`: also where all words
    together sound like a call for help."""
    intent: str
    said: re.Pattern
    unless: re.Pattern
    slots: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False


class Cues:
    """The cues of one language. `dose`: what shows an answer that nobody asked for to be one about a dose."""

    def __init__(self, section: Mapping, language: str) -> None:
        self._language, words = language, section.get("words", {})

        def pattern(lines: Sequence[str]) -> re.Pattern:
            text = "|".join(lines) or "(?!)"
            for name, stands_for in words.items():
                text = text.replace(f"<{name}>", f"(?:{stands_for})")
            return re.compile(rf"(?<![a-z])(?:{text})(?![a-z])")

        self._told = [Cue(told["intent"], pattern(told["said"]), pattern(told.get("unless", [])),
                          {slot: str(value) for slot, value in told.get("slots", {}).items()}, told.get("plain", False))
                      for told in section.get("told", [])]
        self._dose = pattern(section.get("dose", []))
        self.intents = frozenset(cue.intent for cue in self._told)

    def find(self, text: str) -> Cue | None:
        """The first that holds."""
        said = self._plain(text)
        return next((cue for cue in self._told if cue.said.search(said) and not cue.unless.search(said)), None)

    def is_of_dose(self, text: str) -> bool:
        return self._dose.search(self._plain(text)) is not None

    def _plain(self, text: str) -> str:
        """English in words without contractions, other languages in signs without marks."""
        if self._language == "en":
            return " ".join(tokens(text, "en"))
        return _MARKS.sub("", text)
