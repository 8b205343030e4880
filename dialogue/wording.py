"""Who is spoken to, in which language, and in which words."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dialogue.phrases import Phrases, load_phrases
from robot.site import Resident, Site


class Addressee(NamedTuple):
    """`resident`: None for nobody of the site."""
    resident: Resident | None
    language: str

    @property
    def id(self) -> str:
        return self.resident.id if self.resident else ""


class Wording:
    """The phrase files for a site's residents. `language`: of all speech, "" for each resident's own."""

    def __init__(self, site: Site, language: str = "") -> None:
        self._site, self._language = site, language
        self.languages = (language,) if language else tuple(dict.fromkeys(r.language for r in site.residents))
        self._phrases: dict[str, Phrases] = {}

    def addressee(self, resident_id: str, language: str = "") -> Addressee:
        """The resident of that id, in `language` if one is given."""
        resident = next((one for one in self._site.residents if one.id == resident_id), None)
        own = resident.language if resident else self.languages[0]
        return Addressee(resident, language or self._language or own)

    def phrase(self, key: str, to: Addressee, slots: Mapping[str, str] | None = None) -> str:
        """The next wording of a phrase for them. Raises PhraseError."""
        if to.language not in self._phrases:
            self._phrases[to.language] = load_phrases(to.language)
        names = to.resident.name if to.resident else {}
        name = names.get(to.language) or next(iter(names.values()), "")
        return self._phrases[to.language].next(key, {"name": name, **(slots or {})}, to.id)
