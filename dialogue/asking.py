"""Asking: the words of a question, the answer that is waited for, and again where there was none. Pure."""
from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from dialogue.hearing import Hearing
from dialogue.listener import Heard
from dialogue.own_voice import OwnVoice
from dialogue.question import Outcome, Question
from dialogue.speaking import Cut

# Who is asked answers within seconds. Without end [s], or by what is no number, one goal would keep all others silent.
LONGEST_WAIT_S = 300.0

Answer = Heard | str | None  # what was said; why nothing can be heard; nobody said anything in time


class Awaited:
    """The answer that somebody waits for, if anybody does; what it may be is hinted at to `hearing`. All times [s] of
    the microphone's clock. `languages`: in which is spoken where no answer is awaited, the likeliest first."""

    def __init__(self, hearing: Hearing, languages: Sequence[str]) -> None:
        self._hearing = hearing
        self._done: Callable[[Answer], None] | None = None
        self._since_s = self._until_s = 0.0
        self.listens_in(languages)

    @property
    def open(self) -> bool:
        return self._done is not None

    def listens_in(self, languages: Sequence[str]) -> None:
        """From now on these are spoken; who is asked is heard as they are to the end."""
        self._languages = languages
        if not self.open:
            self.end()

    def begin(self, expected: Sequence[str], languages: Sequence[str], now_s: float, wait_s: float, own_voice: OwnVoice,
              done: Callable[[Answer], None]) -> None:
        """`done` gets the answer, or None after so long a silence from the end of the robot's own words."""
        self._done = done
        wait_s = wait_s if wait_s <= LONGEST_WAIT_S else LONGEST_WAIT_S  # also of NaN
        self._since_s, self._until_s = min(now_s, own_voice.sense_s), max(now_s, own_voice.quiet_s) + wait_s
        self._hearing.languages, self._hearing.expected = languages, expected

    def takes(self, began_s: float) -> bool:
        """Whether what began to be said then is an answer."""
        return self.open and began_s >= self._since_s

    def overdue(self, now_s: float) -> bool:
        """Whether nobody has answered in time."""
        return self.open and now_s >= self._until_s

    def shift(self, by_s: float) -> None:
        """The clock was set by so much: who waits goes on waiting as long as before."""
        self._since_s, self._until_s = self._since_s + by_s, self._until_s + by_s

    def give(self, answer: Answer) -> None:
        """It has come, or will not."""
        done = self._done
        self.end()
        if done:
            done(answer)

    def end(self) -> None:
        """Nobody waits any more."""
        self._done = None
        self._hearing.languages, self._hearing.expected = self._languages, ()


async def ask(question: Question, words: Callable[[], str], phrase: Callable[[str], str],
              say: Callable[[str], Awaitable[str]], cut: Callable[[], Cut | None],
              listen: Callable[[], Awaitable[Answer]]) -> tuple[Outcome, str]:
    """Ask until there is an outcome; with it, why it failed.

    `words`: the question's, which may be others each time; `phrase`: those of another phrase; `say` returns why it
    could not be said, or ""; `cut`: what cut the question off, else None. A question that an order to be silent broke
    off has not been heard: what is said then answers it as little as silence does, but for a call for help.
    """
    outcome, why = None, ""
    while outcome is None:
        text = phrase(question.confirmation) if question.confirmation else words()
        if question.apologise:
            text = f"{phrase('dialogue.not_understood')} {text}"
        question.asked()
        if problem := await say(text):
            return Outcome.FAILED, problem
        broken = cut()
        answers = broken and _counts(broken.by, question.awaited)
        answer = broken.by if answers else await listen()
        if isinstance(answer, str):
            return Outcome.FAILED, answer
        if broken and not broken.whole and not (answers or answer and answer.understood.call_for_help):
            outcome, why = question.broken_off(broken.by), str(broken)
        else:
            outcome, why = question.heard(answer) if answer else question.silence(), ""
    return outcome, why


def _counts(heard: Heard, awaited: Sequence[str]) -> bool:
    """Whether what cut a question off is its answer."""
    return heard.understood.call_for_help or heard.understood.intent in awaited
