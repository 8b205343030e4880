"""`anban scenario`: run scenarios and judge them, list those that come with Anban, write and check new ones."""
from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from robot.output import output_folder
from robot.resources import data_dir
from robot.site import ID, SiteError
from sim.events import EVENTS
from sim.must import clock
from sim.scenario import Case, find, library, load_scenario, run_case, sweep, written
from sim.story import StoryError

app = typer.Typer(no_args_is_help=True, help="""
Scenarios: who does what in the simulated house, what breaks, and what must be true of it in the end.

Examples:

  anban scenario list

  anban scenario run night --seeds 1-3 --report out --junit out/junit.xml

  anban scenario new my_night, then anban scenario run my_night.yaml
""")
console = Console(highlight=False)
CORES_PER_RUN = 2  # the complete robot in real time (docs/figures.md)
TEMPLATE = """\
# What happens here, in a sentence or two, for people. Times are seconds since the start unless they say otherwise.
id: {name}
about: >
  Mrs. Lin stands in the corridor and falls in sight of the robot.
date: 2026-11-21
start: "15:00:00"        # no round before 22:00, no medicine before 20:00 (config/home.yaml)
light: day               # day, evening, night
render: true             # false: no pictures but postures with the eyes' measured errors, and quiet hours take seconds
noise_db: [34, 38]       # [low, high]: the seed draws
people:
  lin: {{at: [2.6, -0.8], facing_deg: 180}}   # or {{furniture: bed_1}}

script:                  # when: at, after (a step or event), robot_in, hears, hears_words; then `delay`
  - {{id: fall, who: lin, at: [4, 6], do: fall, kind: [sideways, trip_forward]}}
  - id: answer
    who: lin
    after: impact
    hears: 1
    delay: [0.7, 1.5]
    do: say
    words: {{en: "Help me, I cannot get up.", zh: "救命，我起不来了。", ja: "助けて、起き上がれません。"}}

# What breaks: camera, depth, scan, microphone, sensors, broker, platform (offline), mission (killed).
# faults: [{{part: platform, mode: offline, at: 0, until: 30}}]

nurse: {{acknowledges_after_s: 3}}   # leave out: nobody acknowledges

ends:
  - {{at: 90}}             # at the latest; also {{after: answer, delay: 20}}

# What must be true: event, never, count (equals, at_least, at_most), every ... followed_by, order; each with
# where, after, until, within_s. `anban scenario events` lists all events and their fields.
must:
  - {{event: fall_suspected, after: impact, within_s: [-1, 10]}}
  - {{event: alarm_raised, where: {{kind: fall, room: corridor}}, after: impact, within_s: 45, because: she lies there}}
  - {{count: alarm_raised, where: {{kind: fall}}, equals: 1}}
  - {{every: alarm_raised, followed_by: alarm_on_platform, within_s: 5}}
"""


@app.command("list")
def list_scenarios() -> None:
    """List the scenarios that come with Anban: what each is about and what it needs."""
    table = Table("scenario", "about", "needs", box=None, pad_edge=False)
    for path in library():
        story, _ = _load(path)
        table.add_row(f"[bold]{story.id}[/]", escape(" ".join(story.about.split())), ", ".join(story.needs))
    console.print(table)


@app.command()
def events() -> None:
    """List the events that checks may name, who tells them, and their fields."""
    table = Table("event", "told by", "meaning", "fields", box=None, pad_edge=False)
    for name, kind in EVENTS.items():
        table.add_row(f"[bold]{name}[/]", kind.teller, escape(kind.meaning), ", ".join(kind.fields))
    console.print(table)


@app.command()
def new(name: Annotated[str, typer.Argument(help="its id, and the name of its file")]) -> None:
    """Write a commented scenario to begin from, in this folder.

    Example: anban scenario new my_night
    """
    path = Path(f"{name}.yaml")
    if not re.fullmatch(ID, name):
        _refuse(f"{name!r} is no id; write small letters, digits, _ and -, e.g. my_night")
    if path.exists():
        _refuse(f"{path} exists; give another name")
    try:
        path.write_text(TEMPLATE.format(name=name), encoding="utf-8")
    except OSError as error:
        _refuse(f"{path} cannot be written: {error.strerror}; go to another folder")
    _load(path)
    console.print(f"{path}: change it, then `anban scenario check {path}` and `anban scenario run {path}`")


@app.command()
def check(files: Annotated[list[str], typer.Argument(help="scenario files or names")]) -> None:
    """Say every problem with its file, line and remedy, without running. Exit status 1 when there is one.

    Example: anban scenario check my_night.yaml
    """
    for name in files:
        story, _ = _load(_find(name))
        console.print(f"{name}: right (steps: {len(story.script)}, faults: {len(story.faults)}, checks: "
                      f"{len(story.must)}, at most {story.latest_end_s:g} s)")


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(help="scenarios by name, or files; `all` for the whole library")],
    seeds: Annotated[str, typer.Option(help="e.g. 1, 1-5 or 1,4,7")] = "1",
    jobs: Annotated[int, typer.Option(min=1, help=f"runs at a time; each wants {CORES_PER_RUN} cores")] = 1,
    language: Annotated[str, typer.Option(help="what residents and robot speak: en, zh, ja")] = "en",
    report: Annotated[Path | None, typer.Option(help="folder for the reports, one folder a run")] = None,
    junit: Annotated[Path | None, typer.Option(help="write a JUnit XML file for continuous integration")] = None,
    param: Annotated[list[str] | None, typer.Option(
        help="vary a value, e.g. noise_db=34,44 or script.fall.kind=sideways,trip_forward; again for more")] = None,
) -> None:
    """Run scenarios, each in fresh processes; exit status 0 only if every check of every run holds.

    Example: anban scenario run night evening --seeds 1-5 --report out --param noise_db=34,44
    """
    folder = report or data_dir() / "scenarios" / f"{datetime.now():%Y-%m-%d-%H%M%S}"
    folder = output_folder(folder, "--report").resolve()
    if junit:
        output_folder(junit.parent, "--junit")
    cases = _cases(names, seeds, language, param or [], folder)
    if jobs > 1 and jobs * CORES_PER_RUN > (os.cpu_count() or 1):
        console.print(f"[yellow]{jobs} runs at a time want {jobs * CORES_PER_RUN} cores, and there are "
                      f"{os.cpu_count()}: they may fall behind real time and fail for that.[/]")
    reports = _run_all(cases, folder, jobs)
    _summarise(cases, reports)
    if junit:
        junit_xml(cases, reports).write(junit, encoding="utf-8", xml_declaration=True)
    console.print(f"Reports: {folder} (timeline.html in each run's folder)")
    raise typer.Exit(0 if all(r["came_true"] for r in reports.values()) else 1)


