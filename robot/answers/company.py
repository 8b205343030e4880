"""Stories, exercises, music and small talk."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from robot.answers.contents import LEFT_ALONE, NOT_KNOWN, TALK, Answer, Notify, PlayMusic
from robot.answers.follow_up import quoted
from robot.answers.known import Known
from robot.answers.places import near
from robot.answers.wishes import ENDS, offered
from robot.music import MELODY, Piece, programme
from robot.tales import tales

STORY_S, EXERCISE_S = 8.0, 25.0  # how long is waited for a word after a part


def story(known: Known) -> Answer:
    """One of this minute, but not the one that was told last. The paper it cannot read."""
    if "paper" in known.slots:
        return offered("talk.paper", known)
    stories = tales(known.language).stories
    others = [parts for parts in stories if known.told not in parts] or stories
    return _told_in_parts("story", others[int(known.now.timestamp() / 60) % len(others)], ("yes", "story"), STORY_S,
                          lambda part: story(replace(known, slots={}, told=part)))


def exercise(known: Known) -> Answer:
    rounds = tales(known.language).exercises
    at = (known.now.toordinal() + ("another" in known.slots)) % len(rounds)
    return _told_in_parts("exercise", rounds[at], ("yes", "taken", "exercise"), EXERCISE_S,
                          lambda part: exercise(replace(known, slots={"another": "1"})))


def music(known: Known) -> Answer:
    """In the order of this minute, so that the same is not always the first; what was asked for before all others, and
    where that is not there it says so. "Another one" is of what was going on."""
    before = known.before.intent if known.before else ""
    if "another" in known.slots and before in ("story", "exercise"):
        return {"story": story, "exercise": exercise}[before](known)
    wanted = known.site.music
    pieces = programme(wanted.folder, wanted.order == "random", known.language, int(known.now.timestamp() / 60))
    asked = _asked_for(pieces, known)
    if "another" in known.slots and known.next_music:
        pieces = tuple(known.next_music)
    pieces = tuple(asked) + tuple(piece for piece in pieces if piece not in asked)
    kind = "hum" if pieces[0].source.startswith(MELODY) else "play"
    missing = "wanted" in known.slots and not asked
    return Answer(f"music.{'instead' if missing else kind}", {"title": pieces[0].title}, (PlayMusic(pieces),),
                  otherwise="music.next")


def small_talk(known: Known) -> Answer:
    topic = known.slots.get("topic", "listening")
    if topic in TOPICS:
        return TOPICS[topic](known)
    return Answer(f"talk.{topic}", {"robot": known.name(known.site.robot.name),
                                    "site": known.name(known.site.site.name)},
                  listens=TALK if topic in LISTENS else "")


# --- inside -----------------------------------------------------------------------------------------------------------
def _told_in_parts(phrase: str, parts: Sequence[str], goes_on: Sequence[str], wait_s: float,
                   another: Callable[[str], Answer]) -> Answer:
    """A part, and the next one when it is wanted, or `another` than that; who wants a moment is waited for."""
    if len(parts) == 1:
        return Answer(f"{phrase}.end", {"text": parts[0]})

    def then(intent: str, slots: Mapping[str, str]) -> Answer:
        if "another" in slots:
            return another(parts[0])
        if intent == "not_yet":
            return Answer(f"{phrase}.wait", ask=asked.ask, wait_s=EXERCISE_S, then=then)
        wanted = intent in goes_on and "enough" not in slots
        return _told_in_parts(phrase, parts[1:], goes_on, wait_s, another) if wanted else LEFT_ALONE
    asked = Answer(f"{phrase}.part", {"text": parts[0]}, ask=(*goes_on, "music", "not_yet", *ENDS), wait_s=wait_s,
                   then=then)
    return asked


def _asked_for(pieces: Sequence[Piece], known: Known) -> list[Piece]:
    """Those whose title was said, or of whose title what was asked for is a part."""
    words, wanted = known.words.lower(), known.slots.get("wanted", "").lower().strip()
    return [piece for piece in pieces if piece.title.lower() in words or wanted and wanted in piece.title.lower()]


def _offers(phrase: str, kind: str = "request_other", **also: Callable[[Known], Answer]) -> Callable[[Known], Answer]:
    return lambda known: offered(phrase, known, kind, **also)


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
    return Answer("talk.afraid", deeds=(Notify("request_other", quoted(known.words)),))


def _home(known: Known) -> Answer:
    """Who lives alone is at home; among others it is the house that is named."""
    site = {"site": known.name(known.site.site.name)}
    return Answer("talk.home") if known.resident else Answer("talk.house", site)


def _asked_before(known: Known) -> Answer:
    return Answer("talk.asked_before", {"words": known.before.words}) if known.before and known.before.words else \
        Answer("talk.memory")


LISTENS = ("loss", "crying", "listening", "good_news", "go_on")
TOPICS: dict[str, Callable[[Known], Answer]] = {
    "greeting": _greeting, "your_name": _her_name, "place": near, "unknown": lambda known: NOT_KNOWN,
    "home": _home, "asked_before": _asked_before, "afraid": _afraid,
    "lonely": _offers("talk.lonely", "call_family", story=story), "missing": _offers("talk.missing", "call_family"),
    "unwell": _offers("talk.unwell"), "confused": _offers("talk.confused"), "stranger": _offers("talk.stranger"),
    "wants_mother": _offers("talk.wants_mother"),
    "not_known": _offers("talk.not_known"),
    "bored": _offers_a_story("talk.bored"), "joke": _offers_a_story("talk.joke")}
