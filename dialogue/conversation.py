"""What the robot says back when it is talked to outside of its tasks. Pure; the terminal's part of the dialogue."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache

from dialogue.addressed import ALWAYS, ANSWER
from dialogue.manner import AGAIN, LESS, Manner, told_manner
from dialogue.phrases import load_phrases
from dialogue.unclear import Unclear
from dialogue.understood import Understood
from robot.answers import (
    Answer,
    Deed,
    EndReminder,
    Errand,
    Exchange,
    Exchanges,
    Known,
    PlayMusic,
    Reminder,
    SetReminder,
    StandStill,
    answer,
)
from robot.answers.alarm import KNOWN, into_alarm
from robot.answers.grave import GRAVE, grave
from robot.music import Piece
from robot.site import Resident, Site

CALLED_S = 3600.0  # so long an alarm is taken to be open


class Conversation:
    """With one resident of the site, or with nobody it knows. `deeds`: what a robot would have done for the last
    reply; of these only reminders are kept, until the conversation ends."""

    def __init__(self, site: Site, resident: Resident | None) -> None:
        self._site, self._resident = site, resident
        self.manner = Manner()
        self.deeds: tuple[Deed, ...] = ()
        self._apologised = False  # for not having understood the answer to its question
        self._reminders: dict[str, Reminder] = {}
        self._cancelled: list[tuple[Reminder, float]] = []
        self._last = ""
        self._part = ""  # of a story, that was told last
        self._exchanges = Exchanges()
        self._music: tuple[Piece, ...] = ()  # of which the first is playing
        self._unclear = Unclear()
        self._phrases = cache(load_phrases)  # each knows which of its wordings comes next
        self._asked: Answer | None = None  # the robot's open question
        self._further: tuple[Understood, ...] = ()  # what was wished too, and waits for that
        self._called: tuple[str, datetime] | None = None  # which of GRAVE was called for last, and when

    @property
    def expected(self) -> Collection[str]:
        """The intents that answer the robot's open question."""
        return self._asked.ask if self._asked else ()

    def reply(self, understood: Understood, said: str, language: str, now: datetime, why: str = ALWAYS,
              named: bool = False) -> str:
        """The robot's words, "" where it keeps silent. `said`: the words that were understood; `why`, `named`: that
        they were meant for it (dialogue/unclear.py)."""
        self.deeds = ()
        intent = self._unclear.of(understood, said, language, ANSWER if self._asked else why, named, now.timestamp())
        if intent in AGAIN:
            return self._again(understood, language)
        text = self._words(replace(understood, intent=intent), said, language, now)
        self._last = text or self._last
        return text

    def _again(self, understood: Understood, language: str) -> str:
        """The last words, in the manner that is wanted; of music the loudness changes as it plays."""
        less = LESS in understood.slots
        self.manner.asked(understood.intent, less)
        how = told_manner(understood.intent, less)
        last = "" if how and self._music else self._last
        return " ".join(filter(None, (self._phrase(how, {}, language) if how else "", last)))

    def _words(self, understood: Understood, said: str, language: str, now: datetime) -> str:
        asked, self._asked = self._asked, None
        if asked and not understood.intent and not self._apologised:  # as behaviors/behavior.Ask, which asks twice
            self._asked, self._apologised = asked, True
            return f"{self._phrase('dialogue.not_understood', {}, language)} " \
                   f"{self._phrase(asked.phrase, asked.slots, language)}"
        self._apologised = False
        called = self._called if self._called and (now - self._called[1]).total_seconds() < CALLED_S else None
        if understood.call_for_help:
            self._further, self._music, self._exchanges = (), (), Exchanges()
            what = grave(understood.slots)
            self._called = what or (called[0] if called else ""), now
            again = called and what in ("", called[0])
            return self._phrase(KNOWN if again else GRAVE[what].phrase if what else "help.coming", {}, language)
        if called and not asked and (phrase := into_alarm(understood.intent, understood.slots, called[0])):
            return self._phrase(phrase, {}, language)
        if asked and asked.then and (understood.intent in asked.ask or not understood.intent):
            told = asked.then(understood.intent, understood.slots)
            self._exchanges.goes_on(told, now.timestamp())
        else:
            told = self._answer(understood, said, language, now)
        words = [self._said(told, language)]
        self._further += understood.further
        while self._further and not (self._asked or self._exchanges.listens(now.timestamp())):
            wish, *more = self._further
            self._further = tuple(more)
            words.append(self._said(self._answer(wish, wish.words, language, now), language))
        return " ".join(filter(None, words))

    def _answer(self, understood: Understood, said: str, language: str, now: datetime) -> Answer | None:
        words, at_s = understood.words or said, now.timestamp()
        told = answer(understood.intent, Known(
            self._site, self._resident, now, language, understood.slots, reminders=tuple(self._reminders.values()),
            words=words, told=self._part, cancelled=self._cancelled, next_music=self._music[1:],
            **self._exchanges.known(at_s)))
        if told:
            self._exchanges.note(Exchange(understood.intent, words, told, at_s, understood.slots))
        else:
            self._exchanges.unanswered(understood.intent, understood.slots)
        return told

    def _said(self, told: Answer | None, language: str) -> str:
        """The words of an answer and of all that follows from it, up to a question."""
        if told is None:
            return ""
        words = self._told(told, language)
        while told.then and not told.ask:
            told = told.then("", {})
            words += " " + self._told(told, language)
        self._asked = told if told.ask else None
        return words

    def _told(self, told: Answer, language: str) -> str:
        """The words of an answer, once its deeds are done."""
        self.deeds += told.deeds
        self._part = told.slots.get("text", self._part)
        self._music = ()
        for deed in told.deeds:
            if isinstance(deed, SetReminder):
                self._reminders[deed.reminder.reminder_id] = deed.reminder
            elif isinstance(deed, EndReminder):
                gone = self._reminders.pop(deed.reminder_id, None)
                self._cancelled += [(gone, deed.asked_s)] if gone and deed.asked_s else []
            elif isinstance(deed, PlayMusic):
                self._music = deed.pieces
        if any(isinstance(deed, Errand) and not isinstance(deed, (PlayMusic, StandStill)) for deed in told.deeds):
            return self._phrase("cannot.move", {}, language)
        return self._phrase(told.phrase, told.slots, language)

    def _phrase(self, phrase: str, slots: dict[str, str], language: str) -> str:
        names = self._resident.name if self._resident else {}
        name = names.get(language) or next(iter(names.values()), "")
        return self._phrases(language).next(phrase, {"name": name, **slots}, "")
