"""Utterances covered by known sentences: hassil templates matched as a whole on how they sound.

A clause is covered from its first to its last token by known sentences and fillers; what stays uncovered decides how
much may be believed. Nothing is matched by likeness: "I have not fallen" differs from "I have fallen" by one word, and
by everything.
"""
from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from hassil.expression import TextChunk
from hassil.intents import Intents
from hassil.parser import ParseError

from dialogue.manner import AGAIN
from dialogue.medicine import Medicine
from dialogue.spoken_form import Token, clauses, tokens, written
from dialogue.templates import Filled, Graph, TemplateError
from dialogue.understood import (
    COMMANDS,
    CONTRADICTIONS,
    ENDS_AN_ALARM,
    NO_REQUEST,
    PRIORITY,
    WANTED,
    Understood,
)
from robot.answers import ALL_SAID

Said = tuple[Token, ...]
# "Yes what time is it", in one breath, is no answer: these count instead.
ASKED_INSTEAD = (*AGAIN, "where_am_i", "time", "date", "where_is", "what_for", "plan")
SWITCHES = {"light_on", "light_off"}
BESIDE_A_TIME = ("yes", "no", "unsure", "fine", "thanks", "reminder_set", "reminder_cancel")  # "no, at seven"
# "fine" and "no" end an alarm: this share of all that was said must be understood before they are believed.
WHOLE_SHARE = 0.8
NEVER, ANY_OF = "(?!)", "(?<![a-z])(?:{})(?![a-z])"  # matches nothing; one of these patterns, in whole words
# Said as a question ("have I taken it?", 我没事吗), these mean that somebody does not know.
IF_QUESTIONED = {"taken": "dose_asked", **dict.fromkeys((*ENDS_AN_ALARM, "yes"), "unsure")}
OF_DOSE = ("taken", "refuse", "not_yet", "unsure")  # by the way they get the slot `dose` where they are about one
# What is wanted, in the words of who wants it: "a cup of tea", and not only that it is a drink.
THING = "thing"
AND = {"en": " and ", "zh": "、", "ja": "と", "ko": ", "}
MARKS = " .,!?;…。，、！？；"
# What puts a word right ("not rice, noodles"), or calls something off, is all that is said, and short, or it is talk.
MENDS, SHORT = {"wrong", "right", "instead", "off"}, {"en": 6, "zh": 7, "ja": 13}
# Other answers stand beside talk, but not as a crumb of it. A call for help needs no share.
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class _Phrase:
    """What a sentence means, with the metadata of its group (explained in config/sentences)."""
    intent: str  # "" for a filler
    call_for_help: bool = False
    anywhere: bool = False
    told: bool = False
    whole: bool = False
    aside: bool = False
    asked: bool = False
    vague: bool = False
    beside: str = ""
    unwritten: str = ""

    def counts(self, expected: Collection[str]) -> bool:
        """Whether it may be meant where these intents answer."""
        return (not self.asked or self.intent in expected) and (not self.beside or self.beside in expected)

    def rank(self, expected: Collection[str]) -> tuple[bool, bool, int, bool]:
        """The more important sense counts, the lower: a call for help, what is expected, then as in PRIORITY, what is
        not asked back."""
        place = PRIORITY.index(self.intent) if self.intent in PRIORITY else len(PRIORITY)
        return not self.call_for_help, self.intent not in expected, place, self.vague


@dataclass(frozen=True)
class _Piece:
    """A phrase (None: a token not understood) at tokens start..end of a clause."""
    phrase: _Phrase | None
    start: int
    end: int
    slots: tuple[Filled, ...] = ()

    @property
    def intent(self) -> str:
        return self.phrase.intent if self.phrase else ""

    @property
    def calls(self) -> bool:
        """Whether it is a call for help."""
        return bool(self.phrase and self.phrase.call_for_help)

    @property
    def free(self) -> int:
        """Tokens of free text in it."""
        return sum(len(filled.said) for filled in self.slots if filled.value is None)


