"""What a command has started ends with it, however it ends: a watcher outlives the command and clears up after it.

`kill -9` and the out-of-memory killer give a process no time to end its children, and a robot whose launcher is gone
would go on driving. The watcher holds the reading end of a pipe whose writing end is the command's alone; when that
breaks, it ends all processes that carry the command's mark in their environment: children of children as well, in
whichever session, also programs that are not ours. (prctl's PR_SET_PDEATHSIG reaches only children, and already when
the thread ends that started them.)
"""
from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from pathlib import Path

import psutil

MARK = "ANBAN_LIFELINE"
GRACE_S = 5.0  # a node ends within a second of SIGTERM, a launcher of nodes within a few
_lock = threading.Lock()
_held: tuple[str, subprocess.Popen] | None = None


def hold() -> dict[str, str]:
    """The variable that a process must be started with to end with this one. The first call starts the watcher."""
    global _held
    with _lock:
        if _held is None:
            mark = f"{os.getpid()}-{secrets.token_hex(8)}"
            environment = {name: value for name, value in os.environ.items() if name != MARK}
            _held = mark, subprocess.Popen(
                [sys.executable, "-m", "robot.lifeline", mark], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=environment, cwd=Path(__file__).parents[1], start_new_session=True)
        return {MARK: _held[0]}


def marked(mark: str) -> list[psutil.Process]:
    """The processes that carry a mark and have not ended."""
    return [process for process in psutil.process_iter() if _mark(process) == mark]


def _mark(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "")
    except psutil.Error:
        return ""  # somebody else's, or it has just ended


def end_all(mark: str, grace_s: float = GRACE_S) -> None:
    """End the processes that carry a mark: SIGTERM, and SIGKILL for those that are still there after `grace_s`."""
    left = marked(mark)
    for process in left:
        _signal(process.terminate)
    psutil.wait_procs(left, timeout=grace_s)
    while left := marked(mark):  # also what one of them started meanwhile
        for process in left:
            _signal(process.kill)
        psutil.wait_procs(left, timeout=grace_s)


def _signal(send) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return  # it has ended meanwhile, which is what the signal was for


def main() -> None:
    """The watcher: wait until who holds the lifeline has ended."""
    Path("/proc/self/comm").write_text("anban-lifeline")  # what `top` and `ps` show
    sys.stdin.buffer.read()
    end_all(sys.argv[1])


if __name__ == "__main__":
    main()
