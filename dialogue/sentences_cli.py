"""`anban sentences`: check the files that say what residents may say to the robot."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dialogue.sentence_checks import Fault, check
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
    faults: list[Fault] = []
    for path in files or [resource(f"config/sentences/{language}.yaml") for language in LANGUAGES]:
        found, tried = check(path)
        faults += found
        if not found:
            print(f"{path}: good; {tried} example sentences are understood as they should be")
    for fault in faults:
        print(fault, file=sys.stderr)
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    app()
