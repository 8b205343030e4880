"""How many pieces a dose is, from words: "one white tablet", 两片, 二錠. Pure."""
from __future__ import annotations

import re

_WORDS = {1: r"\bone\b|一|한|하나", 2: r"\btwo\b|二|两|兩|두|둘", 3: r"\bthree\b|三|세|셋", 4: r"\bfour\b|四|네|넷",
          5: r"\bfive\b|五|다섯", 6: r"\bsix\b|六|여섯"}
# 2 tablets, and not 10 mg.
_UNIT = r"(?:[mμµ]?g\b|mcg|ml\b|毫|微|ミリ|マイクロ|밀리|%|units?\b|iu\b|单位|単位)"
_DIGITS = re.compile(rf"(?<![\d.,])\d+(?![.,]?\d)(?!\s*{_UNIT})", re.IGNORECASE)
_HALVES = re.compile(r"\bhalf\b|半|반")


def pieces(text: str) -> int | None:
    """The number in a text, of which it is the first; None where there is none, or where it is about halves."""
    if _HALVES.search(text.lower()):
        return None
    if digits := _DIGITS.search(text):
        return int(digits[0])
    found = [(match.start(), number) for number, words in _WORDS.items() if (match := re.search(words, text.lower()))]
    return min(found)[1] if found else None
