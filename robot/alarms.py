"""The life of an alarm: raised, acknowledged, resolved; climbing from person to person while nobody answers.

Pure: times come in as seconds, every call returns the `Change` it made. An illegal step changes nothing and says so.
"""
from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import IntEnum
from typing import Any

from robot.site import EscalationStep


class Priority(IntEnum):
    """After IEC 60601-1-8; a NOTICE rings nobody. Values as in Alarm.msg."""
    NOTICE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class State(IntEnum):
    """Values as in Alarm.msg."""
    RAISED = 1
    ACKNOWLEDGED = 2
    RESOLVED = 3


# Resolved alarms stay in the list this long, so that a reader that was away still sees the end (AlarmList.msg).
KEEP_RESOLVED_S = 600.0
# Each change of one alarm gets a later time than the one before, also within one tick of a simulated clock: the care
# platform lets the latest change win. Time messages and ISO texts carry microseconds without loss.
TICK_S = 1e-6


@dataclass(frozen=True)
class Alarm:
    """One incident. Times in seconds, position in the map frame [m], snapshot a JPEG or empty."""
    alarm_id: str
    kind: str
    priority: Priority = Priority.NOTICE
    state: State = State.RAISED
    resident_id: str = ""
    room: str = ""
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    occurred_s: float = 0.0
    raised_s: float = 0.0
    changed_s: float = 0.0
    words: str = ""
    detail: str = ""
    confidence: float = 0.0
    snapshot: bytes = b""
    acknowledged_by: str = ""
    resolution: str = ""
    rings_since_s: float = 0.0  # when it first rose above NOTICE; escalation counts from here
    escalation_level: int = 0
    notified: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state is not State.RESOLVED

    @property
    def rings(self) -> bool:
        """Whether somebody is being called and nobody has answered yet."""
        return self.state is State.RAISED and self.priority > Priority.NOTICE

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the journal."""
        return {**asdict(self), "priority": int(self.priority), "state": int(self.state),
                "snapshot": b64encode(self.snapshot).decode("ascii")}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Alarm:
        """The inverse of `to_dict`; fields of a later version are left out."""
        known = {f.name: values[f.name] for f in fields(Alarm) if f.name in values}
        return Alarm(**{**known, "priority": Priority(values["priority"]), "state": State(values["state"]),
                        "position": tuple(values["position"]), "notified": tuple(values["notified"]),
                        "snapshot": b64decode(values["snapshot"])})


@dataclass(frozen=True)
class Change:
    """What a call did: `ok` says whether the wish is fulfilled, `changed` whether anything is new."""
    alarm: Alarm | None
    ok: bool
    changed: bool
    message: str


class AlarmBook:
    """All open alarms and the recently resolved ones."""

    def __init__(self, steps: Iterable[EscalationStep]) -> None:
        self._steps = sorted(steps, key=lambda step: step.after_s)
        self._alarms: dict[str, Alarm] = {}

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Take up alarms of an earlier run; those already known stay as they are."""
        self._alarms = {**{alarm.alarm_id: alarm for alarm in alarms}, **self._alarms}

    @property
    def alarms(self) -> list[Alarm]:
        """Open ones and those resolved lately, oldest first."""
        return sorted(self._alarms.values(), key=lambda alarm: (alarm.raised_s, alarm.alarm_id))

    def get(self, alarm_id: str) -> Alarm | None:
        return self._alarms.get(alarm_id)

    def raise_alarm(self, report: Alarm, now_s: float) -> Change:
        """A new incident, or more on an open one: its priority may rise and never falls, filled fields replace.

        An acknowledgement stands, also when the priority rises: somebody is on the way (a notice has none). A resolved
        one stays resolved.
        """
        known = self._alarms.get(report.alarm_id)
        if known is None:
            fresh = replace(report, state=State.RAISED, raised_s=now_s, changed_s=now_s,
                            occurred_s=report.occurred_s or now_s, acknowledged_by="", resolution="",
                            rings_since_s=now_s if report.priority > Priority.NOTICE else 0.0,
                            escalation_level=0, notified=())
            return self._keep(self._call_due(fresh, now_s), "raised")
        if not known.is_open:
            return Change(known, False, False, f"alarm {known.alarm_id} is resolved; raise a new one")
        filled = {name: getattr(report, name) for name in
                  ("kind", "resident_id", "room", "words", "detail", "confidence", "snapshot")
                  if getattr(report, name)}
        if any(report.position):
            filled["position"] = report.position
        merged = replace(known, **filled)
        if report.priority > known.priority:
            merged = replace(merged, priority=report.priority,
                             rings_since_s=known.rings_since_s if known.rings else now_s)
        if merged == known:
            return Change(known, True, False, "nothing new")
        merged = replace(merged, changed_s=_later(known, now_s))
        return self._keep(self._call_due(merged, now_s), "updated")

    def acknowledge(self, alarm_id: str, by: str, note: str, now_s: float) -> Change:
        """Somebody is on the way."""
        known = self._alarms.get(alarm_id)
        if known is None:
            return Change(None, False, False, f"no alarm {alarm_id} is known")
        if known.state is not State.RAISED:
            who = f" by {known.acknowledged_by}" if known.acknowledged_by else ""
            return Change(known, True, False, f"already {known.state.name.lower()}{who}")
        if known.priority == Priority.NOTICE:  # it must still ring when it becomes an alarm
            return Change(known, True, False, "a notice asks nobody to come and needs no acknowledgement")
        return self._keep(replace(known, state=State.ACKNOWLEDGED, acknowledged_by=by or "unknown",
                                  detail=_joined(known.detail, note), changed_s=_later(known, now_s)), "acknowledged")

    def resolve(self, alarm_id: str, by: str, note: str, now_s: float) -> Change:
        """The incident is over."""
        known = self._alarms.get(alarm_id)
        if known is None:
            return Change(None, False, False, f"no alarm {alarm_id} is known")
        if not known.is_open:
            return Change(known, True, False, f"already resolved: {known.resolution}")
        return self._keep(replace(known, state=State.RESOLVED, resolution=note or f"resolved by {by or 'unknown'}",
                                  changed_s=_later(known, now_s)), "resolved")

    def escalate(self, now_s: float) -> list[Change]:
        """Call the next people for every ringing alarm whose time has come; forget what was resolved long ago."""
        self._alarms = {i: a for i, a in self._alarms.items() if a.is_open or now_s - a.changed_s < KEEP_RESOLVED_S}
        changes = []
        for alarm in self.alarms:
            called = self._call_due(alarm, now_s)
            if called is not alarm:
                called = replace(called, changed_s=_later(alarm, now_s))
                changes.append(self._keep(called, f"escalated to {', '.join(called.notified)}"))
        return changes

    def next_deadline_s(self) -> float | None:
        """When `escalate` has something to do next, or None."""
        climbing = [a for a in self._alarms.values() if a.rings and a.escalation_level + 1 < len(self._steps)]
        times = [a.rings_since_s + self._steps[a.escalation_level + 1].after_s for a in climbing]
        times += [a.changed_s + KEEP_RESOLVED_S for a in self._alarms.values() if not a.is_open]
        return min(times, default=None)

    def _call_due(self, alarm: Alarm, now_s: float) -> Alarm:
        """The alarm with everybody called whose step is due; the same object when nobody is to be called."""
        if not alarm.rings:
            return alarm
        due = [n for n, step in enumerate(self._steps) if now_s - alarm.rings_since_s >= step.after_s]
        called = tuple(dict.fromkeys([*alarm.notified, *(who for n in due for who in self._steps[n].notify)]))
        level = max([alarm.escalation_level, *due])
        if called == alarm.notified and level == alarm.escalation_level:
            return alarm
        return replace(alarm, notified=called, escalation_level=level)

    def _keep(self, alarm: Alarm, message: str) -> Change:
        self._alarms[alarm.alarm_id] = alarm
        return Change(alarm, True, True, message)


def _later(known: Alarm, now_s: float) -> float:
    return max(now_s, known.changed_s + TICK_S)


def _joined(detail: str, note: str) -> str:
    return f"{detail}; {note}" if detail and note else detail or note
