"""Lock-step: who owes an answer to the newest picture."""
from sim.lock_step import LockStep


def test_time_goes_on_when_every_consumer_has_answered_the_picture():
    lock = LockStep(["/people", "/cmd_vel"])
    assert lock.waiting_for == []
    lock.taken(200)
    lock.answered("/people", 100)  # a late answer to an earlier picture
    assert lock.waiting_for == ["/cmd_vel", "/people"]
    lock.answered("/people", 200)
    lock.answered("/cmd_vel", None)  # messages without a stamp
    assert lock.waiting_for == []


def test_whoever_was_left_behind_is_waited_for_again_once_they_answer():
    lock = LockStep(["/people"])
    lock.taken(100)
    assert lock.waited_s(10.0) == 0.0 and lock.waited_s(12.5) == 2.5
    lock.leave_behind(lock.waiting_for)
    lock.taken(200)
    assert lock.waiting_for == []
    assert lock.answered("/people", 100)
    assert not lock.answered("/people", 100)
    lock.taken(300)
    assert lock.waiting_for == ["/people"] and lock.waited_s(20.0) == 0.0
