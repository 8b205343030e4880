"""Stories, exercises, music and small talk."""
from __future__ import annotations

from collections.abc import Sequence

from robot.answers.contents import LEFT_ALONE, Answer, PlayMusic
from robot.answers.known import Known
from robot.music import MELODY, programme
from robot.tales import tales


def story(known: Known) -> Answer:
    stories = tales(known.language).stories
    return _told_in_parts(stories[int(known.now.timestamp() / 60) % len(stories)], "story", ("yes",), 8.0)


def exercise(known: Known) -> Answer:
    rounds = tales(known.language).exercises
    return _told_in_parts(rounds[known.now.toordinal() % len(rounds)], "exercise", ("yes", "taken"), 25.0)


def music(known: Known) -> Answer:
    """In the order of this minute, so that the same is not always the first."""
    wanted = known.site.music
    pieces = programme(wanted.folder, wanted.order == "random", known.language, int(known.now.timestamp() / 60))
    kind = "hum" if pieces[0].source.startswith(MELODY) else "play"
    return Answer(f"music.{kind}", {"title": pieces[0].title}, (PlayMusic(pieces),), otherwise="music.next")


def small_talk(known: Known) -> Answer:
    return Answer(f"talk.{known.slots.get('topic', 'listening')}", {"robot": known.name(known.site.robot.name)})


def _told_in_parts(parts: Sequence[str], phrase: str, goes_on: Sequence[str], wait_s: float) -> Answer:
    """A part, and the next one when it is wanted."""
    if len(parts) == 1:
        return Answer(f"{phrase}.end", {"text": parts[0]})
    return Answer(f"{phrase}.part", {"text": parts[0]}, ask=(*goes_on, "no", "stop", "quiet"), wait_s=wait_s,
                  then=lambda intent, _: _told_in_parts(parts[1:], phrase, goes_on, wait_s) if intent in goes_on
                  else LEFT_ALONE)
