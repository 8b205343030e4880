"""Sentences that sound like what was misheard: what may have been said, for the recogniser to judge by the sound.

Noise turns 救急車を呼んで into 99社4で, which no understanding mends; yet among thousands of sentences that people say,
the one that was said is often the likeliest by the sound, or nearly so. This finds them; dialogue/doubt.py has them
judged. The sentences are those that the gist has learnt from (bench/train_gist.py writes both), talk among them.
"""
from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
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
        runs = [_runs(form) for form in spoken]
        self._column = {run: at for at, run in enumerate(dict.fromkeys(chain.from_iterable(runs)))}
        often = self._often(runs)
        in_sentences = np.bincount(often.indices, minlength=len(self._column))
        self._rarity = (np.log((1 + len(texts)) / (1 + in_sentences)) + 1).astype(np.float32)
        self._table = self._weighed(often)

    def like(self, heard: Sequence[str], most: int) -> list[Alike]:
        """The sentences most like any of these hearings of one sound, the likest first."""
        forms = [form for text in dict.fromkeys(heard) if (form := spoken_form(text, self.language))]
        if not forms:
            return []
        near = (self._table @ self._weighed(self._often(map(_runs, forms))).T).max(axis=1).toarray().ravel()
        found = [Alike(self._texts[at], self._intents[at], max(_ratio(self._spoken[at], form) for form in forms))
                 for at in np.argsort(-near)[:COMPARED]]
        return sorted(found, key=lambda one: -one.likeness)[:most]

    def _often(self, runs: Iterable[list[str]]) -> csr_matrix:
        """How often each known run stands in each, one row a sentence."""
        columns = [[self._column[run] for run in each if run in self._column] for each in runs]
        ends = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter(chain.from_iterable(columns), np.int32, ends[-1])
        often = csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(columns), len(self._column)))
        often.sum_duplicates()
        return often

    def _weighed(self, often: csr_matrix) -> csr_matrix:
        """The same with rare runs counting more, each row of length 1."""
        often.data = (1 + np.log(often.data)) * self._rarity[often.indices]
        lengths = np.sqrt(np.ravel(often.multiply(often).sum(axis=1)))
        often.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(often.indptr))
        return often

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
