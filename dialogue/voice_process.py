"""The process in which pyttsx3 runs: orders come as JSON lines, each is answered when its sound file is whole.

A process of its own, because pyttsx3 may hang, print, or take its process down with it. Started by dialogue.voice.
"""
from __future__ import annotations

import json
import os
import sys
import threading
import wave

LONGEST_WAIT_S = 12.0  # a minute of speech takes espeak 0.3 s


def main() -> None:
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # pyttsx3 prints of its own accord
    import pyttsx3
    try:
        engine = pyttsx3.init("espeak")
        voices = {voice.id.rsplit("/", 1)[-1]: voice.id for voice in engine.getProperty("voices")}
    except (RuntimeError, OSError, ImportError) as error:
        print(json.dumps({"error": f"espeak-ng cannot be used ({error}); install it: apt-get install espeak-ng"}),
              file=replies)
        return
    print(json.dumps({"voices": sorted(voices)}), file=replies)
    written = threading.Event()  # runAndWait returns before the file is whole; this comes after
    engine.connect("finished-utterance", lambda name=None, completed=False: written.set())
    for line in sys.stdin:
        order = json.loads(line)
        answer = {}
        if order["voice"] not in voices:  # pyttsx3 would go on with the voice before
            answer["error"] = f"espeak-ng has no voice {order['voice']!r}"
        else:
            try:
                engine.setProperty("voice", voices[order["voice"]])
                engine.setProperty("rate", order["words_per_minute"])
                for _ in range(2):  # the event of the sound before may come late, while this file is still empty
                    engine.save_to_file(order["text"], order["path"])
                    written.clear()
                    engine.runAndWait()
                    if not written.wait(LONGEST_WAIT_S):
                        raise RuntimeError("no sound came")
                    with wave.open(order["path"]) as sound:
                        frames = sound.getnframes()
                    if frames:
                        break
                if 44 + 2 * frames != os.path.getsize(order["path"]):
                    answer["error"] = "the sound file is not whole"
            except (ValueError, RuntimeError, OSError, EOFError, wave.Error) as error:
                answer["error"] = f"espeak-ng cannot say this: {error}"
        print(json.dumps(answer), file=replies)


if __name__ == "__main__":
    main()