class SentenceError(ValueError):
    """A sentence file is wrong; the message names it."""


class Matcher:
    """The sentences of one language."""

    def __init__(self, data: dict, name: str = "sentences") -> None:
        """`data` is the parsed file; raises SentenceError."""
        try:
            self.language: str = data["language"]
            parsed = Intents.from_dict(data)
        except (KeyError, TypeError, ValueError, ParseError) as error:
            raise SentenceError(f"{name}: {error}; `anban sentences check` tells the line") from error
        unknown = set(parsed.intents) - {*PRIORITY, NO_REQUEST}
        if unknown:
            raise SentenceError(f"{name}: unknown intent {', '.join(sorted(unknown))}; known: {', '.join(PRIORITY)}")
        self.examples: dict[str, list[str]] = data.get("examples", {})
        self.not_commands: list[str] = data.get("not_commands", [])
        self.near_misses = frozenset(said_in(text, self.language) for text in self.not_commands)
        self.intents = frozenset(parsed.intents) - {NO_REQUEST}
        self.answers = frozenset(intent for intent, found in parsed.intents.items()
                                 if all((group.metadata or {}).get("asked") for group in found.data))
        self.calls_for_help = frozenset(intent for intent, found in parsed.intents.items() for group in found.data
                                        if (group.metadata or {}).get("call_for_help"))
        try:
            self._graph = Graph(lambda text: tokens(text, self.language), parsed.expansion_rules, parsed.slot_lists,
                                self.language)
            self._medicine = Medicine(data.get("medicine", {}), self.language, parsed.expansion_rules, {
                what: parsed.slot_lists[what] for what in ("what",) if what in parsed.slot_lists})
        except (TemplateError, ParseError) as error:
            raise SentenceError(f"{name}: lists or medicine: {error}") from error
        self.fillers = frozenset(tokens(words, self.language) for words in parsed.skip_words)
        for words in parsed.skip_words:
            self._graph.add(TextChunk(words), _Phrase(""))
        for intent, found in parsed.intents.items():
            for group in found.data:
                phrase = _Phrase(intent, **(group.metadata or {}))
                if phrase.beside not in ("", *PRIORITY):
                    raise SentenceError(f"{name}: {intent}: beside: {phrase.beside!r} is no intent; known: "
                                        f"{', '.join(PRIORITY)}")
                for sentence in group.sentences:
                    try:
                        self._graph.add(sentence.expression, phrase)
                    except TemplateError as error:
                        raise SentenceError(f"{name}: {intent}: {sentence.text!r}: {error}") from error
        self._times = Graph(lambda text: tokens(text, self.language), parsed.expansion_rules, parsed.slot_lists,
                            self.language)
        if "when" in parsed.expansion_rules:
            self._times.add(parsed.expansion_rules["when"].expression, "when")
        self._turns, self._question, self._excess = (
            re.compile(ANY_OF.format("|".join(data.get(name) or [NEVER])), re.IGNORECASE)
            for name in ("turns", "question", "excess"))
        self._all_said = re.compile("|".join(data.get("all_said") or [NEVER]), re.IGNORECASE)
        self._bedtime = re.compile("|".join(data.get("bedtime") or [NEVER]), re.IGNORECASE)
        self._dropped = tokens(data.get("dropped", ""), self.language)
        negation = data.get("negation", {"words": [], "where": "before", "within": 0})
        self._negations = [tokens(word, self.language) for word in negation["words"]]
        self._negation_before, self._negation_within = negation["where"] == "before", negation["within"]

    def matched(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The same by the sentences alone."""
        def judge(spoken: list[Said]) -> Understood:
            return self._judge(spoken, expected)

        spoken = [said for clause in clauses(text) for part in self._turns.split(clause)
                  if (said := tokens(part, self.language))]
        understood = judge(spoken)
        if not understood.intent:
            plain = [_without_repeats(said, 1 if self.language == "en" else 2) for said in spoken]
            if plain != spoken:  # "I can't, I can't get get up"
                understood = judge(plain)
        if not understood.intent and self._dropped:  # "fell down the stairs", "have hurt my back"
            fuller = judge([self._dropped + said for said in spoken])
            understood = fuller if fuller.intent else understood
        if understood.share < 1.0 and len(spoken) > 1:
            joined = judge([sum(spoken, ())])  # a comma may stand inside a sentence
            if understood.call_for_help:
                understood = joined if joined.talk == 1.0 else understood  # "last year, my husband fell"
            else:
                understood = max(understood, joined, key=lambda meant: (bool(meant.intent), meant.share))
        return self.in_doubt(text, understood, expected)

    def in_doubt(self, text: str, meant: Understood, expected: Collection[str]) -> Understood:
        """What would settle something, unless it is asked rather than told, or tells of a dose that was too much; a
        mark that the recogniser heard in the tune of a voice is worth asking back."""
        said = text.lower().strip(MARKS)
        if meant.intent in IF_QUESTIONED and self._question.search(said):
            return replace(meant, intent=IF_QUESTIONED[meant.intent], slots={})
        of_dose = "taken" in expected or not meant.sure and "medicine" in self._medicine.slots(text)
        told = meant.intent in ("taken", "yes") or meant.call_for_help and not meant.sure
        if told and of_dose and self._excess.search(said):
            return replace(meant, intent="help", call_for_help=True, slots={"dose_error": "too_much"})
        if not expected and self._all_said.fullmatch(said):
            return replace(meant, slots={**meant.slots, ALL_SAID: "1"})
        if meant.intent in OF_DOSE and not expected and self._medicine.is_told_of(text):
            return replace(meant, slots={**meant.slots, "dose": "1"})
        asks = meant.intent in IF_QUESTIONED and text.rstrip().endswith(("?", "？"))
        return replace(meant, sure=False) if asks else meant

    def negated(self, text: str) -> bool:
        """Whether a negation stands anywhere in it."""
        return self._holds_negation(said_in(text, self.language))

    def _holds_negation(self, said: Said) -> bool:
        return any(said[at:at + len(word)] == word for word in self._negations for at in range(len(said)))

    # --- inside -------------------------------------------------------------------------------------------------------
    def _judge(self, spoken: list[Said], expected: Collection[str]) -> Understood:
        total = sum(map(len, spoken))
        if not total:
            return Understood("", False, 0.0)
        known, found, in_doubt, taken_back = 0, [], False, False
        short = total if total <= SHORT.get(self.language, 0) else 0
        covers = [self._cover(said, expected, short) for said in spoken]
        for said, pieces in zip(spoken, covers, strict=True):
            taken_back |= any(piece.intent == "yes" for piece in pieces) and any(
                piece.intent in ENDS_AN_ALARM for piece in found)  # "no ... yes please"
            negated = [piece for piece in pieces if piece.phrase and self._negated(said, piece, pieces)]
            covered = sum(piece.end - piece.start for piece in pieces if piece.phrase
                          and not (piece in negated and (piece.calls or piece.intent in COMMANDS)))
            known += covered
            asks = any(piece.intent in ASKED_INSTEAD for piece in pieces)
            for piece in pieces:
                if piece.intent in ("", NO_REQUEST) or asks and piece.intent in ("yes", "no"):
                    continue
                if (covered == len(said) or piece.phrase.anywhere) and piece not in negated:
                    found.append(piece)
                elif piece.calls:
                    in_doubt = True  # of "nothing wrong, my upper leg hurts" the second half is not understood in whole
                if piece.free:
                    found += self._cries(said, piece)
            in_doubt |= {"no", "fine"} <= {p.intent for p in pieces if not (p.phrase and p.phrase.aside)}  # "not fine"
        share = known / total
        found = [piece for piece in found if share >= self._least_share(piece.phrase)
                 and (piece.calls or not (in_doubt and piece.phrase.whole))]
        unasked = [self._cover(said, (), short) for said in spoken] if expected and share < 1.0 else covers
        if share < 1.0 and self._doubtful(spoken, unasked):
            found = [piece for piece in found if piece.calls]
        if any(piece.intent in AGAIN for piece in found):  # "No. I cannot hear you." answers nothing either
            found = [piece for piece in found if piece.intent not in ("yes", "no")]
        intents = {piece.phrase.intent for piece in found}
        if intents & SWITCHES:  # "turn off the light, I want to sleep"
            found = [piece for piece in found if piece.phrase.intent != "quiet"]
        if intents - {"when", *BESIDE_A_TIME}:  # "turn on the light tonight" answers no "when?"
            found = [piece for piece in found
                     if piece.phrase.intent != "when" or {filled.slot for filled in piece.slots} != {"part"}]
        if not found or any(intents >= both and intents <= both | {"thanks"} for both in CONTRADICTIONS):
            known_talk = not intents and share == 1.0 and any(
                piece.phrase and piece.phrase.intent == NO_REQUEST for pieces in covers for piece in pieces)
            return Understood("", False, share, talk=float(known_talk))
        best = min((piece.phrase for piece in found), key=lambda phrase: phrase.rank(expected))
        # "No ambulance, call my son", "I took it, but ...", "no, who are you", "not really": asked back.
        sure = not (best.intent in ENDS_AN_ALARM and (taken_back or intents & set(WANTED))
                    or best.intent in (*ENDS_AN_ALARM, "taken") and best.intent in expected and share < 1.0
                    or best.intent in ("yes", "no") and best.intent in expected and intents - {*expected, "thanks"}
                    or all(piece.phrase.vague for piece in found if piece.intent == best.intent))
        filled_in = [filled for piece in found if piece.phrase.intent == best.intent for filled in piece.slots]
        slots = {slot: value for filled in filled_in for slot, value in self._filled(filled).items()}
        if THING in slots:
            slots["service"], slots[THING] = slots[THING], AND[self.language].join(
                written(filled.said, self.language) for filled in filled_in if filled.slot == THING)
        if best.intent == "reminder_set" and "what" in slots:
            sleeps = {"sleeps": "1"} if self._bedtime.search(slots["what"]) else {}
            slots |= self._medicine.slots(slots["what"]) | sleeps
        return Understood(best.intent, best.call_for_help, share, slots, sure)

    def _filled(self, filled: Filled) -> dict[str, str]:
        """What was said in the place of a list. A reminder ("which") may be called by its time: "the six one"."""
        if filled.slot == "which":
            for end, meanings in self._times.walk(filled.said, 0):
                if end == len(filled.said):
                    return {f"of_{one.slot}": one.value for one in meanings[0][1]}
        return {filled.slot: written(filled.said, self.language) if filled.value is None else filled.value}

    def _cover(self, said: Said, expected: Collection[str], short: int) -> list[_Piece]:
        """The pieces that cover most tokens, in fewest phrases, with the least of free text and most calls for help."""
        count = len(said)
        best: list[tuple[int, int, int, int, _Piece | None]] = [(0, 0, 0, 0, None)] * (count + 1)
        for start in range(count - 1, -1, -1):
            rest = best[start + 1]
            best[start] = (*rest[:4], _Piece(None, start, start + 1))
            for end, meanings in self._graph.walk(said, start):
                senses = [_Piece(phrase, start, end, slots) for phrase, slots in meanings
                          if phrase.counts(expected) and not _written(said[start:end], phrase.unwritten)
                          and (end - start == short or not MENDS & {one.slot for one in slots})]
                if not senses:
                    continue
                piece = min(senses, key=lambda piece: (*piece.phrase.rank(expected)[:2], piece.free,
                                                       piece.phrase.rank(expected)))
                rest = best[end]
                offer = (rest[0] + end - start, rest[1] - 1, rest[2] - piece.free, rest[3] + piece.calls, piece)
                if offer[:4] >= best[start][:4]:
                    best[start] = offer
        pieces, at = [], 0
        while at < count:
            pieces.append(best[at][4])
            at = pieces[-1].end
        return pieces

    def _cries(self, said: Said, piece: _Piece) -> list[_Piece]:
        """Cries for help inside of a piece that holds free text, or what is to be told. (An errand may well be to call
        the doctor.)"""
        inside = (_Piece(phrase, start, end, slots) for start in range(piece.start, piece.end)
                  for end, meanings in self._graph.walk(said[:piece.end], start) for phrase, slots in meanings)
        told = [filled.said for filled in piece.slots if filled.value is None and piece.intent == "tell_family"]
        return [cry for cry in inside if not self._negated(said, cry, [cry]) and (
            cry.phrase.anywhere and cry.phrase.intent in ("help", "hurt")
            or cry.phrase.told and said[cry.start:cry.end] in told)]

    def _negated(self, said: Said, piece: _Piece, pieces: list[_Piece]) -> bool:
        """Whether a negation stands next to the piece, other than inside another call for help, or before a call inside
        of what says that one is fine or is no request ("no trouble, my head spins"); for what is no command, other than
        inside anything that is understood."""
        if self._negation_before:
            low, high = max(0, piece.start - self._negation_within), piece.start
        else:
            low, high = piece.end, min(len(said), piece.end + self._negation_within)
        free = [low <= at < high for at in range(len(said))]
        begins = True  # "no" at the beginning denies what was asked, and not what follows
        for other in pieces:
            heeds = piece.calls or piece.intent in COMMANDS
            begins = begins and other.phrase is not None and (other.phrase.aside or not other.intent)
            apart = other.intent in ("fine", NO_REQUEST) and piece.calls
            if other is piece or begins or apart or (other.phrase and (other.calls or not heeds)):
                free[other.start:other.end] = [False] * (other.end - other.start)
        return any(all(free[at:at + len(word)]) and said[at:at + len(word)] == word
                   for word in self._negations for at in range(low, high - len(word) + 1))

    @staticmethod
    def _least_share(phrase: _Phrase) -> float:
        """How much of all that was said must be understood before this counts."""
        return WHOLE_SHARE if phrase.whole else 0.0 if phrase.call_for_help else LEAST_SHARE

    def _doubtful(self, spoken: list[Said], covers: list[list[_Piece]]) -> bool:
        """Whether a negation stands in what was not understood."""
        for said, pieces in zip(spoken, covers, strict=True):
            unknown = [False] * len(said)
            for piece in pieces:
                unknown[piece.start:piece.end] = [piece.phrase is None] * (piece.end - piece.start)
            for word in self._negations:
                if any(said[at:at + len(word)] == word and any(unknown[at:at + len(word)])
                       for at in range(len(said) - len(word) + 1)):
                    return True
        return False


def said_in(text: str, language: str) -> Said:
    """All tokens of an utterance."""
    return tuple(token for clause in clauses(text) for token in tokens(clause, language))


def _written(said: Said, sign: str) -> bool:
    """Whether a sign stands in it, and not only its sound."""
    return bool(sign) and any(sign in token.word for token in said)


def _without_repeats(said: Said, least: int) -> Said:
    """Drops immediate repetitions of stretches of at least `least` tokens: "i cannot i cannot get up"."""
    said = list(said)
    for length in range(min(6, len(said) // 2), least - 1, -1):
        at = 0
        while at + 2 * length <= len(said):
            if said[at:at + length] == said[at + length:at + 2 * length]:
                del said[at:at + length]
            else:
                at += 1
    return tuple(said)
