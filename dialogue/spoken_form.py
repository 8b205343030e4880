"""Text as it sounds, in tokens: what sentences and transcripts are compared by.

English by words with contractions written out, Chinese by pinyin without tones, Japanese by kana, Korean by syllables:
a recogniser's choice of characters among homophones then makes no difference.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from robot.espeak import chinese_numerals

_CLAUSE = re.compile(r"[.,!?;:…。，、！？；：]+|\s-\s|--")
_ENGLISH = ((r"[’`]", "'"), (r"\bwon'?t\b", "will not"), (r"\bcan(?:'t|t|not|\s+not)\b", "cannot"),
            (r"\b(do|does|did|is|are|was|were|have|has|had|could|would|should)n'?t\b", r"\1 not"),
            (r"\blet's\b", "let us"), (r"\bi'?m\b", "i am"), (r"'re\b", " are"), (r"\bi'?ve\b", "i have"),
            (r"'ve\b", " have"), (r"'ll\b", " will"), (r"'d\b", " would"),
            (r"\b(it|that|what|where|there|everything|nothing|who|he|she)'?s\b", r"\1 is"),
            (r"\bok\b", "okay"), (r"\bneed to be helped\b", "need help"))
# Distinctions that southern accents and recognisers do not keep: -ing/-in, -eng/-en. (Not zh/z, ch/c, sh/s: then
# "every time" would be "not eaten".)
_PINYIN = ((r"(in|en)g$", r"\1"),)
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
    return [part.strip() for part in _CLAUSE.split(text) if part.strip()]


def tokens(text: str, language: str) -> tuple[str, ...]:
    """The tokens of one clause. Raises ValueError for an unknown language."""
    text = unicodedata.normalize("NFKC", text).lower()
    if language == "en":
        for pattern, plain in _ENGLISH:
            text = re.sub(pattern, plain, text)
        return tuple(re.findall(r"[a-z0-9]+", text.replace("'", "")))
    if language == "zh":
        text = re.sub(r"[^\w]", " ", chinese_numerals(text))
        parts = re.findall(r"[a-z0-9]+|[^\sa-z0-9_]", text)
        return tuple(part if part.isascii() else _syllable(part) for part in parts)
    if language == "ja":
        return tuple(c for c in _hiragana(re.sub(r"[\W_]+", "", text)).translate(_KANA) if c.isalnum())
    if language == "ko":
        return tuple(c for c in text if c.isalnum())
    raise ValueError(f"no spoken form is known for language {language!r}")


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    # One fixed reading per character, so that both sides of a comparison agree whatever the context.
    from pypinyin import lazy_pinyin
    syllable = lazy_pinyin(character)[0]
    for pattern, plain in _PINYIN:
        syllable = re.sub(pattern, plain, syllable)
    return syllable


@lru_cache(maxsize=16384)
def _hiragana(text: str) -> str:
    from robot.espeak import kana_words
    return "".join(kana_words(text))
