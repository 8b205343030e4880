"""How well the ears understand, from what was heard of recordings with known words and intents. Pure."""
from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from dialogue.attention import Attention
from dialogue.intents import ANSWERS
from dialogue.listener import Heard
from dialogue.matching import OF_DOSE
from dialogue.playing import Taken
from dialogue.spoken_form import tokens
from dialogue.understood import ENDS_AN_ALARM, PRIORITY, Understood
from robot.espeak import chinese_numerals
from robot.measures import spread, wilson

# The robot's questions by the answers that it expects: after a fall, of a dose, of the hour of a reminder; and an open
# alarm. Nobody says "yes" to nothing; what is answered to no question has the robot do nothing, but for what tells of a
# dose.
QUESTIONS = (("yes", "no", "fine", "unsure", "help", "hurt", "call_nurse"),
             ("taken", "taking", "yes", "no", "not_yet", "refuse", "unsure", "dose_asked"), ("when",), ("alarm_off",))
NOTHING_UNASKED = {*ENDS_AN_ALARM, "yes", "taking", "when", "alarm_off"}
UNITS = {"en": "word", "zh": "character", "ja": "character", "ko": "character"}


@dataclass(frozen=True)
class Result:
    """One recording: what was said and should be understood ("": nothing may be), and what was."""
    clip: str
    text: str
    expected: str
    heard: str = ""
    intent: str = ""
    call_for_help: bool = False
    latency_s: float | None = None    # from the end of speech to the intent
    sound_s: float = 0.0
    compute_s: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def right(self) -> bool:
        return not self.error and self.intent == self.expected


@dataclass(frozen=True)
class Background:
    """What was heard in a stretch of talk that is not meant for the robot, which begins `from_s` into its file."""
    file: str
    from_s: float
    heard: tuple[Heard, ...] = ()
    sound_s: float = 0.0
    compute_s: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class FalseAccept:
    """An intent that was taken from talk not meant for the robot, `at_s` into the file."""
    file: str
    at_s: float
    heard: str
    intent: str
    call_for_help: bool


def asked(expected: str) -> Sequence[str]:
    """What the robot's question expects to which this intent is an answer; () for what needs no question."""
    answers = expected in (*ANSWERS, *OF_DOSE, *NOTHING_UNASKED)
    return next(question for question in QUESTIONS if expected in question) if answers else ()


def counts(understood: Understood, asked: Sequence[str]) -> bool:
    """Whether something follows from it, in answer to that question or by the way."""
    intent = understood.intent
    of_nothing = intent in NOTHING_UNASKED or intent in OF_DOSE and "dose" not in understood.slots
    return bool(intent) and (bool(asked) or not of_nothing and (understood.sure or intent not in ANSWERS))


def meaning(taken: Sequence[Taken], asked: Sequence[str] = ()) -> Taken | None:
    """Of all utterances of a recording the one that counts, as among several things said at once."""
    meant = [one for one in taken if counts(one.heard.understood, asked)]
    return min(meant, key=lambda one: PRIORITY.index(one.heard.understood.intent), default=None)


def false_accepts(talk: Sequence[Background], attention: Attention) -> list[FalseAccept]:
    """What the robot would act on of stretches that it hears one after the other, while it sees nobody and says
    nothing."""
    began_s, found = 0.0, {}
    for stretch in talk:
        for one in stretch.heard:
            at_s = began_s + one.began_s
            why = attention.why(one.understood, at_s, began_s + one.ended_s, one.named, -math.inf)
            if counts(one.understood, ()) and why:  # a call that was told in a pause is told again with what followed
                found[at_s] = FalseAccept(stretch.file, stretch.from_s + one.began_s, one.transcript.text,
                                          one.understood.intent, one.understood.call_for_help)
        began_s += stretch.sound_s
    return list(found.values())


def words(taken: Sequence[Taken]) -> str:
    """All that was said. A call for help that was told in a pause is told again with what followed."""
    return " ".join({one.heard.began_s: one.heard.transcript.text for one in taken}.values())


def written(text: str, language: str) -> Sequence[str]:
    """The units that errors are counted in: English words without contractions, else characters without punctuation."""
    if UNITS[language] == "word":
        return tokens(text, language)
    text = unicodedata.normalize("NFKC", text).lower()
    text = chinese_numerals(text) if language == "zh" else text
    return [character for character in text if character.isalnum()]


def errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest substitutions, insertions and deletions between the two (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, unit in enumerate(wanted, 1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            diagonal, row[at] = row[at], min(diagonal + (unit != other), row[at] + 1, row[at - 1] + 1)
    return row[-1]


def error_rate(results: Sequence[Result], units) -> float | None:
    """Errors per unit of what was said, over all recordings that have a transcript."""
    pairs = [(units(result.text), units(result.heard)) for result in results if result.text and not result.error]
    length = sum(len(wanted) for wanted, _ in pairs)
    return round(sum(errors(wanted, heard) for wanted, heard in pairs) / length, 4) if length else None


def summary(results: Sequence[Result], language: str, calls: frozenset[str], talk: Sequence[Background] = (),
            taken: Sequence[FalseAccept] = ()) -> dict:
    """All figures, as `speech.json` holds them. `calls`: the intents that are calls for help."""
    heard = [result for result in results if not result.error]
    in_need = [result for result in heard if result.expected in calls]
    no_command = [result for result in heard if not result.expected]
    hours = sum(stretch.sound_s for stretch in talk) / 3600.0
    sound_s, compute_s = (sum(getattr(one, name) for one in (*talk, *heard)) for name in ("sound_s", "compute_s"))
    return {
        "clips": [{"clip": r.clip, "text": r.text, "heard": r.heard, "intent": r.intent, "expected": r.expected,
                   "latency_s": None if r.latency_s is None else round(r.latency_s, 3),
                   **({"notes": list(r.notes)} if r.notes else {}), **({"error": r.error} if r.error else {})}
                  for r in results],
        "error_rate": error_rate(results, lambda text: written(text, language)),
        "error_unit": UNITS[language],
        # By pinyin or kana, which is what intents are matched by.
        "sound_error_rate": error_rate(results, lambda text: tokens(text, language)),
        "intent_accuracy": wilson(sum(r.right for r in heard), len(heard)),
        "calls_for_help_heard": wilson(sum(r.call_for_help for r in in_need), len(in_need)),
        "no_commands_taken": wilson(sum(bool(r.intent) for r in no_command), len(no_command)),
        "false_accepts_per_hour": round(len(taken) / hours, 2) if hours else None,
        "false_calls_for_help_per_hour": round(sum(t.call_for_help for t in taken) / hours, 2) if hours else None,
        "background": {"hours": round(hours, 4), "taken": [
            {"file": t.file, "at_s": round(t.at_s, 1), "heard": t.heard, "intent": t.intent} for t in taken]},
        "latency_s": spread([r.latency_s for r in heard if r.latency_s is not None and r.intent]),
        "real_time_factor": round(compute_s / sound_s, 3) if sound_s else None,
        "unreadable": sum(bool(r.error) for r in results),
    }
