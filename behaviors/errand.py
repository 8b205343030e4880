"""What a resident asks the robot itself to do: come, go away, stand still, switch the lights, play music. It ends with
a word on how it went, music without; "stop" and "quiet" end it at once. (Following is in follow.py.)"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from robot.answers import Answer, Errand
from robot.site import Point

from .approach import Approach
from .behavior import ActionDone, Dock, Heard, LightSeen, Say
from .reply import ENDS

# No piece begins later than this after the first [s]: rounds wait meanwhile, and who has fallen asleep is not woken.
MUSIC_S = 1200.0


@dataclass(eq=False, repr=False)
class ErrandTask(Approach):
    """`answer` holds the words for when it is done, and for when it failed."""
    PRIORITY = 30
    answer: Answer = Answer("")
    errand: Errand = Errand()
    place: Callable[[], Point | None] = lambda: None  # of the robot, where it is known

    def on_event(self, event):
        super().on_event(event)
        if isinstance(event, Heard) and event.intent in ENDS:
            self.ended()
        elif isinstance(event, ActionDone) and isinstance(event.command, Say):
            self.spoken()

    def resume(self, now_s):
        """What was more urgent has changed the situation: she may ask again."""
        self.suspended = False
        return self._do(now_s, self.ended)

    def tell(self):
        self.out(Say(self.answer.phrase, tuple(self.answer.slots.items())))

    def tell_failure(self):
        self.out(Say(self.answer.otherwise, tuple(self.answer.slots.items())))


@dataclass(eq=False, repr=False)
class ComeNear(ErrandTask):
    """Finds who called and comes to where they can be seen and heard well."""
    TASK = "come"
    STATES = {
        "finding": ("find", 75.0),  # the search itself is limited to 60 s
        "approaching": ("approach", 60.0),
        "greeting": ("tell", 20.0),
        "giving_up": ("tell_failure", 20.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "finding"),
        ("found", "finding", "approaching"),
        ("near", "approaching", "greeting"),
        ("not_found", "finding", "giving_up"),
        ("blocked", "approaching", "giving_up"),
        ("timed_out", ["finding", "approaching"], "giving_up"),
        ("spoken", ["greeting", "giving_up"], "closed"),
        ("timed_out", ["greeting", "giving_up"], "closed"),
        ("ended", "*", "closed"),
    ]


@dataclass(eq=False, repr=False)
class BackToDock(ErrandTask):
    """Says so, and goes."""
    TASK = "go_away"
    STATES = {"telling": ("tell", 20.0), "docking": ("dock", 240.0), "closed": ("", None)}
    TRANSITIONS = [
        ("begin", "idle", "telling"),
        ("spoken", "telling", "docking"),
        ("timed_out", "telling", "docking"),
        ("docked", "docking", "closed"),
        ("timed_out", "docking", "closed"),
        ("ended", "*", "closed"),
    ]

    def on_event(self, event):
        super().on_event(event)
        if isinstance(event, ActionDone) and isinstance(event.command, Dock):
            self.docked()

    def dock(self):
        self.out(Dock())


@dataclass(eq=False, repr=False)
class Still(ErrandTask):
    """More urgent than a round, and less than an answer: who has stopped the robot may talk with it."""
    TASK = "stand_still"
    PRIORITY = 25
    STATES = {"telling": ("tell", 20.0), "standing": ("", 60.0), "closed": ("", None)}
    TRANSITIONS = [
        ("begin", "idle", "telling"),
        ("spoken", "telling", "standing"),
        ("timed_out", "telling", "standing"),
        ("timed_out", "standing", "closed"),
        ("ended", "*", "closed"),
    ]

    def resume(self, now_s):
        """Whatever was said meanwhile, the minute goes on."""
        self.suspended = False
        return []


@dataclass(eq=False, repr=False)
class Lighting(ErrandTask):
    """Waits for the lights themselves to say that they are on, or off."""
    TASK = "light"
    STATES = {
        "switching": ("switch", 3.0),  # a Zigbee lamp answers within a second
        "telling": ("tell", 20.0),
        "giving_up": ("tell_failure", 20.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "switching"),
        ("switched", "switching", "telling"),
        ("timed_out", "switching", "giving_up"),
        ("spoken", ["telling", "giving_up"], "closed"),
        ("timed_out", ["telling", "giving_up"], "closed"),
        ("ended", "*", "closed"),
    ]
    seen: set[str] = field(default_factory=set, init=False)

    def on_event(self, event):
        super().on_event(event)
        if isinstance(event, LightSeen) and event.on == self.errand.on:
            self.seen.add(event.light_id)
            if self.seen >= set(self.errand.lights):
                self.switched()

    def switch(self):
        self.out(self.errand)


@dataclass(eq=False, repr=False)
class Music(ErrandTask):
    """Piece after piece, until somebody wants something else. The voice plays what the slot `music` names once it has
    spoken; it fails where somebody broke in, and then there is no next piece."""
    TASK = "music"
    STATES = {"playing": ("play", 900.0), "closed": ("", None)}  # no piece is longer than ten minutes
    TRANSITIONS = [
        ("begin", "idle", "playing"),
        ("played", "playing", "playing"),
        ("timed_out", "playing", "closed"),
        ("ended", "*", "closed"),
    ]
    begun: int = field(default=0, init=False)
    until_s: float = field(default=0.0, init=False)

    def on_event(self, event):
        if isinstance(event, Heard) and event.intent in ENDS:
            self.ended()
        elif isinstance(event, ActionDone) and isinstance(event.command, Say):
            more = event.success and self.begun < len(self.errand.pieces) and self.now_s < self.until_s
            self.played() if more else self.ended()

    def play(self):
        self.until_s = self.until_s or self.now_s + MUSIC_S
        piece = self.errand.pieces[self.begun]
        phrase = self.answer.otherwise if self.begun else self.answer.phrase
        self.out(Say(phrase, (("title", piece.title), ("music", piece.source))))
        self.begun += 1
