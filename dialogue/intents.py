"""What somebody wants, from what they said: hassil sentences matched as a whole on how they sound.

The templates stand in config/sentences/<language>.yaml. A clause is then covered from its first to its last
token by known sentences and fillers; what stays uncovered decides how much may be believed. Nothing is matched by
likeness: "I have not fallen" differs from "I have fallen" by one word, and by everything.

What is not matched in whole is then judged by all its words together (dialogue/gist.py), which is never sure.
"""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import yaml
from hassil.expression import TextChunk
from hassil.intents import Intents
from hassil.parser import ParseError

from dialogue.gist import TALK, Gist, load_gist
from dialogue.medicine import Medicine
from dialogue.spoken_form import Token, clauses, tokens, written
from dialogue.templates import Filled, Graph, TemplateError
from robot.resources import resource

Said = tuple[Token, ...]
# Of several things said at once the first of these counts: a call for help before all, doubt before certainty.
PRIORITY = ("help", "hurt", "call_nurse", "go_away", "refuse", "not_yet", "unsure", "taken", "fine", "stop", "quiet",
            "louder", "slower", "repeat", "reminder_cancel", "reminder_set", "when", "reminder_list", "light_off",
            "light_on", "come", "follow", "call_family", "tell_family", "video_call", "service", "readings",
            "where_am_i", "where_is", "story", "exercise", "music", "what_for", "plan", "date", "time", "no", "yes",
            "thanks", "small_talk", "called")
CALLED = "called"  # the robot's name, and nothing else: of no sentence file
# What has the robot do something: a negation before it counts, also one that is an answer ("I do not").
COMMANDS = PRIORITY[PRIORITY.index("reminder_cancel"):PRIORITY.index("what_for")]
# Of these, both said at once are neither.
CONTRADICTIONS = ({"yes", "no"}, {"light_on", "light_off"})
BESIDE_A_TIME = ("yes", "no", "unsure", "fine", "thanks", "reminder_set", "reminder_cancel")  # "no, at seven"
NO_REQUEST = "other"  # the intent of sentences that only sound like a request
# "fine" and "no" end an alarm: this share of all that was said must be understood before they are believed.
WHOLE_SHARE = 0.8
# What ends an alarm or settles a dose is believed when the speaker is done for sure, and not in a pause: "I am fine ...
# no, I am not". Everything else that was understood in whole need not wait; a call for help waits for nothing.
ENDS_AN_ALARM = ("fine", "no")
PATIENT = (*ENDS_AN_ALARM, "yes", "taken", "refuse", "reminder_set", "tell_family", "when", CALLED)
# What counts in answer to a question only, if it is not heard for sure.
ANSWERS = (*ENDS_AN_ALARM, "yes", "taken", "refuse", "when")
# Other answers stand beside talk, but not as a crumb of it. A call for help needs no share.
LEAST_SHARE = 0.5
# From these probabilities on the gist is taken for a call for help, which is verified by asking, and for another
# intent; from those below it outweighs sentences found in a part of what was said. Chosen on 356 sentences a language
# of another hand than those it has learnt from; there no request was vetoed, nor a call in 60 misheard clips. The first
# was 0.5 before talk that goes on was heard with more doubt: of 620 calls four more are heard. With the second, 2 % of
# 900 sentences that only sound like a wish are taken for one; with 0.45 a hundredth more of the wishes would be heard.
GIST_OF_CALL, GIST, GIST_OUTWEIGHS = 0.35, 0.55, 0.9
# With a negation in it ("do not follow me", "you never tell me a story") a wish must be plainer, unless it is one that
# is mostly said with a negation. (From 0.8 and without these exceptions to this: of a stranger's 1,050 Chinese wishes
# 3 % more, of 300 that only sound like one none, of 700 lines of an evening four.)
GIST_NEGATED = 0.6
MOSTLY_NEGATED = ("no", "fine", "not_yet", "refuse", "unsure", "reminder_cancel", "quiet", "stop", "go_away")
TALK_OUTWEIGHS = 0.95
# Of 47 calls found in a part of what was said, half of them misheard, the gist made talk of none with more than 0.29;
# of 54 in 2,110 lines of television, of 30 with more than 0.8. In running talk less is doubted (running_talk.py).
TALK_OUTWEIGHS_CALL = 0.9
# The lists whose values fill slots of what is known by its gist only; their slots by another name.
SPOTTED = {"readings": ("reading",), "where_is": ("place",), "follow": ("place",), "light_on": ("place",),
           "light_off": ("place",), "call_family": ("person",), "tell_family": ("person",), "video_call": ("person",),
           "service": ("service", "lack", "helper"), "small_talk": ("topic", "salute")}
