"""Eyes without pictures: they see only what the camera could, and err as the table says, the same way for one seed."""
import copy
import math
from collections import Counter

import numpy as np
import pytest

from sim.eyes import ERRORS, Eyes, Glance, Table, in_view
from sim.simulation import LONG_REST_TICKS, REST_TICKS, TICK_S, Simulation
from sim.story import Story
from sim.world import World


@pytest.fixture(scope="module")
def world(site):
    world = World(site, people=["lin"])
    yield world
    world.close()


def look(world, person, robot):
    world.people["lin"].place_at(*person[:2], math.radians(person[2]))
    world.base.put(*robot[:2], math.radians(robot[2]))
    world.step(0.05)
    return in_view(world)


@pytest.mark.parametrize("robot, view", [((1.4, 0.8, 0), "toward"), ((1.0, 1.2, 0), "toward")])
def test_somebody_before_the_camera_is_in_view_as_she_is(world, robot, view):
    (seen,) = look(world, (3.6, 0.9, 180), robot)
    assert (seen.who, seen.posture, seen.view, seen.face) == ("lin", "standing", view, True)
    assert seen.distance_m == pytest.approx(math.dist(robot[:2], (3.6, 0.9)), abs=0.3)
    assert 0.7 < seen.hips_m < 1.0 and seen.angle_rad < 0.3


def test_who_turns_her_back_shows_no_face(world):
    (seen,) = look(world, (3.6, 0.9, 0), (1.4, 0.8, 0))
    assert (seen.view, seen.face) == ("away", False)


@pytest.mark.parametrize("robot", [(1.4, 0.8, 180), (1.4, 0.8, 90), (5.4, 1.0, 180)])
def test_who_is_behind_the_robot_beside_its_field_or_behind_a_wall_is_not_in_view(world, robot):
    assert look(world, (3.6, 0.9, 180), robot) == []


@pytest.mark.parametrize("x, view", [(2.2, "cut"), (1.9, "hidden")])
def test_a_body_cut_by_the_pictures_edge_is_called_so(world, x, view):
    (seen,) = look(world, (x, 0.9, 180), (1.2, 0.9, 0))
    assert seen.view == view


def glance(posture="lying_on_floor", at=(1.5, 2.0), distance=2.5):
    return Glance("lin", posture, distance, "across", (*at, 0.15), (*at, 0.2), 0.12, 0.16, 1.5, False, "")


def test_the_same_seed_errs_in_the_same_way_and_another_in_another(site):
    def run(seed):
        eyes = Eyes(site, seed)
        return [repr(eyes.look([glance()], 0.1 * n)) for n in range(50)]
    assert run(1) == run(1) != run(2)


def test_found_and_taken_for_as_often_as_the_table_says(site):
    row, counts, found = Table().row("lying_on_floor", 2.5, "across"), Counter(), 0
    for seed in range(40):
        eyes = Eyes(site, seed)
        for n in range(100):
            seen = eyes.look([glance()], 0.1 * n)
            if n >= 20 and seen:
                found += seen[0].visible
                counts[seen[0].posture] += seen[0].visible
    expected = row["found_again"] / (row["found_again"] + 1 - row["kept"])  # of the chain, when it has settled
    assert found / (40 * 80) == pytest.approx(expected, abs=0.06)
    named = row["seen"]["lying_on_floor"]
    assert counts["lying_on_floor"] / counts.total() == pytest.approx(named, abs=0.12)


def test_heights_are_off_by_the_spread_of_the_table(site):
    bias, spread = Table().errors["lying_on_floor"]["hips_m"]
    heights = []
    for seed in range(150):
        eyes = Eyes(site, seed)
        heights += [seen[0].hips_m for n in range(10) if (seen := eyes.look([glance()], 0.1 * n)) and seen[0].visible]
    heights = np.array(heights)[np.isfinite(heights)]
    assert heights.mean() - 0.12 == pytest.approx(bias, abs=0.3 * spread + 0.01)
    assert heights.std() == pytest.approx(spread, rel=0.3)


