"""The command `anban`: mounts every command that an installed package announces in the group `anban.commands`."""
from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from robot.environment import prepare

_HELP = """
Anban (小安), a care robot for elderly people.

Examples:

  anban doctor                            is this machine fit for it?

  anban demo                              the first night: a fall, seen, answered, on the caregiver's page

  anban demo --story evening --language zh

  anban launch robot site:=config/home.yaml

  anban care serve --port 8080            the caregivers' side alone

  anban COMMAND --help                    more on each
"""


def make_app(commands: Any = None) -> typer.Typer:
    """The command line. `commands`: entry points to mount, each a typer.Typer or a function; default: all installed."""
    app = typer.Typer(name="anban", help=_HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
                      pretty_exceptions_enable=False)
    app.callback()(lambda: None)  # with one command alone typer would drop its name
    found = entry_points(group="anban.commands") if commands is None else commands
    for command in sorted(found, key=lambda entry: entry.name):
        _mount(app, command)
    return app


def _mount(app: typer.Typer, command: EntryPoint) -> None:
    try:
        target = command.load()
    except Exception as error:  # one broken command must not take the others with it: it says itself what is wrong
        app.command(command.name, help=f"(not usable: {type(error).__name__}: {error})", context_settings={
            "allow_extra_args": True, "ignore_unknown_options": True})(_broken(command, error))
        return
    if isinstance(target, typer.Typer) and len(target.registered_commands) == 1 and not (
            target.registered_groups or target.registered_callback):
        info = target.registered_commands[0]
        app.command(command.name, help=info.help, context_settings=info.context_settings,
                    no_args_is_help=info.no_args_is_help)(info.callback)
    elif isinstance(target, typer.Typer):
        app.add_typer(target, name=command.name)
    else:
        app.command(command.name)(target)


def _broken(command: EntryPoint, error: Exception):
    def tell() -> None:
        print(f"anban {command.name} cannot be used: {type(error).__name__}: {error}\n"
              "`anban doctor` checks the whole installation.", file=sys.stderr)
        raise typer.Exit(1)
    return tell


def main() -> None:
    """Entry of the `anban` script."""
    prepare()
    make_app()()


if __name__ == "__main__":
    main()
