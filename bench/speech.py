"""How well the ears understand sentences that no sentence file holds, in synthetic voices.

    python bench/speech.py [--language en,zh,ja] [--kind clean,noise,old] [--part test|tune] [--keep DIR]

The sentences stand in bench/speech_sentences.yaml. The voices of the part "test" are not those of "tune", and neither
are the sentences (Chinese: one voice is in both). Kinds: clean; noise: pink, 10 dB below; old: slower, lower,
trembling, soft; television: newsreaders and actors, in which nothing is meant for the robot; evening: twenty
minutes of television and conversation as in an ordinary week (bench/said/LANGUAGE_evening.tsv), which takes as long to
speak; calls: 150 plain calls for help of another hand (bench/said/LANGUAGE_plain.tsv) in pink noise at 10 dB; close:
100 sentences that only sound like a wish or a call (every third of bench/said/LANGUAGE_close.tsv), likewise. The wavs
are heard by `anban evaluate speech`. One JSON line a figure.
"""
from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from math import gcd
from pathlib import Path

import numpy as np
import yaml
from scipy.io import wavfile
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from robot import kokoro  # noqa: E402
from robot.environment import outside_environment  # noqa: E402
from tests.dialogue import sounds  # noqa: E402

RATE = 16_000
# Kokoro-82M by name; espeak-ng by voice, pace and pitch.
VOICES = {
    "tune": {"en": ("jf_gongitsune", "jm_kumo", ("en-gb+f3", 125, 45)), "zh": ("jm_kumo", "jf_alpha"),
             "ja": ("jf_gongitsune", "jm_kumo", ("ja+f5", 130, 45))},
    "test": {"en": ("jf_alpha", "jf_nezumi", "jf_tebukuro", ("en-gb+m3", 130, 40), ("en-us+f4", 135, 50)),
             "zh": ("jm_kumo", "jf_nezumi"), "ja": ("jf_alpha", "jf_nezumi", "jf_tebukuro", ("ja+f3", 130, 50))}}
