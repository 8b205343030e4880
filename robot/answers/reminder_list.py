"""Reminders that were asked for: listed, asked about, cancelled."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, EndReminder
from robot.answers.known import Known
from robot.answers.which_reminder import OF, Slots, meant, named_in
from robot.answers.wishes import service, taken_back
from robot.reminder import Reminder
from robot.spoken import spoken_errand, spoken_errands, spoken_moment, spoken_series

TOLD = 3  # so many are told at a time


def list_reminders(known: Known, told: int = 0) -> Answer:
    """The next ones, or that which is asked about, or was cancelled; `told`: so many have been read out."""
    if known.resident is None:
        return NOT_KNOWN
    if "cancelled" in known.slots:
        gone = known.just_cancelled
        return listed("reminder.were_cancelled" if gone else "reminder.list", known, gone or known.own_reminders)
    some = meant(known) if known.slots.keys() & {"which", "nth"} or any(slot.startswith(OF) for slot in known.slots) \
        else known.own_reminders[told:]
    more = len(some) - TOLD
    if more <= 0:
        return listed("reminder.list", known, some)
    return Answer("reminder.list_more", {"reminders": _told(some[:TOLD], known), "more": str(more)}, ask=("yes", "no"),
                  then=lambda intent, _: list_reminders(known, told + TOLD) if intent == "yes" else LEFT_ALONE)


def tell_reminders(known: Known, which: Sequence[Reminder]) -> Answer:
    """Of these: when they are."""
    return listed("reminder.list", known, which[:TOLD])


def cancel_reminder(known: Known) -> Answer | None:
    """Those of that time or errand, or all that are meant; with nothing said, the only one. Of several, the robot asks
    which; also where it is not sure that a reminder is what is meant."""
    if known.resident is None:
        return NOT_KNOWN
    unnamed = not known.slots.keys() - {"last"}  # by its gist, or "cancel it"
    since = known.latest and known.wish and known.latest.set_s >= known.wish.at_s
    if known.wish and unnamed and not since and not named_in(known.words, known):
        return taken_back(known)
    fit = meant(known)
    if len(fit) > 1 and unnamed:
        fit = named_in(known.words, known) or fit
    if not fit or "all" in known.slots and not known.own_reminders:
        return listed("reminder.no_such", known, known.own_reminders) if "all" not in known.slots \
            or "named" in known.slots else None
    if len(fit) > 1 and "all" not in known.slots:
        return which_one(fit, known, lambda slots: cancel_reminder(
            replace(known, slots={**slots, "sure": "1"}, reminders=fit, confidence=1.0)))
    kind = "_all" if len(fit) > 1 else "_of" if fit[0].what else ""
    slots = {"when": moment(fit[0], known), "what": fit[0].what, "reminders": _told(fit, known)}
    cancelled = Answer(f"reminder.cancelled{kind}", slots, tuple(
        EndReminder(reminder.reminder_id, "cancelled", known.now.timestamp()) for reminder in fit))
    plain = not unnamed or "last" in known.slots and known.latest  # "it" may be a light
    if "all" in known.slots and "sure" not in known.slots:  # "no more reminders" may be said of the last one only
        plain = "named" in known.slots and known.slots["all"] != "bare"
    if plain and not known.doubtful:
        return cancelled
    return Answer(f"reminder.confirm_cancel{kind}", slots, ask=("yes", "no", "thanks"),
                  then=lambda intent, slots: cancelled if intent in ("yes", "thanks") else LEFT_ALONE)


def called_off(known: Known) -> Answer | None:
    """A wish that others are told; where something is called off, perhaps a reminder of it instead."""
    which = _called_off(known) if known.resident and known.slots.keys() & {"back", "off"} else ""
    return cancel_reminder(replace(known, slots={"which": which})) if which else service(known)


def which_one(fit: Sequence[Reminder], known: Known, then: Callable[[Slots], Answer]) -> Answer:
    return replace(listed("reminder.which", known, fit), ask=("when", "reminder_cancel", "which", "no"),
                   then=lambda intent, slots: then(slots) if slots else LEFT_ALONE)


def listed(phrase: str, known: Known, reminders: Sequence[Reminder]) -> Answer:
    return Answer(phrase, {"reminders": _told(reminders, known)}) if reminders else Answer("reminder.none")


def moment(reminder: Reminder, known: Known) -> str:
    at = known.local(reminder)
    return spoken_series(at, reminder.every, known.language) if reminder.every else \
        spoken_moment(at, known.now, known.language)


# --- inside -----------------------------------------------------------------------------------------------------------
def _called_off(known: Known) -> str:
    """The errand of the reminder that is called off by these words, rather than what others were asked for."""
    which = known.slots.get("off", "")
    fit = meant(replace(known, slots={"what": which})) if which else named_in(known.words, known)
    return (which or fit[0].what) if fit else ""


def _told(reminders: Sequence[Reminder], known: Known) -> str:
    return spoken_errands([spoken_errand(moment(reminder, known), reminder.what, known.language)
                           for reminder in reminders], known.language)
