"""How Japanese is read aloud, by Open JTalk: 今日, 3時 and 一錠 by what stands beside them, は as a particle or not.

Needs the package pyopenjtalk-plus; `robot.espeak.kana` does without, by dictionary, and reads more of it wrongly.
"""
from __future__ import annotations

from typing import NamedTuple


class Spoken(NamedTuple):
    """A word as it is written, and its sound in katakana with long vowels as ー; of a mark the mark itself."""
    written: str
    sound: str


def spoken_words(text: str) -> list[Spoken]:
    """`text` word by word. Raises ModuleNotFoundError where pyopenjtalk-plus is missing."""
    import pyopenjtalk
    words = pyopenjtalk.run_frontend(text, use_sudachi_kanji_yomi=False)
    return [Spoken(word["string"], word["string"] if word["pos"] == "記号" else
                   word["pron"].replace("’", "").replace("'", "")) for word in words]


def spoken_kana(text: str) -> str:
    """`text` as it sounds, in katakana, words apart by spaces. Raises as `spoken_words`."""
    return " ".join(word.sound for word in spoken_words(text))
