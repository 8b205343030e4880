"""Text to speech: the voice chosen for each language, and espeak-ng wherever that one is missing, slow or fails.

Blocking; meant for a worker thread. Nobody meets silence because a model is missing: the standing voice says it, and
`problem` tells why.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from dialogue.sound import Sound, level, pitched
from dialogue.voice_line import CannotSay, VoiceError, VoiceLine
from dialogue.voice_store import VoiceStore
from robot.readable import readable, sentences
from robot.voices import STANDING, Choice, chosen_voice

LOADING_S = 30.0         # espeak-ng and, for Japanese, its readings load in 2 s; on a busy machine in 15
STANDING_WAIT_S = 15.0   # a minute of speech takes espeak 0.3 s; longer means that it hangs
# For one sentence of a better voice. Of two cores it takes a third of the time that the sentence lasts (Kokoro); who
# waits for longer than this for a word believes that nobody is there.
PATIENCE_S = 6.0
IDLE_PATIENCE_S = 20.0   # for one that is made ahead, which the next to be said may have to wait for
# Longer stretches without a sentence's end are cut [characters]: ten thousand in one piece were said by no voice, or
# only after all other words had waited for them.
LONGEST_PART = 600
REST = (5, 80)           # sentences that the standing voice says after a failure, doubled at each further one up to
MADE_BY = 1              # of kept sounds: raise it when the same text is spoken otherwise


@dataclass
class _Rest:
    """How a better voice is spared after it failed: for `left` sentences, next time for `next`."""
    left: int = 0
    next: int = REST[0]

    def failed(self) -> None:
        self.left, self.next = self.next, min(REST[1], 2 * self.next)

    def over(self) -> bool:
        self.left = max(0, self.left - 1)
        return self.left == 0


class Voice:
    """The robot's voice in all its languages. One thread at a time, but for `kept`.

    `languages`: those that it will mostly speak, which it is prepared for; `chosen`: names of robot/voices.py by
    language; `store`: a folder for what is said often; `patience_s`: how long a better voice may take for a sentence.
    Raises ValueError for a name that no voice has.
    """

    def __init__(self, languages: Sequence[str] = (), chosen: Mapping[str, str] | None = None,
                 store: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        self._choices = {language: choice for language, name in (chosen or {}).items()
                         if (choice := chosen_voice(name, language)).engine != STANDING}
        better = {choice.engine: [language for language, other in self._choices.items()
                                  if other.engine == choice.engine] for choice in self._choices.values()}
        self._lines = {engine: VoiceLine(engine, prepared) for engine, prepared in
                       {STANDING: tuple(languages), **better}.items()}
        self._patience_s = patience_s
        self._rests = {engine: _Rest() for engine in self._lines}
        self._store = VoiceStore(store) if store else None
        self.problem = ""  # why the chosen voice did not say the last sentence; "": it did

    def prepare(self, wait_s: float = 0.0) -> None:
        """Let all engines load, waiting so long for each. Raises VoiceError where not even the standing voice can."""
        for line in self._lines.values():
            line.start()
        if not self._lines[STANDING].ready(LOADING_S):
            raise VoiceError("the standing voice does not start; is espeak-ng installed? (apt-get install espeak-ng)")
        for choice in self._choices.values():
            try:
                self._lines[choice.engine].ready(wait_s)
            except VoiceError as error:
                self._failed(choice, error)

    def parts(self, text: str, language: str) -> list[str]:
        """`text` in pieces to be said one after the other: what takes long to make, sentence by sentence."""
        if self._choice(language).engine == STANDING and len(text) <= LONGEST_PART:
            return [text]
        return [part for sentence in sentences(text) for part in wrap(sentence, LONGEST_PART)] or [text]

    def say(self, text: str, language: str, rate: float = 1.0, volume: float = 1.0, pitch: float = 1.0) -> Sound:
        """The sound of `text`, an empty one where it is blank. `rate` 1.0 is the voice's own pace, `volume` 0..2;
        `pitch` 1.0 the voice's own. Raises VoiceError.
        """
        choice = self._choice(language)
        sound = self._kept(choice, text, language, rate, pitch) or self._better(choice, text, language, rate, pitch)
        if sound is None:
            sound = self._standing(text, language, rate, pitch)
        return Sound(level(sound.samples, sound.rate_hz, volume), sound.rate_hz)

    def kept(self, text: str, language: str, rate: float, volume: float, pitch: float) -> Sound | None:
        """The sound of `text` if it is kept. From any thread, without waiting."""
        sound = self._kept(self._choice(language), text, language, rate, pitch)
        return sound and Sound(level(sound.samples, sound.rate_hz, volume), sound.rate_hz)

    def make_ahead(self, text: str, language: str, rate: float, pitch: float) -> bool:
        """Make a sentence that will be said often, and keep it; whether that is over, for now it may not be possible.

        Nothing is made where the standing voice speaks, which needs no time.
        """
        choice = self._choice(language)
        made_of = self._made_of(choice, text, language, rate, pitch)
        if choice.engine == STANDING or self._store is None or made_of in self._store:
            return True
        if self._rests[choice.engine].left or not self._ready(choice):
            return False
        sound = self._better(choice, text, language, rate, pitch, IDLE_PATIENCE_S)
        if sound is not None:
            try:
                self._store.put(made_of, sound)
            except OSError as error:
                self.problem = f"what is said often cannot be kept: {error}; make room on the disk"
        return sound is not None

    def close(self) -> None:
        """End all processes."""
        for line in self._lines.values():
            line.close()

    def _choice(self, language: str) -> Choice:
        return self._choices.get(language, Choice(STANDING, ""))

    def _kept(self, choice: Choice, text: str, language: str, rate: float, pitch: float) -> Sound | None:
        if self._store is None or choice.engine == STANDING:
            return None
        return self._store.get(self._made_of(choice, text, language, rate, pitch))

    def _better(self, choice: Choice, text: str, language: str, rate: float, pitch: float,
                wait_s: float | None = None) -> Sound | None:
        """By the chosen voice; None where the standing voice has to say it."""
        rest = self._rests[choice.engine] if choice.engine != STANDING else None
        if rest is None or not readable(text, language) or not rest.over() or not self._ready(choice):
            return None
        try:
            made = self._lines[choice.engine].make(text, language, choice.voice, rate / pitch,
                                                   wait_s or self._patience_s)
        except VoiceError as error:
            self._failed(choice, error)
            return None
        rest.next, self.problem = REST[0], ""
        return _at_pitch(made, pitch)

    def _ready(self, choice: Choice) -> bool:
        """Whether the chosen voice has loaded; without waiting."""
        try:
            if self._lines[choice.engine].ready():
                return True
            self.problem = f"the voice {choice.name} is still loading; espeak-ng speaks"
        except VoiceError as error:
            self._failed(choice, error)
        return False

    def _failed(self, choice: Choice, error: VoiceError) -> None:
        if not isinstance(error, CannotSay):
            self._rests[choice.engine].failed()
        self.problem = f"espeak-ng speaks instead of {choice.name}: {error}"

    def _standing(self, text: str, language: str, rate: float, pitch: float) -> Sound:
        """By the standing voice, behind which there is no other: if its process hangs or dies, by a new one."""
        try:
            return self._standing_once(text, language, rate, pitch)
        except VoiceError:
            self._lines[STANDING].end()
            return self._standing_once(text, language, rate, pitch)

    def _standing_once(self, text: str, language: str, rate: float, pitch: float) -> Sound:
        line = self._lines[STANDING]
        if not line.ready(LOADING_S):
            line.end()
            raise VoiceError("the voice does not answer; is espeak-ng installed? (apt-get install espeak-ng)")
        return _at_pitch(line.make(text, language, "", rate / pitch, STANDING_WAIT_S), pitch)

    @staticmethod
    def _made_of(choice: Choice, text: str, language: str, rate: float, pitch: float) -> tuple:
        return (MADE_BY, choice.name, language, text, round(rate, 2), round(pitch, 2))


def _at_pitch(sound: Sound, pitch: float) -> Sound:
    """Made slower by as much, it keeps its pace."""
    return Sound(pitched(sound.samples, pitch), sound.rate_hz)
