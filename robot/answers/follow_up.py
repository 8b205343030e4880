"""What belongs to what was said just before: the rest of a wish, the words of a message, what somebody tells."""
from __future__ import annotations

from dataclasses import replace

from robot.answers.contents import MESSAGE, TALK, Answer, Notify
from robot.answers.exchange import ALL_SAID, NOTHING, Exchange
from robot.answers.known import Known
from robot.spoken import SERVICES

HERS = {"en": "your {}", "zh": "您{}"}  # a relative of who asks
# To a wish, or to what somebody tells, only NOTHING belongs. Where a message was asked for, what ends an alarm or
# settles a dose is one too.
WORDS = (*NOTHING, "alarm_asked", "alarm_off", "fine", "yes", "taken", "not_yet", "unsure", "thanks", "hurt",
         "small_talk", "service", "plan")
# Notices of wishes, to which something may be added; but not to what was taken back.
GROWS, TAKEN_BACK = tuple(f"request_{kind}" for kind in SERVICES), "service.taken_back"


def follow_up(intent: str, known: Known) -> Answer | None:
    """The answer to words that go on with what was said before; None where they do not."""
    before = known.before
    if before is None:
        return None
    if before.answer.listens == MESSAGE and intent in WORDS and known.words:
        return told_to(before.answer.slots["whom"], known.words, known)
    if intent not in NOTHING:
        return None
    if before.answer.listens == TALK:
        return Answer("talk.go_on", listens=TALK)
    if not grows(before) or not known.words:
        return None
    if ALL_SAID in known.slots:
        return Answer("service.told")
    if quoted(known.words).lower() == quoted(before.words).lower():
        return Answer("service.sent")
    return Answer("service.added", {"words": quoted(known.words)}, (replace(before.notice, detail=known.words),))


def grows(before: Exchange | None) -> bool:
    """Whether it was a wish that was passed on, or added to, and may be again."""
    return bool(before and before.notice and before.notice.kind in GROWS and before.answer.phrase != TAKEN_BACK)


def told_to(whom: str, what: str, known: Known, phrase: str = "family.told") -> Answer:
    """That a message goes to somebody, "" where the words alone tell to whom."""
    detail = ": ".join(filter(None, (whom, quoted(known.words))))
    return Answer(phrase if whom else f"{phrase}_words", to(whom, known) | {"words": quoted(what)},
                  (Notify("tell_family", detail),))


def to(whom: str, known: Known) -> dict[str, str]:
    """Slots: who is meant, also as the robot names a relative of who asks."""
    staff = whom and whom == known.slots.get("staff")
    return {"whom": whom, "person": whom if staff else HERS.get(known.language, "{}").format(whom)}


def quoted(words: str) -> str:
    """As they stand in a sentence."""
    return words.strip(" .!?。！？")
