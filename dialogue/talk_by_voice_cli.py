"""`anban talk` by voice: the robot's ears on the sound card, and its voice."""
from __future__ import annotations

import math
import queue
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NoReturn

import numpy as np
import typer

from dialogue.addressed import ANSWER
from dialogue.attention import Attention
from dialogue.barge_in import INTERRUPTS, Verdict
from dialogue.called import Names
from dialogue.conversation import Conversation
from dialogue.hearing import Hearing, make_hearing
from dialogue.listener import Heard, Listener
from dialogue.manner import tone
from dialogue.models import ModelError
from dialogue.own_voice import OwnVoice
from dialogue.recognizer import SAMPLE_RATE, Ears
from dialogue.speaker import AlsaSpeaker
from dialogue.talk_cli import done, told
from dialogue.voice import Voice
from dialogue.voice_line import VoiceError
from dialogue.wording import Wording
from dialogue.worker import Worker
from robot.resources import data_dir
from robot.site import Site

CHUNK = 1_600     # samples: 0.1 s, as a robot's microphone sends them
RINGS_ON_S = 0.5  # how long the own voice is heard in the room after its end, where it cannot be removed


def speak(talk: Conversation, drawn: Attention, language: str, home: Site) -> None:
    """Until Ctrl-C. `language`: "" for all of the site, answered in whichever is spoken."""
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        _no_microphone(error)
    try:
        sounddevice.check_input_settings(channels=1, dtype="int16", samplerate=SAMPLE_RATE)
    except (sounddevice.PortAudioError, ValueError) as error:
        _no_microphone(error)
    wording = Wording(home)
    languages = (language,) if language else wording.languages
    voice, speaker = Voice(languages, home.robot.voice, data_dir() / "speech"), AlsaSpeaker()
    try:
        print("loading ears and voice, which takes some seconds", flush=True)
        voice.prepare()
        ears, spoke_s = _Ears(languages, Names.of(home), speaker.stop), -math.inf
        print(f"listening in {', '.join(languages)}; {ears.own_voice.state}; Ctrl-C ends it", flush=True)
        with sounddevice.InputStream(samplerate=SAMPLE_RATE, channels=1, dtype="int16", blocksize=CHUNK,
                                     callback=ears.sounds):
            while True:
                heard = ears.next(talk.expected)
                why = ANSWER if talk.expected else drawn.why(heard.understood, heard.began_s, heard.ended_s,
                                                             heard.named, spoke_s)
                print(f"you: {heard.transcript.text}\n{told(heard.understood, bool(why))}")
                now, spoken = datetime.now(home.zone), heard.transcript.language
                words = why and talk.reply(heard.understood, heard.transcript.text, spoken, now, why, heard.named)
                if why and heard.understood.intent and not language:
                    wording.spoke("", spoken)
                    ears.speaks(wording.languages)
                print(f"robot: {words or '(silent)'}{done(talk)}", flush=True)
                if words:
                    sound = voice.say(words, spoken, *tone(None, talk.manner, home.robot.night, now.time(), False))
                    problem = speaker.play(sound)
                    if problem:
                        print(problem, file=sys.stderr)
                    else:
                        ears.own_voice.begins(sound, words, spoken, ears.now_s)
                        spoke_s = ears.now_s + sound.duration_s
    except (ModelError, VoiceError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    finally:
        speaker.stop()
        voice.close()


def _no_microphone(error: Exception) -> NoReturn:
    print(f"no microphone can be used ({str(error).splitlines()[0]}); connect one, install PortAudio where it is "
          "missing (apt-get install libportaudio2), or type: anban talk --text", file=sys.stderr)
    raise typer.Exit(2)


class _Ears:
    """The robot's hearing on the sound card; times are those of the sound. `silence`: stops the robot's voice."""

    def __init__(self, languages: Sequence[str], names: Names, silence: Callable[[], None]) -> None:
        self._queue: queue.SimpleQueue[np.ndarray | None] = queue.SimpleQueue()
        self._heard: list[Heard] = []
        self._worker = Worker("hearing", lambda: self._queue.put(None))
        listener = Listener(Ears(), names)
        listener.prepare(languages)
        self._hearing: Hearing = make_hearing(listener, self._worker, self)
        self.speaks(languages)
        self.own_voice, self._silence = OwnVoice(RINGS_ON_S), silence
        self._time_s = 0.0

    def speaks(self, languages: Sequence[str]) -> None:
        """From now on these are spoken, the likeliest first."""
        self._hearing.languages = languages

    @property
    def now_s(self) -> float:
        """The time of the sound that is being heard now; some may wait to be worked on."""
        return self._time_s + self._queue.qsize() * CHUNK / SAMPLE_RATE

    def sounds(self, samples: np.ndarray, frames: int, time, status) -> None:
        """The sound card's thread."""
        self._queue.put(samples[:, 0].copy())

    def next(self, expected: Collection[str]) -> Heard:
        """Wait for the next utterance; `expected`: the intents that answer the robot's question."""
        self._hearing.expected = tuple(expected)
        while not self._heard:
            samples = self._queue.get()
            if samples is None:
                self._worker.deliver()
                continue
            begin_s, self._time_s = self._time_s, self._time_s + len(samples) / SAMPLE_RATE
            others = self.own_voice.hear(samples, begin_s)
            if others is None:
                self._hearing.interrupt()
            else:
                self._hearing.accept(*others)
        return self._heard.pop(0)

    # --- HearingEvents ------------------------------------------------------------------------------------------------
    def speech_began(self, time_s: float) -> None:
        """Nothing to tell anybody."""

    def speech_so_far(self, text: str) -> None:
        """Nothing to tell anybody."""

    def speech_over(self) -> None:
        """Nothing to tell anybody."""

    def heard(self, heard: Heard | None) -> None:
        verdict = self.own_voice.judge(heard) if heard else Verdict.OWN
        if verdict in INTERRUPTS:
            self._silence()
            self.own_voice.stops(self.now_s)
        if verdict not in (Verdict.OWN, Verdict.ASIDE):
            self._heard.append(heard)

    def recognition_failed(self, error: Exception) -> None:
        raise error
