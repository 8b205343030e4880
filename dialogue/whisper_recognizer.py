"""The Whisper engine (faster-whisper, int8): several languages in one model, whole utterances only."""
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dialogue.models import ModelError
from dialogue.recognizer import Recognizer, Transcript

# Both limits as Whisper's authors use them: above this probability of "no speech" and below this mean log
# probability per token, what it wrote is invented.
NO_SPEECH = 0.6
LOG_PROBABILITY = -1.0
# Greedy and bounded: the default temperature fallback took 26 s on one clip, unbounded decoding loops on noise.
SETTINGS = dict(beam_size=1, temperature=0.0, max_new_tokens=40, without_timestamps=True,
                condition_on_previous_text=False)
# Unclear Chinese or Japanese is sometimes written as English ("WATCHY BLOCKER"); heard again after this sentence, which
# says nothing about what to expect, it comes in the language's own script.
SCRIPT = {"zh": "以下是普通话的句子。", "ja": "これは日本語の文です。"}


class WhisperRecognizer(Recognizer):
    """Hears one of `languages` (the likeliest where there are several). Raises ModelError."""
    engine = "whisper"

    def __init__(self, languages: Sequence[str], folder: Path, threads: int = 2) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from faster_whisper import WhisperModel
        self.languages = tuple(languages)
        try:
            self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads,
                                       local_files_only=True)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the Whisper model in {folder} cannot be loaded ({error}); remove the folder and run: "
                             "anban models fetch whisper-base") from error
        self.begin()

    def begin(self) -> None:
        self._heard: list[np.ndarray] = []
        self._ahead: Transcript | None = None

    def accept(self, samples: np.ndarray) -> str:
        self._heard.append(samples)
        self._ahead = None
        return ""

    def pause(self) -> None:
        self._ahead = self._hear()

    def finish(self) -> Transcript:
        return self._ahead or self._hear()

    def second_opinion(self, expected: Sequence[str]) -> Transcript:
        return self._decode(" ".join(expected))

    def _hear(self) -> Transcript:
        transcript = self._decode(None)
        if transcript.language in SCRIPT and transcript.text.isascii() and transcript.text:
            return self._decode(SCRIPT[transcript.language])
        return transcript

    def _decode(self, prompt: str | None) -> Transcript:
        if not self._heard:
            return Transcript("", 0.0, self.languages[0])
        audio = np.concatenate(self._heard).astype(np.float32) / 32768.0
        language = self._language(audio)
        segments, _ = self._model.transcribe(audio, language=language, initial_prompt=prompt, **SETTINGS)
        spoken = [s for s in segments if not (s.no_speech_prob > NO_SPEECH and s.avg_logprob < LOG_PROBABILITY)]
        if not spoken:
            return Transcript("", 0.0, language)
        confidence = float(np.exp(np.mean([s.avg_logprob for s in spoken])))
        return Transcript(" ".join(s.text.strip() for s in spoken), min(1.0, confidence), language)

    def _language(self, audio: np.ndarray) -> str:
        if len(self.languages) == 1:
            return self.languages[0]
        chances = dict(self._model.detect_language(audio)[2])
        return max(self.languages, key=lambda language: chances.get(language, 0.0))

