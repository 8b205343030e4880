"""What ends an alarm or settles a dose: nothing that is denied, asked, or followed by a call for help.

The sentences stand in grave_answers/LANGUAGE.tsv. `after`: a fall or a dose was asked about, or (-) nothing was.
`must`: an intent, or one of MUST.
"""
from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialogue.intents import load_sentences
from dialogue.understood import Understood
from robot.answers.grave import GRAVE

EXPECTED = {"fall": ("yes", "help", "hurt", "call_nurse", "unsure", "no", "fine"),
            "dose": ("taken", "taking", "yes", "no", "not_yet", "refuse", "unsure", "dose_asked"), "-": ()}
ENDING = {"fall": ("fine", "no"), "dose": ("taken", "yes", "refuse"), "-": ("fine", "no", "taken")}


def settles(meant: Understood, after: str) -> bool:
    return meant.intent in ENDING[after] and meant.sure


MUST = {"call": lambda meant, after: meant.call_for_help,
        "need": lambda meant, after: meant.call_for_help or meant.intent == "yes",
        "ends": lambda meant, after: meant.intent in ("fine", "no") and meant.sure,
        "booked": lambda meant, after: meant.intent in ("taken", "yes") and meant.sure,
        "doubt": lambda meant, after: not settles(meant, after),  # it may be asked back
        "open": lambda meant, after: meant.intent not in ENDING[after],
        "harmless": lambda meant, after: not meant.call_for_help and not settles(meant, after),
        **{slot: lambda meant, after, slot=slot: meant.call_for_help and slot in meant.slots for slot in GRAVE}}


def told() -> Iterator[tuple[str, str, str, str]]:
    """(language, after, must, said)."""
    for path in sorted((Path(__file__).parent / "grave_answers").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield path.stem, row["after"], row["must"], row["said"]


@pytest.mark.parametrize("language,after,must,said", list(told()))
def test_a_grave_answer_is_what_it_must_be(language, after, must, said):
    meant = load_sentences(language).understand(said, EXPECTED[after])
    assert MUST[must](meant, after) if must in MUST else meant.intent == must, meant


@pytest.mark.parametrize("language,said", [
    ("en", "Turn the fan off"), ("en", "Switch the telly off"), ("zh", "关一下风扇"), ("zh", "灶上的火忘关了"),
    ("ja", "テレビを消して"), ("ja", "ストーブを消して")])
def test_no_light_goes_out_that_was_not_spoken_of(language, said):
    assert load_sentences(language).understand(said).intent != "light_off"
