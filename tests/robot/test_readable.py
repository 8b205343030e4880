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
    ("Take 47,5 mg or 0,125 mg, not 1,000 mg", "en", "Take 47.5 milligrams or 0.125 milligrams, not 1000 milligrams"),
    ("吃47,5 mg", "zh", "吃47.5毫克"), ("rooms 1,2,3", "en", "rooms 1,2,3"), ("2-3,5 ml", "en", "2 to 3.5 millilitres"),
    ("5 mg/ml", "en", "5 milligrams per millilitre"), ("5 mg/ml", "zh", "5毫克每毫升"),
    ("5mg/mL", "ja", "5ミリグラム毎ミリリットル"), ("5 mg/ml", "ko", "5밀리그램 퍼 밀리리터"),
    ("95 mg/dL, 1 l", "en", "95 milligrams per decilitre, 1 litre"), ("2 mg/kg", "zh", "2毫克每公斤"),
    ("BP 90/60 mmHg", "en", "BP 90 over 60 millimetres of mercury"), ("120/80.", "en", "120 over 80."),
    ("血压 90/60 mmHg", "zh", "血压 90比60毫米汞柱"), ("血压120/80。", "zh", "血压120比80。"),
    ("血圧 90/60", "ja", "血圧上が90、下が60"), ("혈압 90/60", "ko", "혈압 90에 60"),
    ("on 24/12", "en", "on 24 over 12"), ("100/25 mg", "zh", "100/25毫克"),
    ("since 2024-05-01", "en", "since May 1, 2024"), ("2024-05-01起", "zh", "2024年5月1日起"),
    ("2024/5/1から", "ja", "2024年5月1日から"), ("2024-05-01부터", "ko", "2024년 5월 1일부터"),
    ("call 0170-123456", "en", "call 0 1 7 0, 1 2 3 4 5 6"), ("请拨400-800-1234", "zh", "请拨4 0 0, 8 0 0, 1 2 3 4"),
    ("8:00,20:00", "zh", "8点,20点"), ("1/2,3/4", "zh", "半,4分之3"),
    ("2024-05-01,2024-05-02", "ja", "2024年5月1日,2024年5月2日"),
    ("1990-2024, 800-1200 mg", "en", "1990 to 2024, 800 to 1200 milligrams"), ("1-0-1", "en", "1, 0, 1"),
    ("0.5-1 mg, 5000-10000 steps", "en", "0.5 to 1 milligram, 5000 to 10000 steps"),
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
