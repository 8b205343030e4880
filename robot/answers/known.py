"""The situation in which something is said to the robot: all that an answer may be made of. Pure."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from robot.answers.exchange import Exchange
from robot.music import Piece
from robot.reminder import Reminder
from robot.site import MedicationPlan, Resident, Room, Site

# Below this the words themselves are doubtful, and what would cost somebody a way is asked back first. Three sentences
# in one synthetic voice with Whisper base, clean and at 10 dB: 0.67 to 0.83, and where a message was misheard 0.42.
DOUBT = 0.5
# The slot of a wish that was said in one breath with another, and is answered after it.
FURTHER = "further"
# So long after a reminder was set, "no, at six" is about it.
CORRECTED_S = 120.0
# So long "put it back" is about what was cancelled, and "again in five minutes" about what was told.
TAKEN_BACK_S, TOLD_AGAIN_S = 300.0, 600.0


@dataclass(frozen=True)
class Measured:
    """The newest reading of one LOINC code."""
    value: float
    unit: str
    at_s: float


@dataclass(frozen=True)
class Known:
    """The situation in which something is said. `resident`: who asks, None where nobody can tell. `here`: the room of
    who asks where `here_is_theirs`, else the robot's own. `words`: what was said, as it was heard. `told`: the part of
    a story that was told last. `taken`: by plan, when a dose was last said to be taken [s]. `cancelled`: reminders that
    were, and when [s]; `reminded`: the one that was told last, and when [s]. `before`: what was said just now, and
    `wish`: what was passed on last. `next_music`: what comes after the piece that is being played."""
    site: Site
    resident: Resident | None
    now: datetime
    language: str
    slots: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    reminders: Sequence[Reminder] = ()
    readings: Mapping[str, Measured] = field(default_factory=dict)
    here: Room | None = None
    here_is_theirs: bool = False
    words: str = ""
    told: str = ""
    taken: Mapping[str, float] = field(default_factory=dict)
    cancelled: Sequence[tuple[Reminder, float]] = ()
    reminded: tuple[Reminder, float] | None = None
    before: Exchange | None = None
    wish: Exchange | None = None
    next_music: Sequence[Piece] = ()

    @property
    def doubtful(self) -> bool:
        return self.confidence < DOUBT

    def name(self, names: Mapping[str, str]) -> str:
        """A name of the site file in the language that is spoken, else in the first one given."""
        return names.get(self.language) or next(iter(names.values()), "")

    @property
    def plans(self) -> list[MedicationPlan]:
        """The medicines of who asks."""
        return [plan for plan in self.site.medication if self.resident and plan.resident == self.resident.id]

    @property
    def own_reminders(self) -> list[Reminder]:
        """Those of who asks, the next first."""
        return sorted((r for r in self.reminders if self.resident and r.resident_id == self.resident.id),
                      key=lambda reminder: reminder.at_s)

    @property
    def latest(self) -> Reminder | None:
        """The reminder that was set last, as long as what is said may be a correction of it."""
        fresh = [r for r in self.own_reminders if self.now.timestamp() - r.set_s < CORRECTED_S]
        return max(fresh, key=lambda reminder: (reminder.set_s, list(self.reminders).index(reminder)), default=None)

    @property
    def just_cancelled(self) -> list[Reminder]:
        """Those that were cancelled by the last words about it, as long as they may be taken back."""
        last_s = max((at_s for _, at_s in self.cancelled), default=0.0)
        mine = [one for one, at_s in self.cancelled if at_s == last_s and self.resident
                and one.resident_id == self.resident.id]
        return mine if self.now.timestamp() - last_s < TAKEN_BACK_S else []

    @property
    def just_told(self) -> Reminder | None:
        """What she has just been reminded of, and may want to be again."""
        one, at_s = self.reminded or (None, 0.0)
        return one if self.now.timestamp() - at_s < TOLD_AGAIN_S else None

    def local(self, reminder: Reminder) -> datetime:
        """When it is due, in the site's time."""
        return datetime.fromtimestamp(reminder.at_s, self.now.tzinfo)
