"""What the robot says: phrases by key, several wordings each, used in turn so that nobody is nagged word for word."""
from __future__ import annotations

import string
from collections.abc import Mapping

import yaml

from robot.resources import resource


class PhraseError(ValueError):
    """A phrase or slot is missing; the message says which, and where it belongs."""


class Phrases:
    """The wordings of one language. Pure: give it the parsed file."""

    def __init__(self, wordings: Mapping[str, list[str]], name: str = "phrases") -> None:
        self._name = name
        self._wordings = {key: [texts] if isinstance(texts, str) else list(texts) for key, texts in wordings.items()}
        self._turns: dict[tuple[str, str], int] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._wordings)

    def wordings(self, key: str) -> list[str]:
        """All wordings of `key` with their slots as they stand in the file."""
        return list(self._wordings.get(key, []))

    def next(self, key: str, slots: Mapping[str, str], listener: str = "") -> str:
        """The next wording of `key` for this listener, slots filled. Raises PhraseError."""
        turn = self._turns.get((key, listener), 0)
        text = self.wording(key, slots, turn)
        self._turns[key, listener] = turn + 1
        return text

    def wording(self, key: str, slots: Mapping[str, str], turn: int = 0) -> str:
        """The wording of that turn, counted from 0 and around. Raises PhraseError."""
        if not self._wordings.get(key):
            raise PhraseError(f"no phrase {key!r}; add it to {self._name}")
        text = self._wordings[key][turn % len(self._wordings[key])]
        missing = [name for _, name, _, _ in string.Formatter().parse(text) if name and name not in slots]
        if missing:
            raise PhraseError(f"phrase {key!r} needs a value for {', '.join(missing)}")
        return text.format_map(slots)


def load_phrases(language: str) -> Phrases:
    """The phrases of config/phrases/<language>.yaml. Raises PhraseError."""
    path = f"config/phrases/{language}.yaml"
    try:
        path = resource(path)
        return Phrases(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except (OSError, yaml.YAMLError) as error:
        raise PhraseError(f"{path}: cannot be read: {error}") from error
