"""A launch file of either standard format says which processes to run, or why it cannot."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from robot import launch_file
from robot.launch_file import LaunchError
from robot.resources import resource_root


def resolve(tmp_path: Path, body: str, suffix: str = ".launch.xml", **arguments: str) -> list[launch_file.Process]:
    path = tmp_path / f"test{suffix}"
    path.write_text(f"<launch>{body}</launch>" if suffix.endswith("xml") else body, encoding="utf-8")
    return launch_file.processes(path, arguments, {"HOME": "/home/lin"})


def ros_arguments(process: launch_file.Process) -> list[str]:
    return process.command[process.command.index("--ros-args") + 1:]


def parameters(process: launch_file.Process) -> dict:
    arguments = ros_arguments(process)
    texts = [text for flag, text in zip(arguments, arguments[1:], strict=False) if flag == "-p"]
    return {name: yaml.safe_load(value) for name, value in (text.split(":=", 1) for text in texts)}


COMPOSE = '<node pkg="anban" exec="compose" args="a:A b:B"{}>{}</node>'


def test_a_node_of_ours_runs_as_a_module_with_its_arguments(tmp_path):
    [process] = resolve(tmp_path, COMPOSE.format("", ""))
    assert process.command == [sys.executable, "-m", "robot.compose", "a:A", "b:B"]


def test_name_namespace_remap_and_parameters_become_ros_arguments(tmp_path):
    [process] = resolve(tmp_path, '<push-ros-namespace namespace="home"/>' + COMPOSE.format(
        ' name="eyes" namespace="upper"',
        '<remap from="/image" to="/camera/image"/><param name="rate" value="10"/><param from="p.yaml"/>'))
    assert ros_arguments(process) == ["-r", "__node:=eyes", "-r", "__ns:=/home/upper", "-r", "/image:=/camera/image",
                                      "-p", "rate:=10", "--params-file", "p.yaml"]


def test_values_keep_the_type_that_they_look_like(tmp_path):
    [process] = resolve(tmp_path, COMPOSE.format("", (
        '<param name="a" value="1.5"/><param name="b" value="true"/><param name="c" value="1" type="str"/>'
        '<param name="d" value="小安: 你好"/><param name="e" value=""/><param name="f.g" value="[1, 2]"/>').replace(
        "小安: 你好", "'小安: 你好'")))
    assert parameters(process) == {"a": 1.5, "b": True, "c": "1", "d": "小安: 你好", "e": "", "f.g": [1, 2]}


def test_nested_parameters_get_dotted_names(tmp_path):
    [process] = resolve(tmp_path, COMPOSE.format("", '<param name="a"><param name="b" value="x"/></param>'))
    assert parameters(process) == {"a.b": "x"}


def test_an_argument_takes_the_given_value_or_its_default(tmp_path):
    body = '<arg name="site" default="home"/><executable cmd="echo $(var site)"/>'
    assert resolve(tmp_path, body)[0].command == ["echo", "home"]
    assert resolve(tmp_path, body, site="ward")[0].command == ["echo", "ward"]


def test_substitutions_nest_and_know_environment_folder_and_package(tmp_path):
    [process] = resolve(tmp_path, '<let name="which" value="HOME"/>'
                        '<executable cmd="echo $(env $(var which)) $(env X none) $(dirname) $(find-pkg-share anban)"/>')
    assert process.command == ["echo", "/home/lin", "none", str(tmp_path), str(Path(__file__).parents[2])]


def test_conditions_leave_elements_out(tmp_path):
    body = ('<arg name="voice" default="false"/><executable cmd="a" if="$(var voice)"/>'
            '<executable cmd="b" unless="$(var voice)"/>')
    assert [p.name for p in resolve(tmp_path, body)] == ["b"]
    assert [p.name for p in resolve(tmp_path, body, voice="true")] == ["a"]


def test_a_group_keeps_its_settings_to_itself(tmp_path):
    inside, outside = resolve(tmp_path, '<group><set_env name="A" value="1"/><executable cmd="in"/></group>'
                              '<executable cmd="out"/>')
    assert inside.environment["A"] == "1"
    assert "A" not in outside.environment


def test_an_included_file_gets_arguments_and_its_own_folder(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "part.launch.yaml").write_text(
        'launch:\n- arg: {name: who}\n- executable: {cmd: "echo $(var who) $(dirname)"}\n')
    [process] = resolve(tmp_path, '<include file="$(dirname)/parts/part.launch.yaml"><arg name="who" value="Lin"/>'
                        '</include>')
    assert process.command == ["echo", "Lin", str(tmp_path / "parts")]


def test_both_formats_say_the_same(tmp_path):
    xml = resolve(tmp_path, '<arg name="r" default="5"/>' + COMPOSE.format(
        ' name="eyes" respawn="true" respawn_delay="2" on_exit="shutdown"',
        '<param name="rate" value="10"/><param name="list" value="[a, b]"/><env name="E" value="1"/>'))
    text = """
