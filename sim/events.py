"""The events of a run that a scenario's checks may name: who tells them, what they mean, and their fields.

A check on anything else can never be judged, and is refused when the scenario is read.
"""
from __future__ import annotations

from typing import Any, Literal, NamedTuple

# What a field holds: free text, a number, an id of the site file, or one of the words given.
Kind = Literal["text", "number", "room", "resident", "sensor", "caregiver"] | tuple[str, ...]
Teller = Literal["world", "robot", "platform", "page"]

ALARM_KINDS = ("fall", "call_for_help", "medication_missed", "bed_exit", "sos", "device_fault", "smoke", "water",
               "robot_offline")
ALARM = {"alarm_id": "text", "kind": ALARM_KINDS, "priority": "number", "room": "room", "words": "text",
         "detail": "text", "by": "text"}
ON_PLATFORM = {"id": "text", "kind": ALARM_KINDS, "priority": ("notice", "low", "medium", "high"), "words": "text",
               "detail": "text"}
FALL = {"fall_id": "text", "confidence": "number", "room": "room", "evidence": "text"}
SAID = {"text": "text", "state": "text"}
WHO = {"who": "resident", "detail": "text"}
ROOM_EVENTS = ("bed_exit", "bed_entry", "motion", "door_open", "door_closed", "sos", "smoke", "water",
               "sensor_offline", "sensor_online")
SHOWN = {"id": "text", "state": "text", "priority": "text", "code": "text", "detail": "text"}
SPEECH = {"text": "text", "intent": "text", "language": ("en", "zh", "ja", "ko"), "spoken_until_s": "number"}


class EventKind(NamedTuple):
    """`act`: it happens only where somebody in the script does this."""
    teller: Teller
    meaning: str
    fields: dict[str, Kind]
    act: str = ""


EVENTS: dict[str, EventKind] = {
    "impact": EventKind("world", "hips or trunk meet the floor (detail: how she fell)", WHO),
    "out_of_bed": EventKind("world", "she stands beside her bed", WHO),
    "sat_up": EventKind("world", "she sits on the edge of her bed", WHO),
    "stood_up": EventKind("world", "she rose from a seat", WHO),
    "got_up": EventKind("world", "she is up from the floor", WHO),
    "failed_to_get_up": EventKind("world", "she tried to get up from the floor, in vain", WHO),
    "arrived": EventKind("world", "she has walked somewhere", WHO),
    "sat_down": EventKind("world", "she sits (detail: where)", WHO),
    "in_bed": EventKind("world", "she lies in bed", WHO),
    "knelt": EventKind("world", "she kneels", WHO),
    "on_floor": EventKind("world", "she went down to the floor on purpose (detail: what for)", WHO),
    "picked_up": EventKind("world", "she picked something up", WHO),
    "took_pill": EventKind("world", "she swallowed the medicine", WHO, "take_pill"),
    "spoke": EventKind("world", "she begins to say something (detail: her words)", WHO, "say"),
    "heard_robot": EventKind("world", "she was near enough to understand the robot (detail: its words)", WHO),
    "pressed_sos": EventKind("world", "she pressed her button", WHO, "press_sos"),
    "measured_blood_pressure": EventKind("world", "she measured her blood pressure", WHO, "measure_blood_pressure"),
    "bumped": EventKind("world", "the robot runs into something (detail: what)", WHO),
    "bump_over": EventKind("world", "and is clear of it again", WHO),
    "left_out": EventKind("world", "she lies on the floor, so her routine is left out (detail: the step)", WHO),
    "switched_light": EventKind("world", "the light is switched (detail: how it is now)", WHO, "switch_light"),
    "came_in": EventKind("world", "somebody came in by a door", WHO),
    "went_out": EventKind("world", "somebody went out by a door", WHO),
    "opens_door": EventKind("world", "a door is opened (detail: which)", WHO),
    "closes_door": EventKind("world", "a door is closed (detail: which)", WHO),
    "helps": EventKind("world", "a caregiver helps somebody up (detail: whom)", WHO, "help_up"),
    "ate": EventKind("world", "she has eaten", WHO),
    "fall_suspected": EventKind("robot", "the eyes suspect a fall", FALL),
    "fall_confirmed": EventKind("robot", "the eyes are sure of it", FALL),
    "fall_recovered": EventKind("robot", "the person is up again, or it was no fall", FALL),
    "heard": EventKind("robot", "the ears understood something that was meant for the robot", SPEECH),
    "overheard": EventKind("robot", "the ears understood something of which nothing shows that it was", SPEECH),
    "asked": EventKind("robot", "the robot asks whether help is needed", SAID),
    "told": EventKind("robot", "the robot reminds of a medicine", SAID),
    "said": EventKind("robot", "the robot says anything else", SAID),
    "mission": EventKind("robot", "what the robot does changes", {
        "task": ("idle", "patrol", "medication", "fall_response", "reminder", "reply", "wonder", "come", "follow",
                 "go_away", "stand_still", "light", "music"), "state": "text", "why": "text", "waiting": "text"}),
    "resident_told": EventKind("robot", "the resident has heard that the nurse is on the way", {}),
    "notice_raised": EventKind("robot", "staff see that the robot is looking into something; it rings nobody", ALARM),
    "alarm_raised": EventKind("robot", "an alarm that rings (priority 1 low, 2 medium, 3 high)", ALARM),
    "alarm_words": EventKind("robot", "more was heard, and stands on the alarm", ALARM),
    "acknowledged": EventKind("robot", "the robot knows that a caregiver is on the way", ALARM),
    "resolved": EventKind("robot", "the incident is over", ALARM),
    "dose_due": EventKind("robot", "the robot takes on a reminder", {}),
    "dose_recorded": EventKind("robot", "what became of a dose is written down", {
        "dose_id": "text", "outcome": ("confirmed", "refused", "unanswered", "missed", "wrongly_taken"),
        "announcements": "number",
        "words": "text"}),
    "vital_signs": EventKind("robot", "readings arrived", {"resident": "resident", "readings": "text"}),
    "room_event": EventKind("robot", "a room sensor noticed something", {
        "sensor": "sensor", "kind": ROOM_EVENTS, "room": "room", "resident": "resident", "detail": "text"}),
    "fault": EventKind("robot", "a fault is announced (part: node and part)", {"part": "text", "message": "text"}),
    "recovered": EventKind("robot", "a fault is over", {"part": "text", "message": "text"}),
    "notice_on_platform": EventKind("platform", "the caregivers' platform has the notice", ON_PLATFORM),
    "alarm_on_platform": EventKind("platform", "the caregivers' platform has the alarm", ON_PLATFORM),
    "checking_on_page": EventKind("page", "a browser has painted the notice", SHOWN),
    "alarm_on_page": EventKind("page", "a browser has painted the alarm", SHOWN),
    "caregiver_told": EventKind("page", "a browser has painted that a medicine was not taken", SHOWN),
    "vital_on_page": EventKind("page", "a browser has painted a reading", SHOWN),
    "dose_on_page": EventKind("page", "a browser has painted a dose", SHOWN),
}


def is_kind(kind: Kind, value: Any) -> bool:
    """Whether a plain value could ever be what such a field holds; ids are looked up by the caller."""
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return value in kind if isinstance(kind, tuple) else isinstance(value, str)
