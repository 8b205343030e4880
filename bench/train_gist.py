"""Trains the models that tell from all the words together what somebody wants (dialogue/gist.py), and measures them.

Writes the sentences that it learnt from as well, for dialogue/alike.py.

    python bench/train_gist.py [--language en,zh,ja] [--out FOLDER]      train; ten to twenty minutes each
    python bench/train_gist.py --measure FILE.tsv --language en          what is understood of other sentences

Learns from bench/said/<language>.tsv (`intent<tab>sentence`; intent "none": not meant for the robot; some are senses
of an intent, dialogue/gist.py) and from the
examples of the sentence files. Wants scikit-learn for training (pip install scikit-learn==1.7.2).
Other hands wrote what is for measuring only: <language>_unseen.tsv, <language>_rough.tsv (as old people of all regions
and tempers say it), <language>_plain.tsv (calls for help as in a phrase book, and the same said of others or of long
ago), <language>_evening.tsv (television and conversation of an ordinary week, none of it meant),
<language>_close.tsv (what only sounds like a wish or a call, and wishes and calls in much the same words),
<language>_denied.tsv (need that is denied, over, asked about or another's, and calls that sound like that) and
<language>_short.tsv (short and common need, and what is harmless in its words).
"""
from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from dialogue.alike import KnownSentences, known_path, spoken_form  # noqa: E402
from dialogue.gist import SENSES, TALK, Gist, load_gist, ngrams, weights_of  # noqa: E402
from dialogue.intents import ANSWERS, load_sentences, said_in  # noqa: E402
from robot.measures import wilson  # noqa: E402

SAID = Path(__file__).with_name("said")
# An n-gram of one sentence teaches nothing about another.
LEAST_SENTENCES = 2
# Inverse of the regularisation. Of 20, 60, 100 and 200 the best on sentences of another hand, by little.
C = 100.0
# At home far more is talk than among the lessons, of which it was a third when this was chosen (now two fifths). Of
# 1,500 lines a language of hands left out, three times the odds take a quarter less of the talk for a wish or a call
# than twice, and lose 1.5 % of the wishes and 1 % of the calls.
TALK_ODDS = 3.0
# Longer sentences [tokens: words, syllables, kana] are not said again word for word: they teach the gist, and are no
# candidates for what was misheard.
LONGEST_KNOWN = {"en": 10, "zh": 12, "ja": 20}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--language", default="en,zh,ja")
    arguments.add_argument("--out", type=Path, help="folder for the weights; without it, where they are used")
    arguments.add_argument("--measure", type=Path, help="a file of sentences; nothing is trained")
    options = arguments.parse_args()
    for language in options.language.split(","):
        if options.measure:
            print(json.dumps(measure(read(options.measure), language), ensure_ascii=False, indent=1))
            continue
        path = weights_of(language)
        path = options.out / path.name if options.out else path
        trained(lessons(language), language).save(path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB", flush=True)
        path = options.out / known_path(language).name if options.out else known_path(language)
        known(lessons(language), language).save(path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB", flush=True)


def read(path: Path) -> list[tuple[str, str]]:
    """(intent, sentence) of each line."""
    return [tuple(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines() if line]


def lessons(language: str) -> list[tuple[str, str]]:
    """What there is to learn from."""
    sentences = load_sentences(language)
    return [*read(SAID / f"{language}.tsv"),
            *((intent, text) for intent, texts in sentences.examples.items() for text in texts),
            *((TALK, text) for text in sentences.not_commands)]


def trained(said: list[tuple[str, str]], language: str) -> Gist:
    """A model of these (intent, sentence)."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    counts = [ngrams(said_in(text, language), language) for _, text in said]
    sentences = Counter(key for counted in counts for key in counted)
    keys = np.array(sorted(key for key, number in sentences.items() if number >= LEAST_SENTENCES), np.uint32)
    rarity = np.log((1 + len(said)) / (1 + np.array([sentences[key] for key in keys.tolist()]))) + 1
    place = {key: at for at, key in enumerate(keys.tolist())}
    rows, columns, values = [], [], []
    for row, counted in enumerate(counts):
        mine = {place[key]: (1 + np.log(often)) * rarity[place[key]] for key, often in counted.items() if key in place}
        size = max(float(np.linalg.norm(list(mine.values()))), 1e-9)
        rows += [row] * len(mine)
        columns += mine
        values += [value / size for value in mine.values()]
    model = LogisticRegression(C=C, max_iter=300).fit(
        csr_matrix((np.array(values, np.float32), (rows, columns)), (len(said), len(keys))),
        [intent for intent, _ in said])
    bias = model.intercept_ + np.log(TALK_ODDS) * (model.classes_ == TALK)
    scale = np.abs(model.coef_).max(axis=1) / 127
    return Gist(language, keys=keys, rarity=rarity.astype(np.float16),
                weights=np.round(model.coef_ / scale[:, None]).astype(np.int8).T.copy(),
                scale=scale.astype(np.float32), bias=bias.astype(np.float32), intents=model.classes_)


def known(said: list[tuple[str, str]], language: str) -> KnownSentences:
    """Each sentence that is not too long, once, as it sounds."""
    once = {spoken_form(text, language): (SENSES.get(intent, (intent, {}))[0], text) for intent, text in said
            if len(said_in(text, language)) <= LONGEST_KNOWN[language]}
    intents, texts = zip(*once.values(), strict=True)
    return KnownSentences(language, texts, intents, tuple(once))


def measure(said: list[tuple[str, str]], language: str) -> dict:
    """What is understood of these sentences: answers as in answer to a question, all others by the way."""
    sentences = load_sentences(language)
    calls = sentences.calls_for_help
    found, wrong = Counter(), []
    number = Counter(intent for intent, _ in said)
    for intent, text in said:
        wanted = "" if intent == TALK else intent
        got = sentences.understand(text, {intent} & set(ANSWERS)).intent
        found[intent] += got == wanted
        found["a call for help"] += intent in calls and got in calls
        found["a false call"] += intent == TALK and got in calls
        if got != wanted:
            wrong.append(f"{intent} -> {got or TALK}: {text}")
    requests = {intent for intent in number if intent != TALK}

    def share(right: int, whole: int) -> dict:
        return {"n": whole, **wilson(right, whole)}
    return {"language": language, "model": load_gist(language) is not None,
            "intents": share(sum(found[i] for i in requests), sum(number[i] for i in requests)),
            "calls_for_help": share(found["a call for help"], sum(number[i] for i in calls)),
            "talk_taken": share(number[TALK] - found[TALK], number[TALK]),
            "false_calls_for_help": share(found["a false call"], number[TALK]),
            "by_intent": {intent: f"{found[intent]}/{number[intent]}" for intent in sorted(number)}, "wrong": wrong}


if __name__ == "__main__":
    main()
