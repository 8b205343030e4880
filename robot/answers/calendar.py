"""The calendar: dates, feasts with a date of the Gregorian calendar, days until then, and when clocks are changed."""
from __future__ import annotations

from calendar import monthrange
from datetime import date as Day
from datetime import datetime, time, timedelta

from robot.answers.contents import Answer
from robot.answers.known import Known
from robot.answers.wishes import offered
from robot.spoken import spoken_date
from robot.when import first_day

EASTER, LUNAR, CLOCKS, WEEKEND = "easter", "lunar", "clocks", "weekend"  # what has no month and day of its own


def date(known: Known) -> Answer:
    """Of the day or feast that was asked for, today where none was; how long till then, whether it is; or the year."""
    slots, today = known.slots, known.now.date()
    if "year" in slots:
        return Answer("dialogue.year", {"year": str(known.now.year)})
    if "length" in slots:
        return Answer("dialogue.month_days", {"days": str(monthrange(today.year, today.month)[1])})
    if "guess" in slots:
        guess = slots["guess"]
        right = today.weekday() >= 5 if guess == WEEKEND else today == first_day({"day": guess}, today)
        return Answer(f"dialogue.guessed_{'right' if right else 'wrong'}", {
            "time": _spoken(today, known), "date": _spoken(today, known)})
    feast = slots.get("feast", "")
    if feast == LUNAR:
        return offered("dialogue.lunar", known)
    if feast == CLOCKS:
        changes = _clocks_change(known.now)
        return Answer("dialogue.clocks", {"date": _spoken(changes, known)}) if changes else Answer("dialogue.no_clocks")
    day = _next(feast, today) if feast else day_of(known)
    if "until" in slots and day > today:
        return Answer("dialogue.days_until", {"days": str((day - today).days), "date": _spoken(day, known)})
    phrase = "date" if day == today else "date_will" if day > today else "date_was"
    return Answer(f"dialogue.{phrase}", {"date": _spoken(day, known)})


def day_of(known: Known) -> Day:
    """The day that was named, else today."""
    return first_day(known.slots, known.now.date()) or known.now.date()


def easter(year: int) -> Day:
    """Sunday of Easter (Meeus, Jones and Butcher: the anonymous Gregorian algorithm)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    length = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + length - 7 * ((a + 11 * h + 22 * length) // 451) + 114, 31)
    return Day(year, month, day + 1)


# --- inside -----------------------------------------------------------------------------------------------------------
def _next(feast: str, today: Day) -> Day:
    """The next time of a feast: "easter", days from it ("easter-2"), or month and day ("12-25")."""
    def in_year(year: int) -> Day:
        if feast.startswith(EASTER):
            return easter(year) + timedelta(days=int(feast.removeprefix(EASTER) or 0))
        return Day(year, *map(int, feast.split("-")))
    return next(day for year in (today.year, today.year + 1) if (day := in_year(year)) >= today)


def _clocks_change(now: datetime) -> Day | None:
    """The next day on which the site's clocks change, None where they do not."""
    noons = [datetime.combine(now.date() + timedelta(days=number), time(12), now.tzinfo) for number in range(366)]
    return next((later.date() for noon, later in zip(noons, noons[1:], strict=False)
                 if noon.utcoffset() != later.utcoffset()), None)


def _spoken(day: Day, known: Known) -> str:
    year = abs((day - known.now.date()).days) > 300
    return spoken_date(datetime.combine(day, time(), known.now.tzinfo), known.language, year).rstrip(",")
