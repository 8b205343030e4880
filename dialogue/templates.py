"""Sentence templates as one graph of tokens, walked by all of them at once.

hassil reads the templates. They are not expanded: a dozen lines of options can stand for millions of sentences.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hassil.expression import Alternative, Expression, Group, Permutation, RuleReference, Sentence, TextChunk

Node = dict[str | None, Any]  # token -> the nodes after it; None -> what a sentence that ends here means
Tokens = Callable[[str], Sequence[str]]


class TemplateError(ValueError):
    """A template uses what is not there; the message says what."""


class Graph:
    """All sentences of one language. `tokens` splits text; `rules` are hassil's expansion rules."""

    def __init__(self, tokens: Tokens, rules: Mapping[str, Sentence]) -> None:
        self._tokens, self._rules = tokens, rules
        self._root: Node = {}

    def add(self, template: Expression, meaning: Any) -> None:
        """Sentences of this template mean `meaning`. Raises TemplateError."""
        for node in self._grown([self._root], template):
            if node is not self._root:
                node[None] = meaning

    def walk(self, said: Sequence[str], start: int) -> Iterator[tuple[int, list]]:
        """Where sentences that begin at token `start` may end, and what they mean: (end, meanings)."""
        nodes = [self._root]
        for end in range(start, len(said)):
            nodes = [after for node in nodes for after in node.get(said[end], ())]
            if not nodes:
                return
            meanings = [node[None] for node in nodes if None in node]
            if meanings:
                yield end + 1, meanings

    def _grown(self, nodes: list[Node], part: Expression) -> list[Node]:
        """The nodes after `part` has been said from any of `nodes`."""
        if isinstance(part, TextChunk):
            for token in self._tokens(part.text):
                after: Node = {}
                for node in nodes:
                    node.setdefault(token, []).append(after)
                nodes = [after]
            return nodes
        if isinstance(part, RuleReference):
            if part.rule_name not in self._rules:
                raise TemplateError(f"no expansion rule <{part.rule_name}>; known: {', '.join(sorted(self._rules))}")
            return self._grown(nodes, self._rules[part.rule_name].expression)
        if isinstance(part, Permutation):
            ways = [self._grown(self._grown(nodes, first), rest) for first, rest in part.iterate_permutations()]
        elif isinstance(part, Alternative):
            ways = [self._grown(nodes, item) for item in part.items]
        elif isinstance(part, Group):
            for item in part.items:
                nodes = self._grown(nodes, item)
            return nodes
        else:
            raise TemplateError("lists in braces are not used here; write the words, or an expansion rule")
        return list({id(node): node for way in ways for node in way}.values()) or nodes
