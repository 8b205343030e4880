"""`anban sentences`: check the files that say what residents may say to the robot."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from dialogue.sentence_checks import check
from robot.resources import resource
from robot.site import LANGUAGES

app = typer.Typer(help="What residents may say: the sentence files of config/sentences.", no_args_is_help=True)


@app.callback()
def sentences() -> None:
    """What residents may say: the sentence files of config/sentences."""


@app.command("check")
def check_(
    files: Annotated[list[Path] | None, typer.Argument(help="sentence files; none: all that Anban has")] = None,
) -> None:
    """Say file, line and remedy for every fault; the example sentences of each intent are tried as its tests.

    Examples:

      anban sentences check

      anban sentences check my_dialect.yaml
    """
    faulty = False
    for path in files or [resource(f"config/sentences/{language}.yaml") for language in LANGUAGES]:
        with Console(stderr=True).status(f"{escape(str(path))}: trying its sentences"):
            faults, tried = check(path)
        for fault in faults:
            print(fault, file=sys.stderr)
        if not faults:
            print(f"{path}: good; {tried} example sentences are understood as they should be", flush=True)
        faulty = faulty or bool(faults)
    raise typer.Exit(1 if faulty else 0)


if __name__ == "__main__":
    app()
