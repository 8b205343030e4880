"""When things are due: doses and patrol rounds of the site, in its own time zone.

All times are seconds since the epoch; recurrence is dateutil's, so a change to summer time neither drops nor doubles
a dose.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from dateutil.rrule import DAILY, rrule

from robot.site import MedicationPlan, Patrol, Site


@dataclass(frozen=True)
class DueDose:
    dose_id: str
    plan: MedicationPlan
    due_s: float
    latest_s: float


@dataclass(frozen=True)
class DueRound:
    round_id: str
    patrol: Patrol
    due_s: float


def due_doses(site: Site, after_s: float, until_s: float) -> list[DueDose]:
    """Doses that become due in (after_s, until_s], earliest first."""
    doses = []
    for plan in site.medication:
        for at in plan.times:
            for due in _daily(site, at, after_s, until_s):
                doses.append(DueDose(f"{plan.id}/{due:%Y-%m-%dT%H:%M}", plan, due.timestamp(),
                                     due.timestamp() + plan.window_min * 60))
    return sorted(doses, key=lambda dose: (dose.due_s, dose.dose_id))


def due_rounds(site: Site, after_s: float, until_s: float) -> list[DueRound]:
    """Patrol rounds that become due in (after_s, until_s], earliest first. A night may cross midnight."""
    rounds = []
    for patrol in site.patrols:
        midnight = datetime(2000, 1, 1)
        start = datetime.combine(midnight, patrol.start)
        end = datetime.combine(midnight, patrol.until)
        if end <= start:
            end += timedelta(days=1)
        while start < end:
            rounds += [DueRound(f"{patrol.id}/{due:%Y-%m-%dT%H:%M}", patrol, due.timestamp())
                       for due in _daily(site, start.time(), after_s, until_s)]
            start += timedelta(minutes=patrol.every_min)
    return sorted(rounds, key=lambda due: due.due_s)


def _daily(site: Site, at: time, after_s: float, until_s: float) -> list[datetime]:
    """Daily occurrences of a wall time in (after_s, until_s], as aware datetimes."""
    first = datetime.fromtimestamp(after_s, site.zone).replace(tzinfo=None) - timedelta(days=1)
    last = datetime.fromtimestamp(until_s, site.zone).replace(tzinfo=None) + timedelta(days=1)
    days = rrule(DAILY, dtstart=datetime.combine(first.date(), at), until=last)
    aware = (day.replace(tzinfo=site.zone) for day in days)
    return [day for day in aware if after_s < day.timestamp() <= until_s]
