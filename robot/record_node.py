"""Records topics as they come, those that appear later too. `anban record`."""
from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field
from rclpy.clock import Clock, ClockType
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from robot import ros
from robot.recording import Recording, full_definition, qos_text

PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
LOOK_S = 0.25   # how soon a new topic is noticed
FLUSH_S = 2.0   # so much is lost when the recorder is killed or the power fails
DEPTH, PICTURE_DEPTH = 1000, 10  # messages that may wait while a chunk is compressed (20 ms)


class RecordParameters(ros.NodeParameters):
    output: str = Field("", description="file to write (.mcap)")
    topics: str = Field(".*", description="regular expression for whole topic names")
    images: bool = Field(True, description="record camera pictures, too")
    duration_s: float = Field(0.0, ge=0.0, description="end after so many seconds; 0: when stopped")


class RecordNode(ros.CareNode):
    """Log time is ROS time: that of /clock where anybody publishes it before the first message is written, or where
    `use_sim_time` asks to wait for it."""
    NAME = "record"
    Parameters = RecordParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.messages = 0

    def setup(self) -> None:
        self._wanted = re.compile(self.params.topics)
        self._recording: Recording | None = Recording(Path(self.params.output))
        self._channels: dict[str, int] = {}
        self._subscriptions_of: dict[str, tuple[QoSProfile, Any]] = {}
        self._passed_over: set[str] = set()
        self._waiting: list[tuple[int, bytes]] = []  # channel and message, not yet written
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(LOOK_S, self._look, clock=steady)
        self.create_timer(FLUSH_S, self._flush, clock=steady)
        if self.params.duration_s:
            self.create_timer(self.params.duration_s, self.end, clock=steady)

    def teardown(self) -> None:
        if self.__dict__.get("_recording"):
            self._guarded(self._write)
            self._guarded(Recording.close)
            self._recording = None

    @property
    def topics(self) -> int:
        return len(self._channels)

    def _look(self) -> None:
        """Subscribe to what is new, or offered in another way than before."""
        found = dict(self.get_topic_names_and_types())
        if not self.messages:
            self.follow_clock()
        elif "/clock" in found and not self.get_parameter("use_sim_time").value:
            self.report("clock", "warn", "a simulation's clock appeared after the recording began; its times are those "
                        "of this machine: record with --sim-time")
        for topic, (type_name, *_) in found.items():
            hidden = any(part.startswith("_") for part in topic.split("/"))
            if hidden or topic in self._passed_over or not self._wanted.fullmatch(topic):
                continue
            if not self.params.images and type_name in PICTURES:
                continue
            publishers = self.get_publishers_info_by_topic(topic)
            if any(publisher.node_name != self.get_name() for publisher in publishers):
                self._follow(topic, type_name, publishers)
        self.report("file", "ok", self.params.output, topics=self.topics, messages=self.messages)

    def _follow(self, topic: str, type_name: str, publishers: list[Any]) -> None:
        offers = [publisher.qos_profile for publisher in publishers]
        asked = QoSProfile(
            depth=PICTURE_DEPTH if type_name in PICTURES else DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if all(
                o.reliability == ReliabilityPolicy.RELIABLE for o in offers) else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if all(
                o.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers) else DurabilityPolicy.VOLATILE)
        before, subscription = self._subscriptions_of.get(topic, (None, None))
        if before == asked:
            return
        try:
            kind = ros.message_type(type_name)
            if topic not in self._channels:
                self._channels[topic] = self._recording.channel(
                    topic, type_name, full_definition(type_name), qos_text(offers), str(publishers[0].topic_type_hash))
        except LookupError as error:
            self._passed_over.add(topic)
            self.get_logger().warning(f"{topic} is not recorded: {error}")
            return
        if subscription:
            self.destroy_subscription(subscription)
        self._subscriptions_of[topic] = (asked, self.create_subscription(
            kind, topic, partial(self._take, topic), asked, raw=True))

    def _take(self, topic: str, message: bytes) -> None:
        """Take in a message, and all that wait behind it: an executor hands over one a turn, and under load transforms
        would fall ever further behind pictures."""
        subscription, channel = self._subscriptions_of[topic][1], self._channels[topic]
        self._waiting.append((channel, message))
        while (behind := subscription.handle.take_message(subscription.msg_type, True)) is not None:
            self._waiting.append((channel, behind[0]))
        if self.get_clock().now().nanoseconds:
            self._guarded(self._write)

    def _write(self, recording: Recording) -> None:
        """Write what came, also what came before the simulation's clock did."""
        now_ns = self.get_clock().now().nanoseconds
        waiting, self._waiting = self._waiting, []
        self.messages += len(waiting)
        for channel, message in waiting:
            recording.write(channel, now_ns, message)

    def _flush(self) -> None:
        self._guarded(Recording.flush)

    def _guarded(self, act: Callable[[Recording], None]) -> None:
        """Do it with the file; where the disk is full, say so, keep what is written and stop."""
        if self._recording is None:
            return
        try:
            act(self._recording)
        except OSError as error:
            recording, self._recording = self._recording, None
            recording.abandon()
            self.report("file", "error", f"{self.params.output}: {error.strerror}; what was written up to "
                        f"{FLUSH_S:.0f} s ago can be read: make room and record into another file")
            self.end(1)
