"""The Whisper engine (faster-whisper, int8): several languages in one model, whole utterances only."""
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dialogue.denoise import quieter
from dialogue.models import ModelError
from dialogue.recognizer import SAMPLE_RATE, Recognizer, Transcript

# Both limits as Whisper's authors use them: above this probability of "no speech" and below this mean log
# probability per token, what it wrote is invented.
NO_SPEECH = 0.6
LOG_PROBABILITY = -1.0
# Bounded and without a second try: faster-whisper's temperature fallback took 26 s on one clip, and noise makes loops.
# Bounded by what can be said: long sentences by fast voices came to 4.8 (English, Chinese) and 5.6 (Japanese) tokens a
# second. Of 40 in all, which CTranslate2 takes for half as many, calls for help at the end of long sentences were lost.
TOKENS_A_SECOND, LEAST_TOKENS, MOST_TOKENS = 8.0, 24, 224
SETTINGS = dict(beam_size=5, num_hypotheses=5, return_scores=True, return_no_speech_prob=True)
# Whisper's encoder takes 30 s, however little was said, and that is most of its work. 10 s cost a fifth of it and gave
# the same words in English; with 2 s of silence after the speech it began to say everything twice.
WINDOW_S, SILENCE_S, LONGEST_S = 10.0, 5.0, 30.0
FRAMES_HZ = 100
# Of the language that was spoken last, or is the resident's own, where several may be. On a third of the part `tune`,
# each of three languages as the first and as another one, clean and old: the first was kept in 99 % (without odds 97),
# another one recognised in 96 % (98). Chinese costs most: it is spoken by Japanese voices there.
FIRST_ODDS = 10.0
# Told before, this has Chinese written in simplified characters (character errors 0.42 -> 0.25, 31 sentences). Unclear
# Japanese is sometimes written as English ("WATCHY BLOCKER") and then heard again with its sentence, which otherwise
# does not help. Neither says anything about what to expect.
SCRIPT = {"zh": "以下是普通话的句子。", "ja": "これは日本語の文です。"}
MARKS = ".,!?。，、！？… "
FIRST_MERGE = "Ġ t"  # of every GPT-2 vocabulary
LEAST_PROBABILITY = 1e-9  # of a token; its logarithm is taken


class _Heard(NamedTuple):
    """One utterance as the encoder left it, and how likely texts are that were asked about."""
    features: object     # ctranslate2.StorageView (1, frames / 2, 512)
    frames: int          # of sound in it, without the padding
    language: str
    writing: object      # faster_whisper.tokenizer.Tokenizer
    likelihoods: dict[str, float]


