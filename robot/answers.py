"""What the robot truthfully answers when it is talked to, and what it does for it. Pure: all that is known comes in.

Each intent of the sentence files that wants an answer has a function in ANSWERS. An answer is a phrase of
config/phrases and may be a question; then `then` makes the next answer of what is said to it. `deeds` are for whoever
has hands: the mission, or nobody in `anban talk`.
"""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from robot.music import MELODY, Piece, programme
from robot.site import MedicationPlan, Resident, Room, Site
from robot.spoken import (
    BLOOD_PRESSURE,
    FAMILY,
    READINGS,
    SERVICES,
    spoken_age,
    spoken_date,
    spoken_list,
    spoken_moment,
    spoken_time,
)
from robot.tales import tales
from robot.when import resolve

UNKNOWN = "dialogue.ask_nurse"
# Below this the words themselves are doubtful, and what would cost somebody a way is asked back first. Three sentences
# in one synthetic voice with Whisper base, clean and at 10 dB: 0.67 to 0.83, and where a message was misheard 0.42.
DOUBT = 0.5
SAME_MINUTE_S = 60.0


# --- what may be known ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reminder:
    """What a resident wants to be reminded of (in their language, "": only that it is time), and when."""
    reminder_id: str
    resident_id: str
    at_s: float
    what: str


@dataclass(frozen=True)
class Measured:
    """The newest reading of one LOINC code."""
    value: float
    unit: str
    at_s: float


@dataclass(frozen=True)
class Known:
    """The situation in which something is said. `resident`: who asks, None where nobody can tell. `here`: the room of
    who asks where `here_is_theirs`, else the robot's own."""
    site: Site
    resident: Resident | None
    now: datetime
    language: str
    slots: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    reminders: Sequence[Reminder] = ()
    readings: Mapping[str, Measured] = field(default_factory=dict)
    here: Room | None = None
    here_is_theirs: bool = False

    @property
    def doubtful(self) -> bool:
        return self.confidence < DOUBT

    def name(self, names: Mapping[str, str]) -> str:
        """A name of the site file in the language that is spoken, else in the first one given."""
        return names.get(self.language) or next(iter(names.values()), "")


# --- what may be done -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Deed:
    """Something that an answer promises."""


@dataclass(frozen=True)
class SetReminder(Deed):
    reminder: Reminder


@dataclass(frozen=True)
class EndReminder(Deed):
    reminder_id: str
    outcome: str  # "told", "missed", "cancelled"


@dataclass(frozen=True)
class Notify(Deed):
    """A notice on the caregivers' page; `kind` as in care/text."""
    kind: str
    detail: str = ""


class Errand(Deed):
    """Something that takes time. The answer's phrase is for when it is done, its `otherwise` for when it failed."""


@dataclass(frozen=True)
class Come(Errand):
    """To who asks."""


@dataclass(frozen=True)
class GoAway(Errand):
    """Back to the dock."""


@dataclass(frozen=True)
class StandStill(Errand):
    """For a while."""


@dataclass(frozen=True)
class SwitchLights(Errand):
    lights: tuple[str, ...]  # ids of the site file
    on: bool


@dataclass(frozen=True)
class PlayMusic(Errand):
    """One piece after the other; the answer's phrase announces the first, its `otherwise` the others."""
    pieces: tuple[Piece, ...]


