"""Faults of room sensors on the way from the sensor to the broker: lost, late, stuck, lying and repeated messages.

Only what a sensor reports is touched, not its availability: such a sensor still counts as online, as the real one does.
"""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np

from robot.site import Site
from sim.room_sensors import Message
from sim.story import Fault


class FaultyRadio:
    """Passes messages on as the faults that hold now let them. Pure and seeded."""

    def __init__(self, site: Site, seed: int) -> None:
        self._sensor = {sensor.topic: sensor.id for sensor in site.sensors}
        self._random = np.random.default_rng([seed, 0xFA17])
        self._last: dict[str, dict] = {}  # what each sensor said last
        self._late: list[tuple[float, Message]] = []

    def pass_on(self, messages: Iterable[Message], faults: Iterable[Fault], elapsed_s: float) -> list[Message]:
        """What arrives now: of these messages, and of those that were late."""
        faults, arrived = list(faults), []
        for message in messages:
            sensor = self._sensor.get(message.topic)
            mine = {f.mode: f for f in faults if sensor and (not f.sensors or sensor in f.sensors)}
            arrived += self._through(message, mine, elapsed_s) if mine else self._noted(message)
        due = [message for due_s, message in self._late if due_s <= elapsed_s]
        self._late = [(due_s, message) for due_s, message in self._late if due_s > elapsed_s]
        return due + arrived

    def _noted(self, message: Message) -> list[Message]:
        if message.topic in self._sensor:
            self._last[message.topic] = json.loads(message.payload)
        return [message]

    def _through(self, message: Message, faults: Mapping[str, Fault], elapsed_s: float) -> list[Message]:
        if "dropout" in faults and self._random.random() < faults["dropout"].share:
            return []
        said = json.loads(message.payload)
        if "stuck" in faults:  # still sends, always the same
            said = self._last.setdefault(message.topic, said)
        if "lying" in faults:  # whatever is true, the contrary
            said = {name: not value if isinstance(value, bool) else value for name, value in said.items()}
        copies = [message._replace(payload=json.dumps(said))] * (faults["repeat"].times if "repeat" in faults else 1)
        if "delay" in faults:
            self._late += [(elapsed_s + faults["delay"].by_s, copy) for copy in copies]
            return []
        return copies
