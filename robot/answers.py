"""What the robot can truthfully answer from clock and site file: time, date, today's medicines and what they are for.

Pure: the time comes in. The words themselves stand in config/phrases.
"""
from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple

from robot.site import MedicationPlan, Resident, Site

DAYS = {"en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "zh": tuple(f"星期{day}" for day in "一二三四五六日"), "ja": tuple(f"{day}曜日" for day in "月火水木金土日"),
        "ko": tuple(f"{day}요일" for day in "월화수목금토일")}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
# From these hours on, as people say them; the last one holds until midnight.
PARTS = {"en": ((0, "at night"), (5, "in the morning"), (12, "in the afternoon"), (18, "in the evening")),
         "zh": ((0, "凌晨"), (5, "早上"), (9, "上午"), (12, "下午"), (18, "晚上")),
         "ja": ((0, "午前"), (12, "午後")), "ko": ((0, "오전"), (12, "오후"))}
UNKNOWN = "dialogue.ask_nurse"


class Answer(NamedTuple):
    """A phrase of config/phrases and what fills its slots."""
    phrase: str
    slots: dict[str, str]


def answer(intent: str, site: Site, resident: Resident | None, now: datetime, language: str) -> Answer | None:
    """The answer to a question, None for what is none. `resident`: who asks, None where nobody can tell."""
    if intent == "thanks":
        return Answer("dialogue.thanks", {})
    if intent == "time":
        return Answer("dialogue.time", {"time": spoken_time(now.time(), language)})
    if intent == "date":
        return Answer("dialogue.date", {"date": spoken_date(now, language)})
    if intent not in ("plan", "what_for"):
        return None
    if resident is None:
        return Answer(UNKNOWN, {})
    plans = [plan for plan in site.medication if plan.resident == resident.id]
    if intent == "what_for":
        known = [f"{_in(plan.medicine, language)}: {plan.purpose[language]}" for plan in plans
                 if language in plan.purpose]
        return Answer("dialogue.what_for", {"medicines": _list(known, language)}) if known else Answer(UNKNOWN, {})
    ahead = sorted(((at, plan) for plan in plans for at in plan.times if at > now.time()), key=lambda dose: dose[0])
    if not ahead:
        return Answer("dialogue.plan_none", {})
    return Answer("dialogue.plan", {"plan": _list([_dose(at, plan, language) for at, plan in ahead], language)})


def spoken_time(at: time, language: str) -> str:
    """A time of day as it is said: "half past" is left to people, the minute is said."""
    part = [name for hour, name in PARTS[language] if hour <= at.hour][-1]
    hour, minute = (at.hour - 1) % 12 + 1, at.minute
    if language == "en":
        return f"{hour} o'clock {part}" if not minute else f"{hour}:{minute:02} {part}"
    hours, minutes = {"zh": ("点", "分"), "ja": ("時", "分"), "ko": ("시", "분")}[language]
    space = " " if language == "ko" else ""
    return f"{part}{space}{hour}{hours}" + (f"{space}{minute}{minutes}" if minute else "")


def spoken_date(now: datetime, language: str) -> str:
    """Day of the week, day and month."""
    day = DAYS[language][now.weekday()]
    if language == "en":
        return f"{day}, {MONTHS[now.month - 1]} {now.day}"
    return f"{now.month}월 {now.day}일 {day}" if language == "ko" else \
        f"{now.month}月{now.day}日{'，' if language == 'zh' else '、'}{day}"


def _dose(at: time, plan: MedicationPlan, language: str) -> str:
    what = f"{_in(plan.medicine, language)}, {_in(plan.dose, language)}"
    return f"{what}, at {spoken_time(at, language)}" if language == "en" else f"{spoken_time(at, language)}, {what}"


def _in(name: dict, language: str) -> str:
    return name.get(language) or next(iter(name.values()), "")


def _list(parts: list[str], language: str) -> str:
    return ("; " if language == "en" else "。").join(parts)
