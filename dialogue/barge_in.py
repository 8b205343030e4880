"""What is heard while the robot speaks: itself, somebody in need, an answer that came early, or talk. Pure core.

The sound has been freed from the own voice (dialogue/echo.py), never wholly. So what is heard is compared with what is
being said, by the tokens of dialogue/spoken_form.py and by when each of them sounds. In doubt a call for help is a
call, where it is louder than an echo: most are verified by asking. In doubt an answer is none: it would end an alarm or
settle a dose.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

import numpy as np

from dialogue.intents import ANSWERS, Said, said_in
from dialogue.listener import Heard
from dialogue.understood import ORDERS

# An answer counts that began so long before the question's end [s]: people answer up to half a second early, and not
# before they know what is asked (Stivers et al., PNAS 2009: the mode of all languages is 0 to 0.2 s after the end).
EARLY_S = 0.5
# After the own voice's end its last words may still ring [s].
RINGS_S = 0.15
# From this share of the heard tokens on, found in this order in what is being said, it is the own voice misheard.
OWN_SHARE = 0.6
GAPS = 2                # own tokens that may have been missed among them
# A call for help or an order is taken for the own voice only if so much of it is being said, and so near to when it
# sounds [s]: by an even pace the words of a question are off by less than a second, those of a long speech by a tenth
# of it. A word of the robot's may be one of the resident's, hardly ever at the same time.
OWN_URGENT_SHARE, NEAR_S, UNEVEN = 0.75, 1.0, 0.1
REMEMBER_S = 60.0
# Somebody who speaks for so long does not only cough or agree [s].
TALKS_S = 0.5
# What remains of the own speech and is no longer than this is said to its end [s]: a sentence.
SENTENCE_S = 4.0
PAUSES = 2              # in one speech: a television that is on must not silence the robot for ever
# So far below the own voice in the microphone [dB] talk is that of the next room, or of a television.
LOUD_DB = -26.0
# From this loudness beside the own voice on [dB] what sounds like a call is hardly the echo's. In the simulated rooms
# the loudest 0.3 s of who speaks 2 m away at 66 dB is at -7 to -10, at 60 dB at -14 to -17; in twelve minutes of the
# robot alone the only stretch that was misheard as a call was at -17 (others, misheard as nothing, up to -8).
SOMEBODY_DB = -14.0
# A silence of this length [s], so far below the speech's peak, stands between two sentences.
BETWEEN_S, QUIET = 0.25, 10 ** (-40 / 20)


class Verdict(Enum):
    FREE = "free"      # said while the robot was silent
    OWN = "own"        # the robot's own voice
    CALL = "call"      # for help, into the robot's speech
    ORDER = "order"    # to be silent
    ANSWER = "answer"  # into the last words of a question
    ASIDE = "aside"    # anything else said meanwhile: nothing follows from it


INTERRUPTS = (Verdict.CALL, Verdict.ORDER)


@dataclass
class _Speech:
    said: Said
    begin_s: float
    end_s: float
    length_s: float  # of all of it, also where it is stopped before

    def sounding(self, begin_s: float, end_s: float) -> Said:
        """The tokens that may sound in this time, at an even pace."""
        near_s, pace_s = max(NEAR_S, UNEVEN * self.length_s), self.length_s / max(1, len(self.said))
        first = (begin_s - near_s - self.begin_s) / pace_s
        last = (min(end_s + near_s, self.end_s) - self.begin_s) / pace_s
        return tuple(token for at, token in enumerate(self.said) if first - 1 < at < last)


class BargeIn:
    """All times [s] of the microphone's clock. `delay_s`: how late the own voice is at the microphone."""

    def __init__(self) -> None:
        self._speeches: list[_Speech] = []
        self.delay_s = 0.0

    @property
    def end_s(self) -> float:
        """When the robot has said, or will have said, what it says."""
        return self._speeches[-1].end_s if self._speeches else 0.0

    @property
    def sense_s(self) -> float:
        """From when on an answer to what was said last counts."""
        return self.end_s - EARLY_S

    def says(self, text: str, language: str, begin_s: float, end_s: float) -> None:
        """The robot says a stretch of text in this time."""
        self._speeches = [one for one in self._speeches if begin_s - REMEMBER_S < one.end_s]
        self._speeches.append(_Speech(said_in(text, language), begin_s, end_s, max(end_s - begin_s, 1e-3)))

    def stops(self, time_s: float) -> None:
        """It is silenced."""
        for one in self._speeches:
            one.end_s = min(one.end_s, max(time_s, one.begin_s))

    def judge(self, heard: Heard, loudness_db: float = -math.inf) -> Verdict:
        """Who said it, and whether it counts. `loudness_db`: of its loudest moment, beside the own voice."""
        meanwhile = [one for one in self._speeches if one.begin_s <= heard.ended_s
                     and heard.began_s < one.end_s + self.delay_s + RINGS_S]
        if not meanwhile:
            return Verdict.FREE
        meant = heard.understood
        if self._is_own(heard, meanwhile):
            return Verdict.OWN
        both_s = sum(min(one.end_s, heard.ended_s) - max(one.begin_s, heard.began_s) for one in meanwhile)
        mostly_alone = both_s < (heard.ended_s - heard.began_s) / 2  # the robot paused for it
        # What is left of the own voice is misheard as this and that, and sounds like a call at times.
        somebody = meant.sure or loudness_db >= SOMEBODY_DB and all(one.said for one in meanwhile)  # no words: music
        if meant.call_for_help and (somebody or mostly_alone):
            return Verdict.CALL
        if meant.intent in ORDERS and somebody:
            return Verdict.ORDER
        if heard.began_s >= self.sense_s and (meant.sure or mostly_alone):
            return Verdict.ANSWER
        return Verdict.FREE if mostly_alone and meant.sure and meant.intent not in ANSWERS else Verdict.ASIDE

    def _is_own(self, heard: Heard, meanwhile: list[_Speech]) -> bool:
        said, meant = said_in(heard.transcript.text, heard.transcript.language), heard.understood
        if not (meant.call_for_help or meant.intent in ORDERS):
            return any(_share(said, one.said) >= OWN_SHARE for one in meanwhile)
        began_s, ended_s = heard.began_s - self.delay_s, heard.ended_s - self.delay_s
        return any(_share(said, one.sounding(began_s, ended_s)) >= OWN_URGENT_SHARE for one in meanwhile)


