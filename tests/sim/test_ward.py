"""The ward's night: several residents, each with her own language, and one who falls."""
from __future__ import annotations

import math

import pytest

from robot.resources import resource
from robot.site import load_site
from sim.scenario import find, load_scenario
from sim.simulation import TICK_S, Simulation


@pytest.mark.slow
def test_on_the_ward_mrs_tanaka_falls_when_the_robot_looks_in_and_all_others_sleep():
    site = load_site(resource("config/ward.yaml"))
    simulation = Simulation(site, load_scenario(find("ward_night"))[0], seed=1, render=False)
    told = []

    def visit(room: str, seconds: float) -> None:
        stop = next(stop for stop in site.patrols[0].stops if stop.room == room)
        simulation.world.base.put(stop.at[0], stop.at[1], math.radians(stop.at[2]))
        for _ in range(round(seconds / TICK_S)):
            told.extend(simulation.step().events)

    visit("room_7", 1.0)
    assert simulation.world.people["tanaka"].on_furniture == "bed_5"
    visit("room_6", 14.0)
    visit("room_5", 6.0)
    assert [(event.name, event.entity) for event in told if event.name == "impact"] == [("impact", "tanaka")]
    others = {who: person.on_furniture for who, person in simulation.world.people.items() if who != "tanaka"}
    assert all(bed and bed.startswith("bed_") for bed in others.values())
    assert simulation.player.lines("ja") and not simulation.player.lines("zh")
