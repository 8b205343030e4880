"""The command line says what to do when something is wrong."""
from __future__ import annotations

import socket

import pytest
from care_night import PASSWORD, TOKEN
from typer.testing import CliRunner

from care.cli import app


@pytest.fixture
def anban_care(database_url):
    def run(*arguments: str, stdin: str = "", token: str = TOKEN, first_user: str = ""):
        return CliRunner().invoke(app, arguments, input=stdin, env={
            "ANBAN_DATABASE_URL": database_url, "ANBAN_ROBOT_TOKEN": token, "ANBAN_FIRST_USER": first_user})
    return run


def test_a_user_is_added_listed_and_disabled(anban_care):
    added = anban_care("user", "add", "chen", "--display-name", "Nurse Chen", "--password-stdin", stdin=PASSWORD + "\n")
    assert added.exit_code == 0 and "chen (nurse) added" in added.output
    assert "Nurse Chen" in anban_care("user", "list").output
    assert anban_care("user", "disable", "chen").exit_code == 0
    assert "no" in anban_care("user", "list").output


def test_the_first_user_is_added_at_the_first_start_only(anban_care, monkeypatch):
    monkeypatch.setattr("care.server.serve", lambda *_: None)  # come and gone
    for first_user in (f"chen:{PASSWORD}:Nurse Chen", f"wang:{PASSWORD}"):
        assert anban_care("serve", "--port", "0", first_user=first_user).exit_code == 0
    listed = anban_care("user", "list").output
    assert "Nurse Chen" in listed and "wang" not in listed


def test_a_first_user_with_a_short_password_is_refused(anban_care):
    result = anban_care("serve", "--port", "0", first_user="chen:short")
    assert result.exit_code == 1 and "ANBAN_FIRST_USER" in result.output and "at least 8" in result.output


@pytest.mark.parametrize("arguments, stdin, word", [
    (("user", "add", "chen", "--role", "king", "--password-stdin"), PASSWORD, "roles are carer"),
    (("user", "add", "chen", "--password-stdin"), "short", "at least 8"),
    (("user", "add", "chen"), "", "--password-stdin"),
    (("user", "disable", "nobody"), "", "no user 'nobody'"),
    (("purge", "--days=-1"), "", "must not be negative"),
    (("serve", "--host", "no.such.host.invalid"), "", "0.0.0.0 for the network")])
def test_what_is_wrong_is_said_with_the_remedy(anban_care, arguments, stdin, word):
    result = anban_care(*arguments, stdin=stdin)
    assert result.exit_code == 1 and word in result.output


def test_a_missing_robot_token_is_said_with_the_way_to_make_one(anban_care):
    result = anban_care("serve", token="")
    assert result.exit_code == 1 and "token_urlsafe" in result.output


def test_a_taken_port_is_said_with_another_to_try(anban_care):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = anban_care("serve", "--port", str(port))
    assert result.exit_code == 1 and f"port {port} is taken" in result.output and "choose another port" in result.output


def test_help_shows_examples(anban_care):
    assert "anban care user add chen" in anban_care("--help").output
    assert "Example:" in anban_care("serve", "--help").output
