"""`anban evaluate falls`: how many falls in labelled clips are found, how soon, and how often it is wrong."""
from __future__ import annotations

import csv
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from perception.clip import Clip, ClipError
from perception.evaluation import Result, summary
from perception.fall import FallState

COLUMNS = ("clip", "label", "start_s", "end_s")


class LabelError(ValueError):
    """The table of labels cannot be used; the message names file, line and remedy."""


def app(
    clips: Annotated[Path, typer.Argument(help="folder that the clips' paths start from")],
    labels: Annotated[Path, typer.Option(help="CSV with the columns clip,label,start_s,end_s; label: fall or adl")],
    out: Annotated[Path | None, typer.Option(
        help="folder for falls.json, an annotated video of each clip and a page to look through the mistakes")] = None,
    state: Annotated[str, typer.Option(help="what counts as detected: suspected or confirmed")] = "suspected",
    rate: Annotated[float, typer.Option(help="pictures a second that are looked at", min=1.0, max=60.0)] = 10.0,
    jobs: Annotated[int, typer.Option(help="clips at once", min=1)] = 1,
    only: Annotated[str, typer.Option(help="only clips with this in their names")] = "",
) -> None:
    """Run the fall detector over labelled video clips and print and write its figures.

    Example: anban evaluate falls clips --labels clips/labels.csv --out report
    """
    console = Console(highlight=False)
    try:
        if state not in ("suspected", "confirmed"):
            raise LabelError(f"--state {state!r}: suspected or confirmed")
        rows = [row for row in read_labels(labels) if only in row.clip]
        if not rows:
            raise LabelError(f"{labels}: no clip" + (f" with {only!r} in its name" if only else " in it"))
    except LabelError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    results, costs = _evaluate(rows, clips, out, FallState[state.upper()], rate, jobs, console)
    figures = summary(results, costs)
    text = json.dumps(figures, indent=1)
    if out:
        out.mkdir(parents=True, exist_ok=True)
    (out or Path()).joinpath("falls.json").write_text(text + "\n", encoding="utf-8")
    if out:
        (out / "index.html").write_text(_page(results, figures), encoding="utf-8")
    _show(figures, results, console)
    console.print(f"Written: {(out or Path()) / 'falls.json'}" + (f", {out / 'index.html'}" if out else ""))
    raise typer.Exit(1 if any(result.error for result in results) else 0)


