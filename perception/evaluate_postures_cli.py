"""`anban evaluate postures`: how often the posture of people in labelled pictures is named rightly."""
from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from perception.clip import Clip, ClipError
from perception.evaluation import COARSE, Named, is_right, posture_summary
from perception.mount import CameraOption, read_mount
from perception.posture import Posture
from robot.labels import LabelError, rows, seconds
from robot.measures import shown
from robot.site import Camera, SiteError

COLUMNS = ("clip", "start_s", "end_s", "posture")
NAMES = tuple(posture.name.lower() for posture in Posture)
Label = tuple[float, float, str]  # from, to [s], posture


def app(
    clips: Annotated[Path, typer.Argument(help="folder that the clips' paths start from")],
    labels: Annotated[Path, typer.Option(
        help="CSV with the columns clip,start_s,end_s,posture; no end_s: the one picture at start_s")],
    out: Annotated[Path | None, typer.Option(
        help="folder for postures.json and a page with the pictures that were named wrongly")] = None,
    rate: Annotated[float, typer.Option(help="pictures a second that are looked at", min=1.0, max=60.0)] = 10.0,
    camera: CameraOption = None,
) -> None:
    """Run the eyes over videos or still pictures with labelled postures and print and write the figures.

    Postures: standing, walking, sitting, bending, crouching, sitting_on_floor, lying_on_furniture, lying_on_floor; or
    coarser: upright, lying, kneeling. Where several people are in a picture the largest counts.

    Example: anban evaluate postures clips --labels postures.csv --out report
    """
    console = Console(highlight=False)
    try:
        wanted = read_labels(labels)
        if not wanted:
            raise LabelError(f"{labels}: no label in it")
        mount = read_mount(camera)
    except (LabelError, SiteError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    pictures: list[Named] = []
    wrong: list[tuple[Named, str]] = []
    failed = False
    for clip, spans in track(wanted.items(), "clips", console=console, transient=True):
        try:
            pictures += watch(clips / clip, clip, spans, rate, out, wrong, mount)
        except ClipError as error:
            print(error, file=sys.stderr)
            failed = True
    figures = posture_summary(pictures)
    target = (out or Path()) / "postures.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if out:
        (out / "postures.html").write_text(_page(figures, wrong), encoding="utf-8")
    _show(figures, console)
    console.print(f"Written: {target}" + (f", {out / 'postures.html'}" if out else ""))
    raise typer.Exit(1 if failed else 0)


def read_labels(path: Path) -> dict[str, list[Label]]:
    """Labelled stretches by clip. Raises LabelError."""
    found: dict[str, list[Label]] = {}
    for where, row in rows(path, COLUMNS):
        if row["posture"] not in (*NAMES, *COARSE):
            raise LabelError(f"{where}: posture {row['posture']!r}; one of {', '.join((*NAMES[1:], *COARSE))}")
        start_s = seconds(where, "start_s", row["start_s"]) or 0.0
        end_s = seconds(where, "end_s", row["end_s"])
        if end_s is not None and end_s < start_s:
            raise LabelError(f"{where}: ends at {end_s} s, before it starts at {start_s} s")
        found.setdefault(row["clip"], []).append((start_s, start_s if end_s is None else end_s, row["posture"]))
    return found


def watch(path: Path, clip: str, spans: list[Label], rate: float, out: Path | None,
          wrong: list[tuple[Named, str]], mount: Camera | None = None) -> list[Named]:
    """The labelled pictures of one clip; those named wrongly also go to `wrong`, with their files' names."""
    from perception.eyes import Eyes
    pictures: list[Named] = []
    half_s = 0.5 / rate + 1e-6
    with Eyes(mount=mount) as eyes:
        for time_s, picture in _pictures(path, rate):
            eyes.look(picture, time_s)
            truth = next((posture for start_s, end_s, posture in spans
                          if start_s - half_s <= time_s <= max(end_s, start_s) + half_s * (end_s == start_s)), None)
            if truth is None:
                continue
            people = [track for track in eyes.tracks if track.visible]
            main = max(people, key=lambda track: track.sight.pose.box[3] - track.sight.pose.box[1], default=None)
            posture, probability = main.posture if main else (None, 0.0)
            named = Named(clip, time_s, truth, posture.name.lower() if main else "", probability)
            pictures.append(named)
            if out and not is_right(named) and sum(entry.clip == clip for entry, _ in wrong) < 6:
                file = f"wrong/{clip.replace('/', '_')}-{time_s:.1f}.jpg"
                (out / "wrong").mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(out / file), eyes.drawn(picture)[:, :, ::-1])
                wrong.append((named, file))
    return pictures


def _pictures(path: Path, rate: float):
    """The clip's pictures; a still one is looked at three times, as the eyes believe nobody seen only once.

    As a camera at rest would show it, with noise: the eyes take equal pictures for one.
    """
    pictures = list(zip(range(2), Clip(path, rate), strict=False))
    if len(pictures) > 1:
        yield from Clip(path, rate)
        return
    for _, (_, picture) in pictures:
        noise = np.random.default_rng(0).integers(0, 3, (3, *picture.shape), dtype=np.uint8)
        yield from ((time_s, cv2.add(picture, grain))
                    for time_s, grain in zip((-2 / rate, -1 / rate, 0.0), noise, strict=True))


def _show(figures: dict, console: Console) -> None:
    table = Table("posture", "pictures", "found", "right of found", "named", box=None)
    for posture, row in figures["postures"].items():
        named = ", ".join(f"{name} {count}" for name, count in list(row["named"].items())[:4])
        table.add_row(posture, str(row["pictures"]), shown(row["found"]), shown(row["right_of_found"]), named)
    table.add_row("all", str(figures["pictures"]), shown(figures["found"]), shown(figures["right_of_found"]), "")
    console.print(table)
    if figures["calibration_error"] is not None:
        console.print(f"calibration error of the probabilities: {figures['calibration_error']:.3f}")


def _page(figures: dict, wrong: list[tuple[Named, str]]) -> str:
    rows_of = "".join(f"<tr><td>{posture}<td>{row['pictures']}<td>{shown(row['found'])}<td>"
                      f"{shown(row['right_of_found'])}<td>{escape(json.dumps(row['named']))}"
                      for posture, row in figures["postures"].items())
    mistakes = "".join(f"<figure><img src='{escape(file)}' loading=lazy><figcaption>{escape(entry.clip)} "
                    f"{entry.time_s:.1f} s: {entry.truth}, named {entry.named or 'nobody'} "
                    f"({entry.probability:.0%})</figcaption></figure>" for entry, file in wrong)
    return ("<!doctype html><meta charset=utf-8><title>Postures</title><style>body{font:16px/1.5 system-ui;margin:2rem}"
            "section{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;width:20rem}img{width:100%}"
            f"td,th{{padding-right:2rem;text-align:left}}</style><h1>Postures in {figures['pictures']} pictures</h1>"
            f"<table><tr><th>posture<th>pictures<th>found<th>right of found<th>named{rows_of}</table>"
            f"<h2>Named wrongly</h2><section>{mistakes}</section>")
