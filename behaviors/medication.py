"""Medication reminder: due → find → come near → make sure → tell → confirm → recorded, or repeated and escalated.

The journal knows before the resident does: an announcement is written down before a word is spoken and a confirmed
dose at once, so that a robot that loses power in any state never announces a confirmed dose again.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field

from robot.amounts import pieces
from robot.answers.grave import DOSE_ERROR, GRAVE

from .behavior import (
    ActionDone,
    AnnounceDose,
    Ask,
    Behavior,
    FindPerson,
    GoTo,
    Heard,
    PersonSeen,
    RaiseAlarm,
    RecordDose,
    Say,
    Viewpoints,
    alarm_id_of,
    drive_to_see,
)

SAME_PLACE_M = 1.0    # somebody who only leans over, or whose place was measured from afar
MOST_APPROACHES = 3
OPEN = ("finding", "approaching", "making_sure", "telling", "confirming", "waiting", "postponing")  # not yet recorded
ANSWERS = ("taken", "taking", "yes", "no", "not_yet", "refuse", "unsure", "dose_asked")
MOST_WAITS = 3  # "I am taking it now" as often: a glass of water takes a minute


@dataclass(eq=False, repr=False)
class MedicationReminder(Behavior):
    """Reminds one resident of one dose."""
    TASK = "medication"
    PRIORITY = 50
    STATES = {
        "finding": ("find", 150.0),        # the search itself is limited to 120 s
        # Across a flat at walking pace; who cannot be reached is told from afar rather than not at all.
        "approaching": ("approach", 40.0),
        # Bedclothes can look like somebody lying there; from near by they no longer do.
        "making_sure": ("make_sure", 30.0),
        "telling": ("tell", 120.0),        # one announcement and up to `answer_wait_s` for the answer
        "confirming": ("confirm", 60.0),   # "have you taken it?": the dialogue's own limit comes first
        "thanking": ("thank", 20.0),
        "waiting": ("", 0.0),              # the plan's repeat_after_s, set on entering
        "postponing": ("postpone", 20.0),
        "refused": ("accept_refusal", 20.0),
        "warning": ("warn", 20.0),         # more was taken than there should have been
        "leaving_it": ("leave_it", 20.0),  # perhaps it was taken: better none than two
        "giving_up": ("give_up", 20.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "finding"),
        ("begin_waiting", "idle", "waiting"),
        ("found", "finding", "approaching"),
        ("near", "approaching", "making_sure"),
        ("found", "making_sure", "telling"),
        ("not_found", "making_sure", "finding"),
        ("moved", "making_sure", "approaching"),
        ("not_found", "finding", "waiting"),
        ("exhausted", ["finding", "telling", "confirming", "waiting"], "giving_up"),
        ("taken", OPEN, "thanking"),
        ("too_much", OPEN, "warning"),
        ("taken_wrongly", ["idle", *OPEN], "closed"),  # what is said to that, the alarm says
        ("will_take", ["telling", "confirming"], "confirming"),
        ("uncertain", ["telling", "confirming"], "leaving_it"),
        ("unclear", "telling", "confirming"),
        ("later", ["telling", "confirming"], "postponing"),
        ("refuses", ["telling", "confirming"], "refused"),
        ("no_answer", ["telling", "confirming"], "waiting"),
        ("broken", ["telling", "confirming"], "waiting", "give_back"),
        # Whatever was more urgent may have led both elsewhere.
        ("found_anew", ["approaching", "making_sure", "telling"], "finding", "give_back"),
        ("spoken", "postponing", "waiting"),
        ("spoken", ["thanking", "refused", "leaving_it", "warning", "giving_up"], "closed"),
        ("timed_out", "finding", "waiting"),
        ("timed_out", "approaching", "making_sure"),
        ("timed_out", "making_sure", "finding"),
        ("timed_out", ["telling", "confirming"], "waiting"),
        ("timed_out", "postponing", "waiting"),
        ("timed_out", "waiting", "finding"),
        ("timed_out", ["thanking", "refused", "leaving_it", "warning", "giving_up"], "closed"),
    ]

    dose_id: str = ""
    plan_id: str = ""
    due_s: float = 0.0
    medicine: str = ""
    dose: str = ""
    purpose: str = ""
    rooms: tuple[str, ...] = ()
    repeat_after_s: float = 300.0
    repeats: int = 2
    announcements: int = 0                   # already made, from the journal after a restart
    answer_wait_s: float = 20.0              # time to fetch water and swallow before the question counts as unanswered
    viewpoints: Viewpoints = lambda person: []
    searches: int = field(default=0, init=False)
    approaches: int = field(default=0, init=False)
    waits: int = field(default=0, init=False)       # for who is just taking it
    broken_off: int = field(default=0, init=False)  # announcements that were not said to their end
    person: PersonSeen | None = field(default=None, init=False)

    @property
    def attempts_left(self) -> bool:
        return max(self.announcements, self.searches) <= self.repeats

    @property
    def alarm_id(self) -> str:
        return alarm_id_of(self.dose_id)

    def start(self, now_s):
        return self._do(now_s, self.begin_waiting if self.announcements else self.begin)

    def resume(self, now_s):
        if self.state not in ("approaching", "making_sure", "telling"):
            return super().resume(now_s)
        self.suspended = False
        return self._do(now_s, self.found_anew)

    @property
    def answerable(self) -> bool:
        """Whether it has been announced, and nobody else has been spoken to since."""
        return self.state in ("telling", "confirming", "postponing")

    def on_event(self, event):
        if isinstance(event, Heard) and event.call_for_help and self.state in ("idle", *OPEN):  # told of no other call
            self.out(RecordDose("wrongly_taken", self.announcements, event.text))
            self.taken_wrongly()
        elif self.state not in OPEN:  # what was heard has been heard twice: as the answer, and by the way
            if isinstance(event, ActionDone) and isinstance(event.command, Say):
                self.spoken()
        elif isinstance(event, Heard) and event.intent == "taken" and self.announcements:
            self._confirmed(event.text, dict(event.slots))
        elif isinstance(event, ActionDone):
            command = event.command
            if isinstance(command, FindPerson):
                self._on_search(event)
            elif isinstance(command, Ask):
                self._on_answer(event)
            elif isinstance(command, GoTo):
                self.near()
            elif isinstance(command, Say):
                self.spoken()

    def _on_search(self, done: ActionDone) -> None:
        if done.success:
            before, self.person = self.person, done.person
            self.moved() if self.state == "making_sure" and self._has_moved(before) else self.found()
        elif self.state == "making_sure":
            self.not_found()
        else:
            self._next_time(self.not_found)

    def _has_moved(self, before: PersonSeen | None) -> bool:
        """Whether it is worth going after them; somebody who walks about is told wherever they are in the end."""
        if self.approaches >= MOST_APPROACHES or not before or not before.position or not self.person.position:
            return False
        return math.dist(before.position[:2], self.person.position[:2]) > SAME_PLACE_M

    def _on_answer(self, done: ActionDone) -> None:
        if done.intent == "taken" or (self.state == "confirming" and done.intent == "yes"):
            self._confirmed(done.heard, dict(done.slots))
        elif done.intent == "refuse":
            self.out(RecordDose("refused", self.announcements, done.heard))
            self._tell_caregiver("refused", done.heard)
            self.refuses()
        elif self.state == "telling" and done.intent == "yes" or done.intent == "taking" and self.waits < MOST_WAITS:
            self.waits += 1
            self.will_take()
        elif done.intent == "dose_asked" or self.state == "confirming" and done.intent == "unsure":
            self.out(RecordDose("unanswered", self.announcements, done.heard))
            self._tell_caregiver("unsure", done.heard)
            self.uncertain()
        elif self.state == "telling" and done.intent == "unsure":
            self.unclear()
        elif done.intent in ("not_yet", "no", "taking"):
            self._next_time(self.later)
        elif done.intent:  # a call for help into the question, which is answered as one
            self.broken()
        elif self.state == "telling" and done.outcome == "not_understood":
            self.unclear()  # she said something: to ask is better than to come back and begin again
        else:
            # Told to stop: the words that did it are known, and not those of an answer.
            self.broken_off += self.state == "telling" and done.outcome == "failed" and bool(done.heard)
            self._next_time(self.no_answer)

    def _next_time(self, trigger) -> None:
        trigger() if self.attempts_left else self.exhausted()

    def _confirmed(self, words: str, slots: dict[str, str]) -> None:
        planned = pieces(self.dose)
        if planned and int(slots.get("pieces", planned)) > planned:
            self.out(RecordDose("wrongly_taken", self.announcements, words))
            self._alarm("call_for_help", "high", words,
                        f"{GRAVE[DOSE_ERROR].detail}: more of {self.medicine} than {self.dose}")
            self.too_much()
            return
        self.out(RecordDose("confirmed", self.announcements, words))
        self.taken()

    # --- states -----------------------------------------------------------------------------------------------------
    def find(self):
        if not self.attempts_left:
            self.exhausted()
            return
        self.searches += 1
        self.approaches = 0
        self.out(FindPerson(self.rooms, timeout_s=120.0))

    def approach(self):
        self.approaches += 1
        if drive := drive_to_see(self.person, self.viewpoints):
            self.out(drive)
        else:
            self.near()

    def make_sure(self):
        self.out(FindPerson((self.person.room,) if self.person and self.person.room else (), timeout_s=25.0))

    def tell(self):
        self.announcements += 1
        self.out(AnnounceDose(self.announcements))
        self.out(Ask("medication.due", expected=ANSWERS, attempts=1, wait_s=self.answer_wait_s,
                     slots=(("medicine", self.medicine), ("dose", self.dose), ("purpose", self.purpose))))

    def confirm(self):
        self.out(Ask("medication.ask_taken", expected=ANSWERS, attempts=2, wait_s=self.answer_wait_s))

    def thank(self):
        self.out(Say("medication.thanks"))

    def postpone(self):
        self.out(Say("medication.later"))

    def accept_refusal(self):
        self.out(Say("medication.refused"))

    def warn(self):
        self.out(Say(GRAVE[DOSE_ERROR].phrase))

    def leave_it(self):
        self.out(Say("medication.unsure"))

    def give_up(self):
        outcome = "unanswered" if self.announcements else "missed"
        self.out(RecordDose(outcome, self.announcements))
        self._tell_caregiver(outcome, "")
        if self.announcements:
            self.out(Say("medication.told_nurse"))
        else:
            self.spoken()

    def give_back(self):
        """What something more urgent broke off is told anew, and counts for none of the plan's repetitions."""
        self.repeats += 1
        self.broken_off += self.state == "telling"

    # --- inside -----------------------------------------------------------------------------------------------------
    def _entered(self):
        super()._entered()
        if self.state == "waiting":
            self._deadline_s = self.now_s + self.repeat_after_s

    def _tell_caregiver(self, outcome: str, words: str) -> None:
        what = {"refused": "does not want to take", "unanswered": "did not confirm",
                "missed": "could not be found for", "unsure": "does not know whether they have taken"}[outcome]
        announced = f"announced {self.announcements} times"
        if self.broken_off:
            announced += f", {self.broken_off} of them broken off"
        self._alarm("medication_missed", "medium", words, f"{what} {self.medicine}, {self.dose}; {announced}")

    def _alarm(self, kind: str, priority: str, words: str, detail: str) -> None:
        self.out(RaiseAlarm(self.alarm_id, kind=kind, priority=priority, room=self.person.room if self.person else "",
                            occurred_s=self.now_s, words=words, detail=detail))
