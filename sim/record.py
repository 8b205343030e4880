"""Keeps what the microphone heard and what happened in one simulated night, as files."""
from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np

from sim.simulation import Event
from sim.sound import SAMPLE_RATE


class Record:
    """`microphone.wav` and `events.jsonl` in a folder, which is made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._wave = wave.open(str(folder / "microphone.wav"), "wb")
        self._wave.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        self._events = (folder / "events.jsonl").open("w", encoding="utf-8")

    def sound(self, samples: np.ndarray) -> None:
        self._wave.writeframes(samples.tobytes())

    def event(self, event: Event) -> None:
        print(json.dumps(event._asdict(), ensure_ascii=False), file=self._events, flush=True)

    def close(self) -> None:
        self._wave.close()
        self._events.close()
