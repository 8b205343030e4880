"""A text as somebody hears it: sentence by sentence, in the manner they asked for, and music after it. Pure.

Sounds are made by workers and played by dialogue/speaking.py; times come from the loudspeaker.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from dialogue.manner import Manner, Tone, tone
from dialogue.music import parts, sound_of
from dialogue.recital import Recital
from dialogue.sound import Sound
from dialogue.speaking import Loudspeaker, Speaking
from dialogue.turn import Turn
from dialogue.voice import Voice
from dialogue.wording import Addressee
from dialogue.worker import Done, Job
from robot.site import Site

REMEMBER_S = 60.0  # "say that again" means what was said within the last minute


class Screen(Loudspeaker, Protocol):
    """A loudspeaker beside which its words can be read. `problem`: why nothing can be heard, or ""; `failed`: whether
    the last sound was not played to its end."""

    @property
    def problem(self) -> str: ...
    @property
    def failed(self) -> bool: ...
    def show(self, caption: str) -> None: ...


class Speech(NamedTuple):
    """`urgent`: it belongs to an alarm, and is not softened by the night."""
    text: str
    to: Addressee
    urgent: bool = False


class Delivery:
    """Says one thing at a time. `report`: for diagnostics, as of a CareNode: part, level, message."""

    def __init__(self, voice: Voice, loudspeaker: Screen, speaking: Speaking, site: Site,
                 make: Callable[[Job, Done], None], read: Callable[[Job, Done], None],
                 report: Callable[[str, str, str], None]) -> None:
        """`make` and `read` submit jobs to the workers that make speech and that read music: an alarm's words must not
        wait for a file."""
        self._voice, self._loudspeaker, self._speaking, self._site = voice, loudspeaker, speaking, site
        self._make, self._read, self._report = make, read, report
        self._manners: dict[str, Manner] = defaultdict(Manner)  # by resident
        self._last: Speech | None = None

    async def say(self, turn: Turn, speech: Speech, holds: bool = False,
                  begins: Callable[[], None] = lambda: None) -> str:
        """Say it, and wait until it has sounded or somebody has cut it off (`Speaking.cut`). Returns why it could not
        be said, or "". `holds` as in `Speaking.begin`; `begins` is called before the first sound. Raises Cancelled."""
        self._last = speech
        how, language = self._tone(speech.to, speech.urgent), speech.to.language
        texts = self._voice.parts(speech.text, language)
        recital = Recital(texts, lambda text: self._voice.kept(text, language, *how),
                          lambda text: self._voice.say(text, language, *how), self._make)
        self._speaking.begin(holds)
        try:
            for number, text in enumerate(texts):
                sound = await turn.wait(recital.next)
                if self._speaking.cut:
                    break
                if not isinstance(sound, Sound):
                    self.report_voice(str(sound))
                    return str(sound)
                if number == 0:
                    self._loudspeaker.show(speech.text)
                    begins()
                problem = await self._speaking.say(turn, sound, text, language, recital.wait_s(sound), recital.left > 0)
                self.report_voice(problem)
                if problem:
                    return problem
                if self._speaking.cut:
                    break
        finally:
            recital.stop()
        return "the sound card refuses to play" if self._loudspeaker.failed else ""

    @property
    def broken_off(self) -> str:
        """What ended the last words before they were said, or "": "broken off by “stop”"."""
        cut = self._speaking.cut
        return str(cut) if cut and not cut.whole else ""

    async def say_again(self, turn: Turn, first: Callable[[Addressee], str] = lambda to: "") -> None:
        """What was said last, after the words `first` where it is not urgent. Raises Cancelled."""
        last = self._last
        before = "" if last.urgent else first(last.to)
        await self.say(turn, last._replace(text=f"{before} {last.text}".strip()), holds=last.urgent)
        self._last = last

    def remembers(self, at_s: float) -> bool:
        """Whether "say that again", said then, means something."""
        return self._last is not None and at_s - self._speaking.spoken_s < REMEMBER_S

    def asked(self, intent: str, less: bool = False) -> None:
        """Whom it spoke to last asked for it slower, or louder, or for `less` of it."""
        self._manners[self._last.to.id if self._last else ""].asked(intent, less)

    async def read(self, turn: Turn, source: str) -> Sound | Exception:
        """A piece of robot/music.py, or why it cannot be played. Raises Cancelled."""
        music = await turn.wait(lambda done: self._read(lambda: sound_of(source),
                                                        lambda sound, error: done(error or sound)))
        unreadable = isinstance(music, Exception)
        self._report("music", "warn" if unreadable else "ok", str(music) if unreadable else "plays")
        return music

    async def play(self, turn: Turn, music: Sound, to: Addressee) -> str:
        """Play it to its end, unless what announced it was cut off. Returns why it was not, or "". Raises Cancelled."""
        left = [] if self._speaking.cut else list(parts(music))
        problem = ""
        while left and not (problem or self._speaking.cut):
            part = left.pop(0)
            problem = await self._speaking.say(turn, part, "", to.language, part.duration_s, bool(left),
                                               lambda: self._tone(to, False).volume)
        return problem or str(self._speaking.cut or "")

    def report_voice(self, problem: str = "") -> None:
        """Tell diagnostics how the voice is."""
        problem = problem or self._loudspeaker.problem
        level = "error" if problem else "warn" if self._voice.problem else "ok"
        self._report("voice", level, problem or self._voice.problem or "speaks")

    def _tone(self, to: Addressee, urgent: bool) -> Tone:
        local = datetime.fromtimestamp(self._loudspeaker.now_s, self._site.zone).time()
        return tone(to.resident, self._manners[to.id], self._site.robot.night, local, urgent)
