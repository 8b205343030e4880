"""`anban evaluate speech`: how well the ears understand recordings with known words and intents, and how soon."""
from __future__ import annotations

import json
import os
import sys
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dialogue import models, recording
from dialogue.attention import Attention
from dialogue.called import Names
from dialogue.evaluation import Background, Result, false_accepts, summary
from dialogue.evaluation_page import mistakes, page, rates
from dialogue.evaluation_run import Conditions, clip_at, hear_background, hear_clip, kept_at, memory_mb, run, stretches
from dialogue.intents import load_sentences
from dialogue.recording import RecordingError
from dialogue.spoken_form import written_language
from robot.labels import LabelError, rows
from robot.output import output_folder, write_whole
from robot.resources import resource as shipped
from robot.site import LANGUAGES, SiteError, load_site
from robot.site_source import suggest

COLUMNS = ("clip", "text", "intent")
SNR_DB = (-30.0, 60.0)  # below, nobody understands the speech; above, nobody hears the noise


def app(
    wavs: Annotated[Path, typer.Argument(help="folder that the clips' paths start from")],
    transcripts: Annotated[Path, typer.Option(
        help="CSV with the columns clip,text,intent; an empty intent means that none may be taken")],
    language: Annotated[str, typer.Option(help=f"{', '.join(LANGUAGES)}; else seen from the texts")] = "",
    noise: Annotated[Path | None, typer.Option(
        help="sound file, or folder of them; one is laid under each clip")] = None,
    snr: Annotated[float, typer.Option(help="how far the noise lies below the speech, in dB")] = 10.0,
    background: Annotated[Path | None, typer.Option(
        help="sound file or folder of television or conversation, in which nothing is meant for the robot")] = None,
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

    The clips count as meant for the robot. One whose intent is an answer (fine, yes, no, unsure, taken, taking,
    not_yet, refuse, when, alarm_off) is heard in answer to the robot's question; in any other, what is only an answer
    has the robot do nothing, and is no intent. Of the background only what is said with its name or soon after it
    counts, and calls for help. Its files are heard one after the other, as one evening.

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
        language = language or _language(wanted)
        if language not in LANGUAGES:
            raise LabelError(f"--language {language!r}: one of {', '.join(LANGUAGES)}")
        engine = _engine(language)
        home = load_site(site or shipped("config/home.yaml"))
        how = Conditions(language, _noise(noise, snr) if noise else (), snr, max(1, (os.cpu_count() or 2) // jobs),
                         Names.of(home))
        talk = stretches(recording.files(background)) if background else []
        if not any(os.path.exists(clip_at(wavs, row.clip)) for row in wanted):
            raise LabelError(f"{transcripts}: of its {len(wanted)} clips none lies in {wavs} (not "
                             f"{wanted[0].clip}, for one); give the folder that their paths start from")
    except (LabelError, RecordingError, models.ModelError, SiteError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    folder = output_folder(out or Path(), "--out")
    console.print(f"{len(wanted)} clips in {language}, heard by {engine}")
    for clip, times in Counter(row.clip for row in wanted).items():
        if times > 1:
            print(f"{transcripts}: {clip} stands there {times} times, and counts as often", file=sys.stderr)
    sentences = load_sentences(language)
    for intent in sorted({row.expected for row in wanted} - sentences.intents - {""}):
        print(f"{transcripts}: no sentences mean {intent!r} in {language}, its clips will count as wrong"
              f"{suggest(intent, sorted(sentences.intents), 'known')}", file=sys.stderr)
    began_load = os.getloadavg()[0]
    work = [(hear_clip, row, wavs, out) for row in wanted] + [(hear_background, *stretch) for stretch in talk]
    heard, status = _hear(work, how, jobs)
    results = [one for one in heard if isinstance(one, Result)]
    overheard = [one for one in heard if isinstance(one, Background)]
    false = false_accepts(overheard, Attention([] if meant else ["name"], home.attention.keeps_s))
    figures = {"language": language, "engine": engine, "noise_snr_db": snr if noise else None,
               "meant_for_the_robot": {"clips": "all, answers in answer to its question",
                                       "background": "all" if meant else "by its name"},
               **({"heard_before_it_ended": len(heard), "to_be_heard": len(work)} if status else {}),
               **summary(results, language, sentences.calls_for_help, overheard, false),
               "measured_on": {"cores": os.cpu_count(), "jobs": jobs, "memory_mb": memory_mb(jobs),
                               "load_before_and_after": [round(began_load, 1), round(os.getloadavg()[0], 1)]}}
    _show(figures, results, console)
    unreadable = [stretch.error for stretch in overheard if stretch.error]
    for error in unreadable:
        print(error, file=sys.stderr)
    try:
        if out:
            _write_page(out, results, figures)
        write_whole(folder / "speech.json", json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        print(f"{folder}: cannot be written to: {error.strerror}; what was found stands above", file=sys.stderr)
        raise typer.Exit(1) from None
    console.print(f"Written: {folder / 'speech.json'}" + (f", {out / 'index.html'}" if out else ""))
    raise typer.Exit(status or (1 if figures["unreadable"] or unreadable else 0))


def _write_page(out: Path, results: list[Result], figures: dict) -> None:
    """The page; of an earlier run no sound stays beside it."""
    sounds = {one.clip: kept_at(one.clip) for one in results if not (one.right or one.error)}
    for old in set((out / "heard").glob("*.wav")) - {out / sound for sound in sounds.values()}:
        old.unlink()
    write_whole(out / "index.html", page(results, figures, sounds))


def read_transcripts(path: Path) -> list[Result]:
    """The recordings of a CSV file, nothing heard yet. Raises LabelError."""
    return [Result(row["clip"], row["text"], row["intent"].lower()) for where, row in rows(path, COLUMNS)
            if _named(where, row)]


def _named(where: str, row: dict[str, str]) -> bool:
    if not row["clip"]:
        raise LabelError(f"{where}: no clip; write the sound file's path")
    return True


def _language(wanted: list[Result]) -> str:
    """The one language that the texts are written in. Raises LabelError."""
    examples = {written_language(row.text): row.text for row in wanted if any(map(str.isalpha, row.text))}
    if len(examples) > 1:
        found = " and ".join(f"{language} ({text!r})" for language, text in sorted(examples.items()))
        raise LabelError(f"texts in {found}: choose --language, or split the table")
    return next(iter(examples), "en")


def _noise(path: Path, snr_db: float) -> tuple[np.ndarray, ...]:
    """The sounds to lay under the clips. Raises LabelError, RecordingError."""
    if not SNR_DB[0] <= snr_db <= SNR_DB[1]:
        raise LabelError(f"--snr {snr_db:g}: between {SNR_DB[0]:g} and {SNR_DB[1]:g} dB; beyond, nothing is heard of "
                         "the speech or of the noise")
    sounds = {file: recording.read(file).samples for file in recording.files(path)}
    for file, samples in sounds.items():
        if not samples.any():
            raise RecordingError(f"{file}: is silent, and would be no noise; take it out")
    return tuple(sounds.values())


def _engine(language: str) -> str:
    """Which engine will hear the language, without loading it. Raises ModelError."""
    if models.vosk_folder(language):
        return f"vosk ({models.vosk_folder(language).name})"
    return f"whisper ({models.ensure_whisper().name})"


# --- hearing ----------------------------------------------------------------------------------------------------------
def _hear(work: list[tuple], how: Conditions, jobs: int) -> tuple[list[Result | Background], int]:
    """What was heard of all clips and all background, in their order, and 0; where Ctrl-C or a lost process ended it,
    what had been heard until then, and an exit status. How far it is stands on stderr: stdout may go into a file."""
    done: dict[int, Result | Background] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    ended, status = "", 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("loading the ears", total=len(work))
        try:
            for number, result in run(work, how, jobs):
                done[number] = result
                name = result.clip if isinstance(result, Result) else result.file
                progress.update(task, advance=1, description=escape(name[-40:]))
        except KeyboardInterrupt:
            ended, status = "stopped", 130
        except BrokenProcessPool:
            ended, status = f"a process that hears was lost (each holds about 1 GB; fewer than --jobs {jobs}?)", 1
        except models.ModelError as error:
            ended, status = str(error), 2
    if ended:
        print(f"{ended}: {len(done)} of {len(work)} were heard" + ("" if done else "; nothing is written"),
              file=sys.stderr)
    if not done:
        raise typer.Exit(status)
    return [done[number] for number in sorted(done)], status


# --- telling ----------------------------------------------------------------------------------------------------------
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
        for problem in (*(f"{result.clip}: {note}" for note in result.notes), result.error):
            if problem:
                print(problem, file=sys.stderr)
