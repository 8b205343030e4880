"""What is heard while the robot speaks, in the simulated rooms.

    python bench/barge_in.py own [--minutes 20] [--language en,zh,ja]     # the robot speaks, and nobody else
    python bench/barge_in.py words [--language en,zh,ja] [--level 66,72] [--delay-ms 0,150,300] [--moving]
    python bench/barge_in.py echo [--delay-ms 0,150,300]                  # how much of the own voice is removed

The robot says its own phrases and tales (config/phrases, config/tales) in its own voice; sim/sound.py plays them into
the microphone with distance, echo and noise of 36 dB, so much later than it was told. Every utterance meets another
response of the room; with --moving also in the middle of an utterance. The resident (sim/voice.py)
stands 2 m away; the level is that of the voice at 1 m [dB SPL]: 66 raised, 72 loud, 78 a shout. One JSON line a figure.
"""
from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from dialogue.barge_in import Verdict  # noqa: E402
from dialogue.hearing import make_hearing  # noqa: E402
from dialogue.intents import load_sentences  # noqa: E402
from dialogue.listener import Heard, Listener  # noqa: E402
from dialogue.own_voice import OwnVoice  # noqa: E402
from dialogue.playing import SoundTimeWorker  # noqa: E402
from dialogue.recognizer import SAMPLE_RATE, Ears  # noqa: E402
from dialogue.voice import Sound, Voice  # noqa: E402
from robot.measures import wilson  # noqa: E402
from robot.resources import resource  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim.sound import CHUNK, Soundscape  # noqa: E402
from sim.voice import elder_voices, resampled  # noqa: E402

ROOMS = ((2.5, 0.0, 1.0), (-1.5, 0.0, 1.0))  # where the robot drives to and fro
SAYS = {
    "en": {"help": ["Help me, I cannot get up.", "Help me! Help me!"], "hurt": ["I have fallen down."],
           "call_nurse": ["Call the nurse, please."], "stop": ["Stop, please.", "Stop it."], "quiet": ["Be quiet."]},
    "zh": {"help": ["救命，我起不来了。", "救救我！救救我！"], "hurt": ["我摔倒了。"], "call_nurse": ["快叫护士来。"],
           "stop": ["请停下。", "停一停。"], "quiet": ["安静一点。"]},
    "ja": {"help": ["助けて、起き上がれません。", "助けて！助けて！"], "hurt": ["転んでしまいました。"],
           "call_nurse": ["看護師さんを呼んでください。"], "stop": ["止まってください。", "やめてください。"],
           "quiet": ["静かにしてください。"]},
}


@dataclass
class Run:
    """What came of one stretch of sound."""
    raw: list[np.ndarray] = field(default_factory=list)
    cleaned: list[np.ndarray] = field(default_factory=list)
    began: int = 0      # how often the voice detector took something for speech
    judged: list[tuple[Heard, Verdict, int]] = field(default_factory=list)
    delays_s: set[float] = field(default_factory=set)


