"""Recordings as files: what others read in them, what is left of torn ones, and when what is replayed."""
from __future__ import annotations

import random
import resource
from pathlib import Path

import pytest
import yaml
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import LaserScan
from std_msgs.msg import String

from robot import recording
from robot.recording import (
    Offer,
    Recorded,
    RecordedMessage,
    Recording,
    RecordingError,
    full_definition,
    offer,
    qos_text,
)
from robot.ros import LATCHED, STREAM, message_type
from robot.timeline import Timeline


def write_words(path: Path, words: list[str]) -> Recording:
    """A recording of one String a second, flushed but not closed."""
    file = Recording(path)
    channel = file.channel("/said", "std_msgs/msg/String", full_definition("std_msgs/msg/String"), qos_text([LATCHED]))
    for second, word in enumerate(words, 1):
        file.write(channel, second * 10**9, serialize_message(String(data=word)))
    file.flush()
    return file


def words(messages) -> list[str]:
    return [deserialize_message(message.data, String).data for message in messages]


def test_definitions_hold_all_that_a_message_is_made_of_once():
    texts = {"a/msg/Outer": "Inner[3] inner\nb/Other<=5[] others  # c/Comment x\nstring<=8 name\nuint8 KIND=1",
             "a/msg/Inner": "float64[<=3] x\nb/Other one", "b/msg/Other": "builtin_interfaces/Time at",
             "builtin_interfaces/msg/Time": "int32 sec"}
    full = full_definition("a/msg/Outer", texts.__getitem__)
    assert full.startswith(texts["a/msg/Outer"])
    assert [line for line in full.splitlines() if line.startswith("MSG:")] == [
        "MSG: a/Inner", "MSG: b/Other", "MSG: builtin_interfaces/Time"]


@pytest.mark.parametrize("type_name", ["anban_interfaces/msg/AlarmList", "tf2_msgs/msg/TFMessage",
                                       "hri_msgs/msg/Skeleton2D", "sensor_msgs/msg/BatteryState"])
def test_messages_of_every_kind_are_read_by_the_public_decoder(tmp_path, type_name):
    file = Recording(tmp_path / "x.mcap")
    channel = file.channel("/x", type_name, full_definition(type_name), qos_text([STREAM]), "RIHS01_0")
    file.write(channel, 5, serialize_message(message_type(type_name)()))
    file.close()
    with (tmp_path / "x.mcap").open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        ((schema, channel, message, _),) = reader.iter_decoded_messages()
        assert (reader.get_header().profile, schema.name, schema.encoding) == ("ros2", type_name, "ros2msg")
        assert (channel.message_encoding, channel.metadata["topic_type_hash"]) == ("cdr", "RIHS01_0")
        assert message.log_time == 5


def test_values_survive(tmp_path):
    file = Recording(tmp_path / "x.mcap")
    channel = file.channel("/scan", "sensor_msgs/msg/LaserScan", full_definition("sensor_msgs/msg/LaserScan"), "")
    file.write(channel, 1, serialize_message(LaserScan(ranges=[1.0, 2.5], range_max=8.0)))
    file.close()
    with (tmp_path / "x.mcap").open("rb") as stream:
        ((*_, scan),) = make_reader(stream, decoder_factories=[DecoderFactory()]).iter_decoded_messages()
    assert (list(scan.ranges), scan.range_max) == ([1.0, 2.5], 8.0)


def test_what_was_offered_comes_back():
    both = [QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT), LATCHED]
    assert offer(qos_text([STREAM])) == Offer(reliable=False, latched=False)
    assert offer(qos_text([LATCHED])) == Offer(reliable=True, latched=True, depth=1)
    assert offer(qos_text(both))[:2] == (True, True)
    assert both[1].durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert offer("- {history: 3, depth: 0, reliability: 2, durability: 1}") == Offer(False, True, 1)  # ROS 2 Humble's
    assert offer("") == Offer()


def test_an_offer_has_all_the_fields_and_words_that_rosbag2_asks_for():
    never = {"sec": 0, "nsec": 0}  # what rclpy says for "not set"
    assert yaml.safe_load(qos_text([LATCHED])) == [{  # rosbag2_storage/qos.cpp, metadata version 9
        "history": "keep_last", "depth": 1, "reliability": "reliable", "durability": "transient_local",
        "deadline": never, "lifespan": never, "liveliness": "system_default", "liveliness_lease_duration": never,
        "avoid_ros_namespace_conventions": False}]


def test_a_recording_that_was_not_closed_is_read_up_to_where_it_is_torn(tmp_path):
    path = tmp_path / "x.mcap"
    file = write_words(path, ["one", "two"])
    complete_bytes = path.stat().st_size
    file.write(1, 3 * 10**9, serialize_message(String(data="three")))
    file.flush()
    whole = path.read_bytes()
    for length, expected in ((len(whole), ["one", "two", "three"]), (complete_bytes + 40, ["one", "two"]),
                             (complete_bytes + 5, ["one", "two"]), (complete_bytes, ["one", "two"])):
        path.write_bytes(whole[:length])
        recorded = Recorded(path)
        assert not recorded.finished
        assert (words(recorded.messages()), recorded.duration_s) == (expected, len(expected) - 1.0)


def test_what_fitted_on_a_full_disk_is_readable(tmp_path):
    path = tmp_path / "x.mcap"
    file = write_words(path, ["one", "two"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, limits[1]))  # all the room that is left
    try:
        file.write(1, 3 * 10**9, random.Random(1).randbytes(100_000))
        with pytest.raises(OSError, match="too large"):
            file.flush()
        file.abandon()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert words(Recorded(path).messages()) == ["one", "two"]


def test_files_that_are_no_recordings_are_named(tmp_path):
    for content in (b"", b"RIFF....WAVEfmt ", b"\x89MCAP0\r\n"):
        (tmp_path / "x.mcap").write_bytes(content)
        with pytest.raises(RecordingError, match="x.mcap"):
            Recorded(tmp_path / "x.mcap")
    with pytest.raises(RecordingError, match="No such file"):
        Recorded(tmp_path / "none.mcap")
    with pytest.raises(RecordingError, match="cannot be written"):
        Recording(tmp_path / "none" / "x.mcap")


def test_a_type_that_is_not_installed_is_named():
    with pytest.raises(LookupError, match="nowhere/msg/Thing is not installed"):
        recording.installed_definition("nowhere/msg/Thing")
    with pytest.raises(LookupError, match="std_msgs/msg/Thing is not installed"):
        message_type("std_msgs/msg/Thing")


SECOND = 10**9
NIGHT = [RecordedMessage(at * SECOND, topic, b"") for at, topic in
         ((1, "/tf_static"), (1, "/scan"), (3, "/scan"), (4, "/scan"), (6, "/scan"))]


def test_messages_are_due_at_the_rate_asked_for():
    timeline = Timeline(NIGHT, SECOND, rate=2.0)
    assert [m.time_ns // SECOND for m in timeline.due(0.0)] == [1, 1]
    assert [m.time_ns // SECOND for m in timeline.due(1.4)] == [3]
    assert (timeline.time_ns(1.4), timeline.over) == (3_800_000_000, False)
    assert [m.time_ns // SECOND for m in timeline.due(2.5)] == [4, 6]
    assert timeline.over


def test_a_replay_from_the_middle_begins_with_what_was_latched():
    timeline = Timeline(NIGHT, 4 * SECOND, latched={"/tf_static"})
    assert [(m.time_ns // SECOND, m.topic) for m in timeline.due(0.0)] == [(1, "/tf_static"), (4, "/scan")]
