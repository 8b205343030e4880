"""Did the story come true? Events of a demo in, what is missing and the figures out. Pure."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# In this order; each is the first of its kind after the one before, but for those that may overtake one another.
NIGHT = ("impact", "fall_suspected", "checking_on_page", "asked", "heard", "alarm_raised", "alarm_on_platform",
         "alarm_on_page", "acknowledged", "resident_told")
EVENING_ANSWERED = ("vital_on_page", "dose_due", "told", "heard", "dose_recorded")
EVENING_SILENT = ("vital_on_page", "dose_due", "told", "caregiver_told")
HELP = ("help", "hurt", "yes", "call_nurse")


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


class Verdict:
    """Collects what happens in one demo and says whether the story came true."""

    def __init__(self, story: str) -> None:
        self.story = story
        self.happenings: list[Happening] = []

    def add(self, happening: Happening) -> None:
        self.happenings.append(happening)

    @property
    def expected(self) -> tuple[str, ...]:
        if self.story == "night":
            return NIGHT
        return EVENING_ANSWERED if self._all("spoke") else EVENING_SILENT

    @property
    def missing(self) -> list[str]:
        """Events of the story that have not happened, or not as they should."""
        return [event for event in self.expected if self.first(event) is None]

    @property
    def complete(self) -> bool:
        return not self.missing

    def first(self, event: str) -> Happening | None:
        """The first event of that name that counts for the story."""
        return next((h for h in self._all(event) if self._counts(h)), None)

    def figures(self) -> dict[str, float]:
        """Delays [s]: of the simulated clock where the world is measured, of the wall clock from alarm to page."""
        def delay(begin: str, end: str, clock: str = "sim_time_s") -> float | None:
            a, b = self.first(begin), self.first(end)
            return round(getattr(b, clock) - getattr(a, clock), 3) if a and b else None

        figures = {
            "impact_to_suspected_s": delay("impact", "fall_suspected"),
            "impact_to_checking_on_page_s": delay("impact", "checking_on_page"),
            "suspected_to_alarm_s": delay("fall_suspected", "alarm_raised"),
            "raised_to_page_s": delay("alarm_raised", "alarm_on_page", "wall_time_s"),
            "acknowledged_to_told_s": delay("acknowledged", "resident_told"),
            "due_to_recorded_s": delay("dose_due", "dose_recorded"),
        }
        if self.happenings:
            first, last = self.first("awake") or self.happenings[0], self.happenings[-1]
            figures["simulated_s"] = round(last.sim_time_s - first.sim_time_s, 1)
            wall_s = last.wall_time_s - first.wall_time_s
            if wall_s > 0.0:
                figures["real_time_factor"] = round((last.sim_time_s - first.sim_time_s) / wall_s, 2)
        return {name: value for name, value in figures.items() if value is not None}

    def in_order(self) -> list[Happening]:
        return sorted(self.happenings, key=lambda h: h.wall_time_s)

    def _all(self, event: str) -> list[Happening]:
        return [h for h in self.happenings if h.event == event]

    def _counts(self, happening: Happening) -> bool:
        details = happening.details
        if happening.event == "heard":
            return bool(details.get("text")) and details.get("intent") in (
                HELP if self.story == "night" else ("taken", "yes"))
        if happening.event == "alarm_raised":
            return details.get("kind") == "fall" and bool(details.get("words"))
        if happening.event == "dose_recorded":
            return details.get("outcome") == "confirmed"
        if happening.event == "fall_suspected":
            impact = self._all("impact")
            return bool(impact) and happening.sim_time_s >= impact[0].sim_time_s - 1.0
        return True
