"""Recordings: MCAP files as rosbag2 writes and Foxglove reads them (profile "ros2", serialized messages untouched).

`Recording` writes one, `Recorded` reads one, finished or not. No ROS here: messages are bytes, times nanoseconds.
"""
from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml
from mcap.exceptions import EndOfFile, McapError
from mcap.reader import SeekingReader
from mcap.records import Channel, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

CHUNK_BYTES = 4 * 2**20  # four pictures: less is compressed badly, more is lost when the recorder is killed
END_BYTES = 8 + 29 + 8  # of any finished file: magic, footer, magic
PRIMITIVES = {"bool", "byte", "char", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32",
              "int64", "uint64", "string", "wstring"}
_FIELD = re.compile(r"^([a-zA-Z]\w*(?:/\w+)?)(?:<=\d+)?(?:\[[^\]]*\])?\s+\w+")
_QOS_NAMES = ("history", "reliability", "durability", "liveliness")


class RecordingError(ValueError):
    """A file that cannot be read or written as a recording; the message names it and says what to do."""


# --- what a message looks like ----------------------------------------------------------------------------------------
def installed_definition(type_name: str) -> str:
    """The text of `share/PACKAGE/msg/NAME.msg`. Raises LookupError where the type is not installed."""
    package, _, name = type_name.partition("/msg/")
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        path = Path(prefix) / "share" / package / "msg" / f"{name}.msg"
        if prefix and path.is_file():
            return path.read_text(encoding="utf-8")
    raise LookupError(f"{type_name} is not installed")


def full_definition(type_name: str, definition: Callable[[str], str] = installed_definition) -> str:
    """The definition of a message ("std_msgs/msg/Header") followed by those of all it is made of, as MCAP's `ros2msg`.

    Raises LookupError for a type that `definition` does not know.
    """
    texts: dict[str, str] = {}
    waiting = [type_name]
    while waiting:
        name = waiting.pop(0)
        if name not in texts:
            texts[name] = definition(name)
            waiting += _parts(name.split("/")[0], texts[name])
    first = texts.pop(type_name)
    rule = "=" * 80
    return first + "".join(f"\n{rule}\nMSG: {name.replace('/msg/', '/')}\n{text}" for name, text in texts.items())


def _parts(package: str, definition: str) -> list[str]:
    """The message types that a definition's fields have."""
    kinds = [match[1] for line in definition.splitlines() if (match := _FIELD.match(line.strip()))]
    return [kind.replace("/", "/msg/") if "/" in kind else f"{package}/msg/{kind}" for kind in kinds
            if kind not in PRIMITIVES]


