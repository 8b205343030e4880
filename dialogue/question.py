"""A question and its answer: what counts, what to say next, when to give up. Pure core of the Ask action."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dialogue.intents import ANSWERS
from dialogue.listener import Heard
from dialogue.manner import AGAIN
from dialogue.understood import SETTLES, Understood

# Of no use without the question that they answer.
NO_WISH = (*ANSWERS, "no", "unsure", "not_yet", "thanks")


class Outcome(Enum):
    """How a question ended; the numbers are those of the Ask action."""
    ANSWERED = 1
    SILENT = 2
    NOT_UNDERSTOOD = 3
    FAILED = 4


@dataclass
class Question:
    """`expected`: the intents that count as an answer, none: any. `attempts`: how often to ask in all. `wishes`: who
    wants something else instead, plainly, is not asked again."""
    expected: Sequence[str]
    attempts: int
    wishes: bool = False
    attempt: int = 0
    last: Heard | None = None  # what decided, or was heard last
    doubt: Understood | None = None  # what was understood by its gist, and is to be confirmed next
    meant: Understood | None = None  # what answered
    _apologise: bool = False
    _confirmed: bool = False

    def asked(self) -> None:
        """It has been asked (again), or what is in doubt was."""
        self.attempt += self.doubt is None

    @property
    def confirmation(self) -> str:
        """The phrase that asks whether it is so, "" where nothing is in doubt."""
        return f"dialogue.confirm_{self.doubt.intent}" if self.doubt else ""

    @property
    def awaited(self) -> Sequence[str]:
        """The intents that count next."""
        return (*self.expected, "yes", "no") if self.doubt else self.expected

    @property
    def apologise(self) -> bool:
        """Whether the next attempt should begin with "I did not understand"."""
        return self._apologise

    def heard(self, heard: Heard) -> Outcome | None:
        """Take an utterance; the outcome, or None: ask again."""
        self.last, doubt, self.doubt = heard, self.doubt, None
        meant = self._of_this(heard.understood)
        wanted = meant.intent in self.expected if self.expected else bool(meant.intent)
        if doubt and meant.intent in ("yes", doubt.intent):
            self.meant = doubt
            return Outcome.ANSWERED
        if wanted and not meant.sure and meant.intent in SETTLES and not self._confirmed:
            self.doubt, self._confirmed, self._apologise = meant, True, False
            return None
        # A cry for help answers every question: nobody who cries "help" is asked about a pill again.
        denied = doubt and meant.intent == "no"
        if meant.call_for_help or (wanted and not denied and (meant.sure or meant.intent not in SETTLES)):
            self.meant = meant
            return Outcome.ANSWERED
        if self.wishes and not doubt and _is_wish(meant):
            self.meant = meant
            return Outcome.ANSWERED
        self._apologise = meant.intent not in AGAIN  # who asks "pardon?" was understood
        return Outcome.NOT_UNDERSTOOD if self.attempt >= self.attempts else None

    def _of_this(self, meant: Understood) -> Understood:
        """"No, this evening" puts a reminder right; where something else was asked, it is perhaps a no."""
        if meant.slots.get("change") != "no" or not self.expected or meant.intent in self.expected:
            return meant
        return Understood("no", False, meant.share, sure=False)

    def broken_off(self, heard: Heard) -> Outcome | None:
        """An order to be silent broke it off: it has not been asked. The outcome, or None: ask again."""
        self.last, self._apologise, self.doubt = heard, False, None
        return None if self.attempt < self.attempts else Outcome.FAILED

    def silence(self) -> Outcome | None:
        """Nobody said anything in time; the outcome, or None: ask again."""
        self._apologise, self.doubt = False, None
        if self.attempt < self.attempts:
            return None
        return Outcome.NOT_UNDERSTOOD if self.last else Outcome.SILENT


def _is_wish(meant: Understood) -> bool:
    """Whether it stands by itself, and is plain."""
    return meant.sure and meant.share == 1.0 and meant.intent not in ("", *NO_WISH, *AGAIN)