launch:
- arg: {name: r, default: "5"}
- group:
  - node:
      pkg: anban
      exec: compose
      args: "a:A b:B"
      name: eyes
      respawn: true
      respawn_delay: 2
      on_exit: shutdown
      param:
      - {name: rate, value: 10}
      - {name: list, value: [a, b]}
      env:
      - {name: E, value: "1"}
"""
    assert resolve(tmp_path, text, ".launch.yaml") == xml


@pytest.mark.parametrize(("body", "message"), [
    ("<arg name='site'/>", r"test.launch.xml:1: the argument 'site' is required"),
    ("\n<timer period='1'/>", r"test.launch.xml:2: <timer> is not supported"),
    ("<executable cmd='$(var nothing)'/>", r"nothing is known for \$\(var nothing\)"),
    ("<executable cmd='$(eval 1+1)'/>", r"the substitution \$\(eval 1\+1\) is not supported"),
    ("<executable cmd='a' if='maybe'/>", r"'maybe' is neither true nor false"),
    ("<node pkg='nowhere' exec='x'/>", r"the package 'nowhere' has no executable 'x'"),
    ("<node pkg='anban'/>", r"<node> needs the attribute exec"),
    ("<executable cmd='a' colour='red'/>", r"<executable> has no attribute colour"),
    ("<include file='missing.launch.xml'/>", r"missing.launch.xml: cannot be read"),
    ("<group>", r"test.launch.xml:1: mismatched tag"),
])
def test_what_cannot_be_used_is_named_with_file_and_line(tmp_path, body, message):
    with pytest.raises(LaunchError, match=message):
        resolve(tmp_path, body)


def test_a_yaml_file_names_the_line_too(tmp_path):
    with pytest.raises(LaunchError, match=r"test.launch.yaml:3: <timer> is not supported"):
        resolve(tmp_path, "launch:\n- executable: {cmd: a}\n- timer: {period: 1}\n", ".launch.yaml")


def test_a_python_launch_file_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "x.launch.py").write_text("")
    with pytest.raises(LaunchError, match="ros2 launch"):
        launch_file.processes(tmp_path / "x.launch.py")


def test_declared_arguments_can_be_listed(tmp_path):
    (tmp_path / "x.launch.xml").write_text(
        '<launch><arg name="a" default="1" description="first"/><arg name="b"/></launch>')
    assert launch_file.declared_arguments(tmp_path / "x.launch.xml") == {"a": ("1", "first"), "b": (None, "")}


def test_whoever_handles_pictures_is_told_what_the_site_lets_be_shown():
    commands = [" ".join(process.command) for process in launch_file.processes(
        resource_root() / "launch/robot.launch.xml", {"site": "s", "journal": "j", "record": "true"})]
    handling = [command for command in commands if "VideoNode" in command or "PeopleNode" in command]
    assert len(handling) == 2 and all('site:="s"' in command for command in handling)


@pytest.mark.parametrize("render, eyes", [("true", True), ("false", False)])
def test_a_world_without_pictures_is_launched_without_the_robots_own_eyes(render, eyes):
    commands = [" ".join(process.command) for process in launch_file.processes(
        resource_root() / "launch/simulation.launch.xml", {"site": "s", "journal": "j", "render": render})]
    assert any("PeopleNode" in command for command in commands) == eyes
    assert any("FallNode" in command for command in commands)
    assert any('wait_for:="people ' in command for command in commands) == eyes
