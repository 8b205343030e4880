"""A voice says sentences: the sounds, what a recogniser heard of them, and what they cost, as numbers."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dialogue.recital import PAUSE_S
from dialogue.recognizer import Recognizer
from dialogue.sound import Sound, level
from dialogue.voice_check import Heard, heard
from dialogue.voice_line import CannotSay, VoiceLine
from robot.measures import wilson
from robot.readable import sentences
from robot.voices import STANDING, Choice

LOADING_S = 120.0
SAYING_S = 120.0
GOOD = 0.95  # share of what was said that a recogniser must understand of a good voice


@dataclass(frozen=True)
class Sample:
    """One text in one voice; `heard` only where it was checked."""
    text: str
    sound: Sound
    heard: Heard | None


@dataclass(frozen=True)
class Spoken:
    """All samples of a voice in a language. `computed_s`: the engine's processor time for them, without loading;
    `otherwise`: the texts that it cannot say, which the standing voice says, as it does for the robot."""
    voice: str
    language: str
    samples: tuple[Sample, ...]
    computed_s: float
    load: float  # processes that were waiting for a core
    otherwise: tuple[str, ...] = ()

    @property
    def figures(self) -> dict:
        """Shares of sentences understood whole and of sounds misheard, and processor seconds a second of speech."""
        checked = [sample.heard for sample in self.samples if sample.heard]
        speech_s = sum(sample.sound.duration_s for sample in self.samples)
        units = sum(one.sounds for one in checked)
        return {
            "voice": self.voice, "language": self.language, "texts": len(self.samples),
            "understood_whole": wilson(sum(one.whole for one in checked), len(checked)) if checked else None,
            "sound_error_rate": round(sum(one.wrong for one in checked) / units, 4) if units else None,
            "speech_s": round(speech_s, 1), "computed_s_per_s": round(self.computed_s / speech_s, 3),
            "load": round(self.load, 1), "said_by_the_standing_voice": list(self.otherwise),
            "misheard": [{"text": one.text, "heard": one.heard, "wrong": one.wrong} for one in checked if one.wrong]}


def spoken(choice: Choice, language: str, texts: Sequence[str], recognizer: Recognizer | None = None,
           tell: Callable[[str], None] = lambda _: None) -> Spoken:
    """Let a voice say `texts`, sentence by sentence as the robot does. Raises VoiceError."""
    line, standing, otherwise = VoiceLine(choice.engine, (language,)), VoiceLine(STANDING, (language,)), []
    try:
        line.ready(LOADING_S)
        samples, before_s = [], line.computed_s
        for number, text in enumerate(texts, 1):
            tell(f"{choice.name} {language} {number} of {len(texts)}")
            try:
                said = _parts(text, language, line, choice.voice)
            except CannotSay:
                otherwise.append(text)
                standing.ready(LOADING_S)
                said = _parts(text, language, standing, "")
            samples.append(Sample(text, joined(list(said.values())),
                                  heard(text, language, said, recognizer) if recognizer else None))
        return Spoken(choice.name, language, tuple(samples), line.computed_s - before_s, os.getloadavg()[0],
                      tuple(otherwise))
    finally:
        line.close()
        standing.close()


def _parts(text: str, language: str, line: VoiceLine, voice: str) -> dict[str, Sound]:
    return {part: _level(line.make(part, language, voice, 1.0, SAYING_S)) for part in sentences(text)}


def _level(sound: Sound) -> Sound:
    return Sound(level(sound.samples, sound.rate_hz), sound.rate_hz)


def joined(parts: Sequence[Sound]) -> Sound:
    """Sounds of one sample rate as one, with the pause between sentences."""
    rate_hz = parts[0].rate_hz
    pause = np.zeros(round(PAUSE_S * rate_hz), np.int16)
    return Sound(np.concatenate([piece for part in parts for piece in (part.samples, pause)][:-1]), rate_hz)
