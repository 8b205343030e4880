"""One simulated house: the same seed gives the same night, sensors tell the truth, faults cover what they should."""
import math

import numpy as np
import pytest

from robot.resources import resource
from sim.simulation import SOUND_TICKS, TICK_S, Simulation
from sim.story import load_story

STORY = """\
id: short
date: 2026-11-21
start: "22:00:00"
light: evening
noise_db: 36
people:
  lin: {at: [2.2, 1.2], facing_deg: 0}
script:
  - {id: fall, who: lin, at: 0.5, do: fall, kind: sideways}
  - {id: answer, who: lin, after: impact, hears: 1, delay: 0.3, do: say, words: {en: "Help me, I cannot get up."}}
  - {id: cuff, who: lin, at: 0.2, do: measure_blood_pressure}
faults:
  - {part: microphone, mode: silent, at: 0.3, until: 0.6}
  - {part: scan, mode: silent, at: 0.3, until: 0.6}
  - {part: sensors, mode: offline, at: 0.3, until: 0.6, sensors: [mattress_1]}
ends:
  - {after: answer, delay: 0.5}
  - {at: 120}
"""


@pytest.fixture
def begin(site, tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text(STORY, encoding="utf-8")

    def begun(seed=0):
        return Simulation(site, load_story(path, site), seed, language="en", render=False)
    return begun


def run(simulation, seconds):
    return [simulation.step() for _ in range(round(seconds / TICK_S))]


def events(moments):
    return [event for moment in moments for event in moment.events]


def test_time_goes_on_in_equal_ticks_and_the_world_keeps_up(begin):
    simulation = begin()
    moments = run(simulation, 2.0)
    assert np.allclose(np.diff([m.time_s for m in moments]), TICK_S, atol=1e-6)
    assert simulation.world.time_s == pytest.approx(simulation.elapsed_s, abs=0.004)


def test_the_same_seed_gives_the_same_night(begin):
    def trace(seed):
        moments = run(begin(seed), 2.5)
        sound = np.concatenate([m.sound for m in moments if m.sound is not None])
        return events(moments), sound, [m.messages for m in moments if m.messages]

    one, same, other = trace(3), trace(3), trace(4)
    assert one[0] == same[0] and np.array_equal(one[1], same[1]) and one[2] == same[2]
    assert one[0] != other[0] and not np.array_equal(one[1], other[1])


def test_she_falls_hears_the_robot_and_answers_and_the_story_ends(begin):
    simulation = begin()
    moments = run(simulation, 2.5)
    simulation.caption = "Do you need help?"
    tone = np.sin(np.arange(22050) * 0.2) * 9000
    simulation.robot_speaks(tone.astype(np.int16), 22050)
    moments += run(simulation, 6.0)
    told = events(moments)
    assert [e.name for e in told] == ["measured_blood_pressure", "impact", "heard_robot", "spoke", "story_ended"]
    assert told[2].detail == "Do you need help?" and told[3].detail == "Help me, I cannot get up."


def test_of_a_robot_that_speaks_sentence_by_sentence_she_waits_for_the_last(begin):
    simulation = begin()
    for _ in range(2):
        simulation.robot_speaks((np.sin(np.arange(22050) * 0.2) * 9000).astype(np.int16), 22050)
    first, both = run(simulation, 1.5), run(simulation, 1.0)
    assert "heard_robot" not in [e.name for e in events(first)]
    assert [e.name for e in events(both)].count("heard_robot") == 1


def test_a_robot_that_is_silenced_was_not_heard_to_the_end(begin):
    simulation = begin()
    simulation.robot_speaks(np.full(44100, 9000, np.int16), 22050)
    moments = run(simulation, 0.5)
    simulation.robot_speaks(np.empty(0, np.int16), 22050)
    assert "heard_robot" not in [e.name for e in events(moments + run(simulation, 2.0))]


def test_sound_comes_every_tenth_of_a_second_and_exact_zeros_only_from_a_dead_microphone(begin):
    moments = run(begin(), 1.0)
    due = moments[SOUND_TICKS - 1::SOUND_TICKS]
    assert all(m.sound is not None and len(m.sound) == 1600 for m in due)
    assert [bool(m.sound.any()) for m in due] == [True, True, False, False, False, True, True, True, True, True]


def test_a_dead_lidar_and_an_absent_sensor_last_as_long_as_the_story_says(begin):
    moments = run(begin(), 1.0)
    assert [round(0.1 * (n + 1), 1) for n, m in enumerate(moments[9::10]) if m.scan is None] == [0.3, 0.4, 0.5]
    said = [(m.payload, round(moment.time_s % 60, 2)) for moment in moments for m in moment.messages
            if m.topic == "zigbee2mqtt/mattress_1/availability"]
    assert said == [("offline", 0.3), ("online", 0.6)]


def test_without_new_commands_the_base_stops_by_itself(begin):
    simulation = begin()
    simulation.drive(0.4, 0.0)
    run(simulation, 0.45)
    assert simulation.world.robot_twist[0] > 0.1
    run(simulation, 1.5)
    assert math.isclose(simulation.world.robot_twist[0], 0.0, abs_tol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_in_the_night_story_she_stands_before_the_robot_can_be_there_and_falls_only_when_it_is(site, seed):
    simulation = Simulation(site, load_story(resource("config/scenarios/night.yaml"), site), seed, render=False)
    moments = run(simulation, 22.0)
    assert "impact" not in [e.name for e in events(moments)]
    assert simulation.world.people["lin"].posture == "standing"
    steps = simulation.player.happened["steps"]
    assert steps < 18.0


@pytest.mark.slow
def test_in_the_evening_story_pulse_and_pressure_arrive_and_she_sits_before_the_medicine_is_due(site):
    simulation = Simulation(site, load_story(resource("config/scenarios/evening.yaml"), site), seed=1, render=False)
    moments = run(simulation, 50.0)  # it begins at 19:59:10
    payloads = " ".join(m.payload for moment in moments for m in moment.messages)
    assert "heart_rate" in payloads and "systolic" in payloads
    assert simulation.world.people["lin"].on_furniture == "sofa"
