"""An empty room in which nothing moves is searched once a second, everything else always."""
import numpy as np
import pytest

from perception.gate import Gate

RNG = np.random.default_rng(1)
ROOM = RNG.integers(40, 120, (30, 40, 3)).repeat(16, axis=0).repeat(16, axis=1).astype(float)


def picture(noise=6.0, person_at=None):
    image = ROOM + RNG.normal(0, noise, ROOM.shape)
    if person_at is not None:
        image[200:330, person_at:person_at + 40] = 200
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
def test_an_empty_room_is_searched_once_a_second(noise):
    gate = Gate()
    opened = [gate.opens(picture(noise), tenth / 10, 1.0) for tenth in range(50)]
    assert sum(opened) == 5 and gate.passed_by == 45


def test_whoever_is_followed_is_looked_at_in_every_picture():
    gate = Gate()
    assert all(gate.opens(picture(), tenth / 10, 0.0) for tenth in range(20))


def test_somebody_who_comes_in_is_searched_for_at_once():
    gate = Gate()
    for tenth in range(14):
        gate.opens(picture(), tenth / 10, 1.0)
    assert gate.opens(picture(person_at=600), 1.4, 1.0) and gate.opens(picture(person_at=570), 1.5, 1.0)


def test_what_moves_is_told_until_it_rests():
    gate = Gate()
    gate.opens(picture(person_at=300), 0.0, 1.0)
    gate.opens(picture(person_at=310), 0.1, 1.0)
    left, top, right, bottom = gate.moving
    assert 280 <= left <= 310 and 330 <= right <= 370 and 180 <= top <= 240 and 290 <= bottom <= 350
    gate.opens(picture(person_at=310), 0.2, 1.0)
    assert gate.moving is None


def test_a_camera_that_moves_says_nothing_of_where():
    gate = Gate()
    gate.opens(picture(), 0.0, 1.0)
    gate.opens(np.roll(picture(), 40, axis=1), 0.1, 1.0)
    assert gate.moving is None


def test_a_clock_that_was_set_back_closes_nothing():
    gate = Gate()
    gate.opens(picture(), 1000.0, 1.0)
    assert gate.opens(picture(), 10.0, 1.0)
