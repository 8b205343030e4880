"""What espeak-ng must be given so that it speaks a language at all: the voice, and the text in a script it can read.

espeak-ng reads Chinese characters as English letters and knows no kanji; it speaks both well enough from pinyin with
tone numbers and from kana. Shared by the robot's voice and by whoever else lets espeak-ng speak.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

VOICES = {"en": "en-us", "zh": "cmn-latn-pinyin", "ja": "ja", "ko": "ko"}

_DIGITS_ZH = "零一二三四五六七八九"
STOPS = str.maketrans({
    "。": ". ", "，": ", ", "、": ", ", "！": "! ", "？": "? ", "；": "; ", "：": ": ", "…": ". ",
    "（": ", ", "）": ", ", "「": " ", "」": " ", "“": " ", "”": " ", "·": " ", "《": " ", "》": " "})


class Voicing(NamedTuple):
    """An espeak-ng voice name and text in that voice's script. `text` is blank where there is nothing to speak."""
    voice: str
    text: str


def voicing(text: str, language: str) -> Voicing:
    """The voice and the readable text for `text` in `language` ("en", "zh", "ja" or "ko").

    Raises ValueError for another language.
    """
    if language not in VOICES:
        raise ValueError(f"no espeak-ng voice is known for {language!r}; known: {', '.join(VOICES)}")
    text = unicodedata.normalize("NFKC" if language == "ko" else "NFC", text)
    if language == "zh":
        text = " ".join(pinyin(chinese_numerals(text)))
    elif language == "ja":
        text = kana(text)
    text = " ".join(text.translate(STOPS).split())
    text = re.sub(r"\s+([,.!?;:])", r"\1", text)
    return Voicing(VOICES[language], text if any(c.isalnum() for c in text) else "")


def pinyin(text: str) -> list[str]:
    """Syllables with tone numbers ("jiu4", neutral tone 5), other text as it stands between them."""
    from pypinyin import Style, lazy_pinyin
    return lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)


def kana(text: str) -> str:
    """Japanese text in hiragana as it is spoken, words apart by spaces; the particles は, へ, を as わ, え, お."""
    spoken = {"は": "わ", "へ": "え", "を": "お"}
    return " ".join(spoken.get(word, word) if number else word for number, word in enumerate(kana_words(text)))


def kana_words(text: str) -> list[str]:
    """Japanese text in hiragana as it is written, word by word."""
    return [sound for _, sound in kana_readings(text)]


def kana_readings(text: str) -> list[tuple[str, str]]:
    """Japanese text word by word: as it is written there, and in hiragana."""
    return [(word["orig"], word["hira"]) for word in _kakasi().convert(text)]


def chinese_numerals(text: str) -> str:
    """Digits as Chinese numerals: whole numbers to 9999 as read (130 -> 一百三十), others digit by digit."""
    text = re.sub(r"(\d)\.(\d+)", lambda m: f"{m[1]}点{''.join(_DIGITS_ZH[int(c)] for c in m[2])}", text)
    return re.sub(r"\d+", lambda m: _chinese_number(m[0]), text)


def _chinese_number(digits: str) -> str:
    if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0"):
        return "".join(_DIGITS_ZH[int(c)] for c in digits)
    if int(digits) == 0:
        return _DIGITS_ZH[0]
    read, gap = "", False
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit == 0:
            gap = True
            continue
        read += ("零" if gap and read else "") + _DIGITS_ZH[digit] + ("", "十", "百", "千")[place]
        gap = False
    return read[1:] if read.startswith("一十") else read


@lru_cache(maxsize=1)
def _kakasi():
    import pykakasi
    return pykakasi.kakasi()
