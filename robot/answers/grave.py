"""Calls for help that nobody is asked about: who says so may feel well, and is in need all the same. Pure."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

DOSE_ERROR = "dose_error"  # a dose was taken twice, too much of it, or a wrong one
PERHAPS = "perhaps"  # the slot of a call in which one of GRAVE was heard too doubtfully to act on it unasked


@dataclass(frozen=True)
class Grave:
    """`detail`: what it is, on the alarm. `phrase`: what is said to it."""
    detail: str
    phrase: str


# By the slots of a call for help that say so.
GRAVE = {DOSE_ERROR: Grave("says that a medicine was taken wrongly", "help.dose_error"),
         "danger": Grave("tells of fire, gas, water, a stranger or violence", "help.danger"),
         "despair": Grave("says that life is not worth living", "help.despair")}


def grave(slots: Collection[str]) -> str:
    """Which of GRAVE a call for help is, "" for none."""
    return next((slot for slot in GRAVE if slot in slots), "")
