"""Every fault of a sentence file is told with its line and its remedy."""
from __future__ import annotations

import pytest
from typer.testing import CliRunner

from dialogue.sentence_checks import check
from dialogue.sentences_cli import app
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
    ("good morning", "help me", 10, "narrow"), ("language: en", "language: xx", 1, "one of: en"),
    ("not_commands", "no_commands", 9, "unknown field"), ("data:\n", "data: [\n", 5, "YAML"),
    ("- sentences:", "- metadata: {loud: true}\n        sentences:", 5, "loud")])
def test_a_fault_is_told_with_line_and_remedy(tmp_path, before, after, line, told):
    path = tmp_path / "mine.yaml"
    assert before in GOOD
    path.write_text(GOOD.replace(before, after), encoding="utf-8")
    faults, _ = check(path)
    assert any(str(fault).startswith(f"{path}:{line}: ") and told in fault.what for fault in faults), faults


FULL = """\
language: en
lists:
  hour: {range: {from: 0, to: 24}}
  part: {values: [am, {in: "[in the] evening", out: pm}]}
expansion_rules:
  leg: (leg|legs)
intents:
  help:
    data:
      - metadata: {call_for_help: true}
        sentences:
          - help me [please]
          - i hurt my <leg>
  time:
    data:
      - sentences:
          - what time is it
          - is it {hour} [{part}]
skip_words: [oh]
dropped: i
negation: {words: [not], where: before, within: 8}
medicine: {names: [pill]}
examples:
  help: ["Help me"]
  time: ["Is it seven in the evening?"]
not_commands: ["call a doctor"]
"""


def test_a_file_with_all_sections_is_good(tmp_path):
    (tmp_path / "mine.yaml").write_text(FULL, encoding="utf-8")
    assert check(tmp_path / "mine.yaml") == ([], 3)


@pytest.mark.parametrize("before,after,line,told", [
    # What stands in a section is of the wrong kind.
    ('examples:\n  help: ["Help me"]\n  time: ["Is it seven in the evening?"]', "examples: [a]", 23, "name: value"),
    ('["Help me"]', "Help me", 24, "must be a list"), ('["Help me"]', "[]", 24, "is empty"),
    ("{names: [pill]}", "pill", 22, "medicine: must hold"), ("{names: [pill]}", "{pill: [a]}", 22, "use one of: names"),
    ("{range: {from: 0, to: 24}}", "", 3, "lists: hour: must hold"), (", to: 24", "", 3, "to: is missing"),
    ("from: 0, to: 24", "from: 24, to: 0", 3, "smaller number first"), ("to: 24", "to: 3000000", 3, "at most"),
    ("[am, {", "[am, 1, {", 4, "values: 2: 1 is no text"), ("out: pm", "out: 1.5", 4, "no whole number"),
    ("values: [am, ", "wildcard: true, values: [am, ", 4, "write one of"),
    ("  leg: (leg|legs)", "  leg: [a, b]", 6, "must be text"), ("\n  leg: (leg|legs)", " [a]", 5, "name: value"),
    ("{call_for_help: true}", "[call_for_help]", 10, "metadata: must hold"),
    ("call_for_help: true", "call_for_help: maybe", 10, "true or false"),
    ("call_for_help: true", "beside: tiem", 10, 'did you mean "time"'),
    ("- what time is it", '- ""', 17, "is empty"), ("- what time is it", "- 2020-01-01", 17, "write it in quotes"),
    ("[oh]", "oh", 19, "must be a list"), ("[oh]", '["oh ["]', 19, "only words"), ("[oh]", '["!"]', 19, "no word"),
    ("dropped: i", "dropped: [i]", 20, "must be text"), ("before", "sideways", 21, "use one of: before, after"),
    ("within: 8", "within: lots", 21, "whole number"), ("words: [not]", "words: not", 21, "must be a list"),
    ('["call a doctor"]', "call a doctor", 26, "must be a list"),
    ("skip_words: [oh]", "skip_words: [oh]\nasides: ['(by the way']", 20, "write a regular expression"),
    ("skip_words: [oh]", "skip_words: [oh]\nbedtime: ['*bed']", 20, "write a regular expression"),
    ("skip_words: [oh]", "skip_words: [oh]\njoints: ['[and']", 20, "write a regular expression"),
    ("skip_words: [oh]", "skip_words: [oh]\nloose: ['and)']", 20, "write a regular expression"),
    ("skip_words: [oh]", "skip_words: [oh]\nturns: ['(?i)but']", 20, "write a regular expression"),
    # What YAML allows, and nobody means.
    ("values: [am, ", "values: [yes, ", 4, 'in quotes: "yes"'), ("{call_for_help: true}", "yes", 10, "quotes"),
    ("skip_words: [oh]", "skip_words: [oh]\nskip_words: [ah]", 20, "again after line 19"),
    ("medicine: {names: [pill]}", "medicine: " + "[" * 3000, 1, "nested too deeply"),
    ("pill", "p\x07ll", 22, "character"),
    # Templates that cannot be what was meant.
    ("me [please]", "me please]", 12, "brackets"), ("(leg|legs)", "(leg|legs", 6, "brackets"),
    ("(leg|legs)", "(leg|<leg>)", 6, "uses itself"), ("(leg|legs)", "(leg|{hoor})", 6, 'did you mean "hour"'),
    ("leg: (leg|legs)", "leg: legs\n  arm: <hand>", 7, "<hand>, which is no expansion rule"),
    ("[am,", '["{hour}",', 4, "not known here"),
    ("- what time is it", "- (a;b;c;d;e;f;g;h;i)", 17, "stands for too much"),
    ("language: en", "language: zh", 1, "written in 'en'")])
def test_what_was_not_meant_so_is_told_and_stops_nothing(tmp_path, before, after, line, told):
    path = tmp_path / "mine.yaml"
    assert before in FULL
    path.write_text(FULL.replace(before, after, 1), encoding="utf-8")
    faults, _ = check(path)
    assert any(fault.line == line and told in fault.what for fault in faults), faults


def test_all_files_are_checked_whatever_is_in_the_first(tmp_path):
    for name, text in (("a.yaml", "examples: 3"), ("b.yaml", "["), ("c.yaml", FULL)):
        (tmp_path / name).write_text(text)
    result = CliRunner().invoke(app, ["check", *(str(tmp_path / name) for name in ("a.yaml", "b.yaml", "c.yaml"))])
    assert result.exit_code == 1
    assert all(told in result.output for told in ("a.yaml:1: examples", "b.yaml:1: is no YAML", "c.yaml: good"))


def test_a_missing_file_is_named(tmp_path):
    assert "mine.yaml:1: cannot be read" in str(check(tmp_path / "mine.yaml")[0][0])