SLOT_OF = {"lack": "service", "helper": "service", "salute": "topic"}
TIMED = ("reminder_set", "reminder_cancel", "when")


@dataclass(frozen=True)
class Understood:
    """`intent` is "" for speech that is no known request. `share` is how much of it was understood, 0..1. `slots`: what
    was said in the places of the sentence files' lists, by name. `sure`: by sentences, and not by the gist, of which
    `share` then is the probability. `talk`: how probably it was not meant for the robot, 0..1."""
    intent: str
    call_for_help: bool
    share: float
    slots: dict[str, str] = field(default_factory=dict)
    sure: bool = True
    talk: float = 0.0

    @property
    def at_once(self) -> bool:
        """Whether it can be acted on in a pause, before it is sure that nothing more is said."""
        return self.call_for_help or (bool(self.intent) and self.share == 1.0 and self.intent not in PATIENT)


@dataclass(frozen=True)
class _Phrase:
    intent: str  # "" for a filler
    call_for_help: bool = False
    anywhere: bool = False
    whole: bool = False
    asked: bool = False
    beside: str = ""  # an intent: said only in answer to a question for it

    def counts(self, expected: Collection[str]) -> bool:
        """Whether it may be meant where these intents answer."""
        return (not self.asked or self.intent in expected) and (not self.beside or self.beside in expected)

    def rank(self, expected: Collection[str]) -> tuple[bool, bool, int]:
        """The more important sense counts, the lower: a call for help, what is expected, then as in PRIORITY."""
        place = PRIORITY.index(self.intent) if self.intent in PRIORITY else len(PRIORITY)
        return not self.call_for_help, self.intent not in expected, place


@dataclass(frozen=True)
class _Piece:
    """A phrase (None: a token not understood) at tokens start..end of a clause."""
    phrase: _Phrase | None
    start: int
    end: int
    slots: tuple[Filled, ...] = ()

    @property
    def free(self) -> int:
        """Tokens of free text in it."""
        return sum(len(filled.free) for filled in self.slots)


class SentenceError(ValueError):
    """A sentence file is wrong; the message names it."""


