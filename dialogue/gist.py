"""What somebody probably wants, from all the words together: for what no sentence of the files foresees.

People word one wish in a hundred ways. A linear model (multinomial logistic regression over n-grams of tokens) has
learnt which runs of words go with which intent, and which with talk that is none. It reads no slots and is never sure:
dialogue/intents.py asks it after the sentences, and who acts on it asks back where a mistake would cost something.
Trained by bench/train_gist.py on sentences written for it (bench/said); the weights are ours.
"""
from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

TALK = "none"  # the class of what is said to others
# What it tells apart within an intent: which one it is, and what is known of it by that.
SENSES: dict[str, tuple[str, dict[str, str]]] = {
    "danger": ("help", {"danger": "1"}), "despair": ("help", {"despair": "1"}),
    "which_dose": ("what_for", {"which": "1"}), "reading_told": ("readings", {"told": "1"}),
    "secret": ("small_talk", {"topic": "secret"}), "afraid": ("small_talk", {"topic": "afraid"}),
    "hearing": ("small_talk", {"topic": "hearing"})}
START, END, JOINT, GAP = "^", "$", "\x1f", "\x1e"
# By words and parts of words; by syllables; by kana, of which a word has several.
SPANS = {"en": (1, 2, 3), "zh": (1, 2, 3, 4), "ja": (2, 3, 4, 5, 6)}
PARTS = {"en": (3, 4, 5)}
# Pairs with others between them, for "nobody ... help" asks for none: of another hand's 550 denials 39 instead of 45
# were taken for a call, of 450 calls that hold a negation 370 were heard instead of 362 (English; of 700 lines of an
# evening in Chinese three instead of eight were calls). Kana are too many and too alike for it.
GAPS = {"en": (2, 3, 4, 5), "zh": (2, 3, 4, 5, 6)}
# What was asked for is likelier than the same words by the way: its odds are multiplied by this.
EXPECTED_ODDS = 3.0


def ngrams(said: Sequence[str], language: str) -> Counter[int]:
    """How often each run of tokens stands in what was said, by a hash of 32 bits."""
    bounded = [START, *said, END]
    runs = [JOINT.join(bounded[at:at + span]) for span in SPANS[language] for at in range(len(bounded) - span + 1)]
    runs += [f"{bounded[at]}{GAP}{bounded[at + gap]}" for gap in GAPS.get(language, ())
             for at in range(len(bounded) - gap)]
    for word in said if language in PARTS else ():
        whole = f" {word} "
        runs += [whole[at:at + span] for span in PARTS[language] for at in range(len(whole) - span + 1)]
    return Counter(zlib.crc32(run.encode()) for run in runs)


class Gist:
    """The model of one language.

    `keys` (n,) uint32, sorted: the n-grams known. `rarity` (n,) float16: their inverse document frequency. `weights`
    (n, intents) int8 times `scale` (intents,) float32, and `bias` (intents,) float32: the log odds. `intents`: names.
    """

    ARRAYS = ("keys", "rarity", "weights", "scale", "bias", "intents")

    def __init__(self, language: str, **arrays: np.ndarray) -> None:
        self.language = language
        self._keys, self._rarity, self._weights, self._scale, self._bias, intents = (arrays[a] for a in self.ARRAYS)
        self.intents = tuple(map(str, intents))

    def __call__(self, said: Sequence[str], expected: Collection[str] = ()) -> Mapping[str, float]:
        """The probability of each intent, and of talk."""
        counts = ngrams(said, self.language)
        wanted = np.fromiter(counts, np.uint32, len(counts))
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        known = self._keys[at] == wanted
        rows, often = at[known], np.fromiter(counts.values(), float, len(counts))[known]
        values = (1 + np.log(often)) * self._rarity[rows]
        values /= max(float(np.linalg.norm(values)), 1e-9)
        logits = values @ self._weights[rows] * self._scale + self._bias
        logits += [np.log(EXPECTED_ODDS) if intent in expected else 0.0 for intent in self.intents]
        odds = np.exp(logits - logits.max())
        return dict(zip(self.intents, (odds / odds.sum()).tolist(), strict=True))

    def save(self, path: Path) -> None:
        """Write the weights to an .npz file."""
        arrays = (self._keys, self._rarity, self._weights, self._scale, self._bias, np.array(self.intents))
        np.savez_compressed(path, **dict(zip(self.ARRAYS, arrays, strict=True)))


def weights_of(language: str) -> Path:
    return Path(__file__).with_name(f"gist_{language}.npz")


@cache
def load_gist(language: str) -> Gist | None:
    """The model that comes with Anban; None for a language without one."""
    path = weights_of(language)
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return Gist(language, **{name: kept[name] for name in Gist.ARRAYS})
