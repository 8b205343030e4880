"""Trains what Anban adds to Whisper's weights (dialogue/adapter.py): care's sentences, old voices, noise.

    python bench/speak_lessons.py LESSONS        # first: the sentences as sound
    python bench/train_ears.py LESSONS --out FIRST
    python bench/train_ears.py LESSONS --start FIRST --steps 150 --rate 6e-4   # more Chinese was spoken since

Each step hears `--batch` sentences anew: slower, lower, trembling, with pauses, in a room, through a narrow microphone,
in noise or beside other talk from 25 down to 0 dB; some are noise alone, of which nothing may be written. Wants PyTorch
beside the project: pip install torch==2.13.0. On two cores that others used as well: 37 and 16 minutes.
"""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.io import wavfile
from scipy.signal import butter, fftconvolve, istft, resample_poly, sosfilt, stft

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from dialogue.adapter import ADAPTER, LowRank, load_adapter, save_adapter, weights  # noqa: E402
from dialogue.models import join_whisper  # noqa: E402
from dialogue.whisper_recognizer import SCRIPT, WINDOW_S, mended_tokenizer  # noqa: E402

RATE = 16_000
RANK = 8           # 0.95 million numbers, 1.9 MB
LEARNING_RATE = 1e-3
WARM_UP = 30       # steps
# Of what was learnt, for use: between the old model and the new (WiSE-FT, Wortsman et al. 2022). On synthetic voices
# three quarters are as good as the whole; of real ones, English over the telephone, the whole misheard a few more.
SHARE = 0.75
HEADS, LAYERS = 8, 6
HINTED = 0.15      # of the sentences, as in answer to a question
NOTHING = 0.03     # of the sentences are noise alone
JOINED = 0.08      # are said twice, or with another one
WHISPERED = 0.08
THROAT = 40        # samples at 16 kHz: 400 Hz, above any old voice's pitch
LONGEST_S = WINDOW_S - 1.0


