"""Whether the recogniser can be relied on, and when that is told."""
from __future__ import annotations

import pytest

from dialogue.hearing import LATE_S
from dialogue.recognizer_health import HEARS, LATE_TOLD_S, RELOAD_S, RecognizerHealth


@pytest.fixture
def recognizer() -> RecognizerHealth:
    recognizer = RecognizerHealth()
    recognizer.loaded("whisper", ("en", "ja"))
    return recognizer


def test_while_it_loads_what_is_said_waits_and_is_not_lost():
    recognizer = RecognizerHealth()
    assert recognizer.health(1000.0).level == "warn" and not recognizer.deaf


def test_what_is_loaded_tells_what_it_hears(recognizer):
    assert recognizer.health(1000.0) == ("ok", "whisper hears en, ja")


@pytest.mark.parametrize(("error", "why"), [(OSError("no model"), "no model"), (MemoryError(), "MemoryError()")])
def test_what_cannot_be_loaded_is_deaf_and_says_why_until_it_is_loaded_later(error, why):
    recognizer = RecognizerHealth()
    assert recognizer.not_loaded(error) == RELOAD_S
    assert recognizer.health(1000.0) == ("error", why) and recognizer.deaf == why
    recognizer.loaded("whisper", ("en",))
    assert recognizer.health(1000.0).level == "ok" and not recognizer.deaf


def test_words_understood_late_are_told_for_a_while(recognizer):
    recognizer.understood(LATE_S + 7.0, now_s=100.0)
    late = "warn", "understood the last words 12 s late"
    assert recognizer.health(100.0) == recognizer.health(100.0 + LATE_TOLD_S) == late
    assert recognizer.health(100.1 + LATE_TOLD_S) == HEARS


def test_that_it_was_late_is_taken_back_by_words_understood_in_time(recognizer):
    recognizer.understood(LATE_S + 7.0, now_s=100.0)
    recognizer.understood(LATE_S, now_s=101.0)
    assert recognizer.health(101.0) == HEARS


def test_late_words_after_late_ones_are_told_as_long_again(recognizer):
    recognizer.understood(LATE_S + 7.0, now_s=100.0)
    recognizer.understood(LATE_S + 1.0, now_s=120.0)
    assert recognizer.health(100.1 + LATE_TOLD_S).level == "warn"


def test_what_is_over_is_not_told_again_where_the_clock_is_set_back(recognizer):
    recognizer.understood(LATE_S + 7.0, now_s=100.0)
    assert recognizer.health(101.0 + LATE_TOLD_S) == HEARS
    assert recognizer.health(100.0) == HEARS


def test_a_failure_is_told_until_something_is_understood_also_after_late_words(recognizer):
    recognizer.understood(LATE_S + 7.0, now_s=100.0)
    recognizer.failed(RuntimeError("broken"))
    assert recognizer.health(101.0 + LATE_TOLD_S) == ("error", "recognition failed: broken")
    recognizer.understood(1.0, now_s=200.0)
    assert recognizer.health(200.0) == HEARS
