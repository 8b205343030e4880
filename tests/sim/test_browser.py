"""A browser that only seems to be there is none."""
import pytest

from sim import browser


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder, which is also where programs are looked for."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(browser, "BROWSERS", ("first", "second"))
    return tmp_path


def program(path, code):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_that_answers_is_taken(home):
    program(home / "first", "echo please install the snap >&2; exit 10")
    second = program(home / "second", "echo Chromium 1")
    assert browser.find_browser() == second


def test_playwrights_own_is_found(home):
    own = program(home / ".cache" / "ms-playwright" / "chromium-1181" / "chrome-linux" / "chrome", "echo Chromium 1")
    assert browser.find_browser() == own


def test_where_none_works_there_is_none(home):
    program(home / "first", "exit 1")
    assert browser.find_browser() is None
