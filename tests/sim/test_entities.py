"""Entities of a running home: what is put in is seen by camera, depth and lidar, and bumped into."""
import math

import numpy as np
import pytest

from sim.entities import Entities, Pose, Refused, Why
from sim.scenario import find, load_scenario
from sim.simulation import Simulation
from sim.things import EACH, KINDS
from sim.worlds import available, load, quiet

BOX = "spawnable://anban/box"
AHEAD = Pose.standing(1.65, -0.8, 0.3)  # 1.2 m before the dock


@pytest.fixture()
def simulation(site):
    simulation = Simulation(site, quiet(site), seed=1, language="en")
    yield simulation
    simulation.world.close()


def test_a_spawned_box_is_seen_by_every_sense_stops_the_robot_and_is_gone_when_deleted(simulation):
    entities, world = Entities(simulation), simulation.world

    def senses():
        simulation.step()
        return world.color().astype(int), world.depth(), world.scan()[0]

    before = senses()
    assert entities.spawn("obstacle", BOX, AHEAD) == "obstacle"
    seen = senses()
    assert np.abs(seen[0] - before[0]).max() > 60 and (seen[1] - before[1]).min() < -0.5
    assert seen[2] == pytest.approx(0.95, abs=0.06) and before[2] > 2
    bumped = False
    for _ in range(400):
        simulation.drive(0.4, 0.0)
        simulation.step()
        bumped = bumped or world.bumped
    assert bumped and world.robot_pose[0] < 1.4
    entities.put("anban-1", Pose.standing(0.45, -0.8, 0.0))
    entities.delete("obstacle")
    simulation.drive(0.0, 0.0)
    assert senses()[2] == pytest.approx(before[2], abs=0.1)
    assert "obstacle" not in {entity.name for entity in entities.all()}


def test_everything_can_be_spawned_as_often_as_is_said_and_every_refusal_says_what_to_do(simulation):
    entities = Entities(simulation)
    for kind in KINDS:
        for number in range(EACH):
            entities.spawn("", f"spawnable://anban/{kind}", Pose.standing(3 + number, -0.8, 0.0), allow_renaming=True)
    assert len(entities.spawned()) == EACH * len(KINDS)
    low, high = entities.bounds("chair_1")
    assert np.allclose(high - low, np.subtract(*KINDS["chair"].bounds[::-1]), atol=1e-6)
    refusals = [
        (lambda: entities.spawn("one", BOX, AHEAD), Why.IMPOSSIBLE, "delete one"),
        (lambda: entities.spawn("chair_1", BOX, AHEAD), Why.NAME_TAKEN, "allow renaming"),
        (lambda: entities.spawn("a b", BOX, AHEAD), Why.NAME_INVALID, "letters"),
        (lambda: entities.spawn("tank", "file:///tank.sdf", AHEAD), Why.UNKNOWN_FORMAT, BOX),
        (lambda: entities.put("chair_1", Pose.standing(20, 20, 0.0)), Why.INVALID_POSE, "no room of lin-flat"),
        (lambda: entities.put("chair_1", Pose.standing(0.5, -0.8, 0.0)), Why.INVALID_POSE, "robot stands there"),
        (lambda: entities.put("anban-1", Pose.standing(6.8, 3.4, 0.0)), Why.INVALID_POSE, "'sofa' stands there"),
        (lambda: entities.put("sofa", AHEAD), Why.IMPOSSIBLE, "site file"),
        (lambda: entities.delete("lin"), Why.IMPOSSIBLE, "only what was spawned"),
        (lambda: entities.get("nobody"), Why.NOT_FOUND, "get_entities")]
    for ask, why, words in refusals:
        with pytest.raises(Refused, match=words) as refused:
            ask()
        assert refused.value.why == why


def test_a_resident_can_be_put_somewhere_and_is_there_for_everybody(simulation):
    entities = Entities(simulation)
    entities.put("lin", Pose.standing(2.0, -0.8, math.pi))
    simulation.step()
    assert entities.pose("lin").position[:2] == pytest.approx([2.0, -0.8], abs=0.02)
    assert np.roll(simulation.world.scan(), 15)[:30].min() < 1.7  # a leg


def test_the_worlds_that_come_along_can_be_loaded_and_others_are_refused_with_line_and_remedy(site, tmp_path):
    found = {world.name: world for world in available(site)}
    assert found["lin-flat"].tags == ("site",) and found["night"].tags == ("story",)
    assert load(found["night"].uri, site)[1].id == "night"
    assert load(found["lin-flat"].uri, site)[1].id == "quiet"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("id: night\npeople: {lim: {at: [1, 1]}}\n")
    for uri, why, words in ((str(wrong), Why.PARSE_ERROR, "wrong.yaml"), ("", Why.NO_RESOURCE, "get_available_worlds"),
                            (str(tmp_path / "none.yaml"), Why.NOT_FOUND, "cannot be read"),
                            ("house.sdf", Why.UNKNOWN_FORMAT, "YAML")):
        with pytest.raises(Refused, match=words) as refused:
            load(uri, site)
        assert refused.value.why == why


def test_a_caregiver_who_comes_is_an_entity_as_well(site):
    simulation = Simulation(site, load_scenario(find("long_night"))[0], seed=1, language="en", render=False)
    assert Entities(simulation).get("chen").tags == ("caregiver",)
