"""Speech to text behind one small interface, and the rule which engine hears a language.

A recogniser lives in one worker thread and takes one utterance at a time: begin, accept..., finish. All audio is
16 kHz mono int16.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from dialogue import models

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Transcript:
    """What was understood of one utterance. `confidence` is 0..1; blank `text` means no speech was found."""
    text: str
    confidence: float
    language: str


class Recognizer(ABC):
    """One engine, ready to hear one or several languages."""
    engine: str
    languages: tuple[str, ...]

    @abstractmethod
    def begin(self) -> None:
        """Forget the last utterance and start another."""

    @abstractmethod
    def accept(self, samples: np.ndarray) -> str:
        """Take a stretch of the utterance, shape (n,), int16; the text so far where the engine has one, else ""."""

    def pause(self) -> None:
        """The speaker pauses and may be done: a chance to work ahead. Followed by more `accept` or by `finish`."""

    @abstractmethod
    def finish(self) -> Transcript:
        """The transcript of what was accepted, without any hint of what to expect."""

    @abstractmethod
    def second_opinion(self, expected: Sequence[str]) -> Transcript:
        """The last finished utterance heard again with sentences to expect.

        Such a hint helps with unclear speech and can also put words into a mouth: compare with `finish`.
        """


def choose_recognizer(languages: Sequence[str], whisper: str = "", threads: int = 2) -> Recognizer:
    """Vosk where a single language is asked for and its Vosk model is installed, else Whisper. Raises ModelError.

    `whisper` is a folder of the user's own Whisper model, "" for the known one; `threads` limits Whisper's CPU use.
    """
    languages = tuple(languages)
    folder = models.vosk_folder(languages[0]) if len(languages) == 1 else None
    if folder is not None:
        from dialogue.vosk_recognizer import VoskRecognizer
        return VoskRecognizer(languages[0], folder)
    from dialogue.whisper_recognizer import WhisperRecognizer
    return WhisperRecognizer(languages, models.ensure_whisper(whisper), threads)
