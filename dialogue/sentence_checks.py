"""What is wrong with a sentence file: every fault with its line and what to do about it."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hassil.errors import HassilError
from hassil.intents import Intents
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from dialogue.intents import NO_REQUEST, PRIORITY, Sentences
from dialogue.medicine import SECTION
from dialogue.spoken_form import tokens
from dialogue.templates import Graph
from robot.site import LANGUAGES

SECTIONS = {"language", "lists", "expansion_rules", "intents", "skip_words", "negation", "dropped", "turns",
            "question", "excess", "medicine", "examples", "not_commands"}
UNREADABLE = (ParseError, HassilError, ValueError, KeyError, TypeError)
METADATA = {"call_for_help", "anywhere", "whole", "aside", "asked", "beside", "unwritten"}


@dataclass(frozen=True)
class Fault:
    """One fault; `line` counts from 1."""
    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class _Text(str):
    """A string of a YAML file that knows its line."""
    line: int = 1


class _Bare(_Text):
    """A word without quotes that YAML takes for true or false: yes, no, on, off."""

    def __bool__(self) -> bool:
        return self.lower() in ("yes", "true", "on")


class _Loader(yaml.SafeLoader):
    """Reads YAML like the robot does, and keeps the lines of its strings."""

    def text(self, node: Any, kind: type[_Text] = _Text) -> _Text:
        value = kind(self.construct_scalar(node))
        value.line = node.start_mark.line + 1
        return value


_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.text)
_Loader.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: loader.text(node, _Bare))


def check(path: Path) -> tuple[list[Fault], int]:
    """All faults of a file, and how many example sentences were tried."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  (a SafeLoader)
    except OSError as error:
        return [Fault(path, 1, f"cannot be read ({error.strerror}); name a sentence file")], 0
    except UnicodeDecodeError:
        return [Fault(path, 1, "is not UTF-8 text; save it as UTF-8")], 0
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return [Fault(path, mark.line + 1 if mark else 1, f"is no YAML: {getattr(error, 'problem', error)}; "
                      "look at indentation, quotes and colons on this line and the one before")], 0
    faults = [Fault(path, getattr(where, "line", 1), what) for where, what in _shape(data)]
    if not faults:
        faults = [Fault(path, where.line, what) for where, what in _templates(data)]
    if faults:
        return faults, 0
    said = [(intent, text) for intent, texts in data.get("examples", {}).items() for text in texts]
    said += [("", text) for text in data.get("not_commands", [])]
    sentences = Sentences(data, str(path))
    for intent, text in said:
        understood = sentences.matched(text, sentences.answers & {intent})
        if understood.intent != intent:
            wrong = f"{str(text)!r} is understood as {understood.intent or 'nothing'}, not as {intent or 'nothing'}"
            faults.append(Fault(path, text.line, f"{wrong}; {_remedy(intent, understood.intent)}"))
    return faults, len(said)


def _remedy(wanted: str, got: str) -> str:
    if not wanted:
        return f"narrow the sentences of {got}, or add one to intent {NO_REQUEST}"
    return f"add a sentence for it to intent {wanted}" + (f", or narrow those of {got}" if got else "")


def _shape(data: Any) -> Iterator[tuple[Any, str]]:
    """What stands where it should not, or does not stand where it should."""
    if not isinstance(data, dict):
        yield data, "holds no sections; begin with `language: en` (see config/sentences/en.yaml)"
        return
    for name in data:
        if name not in SECTIONS:
            yield name, f"unknown section {str(name)!r}; known: {', '.join(sorted(SECTIONS))}"
    language = data.get("language")
    if language not in LANGUAGES:
        yield language, f"language {language!r}; write one of {', '.join(LANGUAGES)}"
    if not isinstance(data.get("intents"), dict):
        yield next(iter(data)), "no intents; add the section `intents:`"
        return
    for intent, body in data["intents"].items():
        if isinstance(intent, _Bare):
            yield intent, f"{intent} means true or false here; put it in quotes: \"{intent}\""
        elif intent not in (*PRIORITY, NO_REQUEST):
            yield intent, f"unknown intent {str(intent)!r}; known: {', '.join(PRIORITY)}"
        groups = body.get("data") if isinstance(body, dict) else None
        if not isinstance(groups, list):
            yield intent, f"intent {str(intent)!r} has no list `data:`; write `data:` and below it `- sentences:`"
            continue
        for group in groups:
            if not isinstance(group, dict) or not isinstance(group.get("sentences"), list):
                yield intent, f"a group of intent {str(intent)!r} has no list `sentences:`"
                continue
            for name in group.get("metadata") or {}:
                if name not in METADATA:
                    yield name, f"unknown metadata {str(name)!r}; known: {', '.join(sorted(METADATA))}"
            for sentence in group["sentences"]:
                if not isinstance(sentence, str) or isinstance(sentence, _Bare):
                    yield (sentence if isinstance(sentence, _Bare) else intent,
                           f"{sentence!r} is no text; put the sentence in quotes")
    for intent, texts in (data.get("examples") or {}).items():
        if intent not in data["intents"]:
            yield intent, f"examples for {str(intent)!r}, which has no sentences; correct the name or add some"
        for text in texts if isinstance(texts, list) else [texts]:
            if not isinstance(texts, list) or not isinstance(text, str):
                yield intent, f"examples of {str(intent)!r}: {text!r} is no list of texts; write [\"...\", \"...\"]"
                break
    for kind, texts in (data.get("medicine") or {}).items():
        if kind not in SECTION or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            yield kind, f"medicine: {str(kind)!r} must be one of {', '.join(SECTION)}, with a list of texts below it"
    for intent in data["intents"]:
        if intent != NO_REQUEST and intent not in (data.get("examples") or {}):
            yield intent, f"intent {str(intent)!r} has no examples; they are its tests: add some under `examples:`"


def _templates(data: dict) -> Iterator[tuple[Any, str]]:
    """Templates that cannot be read, or that use a rule which is not there."""
    rules = {}
    for name, text in (data.get("expansion_rules") or {}).items():
        try:
            rules[name] = parse_sentence(str(text))
        except UNREADABLE as error:
            yield name, f"expansion rule <{name}> cannot be read ({error}); look at its brackets"
    try:
        lists = Intents.from_dict({**data, "intents": {}, "expansion_rules": {}}).slot_lists
        graph = Graph(lambda text: tokens(text, data["language"]), rules, lists, language=data["language"])
    except UNREADABLE as error:
        yield "lists", f"the section `lists:` cannot be read ({error}); see config/sentences/en.yaml for one"
        return
    used = [text for body in data["intents"].values() for group in body["data"] for text in group["sentences"]]
    for text in (*used, *(text for texts in (data.get("medicine") or {}).values() for text in texts)):
        try:
            graph.add(parse_sentence(str(text)).expression, "")
        except UNREADABLE as error:
            yield text, f"{str(text)!r} cannot be used ({error}); look at its brackets, lists and rules"
