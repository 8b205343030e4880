"""A question and its answer: what counts, what to say next, when to give up. Pure core of the Ask action."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dialogue.listener import Heard
from dialogue.manner import AGAIN


class Outcome(Enum):
    """How a question ended; the numbers are those of the Ask action."""
    ANSWERED = 1
    SILENT = 2
    NOT_UNDERSTOOD = 3
    FAILED = 4


@dataclass
class Question:
    """`expected`: the intents that count as an answer, none: any. `attempts`: how often to ask in all."""
    expected: Sequence[str]
    attempts: int
    attempt: int = 0
    last: Heard | None = None  # what decided, or was heard last
    _apologise: bool = False

    def asked(self) -> None:
        """It has been asked (again)."""
        self.attempt += 1

    @property
    def apologise(self) -> bool:
        """Whether the next attempt should begin with "I did not understand"."""
        return self._apologise

    def heard(self, heard: Heard) -> Outcome | None:
        """Take an utterance; the outcome, or None: ask again."""
        self.last = heard
        meant = heard.understood
        wanted = meant.intent in self.expected if self.expected else bool(meant.intent)
        # A cry for help answers every question: nobody who cries "help" is asked about a pill again.
        if wanted or meant.call_for_help:
            return Outcome.ANSWERED
        self._apologise = meant.intent not in AGAIN  # who asks "pardon?" was understood
        return Outcome.NOT_UNDERSTOOD if self.attempt >= self.attempts else None

    def silence(self) -> Outcome | None:
        """Nobody said anything in time; the outcome, or None: ask again."""
        self._apologise = False
        if self.attempt < self.attempts:
            return None
        return Outcome.NOT_UNDERSTOOD if self.last else Outcome.SILENT
