"""What is wrong with a sentence file: every fault with its line and what to do about it."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialogue.intents import Sentences
from dialogue.sentence_shape import SentenceFile
from dialogue.sentence_source import Location, Source, SourceError
from dialogue.template_checks import template_faults
from dialogue.understood import NO_REQUEST
from robot.site_source import schema_problems


@dataclass(frozen=True)
class Fault:
    """One fault; `line` counts from 1."""
    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def check(path: Path) -> tuple[list[Fault], int]:
    """All faults of a file, and how many example sentences were tried."""
    try:
        source = Source(path.read_text(encoding="utf-8"))
    except OSError as error:
        return [Fault(path, 1, f"cannot be read ({error.strerror}); name a sentence file")], 0
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return [Fault(path, line, "is not UTF-8 text; save it as UTF-8")], 0
    except SourceError as error:
        return [Fault(path, error.line, str(error))], 0
    if not isinstance(source.data, dict):
        return [Fault(path, 1, "holds no sections; begin with `language: en` (see config/sentences/en.yaml)")], 0
    faults = [Fault(path, line, what) for line, what in source.slips()]
    told = {fault.line for fault in faults}
    found = [(source.line(where), what) for where, what in _shape(source.data)]
    faults += [Fault(path, line, what) for line, what in found if line not in told]
    if not faults:
        faults = [Fault(path, source.line(where), what) for where, what in template_faults(source.data)]
    if faults:
        return sorted(faults, key=lambda fault: fault.line), 0
    tried = list(_examples(source.data))
    sentences = Sentences(source.data, str(path))
    for where, intent, text in tried:
        understood = sentences.matched(text, sentences.answers & {intent})
        if understood.intent != intent:
            wrong = f"{text!r} is understood as {understood.intent or 'nothing'}, not as {intent or 'nothing'}"
            faults.append(Fault(path, source.line(where), f"{wrong}; {_remedy(intent, understood.intent)}"))
    return faults, len(tried)


def _label(node: Any, where: Location) -> str:
    """A place in words: entries of a list are counted from 1."""
    parts = []
    for key in where:
        if isinstance(node, list) and isinstance(key, int):
            parts.append(str(key + 1))
            node = node[key]
        elif key != "[key]":  # pydantic's word where a name itself is wrong
            parts.append(str(key))
            node = node.get(key) if isinstance(node, dict) else None
    return ": ".join(parts)


def _examples(data: Mapping) -> Iterator[tuple[Location, str, str]]:
    """(where, intent, sentence) of all that is to be tried; "" for what may mean nothing."""
    for intent, texts in data.get("examples", {}).items():
        yield from ((("examples", intent, at), intent, text) for at, text in enumerate(texts))
    yield from ((("not_commands", at), "", text) for at, text in enumerate(data.get("not_commands", [])))


def _remedy(wanted: str, got: str) -> str:
    if not wanted:
        return f"narrow the sentences of {got}, or add one to intent {NO_REQUEST}"
    return f"add a sentence for it to intent {wanted}" + (f", or narrow those of {got}" if got else "")


def _shape(data: dict) -> Iterator[tuple[Location, str]]:
    """What stands where it should not, or does not stand where it should."""
    try:
        SentenceFile.model_validate(data)
    except ValidationError as error:
        for where, what in schema_problems(error, SentenceFile):
            yield where, f"{_label(data, where)}: {what}"
        return
    examples = data.get("examples", {})
    for intent in examples.keys() - data["intents"].keys():
        yield ("examples", intent), f"examples for {intent!r}, which has no sentences; correct the name or add some"
    for intent in data["intents"].keys() - examples.keys() - {NO_REQUEST}:
        yield ("intents", intent), f"intent {intent!r} has no examples; they are its tests: add some under `examples:`"
