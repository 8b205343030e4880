"""`anban evaluate speech`: how well the ears understand recordings with known words and intents, and how soon."""
from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import wave
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dialogue import models, recording
from dialogue.attention import Attention
from dialogue.called import Names
from dialogue.evaluation import Background, Result, false_accepts, meaning, summary, words
from dialogue.evaluation_page import mistakes, page, rates
from dialogue.intents import load_sentences
from dialogue.listener import NAMELESS, Listener
from dialogue.playing import Player
from dialogue.recognizer import SAMPLE_RATE, Ears
from dialogue.recording import RecordingError
from dialogue.spoken_form import written_language
from robot.labels import LabelError, rows
from robot.resources import resource as shipped
from robot.site import LANGUAGES, SiteError, load_site

COLUMNS = ("clip", "text", "intent")
LEAD_S = 0.5        # of the room before a recording: the voice detector begins in silence or noise, not in a word
TAIL_S = 3.0        # of the room's noise after it: longer than the ears' longest patience
STRETCH_S = 120.0   # background sound is heard in stretches of this length, so that they can be shared out


@dataclass(frozen=True)
class Conditions:
    """How the recordings are heard. `noise`: files of which one lies `snr_db` below each recording."""
    language: str
    noise: tuple[Path, ...] = ()
    snr_db: float = 10.0
    threads: int = 2
    out: Path | None = None
    names: Names = NAMELESS


