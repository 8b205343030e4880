"""The command line mounts what is installed, and one broken command does not take the others with it."""
from __future__ import annotations

import signal
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner

from robot import cli

group = typer.Typer(help="A group.")
single = typer.Typer()


@group.command()
def one() -> None:
    print("group one")


@group.command()
def two() -> None:
    print("group two")


@single.command()
def whatever(name: str) -> None:
    print("single", name)


def plain(loud: bool = False) -> None:
    print("plain", loud)


def run(*words: str):
    commands = [EntryPoint(name, f"{__name__}:{name}", "anban.commands") for name in ("group", "single", "plain")]
    commands += [EntryPoint(f"evaluate.{name}", f"{__name__}:plain", "anban.commands") for name in ("falls", "speech")]
    broken = EntryPoint("broken", "nowhere.cli:app", "anban.commands")
    return CliRunner().invoke(cli.make_app([*commands, broken]), words)


def test_groups_single_commands_and_functions_are_mounted():
    assert run("group", "two").output == "group two\n"
    assert run("single", "Lin").output == "single Lin\n"
    assert run("plain", "--loud").output == "plain True\n"


def test_a_dot_in_a_name_makes_a_group():
    assert run("evaluate", "speech", "--loud").output == "plain True\n"
    shown = run("evaluate", "--help").output
    assert "falls" in shown and "speech" in shown and run("evaluate", "nothing").exit_code == 2


def test_a_broken_command_says_why_and_leaves_the_others_alone():
    result = run("broken", "--any", "thing")
    assert (result.exit_code, "No module named 'nowhere'" in result.output) == (1, True)


def test_ctrl_c_while_a_command_loads_ends_it_without_a_word(tmp_path):
    (tmp_path / "large.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    code = ("import sys; from importlib.metadata import EntryPoint; from robot import cli; "
            "sys.path.append(sys.argv[1]); cli.make_app([EntryPoint('large', 'large:app', '')])(['large'])")
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stdout, process.stderr) == (-signal.SIGINT, "", "")


def test_a_data_folder_that_cannot_be_made_is_told_without_a_traceback(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANBAN_DATA", str(tmp_path / "file" / "data"))
    monkeypatch.setattr(sys, "argv", ["anban", "models", "list"])
    with pytest.raises(SystemExit, match="file/data cannot be made .* set ANBAN_DATA"):
        cli.main()


def test_help_shows_examples_and_what_is_broken():
    output = run("--help").output
    assert "anban demo --story evening" in output
    assert "not usable: No module named 'nowhere'" in output


def test_a_list_of_commands_tells_what_each_is_for_and_imports_none(tmp_path, monkeypatch):
    (tmp_path / "heavy_command.py").write_text('"""`anban heavy`: lift what is heavy.\n\nMore."""\nraise ImportError\n')
    monkeypatch.syspath_prepend(tmp_path)
    commands = [EntryPoint("heavy", "heavy_command:app", ""), EntryPoint("evaluate.falls", "heavy_command:app", "")]
    output = CliRunner().invoke(cli.make_app(commands), ["--help"]).output
    assert "Lift what is heavy." in output and "How good are eyes and ears?" in output and "More" not in output
