"""`anban replay`: publish a recording again, with its clock, so that changed nodes can be tried on a recorded night."""
from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from robot.environment import prepare
from robot.recording import Offer, Recorded, RecordingError, offer

NUMBERS = ("messages", "Hz")
WIDTH = 200  # nothing is cut off, neither in a narrow window nor in a log
CLOCK = "/clock"  # replay publishes its own


def app(
    file: Annotated[Path, typer.Argument(metavar="FILE.mcap")],
    topics: Annotated[str, typer.Option(help="regular expression for whole topic names")] = ".*",
    rate: Annotated[float, typer.Option(metavar="R", help="2.0: twice as fast as it was")] = 1.0,
    start: Annotated[float, typer.Option(metavar="S", min=0.0, help="begin so many seconds into the recording")] = 0.0,
    remap: Annotated[list[str] | None, typer.Option(metavar="OLD:=NEW", help="publish OLD as NEW; repeatable")] = None,
    wait_for: Annotated[list[str] | None, typer.Option(
        metavar="TOPIC", help="do not begin before somebody listens to this topic; repeatable")] = None,
    info: Annotated[bool, typer.Option("--info", help="only print what the file holds")] = False,
) -> None:
    """Publish a recording's messages at their times, and its time as /clock: run what listens with use_sim_time.

    Examples:

    anban replay night.mcap --info

    anban replay night.mcap --topics '/camera/.*|/tf.*|/scan|/odom' --wait-for /camera/color/image_raw

    and beside it, on the recorded pictures, changed eyes (`ros2 run anban compose` where ROS 2 is installed):

    python -m robot.compose perception.people_node:PeopleNode perception.fall_node:FallNode
    --ros-args -p use_sim_time:=true -p site:=config/home.yaml
    """
    recorded = told(file)
    if info:
        return
    if rate <= 0.0:
        raise typer.BadParameter("give a number above 0", param_hint="--rate")
    try:
        chosen = [name for name in recorded.topics if re.fullmatch(topics, name) and name != CLOCK]
    except re.error as error:
        raise typer.BadParameter(f"{topics!r} is no regular expression: {error}", param_hint="--topics") from None
    if not chosen:
        raise typer.BadParameter(f"{topics!r} names no topic of {file}; it must match the whole name",
                                 param_hint="--topics")
    if start > recorded.duration_s:
        raise typer.BadParameter(f"the recording lasts {recorded.duration_s:.1f} s", param_hint="--start")
    names = {name: name for name in chosen}
    for pair in remap or []:
        old, separator, new = pair.partition(":=")
        if not separator or old not in names or not new.startswith("/"):
            raise typer.BadParameter(f"{pair!r}: write OLD:=NEW with a replayed topic and its new name, "
                                     "e.g. /scan:=/scan_recorded", param_hint="--remap")
        names[old] = new
    if unknown := set(wait_for or []) - set(names.values()):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is not replayed", param_hint="--wait-for")
    prepare()
    from robot.replay_node import ReplayNode  # rclpy reads the environment when it is imported
    from robot.ros import run
    raise typer.Exit(run(partial(ReplayNode, recorded, names, rate, start, frozenset(wait_for or [])), insist=True))


def told(file: Path) -> Recorded:
    """Open a recording and print what it holds. Exits with 2 where it cannot be read."""
    try:
        recorded = Recorded(file)
    except RecordingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    table = Table(box=None, pad_edge=False)
    for column in ("topic", "type", "messages", "Hz", "offered"):
        table.add_column(column, no_wrap=True, overflow="ignore", justify="right" if column in NUMBERS else "left")
    for topic in sorted(recorded.topics.values(), key=lambda topic: topic.name):
        table.add_row(topic.name, topic.type_name, str(topic.messages), frequency(topic.messages, recorded.duration_s),
                      in_words(offer(topic.offered_qos)))
    console = Console(highlight=False, width=WIDTH)
    console.print(table)
    total = sum(topic.messages for topic in recorded.topics.values())
    console.print(f"{file}: {total} messages of {len(recorded.topics)} topics, {recorded.duration_s:.1f} s, "
                  f"{recorded.size_bytes / 1e6:.1f} MB")
    if not recorded.finished:
        console.print("Its recorder was ended before it could close the file; all up to there is readable.")
    return recorded


def frequency(messages: int, duration_s: float) -> str:
    """Messages a second for people; nothing for what came once."""
    return f"{(messages - 1) / duration_s:.1f}" if messages > 1 and duration_s > 0 else ""


def in_words(how: Offer) -> str:
    return ("reliable" if how.reliable else "best effort") + (", latched" if how.latched else "")
