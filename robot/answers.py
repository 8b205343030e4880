"""What the robot truthfully answers when it is talked to, and what it does for it. Pure: all that is known comes in.

Each intent of the sentence files that wants an answer has a function in ANSWERS. An answer is a phrase of
config/phrases and may be a question; then `then` makes the next answer of what is said to it. `deeds` are for whoever
has hands: the mission, or nobody in `anban talk`.
"""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from robot.site import MedicationPlan, Resident, Room, Site
from robot.spoken import spoken_date, spoken_list, spoken_moment, spoken_time
from robot.when import resolve

UNKNOWN = "dialogue.ask_nurse"
# Below this the words themselves are doubtful, and what would cost somebody a way is asked back first.
# A clear sentence of the synthetic voices has 0.6 and more with Whisper base.
DOUBT = 0.5
SAME_MINUTE_S = 60.0


# --- what may be known ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reminder:
    """What a resident wants to be reminded of (in their language, "": only that it is time), and when."""
    reminder_id: str
    resident_id: str
    at_s: float
    what: str


@dataclass(frozen=True)
class Measured:
    """The newest reading of one LOINC code."""
    value: float
    unit: str
    at_s: float


@dataclass(frozen=True)
class Known:
    """The situation in which something is said. `resident`: who asks, None where nobody can tell. `here`: the room of
    who asks where `here_is_theirs`, else the robot's own."""
    site: Site
    resident: Resident | None
    now: datetime
    language: str
    slots: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    confidence: float = 1.0
    reminders: Sequence[Reminder] = ()
    readings: Mapping[str, Measured] = field(default_factory=dict)
    here: Room | None = None
    here_is_theirs: bool = False

    @property
    def doubtful(self) -> bool:
        return self.confidence < DOUBT

    def name(self, names: Mapping[str, str]) -> str:
        """A name of the site file in the language that is spoken, else in the first one given."""
        return names.get(self.language) or next(iter(names.values()), "")


# --- what may be done -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Deed:
    """Something that an answer promises."""


@dataclass(frozen=True)
class SetReminder(Deed):
    reminder: Reminder


@dataclass(frozen=True)
class EndReminder(Deed):
    reminder_id: str
    outcome: str  # "told", "cancelled"


