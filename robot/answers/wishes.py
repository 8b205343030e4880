"""What others do for who asks: a notice to the caregivers, asked back where it was heard doubtfully."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from robot.answers.contents import LEFT_ALONE, Answer, Notify
from robot.answers.known import Known
from robot.answers.reminders import cancel_reminder
from robot.answers.which_reminder import meant, named_in
from robot.spoken import SERVICES

MESSAGE = "tell_family"  # two of these are the same only in the same words
HERS = {"en": "your {}", "zh": "您{}"}  # a relative of who asks


def service(known: Known) -> Answer:
    """The notice has her words. The same wish is the same notice, but for one with a time, or that nobody foresaw."""
    off = known.slots.keys() & {"back", "off"}
    if off and known.resident and (which := _reminder(known)):
        return cancel_reminder(replace(known, slots={"which": which}))
    if known.slots.keys() & {"service", "back"} != {"service"}:
        return Answer("service.taken_back" if off else "service.passed_on",
                      deeds=(Notify("request_other", _words(known)),))
    kind = known.slots["service"]
    more = _words(known) if len(known.slots) > 1 or kind == "doctor" else ""  # or the dentist
    return _passed_on(known, Answer("service.asked", {"service": SERVICES[kind][known.language]},
                                    (Notify(f"request_{kind}", more),)), "service.confirm")


def _reminder(known: Known) -> str:
    """The errand of the reminder that is called off by these words, rather than what others were asked for."""
    which = known.slots.get("off", "")
    fit = meant(replace(known, slots={"what": which})) if which else named_in(known.words, known)
    return (which or fit[0].what) if fit else ""


def family(phrase: str, kind: str) -> Callable[[Known], Answer]:
    """Of whom the sentence files do not know only the words are repeated."""
    def made(known: Known) -> Answer:
        person = known.slots.get("person", "")
        words = _words(known)
        slots = {"person": HERS.get(known.language, "{}").format(person), "words": words}
        deed = Notify(kind, ": ".join(filter(None, (person, words if kind == MESSAGE or not person else ""))))
        return _passed_on(known, Answer(phrase if person else f"{phrase}_words", slots, (deed,)), "family.confirm")
    return made


def somebody(known: Known) -> Answer:
    """Who was not understood twice may want somebody who does."""
    fetched = Answer("unclear.fetched", deeds=(Notify("request_other", _words(known)),))
    return Answer("unclear.offer", ask=("yes", "no"), then=lambda intent, _: fetched if intent == "yes" else LEFT_ALONE)


def _words(known: Known) -> str:
    """Hers, to stand in a sentence."""
    return known.words.strip(" .!?。！？")


def _passed_on(known: Known, wanted: Answer, question: str) -> Answer:
    """What costs somebody a way is asked back where it was heard doubtfully."""
    if not known.doubtful:
        return wanted
    return Answer(question, wanted.slots, ask=("yes", "no"),
                  then=lambda intent, _: wanted if intent == "yes" else LEFT_ALONE)
