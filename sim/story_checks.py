"""What is wrong with a scenario whose fields are right: what does not fit itself, or the site. Pure.

Every problem is a place in the file and a sentence that says what is wrong and what would be right.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from robot.site import Site
from robot.site_source import Problem, suggest
from sim.events import EVENTS, is_kind
from sim.life import ACTIVITIES
from sim.life import impossible as impossible_habit
from sim.must import Check, Test, Which

if TYPE_CHECKING:
    from sim.story import Story

SEATS = ("bed", "sofa", "chair", "toilet")
# Events of the world that a step may wait for, beside the ids of other steps.
WORLD_EVENTS = ("impact", "out_of_bed")


def misfits(story: Story, site: Site) -> Iterator[Problem]:
    """All problems, in no particular order."""
    yield from _people(story, site)
    yield from _script(story, site)
    yield from _routines(story, site)
    yield from _ends(story)
    yield from _faults(story, site)
    for where, what in never_judged(story.must, site, [step.do for step in story.script], story.variants,
                                    story.latest_end_s, story.nurse is not None):
        yield ("must", *where), what


def _unknown(what: str, name: str | None, choices: Iterable[str]) -> str:
    """A complaint about a name that is none of the choices; "" where it is one, or where there is no name."""
    choices = list(choices)
    return f"no {what} {name!r}{suggest(name, choices, 'there are')}" if name and name not in choices else ""


def _seats(site: Site) -> list[str]:
    return [furniture.id for furniture in site.furniture if furniture.kind in SEATS]


def _outer_doors(site: Site) -> list[str]:
    return [door.id for door in site.doors if "outside" in door.between]


def _people(story: Story, site: Site) -> Iterator[Problem]:
    known = [person.id for person in (*site.residents, *site.caregivers)]
    for person, place in story.people.items():
        if wrong := _unknown("resident or caregiver", person, known):
            yield ("people", person), wrong
        if wrong := _unknown("door to the outside", place.door, _outer_doors(site)):
            yield ("people", person, "door"), wrong
        if wrong := _unknown("bed, sofa or chair", place.furniture, _seats(site)):
            yield ("people", person, "furniture"), wrong


def _script(story: Story, site: Site) -> Iterator[Problem]:
    names, rooms = [step.id for step in story.script], [room.id for room in site.rooms]
    for i, step in enumerate(story.script):
        if step.id in names[:i]:
            yield ("script", i, "id"), f"the step {step.id!r} exists already; give it another id"
        others = [name for name in (*names, *WORLD_EVENTS) if name != step.id]
        for field, what, choices in (
                ("who", "person", story.people), ("after", "step or event", others), ("robot_in", "room", rooms),
                ("furniture", "bed, sofa or chair", _seats(site)), ("room", "room", rooms),
                ("door", "door to the outside", _outer_doors(site)), ("person", "person", story.people),
                ("variant", "variant", story.variants)):
            if wrong := _unknown(what, getattr(step, field), choices):
                yield ("script", i, field), wrong
        if step.do in ACTIVITIES and (why := impossible_habit(step.do, step.who, site, step.room)):
            yield ("script", i, "do"), why
        begins_s = step.at[0] if isinstance(step.at, tuple) else step.at or 0.0
        if not 0 <= begins_s < story.latest_end_s:
            yield ("script", i, "at"), f"{begins_s:g} s is not in the scenario, which lasts {story.latest_end_s:g} s"


def _routines(story: Story, site: Site) -> Iterator[Problem]:
    for who, habits in story.routines.items():
        if wrong := _unknown("person", who, story.people):
            yield ("routines", who), wrong
        for i, habit in enumerate(habits):
            if wrong := _unknown("person", habit.person, story.people):
                yield ("routines", who, i, "person"), wrong
            if wrong := _unknown("room", habit.room, [room.id for room in site.rooms]):
                yield ("routines", who, i, "room"), wrong
            if habit.do in ACTIVITIES and (why := impossible_habit(habit.do, who, site, habit.room)):
                yield ("routines", who, i, "do"), why


def _ends(story: Story) -> Iterator[Problem]:
    for i, end in enumerate(story.ends):
        if (end.after is None) == (end.at is None):
            yield ("ends", i), "say when the story ends: either `after:` or `at:`"
        if wrong := _unknown("step or event", end.after, [*(step.id for step in story.script), *WORLD_EVENTS]):
            yield ("ends", i, "after"), wrong
    if story.latest_end_s == math.inf:
        yield ("ends",), "say when it is over at the latest, e.g. `- {at: 120}`: what it waits for may never come"


def _faults(story: Story, site: Site) -> Iterator[Problem]:
    for i, fault in enumerate(story.faults):
        if fault.at >= story.latest_end_s:
            yield ("faults", i, "at"), f"{fault.at:g} s is after the end of the scenario at {story.latest_end_s:g} s"
        for sensor in fault.sensors:
            if wrong := _unknown("sensor", sensor, [known.id for known in site.sensors]):
                yield ("faults", i, "sensors"), wrong


def never_judged(checks: Sequence[Check], site: Site, acts: Iterable[str], variants: Sequence[str], latest_s: float,
                 nurse: bool) -> Iterator[Problem]:
    """Checks of a scenario that can never be judged, with their places below `must`.

    `acts`: what people do in the script; `latest_s`: when the scenario is over at the latest; `nurse`: whether somebody
    acknowledges alarms.
    """
    for i, check in enumerate(checks):
        if check.variant and check.variant not in variants:
            yield (i, "variant"), f"no variant {check.variant!r}{suggest(check.variant, list(variants), 'there are')}"
        named = [((check.kind,), Which(event=getattr(check, check.kind), where=check.where))] if not check.order else \
            [(("order", n), which) for n, which in enumerate(check.order)]
        named += [((name,), value) for name in ("after", "until", "followed_by")
                  if isinstance(value := getattr(check, name), Which)]
        for where, which in named:
            for place, what in _misnamed(which, site, set(acts), nurse):
                yield (i, *where, *place), what
        for name in ("after", "until"):
            value = getattr(check, name)
            if isinstance(value, float) and not 0 <= value <= latest_s:
                yield (i, name), f"{value:g} s is outside of the scenario, which lasts {latest_s:g} s at most"
        if check.after is not None and check.window[0] > latest_s:
            yield (i, "within_s"), f"{check.window[0]:g} s is later than the end of the scenario ({latest_s:g} s)"


def _misnamed(which: Which, site: Site, acts: set[str], nurse: bool) -> Iterator[Problem]:
    kind = EVENTS.get(which.event)
    if kind is None:
        near = suggest(which.event, list(EVENTS), "").rpartition(" (did")
        yield (), f"no event {which.event!r}{''.join(near[1:]) if near[1] else ''}; `anban scenario events` lists them"
        return
    if kind.teller == "page":
        yield (), f"{which.event} is known only with a browser; use alarm_on_platform or notice_on_platform"
    if kind.act and kind.act not in acts:
        yield (), f"nobody in the script does `{kind.act}`: {which.event} can never happen"
    if which.event in ("acknowledged", "resident_told") and not nurse:
        yield (), "nobody acknowledges: add `nurse: {acknowledges_after_s: 3}` to the scenario"
    if which.event in ("dose_due", "dose_recorded", "told") and not site.medication:
        yield (), "the site has no medication: use a site file that has"
    known = {"room": [r.id for r in site.rooms], "resident": [r.id for r in site.residents],
             "sensor": [s.id for s in site.sensors], "caregiver": [c.id for c in site.caregivers]}
    for name, wanted in which.where.items():
        if name not in kind.fields:
            yield ("where", name), f"{which.event} has no field {name!r}{suggest(name, list(kind.fields), 'there are')}"
            continue
        holds = kind.fields[name]
        for value in [] if isinstance(wanted, Test) else wanted if isinstance(wanted, list) else [wanted]:
            choices = list(holds) if isinstance(holds, tuple) else known.get(holds)
            if not is_kind(holds, value) or (choices is not None and value not in choices):
                what = "be a number" if holds == "number" else "be text" if choices is None else f"never be {value!r}"
                verb = "can" if choices is not None else "must"
                yield ("where", name), (f"{name} of {which.event} {verb} {what}"
                                        + (suggest(str(value), choices, "use one of") if choices else ""))
