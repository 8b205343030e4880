"""What a resident will hear again and again, made while nobody speaks, so that it sounds without delay. Pure; the work
goes to a worker."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

from dialogue.fixed_phrases import fixed_sentences
from dialogue.manner import Manner, Tone, tone
from dialogue.phrases import load_phrases
from dialogue.voice import Voice
from dialogue.worker import Done, Job
from robot.site import Site

Text = tuple[str, str, Tone]  # with its language


class MadeAhead:
    """`texts` for `voice`, one at a time; `tell` gets what is wrong with the voice after each, or ""."""

    def __init__(self, voice: Voice, texts: Iterator[Text], submit: Callable[[Job, Done], None],
                 tell: Callable[[str], None]) -> None:
        self._voice, self._left, self._submit, self._tell = voice, deque(texts), submit, tell
        self._busy = True
        submit(voice.prepare, self._on_prepared)

    def make_next(self) -> None:
        """One more, unless one is being made."""
        if self._left and not self._busy:
            self._busy = True
            text, language, (rate, _, pitch) = self._left[0]
            self._submit(lambda: self._voice.make_ahead(text, language, rate, pitch), self._on_made)

    def _on_prepared(self, _: Any, error: Exception | None) -> None:
        self._busy = False
        self._tell(str(error or ""))

    def _on_made(self, over: bool, error: Exception | None) -> None:
        self._busy = False
        if over or error:
            self._left.popleft()
        self._tell(str(error or ""))


def texts_of(site: Site) -> Iterator[Text]:
    """What is known beforehand of what the residents will be told, in the tone of the day: in their own languages, then
    in the others that they speak."""
    spoken = [(resident, resident.language) for resident in site.residents]
    spoken += [(resident, also) for resident in site.residents for also in resident.also_speaks]
    for resident, language in spoken:
        if language in site.robot.voice:
            for text in fixed_sentences(load_phrases(language), language, resident, site.medication):
                yield text, language, tone(resident, Manner(), None, time(), urgent=False)
