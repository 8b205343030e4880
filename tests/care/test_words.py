"""Every language says everything."""
from __future__ import annotations

import re

import pytest

from care.words import LANGUAGES, preferred_language, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_keys_and_the_fields_of_the_english_text(language):
    def fields(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    english, other = words("en"), words(language)
    keys = set(english._texts)
    assert keys == set(other._texts)
    assert all(fields(english(key)) == fields(other(key)) and other(key).strip() for key in keys)


def test_the_browser_is_answered_in_the_first_language_that_we_speak():
    assert preferred_language("ko-KR,zh-TW;q=0.8,en;q=0.5") == "zh"
    assert preferred_language("") == "en"
