"""A sentence file as text: what the robot reads of it, and on which line everything stands."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

Location = tuple[Any, ...]  # keys and indices from the top of the file, e.g. ("examples", "help", 0)
TRUTHS = ("true", "false")


class SourceError(ValueError):
    """The text is no YAML; `line` is where it stops being some."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Source:
    """A parsed YAML text that knows the line of everything in it. Raises SourceError."""

    def __init__(self, text: str) -> None:
        try:
            loader = yaml.SafeLoader(text)  # as the robot reads it
            self._root = loader.get_single_node()
            self.data = loader.construct_document(self._root) if self._root else None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise SourceError(line, f"holds the character {error.character:#x}; take it out") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise SourceError(mark.line + 1, f"is no YAML: {error.problem}; look at indentation (spaces, no tabs), "
                              "quotes and colons on this line and the one before") from None
        except RecursionError:
            raise SourceError(1, "is nested too deeply; look for brackets that nothing closes") from None
        except ValueError as error:  # a date that is none
            raise SourceError(1, f"cannot be read: {error}; put what looks like a date in quotes") from None

    def line(self, location: Location) -> int:
        """Line (from 1) of the deepest part of the location that the file has."""
        node, line = self._root, 1
        for key in location:
            if isinstance(node, yaml.MappingNode):
                found = next(((name, value) for name, value in node.value if name.value == str(key)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                found = (node.value[key],) * 2
            else:
                found = None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def slips(self) -> Iterator[tuple[int, str]]:
        """(line, what) of that which YAML allows and nobody means: one name twice, and a bare yes or no."""
        nodes, seen = [self._root] if self._root else [], set()
        while nodes:
            node = nodes.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.MappingNode):
                yield from _twice(node)
                nodes += [part for pair in node.value for part in pair]
            elif isinstance(node, yaml.SequenceNode):
                nodes += node.value
            elif node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in TRUTHS:
                yield (node.start_mark.line + 1, f"{node.value} means true or false here; put it in quotes: "
                       f'"{node.value}", or write true or false')


def _twice(node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, line) != line:
            yield (line, f"{key.value!r} stands here again after line {first[key.value]}, and only this one would "
                   "count; put them together")