# --- Whisper, with what is added to it --------------------------------------------------------------------------------
class Ears(torch.nn.Module):
    """Whisper base from ctranslate2's variables; only the updates learn."""

    def __init__(self, variables: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.fixed = {name: torch.from_numpy(values.astype(np.float32)) for name, values in variables.items()}
        self.up, self.down = torch.nn.ParameterDict(), torch.nn.ParameterDict()
        for name, values in self.fixed.items():
            if "layer_" in name and values.ndim == 2:
                self.up[_key(name)] = torch.nn.Parameter(torch.zeros(values.shape[0], RANK))
                self.down[_key(name)] = torch.nn.Parameter(torch.randn(RANK, values.shape[1]) / values.shape[1] ** 0.5)

    def adapter(self) -> dict[str, LowRank]:
        return {name: LowRank(self.up[_key(name)].detach().numpy() * SHARE, self.down[_key(name)].detach().numpy())
                for name in self.fixed if _key(name) in self.up}

    def load(self, adapter: dict[str, LowRank]) -> None:
        for name, update in adapter.items():
            self.up[_key(name)].data = torch.from_numpy(update.up.astype(np.float32)) / SHARE
            self.down[_key(name)].data = torch.from_numpy(update.down.astype(np.float32))

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        y = F.linear(x, self.fixed[f"{name}/weight"], self.fixed[f"{name}/bias"])
        key = _key(f"{name}/weight")
        return y + F.linear(F.linear(x, self.down[key]), self.up[key])

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], self.fixed[f"{name}/gamma"], self.fixed[f"{name}/beta"])

    def _attend(self, x: torch.Tensor, name: str, heard: torch.Tensor | None = None, causal: bool = False):
        y = self._linear(self._norm(x, f"{name}/layer_norm"), f"{name}/linear_0")
        if heard is None:
            q, k, v = y.chunk(3, -1)
        else:
            q, (k, v) = y, self._linear(heard, f"{name}/linear_1").chunk(2, -1)
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in (q, k, v))
        told = F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)
        return x + self._linear(told, f"{name}/linear_{1 if heard is None else 2}")

    def _think(self, x: torch.Tensor, name: str) -> torch.Tensor:
        inner = F.gelu(self._linear(self._norm(x, f"{name}/layer_norm"), f"{name}/linear_0"))
        return x + self._linear(inner, f"{name}/linear_1")

    def encode(self, mel: torch.Tensor) -> torch.Tensor:
        """(n, 80, frames) to (n, frames / 2, 512)."""
        x = mel
        for conv, stride in (("conv1", 1), ("conv2", 2)):
            x = F.gelu(F.conv1d(x, self.fixed[f"encoder/{conv}/weight"], self.fixed[f"encoder/{conv}/bias"], stride, 1))
        x = x.transpose(1, 2)
        x = x + self.fixed["encoder/position_encodings/encodings"][:x.shape[1]]
        for layer in range(LAYERS):
            x = self._attend(x, f"encoder/layer_{layer}/self_attention")
            x = self._think(x, f"encoder/layer_{layer}/ffn")
        return self._norm(x, "encoder/layer_norm")

    def decode(self, tokens: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """Logits (n, length, 51865) of what follows each token."""
        x = self.fixed["decoder/embeddings/weight"][tokens]
        x = x + self.fixed["decoder/position_encodings/encodings"][:x.shape[1]]
        for layer in range(LAYERS):
            x = self._attend(x, f"decoder/layer_{layer}/self_attention", causal=True)
            x = self._attend(x, f"decoder/layer_{layer}/attention", heard)
            x = self._think(x, f"decoder/layer_{layer}/ffn")
        return F.linear(self._norm(x, "decoder/layer_norm"), self.fixed["decoder/embeddings/weight"])


def _key(name: str) -> str:
    return name.replace("/", "-")


# --- what is heard ----------------------------------------------------------------------------------------------------
class Lessons:
    """The spoken sentences, each time in another room."""

    def __init__(self, folder: Path, languages: list[str], random: np.random.Generator) -> None:
        self.random, self._folder, self._languages = random, folder, languages
        self.said = self._spoken()
        self._left: list[tuple[str, int]] = []

    def next(self) -> tuple[np.ndarray, str, str, str]:
        """(sound (n,) float32 at 16 kHz, language, hint, text)."""
        random = self.random
        while True:
            if not self._left:
                self.said = self._spoken()  # others may have been spoken meanwhile
                self._left = [(name, number) for name, said in self.said.items() for number in range(len(said))]
                random.shuffle(self._left)
            language, number = self._left.pop()
            path, text = self.said[language][int(number)]
            sound = _read(path)
            if random.random() < NOTHING:
                return self._noise(np.zeros(int(random.uniform(0.5, 3) * RATE)), language), language, "", ""
            if random.random() < JOINED:  # said again, or something else after it
                path, more = self.said[language][int(random.integers(len(self.said[language])))] if (
                    random.random() < 0.5) else (path, text)
                sound = np.concatenate([sound, np.zeros(int(random.uniform(0.1, 0.8) * RATE)), _read(path)])
                text = f"{written(text, language)}{' ' if language == 'en' else ''}{written(more, language)}"
            sound = voiced(sound, random)
            if len(sound) > LONGEST_S * RATE:
                continue
            sound = np.pad(sound, [int(random.uniform(0.05, 0.5) * RATE) for _ in range(2)])
            sound = self._microphone(self._noise(self._room(sound), language))
            return sound.astype(np.float32), language, self._hint(language, text), written(text, language)

    def _spoken(self) -> dict[str, list[tuple[Path, str]]]:
        """(wav, text) by language."""
        return {language: [(path, path.with_suffix(".txt").read_text("utf-8").strip().split("\t")[1])
                           for path in sorted((self._folder / language).glob("*.wav"))]
                for language in self._languages}

    def _hint(self, language: str, text: str) -> str:
        """Sometimes what might be expected; half of the times it holds what was said."""
        if self.random.random() > HINTED:
            return ""
        others = [self.said[language][int(self.random.integers(len(self.said[language])))][1]
                  for _ in range(self.random.integers(2, 7))]
        others[0] = text if self.random.random() < 0.5 else others[0]
        self.random.shuffle(others)
        return " ".join(written(other, language) for other in others)

    def _room(self, sound: np.ndarray) -> np.ndarray:
        random = self.random
        if random.random() < 0.5:
            return sound
        length_s = random.uniform(0.2, 0.7)
        time_s = np.arange(int(length_s * RATE)) / RATE
        decay = random.standard_normal(len(time_s)) * 10 ** (-3 * time_s / length_s)
        decay *= 10 ** (-random.uniform(0, 12) / 20) / np.sqrt(np.sum(decay ** 2))
        decay[0] = 1.0
        return fftconvolve(sound, decay)[:len(sound) + RATE // 5]

    def _noise(self, sound: np.ndarray, language: str) -> np.ndarray:
        random = self.random
        speech = np.sqrt(np.mean(sound ** 2)) or 0.05
        if random.random() < 0.2:
            return sound + random.standard_normal(len(sound)) * speech * 10 ** (-random.uniform(30, 50) / 20)
        if random.random() < 0.65 or not sound.any():  # steady, from dull to bright
            spectrum = np.fft.rfft(random.standard_normal(len(sound)))
            slope = np.maximum(1, np.arange(len(spectrum))) ** random.uniform(0.1, 0.9)
            noise = np.fft.irfft(spectrum / slope, len(sound))
            snr_db = random.uniform(0, 25)
        else:  # talk: one at a distance, or many
            noise = np.zeros(len(sound))
            for _ in range(talkers := int(random.choice((1, 1, 4, 8)))):
                other = _read(self.said[language][int(random.integers(len(self.said[language])))][0])
                noise += np.resize(np.roll(other, int(random.integers(len(other)))), len(sound))
            snr_db = random.uniform(10 if talkers == 1 else 3, 25)
        return sound + noise / np.sqrt(np.mean(noise ** 2)) * speech * 10 ** (-snr_db / 20)

    def _microphone(self, sound: np.ndarray) -> np.ndarray:
        random = self.random
        if random.random() < 0.25:
            sound = sosfilt(butter(4, random.uniform(3000, 7000), fs=RATE, output="sos"), sound)
        loud_db = random.uniform(-40, -14) if random.random() < 0.96 else random.uniform(-10, 0)  # some too loud
        sound = sound * 10 ** (loud_db / 20) / np.sqrt(np.mean(sound ** 2))
        return np.clip(sound, -1, 1)


def voiced(sound: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Half of them old: slower and lower, trembling, pausing, fading; some whispered."""
    if random.random() < WHISPERED:
        return whispered(sound, random)
    if random.random() < 0.45:
        return sound
    sound = resample_poly(sound, int(random.integers(20, 25)), 20)
    time_s = np.arange(len(sound)) / RATE
    depth, tremor_hz = random.uniform(0, 0.5), random.uniform(4, 7)
    sound = sound * (1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * (tremor_hz * time_s + random.random()))))
    if random.random() < 0.4:  # a pause where it is softest
        level = fftconvolve(sound ** 2, np.ones(RATE // 20), "same")
        start, end = len(sound) // 5, len(sound) * 4 // 5
        at = start + int(np.argmin(level[start:end])) if end > start else 0
        sound = np.concatenate([sound[:at], np.zeros(int(random.uniform(0.2, 1.0) * RATE)), sound[at:]])
    if random.random() < 0.3:
        sound = sound * np.linspace(1, random.uniform(0.2, 1), len(sound))
    return sound


def whispered(sound: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The same mouth without a voice: noise in the place of the harmonics, less of the low tones."""
    frame = dict(fs=RATE, nperseg=400, noverlap=300)
    cepstrum = np.fft.irfft(np.log(np.abs(stft(sound, **frame)[2]) + 1e-5), axis=0)
    cepstrum[THROAT:-THROAT] = 0  # what comes back after so many samples is the voice's pitch
    mouth = np.exp(np.fft.rfft(cepstrum, axis=0).real)
    breath = istft(mouth * stft(random.standard_normal(len(sound)), **frame)[2][:, :mouth.shape[1]], **frame)[1]
    breath = np.append(breath[0], breath[1:] - 0.6 * breath[:-1])
    return breath * np.sqrt(np.mean(sound ** 2) / np.mean(breath ** 2))


def _read(path: Path) -> np.ndarray:
    return wavfile.read(path)[1] / 32768


def written(text: str, language: str) -> str:
    """As Whisper writes: a capital and a mark at the end."""
    if language == "zh":
        text = text.replace(",", "，").replace("?", "？").replace("!", "！")
    elif language == "en":
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?。！？…" else text + ("." if language == "en" else "。")


class Writing:
    """Tokens as faster-whisper's prompts have them."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = mended_tokenizer(folder)
        self._sign = self._tokenizer.token_to_id

    def tokens(self, language: str, hint: str, text: str) -> tuple[list[int], int]:
        """All tokens, and where the text begins."""
        before = f"{SCRIPT['zh'] if language == 'zh' else ''} {hint}".strip()
        signs = [self._sign("<|startofprev|>"), *self._encoded(f" {before}")[-223:]] if before else []
        signs += [self._sign(sign) for sign in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>",
                                                "<|notimestamps|>")]
        text = f" {text}" if language == "en" and text else text
        return [*signs, *self._encoded(text), self._sign("<|endoftext|>")], len(signs)

    def _encoded(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids


# --- training ---------------------------------------------------------------------------------------------------------
def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("lessons", type=Path)
    arguments.add_argument("--language", default="en,zh,ja")
    arguments.add_argument("--out", type=Path, default=ADAPTER)
    arguments.add_argument("--start", type=Path, help="go on from these updates")
    arguments.add_argument("--steps", type=int, default=320)
    arguments.add_argument("--rate", type=float, default=LEARNING_RATE, help="of learning, at its highest")
    arguments.add_argument("--batch", type=int, default=12)
    options = arguments.parse_args()
    torch.manual_seed(1)
    folder = join_whisper(Path(tempfile.mkdtemp()) / "whisper-base", adapter=None)
    ears, writing = Ears(weights(bytearray((folder / "model.bin").read_bytes()))), Writing(folder)
    if options.start:
        ears.load(load_adapter(options.start))
    lessons = Lessons(options.lessons, options.language.split(","), np.random.default_rng(1))
    print({language: len(said) for language, said in lessons.said.items()}, flush=True)
    learner = torch.optim.AdamW(ears.parameters(), options.rate, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.LambdaLR(learner, lambda step: min(1, (step + 1) / WARM_UP) * 0.5 * (
        1 + np.cos(np.pi * min(1, step / options.steps))))
    begun, losses = time.monotonic(), []
    batches = by_length(lessons, options.batch)
    for step in range(options.steps):
        with torch.autocast("cpu", torch.bfloat16):
            loss = step_loss(ears, writing, next(batches), lessons.random.uniform(0.3, 3.0))
        learner.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ears.parameters(), 1.0)
        learner.step(), pace.step()
        losses.append(loss.item())
        if (step + 1) % 10 == 0 or step + 1 == options.steps:
            save_adapter(ears.adapter(), options.out)
            print(f"step {step + 1} of {options.steps}, loss {np.mean(losses[-10:]):.3f}, "
                  f"{time.monotonic() - begun:.0f} s", flush=True)
    print(json.dumps({"figure": "ears_trained", "steps": options.steps, "batch": options.batch,
                      "loss": round(float(np.mean(losses[-50:])), 3), "bytes": options.out.stat().st_size,
                      "minutes": round((time.monotonic() - begun) / 60, 1),
                      "command": " ".join(["python", *sys.argv]), "machine": machine()}), flush=True)


def by_length(lessons: Lessons, batch: int) -> Iterator[list[tuple[np.ndarray, str, str, str]]]:
    """Batches of sentences that are about as long as each other: silence costs as much as speech."""
    while True:
        drawn = sorted((lessons.next() for _ in range(6 * batch)), key=lambda lesson: len(lesson[0]))
        for number in lessons.random.permutation(6):
            yield drawn[number * batch:(number + 1) * batch]


def step_loss(ears: Ears, writing: Writing, batch: list[tuple[np.ndarray, str, str, str]],
              silence_s: float) -> torch.Tensor:
    """The mean cross-entropy of the texts' tokens, given sound, signs and hint."""
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.feature_extractor import FeatureExtractor
    window_s = min(WINDOW_S, max(len(sound) for sound, *_ in batch) / RATE + silence_s)
    mel = np.stack([pad_or_trim(FeatureExtractor()(sound), round(window_s * 50) * 2) for sound, *_ in batch])
    told = [writing.tokens(language, hint, text) for _, language, hint, text in batch]
    length = max(len(tokens) for tokens, _ in told)
    tokens = torch.zeros(len(told), length, dtype=torch.long)
    targets = torch.full((len(told), length), -100)
    for row, (numbers, begins) in enumerate(told):
        tokens[row, :len(numbers)] = torch.tensor(numbers)
        targets[row, begins - 1:len(numbers) - 1] = torch.tensor(numbers[begins:])
    wanted = targets != -100
    heard = ears.encode(torch.from_numpy(mel.astype(np.float32)))
    return F.cross_entropy(ears.decode(tokens, heard)[wanted].float(), targets[wanted])


if __name__ == "__main__":
    main()
