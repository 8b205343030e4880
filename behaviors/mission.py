"""What the robot takes on: turns falls, calls, alarms and the clock into behaviours and hands them to the arbiter."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from robot.answers.alarm import ASKED, OFF
from robot.answers.grave import DOSE_ERROR, PERHAPS, grave
from robot.reminder import Reminder
from robot.site import PatrolStop, Site

from .arbiter import Arbiter, Order
from .behavior import (
    ActionDone,
    AlarmChanged,
    AlarmSeen,
    Behavior,
    FallSeen,
    Heard,
    LightSeen,
    Looked,
    PersonSeen,
    RaiseAlarm,
    Viewpoints,
)
from .fall_response import FallResponse
from .follow import WAIT, FollowPerson
from .medication import MedicationReminder
from .patrol import PatrolRound, Stop
from .reminder import ReminderDue
from .requests import Requests
from .schedule import DueDose, DueRound
from .situation import Situation, named

# Two sightings this close are one incident: a person who falls comes to lie within a body length of where they stood.
SAME_INCIDENT_M = 1.8
AWAKE = ("standing", "walking", "sitting")


class Mission:
    """All decisions of the mission node. Every method takes the time [s] and returns orders to carry out."""

    def __init__(self, site: Site, viewpoints: Viewpoints, looks: Callable[[PatrolStop], Sequence[float]]) -> None:
        """`looks`: directions [rad] to look in from a patrol's stop, the most important first."""
        self.site = site
        self.arbiter = Arbiter()
        self.situation = Situation(site)
        self.requests = Requests(self.situation, self.arbiter, viewpoints)
        self._viewpoints = viewpoints
        self._looks = looks
        self._doses: set[str] = set()  # taken on in this run, and never again: the journal may be out of order
        self._alarm_states: dict[str, str] = {}

    @property
    def incidents(self) -> list[FallResponse]:
        return [b for b in self.arbiter.behaviors if isinstance(b, FallResponse)]

    def on_fall(self, fall: FallSeen, now_s: float) -> list[Order]:
        """A fall goes to the incident it belongs to; a new one begins unless it is already over."""
        for incident in self.incidents:
            if incident.incident == fall.fall_id or _is_whose(incident, fall.person):
                return self.arbiter.dispatch(fall, now_s, to=incident)
        if fall.state == "recovered":
            return []
        name = self.situation.name(fall.person.resident_id)
        return self.arbiter.submit(FallResponse(
            resident_id=fall.person.resident_id, incident=fall.fall_id, fall=fall, viewpoints=self._viewpoints,
            why=f"{name} may have fallen" + (f" in the {fall.person.room}" if fall.person.room else "")), now_s)

    def on_heard(self, heard: Heard, now_s: float) -> list[Order]:
        """A call for help goes to the running incident or begins one; other speech is a request."""
        self.situation.heard(heard)
        if not heard.call_for_help:
            return self.requests.hear(heard, now_s)
        undone, only = self.requests.called_for_help(heard), self.situation.resident
        what = grave(dict(heard.slots))
        orders = [order for task in self.arbiter.behaviors if what == DOSE_ERROR and self._is_theirs(task)
                  for order in self.arbiter.dispatch(heard, now_s, to=task)]
        if self.incidents:
            return orders + self.arbiter.dispatch(heard, now_s, to=self.incidents[0]) + undone
        orders += self.arbiter.submit(FallResponse(
            resident_id=only.id if only else "", incident=f"call/{now_s:.3f}", kind="call_for_help", words=heard.text,
            grave=what, perhaps=dict(heard.slots).get(PERHAPS, ""), viewpoints=self._viewpoints,
            why=f"somebody called: “{heard.text}”"), now_s)
        return orders + undone

    def _is_theirs(self, task: Behavior) -> bool:
        """Whether it is the reminder of a dose that somebody has just said to have taken wrongly: of it they are not
        reminded again before a nurse has seen to it. Among several it is that of who was asked."""
        return isinstance(task, MedicationReminder) and (
            self.situation.resident is not None or task.answerable and task is self.arbiter.active)

    def on_overheard(self, heard: Heard, now_s: float) -> list[Order]:
        """What nothing shows to be meant for the robot is no request. But while a dose is open, its question is: who
        has said that they took it must not be reminded of it again."""
        if heard.intent == "taken" and isinstance(self.arbiter.active, MedicationReminder):
            return self.arbiter.dispatch(heard, now_s)
        if heard.intent in (ASKED, OFF) and isinstance(self.arbiter.active, FallResponse):
            return self.arbiter.dispatch(heard, now_s)
        if heard.intent == WAIT and isinstance(self.arbiter.active, FollowPerson):
            return self.arbiter.dispatch(heard, now_s)
        return self.requests.overhear(heard, now_s)

    def on_alarm_seen(self, alarm: AlarmSeen, now_s: float) -> list[Order]:
        """An alarm, each time that the alarms are told; the first time it may be one that an earlier run left open."""
        before = self._alarm_states.get(alarm.alarm_id)
        if before == alarm.state:
            return []
        self._alarm_states[alarm.alarm_id] = alarm.state
        orders = self.on_alarm(AlarmChanged(alarm.alarm_id, alarm.state, alarm.acknowledged_by), now_s)
        return orders + (self.on_open_alarm(alarm, now_s) if before is None else [])

    def with_room(self, alarm: RaiseAlarm) -> RaiseAlarm:
        """The alarm with the robot's own room where it has none: staff must have somewhere to go."""
        place = self.situation.place
        here = self.site.room_at(*place) if place and not alarm.room else None
        return replace(alarm, room=here.id, detail="; ".join(filter(None, (
            alarm.detail, "the room is where the robot is")))) if here else alarm

    def on_alarm(self, change: AlarmChanged, now_s: float) -> list[Order]:
        """What happened to an alarm concerns the incident that raised it; a wish that was settled may be had again."""
        if change.state == "resolved":
            self.requests.settled(change.alarm_id)
        return [order for incident in self.incidents if incident.alarm_id == change.alarm_id
                for order in self.arbiter.dispatch(change, now_s, to=incident)]

    def on_open_alarm(self, alarm: AlarmSeen, now_s: float) -> list[Order]:
        """After a restart: go on with an incident that is open and that nobody here is answering."""
        if alarm.kind not in ("fall", "call_for_help") or alarm.state == "resolved":
            return []
        if any(incident.alarm_id == alarm.alarm_id for incident in self.incidents):
            return []
        incident = FallResponse.from_open_alarm(alarm, self._viewpoints)
        wrongly = [task for task in self.arbiter.behaviors if isinstance(task, MedicationReminder)
                   and incident.grave == DOSE_ERROR and task.resident_id == alarm.resident_id]
        return [order for task in wrongly for order in self.arbiter.dispatch(
            Heard("help", alarm.words, True), now_s, to=task)] + self.arbiter.submit(incident, now_s)

    def on_due_dose(self, due: DueDose, announcements: int, now_s: float) -> list[Order]:
        """A dose is due, or was when the robot stopped; `announcements` were made then."""
        if due.dose_id in self._doses:
            return []
        self._doses.add(due.dose_id)
        plan, language = due.plan, self.situation.language(due.plan.resident)
        reminder = MedicationReminder(
            resident_id=plan.resident, language=language, dose_id=due.dose_id, plan_id=plan.id, due_s=due.due_s,
            announcements=announcements, viewpoints=self._viewpoints,
            medicine=named(plan.medicine, language), dose=named(plan.dose, language),
            purpose=named(plan.purpose, language), repeat_after_s=plan.repeat_after_s, repeats=plan.repeats,
            why=f"{self.situation.name(plan.resident)}'s {named(plan.medicine, 'en')} is due")
        wrongly = next((incident for incident in self.incidents
                        if incident.grave == DOSE_ERROR and incident.resident_id == plan.resident), None)
        orders = self.arbiter.submit(reminder, now_s)
        return orders + self.arbiter.dispatch(
            Heard("help", wrongly.words, True), now_s, to=reminder) if wrongly else orders

    def on_due_round(self, due: DueRound, next_stop: int, now_s: float) -> list[Order]:
        """A patrol round begins, or goes on at `next_stop`. One round at a time: a late one is not doubled."""
        if any(isinstance(b, PatrolRound) for b in self.arbiter.behaviors):
            return []
        return self.arbiter.submit(PatrolRound(
            round_id=due.round_id, next_stop=next_stop, viewpoints=self._viewpoints, why="the night round is due",
            stops=tuple(Stop(stop.room, stop.at[:2], tuple(self._looks(stop)), stop.look_s)
                        for stop in due.patrol.stops)), now_s)

    def on_people(self, people: list[PersonSeen], now_s: float, blind: str = "") -> list[Order]:
        """Keep every incident up to date on where its person is and how they lie; show a round who is up."""
        orders: list[Order] = []
        looks = isinstance(self.arbiter.active, (PatrolRound, FollowPerson))
        if looks:
            orders += self.arbiter.dispatch(Looked(blind), now_s)
        for incident in self.incidents:
            mine = next((p for p in people if p.visible and _is_whose(incident, p)), None)
            if mine:
                orders += self.arbiter.dispatch(mine, now_s, to=incident)
        for person in people:
            self.requests.doubt.saw(person, self.situation.place, now_s)
            self.situation.saw(person, now_s)
            if person.visible and looks:
                orders += self.arbiter.dispatch(person, now_s)
            if person.visible and person.posture in AWAKE:
                orders += self._remind_met(person, now_s)
        return orders

    def on_light(self, seen: LightSeen, now_s: float) -> list[Order]:
        return self.arbiter.dispatch(seen, now_s)

    def on_done(self, behavior: Behavior, done: ActionDone, now_s: float) -> list[Order]:
        orders = self.arbiter.dispatch(done, now_s, to=behavior)
        if isinstance(behavior, ReminderDue) and behavior.done:
            self.situation.reminded = behavior.reminder, now_s
        if isinstance(behavior, ReminderDue) and behavior.broken_off:
            self.situation.reminders.broken_off(behavior.reminder, behavior.again, now_s)
        return orders + self.requests.on_done(behavior, now_s)

    def tick(self, now_s: float) -> list[Order]:
        """Let time pass; reminders that have become due are taken on, and those missed for too long are given up."""
        orders = [order for reminder in self.situation.reminders.due(self._being_told, now_s)
                  for order in self._remind(reminder, now_s)]
        return orders + self.arbiter.tick(now_s) + self.requests.go_on(now_s)

    @property
    def _being_told(self) -> set[str]:
        return {b.reminder.reminder_id for b in self.arbiter.behaviors if isinstance(b, ReminderDue)}

    def _remind_met(self, person: PersonSeen, now_s: float) -> list[Order]:
        """One of those that the resident could not be told when they were due."""
        if not self.requests.at_leisure:
            return []
        missed = self.situation.reminders.missed_by(person.resident_id, self._being_told, now_s)
        return self._remind(missed, now_s, person) if missed else []

    def _remind(self, reminder: Reminder, now_s: float, met: PersonSeen | None = None) -> list[Order]:
        again, last_try = self.situation.reminders.take_on(reminder, now_s)
        name = self.situation.name(reminder.resident_id)
        return self.arbiter.submit(ReminderDue(
            resident_id=reminder.resident_id, reminder=reminder, zone=self.site.zone, viewpoints=self._viewpoints,
            language=self.situation.language(reminder.resident_id), person=met, again=again, last_try=last_try,
            why=f"{name} wants to be reminded: {reminder.what or 'it is time'}"), now_s)


def _is_whose(incident: FallResponse, seen: PersonSeen) -> bool:
    """Whether it is their incident; who has not been seen in it is known by name."""
    if incident.person is None:
        return bool(seen.resident_id) and seen.resident_id == incident.resident_id
    return _same(incident.person, seen)


def _same(known: PersonSeen, seen: PersonSeen) -> bool:
    if known.track_id == seen.track_id or (known.resident_id and known.resident_id == seen.resident_id):
        return True
    if known.position is None or seen.position is None:
        return False
    return math.dist(known.position[:2], seen.position[:2]) < SAME_INCIDENT_M