def test_a_new_posture_is_named_at_once_where_the_table_has_no_delay_even_if_names_never_change_within_one(site):
    data = copy.deepcopy(Table().data)
    data["settle_s"] = {}
    for row in data["rows"]:
        row["kept"] = row["found_again"] = row["same_posture"] = 1.0
        row["seen"] = {row["posture"]: 1.0}
    eyes = Eyes(site, 0, Table(data))
    looks = [eyes.look([glance(posture)], 0.1 * n) for n, posture in enumerate(["standing"] * 3 + ["lying_on_floor"])]
    assert [look[0].posture for look in looks[1:]] == ["standing", "standing", "lying_on_floor"]


def test_who_is_lost_on_the_floor_is_told_by_the_shape_there_as_often_as_the_table_says(site):
    data = copy.deepcopy(Table().data)
    data["shape"] = {"lying_on_floor": {"share": 0.7, "late_s": 0.0, "height_m": 0.23}}
    for row in data["rows"]:
        row["kept"], row["found_again"] = 0.0, 1.0  # found at every other look
    told = Counter()
    for seed in range(200):
        eyes = Eyes(site, seed, Table(data))
        looks = [eyes.look([glance()], time_s) for time_s in (0.0, 0.1, 0.2, 0.3, 0.4, 1.5)]
        assert [look[0].visible for look in looks[2:4]] == [True, False]  # a moment without a skeleton is no loss
        told[looks[5][0].visible and (looks[5][0].posture, looks[5][0].hips_m)] += 1
    assert told["lying_on_floor", 0.23] / 200 == pytest.approx(0.7, abs=0.1) and len(told) == 2


def test_who_leaves_the_view_is_remembered_unseen_and_then_forgotten(site):
    eyes = Eyes(site, 3)
    for n in range(40):
        before = eyes.look([glance("standing")], 0.1 * n)
    (after,) = eyes.look([], 4.1)
    assert before[0].track_id == after.track_id and not after.visible
    assert eyes.look([], 60.0) == []


def test_the_table_knows_every_posture_it_can_be_asked_for(site):
    table = Table()
    for posture in ("standing", "walking", "sitting", "bending", "crouching", "sitting_on_floor", "lying_on_furniture",
                    "lying_on_floor", "falling", "landing", "something new"):
        row = table.row(posture, 2.5, "across")
        assert all(0 <= row[name] <= 1 for name in ("found_again", "kept"))
        assert sum(row["seen"].values()) == pytest.approx(1, abs=0.01)
        assert set(ERRORS) < set(table.errors.get(posture, table.errors["any"]))


NIGHT = {"id": "rest", "date": "2026-11-21", "start": "23:00:00", "light": "night",
         "people": {"lin": {"furniture": "bed_1"}},
         "script": [{"id": "up", "who": "lin", "at": 9.87, "do": "get_up"}], "ends": [{"at": 60}]}


@pytest.mark.parametrize("rest_ticks", [REST_TICKS, LONG_REST_TICKS])
def test_at_rest_time_leaps_until_the_story_goes_on_and_the_same_things_happen(site, rest_ticks):
    def run(rest_ticks):
        simulation = Simulation(site, Story.model_validate(NIGHT), 1, "en", render=False)
        steps, happened, begun = 0, [], None
        while simulation.elapsed_s < 18.0:
            moment = simulation.step(rest_ticks)
            steps += 1
            happened += [(e.name, round(e.time_s - simulation.start_s, 2)) for e in moment.events]
            if begun is None and simulation.world.people["lin"].busy:
                begun = simulation.ticks
        return steps, happened, begun
    (slow_steps, slow, slow_begun), (fast_steps, fast, fast_begun) = run(0), run(rest_ticks)
    assert slow_begun == fast_begun == 987
    assert [name for name, _ in slow] == [name for name, _ in fast] and "sat_up" in dict(fast)
    assert np.allclose([when for _, when in slow], [when for _, when in fast], atol=TICK_S)
    assert slow_steps == 1800 and fast_steps < 1800 - 5 / TICK_S


def test_at_rest_the_microphone_goes_on_where_it_was_and_scans_keep_coming(site):
    simulation = Simulation(site, Story.model_validate({**NIGHT, "script": []}), 1, "en", render=False)
    while not simulation.resting:
        simulation.step()
    simulation.step(LONG_REST_TICKS)
    moment = simulation.step(LONG_REST_TICKS)
    assert moment.scan is not None and moment.sound is not None and moment.people is not None
    assert simulation.ticks % REST_TICKS == 0
    assert simulation.sound.position == round(simulation.elapsed_s * 16000)
