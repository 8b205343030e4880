"""The legs of docking, by how each of them ends; and the ride that any motion is."""
import math
from pathlib import Path

import numpy as np
import pytest

from robot.docking import TRIES, docking, staging_pose
from robot.drive import Command, Hold, Journey, Outcome, Straight
from robot.grid import plan_grid
from robot.ride import Ride, blind
from robot.site import load_site

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
DOCK = (0.3, -0.8, 0.0)
ARRIVED, BLOCKED = Outcome("arrived", ""), Outcome("blocked", "something stands in the way")
NO_CURRENT = Outcome("timeout", "on the dock, but no current")
NOTHING = np.zeros((0, 2))


def play(*outcomes: Outcome):
    """The phases of docking when its legs end so, and how it ended."""
    legs = docking(SITE.robot, DOCK, lambda: False)
    leg, seen = next(legs), []
    for number, outcome in enumerate(outcomes):
        seen.append((leg.phase, leg.retries))
        try:
            leg = legs.send((outcome, 10.0 * number))
        except StopIteration as over:
            assert number == len(outcomes) - 1, "it ended early"
            return seen, over.value
    raise AssertionError(f"it goes on with {leg}")


def test_onto_the_dock_and_it_charges():
    seen, docked = play(ARRIVED, ARRIVED)
    assert seen == [("controlling", 0), ("charging", 0)] and docked == (ARRIVED, "charging", 0)


def test_without_current_it_comes_off_and_tries_again():
    seen, docked = play(ARRIVED, NO_CURRENT, ARRIVED, ARRIVED, ARRIVED)
    assert seen[2:] == [("retrying", 1), ("controlling", 1), ("charging", 1)] and docked.outcome.arrived


def test_a_dock_that_never_gives_current_is_given_up():
    again = [ARRIVED, ARRIVED, NO_CURRENT] * TRIES
    _, docked = play(*again[1:])
    assert docked == (NO_CURRENT, "charging", TRIES - 1)


@pytest.mark.parametrize(("outcomes", "phase"), [
    ([BLOCKED], "controlling"), ([ARRIVED, NO_CURRENT, BLOCKED], "retrying"), ([ARRIVED, BLOCKED], "charging")])
def test_whatever_else_goes_wrong_ends_it_and_says_where(outcomes, phase):
    _, docked = play(*outcomes)
    assert (docked.outcome, docked.phase) == (BLOCKED, phase)


def test_it_begins_facing_away_from_the_dock():
    assert staging_pose((1.0, 2.0, math.pi / 2)) == pytest.approx((1.0, 2.6, math.pi / 2))


# --- a ride -----------------------------------------------------------------------------------------------------------
def ride(motion, limit_s: float = math.inf) -> Ride:
    return Ride(motion, began_s=0.0, limit_s=limit_s, patience_s=10.0)


def test_a_ride_is_over_with_its_motion():
    waits = ride(Hold(lambda: True, 0.0, 5.0, ""))
    assert waits.step((0, 0, 0), NOTHING, NOTHING, 1.0) == Command() and waits.outcome == ARRIVED


def test_a_ride_that_takes_too_long_is_over():
    waits = ride(Hold(lambda: False, 0.0, math.inf, ""), limit_s=3.0)
    waits.step((0, 0, 0), NOTHING, NOTHING, 3.0)
    assert waits.outcome is None
    waits.step((0, 0, 0), NOTHING, NOTHING, 3.1)
    assert waits.outcome == Outcome("timeout", "not done within 3 s")


def test_a_blind_robot_gives_up_after_its_patience_which_begins_anew_when_it_sees():
    waits, why = ride(Hold(lambda: False, 0.0, math.inf, "")), Outcome("no_scan", "no fresh scan")
    waits.stand(why, 0.0)
    waits.stand(why, 9.0)
    waits.step((0, 0, 0), NOTHING, NOTHING, 9.5)
    waits.stand(why, 10.0)
    waits.stand(why, 19.9)
    assert waits.outcome is None
    waits.stand(why, 20.1)
    assert waits.outcome == why


def test_the_bumper_ends_a_journey_and_no_docking():
    onto = ride(Straight(SITE.robot, DOCK, backward=True))
    journey = ride(Journey(plan_grid(SITE), SITE.robot, (1.0, -0.8, 0.0), (3.0, -0.6, 0.0), 0.0))
    for one in (onto, journey):
        one.bumped((1.0, -0.8, 0.0))
    assert onto.outcome is None and journey.outcome.code == "bumped" and "(1.00, -0.80)" in journey.outcome.message


@pytest.mark.parametrize(("age_s", "lost", "code"), [
    (math.inf, False, "no_scan"), (0.6, False, "no_scan"), (0.4, True, "lost"), (0.4, False, None)])
def test_a_robot_moves_only_with_a_fresh_scan_that_fits(age_s, lost, code):
    why = blind(age_s, 0.5, lost)
    assert (why and why.code) == code
