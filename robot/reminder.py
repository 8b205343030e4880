"""A reminder that a resident has asked for: what the robot promised, and keeps in its journal."""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class Reminder:
    """What a resident wants to be reminded of (in their language, "": only that it is time), and when. `every`: again
    after so many days, at `clock` ("02:30"); 0: once. `set_s`: when it was asked for, 0: before the
    robot was last started; `from_now`: as so long from then."""
    reminder_id: str
    resident_id: str
    at_s: float
    what: str
    every: int = 0
    clock: str = ""
    set_s: float = field(default=0.0, compare=False)
    from_now: bool = field(default=False, compare=False)

    def next(self, now_s: float, zone: tzinfo | None) -> Reminder:
        """Of one that comes again the next that is due after `now_s`, at the same time on the clock; in the night in
        which summer time skips that, an hour later."""
        at = datetime.fromtimestamp(self.at_s, zone)
        if self.clock:
            at = datetime.combine(at, time.fromisoformat(self.clock), zone)
        while at.timestamp() <= now_s:
            at += timedelta(days=self.every)
        return replace(self, at_s=at.timestamp())
