"""What becomes of words that were meant for the robot and that it did not understand. Pure; times [s] of one clock.

Silence leaves who spoke in doubt whether anybody is there. So the robot asks once to hear it again, then offers to
fetch somebody; who is telling it something is told that it listens. It says so no oftener than that, and only to who
called it where others were lately heard: what follows its own words may be a television's, and its answer would draw
the next line in.
"""
from __future__ import annotations

import math

from dialogue.addressed import ANSWER, ASIDE, MUSIC
from dialogue.intents import said_in
from dialogue.understood import TELLING, UNCLEAR, UNCLEAR_AGAIN, UNCLEAR_STILL, Understood

# Who turned to the robot on purpose, as who says its name does. A look may be for another, a conversation over.
ON_PURPOSE = ("touch", "wake_word")
# Not meant for it; an answer is asked for again; beside music people talk.
OVERHEARD = ""
NOT_ASKED = (OVERHEARD, ANSWER, MUSIC, ASIDE)
OTHERS_S = 60.0  # so long after something was overheard others may be talking
# From this probability of talk on it is rather something that is told than a wish. (Of a stranger's wishes that were
# not understood half were below it, of 700 lines of an evening one in six.)
TELLS = 0.5
# "Er" and a breath are nothing to ask about [tokens: words, syllables, kana].
LEAST_TOKENS = {"en": 2, "zh": 2, "ja": 3, "ko": 2}
LISTENS_TWICE = 2   # so often in a row it is said that the robot listens
# Nothing is said to more, but it may belong to a wish: a shopping list has so many parts, and a television more.
MOST = 6
FORGOTTEN_S = 60.0  # after such a silence it begins anew


class Unclear:
    """Counts what was not understood in a row."""

    def __init__(self) -> None:
        self._asked = self._listened = 0
        self._last_s, self._others_s = 0.0, -math.inf

    def of(self, understood: Understood, text: str, language: str, why: str, named: bool, at_s: float) -> str:
        """The intent of what was meant for the robot for this reason (dialogue/addressed.py): as understood, or else
        one of UNCLEAR, UNCLEAR_AGAIN, UNCLEAR_STILL, TELLING, or "" for what is passed over. `named`: the robot's
        name was in it."""
        if understood.intent or not 0.0 <= at_s - self._last_s < FORGOTTEN_S:
            self._asked = self._listened = 0
        if why == OVERHEARD:
            self._others_s = at_s
        called = named or why in ON_PURPOSE
        if understood.intent or why in NOT_ASKED or not called and at_s - self._others_s < OTHERS_S:
            return understood.intent
        words = len(said_in(text, language))
        if words < LEAST_TOKENS[language] or understood.share == 1.0 and understood.talk < TELLS:  # fillers
            return ""
        self._last_s = at_s
        if understood.talk >= TELLS and not (called or self._asked):
            self._listened += 1
            intent = TELLING if self._listened <= LISTENS_TWICE else UNCLEAR_STILL
        else:
            self._asked += 1
            intent = {1: UNCLEAR, 2: UNCLEAR_AGAIN}.get(self._asked, UNCLEAR_STILL)
        return intent if called or self._asked + self._listened <= MOST else ""
