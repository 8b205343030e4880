"""The music that the robot can play: sound files of the site's folder, else the melodies of config/melodies.yaml."""
from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from robot.resources import resource

SOUND_FILES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a")
MELODY = "melody/"  # and its name: a source that is no file
_NUMBER = re.compile(r"^\s*\d+\s*[-._]?\s*")  # "01 - ": of the track
_PITCH = re.compile(r"([A-G])([#b]?)(\d)")
_SEMITONES = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}  # from A of the same octave
_ACCIDENTALS = {"#": 1, "b": -1, "": 0}


class Note(NamedTuple):
    """A tone of equal temperament (A4 is 440 Hz), or a rest where `pitch_hz` is 0."""
    pitch_hz: float
    length_s: float


class Melody(NamedTuple):
    """A melody and what it is called in each language; `language`: where it is at home."""
    title: dict[str, str]
    language: str
    notes: tuple[Note, ...]


class Piece(NamedTuple):
    """What can be played. `source`: "melody/" and the melody's name, or the whole path of a file."""
    title: str
    source: str


@cache
def melodies() -> dict[str, Melody]:
    """Those of config/melodies.yaml by name. Raises ValueError for notes that cannot be read."""
    data = yaml.safe_load(resource("config/melodies.yaml").read_text(encoding="utf-8"))
    return {name: Melody(melody["title"], melody["from"], notes(melody["notes"], melody["beats_per_minute"]))
            for name, melody in data.items()}


def notes(written: str, beats_per_minute: float) -> tuple[Note, ...]:
    """Notes such as "F#5:1.5 -:1", lengths in beats. Raises ValueError."""
    return tuple(Note(_pitch_hz(pitch), float(beats) * 60.0 / beats_per_minute)
                 for pitch, _, beats in (note.partition(":") for note in written.split()))


def _pitch_hz(pitch: str) -> float:
    if pitch == "-":
        return 0.0
    match = _PITCH.fullmatch(pitch)
    if match is None:
        raise ValueError(f"{pitch!r} is no pitch; write it like C5, F#4 or Bb3, a rest as -")
    name, accidental, octave = match.groups()
    return 440.0 * 2.0 ** (int(octave) - 4 + (_SEMITONES[name] + _ACCIDENTALS[accidental]) / 12)


def sound_files(folder: Path) -> list[Path]:
    """The sound files in a folder and below it, by name; none where there is no such folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND_FILES and path.is_file())


@cache
def library(folder: str) -> tuple[Path, ...]:
    """The sound files of a site's folder, "" for none, as they were when it was first asked for: to look again at a
    disk that does not answer could hold up what matters more. What cannot be read is empty: care goes on without."""
    try:
        return tuple(sound_files(Path(folder).expanduser())) if folder else ()
    except (OSError, RuntimeError):  # a torn disk; ~ of nobody
        return ()


def programme(folder: str, shuffled: bool, language: str, seed: int) -> tuple[Piece, ...]:
    """What is played when music is wanted, in this order: the files of `folder`, `shuffled` by the seed or by name;
    where it has none the melodies, those of the language first."""
    random_ = random.Random(seed)
    if files := list(library(folder)):
        if shuffled:
            random_.shuffle(files)
        return tuple(Piece(_title(path), str(path)) for path in files)
    known = list(melodies().items())
    random_.shuffle(known)
    known.sort(key=lambda item: item[1].language != language)  # stable
    return tuple(Piece(melody.title[language], MELODY + name) for name, melody in known)


def _title(path: Path) -> str:
    name = path.stem.replace("_", " ")
    return _NUMBER.sub("", name).strip() or name
