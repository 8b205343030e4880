"""What is said into an alarm that is open, by who is in need: when somebody comes, and that nobody need come. Pure.

It ends no alarm: somebody looks in all the same.
"""
from __future__ import annotations

from collections.abc import Mapping

from robot.answers.contents import Answer, Notify
from robot.answers.known import Known

ASKED, OFF = "alarm_asked", "alarm_off"
KNOWN = "alarm.known"  # to who calls again


def into_alarm(intent: str, slots: Mapping[str, str], what: str) -> str:
    """The phrase for it, "" for what is not about the alarm. `what`: which of robot/answers/grave.py it is."""
    if intent == ASKED or slots.get("topic") == "unknown":  # "is anybody coming?" may else be of a visit
        return "alarm.called"
    if intent in (OFF, "fine") or what == "despair" and intent in ("no", "quiet", "refuse"):
        return "alarm.stay" if what == "despair" else "alarm.look_in"
    return ""


def waits_for_somebody(known: Known) -> Answer:
    """Where no alarm is open, who waits has called nobody, or not over the robot."""
    return Answer("alarm.waits", deeds=(Notify("request_other", known.words),))