# --- how it was offered -----------------------------------------------------------------------------------------------
def qos_text(profiles: Iterable[Any]) -> str:
    """rosbag2's `offered_qos_profiles` (metadata version 9) of rclpy QoSProfiles."""
    def duration(value: Any) -> dict[str, int]:
        return {"sec": value.nanoseconds // 10**9, "nsec": value.nanoseconds % 10**9}

    return yaml.safe_dump([{
        "history": profile.history.name.lower(), "depth": profile.depth,
        "reliability": profile.reliability.name.lower(), "durability": profile.durability.name.lower(),
        "deadline": duration(profile.deadline), "lifespan": duration(profile.lifespan),
        "liveliness": profile.liveliness.name.lower(),
        "liveliness_lease_duration": duration(profile.liveliness_lease_duration),
        "avoid_ros_namespace_conventions": profile.avoid_ros_namespace_conventions} for profile in profiles],
        sort_keys=False)


class Offer(NamedTuple):
    """How a topic is to be offered again: whoever could hear one of its publishers can hear this."""
    reliable: bool = True
    latched: bool = False
    depth: int = 100


def offer(text: str) -> Offer:
    """The offer of an `offered_qos_profiles` text of any version (words, or the numbers of ROS 2 before Jazzy)."""
    profiles = yaml.safe_load(text) if text else None
    if not profiles:
        return Offer()
    latched = any(profile["durability"] in ("transient_local", 1) for profile in profiles)
    # Several publishers latch one message each; a single one that says more keeps its depth.
    depth = max(profile.get("depth", 0) for profile in profiles)
    return Offer(any(profile["reliability"] in ("reliable", 1) for profile in profiles), latched,
                 (depth or (1 if len(profiles) == 1 else 100)) if latched else 100)


# --- writing ----------------------------------------------------------------------------------------------------------
class Recording:
    """An MCAP file being written. What `flush` has written is readable even if this process is killed after it."""

    def __init__(self, path: Path) -> None:
        """Raises RecordingError where the file cannot be made."""
        try:
            self._file: BinaryIO = path.open("wb")
            self._writer = Writer(self._file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
            self._writer.start(profile="ros2", library="anban")
            self._file.flush()
        except OSError as error:
            raise RecordingError(f"{path}: cannot be written: {error.strerror}; give a file in a folder that exists "
                                 "and has room") from error
        self._schemas: dict[str, int] = {}
        self._complete_bytes = self._file.tell()

    def channel(self, topic: str, type_name: str, definition: str, offered_qos: str, type_hash: str = "") -> int:
        """A new channel; its number goes to `write`."""
        if type_name not in self._schemas:
            self._schemas[type_name] = self._writer.register_schema(type_name, "ros2msg", definition.encode())
        return self._writer.register_channel(topic, "cdr", self._schemas[type_name], {
            "offered_qos_profiles": offered_qos, "topic_type_hash": type_hash})

    def write(self, channel: int, time_ns: int, message: bytes) -> None:
        """Take in one serialized message. Raises OSError when the disk is full."""
        self._writer.add_message(channel, time_ns, message, time_ns)

    def flush(self) -> None:
        """Hand everything taken in to the operating system. Raises OSError when the disk is full."""
        self._writer.flush()
        self._complete_bytes = self._file.tell()

    def close(self) -> None:
        """Write the index and close. Raises OSError when the disk is full; then call `abandon`."""
        self._writer.finish()
        self._file.close()

    def abandon(self) -> None:
        """Close without an index, cut to what the last flush had written; readers find their way by reading it all."""
        raw = self._file.detach()  # what is still buffered does not fit
        raw.truncate(self._complete_bytes)
        raw.close()


# --- reading ----------------------------------------------------------------------------------------------------------
@dataclass
class Topic:
    """What a recording holds of one topic."""
    name: str
    type_name: str
    offered_qos: str
    messages: int = 0


class RecordedMessage(NamedTuple):
    time_ns: int
    topic: str
    data: bytes


class Recorded:
    """A recording to read. `finished` is False for one that its recorder could not close: it was read through instead.

    Raises RecordingError where the file is no MCAP recording of ROS 2.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.topics: dict[str, Topic] = {}
        self.start_ns = self.end_ns = 0
        try:
            self.size_bytes = path.stat().st_size
            with path.open("rb") as file:
                self.finished = self._read_summary(file)
            if not self.finished:
                self._read_through()
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}; give an MCAP file") from error
        except McapError as error:
            raise RecordingError(f"{path}: is no MCAP recording ({str(error) or 'it is empty'})") from error
        if not self.topics:
            raise RecordingError(f"{path}: holds no ROS 2 messages: nobody published while it was recorded, or in "
                                 "another ROS_DOMAIN_ID, or nothing that --topics names")

    @property
    def duration_s(self) -> float:
        return (self.end_ns - self.start_ns) * 1e-9

    def messages(self, topics: Iterable[str] | None = None, until_ns: int | None = None) -> Iterator[RecordedMessage]:
        """Messages in the order of their times, of some topics or all, up to and including a time."""
        wanted = set(self.topics if topics is None else topics)
        if not self.finished:  # written in the order of their times, and no index to do better
            yield from (message for message in self._all() if message.topic in wanted
                        and (until_ns is None or message.time_ns <= until_ns))
            return
        with self._path.open("rb") as file:
            for _, channel, message in SeekingReader(file).iter_messages(
                    wanted, ending_before=None if until_ns is None else until_ns + 1):
                yield RecordedMessage(message.log_time, channel.topic, message.data)

    def _read_summary(self, file: BinaryIO) -> bool:
        """Whether the file has an index at its end; if so it is taken in."""
        reader = SeekingReader(file)
        if self.size_bytes < END_BYTES:
            return False
        try:
            summary = reader.get_summary()
        except (EndOfFile, McapError):
            return False
        if summary is None or summary.statistics is None:
            return False
        statistics = summary.statistics
        self.start_ns, self.end_ns = statistics.message_start_time, statistics.message_end_time
        for channel in summary.channels.values():
            self._meet(channel, summary.schemas, statistics.channel_message_counts.get(channel.id, 0))
        return True

    def _meet(self, channel: Channel, schemas: dict[int, Schema], messages: int = 0) -> None:
        if channel.message_encoding == "cdr" and channel.schema_id in schemas:
            topic = self.topics.setdefault(channel.topic, Topic(
                channel.topic, schemas[channel.schema_id].name, channel.metadata.get("offered_qos_profiles", "")))
            topic.messages += messages

    def _read_through(self) -> None:
        for message in self._all():
            self.start_ns = min(self.start_ns or message.time_ns, message.time_ns)
            self.end_ns = max(self.end_ns, message.time_ns)
            self.topics[message.topic].messages += 1

    def _all(self) -> Iterator[RecordedMessage]:
        """Every message up to where the file is torn off."""
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        with self._path.open("rb") as file:
            for record in _untorn(StreamReader(_Whole(file)).records):
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                    self._meet(record, schemas)
                elif isinstance(record, Message) and channels[record.channel_id].topic in self.topics:
                    yield RecordedMessage(record.log_time, channels[record.channel_id].topic, record.data)


class _Whole:
    """A file of which one gets what one asks for, or EndOfFile: the library takes half a record for a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) < length:
            raise EndOfFile()
        return data


def _untorn(records: Iterator[McapRecord]) -> Iterator[McapRecord]:
    """Records up to the one that was being written when the recorder ended."""
    try:
        yield from records
    except EndOfFile:
        return
