"""Sentence templates as one graph of tokens, walked by all of them at once.

hassil reads the templates. They are not expanded: a dozen lines of options can stand for millions of sentences.
A list in braces, `{hour}`, is a graph of its own that is walked from there; what was said fills the slot of that name.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import RangeSlotList, SlotList, TextSlotList, WildcardSlotList
from unicode_rbnf import RbnfEngine

from dialogue.spoken_form import Token

Node = dict[str | None, Any]  # token -> the nodes after it; None -> what a sentence that ends here means
Tokens = Callable[[str], Sequence[Token]]
Listed = Callable[[Sequence[Token], int], Iterator[tuple[int, str | None]]]
LISTS = ""  # the key of a node's lists: {list: [(slot, node after it)]}; no token is empty
NO_NUMBERS = {"zh": "是"}  # sounds like 十, "ten", before an hour: 不对，是九点
LONGEST = 30  # tokens of free text: a sentence of errand, in English words or Japanese kana


class TemplateError(ValueError):
    """A template uses what is not there; the message says what."""


@dataclass(frozen=True)
class Filled:
    """What was `said` in the place of a list: a `value` of it, None for free text."""
    slot: str
    value: str | None
    said: Sequence[Token] = ()


class Graph:
    """All sentences of one language. `tokens` splits text; `rules` are hassil's expansion rules, `lists` its lists."""

    def __init__(self, tokens: Tokens, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList] | None = None,
                 language: str = "en") -> None:
        self._tokens, self._rules = cache(tokens), rules  # the same words stand in many templates
        self._root: Node = {}
        self._lists = {name: self._list(found, language) for name, found in (lists or {}).items()}

    def add(self, template: Expression, meaning: Any) -> None:
        """Sentences of this template mean `meaning`. Raises TemplateError."""
        for node in self._grown([self._root], template):
            if node is not self._root:
                node[None] = meaning

    def listed(self, name: str, said: Sequence[Token], at: int) -> Iterator[tuple[int, str | None]]:
        """(end, value) of all values of a list that begin at a token; none of a list that is not there."""
        return iter(self._lists[name](said, at)) if name in self._lists else iter(())

    def walk(self, said: Sequence[Token], start: int) -> Iterator[tuple[int, list[tuple[Any, tuple[Filled, ...]]]]]:
        """Where sentences that begin at token `start` may end, and what they mean: (end, [(meaning, slots)])."""
        ahead: dict[int, list[tuple[Node, tuple[Filled, ...]]]] = defaultdict(list, {start: [(self._root, ())]})
        found: dict[tuple[str, int], list[tuple[int, str | None]]] = {}
        while ahead:
            at = min(ahead)
            reached = ahead.pop(at)
            meanings = [(node[None], slots) for node, slots in reached if None in node]
            if meanings:
                yield at, meanings
            if at == len(said):
                return
            for node, slots in reached:
                if said[at] in node:
                    ahead[at + 1] += [(after, slots) for after in node[said[at]]]
                for name, ways in node.get(LISTS, {}).items():
                    if (name, at) not in found:
                        found[name, at] = list(self._lists[name](said, at))
                    for end, value in found[name, at]:
                        for slot, after in ways:
                            # Free text may end anywhere, and hardly ever do the words after it follow.
                            if None in after or LISTS in after or (end < len(said) and said[end] in after):
                                ahead[end].append((after, (*slots, Filled(slot, value, said[at:end]))))

    def _list(self, found: SlotList, language: str) -> Listed:
        """What yields (end, value) of all that may stand there from a token on."""
        if isinstance(found, WildcardSlotList):
            # Not from the middle of a written sign: "hana ni" is not "ha", the particle, and "na ni".
            return lambda said, at: ((end, None) for end in range(at + 1, min(at + LONGEST, len(said)) + 1)
                                     ) if said[at].at == 0 or said[at].sign else ()
        values = Graph(self._tokens, self._rules)
        no_number = NO_NUMBERS.get(language, "") if isinstance(found, RangeSlotList) else ""
        if isinstance(found, RangeSlotList):
            engine = RbnfEngine.for_language(language)
            for number in range(found.start, found.stop + 1, found.step):
                for text in (str(number), engine.format_number(number).text):
                    values.add(TextChunk(text), str(number))
        elif isinstance(found, TextSlotList):
            for value in found.values:
                values.add(value.text_in, str(value.value_out))
        return lambda said, at: ((end, value) for end, meanings in values.walk(said, at) for value, _ in meanings
                                 ) if said[at] in values._root and said[at].word not in no_number else ()

    def _grown(self, nodes: list[Node], part: Expression) -> list[Node]:
        """The nodes after `part` has been said from any of `nodes`."""
        if isinstance(part, TextChunk):
            for token in self._tokens(part.text):
                nodes = [_step(nodes, token)]
            return nodes
        if isinstance(part, ListReference):
            if part.list_name not in self._lists:
                raise TemplateError(f"no list {{{part.list_name}}}; known: {', '.join(sorted(self._lists))}")
            after: Node = {}
            for node in nodes:
                node.setdefault(LISTS, {}).setdefault(part.list_name, []).append((part.slot_name, after))
            return [after]
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
            raise TemplateError(f"{type(part).__name__} is not used here; write the words, a list or an expansion rule")
        return list({id(node): node for way in ways for node in way}.values()) or nodes


def _step(nodes: list[Node], token: str) -> Node:
    after: Node = {}
    for node in nodes:
        node.setdefault(token, []).append(after)
    return after