def junit_xml(cases: list[Case], reports: dict[str, dict[str, Any]]) -> ElementTree.ElementTree:
    """One test case a check, one suite a run; a run that could not be made is an error of its suite."""
    root = ElementTree.Element("testsuites", name="anban scenarios")
    for case in cases:
        result = reports[case.name]
        failed = [c for c in result["checks"] if c["state"] != "holds"]
        broken = result["failure"] if not result["came_true"] and not failed else ""
        suite = ElementTree.SubElement(
            root, "testsuite", name=case.name, tests=str(len(result["checks"]) + bool(broken)),
            failures=str(len(failed)), errors=str(int(bool(broken))), time=str(result["figures"].get("wall_s", 0)))
        for one in result["checks"]:
            test = ElementTree.SubElement(suite, "testcase", classname=case.name, name=one["check"])
            if one["state"] != "holds":
                ElementTree.SubElement(test, "failure", message=one["why"]).text = one["because"]
        if broken:
            test = ElementTree.SubElement(suite, "testcase", classname=case.name, name="the run itself")
            ElementTree.SubElement(test, "error", message=broken)
    return ElementTree.ElementTree(root)


def numbers(text: str) -> list[int]:
    """`1-3,7` -> [1, 2, 3, 7]. Raises ValueError."""
    found = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        found += range(int(low), int(high if dash else low) + 1)
    if not found:
        raise ValueError("no number")
    return found


def _cases(names: list[str], seeds: str, language: str, parameters: list[str], folder: Path) -> list[Case]:
    try:
        chosen = numbers(seeds)
    except ValueError:
        _refuse(f"--seeds {seeds!r}: write numbers such as 1, 1-5 or 1,4,7")
    if language not in ("en", "zh", "ja"):
        _refuse(f"--language {language!r}: use one of en, zh, ja")
    paths = library() if names == ["all"] else [_find(name) for name in names]
    try:
        cases = [Case(path, seed, language, values) for path in paths for values in sweep(parameters)
                 for seed in chosen]
        for case in cases:
            written(case, folder / case.name)  # every mistake is told before the first run
    except (StoryError, SiteError) as error:
        _refuse(str(error))
    return cases


def _run_all(cases: list[Case], folder: Path, jobs: int) -> dict[str, dict[str, Any]]:
    """All cases, so many at a time, with a progress bar. Ctrl-C ends those under way and raises."""
    reports: dict[str, dict[str, Any]] = {}
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("[dim]{task.fields[now]}"))
    # In this order: the runs are told to end before the pool waits for its threads.
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(jobs) as pool, _children() as started:
        whole = progress.add_task("runs", total=len(cases), now="")

        def one(case: Case) -> dict[str, Any]:
            latest_s = load_scenario(case.path)[0].latest_end_s
            bar = progress.add_task(f"  {case.name}", total=round(latest_s), now="starting")

            def show(sim_time_s: float, words: str) -> None:
                progress.update(bar, completed=round(sim_time_s), **({"now": escape(words)} if words else {}))

            try:
                return run_case(case, folder / case.name, show, started.append)
            finally:
                progress.remove_task(bar)

        futures = {pool.submit(one, case): case for case in cases}
        try:
            for future in as_completed(futures):
                case, result = futures[future], future.result()
                reports[case.name] = result
                sign = "[green]came true[/]" if result["came_true"] else f"[red]{escape(result['failure'])}[/]"
                progress.console.print(f"{case.name}: {sign}")
                progress.advance(whole)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return reports


@contextmanager
def _children() -> Iterator[list]:
    """Runs under way; they are told to end, each closing what it started, when this is left early."""
    started: list = []
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield started
    except BaseException:
        for process in started:
            if process.poll() is None:
                process.terminate()
        raise


def _summarise(cases: list[Case], reports: dict[str, dict[str, Any]]) -> None:
    table = Table("run", "checks", "simulated", "wall", "what does not hold", box=None, pad_edge=False)
    for case in cases:
        result = reports[case.name]
        held = sum(c["state"] == "holds" for c in result["checks"])
        color, figures = "green" if result["came_true"] else "red", result["figures"]
        wrong = [f"{c['check']}: {c['why']}" for c in result["checks"] if c["state"] != "holds"] or [result["failure"]]
        table.add_row(case.name, f"[{color}]{held}/{len(result['checks'])}[/]", clock(figures.get("simulated_s", 0.0)),
                      f"{figures.get('wall_s', 0.0):.0f} s", escape("\n".join(wrong)))
    console.print(table)


def _find(name: str) -> Path:
    try:
        return find(name)
    except StoryError as error:
        _refuse(str(error))


def _load(path: Path) -> Any:
    try:
        return load_scenario(path)
    except (StoryError, SiteError) as error:
        _refuse(str(error))


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)
