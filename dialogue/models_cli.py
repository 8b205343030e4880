"""`anban models`: show the speech models, bring one, say where one lies."""
from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from dialogue import models

app = typer.Typer(help="Speech models: show, fetch, locate.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show every known speech model and whether it is installed."""
    table = Table("model", "engine", "languages", "installed at")
    for model in models.list_models():
        where = str(model.path) if model.path else f"no; {models.how_to_install(model.name)}"
        table.add_row(model.name, model.engine, " ".join(model.languages), where)
    Console(width=160).print(table)
    typer.echo("A language is heard by Vosk where its Vosk model is installed, by Whisper otherwise.")


@app.command()
def fetch(name: str = typer.Argument(models.WHISPER, help="A name from `anban models list`.")) -> None:
    """Bring a model: Whisper from its installed packages, Vosk from the network. Checked by its hash."""
    model = _known(name)
    if model.path is not None:
        typer.echo(f"{name} is installed: {model.path}")
        return
    try:
        path = models.ensure_whisper() if model.engine == "whisper" else models.fetch_vosk(model.languages[0])
    except models.ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{name} installed: {path}")


@app.command()
def path(name: str = typer.Argument(models.WHISPER, help="A name from `anban models list`.")) -> None:
    """Print the folder of an installed model; exit status 1 where it is not installed."""
    model = _known(name)
    if model.path is None:
        typer.echo(f"{name} is not installed; {models.how_to_install(name)}", err=True)
        raise typer.Exit(1)
    typer.echo(str(model.path))


def _known(name: str) -> models.Model:
    for model in models.list_models():
        if model.name == name:
            return model
    names = ", ".join(model.name for model in models.list_models())
    raise typer.BadParameter(f"no model {name!r}; known: {names}")


if __name__ == "__main__":
    app()
