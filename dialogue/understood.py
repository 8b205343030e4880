"""What can be understood, and how: the names of all intents, and one utterance as it was understood."""
from __future__ import annotations

from dataclasses import dataclass, field

# Of several things said at once the first of these counts: a call for help before all, doubt before certainty.
PRIORITY = ("help", "hurt", "call_nurse", "go_away", "refuse", "not_yet", "dose_asked", "dose_advice", "unsure",
            "taking", "taken", "alarm_asked", "alarm_off", "fine", "stop", "quiet", "louder", "slower", "repeat",
            "reminder_cancel", "reminder_set", "when", "reminder_list", "light_off", "light_on", "come", "follow",
            "call_family", "tell_family", "video_call", "service", "readings", "where_am_i", "where_is", "story",
            "exercise", "music", "what_for", "plan", "date", "time", "no", "yes", "thanks", "small_talk", "which",
            "called", "unclear", "unclear_again", "unclear_still", "telling")
# "which" is no intent: where it is expected, one of several reminders is to be named.
# Of no sentence file: the robot's name, and nothing else; what was meant for it and not understood (unclear.py).
CALLED, UNCLEAR, UNCLEAR_AGAIN, UNCLEAR_STILL, TELLING = (
    "called", "unclear", "unclear_again", "unclear_still", "telling")
# What has the robot do something: a negation before it counts, also one that is an answer ("I do not").
COMMANDS = ("stop", "quiet", *PRIORITY[PRIORITY.index("reminder_cancel"):PRIORITY.index("what_for")])
WANTED = PRIORITY[PRIORITY.index("reminder_cancel"):PRIORITY.index("no")]  # commands and questions
# Of these, both said at once are neither.
CONTRADICTIONS = ({"yes", "no"}, {"light_on", "light_off"}, {"refuse", "taken"}, {"not_yet", "taken"})
NO_REQUEST = "other"  # the intent of sentences that only sound like a request
# What ends an alarm or settles a dose is believed when the speaker is done for sure, and not in a pause: "I am fine ...
# no, I am not". Everything else that was understood in whole need not wait; a call for help waits for nothing.
ENDS_AN_ALARM = ("fine", "no")
# What ends an alarm or settles a dose. Where it is not sure, the robot asks whether it is so.
SETTLES = (*ENDS_AN_ALARM, "taken", "refuse", "yes")
ORDERS = ("stop", "quiet")  # what can wait for nothing
PATIENT = (*ENDS_AN_ALARM, "yes", "taken", "refuse", "reminder_set", "tell_family", "when", CALLED)


@dataclass(frozen=True)
class Understood:
    """`intent` is "" for speech that is no known request. `share` is how much of it was understood, 0..1. `slots`: what
    was said in the places of the sentence files' lists, by name. `sure`: by sentences, and not by the gist, of which
    `share` then is the probability. `talk`: how probably it was not meant for the robot, 0..1. `further`: what else
    was wished, in the order in which it is to be answered; then `words` are those of this wish alone."""
    intent: str
    call_for_help: bool
    share: float
    slots: dict[str, str] = field(default_factory=dict)
    sure: bool = True
    talk: float = 0.0
    words: str = ""
    further: tuple[Understood, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether it can be acted on in a pause, before it is sure that nothing more is said."""
        return self.call_for_help or (bool(self.intent) and self.share == 1.0 and self.intent not in PATIENT)
