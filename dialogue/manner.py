"""How the robot speaks to one person: slower and louder when it is asked to. Pure."""
from __future__ import annotations

from dataclasses import dataclass

AGAIN = ("repeat", "louder", "slower")  # what wants the last words said again
SLOWER, SLOWEST = 0.85, 0.6   # a step that is heard; below the last one espeak's words fall apart
LOUDER, LOUDEST = 1.4, 2.0    # 3 dB; beyond 6 dB above the usual the peaks are pressed flat


@dataclass
class Manner:
    """Pace and loudness, 1.0 as the site file has them for this person."""
    rate: float = 1.0
    volume: float = 1.0

    def asked(self, intent: str) -> None:
        """Somebody asked for it in these words' sense."""
        if intent == "slower":
            self.rate = max(SLOWEST, self.rate * SLOWER)
        elif intent == "louder":
            self.volume = min(LOUDEST, self.volume * LOUDER)
