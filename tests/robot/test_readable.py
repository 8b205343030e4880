"""What is written is given to a voice so that it can be said."""
from __future__ import annotations

import pytest

from robot.readable import readable, sentences, stretches


@pytest.mark.parametrize(("text", "language", "said"), [
    ("Take 2.5 mg.", "en", "Take 2.5 milligrams."), ("Take 1 mg", "en", "Take 1 milligram"),
    ("1/2 tablet", "en", "one half tablet"), ("1½ tablets", "en", "1 and one half tablets"),
    ("at 7:30, not at 20:00 or 9:05", "en", "at 7 30, not at 8 in the evening or 9 oh 5"),
    ("24% at 21 °C", "en", "24 percent at 21 degrees"), ("Mrs. Lin and Dr. Wu", "en", "Missis Lin and Doctor Wu"),
    ("2-3 times", "en", "2 to 3 times"), ("1,500 ml", "en", "1500 millilitres"),
    ("5.6 mmol/L", "en", "5.6 millimoles per litre"), ("3/4", "en", "three quarters"),
    ("吃2.5 mg和1/2片", "zh", "吃2.5毫克和半片"), ("晚上20:00，7:30", "zh", "晚上20点，7点30分"),
    ("湿度24%", "zh", "湿度百分之24"), ("1/4片", "zh", "4分之1片"),
    ("2.5 mgと1/2錠", "ja", "2.5ミリグラムと2分の1錠"), ("朝7:30に24%", "ja", "朝7時30分に24パーセント")])
def test_doses_times_and_shares_are_in_words(text, language, said):
    assert readable(text, language) == said


@pytest.mark.parametrize("text", ["warm soup 🍲.", "warm soup 👩🏽‍🍳☀️.", "warm ❤️ soup."])
def test_pictures_are_not_read(text):
    assert readable(text, "en") == "warm soup."


@pytest.mark.parametrize("text", ["", " ", "👍🏽", "。…", "—"])
def test_what_has_no_sound_is_nothing(text):
    assert readable(text, "zh") == ""


def test_a_date_and_a_range_of_years_are_no_times_and_no_doses():
    assert readable("room 12, on 11/26/2026, ISO 7029:2017, a g-string, 5 golden rings", "en") == \
        "room 12, on 11/26/2026, ISO 7029:2017, a g-string, 5 golden rings"


@pytest.mark.parametrize(("text", "language", "parts"), [
    ("陈护士说 good morning，来了。", "zh", ["zh", "en", "zh"]),
    ("Miss Chen says 你好 to you.", "en", ["en", "zh", "en"]),
    ("She says こんにちは to you.", "en", ["en", "ja", "en"]),
    ("陳さんが good morning と言った。", "ja", ["ja", "en", "ja"]),
    ("下午3点。", "zh", ["zh"]), ("今日は雨です。", "ja", ["ja"])])
def test_another_script_is_another_language(text, language, parts):
    found = list(stretches(text, language))
    assert [spoken for _, spoken in found] == parts
    assert "".join(part for part, _ in found) == text


@pytest.mark.parametrize(("text", "parts"), [
    ("Mrs. Lin, I am here. Do you need 2.5 mg? Yes.", ["Mrs. Lin, I am here.", "Do you need 2.5 mg? Yes."]),
    ("林奶奶，我在您身边。您需要帮助吗？", ["林奶奶，我在您身边。", "您需要帮助吗？"]),
    ("好。我在这儿陪着您。", ["好。我在这儿陪着您。"]),
    ("您说的是“是”，对吗？", ["您说的是“是”，对吗？"]),
    ("林さん、アンです。おそばにいます。", ["林さん、アンです。", "おそばにいます。"]),
    ("No end", ["No end"]), ("", [])])
def test_a_text_is_said_by_its_sentences(text, parts):
    assert sentences(text) == parts
