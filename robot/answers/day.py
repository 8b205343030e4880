"""The clock and the calendar, and what a day brings: doses of the plan and reminders."""
from __future__ import annotations

from datetime import date as Day
from datetime import datetime, time

from robot.answers.contents import NOT_KNOWN, Answer
from robot.answers.known import Known
from robot.reminder import Reminder
from robot.spoken import spoken_date, spoken_list, spoken_moment, spoken_time
from robot.when import first_day

# How something is said with its time, and a medicine with its dose.
TIMED = {"en": "{what}, {at}", "zh": "{at}{what}", "ja": "{at}に{what}", "ko": "{at}에 {what}"}
DOSE = {"en": "{medicine}, {dose}", "zh": "吃{medicine}，{dose}", "ja": "{medicine}、{dose}",
        "ko": "{medicine}, {dose}"}
FOR = {"en": "{medicine} is for {purpose}", "zh": "{medicine}是{purpose}的", "ja": "{medicine}は{purpose}のお薬です",
       "ko": "{medicine} {purpose} 약이에요"}


def time_of_day(known: Known) -> Answer:
    return Answer("dialogue.time", {"time": spoken_time(known.now.time(), known.language)})


def date(known: Known) -> Answer:
    """Of the day that was asked for, today where none was; or the year."""
    if "year" in known.slots:
        return Answer("dialogue.year", {"year": str(known.now.year)})
    day, today = _day(known), known.now.date()
    phrase = "date" if day == today else "date_will" if day > today else "date_was"
    at = datetime.combine(day, time(), known.now.tzinfo)
    return Answer(f"dialogue.{phrase}", {"date": spoken_date(at, known.language)})


def what_for(known: Known) -> Answer:
    purposes = [FOR[known.language].format(medicine=known.name(plan.medicine), purpose=plan.purpose[known.language])
                for plan in known.plans if known.language in plan.purpose]
    return Answer("dialogue.what_for", {"medicines": spoken_list(purposes, known.language)}) if purposes else \
        NOT_KNOWN


def plan(known: Known) -> Answer:
    """What is still to come on the day that was asked for. Where only the sense of it was understood, something else
    may have been asked, of which nothing is known here."""
    if known.resident is None:
        return NOT_KNOWN
    day, today = _day(known), known.now.date()
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


def _day(known: Known) -> Day:
    return first_day(known.slots, known.now.date()) or known.now.date()


def _falls_on(reminder: Reminder, day: Day, known: Known) -> bool:
    days = (day - known.local(reminder).date()).days
    return days == 0 or days > 0 and reminder.every > 0 and days % reminder.every == 0
