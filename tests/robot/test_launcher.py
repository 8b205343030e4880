"""The launcher starts real processes, hands on their words, and leaves none behind."""
from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from robot import cli
from robot.launch_file import LaunchError
from robot.launcher import Launcher

WAITS = "import os, signal\nprint('ready', os.getpid(), flush=True)\nwhile True: signal.pause()\n"
IGNORES_SIGINT = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + WAITS
HAS_A_CHILD = ("import subprocess, sys\n"
               "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
               "print('child', child.pid, flush=True)\nchild.wait()\n")


class Lines:
    """Collects the lines of all processes and lets a test wait for one."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = threading.Condition()

    def __call__(self, name: str, line: str) -> None:
        with self._news:
            self.lines.append((name, line))
            self._news.notify_all()

    def wait_for(self, name: str, start: str, count: int = 1) -> str:
        def found() -> list[str]:
            return [line for who, line in self.lines if who == name and line.startswith(start)]
        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= count, timeout=30), self.lines
            return found()[-1]


@pytest.fixture()
def launch(tmp_path: Path):
    """Write a launch file of Python scripts, given as name -> (code, attributes), and make its launcher."""
    def make(**scripts: tuple[str, str]) -> tuple[Launcher, Lines]:
        lines = Lines()
        return Launcher(write(tmp_path, **scripts), on_line=lines), lines
    return make


def write(tmp_path: Path, **scripts: tuple[str, str]) -> Path:
    elements = []
    for name, (code, attributes) in scripts.items():
        (tmp_path / f"{name}.py").write_text(code)
        command = f"{sys.executable} {tmp_path}/{name}.py {tmp_path}/{name}.txt"
        elements.append(f'<executable name="{name}" cmd="{command}" {attributes}/>')
    path = tmp_path / "test.launch.xml"
    path.write_text("<launch>" + "".join(elements) + "</launch>")
    return path


def test_output_goes_to_the_callback_and_exit_codes_are_kept(launch):
    launcher, lines = launch(good=("print('hello')", ""), bad=("import sys; sys.exit(3)", ""))
    with launcher:
        assert launcher.wait(30) == 3
    assert ("good", "hello") in lines.lines
    assert launcher.exit_codes == {"good": 0, "bad": 3}


def test_a_log_that_cannot_be_written_stops_nothing_and_is_told_when_it_can_be(launch):
    launcher, lines = launch(talks=("import signal\nfor n in range(5): print('line', n, flush=True)\n" + WAITS, ""))
    heard = []

    def full_disk(name: str, line: str) -> None:
        heard.append(line)
        if len(heard) <= 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        lines(name, line)

    launcher.on_line = full_disk
    with launcher:
        lines.wait_for("talks", "ready")
        assert launcher.poll() is None
    assert ("talks", "(lines before this one that could not be written: 3)") in lines.lines
    assert ("talks", "line 3") in lines.lines


def test_stopping_ends_every_process_and_is_no_failure(launch):
    launcher, lines = launch(one=(WAITS, ""), two=(WAITS, ""))
    launcher.start()
    pids = [int(lines.wait_for(name, "ready").split()[1]) for name in ("one", "two")]
    assert launcher.stop() == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


@pytest.mark.slow
def test_a_process_that_ignores_sigint_is_ended_all_the_same(launch):
    launcher, lines = launch(stubborn=(IGNORES_SIGINT, ""))
    launcher.start()
    lines.wait_for("stubborn", "ready")
    launcher.stop()
    assert launcher.exit_codes == {"stubborn": -signal.SIGTERM}


def test_children_of_a_process_end_with_it(launch):
    launcher, lines = launch(parent=(HAS_A_CHILD, ""))
    launcher.start()
    child = int(lines.wait_for("parent", "child").split()[1])
    launcher.stop()
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_process_is_started_again_when_it_dies(launch):
    launcher, lines = launch(phoenix=(WAITS, 'respawn="true" respawn_delay="0.1"'))
    with launcher:
        for count in (1, 2):
            os.kill(int(lines.wait_for("phoenix", "ready", count).split()[1]), signal.SIGKILL)
        lines.wait_for("phoenix", "ready", 3)
    assert launcher.restarts == {"phoenix": 2}


def test_a_process_may_end_the_whole_launch(launch):
    launcher, lines = launch(story=("print('done')", 'on_exit="shutdown"'), robot=(WAITS, ""))
    with launcher:
        assert launcher.wait(30) == 0
    assert launcher.exit_codes["robot"] is not None


def test_a_program_that_does_not_exist_stops_the_start_and_leaves_nothing(tmp_path):
    lines = Lines()
    path = write(tmp_path, first=(WAITS, ""))
    path.write_text(path.read_text().replace("</launch>", '<executable cmd="/no/such/program"/></launch>'))
    with pytest.raises(LaunchError, match="cannot start /no/such/program"):
        Launcher(path, on_line=lines).start()
    assert not [child for child in psutil.Process().children() if str(tmp_path) in " ".join(child.cmdline())]


def test_the_command_ends_its_processes_when_it_is_interrupted(tmp_path):
    path = write(tmp_path, one=(WAITS, ""))
    command = [sys.executable, "-m", "robot.cli", "launch", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pid = int(process.stdout.readline().split()[2])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not psutil.pid_exists(pid)


def test_the_command_prints_what_it_would_run(tmp_path):
    result = CliRunner().invoke(cli.make_app(), ["launch", "--print", str(write(tmp_path, one=("", "")))])
    assert result.output.startswith(f"one: {sys.executable}")


def test_the_command_says_what_is_wrong_with_an_argument(tmp_path):
    result = CliRunner().invoke(cli.make_app(), ["launch", str(write(tmp_path, one=("", ""))), "site=home"])
    assert (result.exit_code, "write NAME:=VALUE" in result.output) == (2, True)


def test_a_node_of_ours_starts_from_a_launch_file(tmp_path):
    path = tmp_path / "node.launch.xml"
    path.write_text('<launch><node pkg="anban" exec="compose" args="--help"/></launch>')
    lines = Lines()
    with Launcher(path, on_line=lines) as launcher:
        assert launcher.wait(60) == 0
    assert lines.lines[0][1].startswith("usage: compose")
