"""A site file as text: parsed YAML that knows its lines, and what is wrong with its fields in words."""
from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Location = tuple[Any, ...]  # keys and indices from the top of the file, e.g. ("rooms", 0, "name")
Problem = tuple[Location, str]
SINGULAR = {"rooms": "room", "doors": "door", "residents": "resident", "caregivers": "caregiver", "sensors": "sensor",
            "patrols": "patrol", "docks": "dock", "stops": "stop", "escalation": "escalation step", "must": "check"}

WANTED = {"string_type": "must be text", "list_type": 'must be a list, each entry after "- " or between [ ]',
          "dict_type": "must hold entries, each as `name: value`",
          "model_type": "must hold fields, each as `name: value`",
          "bool_type": "must be true or false", "int_type": "must be a whole number", "invalid_key": "must be text"}


class SourceError(ValueError):
    """The text is no site file at all; `line` is where it stops being one."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Source:
    """A parsed YAML text that knows the line of everything in it. Raises SourceError, which names `example`."""

    def __init__(self, text: str, example: str = "config/home.yaml") -> None:
        try:
            self._root = YAML(typ="rt", pure=True).load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = (error.problem or error.context or "cannot be read").strip()
            raise SourceError(mark.line + 1 if mark else 1,
                              f"not valid YAML: {what} (look at the indentation, brackets and quotes here)") from error
        except (YAMLError, ValueError) as error:
            raise SourceError(1, f"not valid YAML: {error}") from error
        if self._root is None:
            raise SourceError(1, f"the file is empty; start from {example}")
        if not isinstance(self._root, CommentedMap):
            raise SourceError(1, f"these are no sections (`site:`, `people:` ...); start from {example}")
        self.data = _plain(self._root)

    def line(self, location: Location) -> int:
        """Line (from 1) of the deepest part of the location that the file has."""
        node, line = self._root, 1
        for key in location:
            if isinstance(node, CommentedMap) and key in node:
                line = (node.lc.data or {}).get(key, (line - 1,))[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = node.lc.item(key)[0] + 1
            else:
                break
            node = node[key]
        return line

    def label(self, location: Location, before: str = "") -> str:
        """The location in words, e.g. `patrol night: stop 2: room`; less a last word that `before` repeats."""
        parts: list[str] = []
        node = self.data
        for key in location:
            if isinstance(key, int):
                inside = isinstance(node, list) and key < len(node)
                node = node[key] if inside else None
                name = node.get("id") if isinstance(node, dict) else None
                parts[-1] = f"{SINGULAR.get(parts[-1], parts[-1])} {name or key + 1}"
            else:
                node = node.get(key) if isinstance(node, dict) else None
                parts.append(str(key))
        if len(parts) > 1 and before.split(" ")[0] == parts[-1].split(" ")[0]:
            parts.pop()
        return ": ".join(parts) or "site file"


def schema_problems(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """Pydantic's findings in words."""
    for item in error.errors():
        where, kind, value = item["loc"], item["type"], item.get("input")
        if kind == "extra_forbidden":
            fields = _fields_at(model, where[:-1])
            yield where[:-1] + (where[-1],), f"unknown field{suggest(str(where[-1]), fields, 'fields are')}"
        elif kind == "missing":
            yield where, "is missing"
        elif kind == "literal_error":
            choices = [str(c) for c in item["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")]
            yield where, f'"{value}" is not allowed{suggest(str(value), choices, "use one of")}'
        elif kind == "string_pattern_mismatch":
            yield where, f'"{value}" is no id: lower-case letters, digits, "_" and "-", beginning with a letter'
        elif kind == "string_type" and value is not None and not isinstance(value, (dict, list)):
            yield where, f'must be text: write it in quotes, "{value}"'
        elif kind == "too_short" and not value:
            yield where, "is empty; add an entry, or take it out"
        else:
            said = WANTED.get(kind) or item["msg"].removeprefix("Value error, ").removeprefix("Input ")
            shown = "" if isinstance(value, (dict, list)) or kind == "value_error" else f", not {value!r}"
            yield where, f"{said}{shown}"


def suggest(word: str, known: list[str], introduction: str) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    """The words after "not this": what is known, and the nearest of it."""
    listed = f"; {introduction}: {', '.join(known)}" if known else "; there is none"
    return listed + (f' (did you mean "{near[0]}"?)' if near else "")


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """Names of the fields that the model has at a place of the file."""
    for key in location:
        if isinstance(key, str) and key in model.model_fields:
            inner = _model_in(model.model_fields[key].annotation)
            model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _plain(node: Any) -> Any:
    """Python's own types in place of those that carry positions."""
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
