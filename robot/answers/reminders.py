"""Reminders that somebody asks for: set, listed, cancelled."""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, EndReminder, SetReminder
from robot.answers.doses import instead_of_dose
from robot.answers.known import Known
from robot.reminder import Reminder
from robot.spoken import spoken_list, spoken_moment, spoken_series, yours
from robot.when import PARTS, WEEK, When, first_day, resolve

SAME_MINUTE_S = 60.0
SPAN, DAY = ("hours", "minutes", "days"), ("day", "date", "month", "week")
CLOCK = ("hour", "minute", "before", "clock", "meal", "side")
TIME = (*SPAN, *DAY, *CLOCK, "part", "every", "odd")
# Who says one of the first takes back the second: "no, at eight" keeps the day and the evening, "at noon" not this.
REPLACES = ((SPAN, TIME), (("day", "date"), ("day", "date", "month", *SPAN)), (("week",), DAY),
            (CLOCK, (*CLOCK, *SPAN)), (("clock", "meal"), ("part",)),
            (("part",), ("part", "clock", "meal", "side", *SPAN)), (("every",), ("every", *DAY)))

Slots = Mapping[str, str]


def set_reminder(known: Known) -> Answer:
    """Asks for the time where none was said, and back where another one may have been meant or heard."""
    if known.resident is None:
        return NOT_KNOWN
    if of_dose := instead_of_dose(known):
        return of_dose
    if "odd" in known.slots:
        return Answer("reminder.odd")

    def corrected(slots: Slots) -> Answer:
        return set_reminder(replace(known, confidence=1.0, slots=_corrected(known.slots, slots)))
    when = _when(known.slots, known.now)
    if when is None:
        return Answer("reminder.when", ask=("when", "reminder_set", "no"), then=lambda intent, slots: (
            corrected(slots) if slots.keys() & set(TIME) else LEFT_ALONE))
    what, every = yours(known.slots.get("what", ""), known.language), int(known.slots.get("every", 0))
    # The same wish is the same reminder, however often it is said.
    time = f"{every}/{when.at.weekday() % every}/{when.at:%H:%M}" if every else f"{when.at.timestamp() // 60:.0f}"
    wish = f"{known.resident.id}/{time}/{what}"
    reminder = Reminder(str(uuid.uuid5(uuid.NAMESPACE_OID, wish)), known.resident.id, when.at.timestamp(), what, every)
    slots = {"when": _moment(reminder, known), "what": what}
    kind = "_of" if what else ""
    wanted = Answer(f"reminder.set{kind}", slots, (SetReminder(reminder),))
    if when.sure and not known.doubtful:
        return wanted

    def agreed(intent: str, slots: Slots) -> Answer:
        times = slots.keys() & set(TIME)
        better = _corrected(known.slots, slots)
        same = _when(better, known.now)
        if "odd" in slots or times and not (
                same and same.at == when.at and better.get("every") == known.slots.get("every")):
            return corrected(slots)  # "no, at seven in the morning"
        return wanted if times or intent == "yes" else LEFT_ALONE
    return Answer(f"reminder.confirm{kind}", slots, ask=("yes", "when", "reminder_set", "no"), then=agreed)


def list_reminders(known: Known) -> Answer:
    if known.resident is None:
        return NOT_KNOWN
    told = [f"{_moment(reminder, known)}{': ' if reminder.what else ''}{reminder.what}"
            for reminder in known.own_reminders]
    return Answer("reminder.list", {"reminders": spoken_list(told, known.language)}) if told else \
        Answer("reminder.none")


def cancel_reminder(known: Known) -> Answer:
    """The one of that time or errand; without either, the only one. Of several, the robot asks which."""
    if known.resident is None:
        return NOT_KNOWN
    mine = known.own_reminders
    if not mine:
        return Answer("reminder.none")
    fit = [reminder for reminder in mine if _is_meant(reminder, known)]
    if not fit:
        return replace(list_reminders(known), phrase="reminder.no_such")
    if len(fit) > 1:
        return replace(list_reminders(known), phrase="reminder.which", ask=("when", "reminder_cancel", "no"),
                       then=lambda intent, slots: cancel_reminder(replace(known, slots=slots)) if slots
                       else LEFT_ALONE)
    slots = {"when": _moment(fit[0], known)}
    return Answer("reminder.cancelled", slots, (EndReminder(fit[0].reminder_id, "cancelled"),))


# --- inside -----------------------------------------------------------------------------------------------------------
def _when(slots: Slots, now: datetime) -> When | None:
    """The moment that is meant; of another day than today alone its morning, which is asked about. None where a day is
    wanting, or the hour, or where there is no such day."""
    weekly = slots.get("every") == str(len(WEEK)) or "week" in slots
    if weekly and not slots.keys() & {"day", "date"}:
        return None
    day = first_day(slots, now.date())
    alone = resolve(slots, now) is None and day is not None and day > now.date()
    return resolve({**slots, "part": "morning"}, now) if alone else resolve(slots, now)


def _corrected(slots: Slots, said: Slots) -> dict[str, str]:
    """What was wanted, with what was said about its time since."""
    gone = {slot for group, also in REPLACES if said.keys() & set(group) for slot in also}
    kept = {slot: value for slot, value in slots.items() if slot not in gone}
    return {**kept, **{slot: value for slot, value in said.items() if slot in TIME or slot not in slots}}


def _is_meant(reminder: Reminder, known: Known) -> bool:
    """Whether all that was said of it fits."""
    slots, at, what = known.slots, known.local(reminder), yours(known.slots.get("what", ""), known.language)
    if "odd" in slots or int(slots.get("every", 0)) not in (0, reminder.every):
        return False
    if what and (not reminder.what or what not in reminder.what and reminder.what not in what):
        return False
    return _is_on_its_day(at, slots, known.now) and _is_at_its_time(at, slots, known.now)


def _is_on_its_day(at: datetime, slots: Slots, now: datetime) -> bool:
    week = (at.date() - timedelta(days=at.weekday())) - (now.date() - timedelta(days=now.weekday()))
    if slots.get("week") == "1" and week != timedelta(days=7):
        return False
    if slots.get("day") in WEEK:
        return at.weekday() == WEEK.index(slots["day"])
    if "day" in slots:
        return at.date() == now.date() + timedelta(days=int(slots["day"]))
    return all(int(slots.get(slot, value)) == value for slot, value in (("date", at.day), ("month", at.month)))


def _is_at_its_time(at: datetime, slots: Slots, now: datetime) -> bool:
    when = resolve({slot: value for slot, value in slots.items() if slot not in DAY}, now)
    if when is None:
        return True
    if slots.keys() & set(SPAN):
        return abs((at - when.at).total_seconds()) < SAME_MINUTE_S
    if "part" in slots and not slots.keys() & set(CLOCK):
        begin, end = PARTS[slots["part"]]
        return begin <= at.hour < end or begin <= at.hour + 24 < end
    minutes = abs((at.hour * 60 + at.minute) - (when.at.hour * 60 + when.at.minute))
    return minutes == 0 or not when.sure and minutes % 720 == 0


def _moment(reminder: Reminder, known: Known) -> str:
    at = known.local(reminder)
    return spoken_series(at, reminder.every, known.language) if reminder.every else \
        spoken_moment(at, known.now, known.language)