# --- answers ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """A phrase and what fills its slots; `deeds` are done before it is spoken. A question waits `wait_s` for one of the
    intents `ask`, and `then` answers what was said: an intent and its slots; "" where it was none of these."""
    phrase: str
    slots: Mapping[str, str] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    ask: tuple[str, ...] = ()
    then: Callable[[str, Mapping[str, str]], Answer] | None = None
    wait_s: float = 8.0
    otherwise: str = ""


def answer(intent: str, known: Known) -> Answer | None:
    """The answer to what was said, None for what wants none."""
    made = ANSWERS.get(intent)
    return made(known) if made else None


def _plain(phrase: str) -> Callable[[Known], Answer]:
    return lambda known: Answer(phrase)


# --- clock and plan ---------------------------------------------------------------------------------------------------
def _time(known: Known) -> Answer:
    return Answer("dialogue.time", {"time": spoken_time(known.now.time(), known.language)})


def _date(known: Known) -> Answer:
    return Answer("dialogue.date", {"date": spoken_date(known.now, known.language)})


def _plans(known: Known) -> list[MedicationPlan]:
    return [plan for plan in known.site.medication if known.resident and plan.resident == known.resident.id]


def _what_for(known: Known) -> Answer:
    purposes = [f"{known.name(plan.medicine)}: {plan.purpose[known.language]}" for plan in _plans(known)
                if known.language in plan.purpose]
    return Answer("dialogue.what_for", {"medicines": spoken_list(purposes, known.language)}) if purposes else \
        Answer(UNKNOWN)


def _plan(known: Known) -> Answer:
    if known.resident is None:
        return Answer(UNKNOWN)
    midnight = known.now.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = [(at, f"{known.name(plan.medicine)}, {known.name(plan.dose)}")
             for plan in _plans(known) for at in plan.times if at > known.now.time()]
    ahead += [(at.time(), reminder.what) for reminder in _reminders(known) if reminder.what
              and (at := _local(reminder, known)).date() == midnight.date()]
    if not ahead:
        return Answer("dialogue.plan_none")
    return Answer("dialogue.plan", {"plan": spoken_list([_entry(at, what, known.language)
                                                         for at, what in sorted(ahead)], known.language)})


def _entry(at: time, what: str, language: str) -> str:
    return f"{what}, at {spoken_time(at, language)}" if language == "en" else f"{spoken_time(at, language)}, {what}"


# --- reminders --------------------------------------------------------------------------------------------------------
def _reminders(known: Known) -> list[Reminder]:
    """Those of who asks, the next first."""
    return sorted((r for r in known.reminders if known.resident and r.resident_id == known.resident.id),
                  key=lambda reminder: reminder.at_s)


def _local(reminder: Reminder, known: Known) -> datetime:
    return datetime.fromtimestamp(reminder.at_s, known.now.tzinfo)


def _moment(reminder: Reminder, known: Known) -> str:
    return spoken_moment(_local(reminder, known), known.now, known.language)


def _set_reminder(known: Known) -> Answer:
    """Asks for the time where none was said, and back where another one may have been meant or heard."""
    if known.resident is None:
        return Answer(UNKNOWN)
    if dose := _dose(known):
        return dose
    when = resolve(known.slots, known.now)
    if when is None:
        return Answer("reminder.when", ask=("when", "reminder_set", "no"), then=lambda intent, slots: (
            _set_reminder(replace(known, slots={**known.slots, **slots})) if resolve(slots, known.now)
            else Answer("dialogue.left_alone")))
    what = _yours(known.slots.get("what", ""), known.language)
    # The same wish is the same reminder, however often it is said.
    wish = f"{known.resident.id}/{when.at.timestamp() // 60:.0f}/{what}"
    reminder = Reminder(str(uuid.uuid5(uuid.NAMESPACE_OID, wish)), known.resident.id, when.at.timestamp(), what)
    slots = {"when": _moment(reminder, known), "what": what}
    kind = "_of" if what else ""
    wanted = Answer(f"reminder.set{kind}", slots, (SetReminder(reminder),))
    if when.sure and not known.doubtful:
        return wanted

    def agreed(intent: str, slots: Mapping[str, str]) -> Answer:
        again = resolve(slots, known.now)
        if again and again.at != when.at:  # "no, at seven in the morning"
            kept = {slot: known.slots[slot] for slot in ("what", "errand") if slot in known.slots}
            return _set_reminder(replace(known, confidence=1.0, slots={**kept, **slots}))
        return wanted if again or intent == "yes" else Answer("dialogue.left_alone")
    return Answer(f"reminder.confirm{kind}", slots, ask=("yes", "when", "reminder_set", "no"), then=agreed)


def _dose(known: Known) -> Answer | None:
    """Instead of a reminder of a dose, of which only the plan reminds: told twice, it may be taken twice. None for a
    wish of something else. The sentence files know words of medicine (dialogue/medicine.py), the site its names."""
    what, plans = known.slots.get("what", ""), _plans(known)
    fit = [plan for plan in plans if any(name.lower() in what.lower() for name in plan.medicine.values())]
    if "errand" in known.slots or not (fit or "medicine" in known.slots):
        return None
    if "medicine" in known.slots:
        fit = _meant(known.slots["medicine"], plans)
    if fit:
        entries = [_entry(at, known.name(plan.medicine), known.language) for plan in fit for at in plan.times]
        return Answer("reminder.in_plan", {"plan": spoken_list(entries, known.language)})
    return Answer("reminder.not_in_plan", {"what": _yours(what, known.language)}, (Notify("request_medicine", what),))


def _meant(which: str, plans: Sequence[MedicationPlan]) -> list[MedicationPlan]:
    """The medicines that are meant by these words, "" for all: none where a word is left that fits nothing known."""
    left, fit = which.lower().strip(), []
    for plan in plans:
        names = [name.lower() for name in (*plan.medicine.values(), *plan.purpose.values())]
        # "heart" says enough of "heart failure"; a single character says nothing.
        if found := [name for name in names if name in left or (len(left) > 1 and left in name)]:
            fit.append(plan)
            for name in found:
                left = left.replace(name, "").strip() if name in left else ""
    return [] if left else fit or list(plans)


def _yours(what: str, language: str) -> str:
    """Her words from the robot's mouth: "my pills" are "your pills"."""
    yours = {"en": {"my": "your", "me": "you", "i": "you", "am": "are", "mine": "yours", "myself": "yourself"},
             "zh": {"我": "您"}}.get(language, {})
    if language == "en":
        return " ".join(yours.get(word, word) for word in what.split())
    return "".join(yours.get(character, character) for character in what)


