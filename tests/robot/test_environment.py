"""ROS gets its variables without overriding the user's, other programs get none, and test runs keep apart."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from robot import environment
from robot.resources import data_dir, resource


def test_the_users_own_settings_stand(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    monkeypatch.delenv("ROS_PYTHON_CHECK_FIELDS", raising=False)
    variables = environment.ros_variables()
    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" not in variables
    assert variables["ROS_PYTHON_CHECK_FIELDS"] == "1"


@pytest.mark.parametrize("domain", ["233", "-1", "living room", "²"])
def test_a_domain_that_there_is_not_is_told_with_what_would_be_right(monkeypatch, domain):
    monkeypatch.setenv("ROS_DOMAIN_ID", domain)
    with pytest.raises(SystemExit, match=f"ROS_DOMAIN_ID={domain}: .* from 0 to 232"):
        environment.prepare()


@pytest.mark.parametrize("domain", ["", "0", "232"])
def test_a_domain_that_there_is_stands(monkeypatch, domain):
    monkeypatch.setenv("ROS_DOMAIN_ID", domain)
    environment.prepare()
    assert os.environ["ROS_DOMAIN_ID"] == domain


def test_programs_outside_ros_do_not_see_its_libraries(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/somewhere/lib")
    assert "LD_LIBRARY_PATH" not in environment.outside_environment()


def test_two_processes_never_get_the_same_domain():
    code = "from robot.environment import reserve_domain; print(reserve_domain(), flush=True); input()"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True) for _ in range(4)]
    domains = [process.stdout.readline() for process in processes]
    for process in processes:
        process.communicate("\n", timeout=30)
    assert len(set(domains)) == 4


def test_commands_that_watch_find_the_simulation_beside_them(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environment.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(environment, "_held_locks", held := [])
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    environment.join_simulation()
    assert "ROS_DOMAIN_ID" not in os.environ
    domain = environment.reserve_domain()
    environment.join_simulation()
    assert os.environ["ROS_DOMAIN_ID"] == str(domain) and f"domain {domain}" in capsys.readouterr().out
    environment.reserve_domain()
    environment.join_simulation()  # the user's own choice stands
    assert os.environ["ROS_DOMAIN_ID"] == str(domain)
    monkeypatch.delenv("ROS_DOMAIN_ID")
    with pytest.raises(SystemExit, match="say which one"):
        environment.join_simulation()
    held.clear()  # they have ended
    environment.join_simulation()
    assert "ROS_DOMAIN_ID" not in os.environ


def test_a_field_of_the_wrong_type_is_refused():
    code = ("from robot.environment import prepare; prepare()\n"
            "from std_msgs.msg import Float32\nFloat32(data=3)")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "must be of type 'float'" in result.stderr


def test_the_projects_files_are_found_and_a_missing_one_is_named():
    assert resource("config/fastdds.xml").is_file()
    try:
        resource("config/nothing.yaml")
    except FileNotFoundError as error:
        assert "config/nothing.yaml" in str(error)
    else:
        raise AssertionError("a missing file was found")


def test_the_data_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("ANBAN_DATA", str(tmp_path / "here"))
    assert data_dir() == Path(tmp_path / "here")
    assert data_dir().is_dir()
