"""`anban doctor`: is this machine fit to run Anban, and what is to be done where it is not?

Each part brings its own checks: a list CHECKS of Check in a module announced in the entry-point group `anban.checks`.
Every check runs in a process of its own, so that one that crashes or hangs is a finding like any other.
"""
from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint, entry_points
from multiprocessing.connection import Connection
from typing import Annotated, Any, Literal

import typer

from robot.interrupts import on_interrupt

Level = Literal["ok", "warn", "error"]
_COLORS = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "error": typer.colors.RED}


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it unless all is well."""
    level: Level
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A question to this machine. `ask` is a plain function of a module; an exception counts as an error."""
    name: str
    ask: Callable[[], Finding]
    remedy: str = ""  # for when `ask` raises, crashes or gives no answer
    timeout_s: float = 90.0


def diagnose(modules: Any = None) -> Iterator[tuple[str, Finding]]:
    """Ask everything, one after the other. `modules`: entry points with CHECKS; default: all installed."""
    found = entry_points(group="anban.checks") if modules is None else modules
    for module in sorted(found, key=lambda entry: entry.name != "robot"):  # the ground floor first
        for check in _checks_of(module):
            yield check.name, (check if isinstance(check, _Missing) else _Apart(check))()


@dataclass(frozen=True)
class _Missing:
    """Stands for the checks of a part that cannot even be imported."""
    name: str
    error: str

    def __call__(self) -> Finding:
        return Finding("error", self.error, "run make setup again")


def _checks_of(module: EntryPoint) -> list[Check | _Missing]:
    try:
        return list(module.load())
    except Exception as error:  # whatever is wrong with a part is what the doctor is for
        return [_Missing(module.name, f"{type(error).__name__}: {error}")]


class _Apart:
    """Runs one check in a process of its own."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __call__(self) -> Finding:
        context = multiprocessing.get_context("spawn")  # a fork would share the middleware's threads
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(self._check, sender), daemon=False)
        with on_interrupt(signal.SIG_IGN):  # what this process starts, it ends itself
            process.start()
        sender.close()
        try:
            if not receiver.poll(self._check.timeout_s):
                return Finding("error", f"no answer within {self._check.timeout_s:.0f} s", self._check.remedy)
            return receiver.recv()
        except EOFError:
            process.join()
            return Finding("error", f"crashed (status {process.exitcode})", self._check.remedy)
        except KeyboardInterrupt:
            process.kill()
            raise
        finally:
            process.join(5.0)
            if process.is_alive():
                process.kill()
            process.join()


def _answer(check: Check, sender: Connection) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # libraries chat while they load; only the finding counts
    os.dup2(quiet, 2)
    try:
        sender.send(check.ask())
    except Exception as error:
        sender.send(Finding("error", f"{type(error).__name__}: {error}", check.remedy))


def app(as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False) -> None:
    """Check this machine, and say what to do about each fault. Exit status 1 if anything is an error.

    Example: anban doctor --json
    """
    findings: list[tuple[str, Finding]] = []
    for name, finding in diagnose():
        findings.append((name, finding))
        if not as_json:
            typer.secho(f"{finding.level:<6}", fg=_COLORS[finding.level], nl=False)
            typer.echo(f"{name:<22} {finding.message}")
            if finding.level != "ok" and finding.remedy:
                typer.echo(f"{'':<28} -> {finding.remedy}")
    fit = all(finding.level != "error" for _, finding in findings)
    if as_json:
        typer.echo(json.dumps({"fit": fit, "checks": [{"name": name, **asdict(finding)} for name, finding in findings]},
                              ensure_ascii=False, indent=2))
    elif fit:
        typer.echo("This machine is fit for Anban.")
    raise typer.Exit(0 if fit else 1)
