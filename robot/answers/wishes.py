"""What others do for who asks: a notice to the caregivers, asked back where it was heard doubtfully."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from robot.answers.contents import LEFT_ALONE, MESSAGE, Answer, Notify
from robot.answers.exchange import ALL_SAID
from robot.answers.follow_up import TAKEN_BACK, grows, quoted, to, told_to
from robot.answers.known import Known
from robot.spoken import SERVICES

ENDS = ("no", "stop", "quiet")
SAID_AS = ("thing",)  # slots that are only another wording


def service(known: Known) -> Answer:
    """The notice has her words. The same wish is the same notice, but for one with a time, or that nobody foresaw."""
    slots = {slot: value for slot, value in known.slots.items() if slot not in SAID_AS}
    if slots.keys() & {"back", "off"}:
        return taken_back(known)
    if "sent" in slots:
        return Answer("service.sent" if known.wish else "service.not_sent")
    if "beyond" in slots:
        return offered("service.beyond", known)
    if "soiled" in slots:
        return Answer("service.soiled", deeds=(Notify("request_toilet", quoted(known.words)),))
    if "service" not in slots:
        return _in_her_words("other", known)
    kind = slots["service"]
    if len(slots) > 1:
        wanted = _in_her_words(kind, known)
    else:
        thing = known.slots.get("thing", SERVICES[kind][known.language])
        more = quoted(known.words) if kind == "doctor" else ""  # or the dentist
        wanted = Answer("service.asked", {"service": thing}, (Notify(f"request_{kind}", more),))
    return _passed_on(known, wanted, Answer("service.confirm", {"service": SERVICES[kind][known.language]}))


def taken_back(known: Known) -> Answer:
    """Of what was passed on nothing can be fetched back: a second notice says so, with the words of the first."""
    named = bool(known.slots.keys() & {"service", "off"})
    if known.wish is None and not named:
        return LEFT_ALONE
    of = f" ({quoted(known.wish.words)})" if known.wish and not named else ""
    return Answer(TAKEN_BACK, deeds=(Notify("request_other", quoted(known.words) + of),))


def unwanted(known: Known) -> Answer | None:
    """A bare "no" right after a wish, heard for sure, is about that; "no, that's all" takes nothing back."""
    about = grows(known.before) and ALL_SAID not in known.slots and not known.doubtful
    return taken_back(known) if about else None


def message(known: Known) -> Answer:
    """To a relative, to whom was spoken of last, or to whoever the words name; asked for where it has no words yet."""
    whom, what = _whom(known), known.slots.get("what", "")
    if "they" in known.slots and not whom:
        return Answer("family.whom", ask=("tell_family", *ENDS), then=lambda intent, slots: LEFT_ALONE
                      if intent in ENDS else told_to(slots.get("person", ""), what, known))
    if "empty" in known.slots and not what:
        return Answer("family.what", to(whom, known), listens=MESSAGE)
    wanted = told_to(whom, what if what and whom else known.words, known,
                     "family.asked" if "asks" in known.slots else "family.told")
    return _passed_on(known, wanted, Answer("family.confirm", {"words": quoted(known.words)}))


def call(phrase: str, kind: str) -> Callable[[Known], Answer]:
    """Of whom the sentence files do not know only the words are repeated."""
    def made(known: Known) -> Answer:
        whom, words = _whom(known), quoted(known.words)
        wanted = Answer(phrase if whom else f"{phrase}_words", to(whom, known) | {"words": words},
                        (Notify(kind, whom or words),))
        return _passed_on(known, wanted, Answer("family.confirm", {"words": words}))
    return made


def offered(phrase: str, known: Known, kind: str = "request_other", **also: Callable[[Known], Answer]) -> Answer:
    """Asks whether somebody is to be told, or, by intent, what `also` is offered; declined, it stays near."""
    def then(intent: str, slots: dict[str, str]) -> Answer:
        if intent in also and "enough" not in slots:
            return also[intent](known)
        if intent != "yes":
            return Answer("talk.near")
        return Answer("service.told", deeds=(Notify(kind, quoted(known.words)),))
    return Answer(phrase, {"robot": known.name(known.site.robot.name)}, ask=("yes", *also, *ENDS), then=then)


def somebody(known: Known) -> Answer:
    """Who was not understood twice may want somebody who does."""
    fetched = Answer("unclear.fetched", deeds=(Notify("request_other", quoted(known.words)),))
    return Answer("unclear.offer", ask=("yes", "no"), then=lambda intent, _: fetched if intent == "yes" else LEFT_ALONE)


# --- inside -----------------------------------------------------------------------------------------------------------
def _in_her_words(kind: str, known: Known) -> Answer:
    words = quoted(known.words)
    return Answer("service.passed_on", {"words": words}, (Notify(f"request_{kind}", words),))


def _whom(known: Known) -> str:
    """Who is meant, "" where nothing known says it; "her" is who was spoken of last."""
    if "they" in known.slots and known.wish:
        return known.wish.answer.slots.get("whom", "")
    return known.slots.get("person") or known.slots.get("staff", "")


def _passed_on(known: Known, wanted: Answer, question: Answer) -> Answer:
    """What costs somebody a way is asked back where it was heard doubtfully."""
    if not known.doubtful:
        return wanted
    return replace(question, ask=("yes", "no"),
                   then=lambda intent, _: wanted if intent == "yes" else LEFT_ALONE)
