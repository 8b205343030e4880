"""The page on which the voices are heard side by side: one HTML file that needs nothing else, also on a phone."""
from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

from dialogue.sound import Sound
from dialogue.voice_samples import GOOD, Sample, Spoken

MP3_BITS = 64_000
LANGUAGES = {"en": ("English", "words, by their phonemes"), "zh": ("Chinese · 中文", "syllables, by their pinyin"),
             "ja": ("Japanese · 日本語", "kana"), "ko": ("Korean · 한국어", "syllables")}


def page(all_spoken: Sequence[Spoken]) -> str:
    """The page as HTML: for each language the figures of its voices, and every text with a player for each voice."""
    languages = list(dict.fromkeys(one.language for one in all_spoken))
    checked = any(sample.heard for one in all_spoken for sample in one.samples)
    links = "".join(f'<a href="#{language}">{LANGUAGES[language][0]}</a>' for language in languages)
    sections = "".join(_section(language, [one for one in all_spoken if one.language == language])
                       for language in languages)
    return _PAGE.format(links=links if len(languages) > 1 else "", sections=sections,
                        check=_CHECKED.format(good=f"{GOOD:.0%}") if checked else _UNCHECKED)


def _section(language: str, voices: Sequence[Spoken]) -> str:
    name, units = LANGUAGES[language]
    checked = any(sample.heard for one in voices for sample in one.samples)
    rows = "".join(_figures(one, checked) for one in voices)
    counted = f"Understood: {units}; whole: texts without an error; cost" if checked else "Cost"
    heads = "<th>understood</th><th>whole</th>" if checked else ""
    texts = "".join(f'<article><h3 lang="{language}">{html.escape(row[0].text)}</h3><div class="voices">'
                    f'{"".join(_player(one, sample) for one, sample in zip(voices, row, strict=True))}</div></article>'
                    for row in zip(*(one.samples for one in voices), strict=True))
    return (f'<section id="{language}"><h2>{name}</h2><div class="scroll"><table>'
            f"<thead><tr><th>voice</th>{heads}<th>cost</th></tr></thead><tbody>{rows}</tbody></table></div>"
            f'<p class="note">{counted}: seconds of one core for a second of speech.</p>{texts}</section>')


def _figures(one: Spoken, checked: bool) -> str:
    figures = one.figures
    told = ""
    if checked:
        share, whole = 1 - figures["sound_error_rate"], sum(sample.heard.whole for sample in one.samples)
        kind, mark = ("right", "✓") if share >= GOOD else ("wrong", "✗")
        told = f'<td class="{kind}">{mark} {share:.1%}</td><td>{whole} of {len(one.samples)}</td>'
    name = html.escape(one.voice).replace("/", "/<wbr>")
    return f"<tr><th>{name}</th>{told}<td>{figures['computed_s_per_s']:.2f} s</td></tr>"


def _player(one: Spoken, sample: Sample) -> str:
    encoded = base64.b64encode(_mp3(sample.sound)).decode()
    voice, told = html.escape(one.voice), ""
    if sample.heard:
        right, wrong = sample.heard.whole, f"{sample.heard.wrong} of {sample.heard.sounds} wrong"
        heard = html.escape(sample.heard.heard or "nothing")
        told = f'<p class="{"right" if right else "wrong"}">{"✓" if right else f"✗ {wrong}:"} ' \
               f'<span lang="{one.language}">{heard}</span></p>'
    label = html.escape(f"{one.voice}: {sample.text}", quote=True)
    return (f'<figure><figcaption>{voice}, {sample.sound.duration_s:.1f} s</figcaption><audio controls preload="none" '
            f'aria-label="{label}" src="data:audio/mpeg;base64,{encoded}"></audio>{told}</figure>')


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


_CHECKED = """<p>Below each player stands what a recogniser (Whisper base, clean sound, no hints) wrote down, and how
much of it is wrong by its sound, whatever its spelling. A voice is good (✓) where it understands {good} of it.
People who know the household may fare better or worse: listen for yourself, on the loudspeaker that will be
used.</p>"""
_UNCHECKED = "<p>Nothing but your ears judges here; with <code>--check</code> a recogniser hears the voices too.</p>"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Anban's voices</title>
<style>
:root {{ color-scheme: light dark; --line: light-dark(#ccc, #555); --right: light-dark(#135c13, #8fd48f);
--wrong: light-dark(#9b1c1c, #ff9c9c) }}
body {{ font: 1.05rem/1.45 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem 1rem 4rem }}
nav a {{ display: inline-block; padding: .6rem 1rem .6rem 0 }}
h2 {{ margin-top: 2.5rem; border-bottom: 2px solid var(--line) }}
h3 {{ font-size: 1.05rem; font-weight: 600; margin: 0 0 .5rem }}
.scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0 }}
tr {{ border-bottom: 1px solid var(--line) }}
td {{ white-space: nowrap }} thead th {{ font-weight: normal }} thead th, .note {{ font-size: .9rem }}
article {{ border-bottom: 1px solid var(--line); padding: 1rem 0 }}
.voices {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .8rem 1.5rem }}
figure {{ margin: 0 }} figcaption {{ font-size: .9rem }} audio {{ width: 100%; max-width: 22rem; min-height: 2.75rem }}
p {{ max-width: 45rem }} figure p {{ margin: .2rem 0 0; font-size: .95rem }}
.right {{ color: var(--right) }} .wrong {{ color: var(--wrong) }}
</style></head><body><h1>Anban's voices</h1>
<p>The same texts by every voice, sentence by sentence as the robot says them.</p>{check}
<nav>{links}</nav>
{sections}</body></html>
"""
