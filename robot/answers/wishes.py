"""What others do for who asks: a notice to the caregivers, asked back where it was heard doubtfully."""
from __future__ import annotations

from collections.abc import Callable

from robot.answers.contents import LEFT_ALONE, Answer, Notify
from robot.answers.known import Known
from robot.spoken import FAMILY, SERVICES, yours


def service(known: Known) -> Answer:
    if "service" not in known.slots:  # the notice has her words
        return Answer("service.passed_on", deeds=(Notify("request_other"),))
    return _passed_on(known, Answer(
        "service.asked", {"service": SERVICES[known.slots["service"]][known.language]},
        (Notify(f"request_{known.slots['service']}"),)), "service.confirm")


def family(phrase: str, kind: str) -> Callable[[Known], Answer]:
    def made(known: Known) -> Answer:
        person = known.slots.get("person", FAMILY[known.language])
        what = yours(known.slots.get("what", ""), known.language)
        detail = ": ".join(filter(None, (person, known.slots.get("what", ""))))
        return _passed_on(known, Answer(phrase, {"person": person, "what": what}, (Notify(kind, detail),)),
                          f"{phrase}_confirm")
    return made


def _passed_on(known: Known, wanted: Answer, question: str) -> Answer:
    """What costs somebody a way is asked back where it was heard doubtfully."""
    if not known.doubtful:
        return wanted
    return Answer(question, wanted.slots, ask=("yes", "no"),
                  then=lambda intent, _: wanted if intent == "yes" else LEFT_ALONE)
