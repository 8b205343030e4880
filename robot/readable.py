"""Text as it is read aloud: doses, times, fractions and shares in words, no pictures; stretches of another language.

What synthesisers get wrong by themselves or read as signs: "2,5 mg/ml", "1/2 tablet", "90/60", "7:30", "2024-05-01",
"24%", emoji. Whole numbers they read. Pure.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from robot.spoken import BLOOD_PRESSURE, MONTHS

# Unit -> one, many (English), Chinese, Japanese, Korean.
_UNITS = {
    "mg": ("milligram", "milligrams", "毫克", "ミリグラム", "밀리그램"),
    "µg": ("microgram", "micrograms", "微克", "マイクログラム", "마이크로그램"),
    "mcg": ("microgram", "micrograms", "微克", "マイクログラム", "마이크로그램"),
    "kg": ("kilogram", "kilograms", "公斤", "キログラム", "킬로그램"),
    "g": ("gram", "grams", "克", "グラム", "그램"),
    "ml": ("millilitre", "millilitres", "毫升", "ミリリットル", "밀리리터"),
    "l": ("litre", "litres", "升", "リットル", "리터"),
    "dl": ("decilitre", "decilitres", "分升", "デシリットル", "데시리터"),
    "mmol": ("millimole", "millimoles", "毫摩尔", "ミリモル", "밀리몰"),
    "cm": ("centimetre", "centimetres", "厘米", "センチ", "센티미터"),
    "mmhg": ("millimetres of mercury", "millimetres of mercury", "毫米汞柱", "ミリメートル水銀柱", "수은주 밀리미터"),
    "iu": ("unit", "units", "单位", "単位", "단위"),
    "°c": ("degree", "degrees", "度", "度", "도"),
    "°": ("degree", "degrees", "度", "度", "도"),
    "h": ("hour", "hours", "小时", "時間", "시간"),
    "min": ("minute", "minutes", "分钟", "分", "분"),
}
_COLUMN = {"zh": 2, "ja": 3, "ko": 4}
_UNIT_NAMES = "|".join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))
_UNIT = re.compile(rf"(?<![A-Za-z\d.])(\d+(?:\.\d+)?)\s?({_UNIT_NAMES})(?:\s?/\s?({_UNIT_NAMES}))?(?![a-z0-9/])",
                   re.IGNORECASE)
_PER = {"en": " per ", "zh": "每", "ja": "毎", "ko": " 퍼 "}
_COMMAS = re.compile(r"(?<![\d.,:：/])\d+(?:,\d+)+(?![\d:：/])")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_DATE = re.compile(r"(?<![\d/.-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|\.\d)")
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3])[:：]([0-5]\d)(?![\d:])")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s?[%％]")
_FRACTION = re.compile(rf"(?<![\d/.])(\d{{1,3}})/(\d{{1,3}})(?![\d/]|\.\d)(?=(?:\s?({_UNIT_NAMES})(?![a-z0-9]))?)",
                       re.IGNORECASE)
_PRESSURE = BLOOD_PRESSURE | {"zh": "{}比{}"}  # where it is written so, the words around it say of what
_FRACTION_SIGNS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
_MIXED = re.compile(rf"(\d)\s?([{''.join(_FRACTION_SIGNS)}])")
_RANGE = re.compile(r"(?<=\d)\s?[–—~～-]\s?(?=\d)")
_IN_DIGITS = re.compile(r"(?<![A-Za-z\d.-])(?:0\d+-\d+|\d+-0\d+|\d+-\d+-\d+)(?:-\d+)*(?![A-Za-z\d-])")  # a telephone
_TO = {"en": " to ", "zh": "到", "ja": "から", "ko": "에서 "}
_AND = {"en": " and ", "zh": "又", "ja": "と", "ko": "과 "}
_TITLES = {"Mrs.": "Missis", "Mr.": "Mister", "Ms.": "Miz", "Dr.": "Doctor", "e.g.": "for example", "approx.": "about"}
_TITLE = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, _TITLES)) + r")(?=\s)")
_PARTS_EN = {2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters"), 5: ("fifth", "fifths"),
             6: ("sixth", "sixths"), 8: ("eighth", "eighths")}
_COUNTS_EN = ("", "one", "two", "three", "four", "five", "six", "seven")
_JOINERS = "‍️︎"
_SKIN = range(0x1F3FB, 0x1F400)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’.-]?[A-Za-zÀ-ɏ]+)*(?:\s+[A-Za-zÀ-ɏ]+(?:['’.-]?[A-Za-zÀ-ɏ]+)*)*")
_HAN = re.compile(r"[㐀-鿿，。！？、；：]*[㐀-鿿][㐀-鿿，。！？、；：]*")
_KANA = re.compile(r"[぀-ヿ]")
_HANGUL = re.compile(r"[가-힣]+(?:\s+[가-힣]+)*")
_END = re.compile(r"(?<=[。！？!?])[”』」\"’)]?\s*|(?<=[a-z0-9\"”)가-힣][.…])\s+")
LOWEST_SYSTOLIC, LOWEST_DIASTOLIC = 50, 20  # mmHg; above the days and months of a date
SHORTEST = 6  # characters; what is shorter is said in one breath with its neighbour, alone it sounds cut off


def readable(text: str, language: str) -> str:
    """`text` as a voice of `language` ("en", "zh", "ja", "ko") should be given it; "" where nothing can be said."""
    text = _MIXED.sub(lambda m: f"{m[1]}{_AND.get(language, ' ')}{m[2]}", text)
    for sign, written in _FRACTION_SIGNS.items():
        text = text.replace(sign, written)
    text = unicodedata.normalize("NFC" if language in ("zh", "ja") else "NFKC", text).replace("μ", "µ")
    text = _DATE.sub(lambda m: _date(m, language), text)
    text = _COMMAS.sub(lambda m: _number(m[0]), text)
    text = _CLOCK.sub(lambda m: _clock(int(m[1]), int(m[2]), language), text)
    text = _FRACTION.sub(lambda m: _over(m, language), text)
    text = _SHARE.sub(lambda m: _share(m[1], language), text)
    text = _IN_DIGITS.sub(lambda m: ", ".join(map(" ".join, m[0].split("-"))), text)
    text = _RANGE.sub(_TO.get(language, " "), text)
    text = _UNIT.sub(lambda m: _measure(m[1], m[2].lower(), (m[3] or "").lower(), language), text)
    if language == "en":
        text = _TITLE.sub(lambda m: _TITLES[m[0]], text)
    text = "".join(" " if _is_picture(character) else character for character in text)
    text = " ".join(text.replace("&", _AND.get(language, " ")).split())
    text = re.sub(r"\s+(?=[,.!?;:，。！？、；：])|(?<=[぀-鿿])\s+(?=[぀-鿿])", "", text)
    return text if any(character.isalnum() for character in text) else ""


def stretches(text: str, language: str) -> Iterator[tuple[str, str]]:
    """(text, language) one after the other: what is written in another script is spoken in that script's language."""
    others = {"en": ((_HAN, "zh"), (_HANGUL, "ko")), "zh": ((_LATIN, "en"), (_HANGUL, "ko")),
              "ja": ((_LATIN, "en"), (_HANGUL, "ko")), "ko": ((_HAN, "zh"),)}.get(language, ())
    if language == "en" and _KANA.search(text):
        others = ((re.compile(r"[぀-鿿、。]+"), "ja"), (_HANGUL, "ko"))
    found = sorted((match.start(), match.end(), other) for pattern, other in others for match in pattern.finditer(text))
    at = 0
    for begin, end, other in found:
        if text[at:begin].strip():
            yield text[at:begin], language
        yield text[begin:end], other
        at = end
    if text[at:].strip():
        yield text[at:], language