class WhisperRecognizer(Recognizer):
    """Hears one of `languages` (the likeliest where there are several, with odds for the first). Raises ModelError."""
    engine, weighs = "whisper", True

    def __init__(self, languages: Sequence[str], folder: Path, threads: int = 2) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from faster_whisper import WhisperModel
        self.languages = tuple(languages)
        try:
            self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads,
                                       local_files_only=True)
            self._model.hf_tokenizer = mended_tokenizer(folder) or self._model.hf_tokenizer
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the Whisper model in {folder} cannot be loaded ({error}); remove the folder and run: "
                             "anban models fetch whisper-base") from error
        self.begin()

    def begin(self) -> None:
        self._sound: list[np.ndarray] = []
        self._heard: _Heard | None = None

    def accept(self, samples: np.ndarray) -> str:
        self._sound.append(samples)
        return ""

    def finish(self) -> Transcript:
        if not self._sound:
            self._heard = None
            return Transcript("", 0.0, self.languages[0])
        self._heard = self._encode(self._audio())
        transcript = self._decode("")
        if transcript.language == "ja" and transcript.text.isascii() and transcript.text:
            transcript = self._decode(SCRIPT["ja"])
        self._first = transcript.text
        return transcript

    def second_opinion(self, expected: Sequence[str]) -> Transcript:
        return self._decode(" ".join(expected))

    def through_noise(self) -> Transcript:
        if self._heard is None:
            return super().through_noise()
        as_it_was, self._heard = self._heard, self._encode(quieter(self._audio()))
        try:
            return self._decode("")
        finally:
            self._heard = as_it_was

    def behind(self, text: str) -> float:
        return self._likelihood(self._first) - self._likelihood(text)

    def _audio(self) -> np.ndarray:
        return np.concatenate(self._sound).astype(np.float32) / 32768.0

    def _encode(self, audio: np.ndarray) -> _Heard:
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer
        window_s = min(LONGEST_S, max(WINDOW_S, len(audio) / SAMPLE_RATE + SILENCE_S))
        features = self._model.encode(pad_or_trim(self._model.feature_extractor(audio), round(window_s * FRAMES_HZ)))
        language = self._language(features)
        writing = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=language)
        return _Heard(features, round(len(audio) / SAMPLE_RATE * FRAMES_HZ), language, writing, {})

    def _likelihood(self, text: str) -> float:
        """The log probability of a text, given the sound. Without the mark at its end: a hint brings its own marks."""
        heard, text = self._heard, text.rstrip(MARKS) or text
        if text not in heard.likelihoods:
            tokens = heard.writing.encode(f" {text}" if heard.language == "en" else text)
            before = self._signs("")[:-1]  # without <|notimestamps|>, which is added
            aligned = self._model.model.align(heard.features, before, [tokens], heard.frames)[0]
            heard.likelihoods[text] = float(np.sum(np.log(np.maximum(aligned.text_token_probs, LEAST_PROBABILITY))))
        return heard.likelihoods[text]

    def _signs(self, hint: str) -> list[int]:
        """What is told to the decoder before it writes."""
        language, writing = self._heard.language, self._heard.writing
        before = f"{SCRIPT['zh'] if language == 'zh' else ''} {hint}".strip()
        return self._model.get_prompt(writing, writing.encode(f" {before}") if before else [], without_timestamps=True)

    def _decode(self, hint: str) -> Transcript:
        heard = self._heard
        if heard is None:
            return Transcript("", 0.0, self.languages[0])
        language, writing = heard.language, heard.writing
        signs = self._signs(hint)
        most = min(MOST_TOKENS, max(LEAST_TOKENS, round(TOKENS_A_SECOND * heard.frames / FRAMES_HZ)))
        # CTranslate2 writes no more than half of `max_length`, and no more than what the signs leave of it.
        result = self._model.model.generate(heard.features, [signs], max_length=max(2 * most, len(signs) + most),
                                            **SETTINGS)[0]
        tokens = result.sequences_ids[0]
        probability = result.scores[0] * len(tokens) / (len(tokens) + 1)  # Whisper's mean counts the end as a token
        if result.no_speech_prob > NO_SPEECH and probability < LOG_PROBABILITY:
            return Transcript("", 0.0, language)
        text = writing.decode(tokens).strip()
        if len(text) > 3 and text.strip("。.") in SCRIPT.get(language, ""):  # nothing was said: it reads this back
            return Transcript("", 0.0, language)
        others = tuple(writing.decode(other).strip() for other in result.sequences_ids[1:])
        return Transcript(text, min(1.0, float(np.exp(probability))), language, others)

    def _language(self, features) -> str:
        if len(self.languages) == 1:
            return self.languages[0]
        chances = dict(self._model.model.detect_language(features)[0])
        return max(self.languages, key=lambda language: chances.get(f"<|{language}|>", 0.0) * (
            FIRST_ODDS if language == self.languages[0] else 1.0))


def mended_tokenizer(folder: Path):
    """The model's tokenizer, mended; None where the folder holds none.

    The common conversion lost the first merge, of space and t: " to" became two tokens that Whisper never writes, so
    hints with such words confused it, and texts with them seemed impossible.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    from tokenizers import Tokenizer as Merging
    written = json.loads(path.read_text(encoding="utf-8"))
    merges = written["model"]["merges"]
    first = FIRST_MERGE if isinstance(merges[0], str) else FIRST_MERGE.split()
    if merges[0] != first and "".join(FIRST_MERGE.split()) in written["model"]["vocab"]:
        merges.insert(0, first)
    return Merging.from_str(json.dumps(written))