def read_labels(path: Path) -> list[Result]:
    """The labelled clips of a CSV file, nothing detected yet. Raises LabelError."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise LabelError(f"{path}:1: no column {', '.join(missing)}; line 1 must be {','.join(COLUMNS)}")
            return [_row(path, reader.line_num, row) for row in reader]
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; give the table of labels by --labels") from None
    except UnicodeDecodeError:
        raise LabelError(f"{path}: is not UTF-8 text; give a CSV file") from None


def _row(path: Path, line: int, row: dict[str, str]) -> Result:
    label = (row["label"] or "").strip()
    if label not in ("fall", "adl"):
        raise LabelError(f"{path}:{line}: label {label!r}; write fall or adl")
    times = {}
    for name in ("start_s", "end_s"):
        text = (row[name] or "").strip()
        try:
            times[name] = float(text) if text else None
        except ValueError:
            raise LabelError(f"{path}:{line}: {name} {text!r} is no number; write seconds, or nothing") from None
    return Result(row["clip"].strip(), label, times["end_s"], 0.0, start_s=times["start_s"])


def _evaluate(rows: list[Result], clips: Path, out: Path | None, state: FallState, rate: float, jobs: int,
              console: Console) -> tuple[list[Result], list[float]]:
    done: dict[str, Result] = {}
    costs: list[float] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("clips", total=len(rows))

        def take(result: Result, cost_ms: list[float]) -> None:
            done[result.clip] = result
            costs.extend(cost_ms)
            progress.update(task, advance=1, description=result.clip[-40:])

        if jobs == 1:
            for row in rows:
                take(*watch(row, clips, out, state, rate))
        else:
            with ProcessPoolExecutor(jobs) as pool:
                for future in as_completed([pool.submit(watch, row, clips, out, state, rate) for row in rows]):
                    take(*future.result())
    return [done[row.clip] for row in rows], costs


def watch(row: Result, clips: Path, out: Path | None, state: FallState, rate: float) -> tuple[Result, list[float]]:
    """Run the detector over one clip: what it detected, and the milliseconds that each picture took."""
    from perception.eyes import Eyes
    from perception.video import VideoFile
    detections, costs = [], []
    try:
        clip = Clip(clips / row.clip, rate)
        video = VideoFile(video_path(out, row.clip)) if out else None
        with Eyes() as eyes:
            for time_s, picture in clip:
                began = time.perf_counter()
                events = eyes.look(picture, time_s)
                costs.append((time.perf_counter() - began) * 1e3)
                detections += [event.time_s for event in events if event.state == state]
                if video:
                    video.write(eyes.drawn(picture), time_s)
        if video:
            video.close()
    except ClipError as error:
        return Result(row.clip, row.label, row.end_s, 0.0, start_s=row.start_s, error=str(error)), []
    return Result(row.clip, row.label, row.end_s, clip.duration_s, tuple(detections), row.start_s), costs


def video_path(out: Path, clip: str) -> Path:
    """Where the annotated video of a clip lies."""
    return out / "videos" / (clip.replace("/", "_").rsplit(".", 1)[0] + ".mp4")


def _share(value: dict) -> str:
    if value["value"] is None:
        return "-"
    return f"{value['value']:.3f}  ({value['low']:.3f} to {value['high']:.3f})"


def _show(figures: dict, results: list[Result], console: Console) -> None:
    table = Table(box=None, show_header=False)
    for name in ("sensitivity", "specificity", "precision", "f1"):
        table.add_row(name, _share(figures[name]))
    delay, cost = figures["delay_s"], figures["ms_per_frame"]
    if delay["median"] is not None:
        table.add_row("delay after the body is down", f"median {delay['median']:.2f} s, p95 {delay['p95']:.2f} s")
    if figures["false_detections_per_hour"] is not None:
        table.add_row("false detections an hour", f"{figures['false_detections_per_hour']:.1f}")
    if cost["median"] is not None:
        table.add_row("a picture", f"median {cost['median']:.1f} ms, p95 {cost['p95']:.1f} ms")
    console.print(table)
    for title, wrong in _mistakes(results).items():
        if wrong:
            console.print(f"[bold]{title}[/]: " + ", ".join(result.clip for result in wrong))
    for result in results:
        if result.error:
            print(result.error, file=sys.stderr)


def _mistakes(results: list[Result]) -> dict[str, list[Result]]:
    wrong = [result for result in results if not result.right and not result.error]
    return {"missed falls": [r for r in wrong if r.label == "fall"],
            "false falls": [r for r in wrong if r.label == "adl"]}


def _page(results: list[Result], figures: dict) -> str:
    """One page to look through what went wrong, then the rest."""
    groups = {**_mistakes(results), "right": [r for r in results if r.right and not r.error],
              "could not be read": [r for r in results if r.error]}
    rows = "".join(f"<tr><td>{name}<td>{_share(figures[name])}" for name in
                   ("sensitivity", "specificity", "precision", "f1"))
    body = "".join(f"<h2>{title} ({len(group)})</h2><div class=clips>{''.join(map(_figure, group))}</div>"
                   for title, group in groups.items() if group)
    return ("<!doctype html><meta charset=utf-8><title>Falls</title><style>body{font:16px/1.5 system-ui;margin:2rem}"
            ".clips{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;width:20rem}video{width:100%}"
            "td{padding-right:2rem}</style>"
            f"<h1>Falls in {len(results)} clips</h1><table>{rows}</table>{body}")


def _figure(result: Result) -> str:
    said = ", ".join(f"{at_s:.1f} s" for at_s in result.detections_s) or "never"
    down = f", down at {result.end_s:.1f} s" if result.end_s is not None else ""
    picture = "" if result.error else (f"<video controls preload=none "
                                       f"src='{escape(str(video_path(Path(), result.clip)))}'></video>")
    return (f"<figure>{picture}<figcaption><b>{escape(result.clip)}</b> {result.label}{down}; detected: {said}"
            f" {escape(result.error)}</figcaption></figure>")
