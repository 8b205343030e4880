"""How the robot speaks to one person: slower and louder when it is asked to. Pure."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import NamedTuple

from robot.site import Night, Resident

AGAIN = ("repeat", "louder", "slower")  # what wants the last words said again
MANNERS = {"louder": ("speech.louder", "speech.softer"), "slower": ("speech.slower", "speech.faster")}
LESS = "less"  # the slot of who wants it softer, or faster, instead
SLOWER, SLOWEST = 0.85, 0.6   # a step that is heard; below the last one espeak's words fall apart
LOUDER, LOUDEST = 1.4, 2.0    # 3 dB; beyond 6 dB above the usual the peaks are pressed flat
FASTEST, SOFTEST = 1 / SLOWER, 1 / LOUDER  # one step from the usual: old ears lose what is said faster or softer


@dataclass
class Manner:
    """Pace and loudness, 1.0 as the site file has them for this person."""
    rate: float = 1.0
    volume: float = 1.0

    def asked(self, intent: str, less: bool = False) -> None:
        """Somebody asked for it in these words' sense, or for `less` of it."""
        if intent == "slower":
            self.rate = min(FASTEST, max(SLOWEST, self.rate / SLOWER if less else self.rate * SLOWER))
        elif intent == "louder":
            self.volume = max(SOFTEST, min(LOUDEST, self.volume / LOUDER if less else self.volume * LOUDER))


def told_manner(intent: str, less: bool) -> str:
    """The phrase that says so before the last words are said again; "" for who only wants them again."""
    return MANNERS[intent][less] if intent in MANNERS else ""


class Tone(NamedTuple):
    """How one text is said; 1.0 is as the voice is."""
    rate: float = 1.0
    volume: float = 1.0
    pitch: float = 1.0


def tone(resident: Resident | None, manner: Manner, night: Night | None, at: time, urgent: bool) -> Tone:
    """For whom and when it is said. At night softer and slower, and softer for who wants it so, but for what is
    `urgent`."""
    wanted = resident.voice if resident else Tone()
    rate, volume = wanted.rate * manner.rate, wanted.volume * max(manner.volume, 1.0 if urgent else 0.0)
    if night and not urgent and night.holds(at):
        rate, volume = rate * night.rate, volume * night.volume
    return Tone(max(rate, SLOWEST * min(1.0, wanted.rate)), volume, wanted.pitch)
