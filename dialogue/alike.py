"""Sentences that sound like what was misheard: what may have been said, for the recogniser to judge by the sound.

Noise turns 救急車を呼んで into 99社4で, which no understanding mends; yet among thousands of sentences that people say,
the one that was said is often the likeliest by the sound, or nearly so. This finds them; dialogue/doubt.py has them
judged. The sentences are those that the gist has learnt from (bench/train_gist.py writes both), talk among them.
"""
from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from dialogue.spoken_form import clauses, tokens

RUNS = (2, 3)       # characters of the spoken form; a misheard word keeps some of them
COMPARED = 60       # by their runs, of which the most alike are then taken
START, END = "^", "$"


@dataclass(frozen=True)
class Alike:
    """A sentence, its intent ("none": talk), and how like it sounds, 0..1 (Ratcliff and Obershelp's ratio)."""
    text: str
    intent: str
    likeness: float


class KnownSentences:
    """The sentences of one language. `spoken`: their spoken forms; all sequences of one length."""

    def __init__(self, language: str, texts: Sequence[str], intents: Sequence[str], spoken: Sequence[str]) -> None:
        self.language, self._texts, self._intents, self._spoken = language, texts, intents, spoken
        counts = [Counter(_runs(form)) for form in spoken]
        self._column = {run: at for at, run in enumerate(dict.fromkeys(run for counted in counts for run in counted))}
        in_sentences = np.zeros(len(self._column))
        for counted in counts:
            in_sentences[[self._column[run] for run in counted]] += 1
        self._rarity = np.log((1 + len(texts)) / (1 + in_sentences)) + 1
        self._table = self._vectors(counts)

    def like(self, heard: Sequence[str], most: int) -> list[Alike]:
        """The sentences most like any of these hearings of one sound, the likest first."""
        forms = [form for text in dict.fromkeys(heard) if (form := spoken_form(text, self.language))]
        if not forms:
            return []
        near = (self._table @ self._vectors([Counter(_runs(form)) for form in forms]).T).max(axis=1).toarray().ravel()
        found = [Alike(self._texts[at], self._intents[at], max(_ratio(self._spoken[at], form) for form in forms))
                 for at in np.argsort(-near)[:COMPARED]]
        return sorted(found, key=lambda one: -one.likeness)[:most]

    def _vectors(self, counts: Sequence[Counter[str]]) -> csr_matrix:
        """A row of length 1 for each."""
        columns, values, ends = [], [], [0]
        for counted in counts:
            known = [run for run in counted if run in self._column]
            at = [self._column[run] for run in known]
            row = (1 + np.log([counted[run] for run in known])) * self._rarity[at] if known else np.zeros(0)
            columns += at
            values += (row / max(float(np.linalg.norm(row)), 1e-9)).tolist()
            ends.append(len(columns))
        return csr_matrix((np.array(values, np.float32), columns, ends), shape=(len(counts), len(self._column)))

    def save(self, path: Path) -> None:
        """Write the sentences to an .npz file."""
        lines = {"texts": self._texts, "intents": self._intents, "spoken": self._spoken}
        np.savez_compressed(path, **{name: np.frombuffer("\n".join(line).encode(), np.uint8)
                                     for name, line in lines.items()})


def spoken_form(text: str, language: str) -> str:
    """All tokens of a text, words apart in English."""
    said = (token for clause in clauses(text) for token in tokens(clause, language))
    return (" " if language == "en" else "").join(said)


def known_path(language: str) -> Path:
    return Path(__file__).with_name(f"known_{language}.npz")


@cache
def load_known(language: str) -> KnownSentences | None:
    """The sentences that come with Anban; None for a language without them."""
    path = known_path(language)
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return KnownSentences(language, *(kept[name].tobytes().decode().split("\n")
                                          for name in ("texts", "intents", "spoken")))


def _runs(form: str) -> list[str]:
    bounded = f"{START}{form}{END}"
    return [bounded[at:at + length] for length in RUNS for at in range(len(bounded) - length + 1)]


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
