"""Room sensors are believed when they change, not when they repeat themselves or talk nonsense."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robot.bridge.zigbee import SILENT_AFTER_S, Event, RoomSensors, Vitals, bridge_online
from robot.site import Site, load_site

HOME = Path(__file__).resolve().parents[2] / "config" / "home.yaml"
BED, DOOR, SOS_BUTTON, BP = (f"zigbee2mqtt/{name}" for name in ("mattress_1", "door_front", "sos_bedroom", "bp_lin"))
MOTION = "zigbee2mqtt/motion_bedroom"


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(HOME)


@pytest.fixture
def room(site):
    return RoomSensors(site)


def say(room: RoomSensors, topic: str, now_s: float = 0.0, retained: bool = False, **state) -> list:
    return room.take(topic, json.dumps(state).encode(), retained, now_s)


def kinds(events: list) -> list[str]:
    return [event.kind for event in events if isinstance(event, Event)]


def values(events: list) -> dict[str, float]:
    return {measure.code: value for v in events if isinstance(v, Vitals) for measure, value in v.readings}


def test_leaving_the_bed_is_told_once_and_with_whose_bed_it_is(room):
    assert kinds(say(room, BED, presence=True)) == []  # how things stood at the start is no event
    (event,) = say(room, BED, presence=False)
    assert (event.kind, event.resident_id, event.sensor.room) == ("bed_exit", "lin", "bedroom")
    assert kinds(say(room, BED, presence=False)) == [] and room.health["mattress_1"].repeats == 1
    assert kinds(say(room, BED, presence=True)) == ["bed_entry"]


def test_a_door_opens_and_closes(room):
    say(room, DOOR, contact=True)
    assert kinds(say(room, DOOR, contact=False)) == ["door_open"]
    assert kinds(say(room, DOOR, contact=True)) == ["door_closed"]


def test_movement_is_told_when_it_begins(room):
    assert kinds(say(room, MOTION, occupancy=True)) == ["motion"]
    assert kinds(say(room, MOTION, occupancy=True)) == []
    assert kinds(say(room, MOTION, occupancy=False)) == []
    assert kinds(say(room, MOTION, occupancy=True)) == ["motion"]


@pytest.mark.parametrize("action", ["emergency", "single", "on", "press"])
def test_every_press_of_the_button_counts(room, action):
    assert kinds(say(room, SOS_BUTTON, action=action)) == ["sos"]
    assert kinds(say(room, SOS_BUTTON, action=action)) == ["sos"]


def test_letting_go_of_the_button_or_a_battery_report_is_no_press(room):
    assert say(room, SOS_BUTTON, action="release") == [] and say(room, SOS_BUTTON, action="", battery=90) == []
    assert say(room, SOS_BUTTON, battery=90) == []


def test_a_retained_press_of_yesterday_is_no_call_today(room):
    assert say(room, SOS_BUTTON, retained=True, action="emergency") == []


def test_a_retained_state_is_where_we_start_from(room):
    say(room, BED, retained=True, presence=True)
    assert kinds(say(room, BED, presence=False)) == ["bed_exit"]


def test_readings_of_the_mattress_carry_standard_codes_and_units(room):
    (vitals,) = say(room, BED, presence=True, heart_rate=64, respiratory_rate=15)
    assert vitals.resident_id == "lin"
    assert [(m.code, m.unit, v) for m, v in vitals.readings] == [("8867-4", "/min", 64.0), ("9279-1", "/min", 15.0)]


def test_the_same_pulse_ten_seconds_later_is_a_new_reading_and_at_once_a_repeat(room):
    assert values(say(room, BED, 0.0, presence=True, heart_rate=64))
    assert not values(say(room, BED, 0.5, presence=True, heart_rate=64))
    assert values(say(room, BED, 10.0, presence=True, heart_rate=64))


def test_an_empty_bed_has_no_pulse(room):
    assert not values(say(room, BED, presence=False, heart_rate=64))


def test_blood_pressure_is_told_once_however_often_the_meter_repeats_it(room):
    assert values(say(room, BP, systolic=142, diastolic=85, pulse=70)) == {"8480-6": 142, "8462-4": 85, "8867-4": 70}
    assert say(room, BP, 3600.0, systolic=142, diastolic=85, pulse=70, battery=60) == []
    assert values(say(room, BP, 3700.0, systolic=138, diastolic=85, pulse=70))


@pytest.mark.parametrize("state", [
    dict(systolic=85, diastolic=142, pulse=70), dict(systolic=142, pulse=70),
    dict(systolic=1420, diastolic=85, pulse=70), dict(systolic="142", diastolic=85, pulse=70)])
def test_an_impossible_blood_pressure_is_counted_not_told(room, state):
    assert values(say(room, BP, **state)) == {"8867-4": 70}
    assert room.health["bp_lin"].level == "warn" and sum(room.health["bp_lin"].faults.values()) >= 1


@pytest.mark.parametrize("payload", [b'{"heart_rate": NaN}', b'{"heart_rate": null}', b'{"heart_rate": true}',
                                     b'{"heart_rate": 9000}', b'{"presence": tr', b"[]", b"", b"\xff\xfe", b"null",
                                     b'{"presence": "yes"}'])
def test_nonsense_is_counted_and_nothing_is_told(room, payload):
    assert room.take(BED, payload, False, 0.0) == []
    assert sum(room.health["mattress_1"].faults.values()) == 1 and room.health["mattress_1"].level == "warn"
    assert values(say(room, BED, 1.0, presence=True, heart_rate=60))
    assert room.health["mattress_1"].level == "ok"


SCALARS = (st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "64", "on", "online"])
           | st.just([1]) | st.just({}))
NAMES = st.sampled_from(["presence", "occupancy", "contact", "heart_rate", "respiratory_rate", "systolic", "diastolic",
                         "pulse", "battery", "battery_low", "action", "state"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(sensor=st.sampled_from([BED, DOOR, SOS_BUTTON, BP, MOTION, f"{BED}/availability"]),
       state=st.dictionaries(NAMES, SCALARS), retained=st.booleans())
def test_whatever_a_device_says_only_possible_values_are_told(site, sensor, state, retained):
    room = RoomSensors(site)
    told = values(say(room, sensor, 5.0, retained, **state))
    assert all(1 <= value <= 300 for value in told.values())


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"a":' * 100_000, b'{"heart_rate": ' + b"9" * 5000 + b"}"])
def test_a_malicious_message_is_only_unreadable(room, payload):
    assert room.take(BED, payload, False, 0.0) == [] and room.take(f"{BED}/availability", payload, False, 0.0) == []


def test_a_dangerous_reading_passes(room):
    assert values(say(room, BED, presence=True, heart_rate=31)) == {"8867-4": 31}


@pytest.mark.parametrize("offline, online", [(b"offline", b"online"), (b'{"state":"offline"}', b'{"state":"online"}')])
def test_a_lost_sensor_and_its_return_are_told_once(room, offline, online):
    topic = f"{BED}/availability"
    assert kinds(room.take(topic, online, True, 0.0)) == []
    assert kinds(room.take(topic, offline, False, 1.0)) == ["sensor_offline"]
    assert kinds(room.take(topic, offline, False, 2.0)) == [] and room.health["mattress_1"].level == "error"
    assert kinds(room.take(topic, online, False, 3.0)) == ["sensor_online"]


def test_a_lost_sensor_that_speaks_is_back(room):
    room.take(f"{BED}/availability", b"offline", False, 1.0)
    assert kinds(say(room, BED, presence=True)) == ["sensor_online"]


def test_silence_is_told_once_and_a_meter_may_be_silent(room):
    assert room.check_silence(0.0) == []
    say(room, BED, 10.0, presence=True)
    late = SILENT_AFTER_S["mattress"] + 11.0
    assert [e.sensor.id for e in room.check_silence(late)] == ["mattress_1"]
    assert room.check_silence(late + 1.0) == []
    silent = {e.sensor.id for e in room.check_silence(1e9)}
    assert "bp_lin" not in silent and "sos_bedroom" in silent


def test_a_low_battery_is_a_warning(room):
    say(room, BED, presence=True, battery=9)
    assert (room.health["mattress_1"].level, room.health["mattress_1"].message) == ("warn", "battery low (9 %)")
    say(room, BED, presence=True, battery=90)
    assert room.health["mattress_1"].level == "ok"


def test_unknown_topics_are_left_alone_and_the_coordinator_is_heard(room):
    assert say(room, "zigbee2mqtt/lamp", state="ON") == []
    assert "zigbee2mqtt/bridge/state" in room.topics
    assert bridge_online(b'{"state":"online"}') and not bridge_online(b'{"state":"offline"}')
