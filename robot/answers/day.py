"""The clock, and what the day still brings: doses of the plan and reminders."""
from __future__ import annotations

from datetime import time

from robot.answers.contents import NOT_KNOWN, Answer
from robot.answers.known import Known
from robot.spoken import spoken_date, spoken_list, spoken_time


def time_of_day(known: Known) -> Answer:
    return Answer("dialogue.time", {"time": spoken_time(known.now.time(), known.language)})


def date(known: Known) -> Answer:
    return Answer("dialogue.date", {"date": spoken_date(known.now, known.language)})


def what_for(known: Known) -> Answer:
    purposes = [f"{known.name(plan.medicine)}: {plan.purpose[known.language]}" for plan in known.plans
                if known.language in plan.purpose]
    return Answer("dialogue.what_for", {"medicines": spoken_list(purposes, known.language)}) if purposes else \
        NOT_KNOWN


def plan(known: Known) -> Answer:
    if known.resident is None:
        return NOT_KNOWN
    midnight = known.now.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = [(at, f"{known.name(plan.medicine)}, {known.name(plan.dose)}")
             for plan in known.plans for at in plan.times if at > known.now.time()]
    ahead += [(at.time(), reminder.what) for reminder in known.own_reminders if reminder.what
              and (at := known.local(reminder)).date() == midnight.date()]
    if not ahead:
        return Answer("dialogue.plan_none")
    return Answer("dialogue.plan", {"plan": spoken_list([entry(at, what, known.language)
                                                         for at, what in sorted(ahead)], known.language)})


def entry(at: time, what: str, language: str) -> str:
    """One thing of a plan with its time, as it is said."""
    if language == "en":
        return f"{what}, at {spoken_time(at, language)}"
    comma = {"zh": "，", "ja": "、"}.get(language, ", ")
    return f"{spoken_time(at, language)}{comma}{what}"
