"""Where a command writes, made and tried before it begins: what it makes may take an hour. Files are written whole."""
from __future__ import annotations

import tempfile
from pathlib import Path

import typer


def output_folder(path: Path, option: str) -> Path:
    """The folder, made where it is missing. Ends the command where nothing can be written there; `option` names it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path, buffering=0) as file:  # on a full disk it can be made, not written
            file.write(b"\n")
        return path
    except OSError as error:
        typer.echo(f"{option}: {path} cannot be made a folder to write to: {error.strerror}; give another one",
                   err=True)
        raise typer.Exit(2) from None


def write_whole(path: Path, text: str) -> None:
    """Write a file wholly or not at all: what stood there before stays where that fails. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
