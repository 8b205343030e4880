"""The robot's name in what was said: at the beginning or at the end, where one calls somebody. Pure.

By tokens as sentences are (dialogue/spoken_form.py), so that homophones count: 小安 and 晓安, アン and あん.
"""
from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from dialogue.spoken_form import tokens
from robot.site import Site

# What follows a name that is called, and belongs to it.
SUFFIXES = {"ja": ("さん", "ちゃん", "くん"), "zh": ("啊", "呀")}
# As so many words, or characters, a name is misheard at most.
MISHEARD = {"en": 2, "zh": 3, "ja": 4, "ko": 3}
LONGEST = 24  # characters of a call, "hello there, my dear Ann"
_MARKS = r"[\s,.!?;:…。，、！？；：·\-]*"
_MARK = re.compile(r"[\s!?;…。，、！？；·]|[,.:：](?!\d)|(?<!\d)[,.:：]")  # none inside of a number: 4:30
_INSIDE = re.compile(r"[\w']{2}")
_BEGINNING, _END = re.compile(_MARKS), re.compile(_MARKS + "$")


class Called(NamedTuple):
    """Whether the name was called, and what was said beside it ("": only the name)."""
    named: bool
    rest: str


class Names:
    """What the robot is called, by language; another language's name counts where its script can be heard."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self.names = {language: tuple(dict.fromkeys(given)) for language, given in names.items()}
        self._known = {language: {found for name in given for suffix in ("", *SUFFIXES.get(language, ()))
                                  if (found := tokens(name + suffix, language))}
                       for language, given in self.names.items()}

    @classmethod
    def of(cls, site: Site) -> Names:
        """Those of the robot's name and of the site's attention."""
        languages = {*site.robot.name, *site.attention.names}
        return cls({language: [*([site.robot.name[language]] if language in site.robot.name else []),
                               *site.attention.names.get(language, ())] for language in languages})

    def called(self, text: str, language: str, fillers: Collection[Sequence[str]] = ()) -> Called:
        """Look for the name in an utterance. `fillers`: tokens that may stand before it ("hello", "喂")."""
        known = self._known.get(language)
        if not known:
            return Called(False, text)
        for at in range(min(len(text), LONGEST), 0, -1):
            if _whole(text, at, language) and _is_call(tokens(text[:at], language), known, fillers):
                return Called(True, _BEGINNING.sub("", text[at:], count=1))
        for at in range(max(0, len(text) - LONGEST), len(text)):
            if _whole(text, at, language) and tokens(text[at:], language) in known:
                return Called(True, _END.sub("", text[:at]))
        return Called(False, text)

    def instead(self, text: str, language: str) -> Iterator[tuple[str, str]]:
        """Where the name may have been misheard: the utterance with the name in place of its first or last words, and
        without them."""
        units = _MARK.sub(" ", text).split() if language == "en" else list(_MARK.sub("", text))
        # Between name and wish a Chinese comma seems impossible to Whisper, and a Japanese one unlikely.
        space, comma = (" ", ", ") if language == "en" else ("", "")
        for name in self.names.get(language, ()):
            for count in range(1, min(MISHEARD[language] + 1, len(units))):
                first, last = space.join(units[count:]), space.join(units[:-count])
                yield f"{name}{comma}{first}", first
                yield f"{last}{comma}{name}", last


def _whole(text: str, at: int, language: str) -> bool:
    """Whether no word is cut in two at a character."""
    if language == "en":
        return not _INSIDE.match(text, at - 1)
    if language == "ja" and 0 < at < len(text):
        ends, count = set(), 0
        for token in tokens(text, language):
            count += 1
            if token.at == token.count - 1:
                ends.add(count)
        return len(tokens(text[:at], language)) in ends
    return True


def _is_call(said: Sequence[str], known: Collection[Sequence[str]], fillers: Collection[Sequence[str]]) -> bool:
    said = tuple(said)
    return said in known or any(said[:len(filler)] == tuple(filler) and _is_call(said[len(filler):], known, fillers)
                                for filler in fillers if 0 < len(filler) < len(said))
