"""What the mission knows of the house: who was seen where, what was measured, taken and is to be reminded of."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from robot.answers import DOUBT, EndReminder, Known, Measured, SetReminder
from robot.reminder import Reminder
from robot.site import Language, Point, Resident, Room, Site

from .behavior import Heard, PersonSeen, RecordDose
from .reminder_book import ReminderBook

# Who was seen this long ago is still in that room: older people do not leave one in less.
STILL_THERE_S = 10.0


class Situation:
    """Every method takes the time [s]. `readings`: the newest by resident and LOINC code; `taken`: by plan, when a dose
    was last said to be taken; `place`: of the robot; `reminded`: of what somebody was last, and when."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.reminders = ReminderBook()
        self.readings: dict[str, dict[str, Measured]] = {}
        self.taken: dict[str, float] = {}
        self.place: Point | None = None
        self.reminded: tuple[Reminder, float] | None = None
        self._seen: tuple[float, str, str] | None = None  # a resident: when, who, in which room
        self._languages = {spoken for one in site.residents for spoken in (one.language, *one.also_speaks)}
        self._spoken = ""  # by who lives alone: the language

    # --- what comes in ----------------------------------------------------------------------------------------------
    def heard(self, heard: Heard) -> None:
        """Somebody has spoken to the robot."""
        if heard.intent and heard.confidence >= DOUBT and self.resident and heard.language in self._languages:
            self._spoken = heard.language

    def saw(self, person: PersonSeen, now_s: float) -> None:
        if person.visible and person.resident_id and person.room:
            self._seen = now_s, person.resident_id, person.room

    def measured(self, resident_id: str, readings: dict[str, Measured]) -> dict[str, Measured]:
        """Readings have come. Returns the newest of this resident, by LOINC code."""
        newest = self.readings.setdefault(resident_id, {})
        newest.update(readings)
        return newest

    def dose_recorded(self, plan_id: str, record: RecordDose, now_s: float) -> None:
        """What became of a dose is being written down."""
        if record.taken:
            self.taken[plan_id] = now_s

    def take_note(self, command: object) -> None:
        """A command is being carried out that changes what there is to be told."""
        if isinstance(command, (SetReminder, EndReminder)):
            self.reminders.take_note(command)

    # --- what is known ----------------------------------------------------------------------------------------------
    @property
    def resident(self) -> Resident | None:
        """Who lives alone here: only then is it known who speaks."""
        return self.site.residents[0] if len(self.site.residents) == 1 else None

    def known(self, heard: Heard, now_s: float, **talk: Any) -> Known:
        """All of it, to answer what was said. `talk`: what is known of the talk before."""
        resident = self.resident
        language = heard.language if heard.language in self._languages else self.site.residents[0].language
        here, theirs = self._room(resident.id if resident else "", now_s)
        return Known(self.site, resident, datetime.fromtimestamp(now_s, self.site.zone), language, dict(heard.slots),
                     heard.confidence, tuple(self.reminders.to_come.values()),
                     self.readings.get(resident.id, {}) if resident else {}, here, theirs, heard.text,
                     taken=self.taken, cancelled=self.reminders.cancelled, reminded=self.reminded, **talk)

    def language(self, resident_id: str) -> Language:
        """In which a resident is spoken to: who lives alone in that which they spoke last."""
        return self._spoken or self.site.resident(resident_id).language

    def name(self, resident_id: str) -> str:
        try:
            return named(self.site.resident(resident_id).name, "en")
        except KeyError:
            return "somebody"

    def _room(self, resident_id: str, now_s: float) -> tuple[Room | None, bool]:
        """Where the resident is, if they have just been seen; else where the robot is, and False."""
        if self._seen and self._seen[1] == resident_id and now_s - self._seen[0] < STILL_THERE_S:
            return self.site.room(self._seen[2]), True
        return (self.site.room_at(*self.place) if self.place else None), False


def named(name: dict[Language, str], language: str) -> str:
    """A site name in the language, else in the first one given."""
    return name.get(language) or next(iter(name.values()), "")