def app(
    wavs: Annotated[Path, typer.Argument(help="folder that the clips' paths start from")],
    transcripts: Annotated[Path, typer.Option(
        help="CSV with the columns clip,text,intent; an empty intent means that none may be taken")],
    language: Annotated[str, typer.Option(help=f"{', '.join(LANGUAGES)}; else seen from the texts")] = "",
    noise: Annotated[Path | None, typer.Option(help="folder of sound files; one is laid under each clip")] = None,
    snr: Annotated[float, typer.Option(help="how far the noise lies below the speech, in dB")] = 10.0,
    background: Annotated[Path | None, typer.Option(
        help="folder of television or conversation, in which nothing is meant for the robot")] = None,
    meant: Annotated[bool, typer.Option(
        "--background-meant", help="take all of the background for meant for the robot, as if no attention were needed"
    )] = False,
    site: Annotated[Path | None, typer.Option(help="site file with the robot's name; else that of the example")] = None,
    out: Annotated[Path | None, typer.Option(
        help="folder for speech.json, else here, and for a page to read and listen to the mistakes")] = None,
    jobs: Annotated[int, typer.Option(help="clips at once", min=1)] = 1,
    only: Annotated[str, typer.Option(help="only clips with this in their names")] = "",
) -> None:
    """Play recordings to the robot's own hearing and print and write what it understood.

    The clips count as meant for the robot; of the background only what is said with its name or soon after it, and
    calls for help. Its files are heard one after the other, as one evening.

    Latency runs from the end of speech, as the voice detector finds it, to the intent: the silence that is waited for
    and the computing after it, on this machine as it is loaded now.

    Examples:

      anban evaluate speech wavs --transcripts wavs/transcripts.csv --language en --out report

      anban evaluate speech wavs --transcripts wavs/transcripts.csv --noise kitchen --snr 10 --background television
    """
    console = Console(highlight=False)
    try:
        wanted = [row for row in read_transcripts(transcripts) if only in row.clip]
        if not wanted:
            raise LabelError(f"{transcripts}: no clip" + (f" with {only!r} in its name" if only else " in it"))
        if not wavs.is_dir():
            raise LabelError(f"{wavs}: no such folder; give the one that the clips' paths start from")
        language = language or written_language("".join(row.text for row in wanted))
        if language not in LANGUAGES:
            raise LabelError(f"--language {language!r}: one of {', '.join(LANGUAGES)}")
        engine = _engine(language)
        home = load_site(site or shipped("config/home.yaml"))
        how = Conditions(language, tuple(recording.files(noise)) if noise else (), snr,
                         max(1, (os.cpu_count() or 2) // jobs), out, Names.of(home))
        talk = _stretches(recording.files(background)) if background else []
        if out:
            _make(out)
    except (LabelError, RecordingError, models.ModelError, SiteError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    sentences = load_sentences(language)
    for intent in sorted({row.expected for row in wanted} - sentences.intents - {""}):
        print(f"{transcripts}: no sentences mean {intent!r} in {language}, its clips will count as wrong; known: "
              f"{', '.join(sorted(sentences.intents))}", file=sys.stderr)
    began_load = os.getloadavg()[0]
    results, overheard = _all(wanted, talk, wavs, how, jobs, console)
    false = false_accepts(overheard, Attention([] if meant else ["name"], home.attention.keeps_s))
    figures = {"language": language, "engine": engine, "noise_snr_db": snr if noise else None,
               "meant_for_the_robot": {"clips": "all", "background": "all" if meant else "by its name"},
               **summary(results, language, sentences.calls_for_help, overheard, false),
               "measured_on": {"cores": os.cpu_count(), "jobs": jobs, "memory_mb": _memory_mb(jobs),
                               "load_before_and_after": [round(began_load, 1), round(os.getloadavg()[0], 1)]}}
    if out:
        sounds = {one.clip: _heard_path(one.clip) for one in results if not one.error}
        (out / "index.html").write_text(page(results, figures, sounds), encoding="utf-8")
    (out or Path()).joinpath("speech.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n",
                                                       encoding="utf-8")
    _show(figures, results, console)
    unreadable = [stretch.error for stretch in overheard if stretch.error]
    for error in unreadable:
        print(error, file=sys.stderr)
    console.print(f"Written: {(out or Path()) / 'speech.json'}" + (f", {out / 'index.html'}" if out else ""))
    raise typer.Exit(1 if figures["unreadable"] or unreadable else 0)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabelError(f"--out {folder} cannot be made a folder: {error.strerror}") from None


def read_transcripts(path: Path) -> list[Result]:
    """The recordings of a CSV file, nothing heard yet. Raises LabelError."""
    return [Result(row["clip"], row["text"], row["intent"]) for where, row in rows(path, COLUMNS) if _named(where, row)]


def _named(where: str, row: dict[str, str]) -> bool:
    if not row["clip"]:
        raise LabelError(f"{where}: no clip; write the sound file's path")
    return True


def _engine(language: str) -> str:
    """Which engine will hear the language, without loading it. Raises ModelError."""
    if models.vosk_folder(language):
        return f"vosk ({models.vosk_folder(language).name})"
    return f"whisper ({models.ensure_whisper().name})"


# --- hearing ----------------------------------------------------------------------------------------------------------
Stretch = tuple[Path, float]


def _all(wanted: list[Result], talk: list[Stretch], wavs: Path, how: Conditions, jobs: int,
         console: Console) -> tuple[list[Result], list[Background]]:
    """Hear all clips and all background; with one job in this process. Ctrl-C ends it, and nothing is written."""
    done: dict[int, Result | Background] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("loading the ears", total=len(wanted) + len(talk))

        def take(number: int, result: Result | Background, name: str) -> None:
            done[number] = result
            progress.update(task, advance=1, description=name[-40:])

        work = [(hear_clip, (row, wavs), row.clip) for row in wanted] + \
               [(hear_background, stretch, stretch[0].name) for stretch in talk]
        try:
            if jobs == 1:
                _load(how)
                for number, (function, arguments, name) in enumerate(work):
                    take(number, function(*arguments), name)
            else:
                _share_out(work, how, jobs, take)
        except KeyboardInterrupt:
            progress.stop()
            print(f"stopped after {len(done)} of {len(work)} clips; nothing is written", file=sys.stderr)
            raise typer.Exit(130) from None
        except models.ModelError as error:
            progress.stop()
            print(error, file=sys.stderr)
            raise typer.Exit(2) from None
    in_order = [done[number] for number in range(len(work))]
    return in_order[:len(wanted)], in_order[len(wanted):]


def _share_out(work: list[tuple], how: Conditions, jobs: int, take: Callable) -> None:
    pool = ProcessPoolExecutor(jobs, initializer=_load_apart, initargs=(how,))
    try:
        futures = {pool.submit(function, *arguments): (number, name)
                   for number, (function, arguments, name) in enumerate(work)}
        for future in as_completed(futures):
            number, name = futures[future]
            take(number, future.result(), name)
    finally:
        pool.shutdown(cancel_futures=True)


_ears: tuple[Player, Conditions, list[np.ndarray]]  # of this process


def _load(how: Conditions) -> None:
    global _ears
    listener = Listener(Ears(threads=how.threads), how.names)
    listener.prepare((how.language,))
    noise = [recording.read(path).samples for path in how.noise]
    _ears = Player(listener, (how.language,), time.perf_counter), how, [sound for sound in noise if sound.any()]


def _load_apart(how: Conditions) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears Ctrl-C and ends the others
    _load(how)


def hear_clip(row: Result, wavs: Path) -> Result:
    """What the robot understands of one recording."""
    player, how, noises = _ears
    try:
        clip = recording.read(wavs / row.clip)
    except RecordingError as error:
        return replace(row, error=str(error))
    sound = np.pad(clip.samples, (int(LEAD_S * SAMPLE_RATE), int(TAIL_S * SAMPLE_RATE)))
    if noises:
        random = np.random.default_rng(zlib.crc32(row.clip.encode()))  # the same noise under it each time
        sound = sound + recording.noise_under(sound, noises[random.integers(len(noises))], how.snr_db, random)
    before_s = player.compute_s
    taken = player.play(sound)
    meant = meaning(taken)
    result = replace(
        row, heard=words(taken), notes=clip.notes,
        intent=meant.heard.understood.intent if meant else "",
        call_for_help=any(one.heard.understood.call_for_help for one in taken),
        latency_s=meant.latency_s if meant else None, sound_s=len(sound) / SAMPLE_RATE,
        compute_s=player.compute_s - before_s)
    if how.out and not result.right:
        _write(how.out / _heard_path(row.clip), sound)
    return result


def hear_background(path: Path, from_s: float) -> Background:
    """What is heard in a stretch of a file."""
    player, *_ = _ears
    try:
        samples = recording.read(path).samples[int(from_s * SAMPLE_RATE):int((from_s + STRETCH_S) * SAMPLE_RATE)]
    except RecordingError as error:
        return Background(str(path), from_s, error=str(error))
    before_s = player.compute_s
    heard = tuple(one.heard for one in player.play(samples))
    return Background(str(path), from_s, heard, len(samples) / SAMPLE_RATE, player.compute_s - before_s)


def _stretches(files: list[Path]) -> list[Stretch]:
    """The parts of background files; one that cannot be read is one part, which will say so."""
    found = []
    for path in files:
        try:
            duration_s = recording.read(path).duration_s
        except RecordingError:
            duration_s = 0.0
        found += [(path, float(at)) for at in np.arange(0.0, max(duration_s, 1e-3), STRETCH_S)]
    return found


def _memory_mb(jobs: int) -> int:
    """The most that the hearing process held; of several the largest."""
    if jobs > 1:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    status = Path("/proc/self/status").read_text(encoding="utf-8")  # getrusage would count what the shell held before
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


# --- telling ----------------------------------------------------------------------------------------------------------
def _heard_path(clip: str) -> str:
    return "heard/" + clip.replace("/", "_").rsplit(".", 1)[0] + ".wav"


def _write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def _show(figures: dict, results: list[Result], console: Console) -> None:
    table = Table(box=None, show_header=False)
    for name, value in rates(figures):
        table.add_row(name, value)
    console.print(table)
    for title, wrong in mistakes(results).items():
        if wrong:
            console.print(f"{title}:")
        for result in wrong:
            console.print(f"  {result.clip}: {result.text!r} heard as {result.heard!r}, "
                          f"{result.intent or 'nothing'} for {result.expected or 'nothing'}", markup=False)
    for result in results:
        for problem in (*result.notes, result.error.removeprefix(f"{result.clip}: ")):
            if problem:
                print(f"{result.clip}: {problem}", file=sys.stderr)
