"""Daily life in a story: routines become motions, a caregiver comes in by the door and helps up, faults of sensors."""
from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.life import Approach, ThroughDoor, Wander, activity, impossible
from sim.poses import Manner
from sim.room_sensors import Message
from sim.sensor_faults import FaultyRadio
from sim.simulation import Simulation
from sim.stereo import BASELINE_M, COARSE, SUBPIXEL, StereoDepth
from sim.story import Fault, StoryError, load_story
from tests.sim.test_motion import SITE, WAYS, Stage

STORY = """\
id: helped
date: 2026-11-21
start: "06:59:58"
noise_db: 36
people:
  lin: {at: [2.2, 1.2], age: 84}
  chen: {door: front_door}
script:
  - {id: fall, who: lin, at: 0.2, do: fall, kind: sideways}
  - {id: come, who: chen, after: fall, do: come_in, door: front_door}
  - {id: help, who: chen, after: come, do: help_up, person: lin}
  - {id: lamp, who: chen, after: come, do: switch_light, light: evening}
routines:
  lin:
    - {at: "07:00", do: eat}
    - {at: "07:01", do: wander, within_min: 1}
ends:
  - {after: help, delay: 1}
  - {at: 300}
"""


def story(site, tmp_path, text=STORY):
    path = tmp_path / "helped.yaml"
    path.write_text(text, encoding="utf-8")
    return load_story(path, site)


def test_a_caregiver_comes_in_by_the_door_and_helps_the_fallen_up(site, tmp_path):
    simulation = Simulation(site, story(site, tmp_path), seed=1, language="en", render=False)
    events, contact = [], []
    while not simulation.ended:
        moment = simulation.step()
        events += moment.events
        contact += [json.loads(m.payload)["contact"] for m in moment.messages if m.topic == "zigbee2mqtt/door_front"]
        assert simulation.elapsed_s < 290
    names = [event.name for event in events]
    order = ["impact", "opens_door", "came_in", "closes_door", "helps", "got_up"]
    assert sorted(order, key=names.index) == order
    assert contact[:3] == [True, False, True]  # the door's sensor noticed
    assert simulation.world.people["lin"].posture == "standing" and simulation.world.light == "evening"
    assert [e.detail for e in events if e.name == "left_out"] == ["lin-eat-1"]  # who lies on the floor eats nothing


def test_a_routine_comes_due_by_the_clock_and_differs_by_seed(site, tmp_path):
    wander = [s for s in story(site, tmp_path).script if s.do == "wander"][0]
    assert wander.at == (62.0, 122.0) and wander.routine


@pytest.mark.parametrize(("wrong", "right", "remedy"), [
    ("do: eat}", "do: visit, person: wang}", "no person 'wang'"),
    ("do: help_up, person: lin", "do: help_up", "needs `person:`"),
    ("chen: {door: front_door}", "chen: {door: bedroom_door}", "no door to the outside 'bedroom_door'"),
])
def test_what_cannot_be_done_is_refused_with_a_remedy(site, tmp_path, wrong, right, remedy):
    with pytest.raises(StoryError, match=remedy):
        story(site, tmp_path, STORY.replace(wrong, right))


def test_where_no_bathroom_is_a_room_must_be_named(site):
    rooms = [room for room in site.rooms if room.kind != "bathroom"]
    without = site.model_copy(update={"rooms": rooms})
    assert "say `room:`" in impossible("toilet", "lin", without, None)
    assert impossible("toilet", "lin", without, "corridor") == impossible("toilet", "lin", site, None) == ""


def test_wandering_keeps_to_the_free_floor_and_differs_by_seed():
    places = []
    for seed in (1, 2):
        stage = Stage(seed)
        stage.perform(Wander(2), step_s=0.2, each=lambda: places.append(stage.person.position[:2].copy()))  # noqa: B023
        places.append(stage.person.position[:2].copy())
    assert WAYS.is_free(np.array(places)).all()
    assert len({tuple(np.round(place, 1)) for place in places}) > 10


def test_one_eats_at_a_table_and_watches_television_from_the_seat_before_it():
    for name in ("eat", "watch_television"):
        stage = Stage(1).perform(*activity(name, "lin", SITE, minutes=0.1), step_s=0.2)
        assert stage.person.on_furniture == "sofa"


def test_one_comes_close_to_another_and_turns_to_her():
    stage = Stage(1).perform(Approach((6.0, 1.2)), step_s=0.1)
    to = np.array((6.0, 1.2)) - stage.person.position[:2]
    assert np.linalg.norm(to) < 0.85
    assert abs(math.remainder(math.atan2(to[1], to[0]) - stage.person.heading, math.tau)) < 0.2


def test_an_inner_door_leads_to_no_outside():
    with pytest.raises(ValueError, match="outside"):
        Stage().perform(ThroughDoor("bedroom_door", inward=True))


def test_the_old_walk_slower_and_stoop():
    assert Manner.of_age(90).pace < Manner.of_age(75).pace == 1.0
    assert Manner.of_age(90).stoop_deg > Manner.of_age(70).stoop_deg


def radio(mode, messages, **settings):
    fault = Fault(part="sensors", mode=mode, at=0, **settings)
    return FaultyRadio(SITE, 0), fault, [Message("zigbee2mqtt/motion_bedroom", json.dumps(m)) for m in messages]


def said(messages):
    return [json.loads(message.payload) for message in messages]


def test_a_lying_sensor_says_the_contrary_and_a_stuck_one_its_last_word():
    faulty, fault, (yes,) = radio("lying", [{"occupancy": True, "illuminance": 3}])
    assert said(faulty.pass_on([yes], [fault], 1.0)) == [{"occupancy": False, "illuminance": 3}]
    faulty, fault, (yes, no) = radio("stuck", [{"occupancy": True}, {"occupancy": False}])
    assert said(faulty.pass_on([yes], [], 0.0) + faulty.pass_on([no], [fault], 1.0)) == [{"occupancy": True}] * 2


def test_messages_are_lost_late_or_repeated():
    faulty, fault, sent = radio("dropout", [{"occupancy": True}] * 200, share=0.3)
    assert 110 < len(faulty.pass_on(sent, [fault], 1.0)) < 170
    faulty, fault, sent = radio("delay", [{"occupancy": True}], by_s=4)
    assert [len(faulty.pass_on(sent if t == 0 else [], [fault], t)) for t in (0, 3.9, 4.0, 5)] == [0, 0, 1, 0]
    faulty, fault, sent = radio("repeat", [{"occupancy": True}], times=4)
    assert len(faulty.pass_on(sent, [fault], 1.0)) == 4


def test_a_fault_of_one_sensor_leaves_the_others_and_the_availability_alone():
    faulty, fault, sent = radio("dropout", [{"occupancy": True}], share=1.0, sensors=["motion_living"])
    online = Message("zigbee2mqtt/motion_living/availability", "online", True)
    assert faulty.pass_on([*sent, online], [fault], 1.0) == [*sent, online]


def test_stereo_depth_is_noisier_the_farther_and_blind_beside_edges():
    stereo = StereoDepth(200, 300, 425.0, np.random.default_rng(0))
    for away in (1.0, 4.0):
        seen = stereo(np.full((200, 300), away, np.float32))
        assert np.std(seen[seen > 0]) == pytest.approx(away ** 2 * SUBPIXEL / (425 * BASELINE_M), rel=0.1)
    edge = np.full((200, 300), 4.0, np.float32)
    edge[:, 150:200] = 1.0
    holes = (stereo(edge) == 0).sum(axis=1)
    assert holes == pytest.approx(425 * BASELINE_M * (1 - 1 / 4), abs=COARSE)
