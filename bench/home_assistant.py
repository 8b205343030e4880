"""What Home Assistant's speech pipeline makes of the same recordings: wyoming-faster-whisper with its own settings
and Whisper base as its makers left it, its transcript matched by plain hassil with Anban's sentences.

    python -m pip install --no-deps wyoming==1.10.2 wyoming-faster-whisper==3.8.1      # needed by this bench only
    python bench/home_assistant.py WAVS --transcripts T.csv --language en [--noise DIR --snr 10]

The arguments are those of `anban evaluate speech`, and so is the noise under each clip. A clip is sent as Home
Assistant would have cut it, with 0.7 s after its end (its default "finished speaking detection"). The latency is these
0.7 s and the time from the last sound to the transcript. What hassil finds is taken: there is no share, no negation and
no second hearing. One JSON line.
"""
from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from hassil.intents import Intents
from hassil.recognize import recognize_best

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from dialogue import models, recording  # noqa: E402
from dialogue.evaluate_cli import read_transcripts  # noqa: E402
from dialogue.evaluation import UNITS, error_rate, written  # noqa: E402
from dialogue.evaluation_run import LEAD_S  # noqa: E402
from dialogue.intents import load_sentences  # noqa: E402
from dialogue.recognizer import SAMPLE_RATE  # noqa: E402
from dialogue.understood import NO_REQUEST  # noqa: E402
from robot.measures import spread, wilson  # noqa: E402
from robot.resources import resource  # noqa: E402

PACKAGES = "wyoming==1.10.2 wyoming-faster-whisper==3.8.1"
SILENCE_S = 0.7
CHUNK = 1_600


def plain(language: str) -> Intents:
    """Anban's sentences as Home Assistant would load them, without those that only answer a question."""
    data = yaml.safe_load(resource(f"config/sentences/{language}.yaml").read_text(encoding="utf-8"))
    for intent in data["intents"].values():
        intent["data"] = [group for group in intent["data"] if not group.pop("metadata", {}).get("asked")]
    known = {"language", "intents", "lists", "expansion_rules", "skip_words"}
    # As Home Assistant's own Chinese and Japanese sentences are set.
    return Intents.from_dict({key: value for key, value in data.items() if key in known}
                             | {"settings": {"ignore_whitespace": language != "en"}})


async def transcribe(uri: str, samples: np.ndarray, language: str) -> tuple[str, float]:
    """The text, and the seconds from the last sound to it."""
    from wyoming.asr import Transcribe, Transcript
    from wyoming.audio import AudioChunk, AudioStart, AudioStop
    from wyoming.client import AsyncClient
    form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2")
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Transcribe(language=language).event())
        await client.write_event(AudioStart(**form).event())
        for at in range(0, len(pcm), CHUNK):
            await client.write_event(AudioChunk(audio=pcm[at:at + CHUNK].tobytes(), **form).event())
        began_s = time.perf_counter()
        await client.write_event(AudioStop().event())
        while (event := await client.read_event()) is not None:
            if Transcript.is_type(event.type):
                return Transcript.from_event(event).text.strip(), time.perf_counter() - began_s
    raise RuntimeError("wyoming-faster-whisper closed the connection without a transcript")


async def ready(uri: str, server: subprocess.Popen) -> None:
    """Wait until the server takes connections and has its model."""
    while server.poll() is None:
        try:
            await transcribe(uri, np.zeros(SAMPLE_RATE), "en")
            return
        except OSError:
            await asyncio.sleep(0.2)
    sys.exit(f"wyoming-faster-whisper ended with status {server.returncode}; it says why above")


async def hear(options: argparse.Namespace, uri: str, server: subprocess.Popen) -> dict:
    await ready(uri, server)
    sentences, intents = load_sentences(options.language), plain(options.language)
    noises = [recording.read(path).samples for path in recording.files(options.noise)] if options.noise else []
    results = []
    rows = read_transcripts(options.transcripts)
    for number, row in enumerate(rows, 1):
        print(f"{number} of {len(rows)}", end="\r", file=sys.stderr, flush=True)
        sound = np.pad(recording.read(options.wavs / row.clip).samples,
                       (int(LEAD_S * SAMPLE_RATE), int(SILENCE_S * SAMPLE_RATE)))
        if noises:
            random = np.random.default_rng(zlib.crc32(row.clip.encode()))
            sound = sound + recording.noise_under(sound, noises[random.integers(len(noises))], options.snr, random)
        text, took_s = await transcribe(uri, sound, options.language)
        found = recognize_best(text, intents, language=options.language)
        intent = found.intent.name if found and found.intent.name != NO_REQUEST else ""
        results.append(replace(row, heard=text, intent=intent, latency_s=SILENCE_S + took_s))
    calls = [result for result in results if result.expected in sentences.calls_for_help]
    none = [result for result in results if not result.expected]
    return {"n": len(results), "error_rate": error_rate(results, lambda text: written(text, options.language)),
            "error_unit": UNITS[options.language],
            "intent_accuracy": wilson(sum(result.right for result in results), len(results)),
            "calls_for_help_heard": wilson(sum(r.intent in sentences.calls_for_help for r in calls), len(calls)),
            "no_commands_taken": wilson(sum(bool(result.intent) for result in none), len(none)),
            "latency_s": spread([result.latency_s for result in results if result.intent])}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("wavs", type=Path)
    arguments.add_argument("--transcripts", type=Path, required=True)
    arguments.add_argument("--language", required=True, choices=("en", "zh", "ja"))
    arguments.add_argument("--noise", type=Path)
    arguments.add_argument("--snr", type=float, default=10.0)
    options = arguments.parse_args()
    if not all(map(importlib.util.find_spec, ("wyoming", "wyoming_faster_whisper"))):
        sys.exit(f"Home Assistant's parts are not installed; run: python -m pip install --no-deps {PACKAGES}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri, load = f"tcp://127.0.0.1:{probe.getsockname()[1]}", os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        whisper = models.join_whisper(Path(folder) / "whisper-base", adapter=None)  # as its makers left it
        server = subprocess.Popen([sys.executable, "-m", "wyoming_faster_whisper", "--uri", uri, "--data-dir", folder,
                                   "--model", str(whisper), "--language", options.language,
                                   "--stt-library", "faster-whisper", "--local-files-only"])
        try:
            figures = asyncio.run(hear(options, uri, server))
        finally:
            server.terminate()
            server.wait()
    print(json.dumps({"figure": "home_assistant", "language": options.language,
                      "noise_snr_db": options.snr if options.noise else None, **figures, "load": round(load, 1),
                      "command": " ".join(["python", *sys.argv]), "machine": machine()}, ensure_ascii=False))


if __name__ == "__main__":
    main()
