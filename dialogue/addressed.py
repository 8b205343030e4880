"""What something heard is taken for: meant for the robot or overheard, an answer to its question or said by the way.
Pure."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dialogue.barge_in import Verdict
from dialogue.intents import ANSWERS
from dialogue.listener import Heard
from dialogue.manner import AGAIN

ALWAYS, ANSWER, MUSIC, ASIDE = "always", "answer", "music", "aside"


@dataclass(frozen=True)
class Taken:
    """`aside`: said into the robot's speech, and nothing follows from it. `why`: it is meant for the robot, "" if it is
    not (dialogue/attention.py, or ANSWER, MUSIC). `answers`: its open question. `counts`: the intent does. `of_music`:
    it concerns what is being played."""
    aside: bool
    why: str
    answers: bool
    counts: bool
    of_music: bool

    @property
    def meant(self) -> bool:
        """For the robot."""
        return bool(self.why)


def taken(heard: Heard, verdict: Verdict, music: bool, asked: bool, answers: bool,
          attention: Callable[[], str]) -> Taken:
    """`music`: some is being played; `asked`: a question is open, which what was said then `answers`; `attention`: why
    it is meant for the robot, or "", asked where that is not plain from these."""
    understood = heard.understood
    of_music = music and understood.intent in AGAIN and understood.sure
    aside = verdict is Verdict.ASIDE and not of_music
    answers = answers and not aside
    why = ANSWER if answers else "" if aside else attention() or (MUSIC if of_music else "")
    # Nothing is settled by the gist of what was said by the way.
    counts = not aside and (understood.sure or asked or understood.intent not in ANSWERS)
    return Taken(aside, why, answers, counts, of_music)
