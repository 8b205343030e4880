"""Talk that goes on: a television, visitors, a telephone call. In it a call for help must be a plainer one. Pure.

Where nobody else speaks, whatever may be a call is taken for one. Among a hundred lines of talk one or two hold the
words of a call; there a doubtful one needs attention like any other wish, or to be said again, as who needs help says
it: once more, or, where neither was probably one, twice.
"""
from __future__ import annotations

import math

from dialogue.understood import Understood

# The probabilities that it was talk, added up over a minute. A television says some ten lines a minute, of which six
# are surely talk; heard from another room eight, with 0.5 to 1 each. Somebody in need whose cries are misheard beyond
# understanding (17 of 450 in noise: 0.6 each) would have to cry five times.
WITHIN_S, LEAST = 60.0, 2.5
# Who needs help says so again within seconds; the next scene of a film comes later, and is about something else.
AGAIN_WITHIN_S = 30.0
# More probably talk than the first, or by its gist less probably a call than the second, it is doubtful: of 1,356 calls
# in three languages (bench/said: rough, unseen, close, plain; and a stranger's) 87; of 34 lines among 4,154 of
# television and evenings that are taken for a call 28. Two doubtful ones count where it is as probable as the second
# that one of them is a call: in 67 minutes of evenings a pair of 0.4 and 0.5 had nothing to do with each other.
PERHAPS_TALK, PROBABLY_A_CALL = 0.1, 0.8


class RunningTalk:
    """Follows all that is heard; times [s] of one clock."""

    def __init__(self) -> None:
        self._talk: dict[float, float] = {}     # of the last minute: when it began, and how probably it was talk
        self._doubtful: dict[float, tuple[str, float]] = {}  # calls of the last half minute, likewise: how probably one

    def leaves(self, understood: Understood, began_s: float) -> bool:
        """Whether this is a call for help that counts without attention. To be asked about each utterance, in order;
        one that goes on after a pause is asked about again."""
        self._talk = _since(self._talk, began_s - WITHIN_S, began_s)
        self._doubtful = _since(self._doubtful, began_s - AGAIN_WITHIN_S, began_s)
        if not understood.call_for_help:
            self._talk[began_s] = 0.0 if understood.intent else max(understood.talk, self._talk.get(began_s, 0.0))
            return False
        doubtful = understood.talk > PERHAPS_TALK or not understood.sure and understood.share < PROBABLY_A_CALL
        if not doubtful or sum(self._talk.values()) < LEAST:
            return True
        probably = 1.0 if understood.sure else understood.share  # of what is sure it is the share of words
        self._doubtful[began_s] = understood.intent, min(probably, 1.0 - understood.talk)
        alike = [probability for intent, probability in self._doubtful.values() if intent == understood.intent]
        one_of_them = 1.0 - math.prod(1.0 - probability for probability in alike)
        return len(alike) > 2 or len(alike) > 1 and one_of_them >= PROBABLY_A_CALL


def _since(kept: dict, earliest_s: float, now_s: float) -> dict:
    """What is no older; nothing where the clock was set back, as a simulation begins anew."""
    return {at_s: one for at_s, one in kept.items() if at_s >= earliest_s} if max(kept, default=0.0) <= now_s else {}
