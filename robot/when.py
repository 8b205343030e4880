"""From a time as people say it to a time on the clock: "half past three", "tomorrow morning", "in twenty minutes".

The words were told apart by the sentence files (config/sentences); here are only their meanings, as slots:
hour, minute, before (minutes to the hour), clock ("12:00"), part (of the day), day (0: today, 1: tomorrow; or mon to
sun), hours, minutes, days (from now), meal and side (before, after). Of what comes again (every: 1 or 7 days) it is the
first time. Pure: the present time comes in.
"""
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

# Hours in which a time of that part of the day lies, the end excluded; beyond 24: after midnight.
PARTS = {"am": (0, 12), "morning": (4, 12), "noon": (10, 15), "afternoon": (12, 19), "pm": (12, 24),
         "evening": (16, 25), "night": (20, 29)}
USUAL_HOUR = {"am": 9, "morning": 9, "noon": 12, "afternoon": 15, "pm": 15, "evening": 19, "night": 21}
# Meals in old people's homes; when a household eats nobody has told the robot, so these are always asked about.
MEALS = {"breakfast": ((7, 30), (8, 30)), "lunch": ((11, 30), (13, 0)), "dinner": ((17, 30), (19, 0))}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WAKING = (7, 22)         # "at three" is in the afternoon
SOON = timedelta(hours=3)  # "at eleven", said at nine in the evening, may well mean tonight


class When(NamedTuple):
    """A moment; not `sure` where another one may have been meant."""
    at: datetime
    sure: bool


def resolve(slots: Mapping[str, str], now: datetime) -> When | None:
    """The moment that is meant by these slots, None where they hold none. It lies after `now`."""
    if any(slot in slots for slot in ("hours", "minutes", "days")):
        span = timedelta(**{slot: int(slots[slot]) for slot in ("days", "hours", "minutes") if slot in slots})
        return When(datetime.fromtimestamp((now.timestamp() + span.total_seconds()), now.tzinfo), True)
    if "meal" in slots:
        hour, minute = MEALS[slots["meal"]][slots.get("side") != "before"]
        return _next([(hour, minute)], slots.get("day", ""), now, False)
    if "clock" in slots:
        hour, minute = map(int, slots["clock"].split(":"))
        return _next([(hour, minute)], slots.get("day", ""), now, True)
    if "hour" in slots:
        minutes = int(slots.get("minute", 0)) - int(slots.get("before", 0))
        hours, sure = _hours(int(slots["hour"]), slots.get("part", ""))
        times = [divmod((60 * hour + minutes) % (24 * 60), 60) for hour in hours]
        return _next(times, slots.get("day", ""), now, sure)
    if slots.get("part"):
        return _next([(USUAL_HOUR[slots["part"]], 0)], slots.get("day", ""), now, False)
    return None


def _hours(hour: int, part: str) -> tuple[list[int], bool]:
    """The hours of the day that may be meant, and whether the part of the day leaves no doubt."""
    if hour > 12 or hour == 0:
        return [hour % 24], True
    both = [hour % 12, hour % 12 + 12]
    if part not in PARTS:
        return both, True
    begin, end = PARTS[part]
    fit = [h for h in both if begin <= h < end or begin <= h + 24 < end]
    return (fit, True) if fit else (both, False)


def _next(times: list[tuple[int, int]], day: str, now: datetime, sure: bool) -> When:
    """The first of these times of day that is likely, on that day or from now on."""
    first = now.date()
    if day in WEEK:
        first += timedelta(days=(WEEK.index(day) - now.weekday()) % 7)
    elif day:
        first += timedelta(days=int(day))
    later = timedelta(days=7 if day in WEEK else 1)
    moments = []
    for hour, minute in times:
        at = datetime(first.year, first.month, first.day, hour, minute, tzinfo=now.tzinfo)
        if at > now:
            moments.append((at, True))
        else:  # over for today: the next one, which must be asked about if "today" or its part was said
            moments.append((at + later, len(times) > 1 or not day))
    likely = [(at, kept) for at, kept in moments if WAKING[0] <= at.hour < WAKING[1] or at - now < SOON]
    at, kept = min(likely or moments)
    return When(at, sure and kept and (len(times) == 1 or len(likely) == 1))
