"""Which of somebody's reminders is meant by what they say of it: a time, an errand, or "the second one". Pure."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from robot.answers.known import Known
from robot.reminder import Reminder
from robot.spoken import yours
from robot.when import CLOCK, DAY, PARTS, SPAN, WEEK, resolve

SAME_MINUTE_S = 60.0
Slots = Mapping[str, str]
OF = "of_"  # before the slots of the time by which a reminder is called: "the six o'clock one"
# What stands beside the errand itself.
BESIDE = set("a an and about at for from in is me my of on one that the them this those to with you your".split())
# What says nothing of an errand, in English beside its verb.
EMPTY = BESIDE | set("out up off down back go get have turn time today tomorrow day week morning evening night "
                     "afternoon minute hour what when it i you do reminder".split())
COMES = {"en": r"\b(?:com|visit|see me)", "zh": "来(?!着)|回", "ja": "来|帰"}  # of a visit
PARTICLES = "的我您你了要去吧那个这をにはがとへでもの을를이가은는에의"


def called(slots: Slots) -> dict[str, str]:
    """By what a reminder is called in them: its errand, or its time."""
    return {**({"what": slots["which"]} if "which" in slots else {}),
            **{slot.removeprefix(OF): value for slot, value in slots.items() if slot.startswith(OF)}}


def named_in(words: str, known: Known) -> list[Reminder]:
    """Those of which the errand is named in these words: the cat, of "feed the cat"; most of it, where several are."""
    said = [(_shared(words, reminder.what, known.language), reminder) for reminder in known.own_reminders]
    most = max((count for count, _ in said), default=0)
    return [reminder for count, reminder in said if most and count == most]


def asked_about(known: Known) -> list[Reminder]:
    """Those that a question names which was taken for one of the time, the day or what is planned."""
    return [] if re.search(COMES.get(known.language, "$^"), known.words.lower()) else named_in(known.words, known)


def meant(known: Known) -> list[Reminder]:
    """All of them that fit what was said, in the order in which they are told; with nothing said, all."""
    if by := called(known.slots):
        known = replace(known, slots={slot: value for slot, value in known.slots.items()
                                      if slot != "which" and not slot.startswith(OF)} | by)
    fit = [reminder for reminder in known.own_reminders if _is_meant(reminder, known)]
    if "last" in known.slots and known.latest:
        return [known.latest]
    if nth := int(known.slots.get("nth", 0)):  # the last one is -1
        return fit[nth - 1 if nth > 0 else nth:][:1]
    return fit


def is_errand(said: str, what: str, language: str) -> bool:
    """Whether these words say, perhaps only in part, what a reminder is of."""
    said, what = _words(said, language), _words(what, language)
    return bool(said) and said <= what


def in_errand(errand: str, wrong: str, right: str) -> str:
    """The errand with a word of it put right, "" where the wrong one is not in it."""
    found = re.search(re.escape(wrong), errand, re.IGNORECASE)
    return errand[:found.start()] + right + errand[found.end():] if found and wrong else ""


# --- inside -----------------------------------------------------------------------------------------------------------
def _words(text: str, language: str) -> set[str]:
    """The words that matter, without their endings; of what is written without spaces the characters, in Japanese those
    that are no hiragana: 花の水やり is 花に水をやる."""
    if language == "en":
        words = re.findall(r"\w+", text.lower().replace("'", ""))
        return {re.sub(r"(?<=\w{4})ing$|s+$", "", word) for word in words if word not in BESIDE}
    signs = {sign for sign in re.findall(r"\w", text) if sign not in PARTICLES}
    return {sign for sign in signs if not "ぁ" <= sign <= "ゖ"} or signs


def _shared(words: str, what: str, language: str) -> int:
    """How much of an errand these words name: its words but the verb, or pairs of signs, and in Japanese a noun."""
    if language == "en":
        verb, *rest = [word for word in re.findall(r"\w+", what) if word.lower() not in BESIDE] or [""]
        return len((_words(" ".join(rest) or verb, language) - EMPTY) & _words(words, language))
    pairs = {what[at:at + 2] for at in range(len(what) - 1)} | set(re.findall("[一-龠](?=[をにのへが])", what))
    return sum(pair in words for pair in pairs if not set(pair) & set(PARTICLES) and not re.match("[ぁ-ゖ]{2}", pair))


def _is_meant(reminder: Reminder, known: Known) -> bool:
    """Whether all that was said of it fits."""
    slots, at, what = known.slots, known.local(reminder), yours(known.slots.get("what", ""), known.language)
    if "odd" in slots or int(slots.get("every", 0)) not in (0, reminder.every):
        return False
    if what and not is_errand(what, reminder.what, known.language):
        return False
    if "not" in slots and is_errand(yours(slots["not"], known.language), reminder.what, known.language):
        return False
    return _is_on_its_day(at, slots, known.now) and _is_at_its_time(at, slots, known.now)


def _is_on_its_day(at: datetime, slots: Slots, now: datetime) -> bool:
    week = (at.date() - timedelta(days=at.weekday())) - (now.date() - timedelta(days=now.weekday()))
    if slots.get("week") == "1" and week != timedelta(days=7):
        return False
    if "feast" in slots:
        return f"{at:%m-%d}" == slots["feast"]
    if slots.get("day") in WEEK:
        return at.weekday() == WEEK.index(slots["day"])
    if "day" in slots:
        return at.date() == now.date() + timedelta(days=int(slots["day"]))
    return all(int(slots.get(slot, value)) == value for slot, value in (("date", at.day), ("month", at.month)))


def _is_at_its_time(at: datetime, slots: Slots, now: datetime) -> bool:
    when = resolve({slot: value for slot, value in slots.items() if slot not in DAY}, now)
    if when is None:
        return True
    if slots.keys() & set(SPAN):
        return abs((at - when.at).total_seconds()) < SAME_MINUTE_S
    if "part" in slots and not slots.keys() & set(CLOCK):
        begin, end = PARTS[slots["part"]]
        return begin <= at.hour < end or begin <= at.hour + 24 < end
    minutes = abs((at.hour * 60 + at.minute) - (when.at.hour * 60 + when.at.minute))
    return minutes == 0 or not when.sure and minutes % 720 == 0
