"""Times, ages and lists as they are said, in the languages of the site. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

DAYS = {"en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "zh": tuple(f"星期{day}" for day in "一二三四五六日"), "ja": tuple(f"{day}曜日" for day in "月火水木金土日"),
        "ko": tuple(f"{day}요일" for day in "월화수목금토일")}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
YEAR_FROM_DAYS = 300  # a date that is further away is said with its year
# From these hours on, as people say them; the last one holds until midnight.
PARTS = {"en": ((0, "at night"), (5, "in the morning"), (12, "in the afternoon"), (18, "in the evening")),
         "zh": ((0, "半夜"), (1, "凌晨"), (5, "早上"), (9, "上午"), (12, "中午"), (13, "下午"), (18, "晚上")),
         "ja": ((0, "夜中の"), (1, "午前"), (12, "お昼の"), (13, "午後")),
         "ko": ((0, "밤"), (1, "오전"), (12, "낮"), (13, "오후"))}
TOMORROW = {"en": "tomorrow", "zh": "明天", "ja": "明日", "ko": "내일"}
MIDNIGHT = {"en": "at midnight", "zh": "今晚12点", "ja": "今夜12時"}
TONIGHT = {"en": "tonight at {minute} past midnight", "zh": "今晚12点{minute}分", "ja": "今夜12時{minute}分"}
EVERY_DAY = {"en": "every day", "zh": "每天", "ja": "毎日", "ko": "매일"}
EVERY_WEEK = {"en": "every {}", "zh": "每{}", "ja": "毎週{}", "ko": "매주 {}"}  # and a day of the week
ERRAND_AT = {"en": ", ", "zh": "，", "ja": "に、", "ko": "에 "}
AND_THEN = {"en": ", and ", "zh": "；", "ja": "、それから", "ko": ", 그리고 "}
AGES = {"en": ("just now", "{} minutes ago", "{} hours ago", "{} days ago"),
        "zh": ("刚才", "{}分钟前", "{}小时前", "{}天前"), "ja": ("たった今", "{}分前", "{}時間前", "{}日前"),
        "ko": ("방금", "{}분 전", "{}시간 전", "{}일 전")}
AGE_UNITS_S = ((120.0, 60), (5400.0, 60), (129_600.0, 3600), (float("inf"), 86_400))  # up to this age, in this unit


READINGS = {
    "blood_pressure": {"en": "blood pressure", "zh": "血压", "ja": "血圧", "ko": "혈압"},
    "heart_rate": {"en": "pulse", "zh": "心率", "ja": "脈拍", "ko": "맥박"},
    "oxygen": {"en": "blood oxygen", "zh": "血氧", "ja": "血中酸素", "ko": "혈중 산소"},
    "glucose": {"en": "blood sugar", "zh": "血糖", "ja": "血糖値", "ko": "혈당"}}
BLOOD_PRESSURE = {"en": "{} over {}", "zh": "高压{}，低压{}", "ja": "上が{}、下が{}", "ko": "{}에 {}"}
SERVICES = {
    "meal": {"en": "something to eat", "zh": "吃的", "ja": "お食事", "ko": "식사"},
    "drink": {"en": "something to drink", "zh": "喝的", "ja": "お飲み物", "ko": "마실 것"},
    "cleaning": {"en": "cleaning", "zh": "打扫", "ja": "お掃除", "ko": "청소"},
    "bathing": {"en": "help with washing", "zh": "洗澡", "ja": "入浴", "ko": "목욕"},
    "shopping": {"en": "shopping", "zh": "买东西", "ja": "お買い物", "ko": "장보기"},
    "doctor": {"en": "an appointment", "zh": "预约看病", "ja": "診察の予約", "ko": "진료 예약"},
    "toilet": {"en": "help to the toilet", "zh": "上厕所", "ja": "お手洗いのお手伝い", "ko": "화장실 도움"}}


def spoken_time(at: time, language: str) -> str:
    """A time of day as it is said: "half past" is left to people, the minute is said."""
    part = [name for hour, name in PARTS[language] if hour <= at.hour][-1]
    hour, minute = (at.hour - 1) % 12 + 1, at.minute
    if language == "en":
        return f"{hour} o'clock {part}" if not minute else f"{hour}:{minute:02} {part}"
    hours, minutes = {"zh": ("点", "分"), "ja": ("時", "分"), "ko": ("시", "분")}[language]
    space = " " if language == "ko" else ""
    return f"{part}{space}{hour}{hours}" + (f"{space}{minute}{minutes}" if minute else "")


def spoken_date(now: datetime, language: str, year: bool = False) -> str:
    """Day of the week, day and month, and the year where it is wanted."""
    day = DAYS[language][now.weekday()]
    if language == "en":
        return f"{day}, {MONTHS[now.month - 1]} {now.day}" + (f", {now.year}," if year else "")
    if language == "ko":
        return (f"{now.year}년 " if year else "") + f"{now.month}월 {now.day}일 {day}"
    return (f"{now.year}年" if year else "") + f"{now.month}月{now.day}日{'，' if language == 'zh' else '、'}{day}"


def spoken_moment(at: datetime, now: datetime, language: str) -> str:
    """A time of today, of tomorrow or of another day, to be put where a bare time may stand."""
    days = (at.date() - now.date()).days
    if days == 1 and at.hour == 0 and language in TONIGHT:  # nobody says "tomorrow" of the midnight to come
        return TONIGHT[language].format(minute=at.minute) if at.minute else MIDNIGHT[language]
    clock = spoken_time(at.time(), language)
    if days == 0:
        return f"at {clock}" if language == "en" else clock
    day = TOMORROW[language] if days == 1 else spoken_date(at, language, days > YEAR_FROM_DAYS)
    if language == "en":
        return f"{day if days == 1 else f'on {day}'} at {clock}"
    return f"{day}{' ' if language == 'ko' else ''}{clock}"


def spoken_series(at: datetime, every: int, language: str) -> str:
    """The time of something that comes every day, or every week, to be put where a bare time may stand."""
    day = EVERY_DAY[language] if every == 1 else EVERY_WEEK[language].format(DAYS[language][at.weekday()])
    between = {"en": " at ", "ko": " "}.get(language, "")
    return f"{day}{between}{spoken_time(at.time(), language)}"


def spoken_age(age_s: float, language: str) -> str:
    """How long ago something was."""
    unit_s, text = next((unit_s, text) for (until_s, unit_s), text in zip(AGE_UNITS_S, AGES[language], strict=True)
                        if age_s < until_s)
    return text.format(round(age_s / unit_s))


def spoken_errand(when: str, what: str, language: str) -> str:
    """What is to be done, "" where only the time is known, with its time."""
    return f"{when}{ERRAND_AT[language]}{what}" if what else when


def spoken_errands(parts: Sequence[str], language: str) -> str:
    """Several of them in one sentence."""
    return AND_THEN[language].join(parts)


def spoken_list(parts: Sequence[str], language: str) -> str:
    """Several sentences or parts of them, one after the other."""
    return ("; " if language == "en" else "。").join(parts)


def yours(what: str, language: str) -> str:
    """Her words from the robot's mouth: "my pills" are "your pills"."""
    yours = {"en": {"my": "your", "me": "you", "i": "you", "am": "are", "mine": "yours", "myself": "yourself"},
             "zh": {"我": "您"}}.get(language, {})
    if language == "en":
        return " ".join(yours.get(word.lower(), word) for word in what.split())
    return "".join(yours.get(character, character) for character in what)
