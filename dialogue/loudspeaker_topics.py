"""What the robot gives out: sound by topic or by the sound card, and its caption.

Writes /audio/out (AudioChunk; an empty one: stop), /robot/face (String: the caption of what is being said)
"""
from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from anban_interfaces.msg import AudioChunk
from std_msgs.msg import Header, String

from dialogue.recognizer import SAMPLE_RATE
from dialogue.sound import Sound
from dialogue.speaker import AlsaSpeaker
from robot.ros import EVENT, LATCHED, CareNode, stamp

CAPTION_S = 10.0  # how long a caption stays after the speech: time to read it twice


class LoudspeakerTopics:
    """For a node that speaks: the Loudspeaker of dialogue/speaking.py. `alsa`: the sound card, None for the topic."""

    def __init__(self, node: CareNode, alsa: AlsaSpeaker | None) -> None:
        self._node, self._alsa = node, alsa
        self._out = node.create_publisher(AudioChunk, "/audio/out", EVENT)
        self._face = node.create_publisher(String, "/robot/face", LATCHED)
        self._caption_until_s = 0.0

    @property
    def now_s(self) -> float:
        return self._node.now_s

    @property
    def problem(self) -> str:
        """Why nothing can be heard, or ""."""
        if self._alsa:
            return _or_a_topic(self._alsa.problem())
        return "" if self._out.get_subscription_count() else \
            "nobody takes the sound of /audio/out; is the loudspeaker's node running?"

    @property
    def failed(self) -> bool:
        """Whether the last sound was not played to its end."""
        return bool(self._alsa and self._alsa.failed)

    def play(self, sound: Sound) -> str:
        self._caption_until_s = self.now_s + sound.duration_s + CAPTION_S
        if self._alsa:
            return _or_a_topic(self._alsa.play(sound))
        if self.problem:
            return self.problem
        self._out.publish(AudioChunk(header=self._header(), sample_rate=sound.rate_hz,
                                     samples=array("h", sound.samples.tobytes())))
        return ""

    def silence(self) -> None:
        if self._alsa:
            self._alsa.stop()
        else:
            self._out.publish(AudioChunk(header=self._header(), sample_rate=SAMPLE_RATE))
        self._caption_until_s = self.now_s

    def after(self, duration_s: float, done: Callable[[Any], None]) -> None:
        def over() -> None:
            timer.cancel()
            self._node.destroy_timer(timer)
            done(None)
        timer = self._node.create_timer(max(1e-3, duration_s), over)

    def show(self, caption: str) -> None:
        """Show what is being said."""
        self._face.publish(String(data=caption))

    def clear(self) -> None:
        """Take the caption away when it has been shown for long enough; while nothing is said."""
        if 0.0 < self._caption_until_s <= self.now_s:
            self._caption_until_s = 0.0
            self.show("")

    def close(self) -> None:
        """Silence the sound card."""
        if self._alsa:
            self._alsa.stop()

    def _header(self) -> Header:
        return Header(stamp=stamp(self.now_s))


def _or_a_topic(problem: str) -> str:
    return f"{problem}, or set the parameter speaker to topic" if problem else ""
