"""Wake words by their sound, with the package's own models."""
from __future__ import annotations

import sys

import numpy as np
import pytest

from dialogue.wake_word import WakeWordError, WakeWords
from tests.dialogue import sounds

CHUNK = 1600


def heard(words: WakeWords, text: str) -> set[str]:
    sound = np.pad(sounds.spoken(text, "en", 130, 45, "en-us"), 16_000)
    samples = np.round(sound * 32767).astype(np.int16)
    return {found for at in range(0, len(samples), CHUNK) if (found := words.accept(samples[at:at + CHUNK]))}


@pytest.mark.parametrize(("text", "wake_word"), [
    ("Okay Nabu, what time is it?", {"Okay Nabu"}), ("Alexa, what time is it?", {"Alexa"}),
    ("What time is it?", set())])
def test_each_wake_word_is_heard_and_other_speech_is_not(text, wake_word):
    pytest.importorskip("pymicro_wakeword")
    assert heard(WakeWords(["okay_nabu", "alexa"]), text) == wake_word


def test_a_model_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("pymicro_wakeword")
    with pytest.raises(WakeWordError, match="cannot be loaded.*mine.json"):
        WakeWords([str(tmp_path / "mine.json")])


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(WakeWordError, match="anban\\[wake\\]"):
        WakeWords(["okay_nabu"])
