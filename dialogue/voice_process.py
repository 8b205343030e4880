"""The process in which an engine speaks: orders come as JSON lines, each is answered when its sound file is whole.

A process of its own, because an engine may hang, print, or take its process down with it, and because a neural model
computes for seconds and must be ended at once when it is too slow. Started by dialogue.voice_line with the name of the
engine and the languages that it is to be loaded for.
"""
from __future__ import annotations

import json
import os
import sys
import wave

from dialogue.engines import ENGINES, EngineError


def main() -> None:
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # pyttsx3 prints of its own accord
    try:
        engine = ENGINES[sys.argv[1]](sys.argv[2:])
    except EngineError as error:
        print(json.dumps({"error": str(error)}), file=replies)
        return
    print(json.dumps({}), file=replies)
    for line in sys.stdin:
        order = json.loads(line)
        answer = {}
        try:
            samples, rate_hz = engine.make(order["text"], order["language"], order["voice"], order["rate"])
            with wave.open(order["path"], "wb") as file:
                file.setparams((1, 2, rate_hz, len(samples), "NONE", ""))
                file.writeframes(samples.astype("<i2").tobytes())
        except (EngineError, ValueError, RuntimeError, OSError) as error:
            answer["error"] = f"{sys.argv[1]} cannot say this: {error}"
        print(json.dumps(answer), file=replies)


if __name__ == "__main__":
    main()
