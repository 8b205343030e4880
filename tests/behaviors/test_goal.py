"""A goal reaches its server however late that comes, once, and is not heard of after it was cancelled."""
from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from rclpy.task import Future

from behaviors.goal import RETRY_S, Goal


@dataclass
class Handle:
    """A goal as a server holds it."""
    accepted: bool = True
    cancelled: int = 0
    result: Future = field(default_factory=Future)

    def get_result_async(self) -> Future:
        return self.result

    def cancel_goal_async(self) -> None:
        self.cancelled += 1


@dataclass
class Client:
    """An action client whose server answers when the test says so."""
    ready: bool = True
    answers: list[Future] = field(default_factory=list)

    def server_is_ready(self) -> bool:
        return self.ready

    def send_goal_async(self, message) -> Future:
        self.answers.append(Future())
        return self.answers[-1]


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def ended():
    return []


@pytest.fixture
def goal(client, ended):
    return Goal(client, "over there", lambda status, result: ended.append((status, result)))


def test_it_waits_for_its_server_and_is_sent_once(client, goal):
    client.ready = False
    goal.look_after(0.0)
    client.ready = True
    goal.look_after(1.0)
    goal.look_after(1.2)
    assert len(client.answers) == 1


def test_the_result_is_handed_on(client, goal, ended):
    goal.look_after(0.0)
    handle = Handle()
    client.answers[0].set_result(handle)
    handle.result.set_result(SimpleNamespace(status=4, result="arrived"))
    assert ended == [(4, "arrived")]


def test_it_is_sent_again_where_nobody_answered_and_a_late_answer_is_cancelled(client, goal):
    goal.look_after(0.0)
    goal.look_after(RETRY_S + 0.1)
    second, first = Handle(), Handle()
    client.answers[1].set_result(second)
    client.answers[0].set_result(first)
    assert (second.cancelled, first.cancelled) == (0, 1)


def test_a_refusal_is_an_end(client, goal, ended):
    goal.look_after(0.0)
    client.answers[0].set_result(Handle(accepted=False))
    assert ended == [(None, None)]


@pytest.mark.parametrize("accepted_before", [True, False])
def test_nothing_is_heard_of_a_cancelled_goal_which_its_server_is_told(client, goal, ended, accepted_before):
    goal.look_after(0.0)
    handle = Handle()
    if accepted_before:
        client.answers[0].set_result(handle)
    goal.cancel()
    if not accepted_before:
        client.answers[0].set_result(handle)
    handle.result.set_result(SimpleNamespace(status=5, result=None))
    assert (handle.cancelled, ended) == (1, [])


def test_a_goal_cancelled_before_it_was_sent_is_never_sent(client, goal):
    goal.cancel()
    goal.look_after(0.0)
    assert client.answers == []