class Room:
    """The robot in a room of the first site; what it says comes back so much later. `near`: (from, sound, level)."""

    def __init__(self, site, listener: Listener | None, delay_ms: float, moving: bool) -> None:
        self._listener, self._delay_s, self._moving, self._site = listener, delay_ms / 1000, moving, site
        self._own = OwnVoice(tail_s=0.0)
        self._now_s, self._seed = 0.0, 0

    def run(self, says: Sequence[tuple[str, Sound]], language: str,
            near: tuple[float, np.ndarray, float] | None = None, gap_s: float = 1.0) -> Run:
        """The robot says these one after the other, each `gap_s` after the one before."""
        self._run = Run()
        self._seed += 1
        scape = Soundscape(self._site, self._now_s, seed=self._seed)
        scape.places |= {"robot": ROOMS[0], "resident": (ROOMS[0][0], 2.0, 1.2)}
        if near:
            scape.play("resident", near[1], self._now_s + near[0], speech_db=near[2])
        worker = SoundTimeWorker(lambda: 0.0)  # as on a machine that is never busy
        hearing = make_hearing(self._listener, worker, self) if self._listener else None
        if hearing:
            hearing.languages = (language,)
        waiting, next_s = list(says), self._now_s + 0.5
        while waiting or self._now_s < next_s + 1.0 or (hearing and (hearing.busy or not worker.idle)):
            if waiting and self._now_s >= next_s:
                text, sound = waiting.pop(0)
                self._own.begins(sound, text, language, self._now_s)
                voice = resampled(sound.samples / 32768, sound.rate_hz)
                half = len(voice) // 2 if self._moving else len(voice)  # each play draws another response of the room
                scape.play("robot", voice[:half], self._now_s + self._delay_s)
                scape.play("robot", voice[half:], self._now_s + self._delay_s)
                next_s = self._now_s + sound.duration_s + gap_s
            begin_s, samples = scape.chunk()
            self._now_s = begin_s + CHUNK / SAMPLE_RATE
            worker.advance(self._now_s)
            cleaned, cleaned_s = self._own.hear(samples, begin_s)
            self._run.delays_s.add(round(self._own.delay_s, 3))
            self._run.raw.append(samples)
            self._run.cleaned.append(cleaned)
            if hearing:
                hearing.accept(cleaned, cleaned_s)
        return self._run

    # --- HearingEvents ------------------------------------------------------------------------------------------------
    def speech_began(self, time_s: float) -> None:
        self._own.speech_began(time_s)
        self._run.began += 1

    def speech_so_far(self, text: str) -> None:
        """Nothing to count."""

    def speech_over(self) -> None:
        """Nothing to count."""

    def heard(self, heard: Heard | None) -> None:
        self._own.speech_ended()
        if heard:
            loudness_db = max(-99.0, self._own.loudness_db(heard))  # minus infinity until the own voice is known
            self._run.judged.append((heard, self._own.judge(heard), round(loudness_db)))

    def recognition_failed(self, error: Exception) -> None:
        raise error


def phrases(language: str) -> Iterator[str]:
    """All that the robot may say in a language, tales first."""
    tales = yaml.safe_load(resource(f"config/tales/{language}.yaml").read_text(encoding="utf-8"))
    yield from (part for kind in tales.values() for tale in kind for part in tale)
    slots = {"name": {"en": "Mrs. Lin", "zh": "林奶奶", "ja": "林さん"}[language]}
    known = yaml.safe_load(resource(f"config/phrases/{language}.yaml").read_text(encoding="utf-8"))
    for wordings in known.values():
        for text in wordings:
            yield text.format_map(_Slots(slots))


