"""Speech to text behind one small interface, and the rule which engine hears a language.

A recogniser lives in one worker thread and takes one utterance at a time: begin, accept..., finish. All audio is
16 kHz mono int16.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialogue import models

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Transcript:
    """What was understood of one utterance. `confidence` is 0..1; blank `text` means no speech was found.

    `others`: what it may have been instead, the likeliest first, where the engine knows.
    """
    text: str
    confidence: float
    language: str
    others: tuple[str, ...] = ()


class Recognizer(ABC):
    """One engine, ready to hear one or several languages."""
    engine: str
    languages: tuple[str, ...]
    weighs = False  # whether it knows how likely any text is, given the sound

    @abstractmethod
    def begin(self) -> None:
        """Forget the last utterance and start another."""

    @abstractmethod
    def accept(self, samples: np.ndarray) -> str:
        """Take a stretch of the utterance, shape (n,), int16; the text so far where the engine has one, else ""."""

    @abstractmethod
    def finish(self) -> Transcript:
        """The transcript of what was accepted, without any hint of what to expect. More may be accepted after it."""

    @abstractmethod
    def second_opinion(self, expected: Sequence[str]) -> Transcript:
        """The last finished utterance heard again with sentences to expect.

        Such a hint helps with unclear speech and can also put words into a mouth: ask `behind`.
        """

    def through_noise(self) -> Transcript:
        """The last finished utterance heard again with steady noise taken out; blank where the engine cannot."""
        return Transcript("", 0.0, self.languages[0])

    def behind(self, text: str) -> float:
        """How much less likely [nats] this text is than what `finish` heard, by the sound alone, without any hint;
        0 where the engine does not weigh texts."""
        return 0.0


class Ears:
    """All recognisers of this robot, each loaded when first needed. `whisper`: a folder of the user's own Whisper
    model, "" for the known one; `threads`: the limit of Whisper's CPU use."""

    def __init__(self, whisper: str = "", threads: int = 2) -> None:
        self._whisper_folder, self._threads = whisper, threads
        self._vosk: dict[str, Recognizer] = {}
        self._whisper: Recognizer | None = None

    def recognizer(self, languages: Sequence[str]) -> Recognizer:
        """Vosk where one language is asked for and its Vosk model is installed, else Whisper. Raises ModelError."""
        languages = tuple(languages)
        if len(languages) == 1:
            language = languages[0]
            folder = None if language in self._vosk else models.vosk_folder(language)
            if folder is not None:
                from dialogue.vosk_recognizer import VoskRecognizer
                self._vosk[language] = VoskRecognizer(language, folder)
            if language in self._vosk:
                return self._vosk[language]
        if self._whisper is None:
            from dialogue.whisper_recognizer import WhisperRecognizer
            folder = models.ensure_whisper(self._whisper_folder)
            self._whisper = WhisperRecognizer(languages, folder, self._threads)
        self._whisper.languages = languages
        return self._whisper
