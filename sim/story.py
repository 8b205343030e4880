"""Scenarios: what happens in the simulated house, when, to whom, and what must be true of it.

A scenario file is YAML, checked by `load_story`, which raises `StoryError` with file, line and remedy. Numbers that may
vary are written `[low, high]` and drawn by the seed; a list of fall kinds is drawn from as well. See must.py for
`must:`, story_checks.py for what must fit together, player.py for how it is played.
"""
from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from robot.site import ClockTime, Identifier, LocalName, Point, Site
from robot.site_source import Source, SourceError, schema_problems
from sim.events import EVENTS
from sim.falls import FallKind
from sim.must import Check
from sim.poses import Manner
from sim.story_checks import misfits

Light = Literal["day", "evening", "night", "infrared"]
Range = float | tuple[float, float]


class StoryError(ValueError):
    """The story file cannot be used; the message names file, line and remedy."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Model):
    """Where a person is at the start: on a bed (lying), a sofa or chair (sitting), or standing at a point."""
    furniture: Identifier | None = None
    at: Point | None = None
    facing_deg: float = 0.0
    door: Identifier | None = None  # out of the house, behind this door, until a step lets them `come_in`
    age: int | None = Field(None, ge=18, le=110)  # pace and stoop; without it the pace of an old person who is well
    aid: Literal["walking_frame", "wheelchair"] | None = None
    blanket: bool = False  # covered while lying in bed

    @model_validator(mode="after")
    def _one_place(self) -> Place:
        if [self.furniture, self.at, self.door].count(None) != 2:
            raise ValueError("say where: one of `furniture: sofa`, `at: [x, y]` and `door: front_door`")
        return self

    @property
    def manner(self) -> Manner:
        """How the person moves."""
        manner = Manner() if self.age is None else Manner.of_age(self.age)
        if self.aid == "walking_frame":
            return replace(manner, frame=True, pace=0.7 * manner.pace)
        return replace(manner, wheelchair=self.aid == "wheelchair")


class RobotStart(_Model):
    """The robot begins on its first dock."""
    battery: float = Field(0.95, ge=0.05, le=1.0)


class Step(_Model):
    """One thing a person does, `delay` seconds after all its conditions came true."""
    id: Identifier
    who: Identifier
    do: Literal["lie_in_bed", "sit_up", "get_up", "walk_to", "sit_on", "stand_up", "take_pill", "pick_up", "kneel",
                "work_on_floor", "fall", "try_to_get_up", "get_up_from_floor", "say", "measure_blood_pressure",
                "press_sos", "sleep", "toilet", "eat", "watch_television", "wander", "visit", "come_in", "go_out",
                "help_up", "switch_light"]
    at: Range | None = None  # seconds since the start
    after: str | None = None  # a step that is over, or an event of the world
    robot_in: Identifier | None = None  # the robot is in this room
    hears: int | None = Field(None, ge=1)  # she has heard the robot speak so often since `after`
    hears_words: LocalName | None = None  # ... and this time it said something like this (regular expressions)
    delay: Range = 0.0
    variant: str | None = None  # only in this variant of the story
    to: Point | None = None  # walk_to, and there turned to `facing_deg`
    facing_deg: float | None = None
    furniture: Identifier | None = None  # lie_in_bed, sit_on
    kind: FallKind | list[FallKind] | None = None  # fall
    words: LocalName | None = None  # say
    person: Identifier | None = None  # help_up, visit
    room: Identifier | None = None  # toilet, visit: where to
    minutes: Range | None = Field(None)  # toilet, eat, wander, visit: how long
    door: Identifier | None = None  # come_in, go_out
    light: Light | None = None  # switch_light
    routine: bool = False  # waits while she does something else, and is left out while she is on the floor

    @field_validator("hears_words")
    @classmethod
    def _expressions(cls, value: dict | None) -> dict | None:
        for language, pattern in (value or {}).items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{language}: {pattern!r} is no regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _complete(self) -> Step:
        needed = {"walk_to": "to", "sit_on": "furniture", "lie_in_bed": "furniture", "fall": "kind",
                  "say": "words", "come_in": "door", "go_out": "door", "help_up": "person",
                  "switch_light": "light"}.get(self.do)
        if needed and not getattr(self, needed):
            raise ValueError(f"`do: {self.do}` needs `{needed}:`")
        if not (self.after or self.at is not None or self.robot_in or self.hears or self.hears_words):
            raise ValueError("say when: `at:`, `after:`, `robot_in:`, `hears:` or `hears_words:`")
        return self


class Fault(_Model):
    """Something breaks for a while (seconds since the start)."""
    part: Literal["camera", "depth", "scan", "microphone", "sensors", "broker", "platform", "mission"]
    mode: Literal["freeze", "black", "silent", "offline", "dropout", "delay", "stuck", "lying", "repeat", "killed"]
    at: float = Field(ge=0)
    until: float = math.inf
    sensors: list[Identifier] = []  # empty: all
    share: float = Field(0.5, gt=0, le=1)  # dropout: of the messages that are lost
    by_s: float = Field(5.0, gt=0)  # delay
    times: int = Field(3, ge=2, le=20)  # repeat

    @model_validator(mode="after")
    def _possible(self) -> Fault:
        modes = {"camera": ("freeze", "black", "silent"), "depth": ("silent",), "scan": ("silent",),
                 "microphone": ("silent", "offline"),
                 "sensors": ("offline", "dropout", "delay", "stuck", "lying", "repeat"),
                 "broker": ("offline",), "platform": ("offline",), "mission": ("killed",)}[self.part]
        if self.mode not in modes:
            raise ValueError(f"{self.part} can be {' or '.join(modes)}")
        if self.until <= self.at:
            raise ValueError("`until:` must be later than `at:`")
        return self

    def active(self, elapsed_s: float) -> bool:
        return self.at <= elapsed_s < self.until


class Habit(_Model):
    """What a person does every day at a time of the clock, up to `within_min` later; a step of the script by itself."""
    at: ClockTime
    do: Literal["sleep", "get_up", "toilet", "eat", "watch_television", "wander", "visit"]
    within_min: float = Field(0.0, ge=0)
    minutes: Range | None = None
    room: Identifier | None = None
    person: Identifier | None = None

    def step(self, who: str, number: int, start: time) -> Step:
        """The step it becomes in a story that starts at a time of day."""
        after_s = ((self.at.hour - start.hour) * 3600 + (self.at.minute - start.minute) * 60
                   + self.at.second - start.second) % 86400
        return Step(id=f"{who}-{self.do}-{number}", who=who, do=self.do, at=(after_s, after_s + 60 * self.within_min),
                    minutes=self.minutes, room=self.room, person=self.person, routine=True)


class End(_Model):
    """The story is over `delay` seconds after a step or event, or at a time."""
    after: str | None = None
    at: float | None = None
    delay: float = 0.0


class Nurse(_Model):
    """A caregiver with the phone in the hand."""
    acknowledges_after_s: float = Field(3.0, ge=0)  # of simulated time after an alarm reached the platform
    resolves_after_s: float | None = Field(None, ge=0)  # and so long after that; None: not within this scenario


class Story(_Model):
    id: Identifier
    about: str = ""
    site: str = "config/home.yaml"  # of Anban's own files, or beside the scenario
    date: date
    start: time  # local time of the site
    light: Light = "day"
    render: bool = True  # False: no pictures but the eyes' table, and time in which nothing can happen flies
    noise_db: Range = 36.0
    television: LocalName = {}  # what the newsreader says, over and over; empty: switched off
    robot: RobotStart = RobotStart()
    people: dict[Identifier, Place]
    variants: list[Identifier] = []  # the seed chooses: seed modulo their number
    script: list[Step] = []
    routines: dict[Identifier, list[Habit]] = {}
    faults: list[Fault] = []
    nurse: Nurse | None = None  # None: nobody acknowledges
    ends: list[End] = Field(min_length=1)
    must: list[Check] = []

    def start_s(self, site: Site) -> float:
        """The start as epoch seconds."""
        return datetime.combine(self.date, self.start, tzinfo=site.zone).timestamp()

    @property
    def latest_end_s(self) -> float:
        """When it is over at the latest, in seconds since the start."""
        return min((end.at + end.delay for end in self.ends if end.at is not None), default=math.inf)

    @property
    def needs(self) -> list[str]:
        """The programs beside the robot without which it cannot be judged."""
        named = [which.event for check in self.must for which in check.named]
        platform = self.nurse or any(EVENTS[name].teller == "platform" for name in named) \
            or any(fault.part == "platform" for fault in self.faults)
        return ["broker"] + ["platform"] * bool(platform)


def load_story(path: str | Path, site: Site) -> Story:
    """Read a story and check it against the site. Raises StoryError with every problem found."""
    path = Path(path)
    try:
        source = Source(path.read_text(encoding="utf-8"), "config/scenarios/night.yaml")
    except OSError as error:
        raise StoryError(f"{path}: cannot be read: {error.strerror}; give the path of a story file") from error
    except UnicodeDecodeError as error:
        raise StoryError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}); "
                         "save it as UTF-8") from error
    except SourceError as error:
        raise StoryError(f"{path}:{error.line}: {error}") from error
    try:
        story = Story.model_validate(source.data)
        found = list(misfits(story, site))
        story = story.model_copy(update={"script": story.script + [
            habit.step(who, number, story.start) for who, habits in story.routines.items()
            for number, habit in enumerate(habits, 1)]})
    except ValidationError as error:
        found = list(schema_problems(error, Story))
    if found:
        lines = sorted({(source.line(where), source.label(where, what), what) for where, what in found})
        raise StoryError("\n".join(f"{path}:{line}: {label}: {what}" for line, label, what in lines))
    return story
