"""A talk with the robot of the demonstration's flat, on a Monday at noon."""
from __future__ import annotations

from datetime import datetime

import pytest

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from robot.resources import resource
from robot.site import load_site

MONDAY_NOON = datetime(2026, 11, 23, 12, 5)


@pytest.fixture
def say():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])

    def said(text: str, language: str = "en") -> str:
        return talk.reply(load_sentences(language).understand(text, talk.expected), text, language, MONDAY_NOON)
    said.manner, said.talk, said.site = talk.manner, talk, site
    return said
