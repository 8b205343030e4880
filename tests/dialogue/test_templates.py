"""Templates are walked, not expanded: what they allow is found, however much that is."""
from __future__ import annotations

import pytest
from hassil.parse_expression import parse_sentence

from dialogue.templates import Graph, TemplateError


def graph(*templates: str, **rules: str) -> Graph:
    made = Graph(str.split, {name: parse_sentence(text) for name, text in rules.items()})
    for template in templates:
        made.add(parse_sentence(template).expression, template)
    return made


def ends(made: Graph, said: str, start: int = 0) -> list[int]:
    return [end for end, _ in made.walk(said.split(), start)]


def test_alternatives_options_and_rules_are_followed():
    made = graph("(call|fetch) [me] <who> [now]", who="(a|the) nurse")
    assert ends(made, "call me the nurse now please") == [4, 5]
    assert ends(made, "fetch a nurse") == [3]
    assert ends(made, "call nurse") == []


def test_two_templates_that_share_words_both_mean_something():
    said = "help me".split()
    walked = graph("help [me]", "(help|save) me").walk(said, 0)
    assert [sorted(meaning for meaning, _ in meanings) for _, meanings in walked] == [
        ["help [me]"], ["(help|save) me", "help [me]"]]


def test_millions_of_sentences_are_one_small_graph():
    assert ends(graph(" ".join(["[a|b|c|d|e|f|g|h]"] * 20)), "a b c") == [1, 2, 3]


def test_a_missing_rule_is_named():
    with pytest.raises(TemplateError, match="<who>"):
        graph("call <who>")


def test_words_that_stand_in_many_templates_are_split_once():
    asked = []

    def split(text):
        asked.append(text)
        return text.split()
    made = Graph(split, {"leg": parse_sentence("(leg|knee)")})
    for template in ("my <leg> hurts", "his <leg> hurts"):
        made.add(parse_sentence(template).expression, template)
    assert len(asked) == len(set(asked))
