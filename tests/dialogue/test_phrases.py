"""The robot has words in every language for everything it must say."""
from __future__ import annotations

import pytest

from dialogue.phrases import PhraseError, load_phrases
from robot.espeak import voicing
from robot.site import LANGUAGES
from robot.tales import tales

SLOTS = {"name": "林奶奶", "medicine": "A", "dose": "B", "purpose": "C", "time": "D", "date": "E", "plan": "F",
         "medicines": "G", "when": "H", "what": "I", "reminders": "J", "more": "2",
         "readings": "K", "reading": "L", "room": "M", "site": "N", "way": "O", "service": "P", "person": "Q",
         "text": "R", "robot": "S", "title": "T", "year": "U",
         "words": "V", "days": "W"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_phrases_in_at_least_two_wordings(language):
    phrases = load_phrases(language)
    assert phrases.keys == load_phrases("en").keys
    for key in phrases.keys:
        assert phrases.wording(key, SLOTS, 0) != phrases.wording(key, SLOTS, 1)
        assert voicing(phrases.wording(key, SLOTS), language).text


def test_a_repeated_phrase_is_said_in_other_words_to_the_same_person():
    phrases = load_phrases("en")
    said = [phrases.next("fall.ask", SLOTS, "lin") for _ in range(3)]
    assert len(set(said)) == 3
    assert phrases.next("fall.ask", SLOTS, "wang") == said[0]


def test_a_missing_slot_is_named():
    with pytest.raises(PhraseError, match="dose"):
        load_phrases("en").next("medication.due", {"name": "x", "medicine": "y", "purpose": "z"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_stories_and_exercises(language):
    told = tales(language)
    for parts in (*told.stories, *told.exercises):
        assert len(parts) > 1 and all(voicing(part, language).text for part in parts)


def test_a_language_without_phrases_is_told_as_that():
    with pytest.raises(PhraseError, match="phrases/xx.yaml"):
        load_phrases("xx")
