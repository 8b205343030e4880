"""Reminders that somebody asks for: set, corrected, listed, cancelled."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, Deed, EndReminder, SetReminder
from robot.answers.doses import instead_of_dose
from robot.answers.known import Known
from robot.answers.which_reminder import OF, called, in_errand, is_errand, meant, named_in
from robot.answers.wishes import service, taken_back
from robot.reminder import Reminder
from robot.spoken import spoken_errand, spoken_errands, spoken_moment, spoken_series, yours
from robot.when import CLOCK, DAY, SPAN, WEEK, When, first_day, just_gone, resolve

TIME = (*SPAN, *DAY, *CLOCK, "part", "every", "odd", "past", "unclear")
# What can only be said of a reminder that was set, or is one of its own beside an open question.
MENDS, OWN = ("change", "shift", "undo", "right", "instead"), ("wakes", "which", "timer")
# Who says one of the first takes back the second: "no, at eight" keeps the day and the evening, "at noon" not this.
REPLACES = ((SPAN, TIME), (("day", "date", "feast"), (*DAY[:-2], "feast", *SPAN)), (("week",), DAY),
            (("past", "unclear"), TIME), (TIME, ("past", "unclear")), (CLOCK, (*CLOCK, *SPAN)),
            (("clock", "meal"), ("part",)),
            (("part",), ("part", "clock", "meal", "side", *SPAN)), (("every",), ("every", *DAY)))
TOLD = 3  # so many are told at a time
HALF_DAY = 12
MORE = {"en": "{} for {}", "ja": "{}、{}"}  # an errand, and what it is for
NEAR = timedelta(hours=3)  # corrected by more, it may be for the other half of the day: "no, at two", of eleven

Slots = Mapping[str, str]


def set_reminder(known: Known, old: Reminder | None = None, asked: bool = False) -> Answer | None:
    """Asks for the time where none was said, and back where another one may have been meant or heard. It takes the
    place of `old`. `asked`: that has been asked before."""
    if known.resident is None:
        return NOT_KNOWN
    if "undo" in known.slots:
        return _put_back(known)
    if "instead" in known.slots:
        return _instead(known)
    if known.slots.keys() & set(MENDS):
        return _change(known)
    if "again" in known.slots and not _what(known) and known.just_told:
        known = replace(known, slots={**known.slots, "what": known.just_told.what})
    if of_dose := instead_of_dose(known):
        return of_dose
    if "odd" in known.slots:
        return Answer("reminder.odd")
    when, what = _when(known.slots, known.now), _what(known)
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
    slots = {"when": _moment(reminder, known), "what": what}
    over = (EndReminder(old.reminder_id, "cancelled"),) if old and old.reminder_id != reminder.reminder_id else ()
    wanted = Answer(f"reminder.{'changed' if old else 'set'}{kind}", slots, (SetReminder(reminder), *over))
    if when.sure and not known.doubtful:
        return wanted
    clock = [(when.at - timedelta(hours=hours)).time() for hours in (0, HALF_DAY)]
    ask = "gone" if "hour" in known.slots and just_gone(clock, known.slots, when.at, known.now) else "confirm"
    return _question(Answer(f"reminder.{ask}{kind}", slots), known, old, asked, when, wanted)


def list_reminders(known: Known, told: int = 0) -> Answer:
    """The next ones, or that which is asked about, or was cancelled; `told`: so many have been read out."""
    if known.resident is None:
        return NOT_KNOWN
    if "cancelled" in known.slots:
        gone = known.just_cancelled
        return _listed("reminder.were_cancelled" if gone else "reminder.list", known, gone or known.own_reminders)
    some = meant(known) if known.slots.keys() & {"which", "nth"} or any(slot.startswith(OF) for slot in known.slots) \
        else known.own_reminders[told:]
    more = len(some) - TOLD
    if more <= 0:
        return _listed("reminder.list", known, some)
    return Answer("reminder.list_more", {"reminders": _told(some[:TOLD], known), "more": str(more)}, ask=("yes", "no"),
                  then=lambda intent, _: list_reminders(known, told + TOLD) if intent == "yes" else LEFT_ALONE)


def tell_reminders(known: Known, which: Sequence[Reminder]) -> Answer:
    """Of these: when they are."""
    return _listed("reminder.list", known, which[:TOLD])


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
        return _listed("reminder.no_such", known, known.own_reminders) if "all" not in known.slots \
            or "named" in known.slots else None
    if len(fit) > 1 and "all" not in known.slots:
        return _which_one(fit, known, lambda slots: cancel_reminder(
            replace(known, slots={**slots, "sure": "1"}, reminders=fit, confidence=1.0)))
    kind = "_all" if len(fit) > 1 else "_of" if fit[0].what else ""
    slots = {"when": _moment(fit[0], known), "what": fit[0].what, "reminders": _told(fit, known)}
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


# --- inside -----------------------------------------------------------------------------------------------------------
def _question(asks: Answer, known: Known, old: Reminder | None, asked: bool, when: When | None = None,
              wanted: Answer | None = None) -> Answer:
    """What is not certain of a wish; `wanted` if she agrees to `when`. Another wish that she has meanwhile is settled
    first, and then it is asked again, once."""
    def then(intent: str, said: Slots) -> Answer:
        said = _numbered(said, bool(known.slots.keys() & set(SPAN)))
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
        times, better = said.keys() & set(TIME), _corrected(known.slots, said)
        same = _when(better, known.now) if wanted else None
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
    after = _after(known, told.deeds)
    return replace(told, then=lambda intent, said: _then_back(told.then(intent, said), after, old, asked)
                   if told.then else set_reminder(after, old, True))


def _after(known: Known, deeds: Sequence[Deed]) -> Known:
    ended = {deed.reminder_id for deed in deeds if isinstance(deed, EndReminder)}
    new = [deed.reminder for deed in deeds if isinstance(deed, SetReminder)]
    return replace(known, reminders=[*(one for one in known.reminders if one.reminder_id not in ended), *new])


def _change(known: Known) -> Answer | None:
    """Another time or errand for the reminder that was set just now, or of which she says what it is of. A bare "no, at
    six" that is about none was not said to the robot."""
    slots = known.slots
    by = called(slots)
    if not known.latest and slots.get("change") == "wish":  # "not at seven, tell me at eleven"
        return set_reminder(replace(known, slots=_corrected({}, slots)))
    if not known.latest and not by and slots.get("change") != "named":
        return None
    fit = [known.latest] if known.latest and not by else meant(replace(known, slots=by))
    if not fit:
        return _listed("reminder.no_such", known, known.own_reminders)
    if len(fit) > 1:
        return _which_one(fit, known, lambda said: _moved(fit, slots, replace(known, slots=said)))
    return _moved(fit, slots, replace(known, slots={}))


