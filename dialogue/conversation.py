"""What the robot says back when it is talked to outside of its tasks. Pure; the terminal's part of the dialogue."""
from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dialogue.intents import Understood
from dialogue.manner import AGAIN, LESS, Manner, told_manner
from dialogue.phrases import load_phrases
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
from robot.answers.grave import GRAVE, grave
from robot.music import Piece
from robot.site import Resident, Site


class Conversation:
    """With one resident of the site, or with nobody it knows. `deeds`: what a robot would have done for the last
    reply; of these only reminders are kept, until the conversation ends."""

    def __init__(self, site: Site, resident: Resident | None) -> None:
        self._site, self._resident = site, resident
        self.manner = Manner()
        self.deeds: tuple[Deed, ...] = ()
        self._reminders: dict[str, Reminder] = {}
        self._last = ""
        self._part = ""  # of a story, that was told last
        self._said = Exchanges()
        self._music: tuple[Piece, ...] = ()  # of which the first is playing
        self._asked: Answer | None = None  # the robot's open question

    @property
    def expected(self) -> Collection[str]:
        """The intents that answer the robot's open question."""
        return self._asked.ask if self._asked else ()

    def reply(self, understood: Understood, said: str, language: str, now: datetime) -> str:
        """The robot's words, "" where it keeps silent: what it does not understand was perhaps not meant for it.
        `said`: the words that were understood."""
        self.deeds = ()
        if understood.intent in AGAIN:
            return self._again(understood, language)
        text = self._words(understood, said, language, now)
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
        if understood.call_for_help:
            what = grave(understood.slots)
            return self._phrase(GRAVE[what].phrase if what else "help.coming", {}, language)
        if asked and asked.then and (understood.intent in asked.ask or not understood.intent):
            told = asked.then(understood.intent, understood.slots)
            self._said.goes_on(told, now.timestamp())
        else:
            told = answer(understood.intent, Known(self._site, self._resident, now, language, understood.slots,
                                                   reminders=tuple(self._reminders.values()), words=said,
                                                   told=self._part,
                                                   next_music=self._music[1:], **self._said.known(now.timestamp())))
            if told is None:
                return ""
            self._said.note(Exchange(understood.intent, said, told, now.timestamp(), understood.slots))
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
                self._reminders.pop(deed.reminder_id, None)
            elif isinstance(deed, PlayMusic):
                self._music = deed.pieces
        if any(isinstance(deed, Errand) and not isinstance(deed, (PlayMusic, StandStill)) for deed in told.deeds):
            return self._phrase("cannot.move", {}, language)
        return self._phrase(told.phrase, told.slots, language)

    def _phrase(self, phrase: str, slots: dict[str, str], language: str) -> str:
        names = self._resident.name if self._resident else {}
        name = names.get(language) or next(iter(names.values()), "")
        return load_phrases(language).next(phrase, {"name": name, **slots}, "")
