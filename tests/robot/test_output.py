"""A folder is tried before anything is made for it."""
from pathlib import Path

import pytest
import typer

from robot import output
from robot.output import output_folder, write_whole


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


def test_a_full_disk_is_no_folder_to_write_to(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(output.tempfile, "TemporaryFile", lambda dir, buffering: open("/dev/full", "wb", buffering))
    with pytest.raises(typer.Exit):
        output_folder(tmp_path, "--out")
    assert "No space left" in capsys.readouterr().err


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path):
    path = tmp_path / "figures.json"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "cut \ud800")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
