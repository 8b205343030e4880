"""One sound at the loudspeaker, and who may break into it: a call for help ends it, talk over it makes it pause."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from dialogue.barge_in import EARLY_S, INTERRUPTS, Verdict, resumes_at
from dialogue.listener import Heard
from dialogue.own_voice import OwnVoice
from dialogue.sound import Sound
from dialogue.turn import Turn

LONGEST_PAUSE_S = 15.0  # an utterance is cut after 12 s, and then understood


class Loudspeaker(Protocol):
    """What a sound is played by. Not blocking; `after` calls `done(None)` once, so many seconds from now."""

    @property
    def now_s(self) -> float: ...
    def play(self, sound: Sound) -> str: ...      # why it cannot, or ""
    def silence(self) -> None: ...
    def after(self, duration_s: float, done: Callable[[Any], None]) -> None: ...


class Cut(NamedTuple):
    """`by`: what somebody said. `whole`: only into the last half second, before which people know what is said."""
    by: Heard
    whole: bool

    def __str__(self) -> str:
        return f"broken off by “{self.by.transcript.text}”"


class Speaking:
    """Says one thing at a time, in one sound or several. `cut`: what ended it before its end, else None. `spoken_s`:
    when its last words were said, or will have been; music, beside which people talk, has none."""

    def __init__(self, loudspeaker: Loudspeaker, own_voice: OwnVoice) -> None:
        self._loudspeaker, self.own_voice = loudspeaker, own_voice
        self._interrupt: Callable[[bool], None] | None = None
        self._pauses, self._pausing, self._more, self._holds = 0, False, False, False
        self.cut: Cut | None = None
        self.music = False  # what sounds has no words
        self.spoken_s = -math.inf

    def begin(self, holds: bool = False) -> None:
        """Something else is said now. `holds`: no call for help ends it, for it says that help is coming."""
        self._pauses, self._holds, self.cut = 0, holds, None

    async def say(self, turn: Turn, sound: Sound, text: str, language: str, for_s: float, more: bool,
                  volume: Callable[[], float] = lambda: 1.0) -> str:
        """Play a sound of it, pauses included, until `for_s` after its beginning, when the next is due if there is
        `more`. `text`: what it says, "" for music. `volume` is asked for whenever it begins to sound. Returns why it
        could not be played, or "". Raises Cancelled."""
        self._more, self.music, early_s = more, not text, sound.duration_s - for_s
        played = False
        try:
            while True:
                began_s = self._loudspeaker.now_s
                sounding = sound.times(volume())
                if problem := self._loudspeaker.play(sounding):
                    return problem
                played = True
                if text:
                    self.spoken_s = began_s + sounding.duration_s
                self.own_voice.begins(sounding, text, language, began_s)
                left_s = max(0.0, sound.duration_s - early_s)
                interrupted = await turn.wait(lambda done, left_s=left_s: self._until(left_s, done))
                broken_s = self._loudspeaker.now_s
                if self.cut:
                    self.cut = self.cut._replace(whole=not more and sound.duration_s - (broken_s - began_s) <= EARLY_S)
                if not interrupted:
                    played = False
                    return ""
                self._silence(broken_s)
                played = False
                if not self.cut:
                    self._pauses, self._pausing = self._pauses + 1, True
                    if self.own_voice.somebody_talks:
                        await turn.wait(lambda done: self._until(LONGEST_PAUSE_S, done))
                    self._pausing = False
                if self.cut:
                    return ""
                played_s = broken_s - began_s
                from_s = resumes_at(sound.samples, sound.rate_hz, played_s) if text else played_s
                sound = Sound(sound.samples[int(from_s * sound.rate_hz):], sound.rate_hz)
        finally:
            self._interrupt, self._pausing, self.music = None, False, False
            if played:  # cancelled
                self._silence(self._loudspeaker.now_s)

    def talked(self, now_s: float) -> None:
        """Sound has been heard until now: pause where somebody talks over the speech."""
        if self._interrupt and not self._pausing and self.own_voice.talked_over(now_s, self._pauses, self._more):
            self._interrupt(True)

    def heard(self, heard: Heard | None) -> Verdict:
        """Somebody has spoken (None: it was no speech): whether it counts. What is urgent ends the speech."""
        self.own_voice.speech_ended()
        verdict = self.own_voice.judge(heard) if heard else Verdict.OWN
        counts = verdict not in (Verdict.OWN, Verdict.ASIDE)
        urgent = verdict in INTERRUPTS or (counts and heard.understood.call_for_help)
        ends = urgent and (verdict is Verdict.ORDER or not self._holds)
        if ends:  # also while the next sentence is being made
            self.cut = Cut(heard, whole=False)
        if self._interrupt and (ends or self._pausing):
            self._interrupt(True)
        return verdict

    def _silence(self, now_s: float) -> None:
        self._loudspeaker.silence()
        self.own_voice.stops(now_s)
        self.spoken_s = min(self.spoken_s, now_s)

    def _until(self, duration_s: float, done: Callable[[Any], None]) -> None:
        """Call `done` with True when it is interrupted, with None when so much time is over."""
        self._interrupt = done
        self._loudspeaker.after(duration_s, done)
