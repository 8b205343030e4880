"""From a time as people say it to a time on the clock: "half past three", "tomorrow morning", "in twenty minutes".

The words were told apart by the sentence files (config/sentences); here are only their meanings, as slots:
hour, minute, before (minutes to the hour), clock ("12:00"), part (of the day), day (0: today, 1: tomorrow; or mon to
sun), week (1: that of the next week; maybe: of this or the next), date and month (8, 3: March 8th), months (from
this one), feast (12-25, of each year), hours, minutes, days (from now), soon (minutes from now, more or less; 0: some
time), meal and side (before, after), lead (minutes before or after the meal), wakes and sleeps (it is to wake somebody,
or to send them to bed), past and unclear (it was none to come, or none at all). Of what comes
again (every: 1 or 7 days) it is the first time. Pure: the present time comes in.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import count, islice
from typing import NamedTuple

# The slots that tell how long from now, on which day, and at what time of the day.
SPAN, DAY = ("hours", "minutes", "days", "soon"), ("day", "date", "month", "months", "week", "feast")
CLOCK = ("hour", "minute", "before", "clock", "meal", "side", "lead")
# Hours in which a time of that part of the day lies, the end excluded; beyond 24: after midnight.
PARTS = {"am": (0, 12), "morning": (4, 12), "noon": (10, 15), "afternoon": (12, 19), "pm": (12, 24),
         "evening": (16, 25), "night": (20, 29)}
USUAL_HOUR = {"am": 9, "morning": 9, "noon": 12, "afternoon": 15, "pm": 15, "evening": 19, "night": 21}
# Meals in old people's homes; when a household eats nobody has told the robot, so these are always asked about.
MEALS = {"breakfast": ((7, 30), (8, 30)), "lunch": ((11, 30), (13, 0)), "dinner": ((17, 30), (19, 0))}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = 17               # February 29th comes twice within so many
WAKING = (7, 22)         # "at three" is in the afternoon
RISING = (4, 12)         # "wake me at six" is in the morning
FAR = timedelta(days=300)  # "on December 2nd", said in the evening of that day, may mean the next year's
SLEEPING = (18, 28)      # "at twelve", of going to bed, is midnight
GONE = timedelta(hours=1)  # "at four", said at half past four, was perhaps meant for today
SOON = timedelta(hours=3)  # "at eleven", said at nine in the evening, may well mean tonight


class When(NamedTuple):
    """A moment; not `sure` where another one may have been meant."""
    at: datetime
    sure: bool


def resolve(slots: Mapping[str, str], now: datetime) -> When | None:
    """The moment that is meant by these slots, None where they hold none. It lies after `now`."""
    if "past" in slots or "unclear" in slots:
        return None
    if "soon" in slots:
        return When(now + timedelta(minutes=int(slots["soon"])), False) if int(slots["soon"]) else None
    if any(slot in slots for slot in SPAN):
        span = timedelta(**{slot: int(slots[slot]) for slot in SPAN if slot in slots})
        return When(datetime.fromtimestamp((now.timestamp() + span.total_seconds()), now.tzinfo), True)
    if "meal" in slots:
        before = slots.get("side") == "before"
        hour, minute = MEALS[slots["meal"]][not before]
        minutes = 60 * hour + minute + int(slots.get("lead", 0)) * (-1 if before else 1)
        return _next([time(*divmod(minutes % (24 * 60), 60))], slots, now, False)
    if "clock" in slots:
        return _next([time.fromisoformat(slots["clock"].zfill(5))], slots, now, True)
    if "hour" in slots:
        minutes = int(slots.get("minute", 0)) - int(slots.get("before", 0))
        hours, sure = _hours(int(slots["hour"]), slots.get("part", ""))
        times = [time(*divmod((60 * hour + minutes) % (24 * 60), 60)) for hour in hours]
        if "sleeps" in slots and len(times) > 1:
            begin, end = SLEEPING
            times = [at for at in times if begin <= at.hour or at.hour + 24 < end] or times
        when = _next(times, slots, now, sure)
        if when and len(times) > 1 and "wakes" in slots and RISING[0] <= times[0].hour < RISING[1]:
            nap = when.at.time() != times[0] and when.at - now < SOON
            return _next(times[:1], slots, now, not nap)
        return when
    if slots.get("part"):
        return _next([time(USUAL_HOUR[slots["part"]])], slots, now, False)
    return None


def is_timed(slots: Mapping[str, str]) -> bool:
    """Whether a time of the day, or one from now on, was said."""
    return any(slot in slots for slot in (*SPAN, *CLOCK))


def following(slots: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """A time that was said right after another one: of the same day and half of it, if it does not say otherwise."""
    if not is_timed(slots) or slots.keys() & {*SPAN, *DAY, "every", "odd"}:
        return dict(slots)
    kept = {slot: before[slot] for slot in (*DAY, "every") if slot in before}
    part = before.get("part", "morning" if "wakes" in before else "")
    begin, end = PARTS.get(part, (0, 0))
    if "hour" in slots and any(begin <= int(slots["hour"]) + half < end for half in (0, 12)):
        kept["part"] = part
    return {**kept, **slots}


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


def _next(times: list[time], slots: Mapping[str, str], now: datetime, sure: bool) -> When | None:
    """The first of these times of day that is likely, on that day or from now on; None on the 30th of February."""
    days = tuple(islice(_days(slots, now.date()), 2))
    if not days:
        return None
    named, again = bool(slots.keys() & {"day", "date", "feast"}), "every" in slots
    moments = []
    for clock in times:
        at, later = (datetime.combine(day, clock, now.tzinfo) for day in days)
        if at > now:
            moments.append((at, True))
        else:  # over for today: the next one, which must be asked about if "today" or its part was said
            moments.append((later, again or len(times) > 1 or not named))
    # What comes again does not depend on the hour at which it is asked for.
    likely = [(at, kept) for at, kept in moments
              if WAKING[0] <= at.hour < WAKING[1] or not again and at - now < SOON]
    at, kept = min(likely or moments, key=lambda moment: moment[0].time() if again else moment[0])
    near = at - now < FAR and slots.get("week") != "maybe"
    return When(at, sure and kept and near and not just_gone(times, slots, at, now)
                and (len(times) == 1 or len(likely) == 1))


def just_gone(times: list[time], slots: Mapping[str, str], at: datetime, now: datetime) -> bool:
    """Whether one of these times of day was meant for today, perhaps, and is over, where `at` is of another day."""
    today = (datetime.combine(now.date(), clock, now.tzinfo) for clock in times)
    return not slots.keys() & {"day", "date", "feast", "every", "wakes", "clock"} and at - now > GONE \
        and any(now - GONE < said <= now for said in today)


def first_day(slots: Mapping[str, str], today: date) -> date | None:
    """The first day that is named in them, from today on; None where none is, or no such day comes."""
    return next(_days(slots, today), None) if slots.keys() & {"day", "date", "feast"} else None


def _days(slots: Mapping[str, str], today: date) -> Iterator[date]:
    """The days that are meant, from today on."""
    if "feast" in slots:
        slots = {**slots, **dict(zip(("month", "date"), slots["feast"].split("-"), strict=True))}
    day = slots.get("day", "")
    if "date" in slots:
        first = today.month - 1 + int(slots.get("months", 0))
        months = (date(today.year + number // 12, number % 12 + 1, 1) for number in range(first, 12 * YEARS))
        for month in months:
            meant = month + timedelta(days=int(slots["date"]) - 1)
            if meant.month == month.month == int(slots.get("month", month.month)) and meant >= today:
                yield meant
        return
    if day in WEEK:
        first, step = today + timedelta(days=(WEEK.index(day) - today.weekday()) % 7), 7
        if slots.get("week") == "1" and first.isocalendar().week == today.isocalendar().week:
            first += timedelta(days=7)
    else:
        first, step = today + timedelta(days=int(day or 0)), 1
    yield from (first + timedelta(days=step * number) for number in count())
