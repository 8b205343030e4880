"""`anban demo`: a whole night (or evening) from the bed to the caregivers' page, with a report at the end."""
from __future__ import annotations

import os
import signal
import sys
import tempfile
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from robot.output import output_folder
from sim.browser import BrowserError, PageWatcher, find_browser
from sim.must import Check, Happening, Which, clock
from sim.services import Deadline, ServiceError

CLICK_AFTER_S = 30.0           # a person who watches gets so long to acknowledge
CLICK_AFTER_HEADLESS_S = 3.0   # nobody watches: about what a nurse with the phone in the hand needs
SHOWN = ("clock", "awake", "mission", "said", "picture", "recovered")  # events too many or too large for the terminal
# What the caregiver must see, beside what the scenario itself demands.
ON_PAGE = {
    "night": [Check(order=[Which(event="checking_on_page"), Which(event="alarm_on_page")])],
    "evening": [Check(event="vital_on_page"), Check(event="caregiver_told", variant="silent")],
}


class StoryName(str, Enum):
    night = "night"
    evening = "evening"


class Speech(str, Enum):
    en = "en"
    zh = "zh"
    ja = "ja"


def app(
    story: Annotated[StoryName, typer.Option(help="what happens: a fall at night, or a medicine in the evening")]
        = StoryName.night,
    headless: Annotated[bool, typer.Option("--headless", help="nobody watches: acknowledge after 3 s")] = False,
    language: Annotated[Speech, typer.Option(help="what Mrs. Lin and the robot speak")] = Speech.en,
    seed: Annotated[int, typer.Option(help="varies the fall, her voice, the noise, the timing")] = 1,
    report: Annotated[Path | None, typer.Option(
        help="folder for report.json, camera.mp4, page.png, snapshot.jpg and the logs")] = None,
) -> None:
    """Run a simulated night from a fall to the caregivers' page, and check that the story came true.

    Examples: `anban demo`, `anban demo --story evening --language zh`, `anban demo --headless --seed 7 --report out`
    """
    console = Console(highlight=False)
    folder = output_folder(report or Path(tempfile.mkdtemp(prefix="anban-demo-")), "--report").resolve()
    demo = Demo(story.value, language.value, seed, headless, folder, console)
    signal.signal(signal.SIGTERM, lambda *_: demo.interrupt())
    try:
        status = demo.run()
    except KeyboardInterrupt:
        console.print("Interrupted.")
        status = 130
    except (ServiceError, BrowserError) as error:
        console.print(f"[bold red]The demo cannot run:[/] {escape(str(error))}\n`anban doctor` checks everything.")
        status = 1
    finally:
        demo.close()
    console.print(f"Report: {folder}")
    raise typer.Exit(status)


class Demo:
    """A run with a browser beside it. `run` returns the exit status; `close` ends everything, whatever happened.

    Where no browser works, the scenario's own nurse acknowledges, and what stands on the page is not checked.
    """

    def __init__(self, story: str, language: str, seed: int, headless: bool, folder: Path, console: Console) -> None:
        from sim.run import Run  # with the physics of falls: a second that its help need not spend
        from sim.scenario import find
        self._headless, self._folder, self._console = headless, folder, console
        self._acknowledges = story == "night"
        browser = find_browser()
        self._run = Run(find(story), folder, seed, language, more=ON_PAGE[story] if browser else (),
                        browser=bool(browser), on_phase=self._tell_phase, on_event=self._on_event)
        self._page = PageWatcher(browser, self._on_shown) if browser else None
        self._page_seen: set[tuple] = set()
        self._status = console.status("")
        self._click = Deadline()
        self._awake = False

    def run(self) -> int:
        self._run.start()
        account = self._run.account
        if self._page:
            self._page.open(f"{self._run.url}/?lang={self._run.language}", account.username, account.password)
        self._status.stop()
        self._introduce()
        return self._conclude(self._run.follow())

    def interrupt(self) -> None:
        """End the run from a signal handler."""
        self._run.interrupt()

    def close(self) -> None:
        """End browser, robot and services."""
        self._click.cancel()
        if self._page:
            self._page.close()
        self._run.close()
        self._status.stop()

    def _conclude(self, failure: str) -> int:
        if self._page and self._page.is_open:
            self._page.screenshot(self._folder / "page-end.png")
            if not (self._folder / "page.png").exists():
                self._page.screenshot(self._folder / "page.png")
        for name, value in self._run.report(failure)["figures"].items():
            if name != "programs":
                self._console.print(f"  {name:<30} {value}")
        self._console.print("[bold green]The story came true.[/]" if not failure else
                            f"[bold red]The story did not come true:[/] {escape(failure)}")
        return 1 if failure else 0

    # --- what is shown ----------------------------------------------------------------------------------------------
    def _introduce(self) -> None:
        account = self._run.account
        self._console.print(f"The caregivers' page: [bold]{self._run.url}[/]  user [bold]{account.username}[/], "
                            f"password [bold]{account.password}[/]")
        self._console.print(f"The robot itself, live: [bold]ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']} anban view[/]")
        if not self._page:
            self._console.print("No Chromium works here (apt-get install chromium): a nurse of the story acknowledges, "
                                "and what stands on the page is not checked.")
        elif not self._headless:
            self._console.print(f"Acknowledge the alarm there; after {CLICK_AFTER_S:.0f} s the demo does it for you.")
        if not self._headless:
            if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin":
                typer.launch(self._run.url)

    def _tell_phase(self, words: str) -> None:
        self._status.update(words)
        self._status.start()

    def _on_event(self, happening: Happening) -> None:
        if happening.event == "awake":
            self._awake = True
            self._console.print(f"The robot is awake after {self._run.since_start_s:.1f} s; the story begins.")
        if self._page and happening.event == "resident_told":
            self._page.screenshot(self._folder / "page.png")
        if happening.event not in SHOWN and (self._awake or happening.event != "fault"):
            style = "bold red" if happening.event == "fault" else "bold"
            self._console.print(f"[dim]{clock(happening.sim_time_s)}[/] [{style}]{happening.event:<20}[/] "
                                f"{escape(_summary(happening))}")

    # --- what comes in, from the browser's thread -------------------------------------------------------------------
    def _on_shown(self, shown: dict[str, Any]) -> None:
        """The page has painted something."""
        what, key = shown["what"], (shown["what"], shown.get("id"), shown.get("state"), shown.get("priority"))
        if key in self._page_seen:
            return
        self._page_seen.add(key)
        event = {"vital": "vital_on_page", "dose": "dose_on_page"}.get(what)
        if what == "alarm" and shown["state"] == "raised":
            event = "checking_on_page" if shown["priority"] == "notice" else \
                "alarm_on_page" if self._acknowledges else "caregiver_told"
            if event == "alarm_on_page" and self._acknowledges:
                self._click.set(CLICK_AFTER_HEADLESS_S if self._headless else CLICK_AFTER_S,
                                self._acknowledge, shown["id"])
        if event:
            self._run.put(event, shown["at_ms"] / 1000.0,
                          {k: v for k, v in shown.items() if k not in ("what", "at_ms")})

    def _acknowledge(self, alarm_id: str) -> None:
        if not any(happening.event == "acknowledged" for happening in self._run.happenings):
            self._page.acknowledge(alarm_id)


def _summary(happening: Happening) -> str:
    details = happening.details
    if happening.event == "fault":
        return f"{details['part']}: {details['message']}"
    words = [str(details[k]) for k in ("who", "text", "words", "detail", "room", "outcome", "readings", "state")
             if details.get(k)]
    return ", ".join(words)
