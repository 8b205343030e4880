"""What residents ask for by the way: answered, passed on or done where nothing but a round is going on, one after the
other. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from robot.answers import (
    DOUBT,
    FURTHER,
    Answer,
    Come,
    Errand,
    Exchange,
    Exchanges,
    Follow,
    GoAway,
    Known,
    Notify,
    PlayMusic,
    StandStill,
    SwitchLights,
    answer,
)

from .arbiter import Arbiter, Order
from .behavior import Behavior, Heard, RaiseAlarm, Viewpoints, alarm_id_of
from .errand import BackToDock, ComeNear, ErrandTask, Lighting, Music, Still
from .follow import FollowPerson
from .patrol import PatrolRound
from .reply import ENDS, Reply
from .situation import Situation
from .wonder import Doubt, Wonder

# The same wish again within an hour is the same notice on the page; who forgets asks often.
SAME_WISH_S = 3600.0
# Nobody says the same twice so soon and means it twice: it was heard twice, or delivered twice.
SAME_WORDS_S = 2.0
# What was wished in one breath with something else waits so long for that to be answered, a question included.
FURTHER_S = 180.0
# Wishes of which somebody must hear even when they come too late: as which notice, where they have none of their own.
OUTLAST = {"tell_family": "tell_family", **dict.fromkeys(
    ("service", "call_family", "video_call", "reminder_set", "reminder_cancel"), "request_other")}
ERRANDS: dict[type[Errand], type[ErrandTask]] = {
    Come: ComeNear, Follow: FollowPerson, GoAway: BackToDock, StandStill: Still, SwitchLights: Lighting,
    PlayMusic: Music}
MOVES = (Come, Follow, GoAway, StandStill)  # one of these ends another


class Requests:
    """Every method takes the time [s] and returns orders. `further`: wishes that wait for the one before them, and
    since when."""

    def __init__(self, situation: Situation, arbiter: Arbiter, viewpoints: Viewpoints) -> None:
        self.further: list[tuple[Heard, float]] = []
        self.doubt = Doubt()
        self._situation, self._arbiter, self._viewpoints = situation, arbiter, viewpoints
        self._answered: tuple[Heard, float] | None = None  # the last words that were, and when
        self._told = ""  # the part of a story
        self._said = Exchanges()
        self._notices: dict[str, tuple[str, float]] = {}  # of which kind and resident -> on the page, since when

    @property
    def at_leisure(self) -> bool:
        """Whether nothing is going on that talk would disturb."""
        return all(isinstance(task, (PatrolRound, Still, FollowPerson)) for task in self._arbiter.behaviors)

    def hear(self, heard: Heard, now_s: float) -> list[Order]:
        """It is answered, or goes to the running task."""
        if self._twice(heard, now_s):
            return []
        if FURTHER in dict(heard.slots):
            if self.at_leisure or isinstance(self._arbiter.active, (Reply, ErrandTask)):
                alone = tuple(slot for slot in heard.slots if slot[0] != FURTHER)
                self.further.append((replace(heard, slots=alone), now_s))
            return self.go_on(now_s)
        if orders := self._reply(heard, now_s):
            self._answered = heard, now_s
        return orders or self._arbiter.dispatch(heard, now_s)

    def overhear(self, heard: Heard, now_s: float) -> list[Order]:
        """What nothing shows to be meant for the robot is not done; where it may have been all the same, it asks."""
        asks = self.doubt.asks(now_s, datetime.fromtimestamp(now_s, self._situation.site.zone).time())
        known = replace(self._known(heard, now_s), before=None)
        worth = asks and heard.intent and self.at_leisure and heard.confidence >= DOUBT
        if not worth or answer(heard.intent, known) is None:
            return []
        self.doubt.asked(now_s)
        return self._arbiter.submit(Wonder(
            resident_id=_id(known), language=known.language, heard=heard,
            why=f"perhaps somebody meant the robot: “{heard.text}”"), now_s)

    def called_for_help(self, heard: Heard) -> list[Order]:
        """All that was going on here makes way: what waited is let go, and what is said next belongs to nothing."""
        undone, self.further = self._undone(self.further), []
        self._said.unanswered(heard.intent, dict(heard.slots))
        return undone

    def on_done(self, behavior: Behavior, now_s: float) -> list[Order]:
        """Something has come of a task: what was wished in place of an answer, or what the answer promised."""
        orders: list[Order] = []
        if isinstance(behavior, Wonder) and behavior.meant and behavior.done:
            orders += self._reply(behavior.heard, now_s)
        if isinstance(behavior, Reply):
            if behavior.wished and behavior.done:
                orders += self._reply(behavior.wished, now_s)
            self._told = behavior.answer.slots.get("text", self._told)
            self._said.goes_on(behavior.answer, now_s)
            if behavior.makes_way and behavior.done:
                orders += self._carry_out(behavior.answer, behavior.resident_id, behavior.language, behavior.words,
                                          now_s)
        return orders + self.go_on(now_s)

    def settled(self, alarm_id: str) -> None:
        """A notice was, and the same may be wished again."""
        self._notices = {wish: known for wish, known in self._notices.items() if known[0] != alarm_id}

    def go_on(self, now_s: float) -> list[Order]:
        """With what was wished in one breath with what has been answered now."""
        late = [(wish, since_s) for wish, since_s in self.further if not 0 <= now_s - since_s < FURTHER_S]
        self.further = [one for one in self.further if one not in late]
        orders = self._undone(late)
        while self.further and self.at_leisure and not self._said.listens(now_s):
            wish, _ = self.further.pop(0)
            if told := self._reply(wish, now_s):
                return orders + told
        return orders

    # --- inside -----------------------------------------------------------------------------------------------------
    def _twice(self, heard: Heard, now_s: float) -> bool:
        if self._answered is None:
            return False
        before, then_s = self._answered
        return (before.intent, before.slots) == (heard.intent, heard.slots) and now_s - then_s < SAME_WORDS_S

    def _undone(self, wishes: Sequence[tuple[Heard, float]]) -> list[Order]:
        """Of wishes that nothing came of the caregivers are told, in their words, as far as they are for others or for
        later; what time it was then, or a light, nobody wants any more."""
        orders = []
        for wish, since_s in wishes:
            known = replace(self._known(wish, since_s), confidence=1.0, before=None)
            told = answer(wish.intent, known)
            deed = told.notice if told else None
            if not deed and wish.intent in OUTLAST:
                deed = Notify(OUTLAST[wish.intent], wish.text)
            if deed:
                notice_id = self._notice_id(f"{deed.kind}/{deed.detail}/{_id(known)}", since_s)
                orders.append(Order(Behavior(_id(known), f"nothing came of “{wish.text}”"), RaiseAlarm(
                    notice_id, deed.kind, "notice", occurred_s=since_s, words=wish.text, detail=deed.detail,
                    confidence=wish.confidence)))
        return orders

    def _reply(self, heard: Heard, now_s: float) -> list[Order]:
        """An answer, or something done; music ends for it, and following for what moves the robot otherwise."""
        music = isinstance(self._arbiter.active, Music) and heard.intent not in ENDS
        if not music and not self.at_leisure:
            return []
        known = self._known(heard, now_s)
        told = answer(heard.intent, known)
        if told is None:
            self._said.unanswered(heard.intent, known.slots)
            return []
        self._said.note(Exchange(heard.intent, heard.text, told, now_s, known.slots))
        moves = any(isinstance(deed, MOVES) for deed in told.deeds)
        over = [order for task in self._arbiter.behaviors
                if isinstance(task, Music) or moves and isinstance(task, FollowPerson)
                for order in self._arbiter.dispatch(Heard(ENDS[0], heard.text), now_s, to=task)]
        return over + self._carry_out(told, _id(known), known.language, heard.text, now_s)

    def _carry_out(self, told: Answer, resident_id: str, language: str, words: str, now_s: float) -> list[Order]:
        why = f"was told: “{words}”"
        self._told = told.slots.get("text", self._told)
        for deed in told.deeds:
            if isinstance(deed, Errand):
                return self._arbiter.submit(ERRANDS[type(deed)](
                    resident_id=resident_id, language=language, why=why, answer=told, errand=deed,
                    viewpoints=self._viewpoints, place=lambda: self._situation.place), now_s)
        return self._arbiter.submit(Reply(
            resident_id=resident_id, language=language, why=why, answer=told, words=words,
            notice_id=lambda notice: self._notice_id(f"{notice}/{resident_id}", now_s)), now_s)

    def _notice_id(self, wish: str, now_s: float) -> str:
        known, since_s = self._notices.get(wish, ("", 0.0))
        if not known or now_s - since_s > SAME_WISH_S:
            known, since_s = alarm_id_of(f"{wish}/{now_s:.3f}"), now_s
        self._notices[wish] = known, since_s
        return known

    def _known(self, heard: Heard, now_s: float) -> Known:
        music = self._arbiter.active
        return self._situation.known(
            heard, now_s, told=self._told, **self._said.known(now_s),
            next_music=music.errand.pieces[music.begun:] if isinstance(music, Music) else ())


def _id(known: Known) -> str:
    """Of who asks, where that is known."""
    return known.resident.id if known.resident else ""
