"""What is said of a reminder after it was set: corrections of its time and errand, and that it is to be put back."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from robot.answers.contents import Answer, Deed, EndReminder, SetReminder
from robot.answers.known import Known
from robot.answers.reminder_list import cancel_reminder, listed, which_one
from robot.answers.which_reminder import Slots, called, in_errand, meant
from robot.reminder import Reminder
from robot.when import CLOCK, DAY, SPAN, WEEK, When, first_day, resolve

TIME = (*SPAN, *DAY, *CLOCK, "part", "every", "odd", "past", "unclear")
# What can only be said of a reminder that was set.
MENDS = ("change", "shift", "undo", "right", "instead")
# Who says one of the first takes back the second: "no, at eight" keeps the day and the evening, "at noon" not this.
REPLACES = ((SPAN, TIME), (("day", "date", "feast"), (*DAY[:-2], "feast", *SPAN)), (("week",), DAY),
            (("past", "unclear"), TIME), (TIME, ("past", "unclear")), (CLOCK, (*CLOCK, *SPAN)),
            (("clock", "meal"), ("part",)),
            (("part",), ("part", "clock", "meal", "side", *SPAN)), (("every",), ("every", *DAY)))
HALF_DAY = 12
MORE = {"en": "{} for {}", "ja": "{}、{}"}  # an errand, and what it is for
NEAR = timedelta(hours=3)  # corrected by more, it may be for the other half of the day: "no, at two", of eleven
# Sets what is wanted now, in place of what was before.
Sets = Callable[[Known, Reminder | None], Answer | None]


def change(known: Known, sets: Sets) -> Answer | None:
    """Another time or errand for the reminder that was set just now, or of which she says what it is of. A bare "no, at
    six" that is about none was not said to the robot."""
    slots = known.slots
    by = called(slots)
    if not known.latest and slots.get("change") == "wish":  # "not at seven, tell me at eleven"
        return sets(replace(known, slots=corrected({}, slots)), None)
    if not known.latest and not by and slots.get("change") != "named":
        return None
    fit = [known.latest] if known.latest and not by else meant(replace(known, slots=by))
    if not fit:
        return listed("reminder.no_such", known, known.own_reminders)
    if len(fit) > 1:
        return which_one(fit, known, lambda said: _moved(fit, slots, replace(known, slots=said), sets))
    return _moved(fit, slots, replace(known, slots={}), sets)


def put_back(known: Known) -> Answer | None:
    """What was cancelled just now."""
    gone = known.just_cancelled
    return replace(listed("reminder.put_back", known, gone), deeds=tuple(map(SetReminder, gone))) if gone else None


def instead(known: Known) -> Answer | None:
    """"No, I meant the library": that is cancelled, and what was cancelled just now is put back."""
    back = put_back(known)
    if not back:
        return None
    both = after(known, back.deeds)
    told = cancel_reminder(replace(both, slots={"which": known.slots["instead"]}))
    return replace(back, then=lambda intent, said: told)


def after(known: Known, deeds: Sequence[Deed]) -> Known:
    """What is known once these are done."""
    ended = {deed.reminder_id for deed in deeds if isinstance(deed, EndReminder)}
    new = [deed.reminder for deed in deeds if isinstance(deed, SetReminder)]
    return replace(known, reminders=[*(one for one in known.reminders if one.reminder_id not in ended), *new])


def corrected(slots: Slots, said: Slots) -> dict[str, str]:
    """What was wanted, with what was said about it since."""
    gone = {slot for group, also in REPLACES if said.keys() & set(group) for slot in also}
    kept = {slot: value for slot, value in slots.items() if slot not in gone}
    return {**kept, **{slot: value for slot, value in said.items()
                       if slot in TIME or slot not in (*slots, *MENDS)}}


def numbered(said: Slots, from_now: bool) -> Slots:
    """A bare number, "make it forty": minutes where such were said before, else the hour."""
    number = int(said.get("number", 0))
    unit = "minutes" if from_now or number > 2 * HALF_DAY else "hour"
    return {**{slot: value for slot, value in said.items() if slot != "number"}, unit: str(number)} if number else said


def when_meant(slots: Slots, now: datetime) -> When | None:
    """The moment that is meant; of another day than today alone its morning, which is asked about. None where a day is
    wanting, or the hour, or where there is no such day."""
    weekly = slots.get("every") == str(len(WEEK)) or "week" in slots
    if weekly and not slots.keys() & {"day", "date"}:
        return None
    day = first_day(slots, now.date())
    alone = resolve(slots, now) is None and day is not None and day > now.date()
    return resolve({**slots, "part": "morning"}, now) if alone else resolve(slots, now)


# --- inside -----------------------------------------------------------------------------------------------------------
def _moved(among: Sequence[Reminder], said: Slots, known: Known, sets: Sets) -> Answer | None:
    """The one of these that is meant, with what was said."""
    fit = meant(replace(known, reminders=among))
    if len(fit) != 1:
        return listed("reminder.no_such", known, among)
    slots = _mended(fit[0], said, known)
    return sets(replace(known, slots=slots), fit[0]) if slots else None


def _mended(old: Reminder, said: Slots, known: Known) -> dict[str, str] | None:
    """The slots of a reminder once it is put right, None where there is nothing of it to be put right. Its new time is
    the nearest to its old one, where that leaves a choice."""
    if "right" in said:
        right = in_errand(old.what, said["wrong"], said["right"])
        return {**_kept(old, known), "what": right} if right else None
    if said.get("change") in ("errand", "more"):
        joined = MORE.get(known.language, "{}，{}") if said["change"] == "more" else "{1}"
        return {**_kept(old, known), "what": joined.format(old.what, said["what"])}
    if "shift" in said:
        span = int(said["shift"]) * sum(map(_length, SPAN, (said.get(slot, "0") for slot in SPAN)), timedelta())
        return _kept(replace(old, at_s=old.at_s + span.total_seconds()), known)
    if "past_hour" in said:  # "make it quarter past"
        said = {"hour": _kept(old, known)["hour"], "minute": said["past_hour"]}
    said = {slot: value for slot, value in numbered(said, old.from_now).items() if slot in TIME}
    slots = corrected(_kept(old, known), said)
    when = when_meant(slots, known.now)
    if not when or not when.sure or abs(_clock(known.local(old)) - _clock(when.at)) > NEAR:
        slots = {slot: value for slot, value in slots.items() if slot in said or slot != "part"}
    return slots


def _kept(old: Reminder, known: Known) -> dict[str, str]:
    """The slots of a reminder that was set."""
    at, kept = known.local(old), {"what": old.what, **({"every": str(old.every)} if old.every else {})}
    day = WEEK[at.weekday()] if old.every == len(WEEK) else str((at.date() - known.now.date()).days)
    kept |= {"hour": str((at.hour - 1) % HALF_DAY + 1), "minute": str(at.minute),
             "part": "am" if at.hour < HALF_DAY else "pm", **({} if old.every == 1 else {"day": day})}
    return kept


def _length(unit: str, count: str) -> timedelta:
    return timedelta(minutes=int(count)) if unit == "soon" else timedelta(**{unit: int(count)})


def _clock(at: datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)
