"""What was measured last, each with its age."""
from __future__ import annotations

from robot.answers.contents import NOT_KNOWN, Answer, Notify
from robot.answers.follow_up import quoted
from robot.answers.known import Known
from robot.spoken import BLOOD_PRESSURE, READINGS, spoken_age, spoken_list

# LOINC codes under which a device may report it; of several the newest counts.
CODES = {"blood_pressure": ("8480-6",), "heart_rate": ("8867-4",), "oxygen": ("59408-5", "2708-6"),
         "glucose": ("15074-8", "2339-0", "2345-7", "41653-7")}
DIASTOLIC = "8462-4"


def readings(known: Known) -> Answer:
    """The newest of what was asked for, each with its age; what she says that was measured, the caregivers hear. Where
    only the sense of it was understood and no reading named, something else may have been asked."""
    if "told" in known.slots:
        return Answer("readings.passed_on", {"words": quoted(known.words)}, (Notify("told_reading", known.words),))
    if known.resident is None or not known.slots:
        return NOT_KNOWN
    wanted = [known.slots["reading"]] if "reading" in known.slots else list(CODES)
    told = [text for reading in wanted if (text := _reading(reading, known))]
    if told:
        return Answer("readings.told", {"readings": spoken_list(told, known.language)})
    if len(wanted) > 1:
        return Answer("readings.none_at_all")
    return Answer("readings.none", {"reading": READINGS[wanted[0]][known.language]})


def _reading(reading: str, known: Known) -> str:
    measured = max((known.readings[code] for code in CODES[reading] if code in known.readings),
                   key=lambda newest: newest.at_s, default=None)
    if measured is None:
        return ""
    value = f"{measured.value:g}"
    if reading == "blood_pressure":
        lower = known.readings.get(DIASTOLIC)
        if lower is None or lower.at_s != measured.at_s:
            return ""
        value = BLOOD_PRESSURE[known.language].format(value, f"{lower.value:g}")
    parts = READINGS[reading][known.language], value, spoken_age(known.now.timestamp() - measured.at_s, known.language)
    return {"zh": "，", "ja": "、"}.get(known.language, ", ").join(parts)
