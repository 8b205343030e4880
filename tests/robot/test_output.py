"""A folder is tried before anything is made for it."""
from pathlib import Path

import pytest
import typer

from robot.output import output_folder


def test_the_folder_is_made_and_nothing_is_left_in_it(tmp_path):
    folder = output_folder(tmp_path / "new" / "deep", "--out")
    assert folder.is_dir() and list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_what_cannot_be_a_folder_ends_the_command_naming_the_option(tmp_path, capsys, name):
    (tmp_path / "file").touch()
    with pytest.raises(typer.Exit) as ended:
        output_folder(tmp_path / name, "--out")
    assert ended.value.exit_code == 2
    assert f"--out: {tmp_path / name} cannot be made a folder" in capsys.readouterr().err


def test_a_folder_in_which_nothing_can_be_written_is_none():
    with pytest.raises(typer.Exit):
        output_folder(Path("/proc/self"), "--report")
