"""What the robot says back when it is talked to outside of its tasks. Pure; the terminal's part of the dialogue."""
from __future__ import annotations

from datetime import datetime

from dialogue.intents import Understood
from dialogue.manner import AGAIN, Manner
from dialogue.phrases import load_phrases
from robot.answers import answer
from robot.site import Resident, Site


class Conversation:
    """With one resident of the site, or with nobody it knows."""

    def __init__(self, site: Site, resident: Resident | None) -> None:
        self._site, self._resident = site, resident
        self.manner = Manner()
        self._last = ""

    def reply(self, understood: Understood, language: str, now: datetime) -> str:
        """The robot's words, "" where it keeps silent: what it does not understand was perhaps not meant for it."""
        text = self._words(understood, language, now)
        self._last = text or self._last
        return text

    def _words(self, understood: Understood, language: str, now: datetime) -> str:
        if understood.intent in AGAIN:
            self.manner.asked(understood.intent)
            return self._last
        told = answer(understood.intent, self._site, self._resident, now, language)
        if understood.call_for_help:
            told = "help.coming", {}
        if told is None:
            return ""
        phrase, slots = told
        names = self._resident.name if self._resident else {}
        name = names.get(language) or next(iter(names.values()), "")
        return load_phrases(language).next(phrase, {"name": name, **slots}, "")
