"""Whom something heard was meant for, and what it is taken for."""
from __future__ import annotations

from dataclasses import replace

import pytest

from dialogue.addressed import taken
from dialogue.barge_in import Verdict
from tests.dialogue.test_barge_in import heard


def of(words, verdict=Verdict.FREE, music=False, asked=False, answers=False, why="", expected=()):
    return taken(heard(words, 10.0, 11.0, expected=expected), verdict, music, asked, answers, lambda: why)


def test_a_wish_counts_where_something_shows_that_the_robot_is_meant():
    assert of("What time is it?", why="name").meant and not of("What time is it?").meant


def test_attention_is_not_asked_about_an_answer():
    def drawn():
        raise AssertionError("asked")
    words = heard("Yes.", 10.0, 11.0, expected=("yes", "no"))
    assert taken(words, Verdict.FREE, False, True, True, drawn).answers


def test_what_is_said_into_the_robots_speech_is_neither_meant_nor_an_answer():
    aside = of("Switch on the light.", Verdict.ASIDE, asked=True, answers=True, why="name")
    assert (aside.aside, aside.meant, aside.answers, aside.counts) == (True, False, False, False)


def test_louder_counts_into_music_and_into_nothing_else():
    assert of("Louder, please.", Verdict.ASIDE, music=True).meant
    assert not of("Louder, please.", Verdict.ASIDE).meant


@pytest.mark.parametrize("asked", [True, False])
def test_the_gist_of_what_is_said_by_the_way_settles_nothing(asked):
    words = heard("I am fine.", 10.0, 11.0)
    by_gist = replace(words, understood=replace(words.understood, sure=False))
    assert taken(by_gist, Verdict.FREE, False, asked, asked, lambda: "name").counts is asked
