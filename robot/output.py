"""The folder into which a command writes, made and tried before it begins: what it makes may take an hour."""
from __future__ import annotations

import tempfile
from pathlib import Path

import typer


def output_folder(path: Path, option: str) -> Path:
    """The folder, made where it is missing. Ends the command where nothing can be written there; `option` names it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        typer.echo(f"{option}: {path} cannot be made a folder to write to: {error.strerror}; give another one",
                   err=True)
        raise typer.Exit(2) from None
