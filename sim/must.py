"""What must be true of a run: checks over its events. Events in; for each check a state, a reason and evidence out.

Pure. Times are simulated seconds since the start of the scenario. A check that had nothing to judge (what it waits for
never came) fails: it would otherwise be green for the wrong reason.
"""
from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from robot.site import Site
from robot.site_source import Problem, suggest
from sim.events import EVENTS, is_kind

# An event is stamped when it happened and told a little later; until then nothing is final.
LATE_S = 2.0
# The robot reads its clock twenty times a second: what follows at once may bear an earlier stamp than its cause.
TICK_S = 0.05


@dataclass(frozen=True)
class Happening:
    """Something that happened; simulated time counts from the start of the story [s]."""
    event: str
    sim_time_s: float
    wall_time_s: float
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"event": self.event, "sim_time_s": round(self.sim_time_s, 3),
                "wall_time_s": round(self.wall_time_s, 3), **self.details}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Test(_Model):
    """What a field must be, where a plain value (equal) or a list (one of these) does not say it."""
    __test__ = False  # no test of pytest's
    has: str | None = None  # a regular expression is found in it, whatever the case
    is_not: Any = Field(None, alias="not")
    at_least: float | None = None
    at_most: float | None = None

    @field_validator("has")
    @classmethod
    def _expression(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from None
        return value

    def matches(self, value: Any) -> bool:
        if self.has is not None and not re.search(self.has, str(value), re.IGNORECASE):
            return False
        if self.is_not is not None and value == self.is_not:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


def _shape(value: Any) -> str:
    return "test" if isinstance(value, (dict, Test)) else "list" if isinstance(value, list) else "value"


# Told apart by their shape, so that a mistake is reported once and not for every form it might have had.
Wanted = Annotated[Annotated[Test, Tag("test")] | Annotated[list[str | float], Tag("list")]
                   | Annotated[str | float, Tag("value")], Discriminator(_shape)]


class Which(_Model):
    """Some events: by name, and by what their fields hold."""
    event: str
    where: dict[str, Wanted] = {}

    @model_validator(mode="before")
    @classmethod
    def _by_name_alone(cls, value: Any) -> Any:
        return {"event": value} if isinstance(value, str) else value

    def matches(self, happening: Happening) -> bool:
        return happening.event == self.event and all(
            _matches(wanted, happening.details.get(name, "")) for name, wanted in self.where.items())

    def __str__(self) -> str:
        where = ", ".join(f"{name} {_say(wanted)}" for name, wanted in self.where.items())
        return f"{self.event} ({where})" if where else self.event


# Seconds since the start, or an event.
Moment = Annotated[Annotated[float, Tag("seconds")] | Annotated[Which, Tag("event")],
                   Discriminator(lambda value: "seconds" if isinstance(value, (int, float)) else "event")]


class Check(_Model):
    """One thing that must be true. Exactly one of the first five fields says of what kind it is."""
    event: str | None = None  # happens
    never: str | None = None  # does not happen
    count: str | None = None  # happens so often: equals, at_least, at_most
    every: str | None = None  # each one is followed by another: followed_by
    order: list[Which] | None = Field(None, min_length=2)  # these happen, each after the one before
    where: dict[str, Wanted] = {}
    after: Moment | None = None  # counts from here ...
    until: Moment | None = None  # ... to here
    within_s: float | tuple[float, float] | None = None  # of `after`; 20: from 0 to 20; [-1, 8]: also a little before
    followed_by: Which | None = None
    equals: int | None = Field(None, ge=0)
    at_least: int | None = Field(None, ge=0)
    at_most: int | None = Field(None, ge=0)
    variant: str | None = None  # only in this variant of the scenario
    because: str = ""  # for people: why it must be so

    @model_validator(mode="after")
    def _complete(self) -> Check:
        kinds = [name for name in ("event", "never", "count", "every", "order") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("say one of `event:`, `never:`, `count:`, `every:`, `order:`"
                             + (f", not {' and '.join(kinds)}" if kinds else ""))
        limits = [self.equals, self.at_least, self.at_most]
        if (self.count is not None) != any(limit is not None for limit in limits):
            raise ValueError("`count:` goes with `equals:`, `at_least:` or `at_most:`, and they with it")
        if self.most < self.least:
            raise ValueError("no number can be so small and so large: `at_least:` is above `at_most:`")
        if (self.every is not None) != (self.followed_by is not None):
            raise ValueError("`every:` goes with `followed_by:`, and it with `every:`")
        if self.order is not None and self.where:
            raise ValueError("write `where:` inside `order:`, e.g. {event: heard, where: {intent: help}}")
        low, high = self.window
        if self.within_s is not None and self.after is None and self.every is None:
            raise ValueError("`within_s:` needs `after:`, the event from which to count")
        if high < low:
            raise ValueError(f"`within_s: [{low:g}, {high:g}]` ends before it begins")
        if isinstance(self.after, float) and isinstance(self.until, float) and self.until <= self.after:
            raise ValueError(f"`until: {self.until:g}` is not later than `after: {self.after:g}`")
        return self

    @property
    def kind(self) -> Literal["event", "never", "count", "every", "order"]:
        return next(name for name in ("event", "never", "count", "every", "order") if getattr(self, name) is not None)

    @property
    def which(self) -> Which:
        """The events it is about; of an order the first."""
        return self.order[0] if self.order else Which(event=getattr(self, self.kind), where=self.where)

    @property
    def named(self) -> list[Which]:
        """All events that it speaks of."""
        others = [value for value in (self.after, self.until, self.followed_by) if isinstance(value, Which)]
        return [*(self.order or [self.which]), *others]

    @property
    def window(self) -> tuple[float, float]:
        """Seconds from `after` (or from each of `every`) that count."""
        if self.within_s is None:
            return 0.0, math.inf
        return self.within_s if isinstance(self.within_s, tuple) else (0.0, self.within_s)

    @property
    def least(self) -> int:
        return self.equals if self.equals is not None else self.at_least or 0

    @property
    def most(self) -> float:
        limits = [limit for limit in (self.equals, self.at_most) if limit is not None]
        return min(limits, default=math.inf)

    def __str__(self) -> str:
        if self.order:
            words = "in this order: " + ", ".join(map(str, self.order))
        elif self.every:
            words = f"every {self.which} is followed by {self.followed_by}"
        elif self.count:
            words = f"{self._often()} {self.which}"
        else:
            words = f"never {self.which}" if self.never else str(self.which)
        low, high = self.window
        if self.within_s is not None:
            words += f" within {high:g} s" if low == 0 else f" {low:g} to {high:g} s"
        if self.after is not None:
            words += f" after {_at(self.after)}"
        return words + (f" until {_at(self.until)}" if self.until is not None else "")

    def _often(self) -> str:
        if self.equals is not None:
            return f"exactly {self.equals} times"
        return " and ".join([f"at least {self.at_least} times"] * (self.at_least is not None)
                            + [f"at most {self.at_most} times"] * (self.at_most is not None))


@dataclass(frozen=True)
class Result:
    """What became of one check. `open`: the run may still decide it. Evidence: the events that decided, in order."""
    check: Check
    state: Literal["holds", "fails", "open"]
    why: str
    evidence: tuple[Happening, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"check": str(self.check), "because": self.check.because, "state": self.state, "why": self.why,
                "evidence": [{"event": h.event, "sim_time_s": round(h.sim_time_s, 3)} for h in self.evidence]}


def judge(checks: Iterable[Check], happenings: Iterable[Happening], now_s: float, over: bool) -> list[Result]:
    """Each check against what has happened until now_s; `over`: nothing more will, and none stays open."""
    events = sorted(happenings, key=lambda h: h.sim_time_s)
    return [_judge(check, events, math.inf if over else now_s - LATE_S, over) for check in checks]


def _judge(check: Check, events: Sequence[Happening], sure_s: float, over: bool) -> Result:
    if check.order:
        return _in_order(check, events, over)
    start = _first(check.after, events) if isinstance(check.after, Which) else None
    if isinstance(check.after, Which) and start is None:
        return Result(check, "fails" if over else "open", f"could not be judged: there was no {check.after}")
    zero_s = start.sim_time_s if start else check.after or 0.0
    low, high = check.window if check.every is None else (0.0, math.inf)
    early_s = TICK_S if check.event and start else 0.0
    begin_s, end_s = (zero_s + low - early_s if check.after is not None else -math.inf), zero_s + high
    if isinstance(check.until, Which):
        later = [h for h in events if h.sim_time_s > zero_s or check.after is None]
        stop = _first(check.until, later)
        end_s = min(end_s, stop.sim_time_s if stop else math.inf)
    elif check.until is not None:
        end_s = min(end_s, check.until)
    found = [h for h in events if check.which.matches(h) and begin_s <= h.sim_time_s <= end_s and h is not start]
    closed = over or sure_s > end_s
    if check.every is not None:
        return _each_followed(check, found, events, sure_s, closed, over)
    state = _counted(check, len(found), closed)
    shown = found[:1] if check.event or check.never else found
    return Result(check, state, _why(check, state, found, start, events, (begin_s, end_s)),
                  tuple(filter(None, (start, *shown))))


def _counted(check: Check, number: int, closed: bool) -> Literal["holds", "fails", "open"]:
    least, most = {"event": (1, math.inf), "never": (0, 0)}.get(check.kind, (check.least, check.most))
    if number > most:
        return "fails"
    if number >= least and (closed or most == math.inf):
        return "holds"
    return "fails" if closed else "open"


def _why(check: Check, state: str, found: Sequence[Happening], start: Happening | None,
         events: Sequence[Happening], window: tuple[float, float]) -> str:
    if check.count is not None:
        return f"{len(found)} times" + (f": at {', '.join(clock(h.sim_time_s) for h in found)}" if found else "")
    if found:
        since = f", {found[0].sim_time_s - start.sim_time_s:.1f} s after {start.event}" if start else ""
        return f"{describe(found[0])} at {clock(found[0].sim_time_s)}{since}"
    if check.never is not None:
        return "did not happen" if state == "holds" else "has not happened so far"
    begin_s, end_s = window
    near = [h for h in events if h.event == check.which.event and h is not start]
    if not near:
        return f"there was no {check.which.event}" if state == "fails" else "has not happened yet"
    late = [h for h in near if check.which.matches(h) and h.sim_time_s > end_s]
    early = [h for h in near if check.which.matches(h) and h.sim_time_s < begin_s]
    other = (late or early or near)[0]
    when = f"too late: {other.sim_time_s - end_s:.1f} s" if late else "too early" if early else "not as asked"
    return f"only {when}, {describe(other)} at {clock(other.sim_time_s)}"


def _each_followed(check: Check, found: Sequence[Happening], events: Sequence[Happening], sure_s: float,
                   closed: bool, over: bool) -> Result:
    low, high = check.window
    pairs: list[Happening] = []
    for each in found:
        begin_s, end_s = each.sim_time_s + low - TICK_S, each.sim_time_s + high
        answer = next((h for h in events if check.followed_by.matches(h) and begin_s <= h.sim_time_s <= end_s
                       and h is not each), None)
        if answer is None:
            lost = over or sure_s > end_s
            return Result(check, "fails" if lost else "open", f"{describe(each)} at {clock(each.sim_time_s)} was not "
                          f"followed by {check.followed_by}", (*pairs, each))
        pairs += [each, answer]
    if not found:
        return Result(check, "fails" if closed else "open", f"could not be judged: there was no {check.which}")
    longest = max(b.sim_time_s - a.sim_time_s for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    return Result(check, "holds" if closed else "open", f"{len(found)} times, after {longest:.1f} s at most",
                  tuple(pairs))


def _in_order(check: Check, events: Sequence[Happening], over: bool) -> Result:
    """Each the first of its kind after the one before."""
    chain: list[Happening] = []
    rest = iter(_between(check, events))
    for which in check.order:
        happening = next((h for h in rest if which.matches(h)), None)
        if happening is None:
            after = f" after {describe(chain[-1])} at {clock(chain[-1].sim_time_s)}" if chain else ""
            return Result(check, "fails" if over else "open", f"no {which}{after}", tuple(chain))
        chain.append(happening)
    return Result(check, "holds", f"{clock(chain[0].sim_time_s)} to {clock(chain[-1].sim_time_s)}", tuple(chain))


def _between(check: Check, events: Sequence[Happening]) -> Iterator[Happening]:
    begin = _first(check.after, events) if isinstance(check.after, Which) else None
    begin_s = begin.sim_time_s if begin else check.after if isinstance(check.after, float) else -math.inf
    if isinstance(check.after, Which) and begin is None:
        return iter(())
    return (h for h in events if h.sim_time_s >= begin_s)


def _first(which: Which, events: Iterable[Happening]) -> Happening | None:
    return next((h for h in events if which.matches(h)), None)


def _matches(wanted: Wanted, value: Any) -> bool:
    if isinstance(wanted, Test):
        return wanted.matches(value)
    return value in wanted if isinstance(wanted, list) else value == wanted


def clock(sim_time_s: float) -> str:
    """Seconds since the start as minutes and seconds."""
    sign, tenths = "-" if sim_time_s < 0 else "", round(abs(sim_time_s) * 10)
    return f"{sign}{tenths // 600:02d}:{tenths % 600 / 10:04.1f}"


def describe(happening: Happening) -> str:
    """An event and what is worth knowing of it, in one line."""
    details = happening.details
    named = ("kind", "room", "sensor", "outcome", "intent", "part", "task", "state")
    words = [f"{k} {v}" for k in named if (v := details.get(k))]
    words += [f"“{v}”" for k in ("text", "words", "message") if (v := details.get(k))]
    words += [str(details["detail"])] if details.get("detail") and "who" in details else []
    return happening.event + (f" ({', '.join(words)})" if words else "")


def _say(wanted: Wanted) -> str:
    if isinstance(wanted, Test):
        told = {"has": "like", "is_not": "not", "at_least": "at least", "at_most": "at most"}
        return " and ".join(f"{word} {getattr(wanted, name)!r}" for name, word in told.items()
                            if getattr(wanted, name) is not None)
    return " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)


def _at(moment: Moment) -> str:
    return clock(moment) if isinstance(moment, (int, float)) else str(moment)


# --- checks that can never be judged ----------------------------------------------------------------------------------
def impossible(checks: Sequence[Check], site: Site, acts: Iterable[str], variants: Sequence[str], latest_s: float,
               nurse: bool) -> Iterator[Problem]:
    """Problems of the checks of one scenario, with their places below `must`.

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
