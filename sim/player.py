"""Plays a scenario: when each step begins and with which words, which faults hold, when it is over. Pure and seeded."""
from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sim.story import Fault, Range, Step, Story


class Cue(NamedTuple):
    """A person begins a step now. `kind` and `words` are drawn and translated already."""
    step: Step
    kind: str | None
    words: str | None


class StoryPlayer:
    """Decides when each step begins and when the story is over. Time is seconds since the start; pure and seeded."""

    def __init__(self, story: Story, seed: int, language: str | Mapping[str, str]) -> None:
        """`language`: what everybody speaks, or what each person speaks."""
        self.story = story
        self.languages = {who: language if isinstance(language, str) else language[who] for who in story.people}
        self._random = np.random.default_rng([seed, 0x5709])
        self.variant = story.variants[seed % len(story.variants)] if story.variants else None
        steps = [s for s in story.script if s.variant in (None, self.variant)]
        self._waiting = {s.id: s for s in steps}
        self._kinds = {s.id: s.kind if isinstance(s.kind, str) or not s.kind else str(self._random.choice(s.kind))
                       for s in story.script}
        self._delays = {s.id: self.draw(s.delay) for s in story.script}
        self.minutes = {s.id: self.draw(s.minutes) for s in story.script if s.minutes is not None}
        self._times = {s.id: self.draw(s.at) for s in story.script if s.at is not None}
        self._due: dict[str, float] = {}
        self._heard: dict[str, int] = {s.id: 0 for s in steps}
        self.happened: dict[str, float] = {}  # step or event -> when

    def draw(self, value: Range) -> float:
        """A number, drawn where the story gives a range."""
        return float(self._random.uniform(*value)) if isinstance(value, (tuple, list)) else float(value)

    def lines(self, language: str | None = None) -> list[str]:
        """All that people (who speak this language) may still say, each line once."""
        return list(dict.fromkeys(self._translated(step) for step in self._waiting.values()
                                  if step.words and language in (None, self.languages[step.who])))

    def happens(self, name: str, elapsed_s: float) -> None:
        """A step is over, or the world reports an event."""
        self.happened.setdefault(name, elapsed_s)

    def heard(self, who: str, words: str) -> None:
        """A person has heard the robot speak to its end."""
        for step in self._waiting.values():
            if step.who == who and step.id not in self._due and (step.after is None or step.after in self.happened) \
                    and re.search((step.hears_words or {}).get(self.languages[who], ""), words, re.IGNORECASE):
                self._heard[step.id] += 1

    def update(self, elapsed_s: float, robot_room: str | None) -> list[Cue]:
        """The steps that begin now."""
        for step in self._waiting.values():
            if step.id not in self._due and self._ready(step, elapsed_s, robot_room):
                self._due[step.id] = elapsed_s + self._delays[step.id]
        begun = [step for step in self._waiting.values() if self._due.get(step.id, math.inf) <= elapsed_s]
        for step in begun:
            del self._waiting[step.id]
        return [Cue(step, self._kinds[step.id], self._translated(step)) for step in begun]

    def ended(self, elapsed_s: float) -> bool:
        """Whether the story is over."""
        return any(elapsed_s >= (end.at if end.at is not None else self.happened.get(end.after, math.inf)) + end.delay
                   for end in self.story.ends)

    def faults(self, elapsed_s: float, part: str) -> list[Fault]:
        """Faults of a part that hold now."""
        return [f for f in self.story.faults if f.part == part and f.active(elapsed_s)]

    def _ready(self, step: Step, elapsed_s: float, robot_room: str | None) -> bool:
        needed = step.hears or (1 if step.hears_words else 0)
        return (elapsed_s >= self._times.get(step.id, 0.0) and (step.after is None or step.after in self.happened)
                and step.robot_in in (None, robot_room) and self._heard[step.id] >= needed)

    def _translated(self, step: Step) -> str | None:
        if step.words is None:
            return None
        return step.words.get(self.languages[step.who]) or step.words.get("en") or next(iter(step.words.values()))