def sentences(text: str) -> list[str]:
    """`text` cut after its sentences, none so short that it would sound cut off. Joined, they say the same."""
    guarded = _TITLE.sub(lambda m: m[0].replace(".", "\0"), text)
    told: list[str] = []
    for part in (part.replace("\0", ".").strip() for part in _END.split(guarded)):
        if not part:
            continue
        if told and (len(told[-1]) < SHORTEST or len(part) < SHORTEST):
            told[-1] += ("" if _HAN.search(part) or _KANA.search(part) else " ") + part
        else:
            told.append(part)
    return told


def _number(text: str) -> str:
    """1,000 is a thousand; 47,5 and 0,125 are written with a decimal comma; 1,2,3 are several numbers."""
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    return text.replace(",", ".") if text.count(",") == 1 else text


def _date(written: re.Match, language: str) -> str:
    try:
        day = date(int(written[1]), int(written[3]), int(written[4]))
    except ValueError:
        return written[0]
    if language == "en":
        return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
    form = {"ko": "{0.year}년 {0.month}월 {0.day}일"}.get(language, "{0.year}年{0.month}月{0.day}日")
    return form.format(day)


def _clock(hour: int, minute: int, language: str) -> str:
    if language == "en":
        # From 1 to 12 the words around it say which half of the day it is, or do not.
        part = " in the afternoon" if 12 < hour < 18 else " in the evening" if hour >= 18 else ""
        minutes = f" {minute}" if minute >= 10 else f" oh {minute}" if minute else "" if part else " o'clock"
        return f"{(hour - 1) % 12 + 1}{minutes}{part}"
    hours, minutes = {"zh": ("点", "分"), "ja": ("時", "分"), "ko": ("시 ", "분")}.get(language, (":", ""))
    return f"{hour}{hours}" + (f"{minute}{minutes}" if minute else "")


def _over(written: re.Match, language: str) -> str:
    """A blood pressure, or a fraction; what else has three digits stays, such as the strengths of a medicine."""
    over, under, unit = int(written[1]), int(written[2]), (written[3] or "").lower()
    if over > under and (unit == "mmhg" or (not unit and over >= LOWEST_SYSTOLIC and under >= LOWEST_DIASTOLIC)):
        return _PRESSURE[language].format(over, under)
    return written[0] if max(over, under) > 99 else _fraction(over, under, language)


def _fraction(over: int, under: int, language: str) -> str:
    if not under:
        return f"{over}/{under}"
    if language == "zh":
        return "半" if (over, under) == (1, 2) else f"{under}分之{over}"
    if language == "ja":
        return f"{under}分の{over}"
    if language == "ko":
        return f"{under}분의 {over}"
    if under in _PARTS_EN and over < len(_COUNTS_EN) and over < under:
        return f"{_COUNTS_EN[over]} {_PARTS_EN[under][over > 1]}"
    return f"{over} over {under}"


def _share(number: str, language: str) -> str:
    return {"zh": f"百分之{number}", "ja": f"{number}パーセント", "ko": f"{number}퍼센트"}.get(
        language, f"{number} percent")


def _measure(number: str, unit: str, per: str, language: str) -> str:
    names, column = _UNITS[unit], _COLUMN.get(language, 0)
    told = f"{number}{names[column]}" if column else f"{number} {names[0] if number == '1' else names[1]}"
    return f"{told}{_PER[language]}{_UNITS[per][column]}" if per else told


def _is_picture(character: str) -> bool:
    return character in _JOINERS or ord(character) in _SKIN or ord(character) == 0x20E3 or \
        unicodedata.category(character) in ("So", "Cn", "Co", "Cs")
