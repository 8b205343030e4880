"""Scenarios: what happens in the simulated house, when, to whom, and what must be true of it; the player of its cues.

A scenario file is YAML, checked by `load_story`, which raises `StoryError` with file, line and remedy. Numbers that may
vary are written `[low, high]` and drawn by the seed; a list of fall kinds is drawn from as well. See must.py for
`must:`.
"""
from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from robot.site import ClockTime, Identifier, LocalName, Point, Site
from robot.site_source import Problem, Source, SourceError, schema_problems, suggest
from sim.events import EVENTS
from sim.falls import FallKind
from sim.life import ACTIVITIES
from sim.life import impossible as impossible_habit
from sim.must import Check, impossible
from sim.poses import Manner

Light = Literal["day", "evening", "night", "infrared"]
Range = float | tuple[float, float]
SEATS = ("bed", "sofa", "chair", "toilet")
# Events of the world that a step may wait for, beside the ids of other steps.
WORLD_EVENTS = ("impact", "out_of_bed")


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
        found = list(_misfits(story, site))
        story = story.model_copy(update={"script": story.script + [
            habit.step(who, number, story.start) for who, habits in story.routines.items()
            for number, habit in enumerate(habits, 1)]})
    except ValidationError as error:
        found = list(schema_problems(error, Story))
    if found:
        lines = sorted({(source.line(where), source.label(where, what), what) for where, what in found})
        raise StoryError("\n".join(f"{path}:{line}: {label}: {what}" for line, label, what in lines))
    return story


def _misfits(story: Story, site: Site) -> Iterable[Problem]:
    """What in the story does not fit itself or the site, with its place in the file."""
    residents, rooms = [r.id for r in site.residents], [r.id for r in site.rooms]
    seats = [f.id for f in site.furniture if f.kind in SEATS]
    caregivers = [c.id for c in site.caregivers]
    outer_doors = [d.id for d in site.doors if "outside" in d.between]
    names = [step.id for step in story.script]
    known = [*names, *WORLD_EVENTS]

    def unknown(what: str, name: str, choices: Iterable[str]) -> str:
        return f"no {what} {name!r}{suggest(name, list(choices), 'there are')}"

    for person, place in story.people.items():
        if person not in residents + caregivers:
            yield ("people", person), unknown("resident or caregiver", person, residents + caregivers)
        if place.door and place.door not in outer_doors:
            yield ("people", person, "door"), unknown("door to the outside", place.door, outer_doors)
        if place.furniture and place.furniture not in seats:
            yield ("people", person, "furniture"), unknown("bed, sofa or chair", place.furniture, seats)
    for i, step in enumerate(story.script):
        if step.id in names[:i]:
            yield ("script", i, "id"), f"the step {step.id!r} exists already; give it another id"
        if step.who not in story.people:
            yield ("script", i, "who"), unknown("person", step.who, story.people)
        if step.after and (step.after not in known or step.after == step.id):
            yield ("script", i, "after"), unknown("step or event", step.after, (n for n in known if n != step.id))
        if step.robot_in and step.robot_in not in rooms:
            yield ("script", i, "robot_in"), unknown("room", step.robot_in, rooms)
        if step.furniture and step.furniture not in seats:
            yield ("script", i, "furniture"), unknown("bed, sofa or chair", step.furniture, seats)
        if step.room and step.room not in rooms:
            yield ("script", i, "room"), unknown("room", step.room, rooms)
        if step.door and step.door not in outer_doors:
            yield ("script", i, "door"), unknown("door to the outside", step.door, outer_doors)
        if step.person and step.person not in story.people:
            yield ("script", i, "person"), unknown("person", step.person, story.people)
        if step.do in ACTIVITIES and (why := impossible_habit(step.do, step.who, site, step.room)):
            yield ("script", i, "do"), why
        if step.variant and step.variant not in story.variants:
            yield ("script", i, "variant"), unknown("variant", step.variant, story.variants)
    for who, habits in story.routines.items():
        if who not in story.people:
            yield ("routines", who), unknown("person", who, story.people)
        for i, habit in enumerate(habits):
            if habit.person and habit.person not in story.people:
                yield ("routines", who, i, "person"), unknown("person", habit.person, story.people)
            if habit.room and habit.room not in rooms:
                yield ("routines", who, i, "room"), unknown("room", habit.room, rooms)
            if habit.do in ACTIVITIES and (why := impossible_habit(habit.do, who, site, habit.room)):
                yield ("routines", who, i, "do"), why
    for i, end in enumerate(story.ends):
        if (end.after is None) == (end.at is None):
            yield ("ends", i), "say when the story ends: either `after:` or `at:`"
        if end.after and end.after not in known:
            yield ("ends", i, "after"), unknown("step or event", end.after, known)
    if story.latest_end_s == math.inf:
        yield ("ends",), "say when it is over at the latest, e.g. `- {at: 120}`: what it waits for may never come"
    for i, step in enumerate(story.script):
        begins_s = step.at[0] if isinstance(step.at, tuple) else step.at or 0.0
        if not 0 <= begins_s < story.latest_end_s:
            yield ("script", i, "at"), f"{begins_s:g} s is not in the scenario, which lasts {story.latest_end_s:g} s"
    for where, what in impossible(story.must, site, [step.do for step in story.script], story.variants,
                                  story.latest_end_s, story.nurse is not None):
        yield ("must", *where), what
    sensors = [s.id for s in site.sensors]
    for i, fault in enumerate(story.faults):
        if fault.at >= story.latest_end_s:
            yield ("faults", i, "at"), f"{fault.at:g} s is after the end of the scenario at {story.latest_end_s:g} s"
        for sensor in set(fault.sensors) - set(sensors):
            yield ("faults", i, "sensors"), unknown("sensor", sensor, sensors)


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
