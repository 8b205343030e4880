"""What the robot says back outside of its tasks: the truth, again when asked, and nothing to what it does not know."""
from __future__ import annotations

from datetime import datetime

import pytest
import typer
from typer.testing import CliRunner

from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from dialogue.manner import SLOWEST, Manner
from dialogue.talk_cli import app
from robot.resources import resource
from robot.site import load_site

command = typer.Typer()
command.command()(app)
MONDAY_NOON = datetime(2026, 11, 23, 12, 5)


@pytest.fixture
def say():
    site = load_site(resource("config/home.yaml"))
    talk = Conversation(site, site.residents[0])

    def said(text: str, language: str = "en") -> str:
        return talk.reply(load_sentences(language).understand(text), language, MONDAY_NOON)
    said.manner = talk.manner
    return said


@pytest.mark.parametrize("text,language,told", [
    ("What time is it?", "en", "12:05 in the afternoon"), ("今天星期几？", "zh", "星期一"),
    ("今日は何日ですか", "ja", "11月23日"),
    ("今天有什么安排", "zh", "晚上8点"), ("What is this medicine for?", "en", "blood pressure")])
def test_it_answers_what_it_knows(say, text, language, told):
    assert told in say(text, language)


def test_it_says_the_same_again_louder_and_slower(say):
    first = say("What time is it?")
    assert say("Louder, please.") == say("Please speak more slowly.") == first
    assert say.manner.volume > 1.0 > say.manner.rate


def test_slower_has_an_end():
    manner = Manner()
    for _ in range(9):
        manner.asked("slower")
    assert manner.rate == SLOWEST


def test_it_is_silent_to_talk_that_is_not_for_it(say):
    assert say("I like cats.") == ""


def test_a_terminal_shows_what_was_understood_and_the_answer():
    result = CliRunner().invoke(command, ["--text"], input="救命！\n今何時ですか\n")
    assert "a call for help" in result.output and "在叫人帮您" in result.output and "今、" in result.output
    assert result.exit_code == 0
