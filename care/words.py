"""The page's texts, one YAML file a language: `care/text/en.yaml` and its translations with the same keys."""
from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = {"en": "English", "zh": "中文", "ja": "日本語"}
_FOLDER = Path(__file__).parent / "text"


class Words:
    """Texts of one language by dotted key."""

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        self.language = language
        self._texts = flatten(texts)

    def __call__(self, key: str, **values: Any) -> str:
        """The text with its `{fields}` filled. Raises KeyError for an unknown key."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def name_of(self, group: str, term: str) -> str:
        """The word for a term of the robot, such as a kind of alarm; a term nobody translated is shown as it is."""
        return self._texts.get(f"{group}.{term}") or term.replace("_", " ")

    def knows(self, key: str) -> bool:
        return key in self._texts

    def group(self, prefix: str) -> dict[str, str]:
        """All texts under a prefix, without it."""
        return {key[len(prefix) + 1:]: text for key, text in self._texts.items() if key.startswith(prefix + ".")}


def flatten(texts: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested texts as dotted keys."""
    flat: dict[str, str] = {}
    for key, value in texts.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


@cache
def words(language: str) -> Words:
    """Texts of a language; one that we do not speak gets English."""
    language = language if language in LANGUAGES else "en"
    return Words(language, yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8")))


def preferred_language(accept_language: str) -> str:
    """The first language of an Accept-Language header that we speak, else English."""
    for part in accept_language.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"
