"""What an answer consists of: a phrase, what follows from what is said to it, and the deeds that it promises.

Deeds are for whoever has hands: the mission, or nobody in `anban talk`.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from robot.music import Piece
from robot.reminder import Reminder


@dataclass(frozen=True)
class Deed:
    """Something that an answer promises."""


@dataclass(frozen=True)
class SetReminder(Deed):
    reminder: Reminder


@dataclass(frozen=True)
class EndReminder(Deed):
    reminder_id: str
    outcome: str  # "told", "missed", "cancelled"
    asked_s: float = field(default=0.0, compare=False)  # when she wished it gone; 0: it made way for another


@dataclass(frozen=True)
class Notify(Deed):
    """A notice on the caregivers' page; `kind` as in care/text."""
    kind: str
    detail: str = ""


class Errand(Deed):
    """Something that takes time. The answer's phrase is for when it is done, its `otherwise` for when it failed."""


@dataclass(frozen=True)
class Come(Errand):
    """To who asks."""


@dataclass(frozen=True)
class Follow(Errand):
    """Whoever asks, until they have arrived. The answer's phrase is for before it begins."""


@dataclass(frozen=True)
class GoAway(Errand):
    """Back to the dock."""


@dataclass(frozen=True)
class StandStill(Errand):
    """For a while."""


@dataclass(frozen=True)
class SwitchLights(Errand):
    lights: tuple[str, ...]  # ids of the site file
    on: bool


@dataclass(frozen=True)
class PlayMusic(Errand):
    """One piece after the other; the answer's phrase announces the first, its `otherwise` the others."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Answer:
    """A phrase and what fills its slots; `deeds` are done before it is spoken. A question waits `wait_s` for one of the
    intents `ask`, and `then` answers what was said: an intent and its slots; "" where it was none of these. Where
    nothing is asked, `then` makes what is said right after it. `listens`: to what follows in any words, TALK or a
    MESSAGE (robot/answers/follow_up.py)."""
    phrase: str
    slots: Mapping[str, str] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    ask: tuple[str, ...] = ()
    then: Callable[[str, Mapping[str, str]], Answer] | None = None
    wait_s: float = 8.0
    otherwise: str = ""
    listens: str = ""

    @property
    def notice(self) -> Notify | None:
        """What is passed on with it."""
        return next((deed for deed in self.deeds if isinstance(deed, Notify)), None)


MESSAGE, TALK = "message", "talk"  # what an answer `listens` to
NOT_KNOWN = Answer("dialogue.ask_nurse")
LEFT_ALONE = Answer("dialogue.left_alone")  # a question that was declined, or not answered
