"""The robot's name, called before or after a wish, or alone."""
from __future__ import annotations

import pytest

from dialogue.called import Names
from dialogue.intents import load_sentences
from robot.resources import resource
from robot.site import load_site

HOME = load_site(resource("config/home.yaml"))
NAMES = Names.of(HOME)


@pytest.mark.parametrize(("language", "text", "rest"), [
    ("en", "Ann, what time is it?", "what time is it?"),
    ("en", "Hello Ann, could you come here?", "could you come here?"),
    ("en", "What time is it, Ann?", "What time is it"),
    ("en", "Hey Ann!", ""),
    ("zh", "小安，几点了？", "几点了？"),
    ("zh", "晓安几点了", "几点了"),          # as it sounds
    ("zh", "喂，小安啊，几点了", "几点了"),
    ("zh", "几点了，小安？", "几点了"),
    ("ja", "アン、今何時ですか", "今何時ですか"),
    ("ja", "ねえアンさん、電気をつけて", "電気をつけて"),
    ("ja", "今何時、アン？", "今何時"),
])
def test_a_name_is_found_where_one_calls_somebody(language, text, rest):
    assert NAMES.called(text, language, load_sentences(language).fillers) == (True, rest)


@pytest.mark.parametrize(("language", "text"), [
    ("en", "Annie is coming to tea"), ("en", "I met Ann at the market"), ("en", "Ann's house is for sale"),
    ("zh", "几点了"), ("zh", "我昨天见到小安了"), ("ja", "あんまり食べたくない"), ("ja", "アンパンが食べたい"),
    ("ja", "あんな人は知らない"), ("ko", "몇 시예요")])
def test_a_name_inside_a_sentence_or_a_word_is_no_call(language, text):
    assert not NAMES.called(text, language, load_sentences(language).fillers).named


def test_a_site_may_give_it_other_names():
    also = HOME.attention.model_copy(update={"names": {"en": ["Rosie"], "ko": ["안"]}})
    names = Names.of(HOME.model_copy(update={"attention": also}))
    assert names.called("Rosie, what time is it?", "en").named and names.called("Ann, come", "en").named
    assert names.called("안, 몇 시예요?", "ko").named


def test_the_name_may_stand_in_place_of_the_first_and_of_the_last_words():
    assert list(NAMES.instead("And come here, man.", "en")) == [
        ("Ann, come here man", "come here man"), ("And come here, Ann", "And come here"),
        ("Ann, here man", "here man"), ("And come, Ann", "And come")]
    assert ("小安几点了", "几点了") in list(NAMES.instead("小王几点了。", "zh"))


def test_a_time_beside_the_name_stays_one():
    assert ("Ann, wake me at 4:30", "wake me at 4:30") in list(NAMES.instead("And, wake me at 4:30.", "en"))
    assert ("小安4:30叫我", "4:30叫我") in list(NAMES.instead("小王，4:30叫我。", "zh"))
