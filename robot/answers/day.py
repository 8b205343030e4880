"""The clock, and what a day brings: doses of the plan and reminders."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Day
from datetime import datetime, time

from robot.answers import calendar
from robot.answers.calendar import day_of
from robot.answers.contents import NOT_KNOWN, Answer
from robot.answers.known import Known
from robot.reminder import Reminder
from robot.spoken import spoken_list, spoken_moment, spoken_time
from robot.when import PARTS

# How something is said with its time, and a medicine with its dose.
TIMED = {"en": "{what}, {at}", "zh": "{at}{what}", "ja": "{at}に{what}", "ko": "{at}에 {what}"}
DOSE = {"en": "{medicine}, {dose}", "zh": "吃{medicine}，{dose}", "ja": "{medicine}、{dose}",
        "ko": "{medicine}, {dose}"}
FOR = {"en": "{medicine} is for {purpose}", "zh": "{medicine}是{purpose}的", "ja": "{medicine}は{purpose}のお薬です",
       "ko": "{medicine} {purpose} 약이에요"}


GUESSED = ("hour", "part")  # of the time that somebody takes it for
ABOUT_H = 0.2  # "is it nine?" at ten past


def time_of_day(known: Known) -> Answer:
    """The time; or whether it is the time, or the part of the day, that somebody takes it for."""
    told, slots = {"time": spoken_time(known.now.time(), known.language)}, known.slots
    if slots.keys().isdisjoint(GUESSED):
        return Answer("dialogue.time", told)
    return Answer("dialogue.guessed_right" if _is_now(slots, known.now) else "dialogue.guessed_wrong_time", told)


def _is_now(slots: Mapping[str, str], now: datetime) -> bool:
    hour = now.hour + now.minute / 60
    if "hour" in slots:
        said = int(slots["hour"]) + (int(slots.get("minute", 0)) - int(slots.get("before", 0))) / 60
        if abs((hour - said + 6) % 12 - 6) > ABOUT_H:
            return False
    begin, end = PARTS[slots["part"]] if "part" in slots else (0, 24)
    return begin <= hour < end or begin <= hour + 24 < end


def what_for(known: Known) -> Answer:
    purposes = [FOR[known.language].format(medicine=known.name(plan.medicine), purpose=plan.purpose[known.language])
                for plan in known.plans if known.language in plan.purpose]
    return Answer("dialogue.what_for", {"medicines": spoken_list(purposes, known.language)}) if purposes else \
        NOT_KNOWN


def plan(known: Known) -> Answer:
    """What is still to come on the day that was asked for. Where only the sense of it was understood, something else
    may have been asked, of which nothing is known here."""
    if "too" in known.slots and known.before and known.before.intent == "date":
        return calendar.date(known)
    if known.resident is None:
        return NOT_KNOWN
    day, today = day_of(known), known.now.date()
    doses = [(datetime.combine(day, at, known.now.tzinfo), DOSE[known.language].format(
        medicine=known.name(plan.medicine), dose=known.name(plan.dose))) for plan in known.plans for at in plan.times]
    wishes = [(datetime.combine(day, known.local(reminder).timetz()), reminder.what)
              for reminder in known.own_reminders if reminder.what and _falls_on(reminder, day, known)]
    ahead = [_timed(spoken_moment(at, known.now, known.language), what, known.language)
             for at, what in sorted(doses + wishes) if at > known.now]
    of = "" if day == today else "_of"
    if not ahead:
        return Answer(f"dialogue.plan_none{of}")
    only = "_only" if not known.slots else ""
    return Answer(f"dialogue.plan{of or only}", {"plan": spoken_list(ahead, known.language)})


def entry(at: time, what: str, language: str) -> str:
    """One thing of a plan with its time, as it is said."""
    clock = spoken_time(at, language)
    return _timed(f"at {clock}" if language == "en" else clock, what, language)


def _timed(at: str, what: str, language: str) -> str:
    return TIMED[language].format(at=at, what=what)


def _falls_on(reminder: Reminder, day: Day, known: Known) -> bool:
    days = (day - known.local(reminder).date()).days
    return days == 0 or days > 0 and reminder.every > 0 and days % reminder.every == 0
