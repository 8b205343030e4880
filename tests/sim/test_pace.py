"""The world keeps its pace, makes up for a little, and waits for who looks at its pictures, but not for ever."""
from sim.pace import CATCH_UP_S, Backlog, Pace
from sim.simulation import TICK_S


def run(pace: Pace, ticks: int, now_s: float, may_rest: bool = False) -> int:
    """Ticks when as many have followed as are allowed at one moment."""
    while pace.allows(ticks, may_rest, now_s) and ticks < 10**6:
        ticks += 1
    return ticks


def test_it_goes_at_most_so_fast():
    pace = Pace(2.0, 0.0)
    pace.begin(100, 5.0)
    assert run(pace, 100, 5.0) == 100
    assert abs(run(pace, 100, 6.0) - (100 + 2.0 / TICK_S)) <= 1


def test_without_a_factor_nothing_holds_it():
    assert run(Pace(0.0, 0.0), 0, 0.0) == 10**6


def test_after_a_long_pause_it_makes_up_for_a_little():
    pace = Pace(1.0, 0.0)
    pace.begin(0, 0.0)
    assert abs(run(pace, 0, 60.0) - CATCH_UP_S / TICK_S) <= 1


def test_it_flies_while_nothing_can_happen_and_is_at_its_pace_again_when_something_does():
    pace = Pace(1.0, 50.0)
    pace.begin(0, 0.0)
    assert not pace.resting and run(pace, 0, 0.0, may_rest=True) == 0 and pace.resting
    flown = run(pace, 0, 1.0, may_rest=True)
    assert abs(flown - 50.0 / TICK_S) <= 1
    assert run(pace, flown, 1.0) == flown and not pace.resting
    assert abs(run(pace, flown, 2.0) - flown - 1.0 / TICK_S) <= 1


def test_the_world_waits_while_so_many_pictures_are_unanswered():
    backlog = Backlog(2, 5.0)
    backlog.taken(0.1)
    assert not backlog.full
    backlog.taken(0.2)
    assert backlog.full and backlog.waits(True, 0.0) and backlog.waits(True, 4.9)
    assert not backlog.answered(0.1) and not backlog.full


def test_an_answer_begins_patience_anew():
    backlog = Backlog(1, 5.0)
    backlog.taken(0.1)
    assert backlog.waits(True, 0.0)
    backlog.answered(0.1)
    backlog.taken(0.2)
    assert backlog.waits(True, 5.1) and not backlog.stalled


def test_whoever_does_not_answer_is_left_behind_until_they_do():
    backlog = Backlog(1, 5.0)
    backlog.taken(0.1)
    assert backlog.waits(True, 0.0) and not backlog.waits(True, 5.0)
    assert backlog.stalled and len(backlog) == 0
    backlog.taken(0.2)
    assert not backlog.waits(True, 5.1)
    assert backlog.answered(0.2) and not backlog.stalled


def test_where_nobody_looks_nobody_is_waited_for():
    backlog = Backlog(1, 5.0)
    backlog.taken(0.1)
    assert not backlog.waits(False, 0.0) and len(backlog) == 0 and not backlog.stalled
