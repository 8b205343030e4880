"""The command `anban`: mounts every command that an installed package announces in the group `anban.commands`."""
from __future__ import annotations

import ast
import signal
import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from robot.environment import prepare
from robot.interrupts import on_interrupt
from robot.resources import DataFolderError

_HELP = """
Anban (小安), a care robot for elderly people.

Examples:

  anban doctor                            is this machine fit for it?

  anban demo                              the first night: a fall, seen, answered, on the caregiver's page

  anban demo --story evening --language zh

  anban launch robot site:=config/home.yaml

  anban view                              the running robot in the browser

  anban record night.mcap                 its topics into a file for Foxglove, rosbag2 and anban replay

  anban care serve --port 8080            the caregivers' side alone

  anban watch fall.mp4 --out seen.mp4     what the eyes make of a video

  anban evaluate falls clips --labels clips/labels.csv

  anban evaluate speech wavs --transcripts wavs/transcripts.csv

  anban talk --text                       what is understood and answered

  anban sentences check                   what residents may say to it

  anban voices samples --out voices       how it may sound

  anban COMMAND --help                    more on each
"""

_GROUPS = {"evaluate": "How good are eyes and ears? Run them over your own labelled recordings.\n\n"
                       "Example: anban evaluate falls clips --labels clips/labels.csv --out report"}


def make_app(commands: Any = None) -> typer.Typer:
    """The command line. `commands`: entry points to mount, each a typer.Typer or a function; default: all installed.

    A command is imported when it is asked for: neither `anban doctor` nor a list of commands loads the simulator.
    Names with a dot are commands of a group: "evaluate.falls" is `anban evaluate falls`.
    """
    announced = entry_points(group="anban.commands") if commands is None else commands
    return _group("anban", _HELP, {command.name: command for command in announced})


def _group(title: str, text: str, found: dict[str, EntryPoint]) -> typer.Typer:
    """A group of commands; those with a dot in their names go into groups of their own."""
    class Commands(TyperGroup):
        def list_commands(self, context: Any) -> list[str]:
            return sorted({name.split(".")[0] for name in found})

        def get_command(self, context: Any, name: str) -> Any:
            if name in found:
                return _load(found[name])
            inner = {key.removeprefix(f"{name}."): entry for key, entry in found.items() if key.startswith(f"{name}.")}
            return typer.main.get_command(_group(name, _GROUPS.get(name, ""), inner)) if inner else None

        def format_commands(self, context: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, _summary(found[name]) if name in found else _first_line(_GROUPS.get(name)))
                                    for name in self.list_commands(context)])

    app = typer.Typer(name=title, cls=Commands, help=text, no_args_is_help=True, add_completion=False,
                      rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    return app


def _summary(entry: EntryPoint) -> str:
    """What a command is for, by the first line of its module ("`anban talk`: ..."); where there is none, why not."""
    try:
        source = find_spec(entry.module).loader.get_source(entry.module)
    except (ImportError, AttributeError) as error:
        return f"(not usable: {error})"
    line = _first_line(ast.get_docstring(ast.parse(source or "")))
    text = line.partition("`: ")[2] or line
    return text[:1].upper() + text[1:]


def _first_line(text: str | None) -> str:
    return (text or "").split("\n")[0]


def _load(entry: EntryPoint) -> Any:
    """The command behind an entry point; where it cannot be imported, one that says why."""
    try:
        with on_interrupt(signal.SIG_DFL):
            target = entry.load()
    except Exception as error:  # one broken command must not take the others with it
        target = _broken(entry, error)
    if not isinstance(target, typer.Typer):
        function, target = target, typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        target.command(entry.name)(function)
    command = typer.main.get_command(target)
    command.name = entry.name
    return command


def _broken(entry: EntryPoint, error: Exception) -> typer.Typer:
    why = f"{type(error).__name__}: {error}"
    app = typer.Typer()

    @app.command(help=f"(not usable: {why})", context_settings={"ignore_unknown_options": True})
    def tell(words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        print(f"anban {entry.name} cannot be used: {why}\n`anban doctor` checks the whole installation.",
              file=sys.stderr)
        raise typer.Exit(1)

    return app


def main() -> None:
    """Entry of the `anban` script."""
    prepare()
    try:
        make_app()()
    except DataFolderError as error:
        sys.exit(f"{error.filename} cannot be made the folder of models and journals: {error.strerror}; set ANBAN_DATA "
                 "to another one")


if __name__ == "__main__":
    main()
