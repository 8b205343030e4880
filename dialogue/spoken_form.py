"""Text as it sounds, in tokens: what sentences and transcripts are compared by.

English by words with contractions written out, Chinese by pinyin without tones, Japanese by kana, Korean by syllables:
a recogniser's choice of characters among homophones then makes no difference.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from robot.espeak import chinese_numerals

# A mark inside a number divides nothing: 3:30, 3.30.
_CLAUSE = re.compile(r"(?:[.,:：](?!\d)|(?<!\d)[.,:：]|[!?;…。，、！？；])+|\s-\s|--")
_HALF_DAY = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)  # p.m., PM
_DECIMAL = r"[0-9]+[.,][0-9]+(?= ?(?:mg|mcg|ml|milli|micro|ミリ|マイクロ|錠))"  # 47.5 mg is no time, and not 475
_CLOCK = re.compile(r"(\d{1,2})[:：.](\d{2})(?!\d)")
# What is said of somebody in need, or of what fell: before it "Harold's" and "the tablet's" own nothing.
_OF_SOMEBODY = (r"(?:on the|in (?:the|a|trouble|pain|agony|need)|under|down|still|lying|not|fallen|"
                r"hit|hurt|bleeding|choking|dying|gone|stuck|unconscious|having|had a|got|"
                r"calling|shouting|screaming|struggling|broken|taken|unwell|poorly|badly|all right|fine|[a-z]{3,}ed)")
_ENGLISH = ((r"[’`]", "'"),
            (r"\bain't (?=(?:had|taken|took|been|got|done|seen|eaten|drunk|swallowed|fallen)\b)", "have not "),
            (r"\bain't\b", "am not"), (r"\bshan'?t\b", "shall not"), (r"\bwon'?t\b", "will not"),
            (r"\bcan(?:'t|t|not|\s+not)\b", "cannot"),
            (r"\b(do|does|did|is|are|was|were|have|has|had|could|would|should|must)n'?t\b", r"\1 not"),
            (r"\blet's\b", "let us"), (r"\bi'?m\b", "I am"), (r"'re\b", " are"), (r"\bi'?ve\b", "I have"),
            (r"'ve\b", " have"), (r"'ll\b", " will"), (r"'d\b", " would"),
            (r"\b(it|that|what|where|there|everything|something|nothing|who|he|she)'?s\b", r"\1 is"),
            (rf"\b([a-z]+)'s (?={_OF_SOMEBODY}\b)", r"\1 is "),
            (r"\b(?:on )?((?:mon|tues|wednes|thurs|fri|satur|sun)day)s\b", r"every \1"),
            (r"\b(somebody|someone|(?:grand)?(?:daughter|son)|husband|wife|sister|brother|mum|dad)'s "
             r"(?=(?:had|got|been|just|stolen|taken|pinched|"
             r"hidden|died|passed|gone|having|expecting|getting)\b)", r"\1 has "),
            (r"\bok\b", "okay"), (r"\bneed to be helped\b", "need help"))
# Distinctions that southern accents and recognisers do not keep: -ing/-in, -eng/-en. (Not zh/z, ch/c, sh/s: then
# "every time" would be "not eaten".)
_PINYIN = ((r"(in|en)g$", r"\1"),)
_PARTICLES = str.maketrans("啦喽咯", "了了了")
# Drawn out, the "yes" of うん is thinking.
_HESITATION = re.compile(r"う[ー〜~]+ん")
# What is counted in Japanese is read otherwise beside a number: 時 as ji and not as toki.
_COUNTED = re.compile(r"(\d+|[一二三四五六七八九十]+|半)(時間|時|分|日)(半)?(後|前)?")
_COUNTED_KANA = {"時間": "じかん", "時": "じ", "分": "ふん", "日": "にち", "半": "はん", "後": "ご", "前": "まえ"}
_WEEKDAY = re.compile(r"(?=[月火水木金土日]曜)")  # else 毎週火曜 is one word, and leaves 日 over
# Kana that sound alike, and lengths that slow speech blurs.
_KANA = str.maketrans({"を": "お", "ぢ": "じ", "づ": "ず", "ー": None, "っ": None, "〜": None})


def written_language(text: str) -> str:
    """The language that a text is written in, by its script."""
    if any("぀" <= character <= "ヿ" for character in text):
        return "ja"
    if any("가" <= character <= "힣" for character in text):
        return "ko"
    return "zh" if any("一" <= character <= "鿿" for character in text) else "en"


def clauses(text: str) -> list[str]:
    """The stretches between punctuation marks, none blank."""
    return [part.strip() for part in _CLAUSE.split(_HALF_DAY.sub(r"\1m", text)) if part.strip()]


class Token(str):
    """What is compared. `word` is the written word of which it is the `at`-th of `count` tokens."""
    word: str
    at: int
    count: int

    @classmethod
    def of(cls, word: str, sounds: Sequence[str]) -> list[Token]:
        """The tokens of a word that sounds like this."""
        tokens = [cls(sound) for sound in sounds]
        for at, token in enumerate(tokens):
            token.word, token.at, token.count = word, at, len(sounds)
        return tokens

    @property
    def sign(self) -> str:
        """The written sign of this token alone; "" inside of a word whose signs have several sounds."""
        return self.word[self.at] if len(self.word) == self.count else ""


def begins_word(said: Sequence[Token], at: int) -> bool:
    """Whether a written word begins there, or all is over."""
    return at == len(said) or said[at].at == 0


def written(said: Sequence[Token], language: str) -> str:
    """A stretch of tokens as it may be read out; where it cuts a word in two, its signs, or how that part sounds."""
    words: list[list[Token]] = []
    for token in said:
        if token.at == 0 or not words:
            words.append([])
        words[-1].append(token)
    return (" " if language == "en" else "").join(map(_signs, words))


def _signs(part: Sequence[Token]) -> str:
    first = part[0]
    if len(part) == first.count:
        return first.word
    return "".join(token.sign or token for token in part)


def tokens(text: str, language: str) -> tuple[Token, ...]:
    """The tokens of one clause. Raises ValueError for an unknown language."""
    words = _words(unicodedata.normalize("NFKC", text), language)
    return tuple(token for word, sounds in words for token in Token.of(word, sounds))


def _words(text: str, language: str) -> list[tuple[str, Sequence[str]]]:
    """Written words and how they sound; English ones as they were said, names with their capitals."""
    if language == "en":
        for pattern, plain in _ENGLISH:
            text = re.sub(pattern, plain, text, flags=re.IGNORECASE)
        words = re.findall(rf"{_DECIMAL}|[a-z]+(?:'[a-z]+)*|[0-9]+", text, re.IGNORECASE)
        return [(word, (word.replace("'", "").lower(),)) for word in words]
    text = text.lower()
    if language == "zh":
        text = text.translate(_PARTICLES)
        text = re.sub(r"两(?=[点个小时天分])", "二", _CLOCK.sub(r"\1点\2分", text).replace("点00分", "点"))
        text = re.sub(r"[^\w]", " ", chinese_numerals(text))
        parts = re.findall(r"[a-z0-9]+|[^\sa-z0-9_]", text)
        return [(part, (part if part.isascii() else _syllable(part),)) for part in parts]
    if language == "ja":
        text = _HESITATION.sub("", text)
        text = re.sub(_DECIMAL, lambda number: number[0].replace(".", "点"), text)
        text = _COUNTED.sub(_counted, _CLOCK.sub(r"\1時\2分", text).replace("時00分", "時"))
        words = ((word, tuple(c for c in sound.translate(_KANA) if c.isalnum()))
                 for part in _WEEKDAY.split(re.sub(r"[\W_]+", "", text)) if part for word, sound in _hiragana(part))
        return [(word, sounds) for word, sounds in words if sounds]
    if language == "ko":
        return [(c, (c,)) for c in text if c.isalnum()]
    raise ValueError(f"no spoken form is known for language {language!r}")


def _counted(match: re.Match) -> str:
    number = match[1] if match[1].isdecimal() or match[1] == "半" else str(_japanese_number(match[1]))
    return number.replace("半", "はん") + "".join(_COUNTED_KANA[part] for part in match.groups()[1:] if part)


def _japanese_number(text: str) -> int:
    """一 to 九十九."""
    digits = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
    tens, ten, units = text.rpartition("十")
    return (digits.get(tens, 1) * 10 if ten else 0) + digits.get(units, 0)


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    # One fixed reading per character, so that both sides of a comparison agree whatever the context.
    from pypinyin import lazy_pinyin
    syllable = lazy_pinyin(character)[0]
    for pattern, plain in _PINYIN:
        syllable = re.sub(pattern, plain, syllable)
    return syllable


@lru_cache(maxsize=16384)
def _hiragana(text: str) -> tuple[tuple[str, str], ...]:
    from robot.espeak import kana_readings
    return tuple(kana_readings(text))
