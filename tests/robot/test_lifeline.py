"""Whoever started processes is killed with SIGKILL; not one of them may be left. Real processes, real signals."""
from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from robot import lifeline

WAITS = "import signal\nprint('up', flush=True)\nsignal.pause()\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS
HAS_A_CHILD = ("import subprocess, sys\n"
               "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], start_new_session=True)\n"
               + WAITS)
STARTS = """\
import subprocess, sys
from robot import lifeline
codes = sys.argv[1:]
started = [subprocess.Popen([sys.executable, "-c", code], env=lifeline.hold(), stdout=subprocess.PIPE,
                            start_new_session=True) for code in codes]
for process in started:
    process.stdout.readline()
print("all up", flush=True)
started[0].wait()
"""


@pytest.fixture
def ended() -> Iterator:
    """Start a program, wait for its first line, kill it; returns who of its children is left after so many seconds."""
    found: list[psutil.Process] = []

    def kill(command: list[str], wait_s: float) -> list[psutil.Process]:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            program.stdout.readline()
            found.extend(psutil.Process(program.pid).children(recursive=True))
            program.kill()
        return psutil.wait_procs(found, timeout=wait_s)[1]

    yield kill
    assert len(found) > 1, "there was nothing to be ended"
    for process in found:
        if process.is_running():
            process.kill()


def test_children_and_their_children_end_with_who_is_killed(ended):
    assert ended([sys.executable, "-c", STARTS, WAITS, HAS_A_CHILD], 20) == []


@pytest.mark.slow
def test_a_process_that_does_not_heed_sigterm_ends_all_the_same(ended):
    assert ended([sys.executable, "-c", STARTS, STUBBORN], lifeline.GRACE_S + 20) == []


def test_a_launch_ends_with_its_launcher(ended, tmp_path):
    (tmp_path / "waits.py").write_text(WAITS)
    (tmp_path / "waits.launch.xml").write_text(
        "<launch>" + "".join(f'<executable name="{name}" cmd="{sys.executable} {tmp_path}/waits.py" respawn="true"/>'
                             for name in ("one", "two")) + "</launch>")
    assert ended([sys.executable, "-m", "robot.cli", "launch", str(tmp_path / "waits.launch.xml")], 20) == []


def test_others_processes_are_let_be():
    stranger = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE)
    own = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, env=lifeline.hold())
    try:
        stranger.stdout.readline(), own.stdout.readline()
        assert [process.pid for process in lifeline.marked(lifeline.hold()[lifeline.MARK])] == [own.pid]
        assert lifeline.marked("nobody's") == []
    finally:
        for process in (stranger, own):
            process.kill()
            process.communicate()