class Sentences:
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
        self._near_misses = frozenset(said_in(text, self.language) for text in self.not_commands)
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
        self._gist: Gist | None = load_gist(self.language)
        self._dropped = tokens(data.get("dropped", ""), self.language)
        negation = data.get("negation", {"words": [], "where": "before", "within": 0})
        self._negations = [tokens(word, self.language) for word in negation["words"]]
        self._negation_before, self._negation_within = negation["where"] == "before", negation["within"]

    def understand(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The intent of one utterance, by the sentences or else by its gist. Where it may mean several things, one of
        the `expected` intents counts."""
        meant = self.matched(text, expected)
        plain = meant.share == 1.0 and (meant.intent in expected or meant.intent not in ANSWERS)
        said = said_in(text, self.language)
        if said in self._near_misses and not meant.intent:  # also where all its words together seem to say something
            return replace(meant, talk=1.0)
        if self._gist is None or plain or not any(self._is_word(token) for token in said):
            return meant
        odds = dict(self._gist(said, expected))
        talk = odds.pop(TALK)
        likeliest = max(odds, key=odds.get)
        call = max(self.calls_for_help, key=lambda intent: odds.get(intent, 0.0))
        calls = sum(odds.get(intent, 0.0) for intent in self.calls_for_help)
        if meant.call_for_help:
            return self._unless_talk(meant, talk)
        if calls >= (GIST_OUTWEIGHS if meant.intent else GIST_OF_CALL):
            return Understood(call, True, calls, sure=False, talk=talk)
        if "when" in expected and meant.intent not in expected and (time := self._time_in(said)):
            return replace(time, talk=talk)
        if meant.intent and meant.share < 1.0 and talk >= TALK_OUTWEIGHS:
            return Understood("", False, meant.share, talk=talk)
        # In answer to a question "thank you" is beside the point.
        aside = likeliest in expected and meant.intent not in expected
        least = GIST_NEGATED if likeliest not in MOSTLY_NEGATED and self._holds_negation(said) else GIST
        if odds[likeliest] >= (least if aside or not meant.intent else GIST_OUTWEIGHS) and likeliest != meant.intent:
            return Understood(likeliest, likeliest in self.calls_for_help, odds[likeliest],
                              self._spotted(said, likeliest), sure=False, talk=talk)
        return replace(meant, talk=talk)

    def found(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The same by the sentences; the gist only denies a call for help that is a part of talk."""
        meant = self.matched(text, expected)
        if not meant.call_for_help or meant.share == 1.0 or self._gist is None:
            return meant
        return self._unless_talk(meant, self._gist(said_in(text, self.language), expected)[TALK])

    @staticmethod
    def _unless_talk(call: Understood, talk: float) -> Understood:
        return replace(call, talk=talk) if talk < TALK_OUTWEIGHS_CALL else Understood("", False, call.share, talk=talk)

    def _is_word(self, token: Token) -> bool:
        """Whether a token is more than a letter, which Whisper makes of a breath or of noise."""
        return len(token) > 1 or self.language != "en"

    def matched(self, text: str, expected: Collection[str] = ()) -> Understood:
        """The same by the sentences alone."""
        def judge(spoken: list[Said]) -> Understood:
            return self._judge(spoken, expected)

        spoken = [said for clause in clauses(text) if (said := tokens(clause, self.language))]
        understood = judge(spoken)
        if not understood.intent:
            plain = [_without_repeats(said, 1 if self.language == "en" else 2) for said in spoken]
            if plain != spoken:  # "I can't, I can't get get up"
                understood = judge(plain)
        if not understood.intent and self._dropped:  # "fell down the stairs", "have hurt my back"
            fuller = judge([self._dropped + said for said in spoken])
            understood = fuller if fuller.intent else understood
        if understood.share < 1.0 and len(spoken) > 1 and not understood.call_for_help:
            joined = judge([sum(spoken, ())])  # a comma may stand inside a sentence
            understood = max(understood, joined, key=lambda meant: (bool(meant.intent), meant.share))
        return understood

    def negated(self, text: str) -> bool:
        """Whether a negation stands anywhere in it."""
        return self._holds_negation(said_in(text, self.language))

    def _holds_negation(self, said: Said) -> bool:
        return any(said[at:at + len(word)] == word for word in self._negations for at in range(len(said)))

    def _time_in(self, said: Said) -> Understood | None:
        """A time that is the better part of an answer to "when?", whatever the other words. "Good morning" is none."""
        length, slots = self._longest_time(said)
        share = length / len(said)
        return None if share < LEAST_SHARE or slots.keys() == {"part"} or self._holds_negation(said) else \
            Understood("when", False, share, slots, sure=False)

    def _longest_time(self, said: Said) -> tuple[int, dict[str, str]]:
        """Of all times in it the one of most tokens: their number, and its slots."""
        times = [(end - at, {one.slot: one.value for one in filled}) for at in range(len(said))
                 for end, meanings in self._times.walk(said, at) for _, filled in meanings]
        return max(times, key=lambda one: one[0], default=(0, {}))

    def _spotted(self, said: Said, intent: str) -> dict[str, str]:
        """What stands in the lists that this intent asks for, wherever it was said; the longest of each."""
        slots: dict[str, str] = {}
        for name in SPOTTED.get(intent, ()):
            found = [(end - at, value) for at in range(len(said))
                     for end, value, _ in self._graph.listed(name, said, at)]
            if found:
                slots.setdefault(SLOT_OF.get(name, name), max(found, key=lambda one: one[0])[1])
        if intent in TIMED:
            slots |= self._longest_time(said)[1]
        if intent == "reminder_set" and "medicine" in self._medicine.slots(written(said, self.language)):
            slots |= {"what": written(said, self.language), "medicine": ""}
        if intent == "tell_family":
            slots["what"] = written(said, self.language)
        return slots

    # --- inside -------------------------------------------------------------------------------------------------------
    def _judge(self, spoken: list[Said], expected: Collection[str]) -> Understood:
        total = sum(map(len, spoken))
        if not total:
            return Understood("", False, 0.0)
        known, found = 0, []
        covers = [self._cover(said, expected) for said in spoken]
        for said, pieces in zip(spoken, covers, strict=True):
            negated = [piece for piece in pieces if piece.phrase and self._negated(said, piece, pieces)]
            covered = sum(piece.end - piece.start for piece in pieces if piece.phrase
                          and not (piece in negated and piece.phrase.intent in COMMANDS))
            known += covered
            for piece in pieces:
                if piece.phrase is None or piece.phrase.intent in ("", NO_REQUEST):
                    continue
                if (covered == len(said) or piece.phrase.anywhere) and piece not in negated:
                    found.append(piece)
                if piece.free:
                    found += self._cries(said, piece)
        share = known / total
        found = [piece for piece in found if piece.phrase.call_for_help
                 or share >= (WHOLE_SHARE if piece.phrase.whole else LEAST_SHARE)]
        if share < 1.0 and self._doubtful(spoken, [self._cover(said, ()) for said in spoken] if expected else covers):
            found = [piece for piece in found if piece.phrase.call_for_help]
        intents = {piece.phrase.intent for piece in found}
        if intents - {"when", *BESIDE_A_TIME}:  # "turn on the light tonight" answers no "when?"
            found = [piece for piece in found
                     if piece.phrase.intent != "when" or {filled.slot for filled in piece.slots} != {"part"}]
        if not found or any(intents >= both and intents <= both | {"thanks"} for both in CONTRADICTIONS):
            known_talk = not intents and share == 1.0 and any(
                piece.phrase and piece.phrase.intent == NO_REQUEST for pieces in covers for piece in pieces)
            return Understood("", False, share, talk=float(known_talk))
        best = min((piece.phrase for piece in found), key=lambda phrase: phrase.rank(expected))
        slots = {filled.slot: filled.value or written(filled.free, self.language)
                 for piece in found if piece.phrase.intent == best.intent for filled in piece.slots}
        if best.intent == "reminder_set" and "what" in slots:
            slots |= self._medicine.slots(slots["what"])
        return Understood(best.intent, best.call_for_help, share, slots)

    def _cover(self, said: Said, expected: Collection[str]) -> list[_Piece]:
        """The pieces that cover most tokens, in fewest phrases, with the least of free text."""
        count = len(said)
        best: list[tuple[int, int, int, _Piece | None]] = [(0, 0, 0, None)] * (count + 1)
        for start in range(count - 1, -1, -1):
            rest = best[start + 1]
            best[start] = (*rest[:3], _Piece(None, start, start + 1))
            for end, meanings in self._graph.walk(said, start):
                senses = [_Piece(phrase, start, end, slots) for phrase, slots in meanings
                          if phrase.counts(expected)]
                if not senses:
                    continue
                piece = min(senses, key=lambda piece: (piece.phrase.rank(expected), piece.free))
                rest = best[end]
                offer = (rest[0] + end - start, rest[1] - 1, rest[2] - piece.free, piece)
                if offer[:3] >= best[start][:3]:
                    best[start] = offer
        pieces, at = [], 0
        while at < count:
            pieces.append(best[at][3])
            at = pieces[-1].end
        return pieces

    def _cries(self, said: Said, piece: _Piece) -> list[_Piece]:
        """Cries for help inside of a piece that holds free text. (An errand may well be to call the doctor.)"""
        inside = (_Piece(phrase, start, end, slots) for start in range(piece.start, piece.end)
                  for end, meanings in self._graph.walk(said[:piece.end], start) for phrase, slots in meanings)
        return [cry for cry in inside if cry.phrase.anywhere and cry.phrase.intent in ("help", "hurt")
                and not self._negated(said, cry, [cry])]

    def _negated(self, said: Said, piece: _Piece, pieces: list[_Piece]) -> bool:
        """Whether a negation stands next to the piece, other than inside another call for help; for what is no command,
        other than inside anything that is understood."""
        if self._negation_before:
            low, high = max(0, piece.start - self._negation_within), piece.start
        else:
            low, high = piece.end, min(len(said), piece.end + self._negation_within)
        free = [low <= at < high for at in range(len(said))]
        for other in pieces:
            heeds = piece.phrase.call_for_help or piece.phrase.intent in COMMANDS
            if other is piece or (other.phrase and (other.phrase.call_for_help or not heeds)):
                free[other.start:other.end] = [False] * (other.end - other.start)
        return any(all(free[at:at + len(word)]) and said[at:at + len(word)] == word
                   for word in self._negations for at in range(low, high - len(word) + 1))

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


@cache
def load_sentences(language: str) -> Sentences:
    """The sentences of config/sentences/<language>.yaml. Raises SentenceError."""
    path: Path = resource(f"config/sentences/{language}.yaml")
    try:
        return Sentences(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except (OSError, yaml.YAMLError) as error:
        raise SentenceError(f"{path}: cannot be read: {error}") from error
