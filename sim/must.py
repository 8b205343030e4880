"""What must be true of a run, as a scenario says it: events by name and fields, and checks over them.

Pure. Times are simulated seconds since the start of the scenario. judge.py says what became of a check.
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator


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


def _matches(wanted: Wanted, value: Any) -> bool:
    if isinstance(wanted, Test):
        return wanted.matches(value)
    return value in wanted if isinstance(wanted, list) else value == wanted


def _say(wanted: Wanted) -> str:
    if isinstance(wanted, Test):
        told = {"has": "like", "is_not": "not", "at_least": "at least", "at_most": "at most"}
        return " and ".join(f"{word} {getattr(wanted, name)!r}" for name, word in told.items()
                            if getattr(wanted, name) is not None)
    return " or ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)


def _at(moment: Moment) -> str:
    return clock(moment) if isinstance(moment, (int, float)) else str(moment)
