"""A simulation whose command is killed with SIGKILL leaves nothing behind: robot, world, broker, platform, browser."""
import subprocess
import sys

import psutil
import pytest

from tests.robot.care_platform import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WHOLE = {  # words of command lines; with all of them there the robot is being woken, or awake
    "demo --headless": ["simulator_node", "mission_node", "dialogue_node", "mosquitto", "care serve", "chromium"],
    "scenario run night": ["sim.run", "simulator_node", "mission_node", "dialogue_node", "mosquitto"]}


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""  # it has just ended


@pytest.mark.parametrize("words", WHOLE)
def test_all_processes_of_a_simulation_end_with_the_command_that_is_killed(words, tmp_path):
    started: dict[int, psutil.Process] = {}

    def running() -> str:
        started.update((child.pid, child) for child in psutil.Process(command.pid).children(recursive=True))
        return "\n".join(command_line(child) for child in started.values())

    with subprocess.Popen([sys.executable, "-m", "robot.cli", *words.split(), "--report", str(tmp_path)],
                          stdout=subprocess.DEVNULL) as command:
        try:
            until(lambda: all(word in running() for word in WHOLE[words]), "everything to run", 180)
        finally:
            command.kill()
    _, left = psutil.wait_procs(started.values(), timeout=60)
    for process in left:
        process.kill()
    assert left == []
