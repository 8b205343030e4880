"""Reminders that somebody asks for: set, corrected, listed, cancelled."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, Deed, EndReminder, SetReminder
from robot.answers.doses import instead_of_dose
from robot.answers.known import Known
from robot.answers.which_reminder import is_errand, meant
from robot.answers.wishes import taken_back
from robot.reminder import Reminder
from robot.spoken import spoken_errand, spoken_errands, spoken_moment, spoken_series, yours
from robot.when import CLOCK, DAY, SPAN, WEEK, When, first_day, resolve

TIME = (*SPAN, *DAY, *CLOCK, "part", "every", "odd")
# Who says one of the first takes back the second: "no, at eight" keeps the day and the evening, "at noon" not this.
REPLACES = ((SPAN, TIME), (("day", "date"), ("day", "date", "month", "months", *SPAN)), (("week",), DAY),
            (CLOCK, (*CLOCK, *SPAN)), (("clock", "meal"), ("part",)),
            (("part",), ("part", "clock", "meal", "side", *SPAN)), (("every",), ("every", *DAY)))
NEAR = timedelta(hours=3)  # corrected by more, it may be for the other half of the day: "no, at two", of eleven

Slots = Mapping[str, str]


def set_reminder(known: Known, old: Reminder | None = None) -> Answer | None:
    """Asks for the time where none was said, and back where another one may have been meant or heard. It takes the
    place of `old`."""
    if known.resident is None:
        return NOT_KNOWN
    if "change" in known.slots:
        return _change(known)
    if of_dose := instead_of_dose(known):
        return of_dose
    if "odd" in known.slots:
        return Answer("reminder.odd")
    when, what = _when(known.slots, known.now), _what(known)
    kind = "_of" if what else ""
    if when is None:
        return _question(Answer(f"reminder.when{kind}", {"what": what}), known, old)
    every = int(known.slots.get("every", 0))
    # The same wish is the same reminder, however often it is said.
    time = f"{every}/{when.at.weekday() % every}/{when.at:%H:%M}" if every else f"{when.at.timestamp() // 60:.0f}"
    wish = f"{known.resident.id}/{time}/{what.lower()}"
    reminder = Reminder(str(uuid.uuid5(uuid.NAMESPACE_OID, wish)), known.resident.id, when.at.timestamp(), what, every,
                        f"{when.at:%H:%M}" if every else "", known.now.timestamp())
    slots = {"when": _moment(reminder, known), "what": what}
    over = (EndReminder(old.reminder_id, "cancelled"),) if old and old.reminder_id != reminder.reminder_id else ()
    wanted = Answer(f"reminder.{'changed' if old else 'set'}{kind}", slots, (SetReminder(reminder), *over))
    if when.sure and not known.doubtful:
        return wanted
    return _question(Answer(f"reminder.confirm{kind}", slots), known, old, when, wanted)


def list_reminders(known: Known) -> Answer:
    return _listed("reminder.list", known, known.own_reminders) if known.resident else NOT_KNOWN


def cancel_reminder(known: Known) -> Answer:
    """Those of that time or errand, or all that are meant; with nothing said, the only one. Of several, the robot asks
    which; also where it is not sure that a reminder is what is meant."""
    if known.resident is None:
        return NOT_KNOWN
    if known.wish and known.slots.keys() <= {"last"} and not (known.latest and known.latest.set_s >= known.wish.at_s):
        return taken_back(known)
    fit = meant(known)
    if not fit:
        return _listed("reminder.no_such", known, known.own_reminders)
    if len(fit) > 1 and "all" not in known.slots:
        return _which_one(fit, known, lambda slots: cancel_reminder(
            replace(known, slots=slots, reminders=fit, confidence=1.0)))
    kind = "_all" if len(fit) > 1 else "_of" if fit[0].what else ""
    slots = {"when": _moment(fit[0], known), "what": fit[0].what, "reminders": _told(fit, known)}
    cancelled = Answer(f"reminder.cancelled{kind}", slots, tuple(
        EndReminder(reminder.reminder_id, "cancelled") for reminder in fit))
    plain = known.slots.keys() - {"last"} or "last" in known.slots and known.latest  # "it" may be a light
    if plain and not known.doubtful:
        return cancelled
    return Answer(f"reminder.confirm_cancel{kind}", slots, ask=("yes", "no"),
                  then=lambda intent, slots: cancelled if intent == "yes" else LEFT_ALONE)


# --- inside -----------------------------------------------------------------------------------------------------------
def _question(asks: Answer, known: Known, old: Reminder | None, when: When | None = None,
              wanted: Answer | None = None) -> Answer:
    """What is not certain of a wish; `wanted` if she agrees to `when`. Another wish that she has meanwhile is settled
    first, and then it is asked again."""
    def then(intent: str, said: Slots) -> Answer:
        if intent == "reminder_list":
            return _then_back(list_reminders(known), known, old)
        if _is_another(said, known):
            return _then_back(set_reminder(replace(known, slots=said, confidence=1.0)), known, old)
        times, better = said.keys() & set(TIME), _corrected(known.slots, said)
        same = _when(better, known.now) if wanted else None
        agreed = same and same.at == when.at and better.get("every") == known.slots.get("every")
        if "odd" in said or times and not agreed or better.get("what") != known.slots.get("what"):
            return set_reminder(replace(known, slots=better, confidence=1.0), old)  # "no, at seven in the morning"
        return wanted if wanted and (times or intent == "yes") else LEFT_ALONE
    return replace(asks, ask=(*(("yes",) if wanted else ()), "when", "reminder_set", "reminder_list", "no"), then=then)


def _is_another(said: Slots, known: Known) -> bool:
    """Whether it is of something else than the wish that is open; a wish of a bare time may yet get its errand."""
    if "wakes" in said or "which" in said:
        return "wakes" not in known.slots or "which" in said
    return bool(said.get("what") and _what(known) and not is_errand(said["what"], _what(known), known.language))


def _then_back(told: Answer, known: Known, old: Reminder | None) -> Answer:
    """Something else that she wanted, and once that is settled what is still open."""
    after = _after(known, told.deeds)
    return replace(told, then=lambda intent, said: _then_back(told.then(intent, said), after, old) if told.then
                   else set_reminder(after, old))


def _after(known: Known, deeds: Sequence[Deed]) -> Known:
    ended = {deed.reminder_id for deed in deeds if isinstance(deed, EndReminder)}
    new = [deed.reminder for deed in deeds if isinstance(deed, SetReminder)]
    return replace(known, reminders=[*(one for one in known.reminders if one.reminder_id not in ended), *new])


def _change(known: Known) -> Answer | None:
    """Another time for the reminder that was set just now, or of which she says what it is of. A bare "no, at six" that
    is about none was not said to the robot."""
    if not known.latest and known.slots["change"] == "wish":  # "not at seven, tell me at eleven"
        return set_reminder(replace(known, slots=_corrected({}, known.slots)))
    if not known.latest and known.slots["change"] != "named":
        return None
    said = {slot: value for slot, value in known.slots.items() if slot in TIME}
    which = known.slots.get("which", "")
    fit = [known.latest] if known.latest and not which else meant(replace(known, slots={"what": which}))
    if not fit:
        return _listed("reminder.no_such", known, known.own_reminders)
    if len(fit) > 1:
        return _which_one(fit, known, lambda slots: _moved(fit, said, replace(known, slots=slots)))
    return _moved(fit, said, replace(known, slots={}))


def _which_one(fit: Sequence[Reminder], known: Known, then: Callable[[Slots], Answer]) -> Answer:
    return replace(_listed("reminder.which", known, fit), ask=("when", "reminder_cancel", "no"),
                   then=lambda intent, slots: then(slots) if slots else LEFT_ALONE)


def _moved(among: Sequence[Reminder], said: Slots, known: Known) -> Answer:
    """The one of these that is meant, at the time that was said: nearest to its own, where that leaves a choice."""
    fit = meant(replace(known, reminders=among))
    if len(fit) != 1:
        return _listed("reminder.no_such", known, among)
    old = fit[0]
    at, kept = known.local(old), {"what": old.what, **({"every": str(old.every)} if old.every else {})}
    day = WEEK[at.weekday()] if old.every == len(WEEK) else str((at.date() - known.now.date()).days)
    kept |= {"hour": str((at.hour - 1) % 12 + 1), "minute": str(at.minute), "part": "am" if at.hour < 12 else "pm",
             **({} if old.every == 1 else {"day": day})}
    slots = _corrected(kept, said)
    when = _when(slots, known.now)
    if not when or not when.sure or abs(_clock(known.local(old)) - _clock(when.at)) > NEAR:
        slots = {slot: value for slot, value in slots.items() if slot in said or slot != "part"}
    return set_reminder(replace(known, slots=slots), old)


def _clock(at: datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


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
    """What was wanted, with what was said about it since."""
    gone = {slot for group, also in REPLACES if said.keys() & set(group) for slot in also}
    kept = {slot: value for slot, value in slots.items() if slot not in gone}
    return {**kept, **{slot: value for slot, value in said.items()
                       if slot in TIME or slot not in (*slots, "change")}}


def _what(known: Known) -> str:
    """Her errand, or what the robot says to wake her."""
    return yours(known.slots.get("what") or known.slots.get("wakes", ""), known.language)


def _listed(phrase: str, known: Known, reminders: Sequence[Reminder]) -> Answer:
    return Answer(phrase, {"reminders": _told(reminders, known)}) if reminders else Answer("reminder.none")


def _told(reminders: Sequence[Reminder], known: Known) -> str:
    return spoken_errands([spoken_errand(_moment(reminder, known), reminder.what, known.language)
                           for reminder in reminders], known.language)


def _moment(reminder: Reminder, known: Known) -> str:
    at = known.local(reminder)
    return spoken_series(at, reminder.every, known.language) if reminder.every else \
        spoken_moment(at, known.now, known.language)
