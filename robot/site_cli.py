"""`anban site`: check a site file, draw it, and write it for other tools."""
from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated

import typer

from robot.output import output_folder
from robot.site import Site, SiteError, load_site

_HELP = """
Check, draw and export a site file (floor plan, residents, caregivers, sensors, schedules).

Examples:

anban site check my_home.yaml

anban site draw my_home.yaml -o my_home.png

anban site export my_home.yaml --format nav2 --out maps
"""
app = typer.Typer(help=_HELP, no_args_is_help=True, add_completion=False)
SiteFile = Annotated[Path, typer.Argument(help="site file, e.g. config/home.yaml")]


@app.command()
def check(file: SiteFile) -> None:
    """Say every problem with its line and remedy. Exit status 1 when there is one.

    Example: anban site check config/home.yaml
    """
    site = _load(file)
    sections = ("rooms", "residents", "caregivers", "sensors", "patrols", "medication")
    typer.echo(f"{file}: right ({', '.join(f'{name}: {len(getattr(site, name))}' for name in sections)})")


@app.command()
def draw(file: SiteFile,
         output: Annotated[Path, typer.Option("--output", "-o", help="picture to write")] = Path("site.png"),
         pixels_per_m: Annotated[int, typer.Option(min=10, max=500)] = 100) -> None:
    """Draw the floor plan: rooms, doors, furniture, docks and patrol stops.

    Example: anban site draw config/home.yaml -o home.png
    """
    import cv2  # only drawing needs these

    from robot.site_picture import picture
    if not cv2.imwrite(str(output), picture(_load(file), pixels_per_m)):
        typer.echo(f"{output}: cannot be written; give a path that ends in .png in a folder that exists", err=True)
        raise typer.Exit(1)
    typer.echo(str(output))


@app.command()
def export(file: SiteFile,
           form: Annotated[str, typer.Option("--format", help="nav2, sdf, mujoco, png or all")] = "all",
           out: Annotated[Path | None, typer.Option(help="folder to write to; default: the site's id")] = None) -> None:
    """Write the site for other tools, everywhere with the names of the site file.

    nav2: map.yaml and map.pgm for map_server; sdf: world.sdf for Gazebo; mujoco: world.xml, the simulator's own world;
    png: plan.png.

    Examples: `anban site export config/home.yaml`, `anban site export config/ward.yaml --format nav2 --out maps`
    """
    site = _load(file)
    known = {entry.name: entry for entry in entry_points(group="anban.site_formats")}
    if form != "all" and form not in known:
        typer.echo(f"no format {form!r}; use one of: all, {', '.join(sorted(known))}", err=True)
        raise typer.Exit(2)
    folder = output_folder(out or Path(site.site.id), "--out")
    try:
        for name in sorted(known) if form == "all" else [form]:
            for written in _writer(known[name])(site, folder):
                typer.echo(str(written))
    except (OSError, ValueError) as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(1) from None


def _writer(entry: EntryPoint):
    """The function behind a format. Ends the command where the part that writes it is not installed."""
    try:
        return entry.load()
    except ImportError as error:
        typer.echo(f"the format {entry.name} needs {error.name}: pip install 'anban[sim]'", err=True)
        raise typer.Exit(1) from None


def _load(file: Path) -> Site:
    try:
        return load_site(file)
    except SiteError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        typer.echo(f"{len(error.problems)} problem{'s' if len(error.problems) > 1 else ''} in {file}", err=True)
        raise typer.Exit(1) from None
