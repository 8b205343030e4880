"""Blankets, walking frames, wheelchairs and doors: where they are, and that the camera sees them."""
from __future__ import annotations

import math

import numpy as np
import pytest

import sim  # noqa: F401  (chooses the renderer before MuJoCo is imported)
from sim.motion import Fall, WalkTo
from sim.poses import Manner
from sim.world import World
from tests.sim.test_motion import SITE


@pytest.fixture(scope="module")
def world():
    world = World(SITE, 1, ["lin", "chen"], manners={"lin": Manner(wheelchair=True), "chen": Manner(frame=True)},
                  blankets=["lin"])
    yield world
    world.close()


def live(world, seconds):
    for _ in range(round(seconds / 0.1)):
        world.step(0.1)


def place_of(world, body):
    return world.data.body(body).xpos[:2]


def test_a_blanket_lies_over_the_whole_body_up_to_the_chest():
    world = World(SITE, 1, ["lin"], blankets=["lin"])
    try:
        world.step(0.1)
        skin = world.model.skin("blanket/lin")
        cloth = world.model.skin_vert[skin.vertadr[0]:skin.vertadr[0] + skin.vertnum[0]].copy()
        cloth[:, :2] += SITE.furniture[0].pose[:2]
        body = world.people["lin"].body.surface(world.people["lin"].stance)[0]
        low = body[body[:, 0] > 0.8]  # below the chest
        nearest = [cloth[np.linalg.norm(cloth[:, :2] - point[:2], axis=1).argmin(), 2] - point[2] for point in low]
        assert np.mean(np.array(nearest) > -0.01) > 0.99
        covered = world.overhead(320, 240)
        world.people["lin"].place_at(2.6, 1.4, 0.0)
        world.step(0.1)
        assert np.abs(world.overhead(320, 240).astype(int) - covered).sum() > 1e4
    finally:
        world.close()


def test_who_sits_in_a_wheelchair_rolls_in_it_and_falls_out_of_it(world):
    lin = world.people["lin"]
    lin.place_at(2.6, 1.4, math.pi)
    live(world, 3.0)  # the chair is fetched
    lin.do(WalkTo(((1.6, 1.2),)))
    live(world, 5.0)
    assert lin.posture == "sitting" and 0.45 < lin.position[2] < 0.75 and not lin.on_floor
    assert np.linalg.norm(place_of(world, "aid/lin") - lin.position[:2]) < 0.02
    chair = place_of(world, "aid/lin").copy()
    lin.do(Fall())
    live(world, 3.5)
    assert lin.on_floor and lin.position[2] < 0.4
    assert place_of(world, "aid/lin") == pytest.approx(chair, abs=0.1)
    assert "impact" in [what for _, what, *_ in world.drain_events()]


def test_a_walking_frame_goes_before_who_pushes_it_and_the_lidar_meets_it(world):
    chen = world.people["chen"]
    chen.place_at(6.0, -0.8, math.pi)
    live(world, 6.0)
    chen.do(WalkTo(((5.0, -0.8),)))
    live(world, 4.0)
    ahead = place_of(world, "aid/chen") - chen.position[:2]
    assert ahead @ (math.cos(chen.heading), math.sin(chen.heading)) == pytest.approx(0.36, abs=0.05)
    world.base.put(3.5, -0.8, 0.0)
    world.step(0.02)
    leg = math.hypot(place_of(world, "aid/chen")[0] - 0.16 - 3.5, 0.28)  # of the front ones, at the lidar's height
    assert world.scan()[np.arange(-25, 26)].min() == pytest.approx(leg, abs=0.08)


def test_a_closed_door_opens_and_closes(world):
    world.base.put(7.8, -0.8, 0.0)
    world.people["chen"].place_at(2.0, -0.8, 0.0)
    live(world, 0.1)
    closed = world.scan()[0]
    world.set_door("front_door", True)
    world.step(0.02)
    assert closed < 0.9 and world.scan()[0] > 5 and world.open_doors == {"front_door"}
    world.set_door("front_door", False)
    world.step(0.02)
    assert world.scan()[0] == pytest.approx(closed, abs=0.03) and not world.open_doors


def test_the_infrared_picture_is_grey_and_darker_the_farther(world):
    world.base.put(1.0, -0.8, 0.0)  # along the corridor
    world.light = "infrared"
    world.step(0.02)
    depth = world._look()[1]
    seen = world.color().astype(int)
    world.light = "day"
    assert (seen[..., 0] == seen[..., 1]).all() and (seen[..., 1] == seen[..., 2]).all()
    far, near = seen[(depth > 5)].mean(), seen[(depth > 1) & (depth < 2.2)].mean()
    assert far < 0.5 * near  # though the far walls are paler than the floor
