"""Who gets the robot's attention by its name, in synthetic voices, and by a look, on rendered people.

    python bench/attention.py [--only name,said,look] [--language en,zh,ja] [--part test|tune] [--every 4] [--keep DIR]

name: requests of bench/speech_sentences.yaml in the voices of bench/speech.py, with the robot's name before them (four
of five) or after them, and the same without it; then what is not meant for the robot: near misses, newsreaders, actors.
Clean, and under pink noise 10 dB below. said: the talk of bench/said, as text. look: one picture each of somebody who
stands 1.2 to 2.4 m away, turned from the camera by some degrees. One JSON line a figure.
"""
from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from scipy.io import wavfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from bench import speech  # noqa: E402
from bench.figures import machine  # noqa: E402
from bench.people_seen import HERE, ColdEyes, covering, truth  # noqa: E402
from dialogue.called import Names  # noqa: E402
from dialogue.intents import ANSWERS, load_sentences  # noqa: E402
from dialogue.listener import Listener  # noqa: E402
from dialogue.meaning import meaning  # noqa: E402
from dialogue.recognizer import Ears  # noqa: E402
from dialogue.recording import noise_under  # noqa: E402
from perception.geometry import face_visible  # noqa: E402
from robot import kokoro  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim.world import World  # noqa: E402
from tests.dialogue import sounds  # noqa: E402

SITE = load_site(ROOT / "config" / "home.yaml")
COMMA = {"en": ", ", "zh": "，", "ja": "、"}
NEEDS_NO_NAME = {"help", "hurt", "call_nurse", "not_yet", "unsure", "stop", "thanks", *ANSWERS}
MARKS = ".?!。？！"
TURNS_DEG = (0, 15, 30, 45, 60, 75, 90, 120, 180)


def clips(language: str, part: str, every: int, folder: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """(kind, intent, sound) of each clip; what was spoken before is kept in the folder."""
    name, comma = SITE.robot.name[language], COMMA[language]
    rows = [row for row in speech.sentences(language, part) if row[2] not in NEEDS_NO_NAME]
    said = [("plain", intent, text) for _, text, intent in [row for row in rows if row[2]][::every]]
    said += [("named", intent, f"{text.rstrip(MARKS)}{comma}{name}{text[len(text.rstrip(MARKS)):]}" if number % 5 == 4
              else name + comma + text) for number, (_, intent, text) in enumerate(said)]
    talk = yaml.safe_load((ROOT / "bench" / "speech_sentences.yaml").read_text("utf-8"))["television"][language]
    said += [("talk", "", text) for text in [*(text for _, text, intent in rows if not intent), *talk]]
    voices = speech.VOICES[part][language]
    for number, (kind, intent, text) in enumerate(said):
        path = folder / f"{part}-{language}-{number:03}.wav"
        if not path.exists():
            sound = speech.spoken(text, language, voices[number % len(voices)])
            wavfile.write(path, speech.RATE, np.round(sound * 32767).clip(-32768, 32767).astype(np.int16))
        yield kind, intent, wavfile.read(path)[1] / 32768


def by_name(language: str, part: str, every: int, folder: Path, ears: Ears) -> None:
    """One line for each kind of clip and sound."""
    heard, pink = list(clips(language, part, every, folder)), sounds.pink(20 * speech.RATE, 5)
    kokoro.release()
    listener = Listener(ears, Names.of(SITE))
    for noisy in (False, True):
        counts = {kind: [0, 0, 0] for kind in ("named", "plain", "talk")}
        for number, (kind, _, sound) in enumerate(heard):
            sound = np.pad(sound, int(0.3 * speech.RATE))
            if noisy:
                sound = sound + noise_under(sound, pink, speech.SNR_DB, np.random.default_rng(number))
            listener.begin((language,))
            listener.accept(np.round(sound * 32767).clip(-32768, 32767).astype(np.int16))
            one = listener.finish(0.0, 1.0, ())
            counts[kind][0] += 1
            counts[kind][1] += one.named
            counts[kind][2] += bool(one.understood.intent)
        for kind, (count, named, understood) in counts.items():
            tell("attention_by_name", language=language, part=part, sound="pink 10 dB" if noisy else "clean", said=kind,
                 clips=count, attention_given=named, understood=understood)


def by_text(language: str) -> None:
    """How often talk that is perfectly understood begins or ends with the name, and as how many requests it counts."""
    names, sentences = Names.of(SITE), load_sentences(language)
    lines = (ROOT / "bench" / "said" / f"{language}.tsv").read_text("utf-8").splitlines()
    talk = [line.removeprefix("none\t") for line in lines if line.startswith("none\t")]
    given = [text for text in talk if meaning(sentences, names, text, ())[0]]
    tell("attention_by_text", language=language, lines=len(talk), attention_given=len(given), examples=given[:5])


def by_look(figures: int) -> None:
    """One line for each turn of the body: in how many pictures the face counts as turned to the camera."""
    counts, eyes = {turn: [0, 0] for turn in TURNS_DEG}, ColdEyes()
    for seed in range(figures):
        world, rng = World(SITE, seed, ["lin"]), np.random.default_rng(seed)
        spots, room, person = world.ways.reachable((3.3, 0.75)), SITE.room_at(*HERE), world.people["lin"]
        away = np.linalg.norm(spots - np.array(HERE), axis=1)
        spots = [spot for spot in spots[(away > 1.2) & (away < 2.4)] if room.contains(*spot)]
        for turn in np.repeat(TURNS_DEG, 3):
            spot = spots[rng.integers(len(spots))]
            bearing = math.atan2(spot[1] - HERE[1], spot[0] - HERE[0])
            person.place_at(*HERE, bearing + math.radians(turn) * rng.choice([-1, 1]))
            world.base.put(*spot, bearing + math.pi + rng.uniform(-0.2, 0.2))
            world.step(0.02)
            found = covering(eyes.look(world.color()), truth(world))
            counts[turn][0] += bool(found)
            counts[turn][1] += bool(found) and face_visible(found[0])
        world.close()
    eyes.close()
    for turn, (found, looking) in counts.items():
        tell("attention_by_look", turned_deg=turn, pictures=3 * figures, person_found=found, face_turned_to_it=looking)


def tell(figure: str, **values) -> None:
    measured = {"load": round(os.getloadavg()[0], 1), "command": " ".join(["python", *sys.argv]), "machine": machine()}
    print(json.dumps({"figure": figure, **values, **measured}, ensure_ascii=False), flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="name,said,look")
    arguments.add_argument("--language", default="en,zh,ja")
    arguments.add_argument("--part", choices=("test", "tune"), default="test")
    arguments.add_argument("--every", type=int, default=4, help="of the requests every so manieth")
    arguments.add_argument("--figures", type=int, default=3, help="rendered people")
    arguments.add_argument("--keep", type=Path, help="keep the spoken clips in this folder")
    options = arguments.parse_args()
    only = options.only.split(",")
    with tempfile.TemporaryDirectory() as passing:
        folder, ears = options.keep or Path(passing), Ears()
        folder.mkdir(parents=True, exist_ok=True)
        for language in options.language.split(","):
            if "said" in only:
                by_text(language)
            if "name" in only:
                by_name(language, options.part, options.every, folder, ears)
    if "look" in only:
        by_look(options.figures)


if __name__ == "__main__":
    main()