def _list_reminders(known: Known) -> Answer:
    if known.resident is None:
        return Answer(UNKNOWN)
    told = [f"{_moment(reminder, known)}{': ' if reminder.what else ''}{reminder.what}"
            for reminder in _reminders(known)]
    return Answer("reminder.list", {"reminders": spoken_list(told, known.language)}) if told else \
        Answer("reminder.none")


def _cancel_reminder(known: Known) -> Answer:
    """The one of that time or errand; without either, the only one. Of several, the robot asks which."""
    if known.resident is None:
        return Answer(UNKNOWN)
    mine = _reminders(known)
    if not mine:
        return Answer("reminder.none")
    fit = [reminder for reminder in mine if _is_meant(reminder, known)]
    if not fit:
        return replace(_list_reminders(known), phrase="reminder.no_such")
    if len(fit) > 1:
        return replace(_list_reminders(known), phrase="reminder.which", ask=("when", "reminder_cancel", "no"),
                       then=lambda intent, slots: _cancel_reminder(replace(known, slots=slots)) if slots
                       else Answer("dialogue.left_alone"))
    slots = {"when": _moment(fit[0], known)}
    return Answer("reminder.cancelled", slots, (EndReminder(fit[0].reminder_id, "cancelled"),))


def _is_meant(reminder: Reminder, known: Known) -> bool:
    what, when = _yours(known.slots.get("what", ""), known.language), resolve(known.slots, known.now)
    if what and what not in reminder.what and reminder.what not in what:
        return False
    if when is None:
        return True
    at = _local(reminder, known)
    half_day = abs((at.hour * 60 + at.minute) - (when.at.hour * 60 + when.at.minute)) % 720 == 0
    return abs(reminder.at_s - when.at.timestamp()) < SAME_MINUTE_S or (not when.sure and half_day)


# --- readings ---------------------------------------------------------------------------------------------------------
# LOINC codes under which a device may report it; of several the newest counts.
CODES = {"blood_pressure": ("8480-6",), "heart_rate": ("8867-4",), "oxygen": ("59408-5", "2708-6"),
         "glucose": ("15074-8", "2339-0", "2345-7", "41653-7")}
