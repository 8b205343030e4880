"""Talk that goes on: a television, visitors, a telephone call. In it a call for help must be a plainer one. Pure.

Where nobody else speaks, whatever may be a call is taken for one. Among a hundred lines of talk one or two hold the
words of a call; there a doubtful one needs attention like any other wish, or to be said once more, as who needs help
says it.
"""
from __future__ import annotations

import math
from collections import deque

from dialogue.intents import Understood

# A television says some ten lines a minute. Heard from another room six in ten of them are so probably talk, and with a
# higher limit (0.99) four; of 17 calls for help that were misheard in noise beyond understanding five are (and one).
WITHIN_S, LEAST, PROBABLY_TALK = 60.0, 3, 0.9
# Who needs help says so again within seconds; the next scene of a film comes later.
AGAIN_WITHIN_S = 30.0
# More probably talk than the first, or by its gist less probably a call than the second, it is doubtful: of 930 calls
# in three languages (bench/said: rough, unseen, close, plain) 35, of 450 of strangers 31; of 24 lines among 4,154 of
# television and evenings that are taken for a call 21.
PERHAPS_TALK, PROBABLY_A_CALL = 0.1, 0.8


class RunningTalk:
    """Follows all that is heard; times [s] of one clock."""

    def __init__(self) -> None:
        self._began_s: deque[float] = deque()    # what was probably talk, in the last minute
        self._doubtful_s = -math.inf, -math.inf  # when the last two doubtful calls began

    def leaves(self, understood: Understood, began_s: float) -> bool:
        """Whether this is a call for help that counts without attention. To be asked about each utterance, in order;
        one that goes on after a pause is asked about again."""
        if self._began_s and began_s < self._began_s[-1]:  # the clock was set back: a simulation began anew
            self._began_s.clear()
        while self._began_s and self._began_s[0] < began_s - WITHIN_S:
            self._began_s.popleft()
        if not understood.intent and understood.talk >= PROBABLY_TALK and began_s not in self._began_s:
            self._began_s.append(began_s)
        doubtful = understood.talk > PERHAPS_TALK or not understood.sure and understood.share < PROBABLY_A_CALL
        if not understood.call_for_help or not doubtful or len(self._began_s) < LEAST:
            return understood.call_for_help
        if began_s != self._doubtful_s[1]:
            self._doubtful_s = self._doubtful_s[1], began_s
        return began_s - AGAIN_WITHIN_S <= self._doubtful_s[0] < began_s
