"""Every fault of a sentence file is told with its line and its remedy."""
from __future__ import annotations

import pytest

from dialogue.sentence_checks import check
from robot.resources import resource
from robot.site import LANGUAGES

GOOD = """\
language: en
intents:
  help:
    data:
      - sentences:
          - help me
examples:
  help: ["Help me!"]
not_commands:
  - good morning
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_that_come_with_anban_have_no_faults(language):
    faults, tried = check(resource(f"config/sentences/{language}.yaml"))
    assert not faults and tried > 40


@pytest.mark.parametrize("before,after,line,told", [
    ("help me", "help (me", 6, "brackets"), ("help me", "help <me>", 6, "<me>"),
    ("  help:\n    d", "  dance:\n    d", 3, "dance"),
    ("  help:\n    d", "  yes:\n    d", 3, "quotes"), ('["Help me!"]', '["Save me!"]', 8, "add a sentence"),
    ("good morning", "help me", 10, "narrow"), ("language: en", "language: xx", 1, "one of en"),
    ("not_commands", "no_commands", 9, "unknown section"), ("data:\n", "data: [\n", 5, "YAML"),
    ("- sentences:", "- metadata: {loud: true}\n        sentences:", 5, "loud")])
def test_a_fault_is_told_with_line_and_remedy(tmp_path, before, after, line, told):
    path = tmp_path / "mine.yaml"
    assert before in GOOD
    path.write_text(GOOD.replace(before, after), encoding="utf-8")
    faults, _ = check(path)
    assert any(str(fault).startswith(f"{path}:{line}: ") and told in fault.what for fault in faults), faults


def test_a_missing_file_is_named(tmp_path):
    assert "mine.yaml:1: cannot be read" in str(check(tmp_path / "mine.yaml")[0][0])
