"""What the robot takes on: turns falls, calls, alarms and the clock into behaviours and hands them to the arbiter."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from robot.answers import (
    DOUBT,
    FURTHER,
    Answer,
    Come,
    EndReminder,
    Errand,
    Exchange,
    Exchanges,
    Follow,
    GoAway,
    Known,
    Measured,
    Notify,
    PlayMusic,
    SetReminder,
    StandStill,
    SwitchLights,
    answer,
)
from robot.answers.alarm import ASKED, OFF
from robot.answers.grave import DOSE_ERROR, grave
from robot.reminder import Reminder
from robot.site import Language, PatrolStop, Point, Room, Site

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
    RecordDose,
    Viewpoints,
    alarm_id_of,
)
from .errand import BackToDock, ComeNear, ErrandTask, Lighting, Music, Still
from .fall_response import FallResponse
from .follow import WAIT, FollowPerson
from .medication import MedicationReminder
from .patrol import PatrolRound, Stop
from .reminder import ReminderDue
from .reminder_book import ReminderBook
from .reply import ENDS, Reply
from .schedule import DueDose, DueRound
from .wonder import Doubt, Wonder

# Two sightings this close are one incident: a person who falls comes to lie within a body length of where they stood.
SAME_INCIDENT_M = 1.8
# Who was seen this long ago is still in that room: older people do not leave one in less.
STILL_THERE_S = 10.0
# The same wish again within an hour is the same notice on the page; who forgets asks often.
SAME_WISH_S = 3600.0
# Nobody says the same twice so soon and means it twice: it was heard twice, or delivered twice.
SAME_WORDS_S = 2.0
# What was wished in one breath with something else waits so long for that to be answered, a question included.
FURTHER_S = 180.0
# Wishes of which somebody must hear even when they come too late: as which notice, where they have none of their own.
OUTLAST = {"tell_family": "tell_family", **dict.fromkeys(
    ("service", "call_family", "video_call", "reminder_set", "reminder_cancel"), "request_other")}
AWAKE = ("standing", "walking", "sitting")
ERRANDS: dict[type[Errand], type[ErrandTask]] = {
    Come: ComeNear, Follow: FollowPerson, GoAway: BackToDock, StandStill: Still, SwitchLights: Lighting,
    PlayMusic: Music}
MOVES = (Come, Follow, GoAway, StandStill)  # one of these ends another


class Mission:
    """All decisions of the mission node. Every method takes the time [s] and returns orders to carry out."""

    def __init__(self, site: Site, viewpoints: Viewpoints, looks: Callable[[PatrolStop], Sequence[float]]) -> None:
        """`looks`: directions [rad] to look in from a patrol's stop, the most important first."""
        self.site = site
        self.arbiter = Arbiter()
        self._viewpoints = viewpoints
        self._looks = looks
        self.reminders = ReminderBook()
        self.readings: dict[str, dict[str, Measured]] = {}  # the newest by resident and LOINC code
        self.taken: dict[str, float] = {}  # by plan: when a dose was last said to be taken
        self.place: Point | None = None  # of the robot
        self.further: list[tuple[Heard, float]] = []  # wishes that wait for the one before them, and since when
        self._doses: set[str] = set()  # taken on in this run, and never again: the journal may be out of order
        self._alarm_states: dict[str, str] = {}
        self._answered: tuple[Heard, float] | None = None  # the last words that were, and when
        self._reminded: tuple[Reminder, float] | None = None  # of what somebody was last, and when
        self._seen: tuple[float, str, str] | None = None  # a resident: when, who, in which room
        self._doubt = Doubt()
        self._languages = {spoken for one in site.residents for spoken in (one.language, *one.also_speaks)}
        self._alone = len(site.residents) == 1  # then it is known who speaks
        self._spoken = ""  # by who lives alone: the language
        self._told = ""  # the part of a story
        self._said = Exchanges()
        self._wishes: dict[str, tuple[str, float]] = {}  # kind and resident -> notice on the page, since when

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
        name = self._name(fall.person.resident_id)
        return self.arbiter.submit(FallResponse(
            resident_id=fall.person.resident_id, incident=fall.fall_id, fall=fall, viewpoints=self._viewpoints,
            why=f"{name} may have fallen" + (f" in the {fall.person.room}" if fall.person.room else "")), now_s)

    def on_heard(self, heard: Heard, now_s: float) -> list[Order]:
        """A call for help goes to the running incident or begins one; other speech goes to the running task, or is
        answered where nothing but a round is going on."""
        if heard.intent and heard.confidence >= DOUBT and self._alone and heard.language in self._languages:
            self._spoken = heard.language
        if not heard.call_for_help:
            if self._twice(heard, now_s):
                return []
            if FURTHER in dict(heard.slots):
                if self._at_leisure or isinstance(self.arbiter.active, (Reply, ErrandTask)):
                    alone = tuple(slot for slot in heard.slots if slot[0] != FURTHER)
                    self.further.append((replace(heard, slots=alone), now_s))
                return self._go_on(now_s)
            if orders := self._reply(heard, now_s):
                self._answered = heard, now_s
            return orders or self.arbiter.dispatch(heard, now_s)
        undone, self.further = self._undone(self.further), []
        self._said.unanswered(heard.intent, dict(heard.slots))
        only = self.site.residents[0].id if self._alone else ""
        what = grave(dict(heard.slots))
        orders = [order for task in self.arbiter.behaviors if what == DOSE_ERROR and self._is_theirs(task)
                  for order in self.arbiter.dispatch(heard, now_s, to=task)]
        if self.incidents:
            return orders + self.arbiter.dispatch(heard, now_s, to=self.incidents[0]) + undone
        return orders + self.arbiter.submit(FallResponse(
            resident_id=only, incident=f"call/{now_s:.3f}", kind="call_for_help", words=heard.text,
            grave=what, viewpoints=self._viewpoints, why=f"somebody called: “{heard.text}”"), now_s) + undone

    def _is_theirs(self, task: Behavior) -> bool:
        """Whether it is the reminder of a dose that somebody has just said to have taken wrongly: of it they are not
        reminded again before a nurse has seen to it. Among several it is that of who was asked."""
        return isinstance(task, MedicationReminder) and (
            self._alone or task.answerable and task is self.arbiter.active)

    def on_overheard(self, heard: Heard, now_s: float) -> list[Order]:
        """What nothing shows to be meant for the robot is not done; where it may have been all the same, it asks. But
        while a dose is open, its question is: who has said that they took it must not be reminded of it again."""
        if heard.intent == "taken" and isinstance(self.arbiter.active, MedicationReminder):
            return self.arbiter.dispatch(heard, now_s)
        if heard.intent in (ASKED, OFF) and isinstance(self.arbiter.active, FallResponse):
            return self.arbiter.dispatch(heard, now_s)
        if heard.intent == WAIT and isinstance(self.arbiter.active, FollowPerson):
            return self.arbiter.dispatch(heard, now_s)
        asks = self._doubt.asks(now_s, datetime.fromtimestamp(now_s, self.site.zone).time())
        known = replace(self._known(heard, now_s), before=None)
        worth = asks and heard.intent and self._at_leisure and heard.confidence >= DOUBT
        if not worth or answer(heard.intent, known) is None:
            return []
        self._doubt.asked(now_s)
        return self.arbiter.submit(Wonder(
            resident_id=known.resident.id if known.resident else "", language=known.language, heard=heard,
            why=f"perhaps somebody meant the robot: “{heard.text}”"), now_s)

    def _twice(self, heard: Heard, now_s: float) -> bool:
        if self._answered is None:
            return False
        before, then_s = self._answered
        return (before.intent, before.slots) == (heard.intent, heard.slots) and now_s - then_s < SAME_WORDS_S

    @property
    def _at_leisure(self) -> bool:
        return all(isinstance(task, (PatrolRound, Still, FollowPerson)) for task in self.arbiter.behaviors)

    def _go_on(self, now_s: float) -> list[Order]:
        """With what was wished in one breath with what has been answered now."""
        late = [(wish, since_s) for wish, since_s in self.further if not 0 <= now_s - since_s < FURTHER_S]
        self.further = [one for one in self.further if one not in late]
        orders = self._undone(late)
        while self.further and self._at_leisure and not self._said.listens(now_s):
            wish, _ = self.further.pop(0)
            if told := self._reply(wish, now_s):
                return orders + told
        return orders

    def _undone(self, wishes: Sequence[tuple[Heard, float]]) -> list[Order]:
        """Of wishes that nothing came of the caregivers are told, in their words, as far as they are for others or for
        later; what time it was then, or a light, nobody wants any more."""
        orders = []
        for wish, since_s in wishes:
            known = replace(self._known(wish, since_s), confidence=1.0, before=None)
            told = answer(wish.intent, known)
            deed = told.notice if told else None
            if not deed and wish.intent in OUTLAST:
                deed = Notify(OUTLAST[wish.intent], wish.text)
            if deed:
                resident_id = known.resident.id if known.resident else ""
                orders.append(Order(Behavior(resident_id, f"nothing came of “{wish.text}”"), RaiseAlarm(
                    self._notice_id(f"{deed.kind}/{deed.detail}/{resident_id}", since_s), deed.kind, "notice",
                    occurred_s=since_s, words=wish.text, detail=deed.detail, confidence=wish.confidence)))
        return orders

    def _reply(self, heard: Heard, now_s: float) -> list[Order]:
        """An answer, or something done; music ends for it, and following for what moves the robot otherwise."""
        music = isinstance(self.arbiter.active, Music) and heard.intent not in ENDS
        if not music and not self._at_leisure:
            return []
        known = self._known(heard, now_s)
        told = answer(heard.intent, known)
        if told is None:
            self._said.unanswered(heard.intent, known.slots)
            return []
        self._said.note(Exchange(heard.intent, heard.text, told, now_s, known.slots))
        moves = any(isinstance(deed, MOVES) for deed in told.deeds)
        over = [order for task in self.arbiter.behaviors
                if isinstance(task, Music) or moves and isinstance(task, FollowPerson)
                for order in self.arbiter.dispatch(Heard(ENDS[0], heard.text), now_s, to=task)]
        return over + self._carry_out(told, known.resident.id if known.resident else "", known.language, heard.text,
                                      now_s)

    def _carry_out(self, told: Answer, resident_id: str, language: Language, words: str, now_s: float) -> list[Order]:
        why = f"was told: “{words}”"
        self._told = told.slots.get("text", self._told)
        for deed in told.deeds:
            if isinstance(deed, Errand):
                return self.arbiter.submit(ERRANDS[type(deed)](
                    resident_id=resident_id, language=language, why=why, answer=told, errand=deed,
                    viewpoints=self._viewpoints, place=lambda: self.place), now_s)
        return self.arbiter.submit(Reply(
            resident_id=resident_id, language=language, why=why, answer=told, words=words,
            notice_id=lambda notice: self._notice_id(f"{notice}/{resident_id}", now_s)), now_s)

    def _notice_id(self, wish: str, now_s: float) -> str:
        known, since_s = self._wishes.get(wish, ("", 0.0))
        if not known or now_s - since_s > SAME_WISH_S:
            known, since_s = alarm_id_of(f"{wish}/{now_s:.3f}"), now_s
        self._wishes[wish] = known, since_s
        return known

    def _known(self, heard: Heard, now_s: float) -> Known:
        """The situation in which something was said. Who speaks is known only where one lives alone."""
        resident = self.site.residents[0] if self._alone else None
        language = heard.language if heard.language in self._languages else self.site.residents[0].language
        here, theirs = self._room(resident.id if resident else "", now_s)
        music = self.arbiter.active
        return Known(self.site, resident, datetime.fromtimestamp(now_s, self.site.zone), language, dict(heard.slots),
                     heard.confidence, tuple(self.reminders.to_come.values()),
                     self.readings.get(resident.id, {}) if resident else {}, here, theirs, heard.text, self._told,
                     self.taken, self.reminders.cancelled, self._reminded, **self._said.known(now_s),
                     next_music=music.errand.pieces[music.begun:] if isinstance(music, Music) else ())

    def _room(self, resident_id: str, now_s: float) -> tuple[Room | None, bool]:
        """Where the resident is, if they have just been seen; else where the robot is, and False."""
        if self._seen and self._seen[1] == resident_id and now_s - self._seen[0] < STILL_THERE_S:
            return self.site.room(self._seen[2]), True
        return (self.site.room_at(*self.place) if self.place else None), False

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
        here = self.site.room_at(*self.place) if self.place and not alarm.room else None
        return replace(alarm, room=here.id, detail="; ".join(filter(None, (
            alarm.detail, "the room is where the robot is")))) if here else alarm

    def on_alarm(self, change: AlarmChanged, now_s: float) -> list[Order]:
        """What happened to an alarm concerns the incident that raised it; a wish that was settled may be had again."""
        if change.state == "resolved":
            self._wishes = {wish: known for wish, known in self._wishes.items() if known[0] != change.alarm_id}
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
        plan, language = due.plan, self._language(due.plan.resident)
        reminder = MedicationReminder(
            resident_id=plan.resident, language=language, dose_id=due.dose_id, plan_id=plan.id, due_s=due.due_s,
            announcements=announcements, viewpoints=self._viewpoints,
            medicine=_in(plan.medicine, language), dose=_in(plan.dose, language),
            purpose=_in(plan.purpose, language), repeat_after_s=plan.repeat_after_s, repeats=plan.repeats,
            why=f"{self._name(plan.resident)}'s {_in(plan.medicine, 'en')} is due")
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
            self._doubt.saw(person, self.place, now_s)
            if person.visible and person.resident_id and person.room:
                self._seen = now_s, person.resident_id, person.room
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
            self._reminded = behavior.reminder, now_s
        if isinstance(behavior, ReminderDue) and behavior.broken_off:
            self.reminders.broken_off(behavior.reminder, behavior.again, now_s)
        if isinstance(behavior, Wonder) and behavior.meant and behavior.done:
            orders += self._reply(behavior.heard, now_s)
        if isinstance(behavior, Reply) and behavior.wished and behavior.done:
            orders += self._reply(behavior.wished, now_s)
        if isinstance(behavior, Reply):
            self._told = behavior.answer.slots.get("text", self._told)
            self._said.goes_on(behavior.answer, now_s)
        if isinstance(behavior, Reply) and behavior.makes_way and behavior.done:
            orders += self._carry_out(behavior.answer, behavior.resident_id, behavior.language, behavior.words, now_s)
        return orders + self._go_on(now_s)

    def tick(self, now_s: float) -> list[Order]:
        """Let time pass; reminders that have become due are taken on, and those missed for too long are given up."""
        orders = [order for reminder in self.reminders.due(self._being_told, now_s)
                  for order in self._remind(reminder, now_s)]
        return orders + self.arbiter.tick(now_s) + self._go_on(now_s)

    def on_measured(self, resident_id: str, readings: dict[str, Measured]) -> dict[str, Measured]:
        """Readings have come. Returns the newest of this resident, by LOINC code."""
        newest = self.readings.setdefault(resident_id, {})
        newest.update(readings)
        return newest

    def dose_recorded(self, plan_id: str, record: RecordDose, now_s: float) -> None:
        """What became of a dose is being written down."""
        if record.taken:
            self.taken[plan_id] = now_s

    def take_note(self, command: object) -> None:
        """A command is being carried out that changes what there is to be told."""
        if isinstance(command, (SetReminder, EndReminder)):
            self.reminders.take_note(command)

    @property
    def _being_told(self) -> set[str]:
        return {b.reminder.reminder_id for b in self.arbiter.behaviors if isinstance(b, ReminderDue)}

    def _remind_met(self, person: PersonSeen, now_s: float) -> list[Order]:
        """One of those that the resident could not be told when they were due."""
        missed = self.reminders.missed_by(person.resident_id, self._being_told, now_s) if self._at_leisure else None
        return self._remind(missed, now_s, person) if missed else []

    def _remind(self, reminder: Reminder, now_s: float, met: PersonSeen | None = None) -> list[Order]:
        again, last_try = self.reminders.take_on(reminder, now_s)
        return self.arbiter.submit(ReminderDue(
            resident_id=reminder.resident_id, reminder=reminder, zone=self.site.zone, viewpoints=self._viewpoints,
            language=self._language(reminder.resident_id), person=met, again=again,
            last_try=last_try,
            why=f"{self._name(reminder.resident_id)} wants to be reminded: {reminder.what or 'it is time'}"), now_s)

    def _language(self, resident_id: str) -> str:
        """In which a resident is spoken to: who lives alone in that which they spoke last."""
        return self._spoken or self.site.resident(resident_id).language

    def _name(self, resident_id: str) -> str:
        try:
            return _in(self.site.resident(resident_id).name, "en")
        except KeyError:
            return "somebody"


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


def _in(name: dict[Language, str], language: str) -> str:
    """A site name in the language, else in the first one given."""
    return name.get(language) or next(iter(name.values()), "")