DIASTOLIC = "8462-4"


def _readings(known: Known) -> Answer:
    """The newest of what was asked for, each with its age."""
    if known.resident is None:
        return Answer(UNKNOWN)
    wanted = [known.slots["reading"]] if "reading" in known.slots else list(CODES)
    told = [text for reading in wanted if (text := _reading(reading, known))]
    if told:
        return Answer("readings.told", {"readings": spoken_list(told, known.language)})
    if len(wanted) > 1:
        return Answer("readings.none_at_all")
    return Answer("readings.none", {"reading": READINGS[wanted[0]][known.language]})


def _reading(reading: str, known: Known) -> str:
    measured = max((known.readings[code] for code in CODES[reading] if code in known.readings),
                   key=lambda newest: newest.at_s, default=None)
    if measured is None:
        return ""
    value = f"{measured.value:g}"
    if reading == "blood_pressure":
        lower = known.readings.get(DIASTOLIC)
        if lower is None or lower.at_s != measured.at_s:
            return ""
        value = BLOOD_PRESSURE[known.language].format(value, f"{lower.value:g}")
    parts = READINGS[reading][known.language], value, spoken_age(known.now.timestamp() - measured.at_s, known.language)
    return {"zh": "，", "ja": "、"}.get(known.language, ", ").join(parts)


# --- places -----------------------------------------------------------------------------------------------------------
def _where_am_i(known: Known) -> Answer:
    if known.here is None:
        return Answer("place.unknown", {"site": known.name(known.site.site.name)})
    return Answer("place.here" if known.here_is_theirs else "place.near",
                  {"room": known.name(known.here.name), "site": known.name(known.site.site.name)})


def _where_is(known: Known) -> Answer:
    """The way by the doors of the site file."""
    room = _room_of(known.slots.get("place", ""), known)
    if room is None:
        return Answer(UNKNOWN)
    slots = {"room": known.name(room.name)}
    way = _way(known.site, known.here.id, room.id) if known.here else None
    if way is None:
        return Answer("place.is", slots)
    if len(way) < 3:
        return Answer("place.same" if len(way) == 1 else "place.next", slots)
    return Answer("place.way", {**slots, "way": spoken_list([known.name(known.site.room(r).name) for r in way[1:-1]],
                                                            known.language)})


def _room_of(place: str, known: Known) -> Room | None:
    """The room that is meant: of a toilet where one stands, of a bedroom the own one."""
    holds = [piece.room for piece in known.site.furniture if piece.kind == place]
    own = [known.resident.room] if known.resident and place == "bedroom" else []
    kinds = ("bathroom",) if place == "toilet" else (place,)
    rooms = [*holds, *own, *(room.id for room in known.site.rooms if room.kind in kinds)]
    return known.site.room(rooms[0]) if rooms else None


def _way(site: Site, start: str, end: str) -> list[str] | None:
    """The rooms from one to the other through the fewest doors."""
    ways = [[start]]
    for way in ways:
        if way[-1] == end:
            return way
        beside = {room for door in site.doors if way[-1] in door.between for room in door.between} - {"outside"}
        ways += [[*way, room] for room in sorted(beside) if not any(room in known for known in ways)]
    return None


# --- what others do for her -------------------------------------------------------------------------------------------
def _service(known: Known) -> Answer:
    if "service" not in known.slots:  # the notice has her words
        return Answer("service.passed_on", deeds=(Notify("request_other"),))
    return _passed_on(known, Answer(
        "service.asked", {"service": SERVICES[known.slots["service"]][known.language]},
        (Notify(f"request_{known.slots['service']}"),)), "service.confirm")


def _family(phrase: str, kind: str) -> Callable[[Known], Answer]:
    def made(known: Known) -> Answer:
        person = known.slots.get("person", FAMILY[known.language])
        what = _yours(known.slots.get("what", ""), known.language)
        detail = ": ".join(filter(None, (person, known.slots.get("what", ""))))
        return _passed_on(known, Answer(phrase, {"person": person, "what": what}, (Notify(kind, detail),)),
                          f"{phrase}_confirm")
    return made


