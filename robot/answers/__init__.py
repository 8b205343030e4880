"""What the robot truthfully answers when it is talked to, and what it does for it. Pure: all that is known comes in.

Each intent of the sentence files that wants an answer stands in ANSWERS with the function that makes it. An answer is a
phrase of config/phrases and may be a question; then `then` makes the next answer of what is said to it.
"""
from __future__ import annotations

from collections.abc import Callable

from robot.answers import (
    alarm,
    calendar,
    company,
    day,
    doses,
    lights,
    places,
    readings,
    reminder_list,
    reminders,
    wishes,
)
from robot.answers.contents import (
    NOT_KNOWN,
    Answer,
    Come,
    Deed,
    EndReminder,
    Errand,
    Follow,
    GoAway,
    Notify,
    PlayMusic,
    SetReminder,
    StandStill,
    SwitchLights,
)
from robot.answers.exchange import ALL_SAID, Exchange, Exchanges
from robot.answers.follow_up import follow_up
from robot.answers.known import DOUBT, FURTHER, Known, Measured
from robot.answers.which_reminder import asked_about
from robot.reminder import Reminder

__all__ = ["ALL_SAID", "ANSWERS", "DOUBT", "FURTHER", "Answer", "Come", "Deed", "EndReminder", "Errand", "Exchange",
           "Exchanges", "Follow", "GoAway", "Known", "Measured", "Notify", "PlayMusic", "Reminder", "SetReminder",
           "StandStill", "SwitchLights", "answer"]


ASKED = ("time", "date", "plan", "small_talk")  # as what "what time is the optician?" may be heard


def answer(intent: str, known: Known) -> Answer | None:
    """The answer to what was said, None for what wants none."""
    if intent in ASKED and known.resident and (which := asked_about(known)):
        return reminder_list.tell_reminders(known, which)
    if told := follow_up(intent, known):
        return told
    if intent in RIDDLES and "unknown" in known.slots:
        return NOT_KNOWN
    made = ANSWERS.get(intent)
    return made(known) if made else None


def _plain(phrase: str, *deeds: Deed, otherwise: str = "") -> Callable[[Known], Answer]:
    return lambda known: Answer(phrase, deeds=deeds, otherwise=otherwise)


# What these ask for is not always known: the sentence files tell by which words (list `unknown`).
RIDDLES = ("time", "date", "plan", "readings", "reminder_list")
ANSWERS: dict[str, Callable[[Known], Answer | None]] = {
    "time": day.time_of_day, "date": calendar.date, "plan": day.plan, "what_for": doses.about,
    "dose_asked": doses.whether_taken, "dose_advice": doses.advice,
    "taken": doses.told(doses.passed_on("dose.told_taken")), "refuse": doses.told(doses.passed_on("dose.told_refused")),
    "not_yet": doses.told(doses.advice), "unsure": doses.told(doses.whether_taken),
    "alarm_asked": alarm.waits_for_somebody,
    "reminder_set": reminders.set_reminder, "reminder_list": reminder_list.list_reminders,
    "reminder_cancel": reminder_list.cancel_reminder,
    "readings": readings.readings, "where_am_i": places.where_am_i, "where_is": places.where_is,
    "service": reminder_list.called_off, "tell_family": wishes.message,
    "call_family": wishes.call("family.call", "call_family"),
    "video_call": wishes.call("family.video", "video_call"),
    "come": _plain("move.here", Come(), otherwise="move.not_found"), "go_away": _plain("move.leaving", GoAway()),
    "follow": _plain("move.coming_along", Follow(), otherwise="move.not_found"),
    "stop": _plain("move.still", StandStill()),
    "light_on": lights.lights(True), "light_off": lights.lights(False),
    "story": company.story, "exercise": company.exercise, "music": company.music, "small_talk": company.small_talk,
    "unclear": _plain("unclear.again"), "unclear_again": wishes.somebody, "telling": _plain("talk.telling"),
    "no": wishes.unwanted, "thanks": _plain("dialogue.thanks"), "quiet": _plain("talk.quiet"),
    "called": _plain("attention.here"),
}
