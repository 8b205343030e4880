"""The voices side by side: each says the same sentences, on one page that needs nothing else, for a person to judge.

Also what a recogniser heard of each and what it cost, as numbers.
"""
from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dialogue.recital import PAUSE_S
from dialogue.recognizer import Recognizer
from dialogue.sound import Sound, level
from dialogue.voice_check import Heard, heard
from dialogue.voice_line import VoiceLine
from robot.measures import wilson
from robot.readable import sentences
from robot.voices import Choice

LOADING_S = 120.0
SAYING_S = 120.0
GOOD = 0.95  # share of what was said that a recogniser must understand of a good voice
MP3_BITS = 64_000
LANGUAGE_NAMES = {"en": "English", "zh": "中文", "ja": "日本語", "ko": "한국어"}


@dataclass(frozen=True)
class Sample:
    """One text in one voice; `heard` only where it was checked."""
    text: str
    sound: Sound
    heard: Heard | None


@dataclass(frozen=True)
class Spoken:
    """All samples of a voice in a language. `computed_s`: the engine's processor time for them, without loading."""
    voice: str
    language: str
    samples: tuple[Sample, ...]
    computed_s: float
    load: float  # processes that were waiting for a core

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
            "load": round(self.load, 1),
            "misheard": [{"text": one.text, "heard": one.heard, "wrong": one.wrong} for one in checked if one.wrong]}


def spoken(choice: Choice, language: str, texts: Sequence[str], recognizer: Recognizer | None = None,
           tell: Callable[[str], None] = lambda _: None) -> Spoken:
    """Let a voice say `texts`, sentence by sentence as the robot does. Raises VoiceError."""
    line = VoiceLine(choice.engine, (language,))
    try:
        line.ready(LOADING_S)
        samples, before_s = [], line.computed_s
        for number, text in enumerate(texts, 1):
            tell(f"{choice.name} {language} {number} of {len(texts)}")
            said = {part: _level(line.make(part, language, choice.voice, 1.0, SAYING_S)) for part in sentences(text)}
            samples.append(Sample(text, _joined(list(said.values())),
                                  heard(text, language, said, recognizer) if recognizer else None))
        return Spoken(choice.name, language, tuple(samples), line.computed_s - before_s, os.getloadavg()[0])
    finally:
        line.close()


def page(all_spoken: Sequence[Spoken]) -> str:
    """The page as HTML: a table a language, a row a text, a column a voice with players in it."""
    tables = []
    for language in dict.fromkeys(one.language for one in all_spoken):
        voices = [one for one in all_spoken if one.language == language]
        head = "".join(f"<th>{html.escape(one.voice)}<small>{_figures(one.figures)}</small></th>" for one in voices)
        rows = "".join(f"<tr><td>{html.escape(row[0].text)}</td>{''.join(map(_cell, row))}</tr>"
                       for row in zip(*(one.samples for one in voices), strict=True))
        tables.append(f'<section lang="{language}"><h2>{LANGUAGE_NAMES[language]}</h2><table><tr><th></th>{head}</tr>'
                      f"{rows}</table></section>")
    return _PAGE.format(tables="".join(tables))


def _figures(figures: Mapping) -> str:
    cost = f"{figures['computed_s_per_s']:.2f} s of a core a second"
    whole = figures["understood_whole"]
    if whole is None:
        return cost
    return (f"{1 - figures['sound_error_rate']:.1%} of sounds understood, {whole['value']:.0%} of texts whole; {cost}")


def _cell(sample: Sample) -> str:
    encoded = base64.b64encode(_mp3(sample.sound)).decode()
    told = ""
    if sample.heard:
        kind, wrong = "right" if sample.heard.whole else "wrong", f"{sample.heard.wrong} of {sample.heard.sounds}"
        told = f'<p class="{kind}">{html.escape(sample.heard.heard)} ({wrong})</p>'
    return f'<td><audio controls preload="none" src="data:audio/mpeg;base64,{encoded}"></audio>{told}</td>'


def _level(sound: Sound) -> Sound:
    return Sound(level(sound.samples, sound.rate_hz), sound.rate_hz)


def _joined(parts: Sequence[Sound]) -> Sound:
    rate_hz = parts[0].rate_hz
    pause = np.zeros(round(PAUSE_S * rate_hz), np.int16)
    return Sound(np.concatenate([piece for part in parts for piece in (part.samples, pause)][:-1]), rate_hz)


def _mp3(sound: Sound) -> bytes:
    import av
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=sound.rate_hz, layout="mono", bit_rate=MP3_BITS)
        frame = av.AudioFrame.from_ndarray(sound.samples[None, :].copy(), format="s16", layout="mono")
        frame.sample_rate = sound.rate_hz
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=sound.rate_hz)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Anban's voices</title>
<style>
body {{ font: 1rem/1.4 system-ui, sans-serif; margin: 2rem; color: #1b1b1b; background: #fff }}
table {{ border-collapse: collapse }} td, th {{ border-bottom: 1px solid #ccc; padding: .4rem .8rem; text-align: left;
vertical-align: top; max-width: 24rem }} small {{ display: block; font-weight: normal }} audio {{ width: 15rem }}
p {{ margin: .2rem 0 0; font-size: .9rem }} .right {{ color: #135c13 }} .wrong {{ color: #9b1c1c }}
</style></head><body><h1>Anban's voices</h1>
<p>The same sentences in every voice, at the pace for old ears. Below a player: what the recogniser heard, and how many
words, syllables or kana of it are wrong, where that was asked for.</p>
{tables}</body></html>
"""