def _passed_on(known: Known, wanted: Answer, question: str) -> Answer:
    """What costs somebody a way is asked back where it was heard doubtfully."""
    if not known.doubtful:
        return wanted
    return Answer(question, wanted.slots, ask=("yes", "no"),
                  then=lambda intent, _: wanted if intent == "yes" else Answer("dialogue.left_alone"))


# --- what the robot itself does ---------------------------------------------------------------------------------------
def _lights(on: bool) -> Callable[[Known], Answer]:
    def made(known: Known) -> Answer:
        """Those of the room that was named, else of the one where she is, else the only ones."""
        lit = {light.room for light in known.site.lights}
        room = _room_of(known.slots["place"], known) if "place" in known.slots else known.here
        if "place" not in known.slots and (room is None or room.id not in lit) and len(lit) == 1:
            room = known.site.room(*lit)
        ids = tuple(light.id for light in known.site.lights if room and light.room == room.id)
        if not ids:
            return Answer("light.which" if lit and room is None else "light.none")
        return Answer(f"light.{'on' if on else 'off'}", {"room": known.name(room.name)}, (SwitchLights(ids, on),),
                      otherwise="light.silent")
    return made


def _told_in_parts(parts: Sequence[str], phrase: str, goes_on: Sequence[str], wait_s: float) -> Answer:
    """A part, and the next one when it is wanted."""
    if len(parts) == 1:
        return Answer(f"{phrase}.end", {"text": parts[0]})
    return Answer(f"{phrase}.part", {"text": parts[0]}, ask=(*goes_on, "no", "stop", "quiet"), wait_s=wait_s,
                  then=lambda intent, _: _told_in_parts(parts[1:], phrase, goes_on, wait_s) if intent in goes_on
                  else Answer("dialogue.left_alone"))


def _story(known: Known) -> Answer:
    stories = tales(known.language).stories
    return _told_in_parts(stories[int(known.now.timestamp() / 60) % len(stories)], "story", ("yes",), 8.0)


def _exercise(known: Known) -> Answer:
    rounds = tales(known.language).exercises
    return _told_in_parts(rounds[known.now.toordinal() % len(rounds)], "exercise", ("yes", "taken"), 25.0)


def _music(known: Known) -> Answer:
    """In the order of this minute, so that the same is not always the first."""
    music = known.site.music
    pieces = programme(music.folder, music.order == "random", known.language, int(known.now.timestamp() / 60))
    kind = "hum" if pieces[0].source.startswith(MELODY) else "play"
    return Answer(f"music.{kind}", {"title": pieces[0].title}, (PlayMusic(pieces),), otherwise="music.next")


def _small_talk(known: Known) -> Answer:
    return Answer(f"talk.{known.slots.get('topic', 'listening')}", {"robot": known.name(known.site.robot.name)})


ANSWERS: dict[str, Callable[[Known], Answer]] = {
    "thanks": _plain("dialogue.thanks"), "time": _time, "date": _date, "plan": _plan, "what_for": _what_for,
    "reminder_set": _set_reminder, "reminder_list": _list_reminders, "reminder_cancel": _cancel_reminder,
    "readings": _readings, "where_am_i": _where_am_i, "where_is": _where_is,
    "service": _service, "tell_family": _family("family.told", "tell_family"),
    "call_family": _family("family.call", "call_family"), "video_call": _family("family.video", "video_call"),
    "come": lambda known: Answer("move.here", deeds=(Come(),), otherwise="move.not_found"),
    "go_away": lambda known: Answer("move.leaving", deeds=(GoAway(),)),
    "stop": lambda known: Answer("move.still", deeds=(StandStill(),)),
    "quiet": _plain("talk.quiet"), "follow": _plain("cannot.follow"), "music": _music,
    "light_on": _lights(True), "light_off": _lights(False),
    "story": _story, "exercise": _exercise, "small_talk": _small_talk,
    "called": _plain("attention.here"),
}
