"""The eyes keep to their share of a core: what can wait waits, then pictures are passed by, and both are counted."""
import pytest

from perception.budget import CORES, DEBT_S, SAVED_S, Budget


def spent(budget: Budget, cost_s: float, thrifty_cost_s: float, seconds: int = 60) -> float:
    """Cores that looking takes at 15 pictures a second."""
    paid_s = 0.0
    budget.affords(0.0), budget.pay(5.0)  # the first picture waits for the models
    for number in range(1, 15 * seconds):
        if budget.affords(number / 15):
            cost = thrifty_cost_s if budget.thrifty else cost_s
            budget.pay(cost)
            paid_s += cost
    return paid_s / seconds


def test_who_costs_little_gets_everything():
    budget = Budget()
    spent(budget, 0.03, 0.01)
    assert budget.passed_by == budget.thrifty_pictures == 0


def test_where_thrift_is_enough_no_picture_is_passed_by():
    budget = Budget()
    assert spent(budget, 0.09, 0.03) <= CORES + SAVED_S / 60
    assert budget.thrifty_pictures > 0 and budget.passed_by == 0


@pytest.mark.parametrize("cost_s", [0.08, 0.2, 0.4])
def test_the_share_holds_whatever_a_picture_costs(cost_s):
    budget = Budget()
    assert 0.8 < spent(budget, cost_s, cost_s) <= CORES + (SAVED_S + DEBT_S + cost_s) / 60
    assert budget.passed_by > 0


def test_a_peak_is_paid_from_what_was_saved():
    budget = Budget()
    spent(budget, 0.02, 0.02, seconds=10)
    for number in range(5):
        assert budget.affords(10.0 + number / 15) and not budget.thrifty
        budget.pay(0.1)
    assert budget.passed_by == 0


def test_a_clock_set_back_starts_anew_and_a_late_picture_earns_nothing():
    budget = Budget()
    budget.affords(100.0), budget.pay(0.0), budget.pay(10.0)
    assert not budget.affords(100.0) and not budget.affords(99.5)
    assert budget.affords(1.0) and not budget.thrifty


def test_costs_that_make_no_sense_give_nothing_back():
    budget = Budget()
    budget.affords(0.0), budget.pay(0.0), budget.pay(SAVED_S), budget.pay(-5.0)
    assert budget.thrifty
