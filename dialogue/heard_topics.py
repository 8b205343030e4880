"""What the robot hears, told to whoever listens.

Writes /intents (Intent: what was meant for the robot), /overheard (Intent: what was not),
       /humans/voices/tracked (IdsList), /humans/voices/<id>/speech (LiveSpeech)
"""
from __future__ import annotations

from anban_interfaces.msg import Intent, Slot
from hri_msgs.msg import IdsList, LiveSpeech
from std_msgs.msg import Header

from dialogue.addressed import Taken
from dialogue.listener import Heard
from dialogue.understood import CALLED
from robot.answers import FURTHER
from robot.ros import EVENT, CareNode, stamp

VOICE_ID = "voice1"  # who speaks is not told apart: one voice at a time


class HeardTopics:
    """For a node that hears. Times [s] of its clock."""

    def __init__(self, node: CareNode) -> None:
        self._intents = node.create_publisher(Intent, "/intents", EVENT)
        self._overheard = node.create_publisher(Intent, "/overheard", EVENT)
        self._tracked = node.create_publisher(IdsList, "/humans/voices/tracked", EVENT)
        self._speech = node.create_publisher(LiveSpeech, f"/humans/voices/{VOICE_ID}/speech", EVENT)

    def speaks(self, time_s: float, somebody: bool) -> None:
        """Somebody has begun to speak, or nobody does any more."""
        self._tracked.publish(IdsList(header=_header(time_s), ids=[VOICE_ID] if somebody else []))

    def so_far(self, text: str, language: str, time_s: float) -> None:
        """What has been understood while they speak."""
        self._speech.publish(LiveSpeech(header=_header(time_s), incremental=text, locale=language))

    def said(self, heard: Heard, taken: Taken, intent: str) -> None:
        """Somebody has spoken, and that is what it is taken for; `intent`: if it counts."""
        header, transcript, understood = _header(heard.ended_s), heard.transcript, heard.understood
        self._speech.publish(LiveSpeech(header=header, final=transcript.text, confidence=transcript.confidence,
                                        locale=transcript.language))
        (self._intents if taken.meant else self._overheard).publish(Intent(
            header=header, intent=intent if taken.counts else "", text=understood.words or transcript.text,
            language=transcript.language, confidence=heard.confidence, voice_id=VOICE_ID,
            call_for_help=understood.call_for_help and not taken.aside, slots=slots(understood.slots)))
        for wish in understood.further if taken.meant and taken.counts else ():
            self._intents.publish(Intent(
                header=header, intent=wish.intent, text=wish.words, language=transcript.language,
                confidence=heard.confidence, voice_id=VOICE_ID, slots=slots({**wish.slots, FURTHER: "1"})))

    def called(self, language: str, time_s: float) -> None:
        """Somebody wants the robot and has said nothing."""
        self._intents.publish(Intent(header=_header(time_s), intent=CALLED, confidence=1.0, language=language))


def slots(values: dict[str, str]) -> list[Slot]:
    return [Slot(name=name, value=value) for name, value in values.items()]


def _header(time_s: float) -> Header:
    return Header(stamp=stamp(time_s))