def _share(heard: Said, said: Said) -> float:
    """The share of the heard tokens that stand in this order, close together, in what is being said."""
    if not heard:
        return 1.0
    width = len(heard) + GAPS
    matcher = SequenceMatcher(b=heard, autojunk=False)
    shares = [0.0]
    for start in range(max(1, len(said) - width + 1)):
        matcher.set_seq1(said[start:start + width])
        shares.append(sum(block.size for block in matcher.get_matching_blocks()) / len(heard))
    return max(shares)


def pauses(talks_s: float, loudness_db: float, left_s: float, paused: int) -> bool:
    """Whether the robot pauses for somebody who has been talking for `talks_s`, so loud beside its own voice, while
    `left_s` of its own speech is left and it has `paused` so often before."""
    return talks_s >= TALKS_S and loudness_db >= LOUD_DB and left_s > SENTENCE_S and paused < PAUSES


def resumes_at(samples: np.ndarray, rate_hz: int, played_s: float) -> float:
    """Where a speech, int16 (n,), goes on after it was broken off: where the sentence began that was cut [s]."""
    frame = max(1, round(0.02 * rate_hz))
    whole = min(int(played_s * rate_hz), len(samples)) // frame
    loudness = np.abs(samples[:whole * frame].astype(np.int32)).reshape(whole, frame).max(axis=1, initial=0)
    silent_s, resumes_s = 0.0, 0.0
    for at, loud in enumerate(loudness):
        if loud < QUIET * np.abs(samples.astype(np.int32)).max(initial=1):
            silent_s += 0.02
        else:
            if silent_s >= BETWEEN_S:
                resumes_s = at * 0.02 - 0.04
            silent_s = 0.0
    return resumes_s
