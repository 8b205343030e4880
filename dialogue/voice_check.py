"""What a recogniser makes of a voice: errors counted by sound, so that a choice of characters or spelling is none.

Chinese is compared by pinyin, Japanese by kana, English by espeak-ng's phonemes of each word ("Lin" is "Lynn"), and
every sentence of a text is heard by itself.
"""
from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dialogue.evaluation import errors
from dialogue.recognizer import SAMPLE_RATE, Recognizer
from dialogue.sound import Sound
from dialogue.spoken_form import clauses, tokens
from robot.environment import outside_environment
from robot.japanese import spoken_kana
from robot.readable import readable

LEVEL = 0.5  # peak at which the recogniser hears it
_TIMEOUT_S = 10


@dataclass(frozen=True)
class Heard:
    """One text as it was understood: `wrong` of `sounds` words, syllables or kana."""
    text: str
    heard: str
    wrong: int
    sounds: int

    @property
    def whole(self) -> bool:
        return self.wrong == 0


def heard(text: str, language: str, said: Mapping[str, Sound], recognizer: Recognizer) -> Heard:
    """What the recogniser makes of `text`, of which `said` has the sentences in order, each with its sound."""
    told = []
    for sound in said.values():
        recognizer.begin()
        recognizer.accept(_for_ears(sound))
        told.append(recognizer.finish().text)
    wanted = [unit for part in said for unit in sounds(part, language)]
    got = [unit for part in told for unit in sounds(part, language)]
    return Heard(text, " ".join(told), errors(wanted, got), len(wanted))


def sounds(text: str, language: str) -> list[str]:
    """The units that are compared. 您 and 你 count as one: the recogniser writes either for both."""
    text = readable(text, language)
    if language == "en":
        return [sound for clause in clauses(text) for word in tokens(clause, "en") for sound in _english(word)]
    if language == "zh":
        text = text.replace("您", "你")
    if language == "ja":
        text = re.sub(r"[^ァ-ヺー]", "", spoken_kana(text)).translate(_ALIKE)
        return [character for character in re.sub(_LONG, lambda m: m[1] or "", text) if character != "ー"]
    return [sound for clause in clauses(text) for sound in tokens(clause, language)]


_ALIKE = str.maketrans({"ヲ": "オ", "ヂ": "ジ", "ヅ": "ズ", "ッ": None})
_LONG = r"([オコゴソゾトドノホボポモヨョロウクグスズツヌフブプムユュル])ウ|(?<=[エケゲセゼテデネヘベペメレ])イ"  # as ー


@lru_cache(maxsize=4096)
def _english(word: str) -> tuple[str, ...]:
    """A word's phonemes without stress; a number's, word by word."""
    if word.isdecimal():
        from unicode_rbnf import RbnfEngine
        spelt = RbnfEngine.for_language("en").format_number(int(word)).text
        return tuple(sound for part in re.findall("[a-z]+", spelt) for sound in _english(part))
    told = subprocess.run(["espeak-ng", "-v", "en-us", "-q", "-x", word], capture_output=True, text=True, check=True,
                          timeout=_TIMEOUT_S, env=outside_environment()).stdout
    return tuple(sound for part in told.split() if (sound := re.sub(r"[^A-Za-z0-9@]", "", part)))


def _for_ears(sound: Sound) -> np.ndarray:
    """At the recogniser's rate and a usual level, int16 (n,)."""
    from scipy.signal import resample_poly  # as in dialogue/sound.py
    common = int(np.gcd(SAMPLE_RATE, sound.rate_hz))
    heard = resample_poly(sound.samples / 32768, SAMPLE_RATE // common, sound.rate_hz // common)
    return np.round(heard * (LEVEL / max(np.abs(heard).max(initial=0.0), 1e-9)) * 32767).astype(np.int16)
