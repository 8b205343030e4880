"""The care platform without its web: takes what robots tell, watches for their silence, does what caregivers decide.

Clocks are given: `wall` (aware datetime) for what is recorded, `steady` [s] for what is waited for.
"""
from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import select

from care import alarms
from care.alarms import Outcome
from care.database import Database
from care.live import Hub
from care.models import Audit, Robot, User
from care.records import Receipt, take_batch
from care.security import LoginLimiter, Tokens
from care.watch import RobotWatch

log = logging.getLogger("care")
WATCH_EVERY_S = 0.5


def wall_time() -> datetime:
    """Now, in the server's own offset."""
    return datetime.now(timezone.utc).astimezone()


class Platform:
    """One running platform over one database."""

    def __init__(self, database: Database, robot_token: str, wall: Callable[[], datetime] = wall_time,
                 steady: Callable[[], float] = time.monotonic, silent_s: float = 10.0) -> None:
        self.database = database
        self.robot_token = robot_token
        self.wall = wall
        self.steady = steady
        self.hub = Hub()
        self.tokens = Tokens(database.secret_key())
        self.limiter = LoginLimiter()
        self.rendered: dict[tuple, tuple[int, str]] = {}  # regions of the page with the revision they show
        self._watch = RobotWatch(silent_s)
        self._writing = threading.Lock()  # batches in their order, and a robot lost or back, one after the other
        with database.read() as session:
            for robot in session.scalars(select(Robot)):
                self._watch.expect(robot.robot_id, steady(), lost=not robot.online)

    def take_events(self, robot_id: str, events: list[Any]) -> Receipt:
        """Record a robot's batch and show what it changed."""
        with self._writing:
            now = self.wall()
            was_lost = self._watch.heard(robot_id, self.steady())
            with self.database.write() as session:
                receipt = take_batch(session, robot_id, events, now)
                if was_lost and alarms.clear_offline(session, robot_id, now):
                    receipt.changed.add("alarms")
        if was_lost:
            log.info("robot %s is back", robot_id)
        for note in receipt.notes:
            log.info("%s: %s", robot_id, note)
        for rejected in receipt.rejected:
            log.warning("%s: event %s rejected: %s", robot_id, rejected["id"] or "without id", rejected["error"])
        if receipt.changed:
            self.hub.publish(*sorted(receipt.changed))
        return receipt

    def check_silence(self) -> list[str]:
        """Raise an alarm for each robot that fell silent. Returns their ids."""
        with self._writing:
            lost = self._watch.newly_lost(self.steady())
            if not lost:
                return []
            with self.database.write() as session:
                for robot_id, silent_s in lost:
                    robot = session.get(Robot, robot_id)
                    if robot is not None:
                        robot.online = False
                        alarms.raise_offline(session, robot, silent_s, self.wall())
        for robot_id, silent_s in lost:
            log.warning("robot %s not heard from for %.0f s: alarm raised", robot_id, silent_s)
        self.hub.publish("alarms", "robots")
        return [robot_id for robot_id, _ in lost]

    async def watch_robots(self) -> None:
        """Check for silence until cancelled."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            try:
                await asyncio.to_thread(self.check_silence)
            except Exception:  # the watch must outlive a database that is away for a moment; the log tells
                log.exception("could not check whether the robots are heard")

    def act(self, action: str, alarm_id: str, user: User, note: str) -> Outcome | None:
        """Acknowledge or resolve for a caregiver; None where there is no such alarm."""
        with self.database.write() as session:
            outcome = getattr(alarms, action)(session, alarm_id, user, note, self.wall())
        if outcome is not None and outcome.first:
            log.info("alarm %s: %s by %s", alarm_id, action, user.name)
            self.hub.publish("alarms", "commands")
        return outcome

    def audit(self, who: str, action: str, subject: str = "", detail: str = "", address: str = "") -> None:
        """Record who did or saw what."""
        with self.database.write() as session:
            session.add(Audit(at_s=self.wall().timestamp(), who=who[:100], action=action, subject=subject[:200],
                              detail=detail, address=address[:64]))
