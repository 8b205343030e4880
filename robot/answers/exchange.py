"""What was said last, and what was answered: what is said next may belong to it. Pure."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from robot.answers.contents import MESSAGE, Answer, Notify

# So long after an answer, words that are nothing else belong to it; and so long "cancel that" and "tell her" mean the
# wish that was passed on last. Who has said nothing for longer speaks of something else.
FOLLOWS_S, WISH_S = 45.0, 600.0
# What is nothing else (dialogue/unclear.py, which passes over fillers and a television) may belong to it.
NOTHING = ("unclear", "unclear_again", "unclear_still", "telling")
# Who wants to hear the last words again, or nobody knows what, has not turned to anything else.
STAYS = ("", *NOTHING, "repeat", "louder", "slower")
ALL_SAID = "all_said"  # the slot of "no, that's all", which ends what was wished and takes nothing of it back


@dataclass(frozen=True)
class Exchange:
    """Somebody's words as they were understood, and the answer to them; `at_s`: when."""
    intent: str
    words: str
    answer: Answer
    at_s: float
    slots: Mapping[str, str] = field(default_factory=dict)

    @property
    def notice(self) -> Notify | None:
        """What was passed on of it."""
        return self.answer.notice


class Exchanges:
    """The last one, and the last in which something was passed on."""

    def __init__(self) -> None:
        self._last: Exchange | None = None
        self._wish: Exchange | None = None

    def note(self, exchange: Exchange) -> None:
        self._last = exchange
        self._wish = exchange if exchange.notice else self._wish

    def unanswered(self, intent: str, slots: Mapping[str, str]) -> None:
        """Something was understood that wants no answer: what follows it adds to no wish, and is no message."""
        asks = self._last and (self._last.notice or self._last.answer.listens == MESSAGE)
        if asks and (intent not in STAYS or ALL_SAID in slots):
            self._last = None

    def goes_on(self, answer: Answer, at_s: float) -> None:
        """The last one has come to this answer."""
        if self._last:
            self.note(replace(self._last, answer=answer, at_s=at_s))

    def known(self, now_s: float) -> dict[str, Exchange | None]:
        """As robot/answers/known.py has them."""
        return {"before": _fresh(self._last, FOLLOWS_S, now_s), "wish": _fresh(self._wish, WISH_S, now_s)}

    def listens(self, now_s: float) -> bool:
        """Whether the last answer waits for words that belong to it, before anything else is told."""
        last = _fresh(self._last, FOLLOWS_S, now_s)
        return bool(last and last.answer.listens)


def _fresh(exchange: Exchange | None, for_s: float, now_s: float) -> Exchange | None:
    return exchange if exchange and 0 <= now_s - exchange.at_s < for_s else None