# --- answers ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """A phrase and what fills its slots; `deeds` are done before it is spoken. A question waits for the intents `ask`,
    and `then` answers what was said: an intent and its slots; "" where it was nothing of these."""
    phrase: str
    slots: Mapping[str, str] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    ask: tuple[str, ...] = ()
    then: Callable[[str, Mapping[str, str]], Answer] | None = None


def answer(intent: str, known: Known) -> Answer | None:
    """The answer to what was said, None for what wants none."""
    made = ANSWERS.get(intent)
    return made(known) if made else None


def _plain(phrase: str) -> Callable[[Known], Answer]:
    return lambda known: Answer(phrase)


def _confirmed(known: Known, phrase: str, slots: Mapping[str, str], wanted: Answer) -> Answer:
    """The wanted answer once it is agreed to."""
    return Answer(phrase, slots, ask=("yes", "no"),
                  then=lambda intent, _: wanted if intent == "yes" else Answer("dialogue.left_alone"))


# --- clock and plan ---------------------------------------------------------------------------------------------------
def _time(known: Known) -> Answer:
    return Answer("dialogue.time", {"time": spoken_time(known.now.time(), known.language)})


def _date(known: Known) -> Answer:
    return Answer("dialogue.date", {"date": spoken_date(known.now, known.language)})


def _plans(known: Known) -> list[MedicationPlan]:
    return [plan for plan in known.site.medication if known.resident and plan.resident == known.resident.id]


def _what_for(known: Known) -> Answer:
    purposes = [f"{known.name(plan.medicine)}: {plan.purpose[known.language]}" for plan in _plans(known)
                if known.language in plan.purpose]
    return Answer("dialogue.what_for", {"medicines": spoken_list(purposes, known.language)}) if purposes else \
        Answer(UNKNOWN)


def _plan(known: Known) -> Answer:
    if known.resident is None:
        return Answer(UNKNOWN)
    midnight = known.now.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = [(at, f"{known.name(plan.medicine)}, {known.name(plan.dose)}")
             for plan in _plans(known) for at in plan.times if at > known.now.time()]
    ahead += [(at.time(), reminder.what) for reminder in _reminders(known) if reminder.what
              and (at := _local(reminder, known)).date() == midnight.date()]
    if not ahead:
        return Answer("dialogue.plan_none")
    return Answer("dialogue.plan", {"plan": spoken_list([_entry(at, what, known.language)
                                                         for at, what in sorted(ahead)], known.language)})


def _entry(at: time, what: str, language: str) -> str:
    return f"{what}, at {spoken_time(at, language)}" if language == "en" else f"{spoken_time(at, language)}, {what}"


# --- reminders --------------------------------------------------------------------------------------------------------
def _reminders(known: Known) -> list[Reminder]:
    """Those of who asks, the next first."""
    return sorted((r for r in known.reminders if known.resident and r.resident_id == known.resident.id),
                  key=lambda reminder: reminder.at_s)


def _local(reminder: Reminder, known: Known) -> datetime:
    return datetime.fromtimestamp(reminder.at_s, known.now.tzinfo)


def _moment(reminder: Reminder, known: Known) -> str:
    return spoken_moment(_local(reminder, known), known.now, known.language)


def _set_reminder(known: Known) -> Answer:
    """Asks for the time where none was said, and back where another one may have been meant or heard."""
    if known.resident is None:
        return Answer(UNKNOWN)
    when = resolve(known.slots, known.now)
    if when is None:
        return Answer("reminder.when", ask=("when", "reminder_set", "no"), then=lambda intent, slots: (
            _set_reminder(replace(known, slots={**known.slots, **slots})) if resolve(slots, known.now)
            else Answer("dialogue.left_alone")))
    what = _yours(known.slots.get("what", ""), known.language)
    reminder = Reminder(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{known.resident.id}/{known.now.timestamp()}/{what}")),
                        known.resident.id, when.at.timestamp(), what)
    slots = {"when": _moment(reminder, known), "what": what}
    kind = "_of" if what else ""
    wanted = Answer(f"reminder.set{kind}", slots, (SetReminder(reminder),))
    if when.sure and not known.doubtful:
        return wanted

    def agreed(intent: str, slots: Mapping[str, str]) -> Answer:
        again = resolve(slots, known.now)
        if again and again.at != when.at:  # "no, at seven in the morning"
            return _set_reminder(replace(known, confidence=1.0, slots={"what": known.slots.get("what", ""), **slots}))
        return wanted if again or intent == "yes" else Answer("dialogue.left_alone")
    return Answer(f"reminder.confirm{kind}", slots, ask=("yes", "when", "reminder_set", "no"), then=agreed)


def _yours(what: str, language: str) -> str:
    """Her words from the robot's mouth: "my pills" are "your pills"."""
    yours = {"en": {"my": "your", "me": "you", "i": "you", "am": "are", "mine": "yours", "myself": "yourself"},
             "zh": {"我": "您"}}.get(language, {})
    if language == "en":
        return " ".join(yours.get(word, word) for word in what.split())
    return "".join(yours.get(character, character) for character in what)


def _list_reminders(known: Known) -> Answer:
    if known.resident is None:
        return Answer(UNKNOWN)
    told = [f"{_moment(reminder, known)}{': ' if reminder.what else ''}{reminder.what}"
            for reminder in _reminders(known)]
    return Answer("reminder.list", {"reminders": spoken_list(told, known.language)}) if told else \
        Answer("reminder.none")


def _cancel_reminder(known: Known) -> Answer:
    """The one of that time or errand; without either, the only one. Of several, the robot asks which."""
    if known.resident is None:
        return Answer(UNKNOWN)
    mine = _reminders(known)
    if not mine:
        return Answer("reminder.none")
    fit = [reminder for reminder in mine if _is_meant(reminder, known)]
    if not fit:
        return replace(_list_reminders(known), phrase="reminder.no_such")
    if len(fit) > 1:
        return replace(_list_reminders(known), phrase="reminder.which", ask=("when", "reminder_cancel", "no"),
                       then=lambda intent, slots: _cancel_reminder(replace(known, slots=slots)) if slots
                       else Answer("dialogue.left_alone"))
    slots = {"when": _moment(fit[0], known)}
    return Answer("reminder.cancelled", slots, (EndReminder(fit[0].reminder_id, "cancelled"),))


def _is_meant(reminder: Reminder, known: Known) -> bool:
    what, when = _yours(known.slots.get("what", ""), known.language), resolve(known.slots, known.now)
    if what and what not in reminder.what and reminder.what not in what:
        return False
    if when is None:
        return True
    at = _local(reminder, known)
    half_day = abs((at.hour * 60 + at.minute) - (when.at.hour * 60 + when.at.minute)) % 720 == 0
    return abs(reminder.at_s - when.at.timestamp()) < SAME_MINUTE_S or (not when.sure and half_day)


ANSWERS: dict[str, Callable[[Known], Answer]] = {
    "thanks": _plain("dialogue.thanks"), "time": _time, "date": _date, "plan": _plan, "what_for": _what_for,
    "reminder_set": _set_reminder, "reminder_list": _list_reminders, "reminder_cancel": _cancel_reminder,
}
