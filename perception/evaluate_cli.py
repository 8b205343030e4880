"""`anban evaluate falls`: how many falls in labelled clips are found, how soon, and how often it is wrong."""
from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
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
from perception.mount import CameraOption, read_mount
from robot.labels import LabelError, rows, seconds
from robot.measures import shown
from robot.site import Camera, SiteError

COLUMNS = ("clip", "label", "start_s", "end_s")


def app(
    clips: Annotated[Path, typer.Argument(help="folder that the clips' paths start from")],
    labels: Annotated[Path, typer.Option(help="CSV with the columns clip,label,start_s,end_s; label: fall or adl")],
    out: Annotated[Path | None, typer.Option(
        help="folder for falls.json, an annotated video of each clip and a page to look through the mistakes")] = None,
    state: Annotated[str, typer.Option(help="what counts as detected: suspected or confirmed")] = "suspected",
    model: Annotated[str, typer.Option(
        help="learnt: rules, and a model trained on simulated people; rule: rules alone")] = "learnt",
    rate: Annotated[float, typer.Option(help="pictures a second that are looked at", min=1.0, max=60.0)] = 10.0,
    jobs: Annotated[int, typer.Option(help="clips at once", min=1)] = 1,
    only: Annotated[str, typer.Option(help="only clips with this in their names")] = "",
    camera: CameraOption = None,
) -> None:
    """Run the fall detector over labelled video clips and print and write its figures.

    Example: anban evaluate falls clips --labels clips/labels.csv --out report
    """
    console = Console(highlight=False)
    try:
        if state not in ("suspected", "confirmed"):
            raise LabelError(f"--state {state!r}: suspected or confirmed")
        if model not in ("learnt", "rule"):
            raise LabelError(f"--model {model!r}: learnt or rule")
        clips_known = [row for row in read_labels(labels) if only in row.clip]
        if not clips_known:
            raise LabelError(f"{labels}: no clip" + (f" with {only!r} in its name" if only else " in it"))
        mount = read_mount(camera)
    except (LabelError, SiteError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    results, costs = _evaluate(clips_known, clips, out, FallState[state.upper()], rate, jobs, console, model,
                               mount)
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
    results = []
    for where, row in rows(path, COLUMNS):
        if row["label"] not in ("fall", "adl"):
            raise LabelError(f"{where}: label {row['label']!r}; write fall or adl")
        start_s, end_s = (seconds(where, name, row[name]) for name in ("start_s", "end_s"))
        results.append(Result(row["clip"], row["label"], end_s, 0.0, start_s=start_s))
    return results


def _evaluate(wanted: list[Result], clips: Path, out: Path | None, state: FallState, rate: float, jobs: int,
              console: Console, model: str, mount: Camera | None) -> tuple[list[Result], list[float]]:
    done: dict[str, Result] = {}
    costs: list[float] = []
    run = partial(watch, clips=clips, out=out, state=state, rate=rate, model=model, mount=mount)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("clips", total=len(wanted))

        def take(result: Result, cost_ms: list[float]) -> None:
            done[result.clip] = result
            costs.extend(cost_ms)
            progress.update(task, advance=1, description=result.clip[-40:])

        if jobs == 1:
            for row in wanted:
                take(*run(row))
        else:
            with ProcessPoolExecutor(jobs) as pool:
                for future in as_completed([pool.submit(run, row) for row in wanted]):
                    take(*future.result())
    return [done[row.clip] for row in wanted], costs


def watch(row: Result, clips: Path, out: Path | None, state: FallState, rate: float,
          model: str = "learnt", mount: Camera | None = None) -> tuple[Result, list[float]]:
    """Run the detector over one clip: what it detected, and the milliseconds that each picture took."""
    from perception.eyes import Eyes
    from perception.learnt import FallModel
    from perception.video import VideoFile
    detections, costs = [], []
    try:
        clip = Clip(clips / row.clip, rate)
        video = VideoFile(video_path(out, row.clip)) if out else None
        with Eyes(model=FallModel.load() if model == "learnt" else None, mount=mount) as eyes:
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
    return Result(row.clip, row.label, row.end_s, clip.duration_s, tuple(detections), row.start_s,
                  notes=(*clip.notes, *eyes.notes)), costs


def video_path(out: Path, clip: str) -> Path:
    """Where the annotated video of a clip lies."""
    return out / "videos" / (clip.replace("/", "_").rsplit(".", 1)[0] + ".mp4")


def _show(figures: dict, results: list[Result], console: Console) -> None:
    table = Table(box=None, show_header=False)
    for name in ("sensitivity", "specificity", "precision", "f1"):
        table.add_row(name, shown(figures[name]))
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
        for note in result.notes:
            print(f"{result.clip}: {note}", file=sys.stderr)
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
    rows = "".join(f"<tr><td>{name}<td>{shown(figures[name])}" for name in
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
            f" {escape('; '.join(result.notes) + result.error)}</figcaption></figure>")
