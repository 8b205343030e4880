"""What is asked and told about medicines by the way. Nothing of it settles a dose, and nobody is told to take one: it
may have been taken, and not been said. Of doses only the plan reminds: told twice, one may be taken twice."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from robot.answers.contents import Answer, Notify
from robot.answers.day import DOSE, entry, what_for
from robot.answers.known import Known
from robot.site import MedicationPlan
from robot.spoken import spoken_list, yours
from robot.when import resolve


def whether_taken(known: Known) -> Answer:
    """What was said of today's doses."""
    today = [(at, known.name(plan.medicine)) for plan in known.plans if plan.id in known.taken
             and (at := datetime.fromtimestamp(known.taken[plan.id], known.now.tzinfo)).date() == known.now.date()]
    noted = spoken_list([entry(at.time(), medicine, known.language) for at, medicine in sorted(today)], known.language)
    return Answer("dose.noted" if today else "dose.not_noted", {"medicines": noted},
                  () if today else (Notify("request_other", known.words),))


def advice(known: Known) -> Answer:
    """How much, with what, whether at all: a nurse's to say."""
    return Answer("dose.advice", deeds=(Notify("request_other", known.words),))


def about(known: Known) -> Answer:
    """What the medicines are for; or which they are, and when: with the dose."""
    if "which" not in known.slots:
        return what_for(known)
    entries = [entry(at, DOSE[known.language].format(medicine=known.name(plan.medicine), dose=known.name(plan.dose)),
                     known.language) for plan in known.plans for at in plan.times]
    return Answer("dose.in_plan", {"medicines": spoken_list(entries, known.language)}) if entries else advice(known)


def told(made: Callable[[Known], Answer]) -> Callable[[Known], Answer | None]:
    """What would be an answer, said of a dose that nobody has asked about; of something else it was not for us."""
    return lambda known: made(known) if "dose" in known.slots else None


def passed_on(phrase: str) -> Callable[[Known], Answer]:
    return lambda known: Answer(phrase, deeds=(Notify("request_other", known.words),))


def instead_of_dose(known: Known) -> Answer | None:
    """None for a wish of something else. The sentence files know words of medicine (dialogue/medicine.py), the site its
    names."""
    what, plans = known.slots.get("what", ""), known.plans
    fit = [plan for plan in plans if any(name.lower() in what.lower() for name in plan.medicine.values())]
    if "errand" in known.slots or not (fit or "medicine" in known.slots):
        return None
    if "medicine" in known.slots:
        fit = _meant(known.slots["medicine"], plans)
    if fit:
        entries = [entry(at, known.name(plan.medicine), known.language) for plan in fit for at in plan.times]
        when = resolve(known.slots, known.now)
        wish = when and when.at.time() not in [at for plan in fit for at in plan.times]
        return Answer("reminder.in_plan_only" if wish else "reminder.in_plan",
                      {"plan": spoken_list(entries, known.language)},
                      (Notify("request_other", known.words),) if wish else ())
    return Answer("reminder.not_in_plan", {"what": yours(what, known.language)}, (Notify("request_medicine", what),))


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
