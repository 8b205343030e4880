"""A folder is tried before anything is made for it."""
from pathlib import Path

import pytest
import typer

from robot.output import output_folder


def test_the_folder_is_made_and_nothing_is_left_in_it(tmp_path):
    folder = output_folder(tmp_path / "new" / "deep", "--out")
    assert folder.is_dir() and list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_what_cannot_be_a_folder_is_told_with_the_option(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(typer.BadParameter, match="cannot be made a folder") as told:
        output_folder(tmp_path / name, "--out")
    assert told.value.param_hint == "--out"


def test_a_folder_in_which_nothing_can_be_written_is_told():
    with pytest.raises(typer.BadParameter, match="give another one"):
        output_folder(Path("/proc/self"), "--report")
