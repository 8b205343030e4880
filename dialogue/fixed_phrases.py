"""The sentences that a robot says word for word, again and again: those of the phrase file for its residents. Pure."""
from __future__ import annotations

import string
from collections.abc import Iterator, Sequence

from dialogue.phrases import Phrases
from robot.readable import sentences
from robot.site import MedicationPlan, Resident, in_language

URGENT = ("fall.", "help.")  # phrases of an alarm: never softened by the night, and made ahead first


def urgent(key: str) -> bool:
    """Whether a phrase belongs to an alarm."""
    return key.startswith(URGENT)


def fixed_sentences(phrases: Phrases, language: str, resident: Resident,
                    plans: Sequence[MedicationPlan] = ()) -> Iterator[str]:
    """All sentences for this resident whose words are known beforehand, alarms first, none twice."""
    name = {"name": resident.name.get(language) or next(iter(resident.name.values()), "")}
    doses = [{"medicine": in_language(plan.medicine, language), "dose": in_language(plan.dose, language),
              "purpose": in_language(plan.purpose, language)} for plan in plans if plan.resident == resident.id]
    seen: set[str] = set()
    for key in sorted(phrases.keys, key=lambda key: not urgent(key)):
        for wording in phrases.wordings(key):
            for slots in ({**name, **dose} for dose in doses or [{}]):
                told = set(_told(wording, slots)) - seen
                seen |= told
                yield from (text for text in _told(wording, slots) if text in told)


def _told(wording: str, slots: dict[str, str]) -> list[str]:
    """The sentences of a wording that these slots fill."""
    if _fields(wording) <= slots.keys():
        return sentences(wording.format_map(slots))
    return [sentence.format_map(slots) for sentence in sentences(wording) if _fields(sentence) <= slots.keys()]


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}
