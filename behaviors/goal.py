"""One goal of an action on its way: waiting for its server, sent, accepted, ended or cancelled."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

# A goal is accepted within milliseconds, on a machine at its limit within seconds; one without an answer went to a
# server that is no more. Time of the machine, not of the robot: a simulation may leap.
RETRY_S = 6.0


class Goal:
    """`ended` is called with the result's status and message, or with (None, None) where the goal was refused; never
    after `cancel`. `client`: an action client of rclpy's."""

    def __init__(self, client: Any, message: Any, ended: Callable[[int | None, Any], None]) -> None:
        self._client, self._message, self._ended = client, message, ended
        self._handle: Any = None
        self._sent_s: float | None = None
        self._cancelled = False

    def look_after(self, now_s: float) -> None:
        """Send the goal when its server is there, and again when nobody answered; to be called a few times a second.
        `now_s`: steady time [s]."""
        waiting = self._sent_s is not None and now_s - self._sent_s < RETRY_S
        if self._handle is None and not self._cancelled and not waiting and self._client.server_is_ready():
            self._sent_s = now_s
            self._client.send_goal_async(self._message).add_done_callback(self._on_answer)

    def cancel(self) -> None:
        """End it; nothing more is heard of it."""
        self._cancelled = True
        if self._handle is not None:
            self._handle.cancel_goal_async()

    def _on_answer(self, future: Any) -> None:
        if self._handle is not None:  # a repeated goal whose first answer was only late
            future.result().cancel_goal_async()
            return
        self._handle = future.result()
        if not self._handle.accepted:
            self._end(None, None)
        elif self._cancelled:
            self._handle.cancel_goal_async()
        else:
            self._handle.get_result_async().add_done_callback(self._on_result)

    def _on_result(self, future: Any) -> None:
        self._end(future.result().status, future.result().result)

    def _end(self, status: int | None, result: Any) -> None:
        if not self._cancelled:
            self._ended(status, result)
