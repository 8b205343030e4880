"""Fall response: suspected → look closer → ask → alarm or stand down → stay → acknowledged → closed.

The same behaviour answers a call for help, beginning with a search for the caller, and what is grave though no fall
(robot/answers/grave.py): there nothing is asked. One incident is one
alarm: it begins as a notice ("checking on ...", rings nobody), rises to high, or is resolved. In doubt it rises.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace

from robot.answers.alarm import KNOWN, into_alarm
from robot.answers.grave import GRAVE, PERHAPS, grave

from .behavior import (
    ActionDone,
    AlarmChanged,
    AlarmSeen,
    Ask,
    Behavior,
    FallSeen,
    FindPerson,
    GoTo,
    Heard,
    PersonSeen,
    RaiseAlarm,
    ResolveAlarm,
    Say,
    Viewpoints,
    alarm_id_of,
    drive_to_see,
)

NEEDS_HELP = ("yes", "help", "hurt", "call_nurse", "unsure")
IS_FINE = ("no", "fine")
PERHAPS_OF = "perhaps told of {}"  # on the notice, from which it is known again after a restart
NURSE_COMING = "fall.nurse_coming"
MOST_WORDS = 200  # characters on the caregiver's card: who cries on and on says the same
MOST_EVIDENCE = 5  # phrases on the caregiver's card: what was seen first says most


@dataclass(eq=False, repr=False)
class FallResponse(Behavior):
    TASK = "fall_response"
    PRIORITY = 100
    STATES = {
        # A search for a caller: two rooms and a corridor take a minute; whoever called must not wait longer.
        "searching": ("search", 90.0),
        # Driving across a flat takes 15 s at walking pace; later than 30 s, asking from afar is better than silence.
        "approaching": ("approach", 30.0),
        # The eyes need a second or two from the new place to see whether the person is up again.
        "looking": ("", 2.0),
        # Two questions of 8 s with their speech and recognition; the dialogue's own limit comes first.
        "asking": ("ask", 60.0),
        # Said to be fine, but still on the floor: a minute to get up, then ask again.
        "watching": ("", 60.0),
        "alarming": ("alarm", 15.0),
        # A lying person who waits is spoken to every 45 s.
        "staying": ("", 45.0),
        "telling": ("tell_nurse_coming", 20.0),
        "accompanying": ("", 60.0),
        "standing_down": ("stand_down", 15.0),
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "approaching"),
        ("begin_search", "idle", "searching"),
        ("begin_alarming", "idle", "alarming"),
        ("begin_staying", "idle", "staying"),
        ("begin_accompanying", "idle", "accompanying"),
        ("found", "searching", "approaching"),
        ("not_found", "searching", "alarming"),
        ("arrived", "approaching", "looking"),
        ("cannot_drive", "approaching", "asking"),
        ("up_again", ["approaching", "looking"], "standing_down"),
        ("up_again", "watching", "standing_down"),
        ("looked", "looking", "asking"),
        ("wants_help", ["approaching", "looking", "asking", "watching", "standing_down"], "alarming"),
        ("warned", ["searching", "approaching", "looking", "asking", "watching", "alarming", "staying", "telling",
                    "accompanying", "standing_down"], "alarming"),
        ("is_fine", "asking", "standing_down"),
        ("is_fine_on_floor", "asking", "watching"),
        ("no_answer", "asking", "alarming"),
        ("alarmed", "alarming", "staying"),
        ("acknowledged", ["alarming", "staying"], "telling"),
        ("told", "telling", "accompanying"),
        ("spoken_to", "staying", "staying", "reply"),
        ("spoken_to", "accompanying", "accompanying", "reply"),
        ("stood_down", "standing_down", "closed"),
        ("resolved", ["idle", "searching", "approaching", "looking", "asking", "watching", "alarming", "staying",
                      "telling", "accompanying"], "closed"),
        ("timed_out", "searching", "alarming"),
        ("timed_out", "approaching", "asking"),
        ("timed_out", "looking", "asking"),
        ("timed_out", "asking", "alarming"),
        ("timed_out", "watching", "asking"),
        ("timed_out", "alarming", "staying"),
        ("timed_out", "staying", "staying", "comfort"),
        ("timed_out", "telling", "accompanying"),
        ("timed_out", "accompanying", "accompanying", "comfort"),
        ("timed_out", "standing_down", "closed"),
    ]

    incident: str = ""                       # fall id, or the id of a call for help
    kind: str = "fall"                       # alarm kind: "fall" or "call_for_help"
    fall: FallSeen | None = None
    words: str = ""
    grave: str = ""                          # which of GRAVE
    perhaps: str = ""                        # which of them was heard, but doubtfully
    viewpoints: Viewpoints = lambda person: []
    person: PersonSeen | None = field(default=None, init=False)
    confirmed: bool = field(default=False, init=False)
    asked: int = field(default=0, init=False)
    said_fine: bool = field(default=False, init=False)
    raised_high: bool = field(default=False, init=False)
    told_coming: bool = field(default=False, init=False)  # she has heard to its end that the nurse is on the way
    reason: str = field(default="", init=False)
    _reply: str = field(default="", init=False)  # the phrase for who says something while waiting

    def __post_init__(self) -> None:
        super().__post_init__()
        self.alarm_id = alarm_id_of(self.incident)
        if self.fall:
            self.person = self.fall.person
            self.confirmed = self.fall.state == "confirmed"

    @classmethod
    def from_open_alarm(cls, alarm: AlarmSeen, viewpoints: Viewpoints) -> FallResponse:
        """The behaviour that goes on where a stopped process left an open alarm."""
        behavior = cls(resident_id=alarm.resident_id, incident=alarm.alarm_id, kind=alarm.kind, words=alarm.words,
                       viewpoints=viewpoints, why="going on after a restart")
        behavior.alarm_id = alarm.alarm_id
        behavior.raised_high = alarm.priority == "high"
        behavior.grave = next((what for what, told in GRAVE.items() if told.detail in alarm.detail), "")
        behavior.reason = GRAVE[behavior.grave].detail if behavior.grave else ""
        behavior.perhaps = next((what for what in GRAVE if PERHAPS_OF.format(what) in alarm.detail), "")
        behavior.told_coming = alarm.state == "acknowledged"
        behavior._restart_at = {"acknowledged": "begin_accompanying"}.get(
            alarm.state, "begin_staying" if behavior.raised_high else "begin_search")
        return behavior

    def start(self, now_s):
        trigger = getattr(self, "_restart_at", None)
        if trigger is None and self.grave:
            self.reason, trigger = GRAVE[self.grave].detail, "begin_alarming"
        elif trigger is None:
            self._raise(now_s, "notice", PERHAPS_OF.format(self.perhaps) if self.perhaps else "")
            trigger = "begin" if self.fall else "begin_search"
        return self._do(now_s, getattr(self, trigger))

    def wait_in_line(self, now_s):
        """A second incident while one is being answered: staff must know at once."""
        priority, why = ("high", f"{GRAVE[self.grave].detail}; ") if self.grave else ("medium", "")
        return self._do(now_s, lambda: self._raise(now_s, priority, f"{why}the robot is busy with another incident"))

    # --- events -----------------------------------------------------------------------------------------------------
    def on_event(self, event):
        if isinstance(event, FallSeen):
            self._on_fall(event)
        elif isinstance(event, PersonSeen):
            self.person = event
        elif isinstance(event, Heard) and event.call_for_help:
            self.perhaps = self.perhaps or dict(event.slots).get(PERHAPS, "")
            self._on_help(event.text, grave(dict(event.slots)))
        elif isinstance(event, Heard):
            self._answer_with(into_alarm(event.intent, dict(event.slots), self.grave))
        elif isinstance(event, AlarmChanged) and event.alarm_id == self.alarm_id:
            if event.state == "acknowledged":
                self.acknowledged()
            elif event.state == "resolved":
                self.resolved()
        elif isinstance(event, ActionDone):
            self._on_done(event)

    def _on_fall(self, fall: FallSeen) -> None:
        self.person = fall.person
        if self.fall is not None:  # the same incident seen anew: what was seen before counts as well
            known = self.fall
            evidence = tuple(dict.fromkeys(known.evidence + fall.evidence))[:MOST_EVIDENCE]
            fall = replace(fall, began_s=min(known.began_s, fall.began_s), evidence=evidence,
                           confidence=max(known.confidence, fall.confidence))
        first, self.fall = self.fall is None, fall
        if first and self.raised_high:  # who had called before
            self._raise(self.now_s, "high", self.reason)
        if fall.state == "confirmed":
            self.confirmed = True
        elif fall.state == "recovered" and (not self.confirmed or self.said_fine):
            self.reason = "up again" if self.confirmed else "no fall: was up again before the robot arrived"
            self.up_again()

    def _on_help(self, text: str, what: str = "") -> None:
        """A cry is told in its first pause and again with what followed: staff read all of it."""
        before, self.words = self.words, _fuller(self.words, text)
        if what and not self.grave:  # into an incident of another kind: who feels well is not believed
            self.grave, self.reason = what, GRAVE[what].detail
            self.warned()
            return
        if self.raised_high and self.words != before:
            self._raise(self.now_s, "high", self.reason, picture=False)
        self._answer_with(KNOWN)
        if self.state != "asking":  # there the answer is on its way, and silence raises the alarm as well
            self.wants_help()

    def _on_done(self, done: ActionDone) -> None:
        command = done.command
        if isinstance(command, FindPerson):
            if done.success and done.person:
                self.person = done.person
                self.found()
            else:
                self.reason = f"could not be found: {done.message}"
                self.not_found()
        elif isinstance(command, GoTo):
            self.arrived() if done.success else self.cannot_drive()
        elif isinstance(command, Ask):
            self._on_answer(done)
        elif isinstance(command, Say):
            self.told_coming |= done.success and command.phrase == NURSE_COMING
            {"alarming": self.alarmed, "telling": self.told, "standing_down": self.stood_down}.get(
                self.state, lambda: None)()

    def _on_answer(self, done: ActionDone) -> None:
        self.words = _fuller(self.words, done.heard)
        if done.outcome == "answered" and done.intent in IS_FINE:
            self.said_fine = True
            if self.confirmed and self.person and self.person.on_floor:
                if self.asked >= 2:
                    self.reason = "says all is well, but does not get up"
                    self.wants_help()
                else:
                    self.is_fine_on_floor()
            else:
                self.reason = f"says all is well: “{done.heard}”"
                self.is_fine()
        elif done.outcome == "answered" and done.intent in NEEDS_HELP:
            self.wants_help()
        else:
            self.reason = {"silent": "gave no answer", "not_understood": "the answer was not understood"}.get(
                done.outcome, f"could not be asked: {done.message}")
            self.no_answer()

    # --- states -----------------------------------------------------------------------------------------------------
    def search(self):
        self.out(FindPerson(timeout_s=80.0))

    def approach(self):
        if drive := drive_to_see(self.person, self.viewpoints):
            self.out(drive)
        else:
            self.cannot_drive()

    def ask(self):
        self.asked += 1
        self.out(Ask("fall.ask", expected=NEEDS_HELP + IS_FINE, attempts=2, wait_s=8.0))

    def alarm(self):
        self.raised_high = True
        self._raise(self.now_s, "high", self.reason)
        answered = GRAVE[self.grave].phrase if self.grave else "fall.help_coming"
        self.out(Say(answered if self.words else "fall.no_answer"))

    def tell_nurse_coming(self):
        self.out(Say(NURSE_COMING))

    def stand_down(self):
        if self.perhaps:  # who smells gas feels well: the notice stays for a person to judge
            self._raise(self.now_s, "notice", f"{self.reason}; {PERHAPS_OF.format(self.perhaps)}")
        else:
            self.out(ResolveAlarm(self.alarm_id, self.reason))
        if self.asked:
            self.out(Say("fall.glad"))
        else:
            self.stood_down()

    def comfort(self):
        """What was broken off of the nurse's coming is told again."""
        untold = self.state == "accompanying" and not self.told_coming
        comfort = GRAVE[self.grave].phrase if self.grave and not self.fall else "fall.stay"
        self.out(Say(NURSE_COMING if untold else comfort))

    def reply(self):
        self.out(Say(self._reply))

    # --- inside -----------------------------------------------------------------------------------------------------
    def _answer_with(self, phrase: str) -> None:
        """To who is told that help is coming, and waits for it."""
        if phrase:
            self._reply = NURSE_COMING if self.state == "accompanying" and phrase in (KNOWN, "alarm.called") else phrase
            self.spoken_to()

    def _raise(self, now_s: float, priority: str, remark: str = "", picture: bool = True) -> None:
        person, evidence = self.person, list(self.fall.evidence) if self.fall else []
        self.out(RaiseAlarm(
            alarm_id=self.alarm_id, kind=self.kind, priority=priority,
            room=person.room if person else "", position=person.position if person else None,
            occurred_s=self.fall.began_s if self.fall else now_s, words=self.words,
            detail="; ".join(filter(None, [*evidence, remark])),
            confidence=self.fall.confidence if self.fall else 0.5,
            snapshot_track=person.track_id if picture and person and priority == "high" else ""))


def _fuller(words: str, more: str) -> str:
    """What was said so far and now: the longer where one holds the other, else the last of it all."""
    plain, plainer = (text.strip(" .!?。！？").lower() for text in (words, more))
    if plainer in plain:
        return words
    return more if plain in plainer else f"{words} {more}"[-MOST_WORDS:]