# espeak-ng's phonemes as Kokoro-82M writes them.
PHONEMES = (("aɪ", "I"), ("aʊ", "W"), ("eɪ", "A"), ("oʊ", "O"), ("ɔɪ", "Y"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ɚ", "əɹ"),
            ("ɜː", "ɜɹ"), ("r", "ɹ"), ("ɐ", "ə"), ("ː", ""), ("ɾ", "T"))
SNR_DB = 10.0
BACKGROUND = ("television", "evening")
EVENING_LINES = 240


def spoken(text: str, language: str, voice: str | tuple) -> np.ndarray:
    """Float speech at 16 kHz and -23 dBFS."""
    if isinstance(voice, tuple):
        return sounds.spoken(text, language, voice[1], voice[2], voice[0])
    if language == "en":
        samples = english(text, voice)
    else:
        samples = kokoro.spoken(text, language, voice, 0.95)
    common = gcd(RATE, kokoro.SAMPLE_RATE)
    samples = resample_poly(samples, RATE // common, kokoro.SAMPLE_RATE // common)
    return samples * (10 ** (-23 / 20) / np.sqrt(np.mean(samples ** 2)))


def english(text: str, voice: str) -> np.ndarray:
    """Kokoro-82M fed with espeak-ng's English phonemes, float (n,) at its own rate."""
    told = subprocess.run(["espeak-ng", "-v", "en-us", "--ipa", "-q", text], capture_output=True, text=True, check=True,
                          env=outside_environment()).stdout
    signs = ", ".join(line.strip() for line in told.strip().splitlines()) + text[-1]
    for ours, theirs in PHONEMES:
        signs = signs.replace(ours, theirs)
    model = kokoro._model()
    numbers = [model.numbers[sign] for sign in signs if sign in model.numbers]
    samples, *_ = model.session.run(None, {
        "tokens": np.array([[0, *numbers, 0]], np.int64), "speed": np.array([0.95], np.float32),
        "style": model.styles[voice][len(numbers) - 1].reshape(1, -1)})
    return np.ravel(samples)


def old(sound: np.ndarray, seed: int) -> np.ndarray:
    """Slower and lower by an eighth, trembling at 5 Hz by a third, 12 dB softer."""
    random, sound = np.random.default_rng(seed), resample_poly(sound, 8, 7)
    time_s = np.arange(len(sound)) / RATE
    return sound * (1 - 0.33 * (0.5 + 0.5 * np.sin(2 * np.pi * random.uniform(4.5, 6) * time_s))) * 10 ** (-12 / 20)


def calls(language: str) -> Iterator[tuple[str, str, str]]:
    """(name, text, intent)."""
    for number, (intent, text) in enumerate(said(language, "plain")):
        if intent != "none":
            yield f"call{number:03}", text, intent


def close(language: str) -> Iterator[tuple[str, str, str]]:
    """(name, text, "")."""
    harmless = [text for intent, text in said(language, "close") if intent == "none"]
    for number, text in enumerate(harmless[::3]):
        yield f"close{number:03}", text, ""


def said(language: str, of: str) -> list[list[str]]:
    """The lines [intent, text] of a file of bench/said."""
    return [line.split("\t") for line in
            (Path(__file__).parent / f"said/{language}_{of}.tsv").read_text("utf-8").splitlines()]


def sentences(language: str, part: str) -> Iterator[tuple[str, str, str]]:
    """(name, text, intent) of one part."""
    for intent, texts in yaml.safe_load((Path(__file__).parent / "speech_sentences.yaml").read_text("utf-8"))[
            language].items():
        for number, text in enumerate(texts):
            if number % 2 == ("tune", "test").index(part):
                yield f"{intent}{number:02}", text, "" if intent == "none" else intent


LISTED = {"calls": calls, "close": close}  # kinds that are heard in noise


def made(folder: Path, language: str, kind: str, part: str) -> Path:
    """The wavs and their transcripts.csv of one kind; what is there already is kept."""
    target = folder / part / language / kind
    target.mkdir(parents=True, exist_ok=True)
    voices, rows = VOICES[part][language], []
    texts = LISTED[kind](language) if kind in LISTED else sentences(language, part)
    for number, (name, text, intent) in enumerate(texts):
        path, plain = target / f"{name}.wav", folder / part / language / "clean" / f"{name}.wav"
        if not plain.exists():
            plain.parent.mkdir(parents=True, exist_ok=True)
            print(f"speaking {plain.relative_to(folder)}", end="\r", file=sys.stderr, flush=True)
            sound = spoken(text, language, voices[number % len(voices)])
            wavfile.write(plain, RATE, np.round(sound * 32767).clip(-32768, 32767).astype(np.int16))
        if kind == "old" and not path.exists():
            sound = old(wavfile.read(plain)[1] / 32768, number)
            wavfile.write(path, RATE, np.round(sound * 32767).astype(np.int16))
        rows.append((path.name if kind == "old" else str(plain.resolve()), text, intent))
    with open(target / "transcripts.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("clip", "text", "intent"), *rows])
    return target


def talk(language: str, kind: str) -> list[str]:
    """What is said to nobody, line by line."""
    here = Path(__file__).parent
    if kind == "evening":
        return [text for _, text in said(language, "evening")[:EVENING_LINES]]
    return yaml.safe_load((here / "speech_sentences.yaml").read_text("utf-8"))["television"][language]


def background(folder: Path, language: str, kind: str) -> Path:
    """Several people one after the other, as one sound file."""
    target = folder / kind / language
    if not (target / f"{kind}.wav").exists():
        voices = [voice for part in VOICES for voice in VOICES[part][language] if isinstance(voice, str)]
        parts = []
        for number, text in enumerate(talk(language, kind)):
            print(f"speaking {kind}, line {number}", end="\r", file=sys.stderr, flush=True)
            parts += [spoken(text, language, voices[number % len(voices)]), np.zeros(RATE)]
        target.mkdir(parents=True, exist_ok=True)
        wavfile.write(target / f"{kind}.wav", RATE, np.round(np.concatenate(parts) * 16384).astype(np.int16))
    return target


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--language", default="en,zh,ja")
    arguments.add_argument("--kind", default="clean,noise,old,television", help="of these, evening, calls and close")
    arguments.add_argument("--part", choices=("test", "tune"), default="test")
    arguments.add_argument("--keep", type=Path, help="keep wavs and reports in this folder")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        for language in options.language.split(","):
            for kind in options.kind.split(","):
                measure(folder, language, kind, options.part)


def measure(folder: Path, language: str, kind: str, part: str) -> None:
    """Let one kind be heard and print its figures."""
    more = []
    if kind in BACKGROUND:
        clips = made(folder, language, "clean", part)
        more = ["--background", str(background(folder, language, kind)), "--only", "thanks"]
    else:
        clips = made(folder, language, kind, part)
    if kind == "noise" or kind in LISTED:
        noise = folder / "pink"
        noise.mkdir(exist_ok=True)
        wavfile.write(noise / "pink.wav", RATE, (sounds.pink(20 * RATE, 5) * 0.1).astype(np.float32))
        more = ["--noise", str(noise), "--snr", str(SNR_DB)]
    kokoro.release()
    report, load = folder / "reports" / f"{part}-{language}-{kind}", os.getloadavg()[0]
    subprocess.run([sys.executable, "-c", "import typer; from dialogue.evaluate_cli import app; typer.run(app)",
                    str(clips), "--transcripts", str(clips / "transcripts.csv"), "--language", language,
                    "--out", str(report), *more], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])})
    told = json.loads((report / "speech.json").read_text("utf-8"))
    names = ("false_accepts_per_hour", "false_calls_for_help_per_hour", "background") if kind in BACKGROUND else (
        "error_rate", "error_unit", "sound_error_rate", "intent_accuracy", "calls_for_help_heard", "no_commands_taken",
        "latency_s")
    print(json.dumps({"figure": "speech", "language": language, "kind": kind, "part": part, "n": len(told["clips"]),
                      **{name: told[name] for name in names}, "real_time_factor": told["real_time_factor"],
                      "memory_mb": told["measured_on"]["memory_mb"], "load": round(load, 1),
                      "command": " ".join(["python", *sys.argv]), "machine": machine()}, ensure_ascii=False),
          flush=True)


if __name__ == "__main__":
    main()
