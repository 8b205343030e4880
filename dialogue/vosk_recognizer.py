"""The Vosk engine: streaming, with partial results, one language per model."""
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dialogue.models import ModelError
from dialogue.recognizer import SAMPLE_RATE, Recognizer, Transcript


class VoskRecognizer(Recognizer):
    """Hears one language through the Vosk model in `folder`. Raises ModelError where it cannot be loaded."""
    engine = "vosk"

    def __init__(self, language: str, folder: Path) -> None:
        import vosk
        vosk.SetLogLevel(-1)
        self.languages = (language,)
        self._vosk = vosk
        try:
            self._model = vosk.Model(str(folder))
        except Exception as error:  # vosk raises the bare class
            raise ModelError(f"the Vosk model in {folder} cannot be loaded; fetch it again: "
                             f"anban models fetch vosk-{language}") from error
        self.begin()

    def begin(self) -> None:
        self._decoder = self._new_decoder()
        self._results: list[dict] = []
        self._heard: list[np.ndarray] = []

    def accept(self, samples: np.ndarray) -> str:
        self._heard.append(samples)
        if self._decoder.AcceptWaveform(samples.astype("<i2", copy=False).tobytes()):
            self._results.append(json.loads(self._decoder.Result()))
            return self._text(self._results)
        return " ".join(filter(None, (self._text(self._results), json.loads(self._decoder.PartialResult())["partial"])))

    def finish(self) -> Transcript:
        self._results.append(json.loads(self._decoder.FinalResult()))
        return self._transcript(self._results)

    def second_opinion(self, expected: Sequence[str]) -> Transcript:
        # The grammar can only hold words of the model's own vocabulary; Vosk leaves the others out.
        decoder = self._new_decoder(json.dumps([*expected, "[unk]"], ensure_ascii=False))
        results = []
        for samples in self._heard:
            if decoder.AcceptWaveform(samples.astype("<i2", copy=False).tobytes()):
                results.append(json.loads(decoder.Result()))
        return self._transcript(results + [json.loads(decoder.FinalResult())])

    def _new_decoder(self, *grammar: str):
        decoder = self._vosk.KaldiRecognizer(self._model, SAMPLE_RATE, *grammar)
        decoder.SetWords(True)  # words carry the confidence
        return decoder

    def _transcript(self, results: list[dict]) -> Transcript:
        sure = [word["conf"] for result in results for word in result.get("result", [])]
        return Transcript(self._text(results), float(np.mean(sure)) if sure else 0.0, self.languages[0])

    @staticmethod
    def _text(results: list[dict]) -> str:
        return " ".join(result["text"] for result in results if result.get("text")).replace("[unk]", "").strip()
