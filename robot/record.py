"""`anban record`: topics of the running robot into an MCAP file, which Foxglove, rosbag2 and `anban replay` read."""
from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from robot.environment import join_simulation, prepare
from robot.replay import told


def app(
    output: Annotated[Path, typer.Argument(metavar="OUT.mcap", help="file to write; an old one is not written over")],
    topics: Annotated[str, typer.Option(help="regular expression for whole topic names")] = ".*",
    images: Annotated[bool, typer.Option("--images/--no-images", help="with camera pictures or without")] = True,
    sim_time: Annotated[bool, typer.Option("--sim-time", help="a simulation starts later: wait for its clock")] = False,
    duration: Annotated[float, typer.Option(metavar="S", min=0.0, help="end after so many seconds; 0: at Ctrl-C")] = 0,
) -> None:
    """Record ROS 2 topics, also those that appear later, until Ctrl-C.

    Where a simulation runs the times in the file are the simulation's; one that starts later must be given the same
    ROS_DOMAIN_ID. Pictures of a home are personal data: --no-images leaves them out.

    Examples: `anban record night.mcap`, `anban record eyes.mcap --topics '/camera/.*|/people|/falls|/tf.*'`,
    `anban record week.mcap --no-images --duration 3600`
    """
    output = output if output.suffix == ".mcap" else output.with_name(f"{output.name}.mcap")
    if output.exists():
        raise typer.BadParameter(f"{output} exists; give another name, or delete it first", param_hint="OUT.mcap")
    try:
        re.compile(topics)
    except re.error as error:
        raise typer.BadParameter(f"{topics!r} is no regular expression: {error}", param_hint="--topics") from None
    join_simulation()
    prepare()
    from robot.record_node import RecordNode  # rclpy reads the environment when it is imported
    from robot.ros import parameters, run
    values = parameters(output=str(output), topics=topics, images=images, duration_s=float(duration),
                        use_sim_time=sim_time)
    typer.echo(f"Recording into {output}; Ctrl-C ends it.")
    status = run(partial(RecordNode, parameter_overrides=values), insist=True)
    if status == 0:
        told(output)
    raise typer.Exit(status)
