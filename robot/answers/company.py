"""Stories, exercises, music and small talk."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, Answer, Notify, PlayMusic
from robot.answers.known import Known
from robot.answers.places import near
from robot.music import MELODY, programme
from robot.tales import tales

ENDS = ("no", "stop", "quiet")
STORY_S, EXERCISE_S = 8.0, 25.0  # how long is waited for a word after a part


def story(known: Known) -> Answer:
    """One of this minute, but not the one that was told last."""
    stories = tales(known.language).stories
    others = [parts for parts in stories if known.told not in parts] or stories
    return _told_in_parts("story", others[int(known.now.timestamp() / 60) % len(others)], ("yes", "story"), STORY_S)


def exercise(known: Known) -> Answer:
    rounds = tales(known.language).exercises
    return _told_in_parts("exercise", rounds[known.now.toordinal() % len(rounds)], ("yes", "taken", "exercise"),
                          EXERCISE_S)


def music(known: Known) -> Answer:
    """In the order of this minute, so that the same is not always the first."""
    wanted = known.site.music
    pieces = programme(wanted.folder, wanted.order == "random", known.language, int(known.now.timestamp() / 60))
    kind = "hum" if pieces[0].source.startswith(MELODY) else "play"
    return Answer(f"music.{kind}", {"title": pieces[0].title}, (PlayMusic(pieces),), otherwise="music.next")


def small_talk(known: Known) -> Answer:
    topic = known.slots.get("topic", "listening")
    if topic in TOPICS:
        return TOPICS[topic](known)
    return Answer(f"talk.{topic}", {"robot": known.name(known.site.robot.name),
                                    "site": known.name(known.site.site.name)})


# --- inside -----------------------------------------------------------------------------------------------------------
def _told_in_parts(phrase: str, parts: Sequence[str], goes_on: Sequence[str], wait_s: float) -> Answer:
    """A part, and the next one when it is wanted; who wants a moment is waited for."""
    if len(parts) == 1:
        return Answer(f"{phrase}.end", {"text": parts[0]})

    def then(intent: str, slots: Mapping[str, str]) -> Answer:
        if intent == "not_yet":
            return Answer(f"{phrase}.wait", ask=asked.ask, wait_s=EXERCISE_S, then=then)
        wanted = intent in goes_on and "enough" not in slots
        return _told_in_parts(phrase, parts[1:], goes_on, wait_s) if wanted else LEFT_ALONE
    asked = Answer(f"{phrase}.part", {"text": parts[0]}, ask=(*goes_on, "not_yet", *ENDS), wait_s=wait_s, then=then)
    return asked


def _offers_a_story(phrase: str) -> Callable[[Known], Answer]:
    goes_on = ("yes", "story")
    return lambda known: Answer(phrase, ask=(*goes_on, *ENDS), then=lambda intent, slots: (
        story(known) if intent in goes_on and "enough" not in slots else Answer("talk.near")))


def _greeting(known: Known) -> Answer:
    hour = known.now.hour
    return Answer("talk.morning" if 4 <= hour < 11 else "talk.day" if 11 <= hour < 18 else "talk.evening")


def _her_name(known: Known) -> Answer:
    return Answer("talk.your_name") if known.resident else NOT_KNOWN


def _afraid(known: Known) -> Answer:
    return Answer("talk.afraid", deeds=(Notify("request_other", known.words),))


TOPICS: dict[str, Callable[[Known], Answer]] = {
    "greeting": _greeting, "your_name": _her_name, "place": near, "unknown": lambda known: NOT_KNOWN,
    "afraid": _afraid, "lonely": _offers_a_story("talk.lonely"), "joke": _offers_a_story("talk.joke")}