def _numbered(said: Slots, from_now: bool) -> Slots:
    """A bare number, "make it forty": minutes where such were said before, else the hour."""
    number = int(said.get("number", 0))
    unit = "minutes" if from_now or number > 2 * HALF_DAY else "hour"
    return {**{slot: value for slot, value in said.items() if slot != "number"}, unit: str(number)} if number else said


def _put_back(known: Known) -> Answer | None:
    """What was cancelled just now."""
    gone = known.just_cancelled
    return replace(_listed("reminder.put_back", known, gone), deeds=tuple(map(SetReminder, gone))) if gone else None


def _instead(known: Known) -> Answer | None:
    """"No, I meant the library": that is cancelled, and what was cancelled just now is put back."""
    back = _put_back(known)
    if not back:
        return None
    both = _after(known, back.deeds)
    told = cancel_reminder(replace(both, slots={"which": known.slots["instead"]}))
    return replace(back, then=lambda intent, said: told)


def _called_off(known: Known) -> str:
    """The errand of the reminder that is called off by these words, rather than what others were asked for."""
    which = known.slots.get("off", "")
    fit = meant(replace(known, slots={"what": which})) if which else named_in(known.words, known)
    return (which or fit[0].what) if fit else ""


def _which_one(fit: Sequence[Reminder], known: Known, then: Callable[[Slots], Answer]) -> Answer:
    return replace(_listed("reminder.which", known, fit), ask=("when", "reminder_cancel", "which", "no"),
                   then=lambda intent, slots: then(slots) if slots else LEFT_ALONE)


def _moved(among: Sequence[Reminder], said: Slots, known: Known) -> Answer:
    """The one of these that is meant, at the time that was said: nearest to its own, where that leaves a choice."""
    fit = meant(replace(known, reminders=among))
    if len(fit) != 1:
        return _listed("reminder.no_such", known, among)
    old = fit[0]
    if "right" in said:
        right = in_errand(old.what, said["wrong"], said["right"])
        return set_reminder(replace(known, slots={**_kept(old, known), "what": right}), old) if right else None
    if said.get("change") in ("errand", "more"):
        joined = MORE.get(known.language, "{}，{}") if said["change"] == "more" else "{1}"
        what = joined.format(old.what, said["what"])
        return set_reminder(replace(known, slots={**_kept(old, known), "what": what}), old)
    if "shift" in said:
        span = int(said["shift"]) * sum(map(_length, SPAN, (said.get(slot, "0") for slot in SPAN)), timedelta())
        return set_reminder(replace(known, slots=_kept(replace(old, at_s=old.at_s + span.total_seconds()), known)), old)
    if "past_hour" in said:  # "make it quarter past"
        said = {"hour": _kept(old, known)["hour"], "minute": said["past_hour"]}
    said = {slot: value for slot, value in _numbered(said, old.from_now).items() if slot in TIME}
    slots = _corrected(_kept(old, known), said)
    when = _when(slots, known.now)
    if not when or not when.sure or abs(_clock(known.local(old)) - _clock(when.at)) > NEAR:
        slots = {slot: value for slot, value in slots.items() if slot in said or slot != "part"}
    return set_reminder(replace(known, slots=slots), old)


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
                       if slot in TIME or slot not in (*slots, *MENDS)}}


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


# What may come between a question and its answer, and is settled before it is asked again.
OTHERS: dict[str, Callable[[Known], Answer | None]] = {
    "reminder_list": list_reminders, "reminder_cancel": cancel_reminder}
