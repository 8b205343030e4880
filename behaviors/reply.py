"""A reply to somebody who asked the robot something: one sentence, then back to what it was doing."""
from __future__ import annotations

from dataclasses import dataclass

from .behavior import ActionDone, Behavior, Say


@dataclass(eq=False, repr=False)
class Reply(Behavior):
    """Says one phrase. It interrupts a round, and nothing else: who is being asked or helped is not talked to of
    other things."""
    TASK = "reply"
    PRIORITY = 30
    STATES = {
        "speaking": ("speak", 30.0),  # the longest plan of a day takes 20 s to say
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "speaking"),
        ("spoken", "speaking", "closed"),
        ("timed_out", "speaking", "closed"),
    ]

    phrase: str = ""
    slots: tuple[tuple[str, str], ...] = ()

    def on_event(self, event):
        if isinstance(event, ActionDone):
            self.spoken()

    def speak(self):
        self.out(Say(self.phrase, self.slots))
