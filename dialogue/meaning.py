"""Whether the robot is called by its name, and what is wanted of it, from the text of one utterance."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dialogue.called import Names
from dialogue.intents import Sentences
from dialogue.understood import CALLED, Understood


class Meaning(NamedTuple):
    """`named`: the robot was called by its name."""
    named: bool
    understood: Understood


def meaning(sentences: Sentences, names: Names, text: str, expected: Sequence[str],
            understand: Callable[[str, Sequence[str]], Understood] | None = None) -> Meaning:
    """Of some sentences the name is a part, others are understood only without it. `understand`: of the sentences;
    default: all that they can."""
    understand = understand or sentences.understand
    called = names.called(text, sentences.language, sentences.fillers)
    meant = understand(text, expected)
    if not called.named or meant.at_once:
        return Meaning(called.named, meant)
    if not called.rest:
        return Meaning(True, meant if meant.intent and meant.sure else Understood(CALLED, False, 1.0))
    return Meaning(True, max(meant, understand(called.rest, expected), key=worth))


def worth(understood: Understood) -> tuple[bool, bool, bool, float]:
    """Of two readings of one utterance the greater counts."""
    return understood.call_for_help, bool(understood.intent), understood.sure, understood.share