class _Slots(dict):
    """What stands in a phrase's other places: nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def measure_own(args: argparse.Namespace, language: str, voice: Voice, listener: Listener) -> None:
    """One line after each ten phrases, counted from the beginning."""
    room = Room(load_site(resource("config/home.yaml")), listener, args.delay_ms[0], args.moving)
    spoken_s, began, verdicts, others = 0.0, 0, Counter(), []
    texts = cycle(phrases(language))
    while spoken_s < args.minutes * 60:
        says = [(text, voice.say(text, language)) for text in islice(texts, 10)]
        run = room.run(says, language)
        spoken_s, began = spoken_s + sum(sound.duration_s for _, sound in says), began + run.began
        for heard, verdict, loudness_db in run.judged:
            verdicts[verdict.value] += 1
            if verdict is not Verdict.OWN:
                others.append([verdict.value, heard.understood.intent, heard.transcript.text, loudness_db])
        taken = sum(bool(intent) and verdict != Verdict.ASIDE.value for verdict, intent, *_ in others)
        say("own voice taken for somebody's", language=language, minutes=round(spoken_s / 60, 1), intents_taken=taken,
            taken_for_speech=began, **verdicts, others=others)


def measure_words(args: argparse.Namespace, language: str, voice: Voice, listener: Listener) -> None:
    tale = " ".join(list(phrases(language))[:args.parts])
    sound = voice.say(tale, language)
    calls = load_sentences(language).calls_for_help
    texts = [(intent, text) for intent, said in SAYS[language].items() for text in said]
    spoken = elder_voices([text for _, text in texts], language, args.seed)
    for level in args.level:
        for delay_ms in args.delay_ms:
            urgent, orders, missed = [], [], []
            room = Room(load_site(resource("config/home.yaml")), listener, delay_ms, args.moving)
            for number, (intent, text) in enumerate(texts):
                run = room.run([(tale, sound)], language, (2.5 + 0.5 * number, spoken[text], level))
                wanted = Verdict.CALL if intent in calls else Verdict.ORDER
                right = any(verdict is wanted for _, verdict, _ in run.judged)
                (urgent if intent in calls else orders).append(right)
                if not right:
                    missed.append([text, [(heard.transcript.text, heard.understood.intent, verdict.value, loudness_db)
                                          for heard, verdict, loudness_db in run.judged]])
            say("words into the robot's speech", language=language, level_db=level, delay_ms=delay_ms,
                moving=args.moving, calls_for_help=wilson(sum(urgent), len(urgent)),
                stop_and_quiet=wilson(sum(orders), len(orders)), missed=missed)


def measure_echo(args: argparse.Namespace, language: str, voice: Voice, listener: Listener) -> None:
    texts = list(phrases(language))[:12]
    says = [(text, voice.say(text, language)) for text in texts]
    for delay_ms in args.delay_ms:
        room = Room(load_site(resource("config/home.yaml")), None, delay_ms, args.moving)
        run = room.run(says, language)
        raw, cleaned = (np.concatenate(parts).astype(np.float64) / 32768 for parts in (run.raw, run.cleaned))
        half = SAMPLE_RATE // 2
        levels = [(_power(raw[at:at + half]), _power(cleaned[at:at + half]))
                  for at in range(0, min(len(raw), len(cleaned)) - half, half)]
        erle = [before - after for before, after in levels if before > -35.0]  # where the robot speaks
        say("echo return loss enhancement [dB], half seconds", language=language, delay_ms=delay_ms,
            moving=args.moving, n=len(erle), percentiles={p: round(float(np.percentile(erle, p)), 1)
                                                          for p in (5, 25, 50, 95)},
            delays_found_ms=sorted(round(1000 * delay_s) for delay_s in run.delays_s))


def _power(samples: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(samples)) + 1e-12))


def say(name: str, **values) -> None:
    print(json.dumps({"figure": name, **values, "command": " ".join(["python", *sys.argv]), "machine": machine()},
                     ensure_ascii=False), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("own", "words", "echo"))
    parser.add_argument("--language", default="en,zh,ja")
    parser.add_argument("--minutes", type=float, default=20.0, help="of speech, for each language")
    parser.add_argument("--level", type=lambda t: [float(v) for v in t.split(",")], default=[66.0, 72.0])
    parser.add_argument("--delay-ms", type=lambda t: [float(v) for v in t.split(",")], default=[0.0, 150.0, 300.0])
    parser.add_argument("--moving", action="store_true", help="the room changes in the middle of each utterance")
    parser.add_argument("--seed", type=int, default=1, help="of the resident's voice")
    parser.add_argument("--parts", type=int, default=2, help="how many parts of the tale are told")
    args = parser.parse_args()
    languages, voice = args.language.split(","), Voice()
    listener = Listener(Ears())
    if args.what != "echo":
        listener.prepare(languages)
    measure = {"own": measure_own, "words": measure_words, "echo": measure_echo}[args.what]
    try:
        for language in languages:
            measure(args, language, voice, listener)
    finally:
        voice.close()


if __name__ == "__main__":
    main()
