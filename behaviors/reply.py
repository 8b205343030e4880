"""A reply to somebody who said something to the robot: one sentence, or a question and what follows from its answer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from robot.answers import Answer, Errand, Notify

from .behavior import ActionDone, Ask, Behavior, Heard, RaiseAlarm, Say, alarm_id_of

ENDS = ("stop", "quiet")  # said by the way


@dataclass(eq=False, repr=False)
class Reply(Behavior):
    """It interrupts a round, and nothing else: who is being asked or helped is not talked to of other things. Once
    interrupted by what is more urgent it is not taken up again."""
    TASK = "reply"
    PRIORITY = 30
    STATES = {
        "speaking": ("speak", 120.0),  # a part of a story takes 20 s to say, an exercise twice 25 s to be done
        "closed": ("", None),
    }
    TRANSITIONS = [
        ("begin", "idle", "speaking"),
        ("answered", "speaking", "speaking"),
        ("spoken", "speaking", "closed"),
        ("timed_out", "speaking", "closed"),
    ]

    answer: Answer = Answer("")
    words: str = ""                                 # what was said
    notice_id: Callable[[str], str] = alarm_id_of   # of a notice's kind and detail
    wished: Heard | None = None                     # something else, in place of an answer

    @property
    def makes_way(self) -> bool:
        """Whether the answer has become something that is to be done, and not only said."""
        return any(isinstance(deed, Errand) for deed in self.answer.deeds)

    def on_event(self, event):
        if isinstance(event, Heard) and event.intent in ENDS:
            self.spoken()
        elif isinstance(event, ActionDone) and isinstance(event.command, Ask):
            self._on_answer(event)
        elif isinstance(event, ActionDone) and event.success and self.answer.then:
            self.answer = self.answer.then("", {})
            self.answered()
        elif isinstance(event, ActionDone):
            self.spoken()

    def resume(self, now_s):
        self.suspended = False
        return self._do(now_s, self.spoken)

    def speak(self):
        for deed in self.answer.deeds:
            self.out(self._notice(deed) if isinstance(deed, Notify) else deed)
        phrase, slots = self.answer.phrase, tuple(self.answer.slots.items())
        if self.answer.ask:
            self.out(Ask(phrase, self.answer.ask, slots, wait_s=self.answer.wait_s, wishes=True))
        else:
            self.out(Say(phrase, slots))

    def _notice(self, deed: Notify) -> RaiseAlarm:
        return RaiseAlarm(self.notice_id(f"{deed.kind}/{deed.detail}"), deed.kind, "notice", occurred_s=self.now_s,
                          words=self.words, detail=deed.detail)

    def _on_answer(self, done: ActionDone) -> None:
        if done.intent and done.intent not in self.answer.ask:  # a call for help is answered as one: nothing is wished
            self.wished = Heard(done.intent, done.heard, slots=done.slots, language=self.language)
            self.spoken()
            return
        self.answer = self.answer.then(done.intent if done.outcome == "answered" else "", dict(done.slots))
        self.spoken() if self.makes_way else self.answered()
