"""Who is spoken to, in which language, and in which words."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dialogue.phrases import Phrases, load_phrases
from robot.site import Resident, Site


class Addressee(NamedTuple):
    """`resident`: None for nobody of the site. `languages`: in which they may speak, the first that in which they are
    spoken to."""
    resident: Resident | None
    languages: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.languages[0]

    @property
    def id(self) -> str:
        return self.resident.id if self.resident else ""


class Wording:
    """The phrase files for a site's residents, each in the language that they spoke last, or their own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._spoken: dict[str, str] = {}  # the language of each resident, "": of whom the robot does not know
        self._phrases: dict[str, Phrases] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """All that are spoken here, the likeliest first."""
        return self.addressee("").languages

    def spoke(self, resident_id: str, language: str) -> None:
        """A resident ("": it is not known who) has spoken to the robot in this language. Who lives alone is known."""
        self._spoken[resident_id or self._only] = language

    def addressee(self, resident_id: str, language: str = "") -> Addressee:
        """The resident of that id, in `language` if one is given."""
        resident = next((one for one in self._site.residents if one.id == (resident_id or self._only)), None)
        theirs = [spoken for one in ([resident] if resident else self._site.residents)
                  for spoken in (one.language, *one.also_speaks)]
        spoken = self._spoken.get(resident.id if resident else "", "")
        first = language or (spoken if spoken in theirs else theirs[0])
        return Addressee(resident if resident_id else None, tuple(dict.fromkeys([first, *theirs])))

    @property
    def _only(self) -> str:
        """The resident of a home with one."""
        return self._site.residents[0].id if len(self._site.residents) == 1 else ""

    def phrase(self, key: str, to: Addressee, slots: Mapping[str, str] | None = None) -> str:
        """The next wording of a phrase for them. Raises PhraseError."""
        if to.language not in self._phrases:
            self._phrases[to.language] = load_phrases(to.language)
        names = to.resident.name if to.resident else {}
        name = names.get(to.language) or next(iter(names.values()), "")
        return self._phrases[to.language].next(key, {"name": name, **(slots or {})}, to.id)
