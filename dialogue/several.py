"""Several wishes in one utterance: "remind me at five to ring Jean, and what time is it?" Pure.

It is divided where a mark or a word like "and" or 然后 stands (`joints` of the sentence files), and only if every part
then is a wish in whole: of "buy milk and bread" neither half is one.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dialogue.understood import Understood

MOST = 6  # joints; who says more is not asking for something, and each costs a reading of all that stands before it
COMMA, STOP = ",，、", ".;!?。；！？…"
# Of what takes time and moves the robot, or goes on for long, comes last what is last here.
LONG = ("light_off", "light_on", "exercise", "story", "stop", "come", "follow", "go_away", "music")
# What part of an utterance is a wish, None where it is none; the wish before it.
Wish = Callable[[str, Understood | None], Understood | None]
GoesOn = Callable[[Understood], bool]


class Joints:
    """Where an utterance of this language may be divided. `loose`: those that may as well go on with an errand or a
    message ("tell my son I am cold and I want tea")."""

    def __init__(self, words: Sequence[str], loose: Sequence[str]) -> None:
        mark = rf"(?:[{COMMA}{STOP}](?!\d))+\s*"
        word = rf"(?<![a-z])(?:{'|'.join(words or ['(?!)'])})(?![a-z])\s*"
        self._joint = re.compile(rf"{mark}(?:{word})*|(?:{word})+", re.IGNORECASE)
        self._loose = re.compile(rf"[{COMMA}]?\s*|(?:{'|'.join(loose or ['(?!)'])})\s*", re.IGNORECASE)

    def without_first(self, text: str) -> str:
        """What follows a word that only joins it to what was said before: "and remind me …"."""
        first = self._joint.match(text.strip())
        return text.strip()[first.end():] if first else text

    def wishes(self, text: str, wish: Wish, guess: Wish, goes_on: GoesOn) -> list[Understood]:
        """All wishes of what is nothing but wishes, in the order in which they are to be answered; none where they
        are not several. `guess`: of a first one that is only guessed. `goes_on`: whether a wish ends in free text."""
        if not 0 < len(self._joint.findall(text)) <= MOST:
            return []
        found = self._divided(text, None, wish, guess, goes_on)
        each = [one for at, one in enumerate(found)
                if all((one.intent, one.slots) != (other.intent, other.slots) for other in found[:at])]
        return sorted(each, key=lambda one: LONG.index(one.intent) if one.intent in LONG else -1) if each[1:] else []

    def _divided(self, text: str, before: Understood | None, wish: Wish, guess: Wish,
                 goes_on: GoesOn) -> list[Understood]:
        for joint in self._joint.finditer(text):
            head, rest = text[:joint.start()].strip(), text[joint.end():].strip()
            if not head:
                return self._divided(rest, before, wish, guess, goes_on)
            loose = self._loose.fullmatch(joint[0])
            first = wish(head, before) or (None if before or loose else guess(head, None))
            after = self._divided(rest, first, wish, guess, goes_on) if first and rest else []
            if after and not (loose and goes_on(first) and after[0].intent != "reminder_set"):
                return [first, *after]
        last = wish(text, before) if before else None
        return [last] if last else []
