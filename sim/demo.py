"""`anban demo`: a whole night (or evening) from the bed to the caregivers' page, with a report at the end."""
from __future__ import annotations

import base64
import json
import os
import queue
import secrets
import signal
import sys
import tempfile
import threading
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
import yaml
from rich.console import Console
from rich.markup import escape

from robot.environment import reserve_domain
from robot.launcher import Launcher
from robot.resources import resource
from robot.site import load_site

from .browser import BrowserError, PageWatcher
from .services import Account, Deadline, Service, ServiceError, start_broker, start_platform
from .verdict import Happening, Verdict

CLICK_AFTER_S = 30.0           # a person who watches gets so long to acknowledge
CLICK_AFTER_HEADLESS_S = 3.0   # nobody watches: about what a nurse with the phone in the hand needs
LINGER_S = 6.0                 # of simulated time after the story came true: her thanks, the next look around
WALL_LIMIT_S = 900.0
MEMORIES = ("journal.db", "care.db")
# Without these the story does not begin.
ROBOT_NODES = "people fall video dialogue navigator find_person mission alarms rooms platform"
CHRONICLE = "chronicle "       # marks the chronicle's lines, see chronicle_node.py
SHOWN = ("clock", "awake", "mission", "said", "picture", "recovered")  # events too many or too large for the terminal


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
    folder = (report or Path(tempfile.mkdtemp(prefix="anban-demo-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for old in (path for name in MEMORIES for path in folder.glob(f"{name}*")):
        old.unlink()  # a robot that remembered another run would not announce its doses again
    demo = Demo(story.value, language.value, seed, headless, folder, console)
    signal.signal(signal.SIGTERM, lambda *_: demo.interrupt())
    try:
        status = demo.run()
    except KeyboardInterrupt:
        status = 130
    except (ServiceError, BrowserError) as error:
        console.print(f"[bold red]The demo cannot run:[/] {escape(str(error))}\n`anban doctor` checks everything.")
        status = 1
    finally:
        demo.close()
    console.print(f"Report: {folder}")
    raise typer.Exit(status)


class Demo:
    """One run. `run` returns the exit status; `close` ends all programs, whatever happened."""

    def __init__(self, story: str, language: str, seed: int, headless: bool, folder: Path, console: Console) -> None:
        self._story, self._language, self._seed = story, language, seed
        self._headless, self._folder, self._console = headless, folder, console
        self._verdict = Verdict(story)
        self._queue: queue.Queue[Happening | None] = queue.Queue()
        self._clock: Happening | None = None
        self._services: list[Service] = []
        self._page = PageWatcher(self._on_shown)
        self._launchers: list[Launcher] = []
        self._started_s = time.monotonic()
        self._awake = False
        self._click = Deadline()
        self._log = open(folder / "robot.log", "w", encoding="utf-8")
        self._log_lock = threading.Lock()
        self._page_seen: set[tuple] = set()
        self._programs: dict[str, dict[str, float]] = {}
        self._failure = ""

    def run(self) -> int:
        # The world first and alone: a machine of two cores that starts everything at once has nothing for long.
        os.environ.setdefault("ROS_DOMAIN_ID", str(reserve_domain()))
        os.environ["ANBAN_ROBOT_TOKEN"] = token = secrets.token_urlsafe(24)
        site = {"site": str(self._site_in_language())}
        with self._console.status("building the house ..."):
            broker = self._serve(start_broker(self._folder))
            sensors = {"mqtt_port": str(broker.port)}
            self._launch("world", site | sensors | {
                "story": self._story, "language": self._language, "seed": str(self._seed), "wait_for": ROBOT_NODES})
            first = self._next(120.0)
        if first is None:
            return self._conclude("the simulation did not start; see robot.log")
        self._console.print(f"The world stands after {self._since_start():.1f} s.")
        with self._console.status("waking the robot and the care platform ..."):
            account = Account("chen", "Nurse Chen")
            platform = start_platform(self._folder, token, account)
            self._services.append(platform)
            url = f"http://127.0.0.1:{platform.port}"
            self._launch("robot", site | sensors | {
                "journal": str(self._folder / "journal.db"), "use_sim_time": "true", "platform_url": url,
                "speaker": "topic", "record": "true", "video": str(self._folder / "camera.mp4")})
            platform.wait_until_ready()
            self._page.open(f"{url}/?lang={self._language}", account.username, account.password)
        self._introduce(url, account)
        return self._conclude(self._watch(first))

    def _launch(self, name: str, arguments: dict[str, str]) -> None:
        launcher = Launcher(resource(f"launch/{name}.launch.xml"), arguments, on_line=self._on_line)
        self._launchers.append(launcher)
        launcher.start()

    def _since_start(self) -> float:
        return time.monotonic() - self._started_s

    def interrupt(self) -> None:
        """End the run from a signal handler."""
        self._failure = "interrupted"
        self._queue.put(None)

    def close(self) -> None:
        """End browser, robot and services, in this order."""
        self._click.cancel()
        with self._console.status("stopping ..."):
            for launcher in reversed(self._launchers):
                launcher.stop()
            self._page.close()
        for service in reversed(self._services):
            service.stop()
        self._log.close()

    # --- the run ----------------------------------------------------------------------------------------------------
    def _watch(self, happening: Happening | None) -> str:
        """Follow the story to its end. Returns what went wrong, or nothing."""
        deadline_s, complete_at_s, ended = time.monotonic() + WALL_LIMIT_S, None, False
        while happening is not None:
            self._take(happening)
            if self._verdict.complete and complete_at_s is None:
                complete_at_s = happening.sim_time_s
            if complete_at_s is not None and happening.sim_time_s >= complete_at_s + LINGER_S:
                return ""
            if happening.event == "story_ended":
                ended = True
                over_s = happening.sim_time_s
            if ended and happening.sim_time_s > over_s + 20.0:
                return "the story ended without: " + ", ".join(self._verdict.missing)
            if time.monotonic() > deadline_s:
                return f"not over after {WALL_LIMIT_S:.0f} s; missing: " + ", ".join(self._verdict.missing)
            happening = self._next(60.0)
        return self._failure or "nothing was heard of the simulation for 60 s"

    def _take(self, happening: Happening) -> None:
        if happening.event == "clock":
            self._clock = happening
            if not self._awake and happening.sim_time_s > 0.0:
                self._awake = True
                self._record(Happening("awake", happening.sim_time_s, happening.wall_time_s))
                self._console.print(f"The robot is awake after {self._since_start():.1f} s; the story begins.")
            return
        if happening.event == "picture":
            (self._folder / "snapshot.jpg").write_bytes(base64.b64decode(happening.details["jpeg"]))
            return
        if happening.event == "mission" and happening.details["task"] == "medication" \
                and not self._verdict.first("dose_due"):
            self._record(Happening("dose_due", happening.sim_time_s, happening.wall_time_s))
        if happening.event == "resident_told":
            self._page.screenshot(self._folder / "page.png")
        self._record(happening)

    def _record(self, happening: Happening) -> None:
        self._verdict.add(happening)
        if happening.event not in SHOWN and (self._awake or happening.event != "fault"):
            minutes, seconds = divmod(happening.sim_time_s, 60.0)
            style = "bold red" if happening.event == "fault" else "bold"
            self._console.print(f"[dim]{minutes:02.0f}:{seconds:04.1f}[/] [{style}]{happening.event:<20}[/] "
                                f"{escape(_summary(happening))}")

    def _conclude(self, failure: str) -> int:
        self._measure_programs()
        if self._page.is_open:
            self._page.screenshot(self._folder / "page-end.png")
            if not (self._folder / "page.png").exists():
                self._page.screenshot(self._folder / "page.png")
        figures = {**self._verdict.figures(), "wall_s": round(self._since_start(), 1),
                   "programs": self._programs}
        (self._folder / "report.json").write_text(json.dumps({
            "story": self._story, "language": self._language, "seed": self._seed, "came_true": not failure,
            "failure": failure, "events": [h.as_dict() for h in self._verdict.in_order()], "figures": figures,
        }, ensure_ascii=False, indent=1), encoding="utf-8")
        for name, value in figures.items():
            if name != "programs":
                self._console.print(f"  {name:<30} {value}")
        self._console.print("[bold green]The story came true.[/]" if not failure else
                            f"[bold red]The story did not come true:[/] {escape(failure)}")
        return 1 if failure else 0

    # --- what comes in, from other threads --------------------------------------------------------------------------
    def _on_line(self, name: str, line: str) -> None:
        if line.startswith(CHRONICLE):
            details = json.loads(line.removeprefix(CHRONICLE))
            self._queue.put(Happening(details.pop("event"), details.pop("sim_time_s"), details.pop("wall_time_s"),
                                      details))
        else:
            with self._log_lock:
                print(f"[{name}] {line}", file=self._log, flush=True)

    def _on_shown(self, shown: dict[str, Any]) -> None:
        """The page has painted something."""
        what, key = shown["what"], (shown["what"], shown.get("id"), shown.get("state"), shown.get("priority"))
        if key in self._page_seen:
            return
        self._page_seen.add(key)
        event = {"vital": "vital_on_page", "dose": "dose_on_page"}.get(what)
        if what == "alarm" and shown["state"] == "raised":
            if shown["priority"] == "notice":
                event = "checking_on_page"
            else:
                event = "caregiver_told" if self._story == "evening" else "alarm_on_page"
                if self._story == "night":
                    self._click.set(CLICK_AFTER_HEADLESS_S if self._headless else CLICK_AFTER_S,
                                    self._acknowledge, shown["id"])
            received_ms = shown.get("received_ms")
            if event == "alarm_on_page" and received_ms:
                self._queue.put(self._at("alarm_on_platform", received_ms / 1000.0, {"id": shown["id"]}))
        if event:
            self._queue.put(self._at(event, shown["at_ms"] / 1000.0,
                                     {k: v for k, v in shown.items() if k not in ("what", "at_ms")}))

    def _acknowledge(self, alarm_id: str) -> None:
        if not self._verdict.first("acknowledged"):
            self._page.acknowledge(alarm_id)

    def _at(self, event: str, wall_time_s: float, details: dict[str, Any]) -> Happening:
        """An event of the wall clock, placed on the simulated clock by its last reading."""
        clock = self._clock
        sim_time_s = clock.sim_time_s + (wall_time_s - clock.wall_time_s) if clock else 0.0
        return Happening(event, sim_time_s, wall_time_s, details)

    def _next(self, timeout_s: float) -> Happening | None:
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None

    # --- preparations -----------------------------------------------------------------------------------------------
    def _site_in_language(self) -> Path:
        """The home's site file with everybody speaking the language of this run."""
        tree = yaml.safe_load(resource("config/home.yaml").read_text(encoding="utf-8"))
        for person in (*tree["residents"], *tree["caregivers"]):
            person["language"] = self._language
        path = self._folder / "home.yaml"
        path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
        load_site(path)
        return path

    def _serve(self, service: Service) -> Service:
        self._services.append(service)
        service.wait_until_ready()
        return service

    def _introduce(self, url: str, account: Account) -> None:
        self._console.print(f"The caregivers' page: [bold]{url}[/]  user [bold]{account.username}[/], "
                            f"password [bold]{account.password}[/]")
        if not self._headless:
            self._console.print(f"Acknowledge the alarm there; after {CLICK_AFTER_S:.0f} s the demo does it for you.")
            if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin":
                typer.launch(url)

    def _measure_programs(self) -> None:
        """Resident memory and processor time of each program."""
        for process in psutil.Process().children(recursive=True):
            try:
                words, times = process.cmdline(), process.cpu_times()
                name = next((w.split("_node:")[0] for w in words if "_node:" in w), process.name())
                self._programs[name] = {"memory_mib": round(process.memory_info().rss / 2**20, 1),
                                        "cpu_s": round(times.user + times.system, 1)}
            except psutil.Error:
                continue  # it ended meanwhile


def _summary(happening: Happening) -> str:
    details = happening.details
    if happening.event == "fault":
        return f"{details['part']}: {details['message']}"
    words = [str(details[k]) for k in ("who", "text", "words", "detail", "room", "outcome", "readings", "state")
             if details.get(k)]
    return ", ".join(words)
