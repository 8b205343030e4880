"""Reminders that somebody asks for: set, and asked back where the time is wanting or in doubt."""
from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, EndReminder, SetReminder
from robot.answers.doses import instead_of_dose
from robot.answers.known import Known
from robot.answers.reminder_changes import (
    HALF_DAY,
    MENDS,
    TIME,
    after,
    change,
    corrected,
    instead,
    numbered,
    put_back,
    when_meant,
)
from robot.answers.reminder_list import cancel_reminder, list_reminders, moment
from robot.answers.which_reminder import Slots, called, is_errand
from robot.reminder import Reminder
from robot.spoken import yours
from robot.when import SPAN, When, just_gone

OWN = ("wakes", "which", "timer")  # what is said of a reminder of its own, beside an open question


def set_reminder(known: Known, old: Reminder | None = None, asked: bool = False) -> Answer | None:
    """Asks for the time where none was said, and back where another one may have been meant or heard. It takes the
    place of `old`. `asked`: that has been asked before."""
    if known.resident is None:
        return NOT_KNOWN
    if "undo" in known.slots:
        return put_back(known)
    if "instead" in known.slots:
        return instead(known)
    if known.slots.keys() & set(MENDS):
        return change(known, set_reminder)
    if "again" in known.slots and not _what(known) and known.just_told:
        known = replace(known, slots={**known.slots, "what": known.just_told.what})
    if of_dose := instead_of_dose(known):
        return of_dose
    if "odd" in known.slots:
        return Answer("reminder.odd")
    when, what = when_meant(known.slots, known.now), _what(known)
    kind = "_of" if what else ""
    if when is None:
        past = "past" if "past" in known.slots else "when"
        return _question(Answer(f"reminder.{past}{kind}", {"what": what}), known, old, asked)
    every = int(known.slots.get("every", 0))
    # The same wish is the same reminder, however often it is said.
    time = f"{every}/{when.at.weekday() % every}/{when.at:%H:%M}" if every else f"{when.at.timestamp() // 60:.0f}"
    wish = f"{known.resident.id}/{time}/{what.lower()}"
    from_now = bool(known.slots.keys() & set(SPAN))
    reminder = Reminder(str(uuid.uuid5(uuid.NAMESPACE_OID, wish)), known.resident.id, when.at.timestamp(), what, every,
                        f"{when.at:%H:%M}" if every else "", known.now.timestamp(), from_now)
    slots = {"when": moment(reminder, known), "what": what}
    over = (EndReminder(old.reminder_id, "cancelled"),) if old and old.reminder_id != reminder.reminder_id else ()
    wanted = Answer(f"reminder.{'changed' if old else 'set'}{kind}", slots, (SetReminder(reminder), *over))
    if when.sure and not known.doubtful:
        return wanted
    clock = [(when.at - timedelta(hours=hours)).time() for hours in (0, HALF_DAY)]
    ask = "gone" if "hour" in known.slots and just_gone(clock, known.slots, when.at, known.now) else "confirm"
    return _question(Answer(f"reminder.{ask}{kind}", slots), known, old, asked, when, wanted)


# --- inside -----------------------------------------------------------------------------------------------------------
def _question(asks: Answer, known: Known, old: Reminder | None, asked: bool, when: When | None = None,
              wanted: Answer | None = None) -> Answer:
    """What is not certain of a wish; `wanted` if she agrees to `when`. Another wish that she has meanwhile is settled
    first, and then it is asked again, once."""
    def then(intent: str, said: Slots) -> Answer:
        said = numbered(said, bool(known.slots.keys() & set(SPAN)))
        if is_errand(said.get("which", ""), _what(known), known.language):  # of the one that is asked about
            said = {slot: value for slot, value in said.items() if slot != "which"}
        now = replace(known, slots=said, confidence=1.0, words="")
        if intent == "reminder_cancel" and not said.keys() - {"last", "named"}:
            return LEFT_ALONE
        if intent in OTHERS and (other := OTHERS[intent](now)):
            return _then_back(other, known, old, asked)
        mends = said.keys() & set(MENDS) and not (wanted and called(said) == {} and "change" in said)
        if mends and (known.latest or called(said)) or _is_another(said, known):
            return _then_back(set_reminder(now), known, old, asked)
        times, better = said.keys() & set(TIME), corrected(known.slots, said)
        same = when_meant(better, known.now) if wanted else None
        agreed = same and same.at == when.at and better.get("every") == known.slots.get("every")
        if "odd" in said or times and not agreed or better.get("what") != known.slots.get("what"):
            return set_reminder(replace(known, slots=better, confidence=1.0), old)  # "no, at seven in the morning"
        return wanted if wanted and (times or intent == "yes") else LEFT_ALONE
    return replace(asks, ask=(*(("yes",) if wanted else ()), "when", "reminder_set", *OTHERS, "no"), then=then)


def _is_another(said: Slots, known: Known) -> bool:
    """Whether it is of something else than the wish that is open; a wish of a bare time may yet get its errand."""
    if said.keys() & set(OWN):
        return "wakes" not in known.slots or "wakes" not in said
    return bool(said.get("what") and _what(known) and not is_errand(said["what"], _what(known), known.language))


def _then_back(told: Answer, known: Known, old: Reminder | None, asked: bool) -> Answer:
    """Something else that she wanted, and once that is settled what is still open, if it was not `asked` again yet."""
    if asked:
        return told
    now = after(known, told.deeds)
    return replace(told, then=lambda intent, said: _then_back(told.then(intent, said), now, old, asked)
                   if told.then else set_reminder(now, old, True))


def _what(known: Known) -> str:
    """Her errand, or what the robot says to wake her."""
    return yours(known.slots.get("what") or known.slots.get("wakes", ""), known.language)


# What may come between a question and its answer, and is settled before it is asked again.
OTHERS: dict[str, Callable[[Known], Answer | None]] = {
    "reminder_list": list_reminders, "reminder_cancel": cancel_reminder}
