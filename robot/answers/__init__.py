"""What the robot truthfully answers when it is talked to, and what it does for it. Pure: all that is known comes in.

Each intent of the sentence files that wants an answer stands in ANSWERS with the function that makes it. An answer is a
phrase of config/phrases and may be a question; then `then` makes the next answer of what is said to it.
"""
from __future__ import annotations

from collections.abc import Callable

from robot.answers import calendar, company, day, doses, lights, places, readings, reminders, wishes
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
from robot.answers.exchange import Exchange, Exchanges
from robot.answers.follow_up import follow_up
from robot.answers.known import DOUBT, Known, Measured
from robot.reminder import Reminder

__all__ = ["ANSWERS", "DOUBT", "Answer", "Come", "Deed", "EndReminder", "Errand", "Exchange", "Exchanges", "Follow",
           "GoAway", "Known", "Measured", "Notify", "PlayMusic", "Reminder", "SetReminder", "StandStill",
           "SwitchLights", "answer"]


def answer(intent: str, known: Known) -> Answer | None:
    """The answer to what was said, None for what wants none."""
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
ANSWERS: dict[str, Callable[[Known], Answer]] = {
    "time": day.time_of_day, "date": calendar.date, "plan": day.plan, "what_for": day.what_for,
    "dose_asked": doses.whether_taken,
    "reminder_set": reminders.set_reminder, "reminder_list": reminders.list_reminders,
    "reminder_cancel": reminders.cancel_reminder,
    "readings": readings.readings, "where_am_i": places.where_am_i, "where_is": places.where_is,
    "service": wishes.service, "tell_family": wishes.message,
    "call_family": wishes.call("family.call", "call_family"),
    "video_call": wishes.call("family.video", "video_call"),
    "come": _plain("move.here", Come(), otherwise="move.not_found"), "go_away": _plain("move.leaving", GoAway()),
    "follow": _plain("move.coming_along", Follow(), otherwise="move.not_found"),
    "stop": _plain("move.still", StandStill()),
    "light_on": lights.lights(True), "light_off": lights.lights(False),
    "story": company.story, "exercise": company.exercise, "music": company.music, "small_talk": company.small_talk,
    "thanks": _plain("dialogue.thanks"), "quiet": _plain("talk.quiet"), "called": _plain("attention.here"),
}
