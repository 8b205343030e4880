"""What is wrong with the templates of a sentence file that has its shape: each by where it stands. Pure."""
from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from hassil.errors import HassilError
from hassil.expression import Expression, Group, ListReference, Permutation, RuleReference
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from dialogue.sentence_source import Location
from dialogue.spoken_form import tokens, written_language
from robot.site_source import suggest

UNREADABLE = (ParseError, HassilError, ValueError, AssertionError, RecursionError)  # what hassil raises of a template
LARGEST = 100_000  # steps of one template in the graph; the largest of Anban's own has 3,300


def template_faults(data: dict) -> Iterator[tuple[Location, str]]:
    """Templates that cannot be read, use what is not there, or stand for too much; and words that are none."""
    language = data["language"]
    if (seen := _language(data)) != language:
        yield ("language",), f"language {language!r}, but the sentences are written in {seen!r}; correct one of them"
        return
    for where, text in _words(data):
        if not tokens(text, language):
            yield where, f"{text!r} holds no word of language {language!r}; take it out"
    read: dict[Location, Expression] = {}
    for where, text, _ in _templates(data):
        try:
            read[where] = parse_sentence(text).expression
        except UNREADABLE:
            yield where, f"{text!r} cannot be read; look at its brackets, and at | and ; inside them"
    rules = {name: read.get(("expansion_rules", name)) for name in data.get("expansion_rules", {})}
    for where, text, known in _templates(data):
        if where in read:
            yield from ((where, f"{text!r} {what}") for what in _missing(read[where], rules, data, known))
    selfish = [name for name, rule in rules.items() if name in _reached(rule, rules)]
    yield from ((("expansion_rules", name), f"expansion rule <{name}> uses itself; write out what it stands for")
                for name in selfish)
    if not selfish:
        yield from _too_large(data, read, rules)


def _language(data: Mapping) -> str:
    return written_language("".join(text for where, text, _ in _templates(data) if where[0] == "intents"))


def _templates(data: Mapping) -> Iterator[tuple[Location, str, Collection[str]]]:
    """(where, template, names of the lists that may be used in it)."""
    lists = data.get("lists", {})
    yield from ((("expansion_rules", name), text, lists) for name, text in data.get("expansion_rules", {}).items())
    for name, listed in lists.items():
        for at, value in enumerate(listed.get("values", [])):
            yield ("lists", name, "values", at), value if isinstance(value, str) else value["in"], ()
    for intent, body in data["intents"].items():
        for at, group in enumerate(body["data"]):
            yield from ((("intents", intent, "data", at, "sentences", place), text, lists)
                        for place, text in enumerate(group["sentences"]))
    for kind, texts in data.get("medicine", {}).items():
        yield from ((("medicine", kind, at), text, lists.keys() & {"what"}) for at, text in enumerate(texts))


def _words(data: Mapping) -> Iterator[tuple[Location, str]]:
    """(where, words) of what is no template."""
    yield from ((("skip_words", at), text) for at, text in enumerate(data.get("skip_words", [])))
    yield from ((("negation", "words", at), text)
                for at, text in enumerate(data.get("negation", {}).get("words", [])))
    if "dropped" in data:
        yield ("dropped",), data["dropped"]


def _parts(part: Expression | None) -> Iterator[Expression]:
    if part is not None:
        yield part
    for item in part.items if isinstance(part, Group) else ():
        yield from _parts(item)


def _used(part: Expression | None, rules: Mapping[str, Expression | None]) -> list[str]:
    """The rules that a template names itself and that are there."""
    return [found.rule_name for found in _parts(part) if isinstance(found, RuleReference) and found.rule_name in rules]


def _reached(part: Expression | None, rules: Mapping[str, Expression | None]) -> set[str]:
    """The rules that a template uses, itself or by other rules."""
    reached, ahead = set(), _used(part, rules)
    while ahead:
        if (name := ahead.pop()) not in reached:
            reached.add(name)
            ahead += _used(rules[name], rules)
    return reached


def _missing(template: Expression, rules: Mapping, data: Mapping, known: Collection[str]) -> Iterator[str]:
    """What a template uses and is not there, or not for it."""
    lists = data.get("lists", {})
    for part in _parts(template):
        if isinstance(part, RuleReference) and part.rule_name not in rules:
            yield f"uses <{part.rule_name}>, which is no expansion rule{suggest(part.rule_name, list(rules), 'known')}"
        elif isinstance(part, ListReference) and part.list_name not in lists:
            yield f"uses {{{part.list_name}}}, which is no list{suggest(part.list_name, list(lists), 'known')}"
    inside = [template, *(rules[name] for name in _reached(template, rules))]
    used = {part.list_name for whole in inside for part in _parts(whole) if isinstance(part, ListReference)}
    yield from (f"uses the list {{{name}}}, which is not known here; write out its values"
                for name in sorted(used & lists.keys() - set(known)))


def _too_large(data: Mapping, read: Mapping[Location, Expression], rules: Mapping) -> Iterator[tuple[Location, str]]:
    @cache
    def of_rule(name: str) -> int:
        return size(rules[name]) if rules.get(name) else 1

    def size(part: Expression) -> int:
        """Steps of a template in the graph: in a permutation every part stands after every order of others."""
        if isinstance(part, RuleReference):
            return of_rule(part.rule_name)
        if not isinstance(part, Group):
            return 1
        others = len(part.items) - 1
        times = sum(math.perm(others, before) for before in range(others + 1)) if isinstance(part, Permutation) else 1
        return times * sum(map(size, part.items))

    for where, text, _ in _templates(data):
        if where in read and (steps := size(read[where])) > LARGEST:
            yield where, f"{text!r} stands for too much: {steps:,} steps, {LARGEST:,} are the most; take it apart"
