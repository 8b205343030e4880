"""Reminders that somebody asks for: set, listed, cancelled."""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, EndReminder, SetReminder
from robot.answers.doses import instead_of_dose
from robot.answers.known import Known
from robot.reminder import Reminder
from robot.spoken import spoken_list, spoken_moment, spoken_series, yours
from robot.when import When, resolve

SAME_MINUTE_S = 60.0


def set_reminder(known: Known) -> Answer:
    """Asks for the time where none was said, and back where another one may have been meant or heard."""
    if known.resident is None:
        return NOT_KNOWN
    if of_dose := instead_of_dose(known):
        return of_dose
    if "odd" in known.slots:
        return Answer("reminder.odd")
    when = _when(known.slots, known.now)
    if when is None:
        return Answer("reminder.when", ask=("when", "reminder_set", "no"), then=lambda intent, slots: (
            set_reminder(replace(known, slots={**known.slots, **slots}))
            if slots.keys() & {"every", "week", "odd"} or _when(slots, known.now) else LEFT_ALONE))
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

    def agreed(intent: str, slots: Mapping[str, str]) -> Answer:
        again = _when(slots, known.now)
        if again and again.at != when.at:  # "no, at seven in the morning"
            kept = {slot: known.slots[slot] for slot in ("what", "errand", "every") if slot in known.slots}
            return set_reminder(replace(known, confidence=1.0, slots={**kept, **slots}))
        return wanted if again or intent == "yes" else LEFT_ALONE
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


def _is_meant(reminder: Reminder, known: Known) -> bool:
    what, when = yours(known.slots.get("what", ""), known.language), resolve(known.slots, known.now)
    if what and what not in reminder.what and reminder.what not in what:
        return False
    if int(known.slots.get("every", 0)) not in (0, reminder.every):
        return False
    at = known.local(reminder)
    if when is None:
        day = _when(known.slots, known.now)
        return day is None or day.at.date() == at.date()
    half_day = abs((at.hour * 60 + at.minute) - (when.at.hour * 60 + when.at.minute)) % 720 == 0
    return abs(reminder.at_s - when.at.timestamp()) < SAME_MINUTE_S or (not when.sure and half_day)


def _when(slots: Mapping[str, str], now: datetime) -> When | None:
    """The moment that is meant; of a day alone its morning, which is asked about."""
    return resolve(slots, now) or (
        resolve({**slots, "part": "morning"}, now) if "day" in slots or "date" in slots else None)


def _moment(reminder: Reminder, known: Known) -> str:
    at = known.local(reminder)
    return spoken_series(at, reminder.every, known.language) if reminder.every else \
        spoken_moment(at, known.now, known.language)
