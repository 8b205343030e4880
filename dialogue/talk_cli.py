"""`anban talk`: converse with the robot's ears and voice from a terminal, without a robot."""
from __future__ import annotations

import math
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialogue.addressed import ANSWER
from dialogue.attention import Attention
from dialogue.called import Names
from dialogue.conversation import Conversation
from dialogue.intents import load_sentences
from dialogue.meaning import meaning
from dialogue.spoken_form import written_language
from dialogue.understood import Understood
from robot.answers import Deed, PlayMusic
from robot.resources import resource
from robot.site import LANGUAGES, SiteError, load_site


def app(
    language: Annotated[str, typer.Option(help=f"{', '.join(LANGUAGES)}; else the site's, or that of the line")] = "",
    text: Annotated[bool, typer.Option("--text", help="type instead of speaking, and read the answers")] = False,
    site: Annotated[Path | None, typer.Option(help="site file; whose resident you are")] = None,
    attention: Annotated[bool, typer.Option(
        "--attention", help="draw it by the robot's name first, as where it neither sees nor feels you")] = False,
) -> None:
    """Talk with the robot: what it understood stands in brackets. An empty line or Ctrl-C ends it.

    All is taken for meant for it, unless you say --attention.

    Nothing is alarmed or passed on from here: where a robot would call for help, it is only said. Reminders are kept
    until the end of the talk.

    Examples:

      anban talk --text

      anban talk --language zh --attention
    """
    try:
        if language and language not in LANGUAGES:
            raise SiteError([f"--language {language!r}: one of {', '.join(LANGUAGES)}"])
        home = load_site(site or resource("config/home.yaml"))
    except SiteError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    resident = home.residents[0] if len(home.residents) == 1 else None
    talk, drawn = Conversation(home, resident), Attention(["name"] if attention else [], home.attention.keeps_s)
    try:
        if text:
            _type(talk, drawn, Names.of(home), language, home.zone)
        else:
            from dialogue.talk_by_voice_cli import speak  # twice as much to load as typing needs
            speak(talk, drawn, language, home)
    except KeyboardInterrupt:
        print()


def _type(talk: Conversation, drawn: Attention, names: Names, language: str, zone) -> None:
    spoke_s, prompt = -math.inf, ""
    sys.stdin.reconfigure(errors="replace")  # a line in another encoding is not understood, and ends nothing
    if sys.stdin.isatty():
        prompt = "you: "
        print("Type what a resident might say, e.g. “what time is it?” or “几点了”; an empty line ends it.")
    while True:
        try:
            said = input(prompt)
        except EOFError:
            print(end="\n" if prompt else "")
            return
        if not said.strip():
            return
        spoken = language or written_language(said)
        with Console(stderr=True).status(f"reading what can be said ({spoken})"):  # some seconds, the first time
            sentences = load_sentences(spoken)
        named, understood = meaning(sentences, names, said, talk.expected)
        now_s = time.monotonic()
        why = ANSWER if talk.expected else drawn.why(understood, now_s, now_s, named, spoke_s)
        print(told(understood, bool(why)))
        words = why and talk.reply(understood, said, spoken, datetime.now(zone), why, named)
        spoke_s = now_s if words else spoke_s
        print(f"robot: {words or '(silent)'}{done(talk)}", flush=True)


def told(understood: Understood, meant: bool) -> str:
    if not understood.intent:
        return "[not understood]" if meant else "[not understood, and nothing shows that the robot is meant]"
    if not meant:
        return f"[{understood.intent}, but nothing shows that the robot is meant; call it by its name]"
    call = ": a call for help, the robot would raise an alarm and come" if understood.call_for_help else ""
    slots = "".join(f", {slot}: {value}" for slot, value in understood.slots.items())
    how = f"{understood.share:.0%} of the words" if understood.sure else f"by its gist, {understood.share:.0%} sure"
    return f"[{understood.intent}{slots}, {how}{call}]"


def done(talk: Conversation) -> str:
    """What a robot in a home would have done with this answer."""
    return f"\n[a robot would: {', '.join(map(_named, talk.deeds))}]" if talk.deeds else ""


def _named(deed: Deed) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(deed).__name__).lower()
    return f"{name}: {', '.join(piece.title for piece in deed.pieces)}" if isinstance(deed, PlayMusic) else name
