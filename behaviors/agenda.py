"""What is due now, and after a start what was under way: the site's doses and rounds, held against the journal."""
from __future__ import annotations

from robot.journal import Journal
from robot.site import Site

from .schedule import DueDose, DueRound, due_doses, due_rounds

# A round that was cut off is taken up again for so long; later its pictures of the rooms would mislead.
ROUND_RESUME_S = 1800.0
PERIOD_S = 1.0  # schedules are in minutes


class Agenda:
    """Gives each dose and each round once, when it becomes due. Both raise JournalError, and give it again then."""

    def __init__(self, site: Site, journal: Journal) -> None:
        self._site, self._journal = site, journal
        self._doses = _Looked(max((plan.window_min * 60.0 for plan in site.medication), default=0.0))
        self._rounds = _Looked(ROUND_RESUME_S)

    def doses(self, now_s: float) -> list[tuple[DueDose, int]]:
        """Doses that have no outcome yet and whose time is not over, with the announcements already made."""
        since_s = self._doses.since(now_s)
        due = [] if since_s is None else due_doses(self._site, since_s, now_s)
        rows = [(dose, self._journal.dose(dose.dose_id)) for dose in due if dose.latest_s > now_s]
        self._doses.looked(since_s, now_s)
        return [(dose, row.announcements if row else 0) for dose, row in rows if not (row and row.closed)]

    def rounds(self, now_s: float) -> list[tuple[DueRound, int]]:
        """Rounds that have not ended, with the number of the stop at which to go on."""
        since_s = self._rounds.since(now_s)
        due = [] if since_s is None else due_rounds(self._site, since_s, now_s)
        rows = [(one, self._journal.patrol_progress(one.round_id)) for one in due]
        self._rounds.looked(since_s, now_s)
        return [(one, max((stop.stop + 1 for stop in row.stops), default=0) if row else 0) for one, row in rows
                if not (row and row.ended_s is not None)]


class _Looked:
    """Up to when a schedule has been looked through. After a start (of a simulation as well) from `back_s` ago."""

    def __init__(self, back_s: float) -> None:
        self._back_s = back_s
        self._until_s: float | None = None

    def since(self, now_s: float) -> float | None:
        """From when to look now; None where that was just done."""
        if self._until_s is None or now_s < self._until_s:
            return now_s - self._back_s
        return self._until_s if now_s - self._until_s >= PERIOD_S else None

    def looked(self, since_s: float | None, now_s: float) -> None:
        self._until_s = self._until_s if since_s is None else now_s
