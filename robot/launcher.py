"""`anban launch FILE name:=value`: run the processes of a launch file, and end them all cleanly."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from robot import launch_file, lifeline
from robot.environment import ros_variables
from robot.resources import resource_root

# SIGINT lets a node shut down its own way; a node that hangs gets less and less patience.
_STOP_STEPS = ((signal.SIGINT, 8.0), (signal.SIGTERM, 4.0), (signal.SIGKILL, 4.0))
_SHORTEST_RESPAWN_S = 0.5  # a process that dies at once must not start a hundred times a second


class _Running:
    """One process of the launch: its output lines go out as they come, its end starts it again where that is asked."""

    def __init__(self, spec: launch_file.Process, launcher: Launcher) -> None:
        self.spec, self.exit_code, self.starts = spec, None, 0
        self._launcher, self._process = launcher, self._start()
        self.thread = threading.Thread(target=self._attend, name=spec.name, daemon=True)
        self.thread.start()

    def send(self, signum: int) -> None:
        """Signal the process and everything it started (they share a process group of their own)."""
        try:
            os.killpg(self._process.pid, signum)
        except ProcessLookupError:
            return  # it has ended meanwhile, which is what the signal was for

    def _start(self) -> subprocess.Popen:
        self.starts += 1
        try:
            return subprocess.Popen(self.spec.command, env={**self.spec.environment, **lifeline.hold()},
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, encoding="utf-8", errors="replace", start_new_session=True)
        except OSError as error:
            raise launch_file.LaunchError(
                f"{self.spec.name}: cannot start {self.spec.command[0]}: {error.strerror}") from error

    def _attend(self) -> None:
        launcher, code = self._launcher, 1
        try:
            while True:
                for line in self._process.stdout:
                    launcher.tell(self.spec.name, line.rstrip("\n"))
                code = self._process.wait()
                if not launcher.stopping.is_set() and code:
                    launcher.tell(self.spec.name, f"ended with status {code}")
                if not self.spec.respawn or launcher.stopping.wait(
                        max(self.spec.respawn_delay_s, _SHORTEST_RESPAWN_S)):
                    return
                with launcher.lock:
                    if launcher.stopping.is_set():
                        return
                    self._process = self._start()
        finally:
            self.exit_code = code
            launcher.process_ended(self.spec)


class Launcher:
    """The processes of one launch file. Use it as a context manager, or call start and stop.

    `on_line(process name, line)` is called from one thread per process. Raises LaunchError for a bad file, already when
    made.
    """

    def __init__(self, path: str | Path, arguments: Mapping[str, str] | None = None,
                 on_line: Callable[[str, str], None] | None = None,
                 environment: Mapping[str, str] | None = None) -> None:
        self.on_line = on_line or (lambda name, line: print(f"[{name}] {line}", flush=True))
        base = dict(os.environ if environment is None else environment)
        self.specs = launch_file.processes(path, arguments, {**ros_variables(), **base})
        self.stopping, self.over, self.lock = threading.Event(), threading.Event(), threading.Lock()
        self._running: list[_Running] = []
        self._untold = 0  # lines

    def start(self) -> Launcher:
        try:
            for spec in self.specs:
                self._running.append(_Running(spec, self))
        except launch_file.LaunchError:
            self.stop()
            raise
        self._look_for_the_end()
        return self

    def poll(self) -> int | None:
        """None while the launch goes on, otherwise its exit status (see stop)."""
        return self._status() if self.over.is_set() else None

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Block until every process has ended, or one whose end ends the launch. Returns as poll does."""
        self.over.wait(timeout_s)
        return self.poll()

    def stop(self) -> int:
        """End what still runs: SIGINT, then SIGTERM, then SIGKILL. Returns 0 if no process had failed before."""
        with self.lock:
            self.stopping.set()
        status = self._status()
        for signum, patience_s in _STOP_STEPS:
            alive = [running for running in self._running if running.thread.is_alive()]
            for running in alive:
                running.send(signum)
            share_s = patience_s / max(len(alive), 1)
            for running in alive:
                running.thread.join(share_s)
        return status

    @property
    def exit_codes(self) -> dict[str, int | None]:
        """Process name -> exit code (negative: the signal that ended it), None while it runs."""
        return {running.spec.name: running.exit_code for running in self._running}

    @property
    def restarts(self) -> dict[str, int]:
        """Process name -> how often it was started again."""
        return {running.spec.name: running.starts - 1 for running in self._running}

    def tell(self, name: str, line: str) -> None:
        """Hand on a line of a process. A disk that is full of its log, or a terminal that was closed, must not stop the
        robot: what cannot be written is lost, and counted."""
        try:
            if self._untold:
                self.on_line(name, f"(lines before this one that could not be written: {self._untold})")
                self._untold = 0
            self.on_line(name, line)
        except OSError:
            self._untold += 1

    def process_ended(self, spec: launch_file.Process) -> None:
        if spec.shutdown_on_exit:
            self.over.set()
        self._look_for_the_end()

    def _look_for_the_end(self) -> None:
        if len(self._running) == len(self.specs) and None not in [running.exit_code for running in self._running]:
            self.over.set()

    def _status(self) -> int:
        return max((abs(code) for code in self.exit_codes.values() if code), default=0)

    def __enter__(self) -> Launcher:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def find(name: str) -> Path:
    """A launch file by path, or by its bare name in the folder `launch` that comes with Anban."""
    if Path(name).is_file():
        return Path(name)
    folder = resource_root() / "launch"
    for suffix in ("", ".launch.xml", ".launch.yaml"):
        if (folder / f"{name}{suffix}").is_file():
            return folder / f"{name}{suffix}"
    known = ", ".join(sorted(path.name.split(".launch")[0] for path in folder.glob("*.launch.*")))
    raise launch_file.LaunchError(f"no launch file {name!r}; a path, or one of: {known or 'none'}")


def app(
    file: Annotated[str, typer.Argument(help="Launch file (XML or YAML), or the bare name of one of Anban's.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[NAME:=VALUE]...")] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the commands instead of running them.")] = False,
    show_args: Annotated[bool, typer.Option("--show-args", help="Print the arguments the file takes.")] = False,
) -> None:
    """Run a ROS 2 launch file without a ROS 2 installation.

    Example: anban launch robot site:=config/home.yaml
    """
    try:
        path = find(file)
        if show_args:
            for name, (default, text) in launch_file.declared_arguments(path).items():
                print(f"{name}:={'(required)' if default is None else default}   {text}".rstrip())
            return
        bad = [argument for argument in arguments or [] if ":=" not in argument]
        if bad:
            raise launch_file.LaunchError(f"{bad[0]!r} is no argument; write NAME:=VALUE")
        launcher = Launcher(path, dict(argument.split(":=", 1) for argument in arguments or []))
        if show:
            for spec in launcher.specs:
                print(f"{spec.name}: {subprocess.list2cmdline(spec.command)}")
            return
        raise typer.Exit(_run(launcher))
    except launch_file.LaunchError as error:
        print(f"anban launch: {error}", file=sys.stderr)
        raise typer.Exit(2) from None


def _run(launcher: Launcher) -> int:
    def end(*_: object) -> None:
        # An exception raised here could hit the start half way, and a lock that the main thread holds would hang.
        threading.Thread(target=launcher.over.set).start()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, end)
    launcher.start().wait()
    return launcher.stop()
