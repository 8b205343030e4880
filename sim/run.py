"""One run of a scenario: broker, care platform, world and robot in processes of their own; its events, and its report.

`python -m sim.run SCENARIO --folder OUT` is one run in a fresh process; `anban scenario run` starts many of these,
`anban demo` shows one with a browser beside it.
"""
from __future__ import annotations

import argparse
import base64
import json
import os
import queue
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import yaml

from robot.environment import prepare, reserve_domain
from robot.launcher import Launcher
from robot.resources import resource
from robot.site import load_site
from sim import services
from sim.judge import Result, judge
from sim.must import Check, Happening, describe
from sim.nurse import HttpNurse
from sim.player import StoryPlayer
from sim.scenario import load_scenario
from sim.services import Account, Service, ServiceError
from sim.timeline import page

LINGER_S = 6.0                 # of simulated time after everything is decided: her thanks, the next look around
WALL_LIMIT_S = 900.0           # or a tenth of what is simulated, where that is more: nights without pictures
BUILD_LIMIT_S = 120.0          # wall time until the world stands
LOOK_EVERY_S = 0.25            # wall time between two looks at clock and platform, however fast the night passes
SILENT_S = 60.0                # wall time without a line of the chronicle, which writes two a second
MEMORIES = ("journal.db", "care.db", "robot.log", "care.log", "mosquitto.log")
# Without pictures the world waits for the place that the robot finds with each scan, so that it never flies from it.
BLIND = {"render": "false", "lock_step": "/amcl_pose", "real_time_factor": "2.0", "rest_factor": "200.0"}
# Without these the story does not begin.
ROBOT_NODES = "fall dialogue navigator find_person mission alarms rooms platform"
EYES = "people video"          # where there are pictures
CHRONICLE = "chronicle "       # marks the chronicle's lines, see chronicle_node.py
# Delays [s]: of the simulated clock where the world is measured, of the wall clock from alarm to page.
FIGURES = {
    "impact_to_suspected_s": ("impact", "fall_suspected", "sim_time_s"),
    "impact_to_checking_on_page_s": ("impact", "checking_on_page", "sim_time_s"),
    "impact_to_alarm_s": ("impact", "alarm_raised", "sim_time_s"),
    "suspected_to_alarm_s": ("fall_suspected", "alarm_raised", "sim_time_s"),
    "raised_to_platform_s": ("alarm_raised", "alarm_on_platform", "wall_time_s"),
    "raised_to_page_s": ("alarm_raised", "alarm_on_page", "wall_time_s"),
    "acknowledged_to_told_s": ("acknowledged", "resident_told", "sim_time_s"),
    "due_to_recorded_s": ("dose_due", "dose_recorded", "sim_time_s"),
}


class Run:
    """Start it, follow it to its end, take its report, and close it whatever happened.

    `on_phase(words)` and `on_event(happening)` tell whoever watches. `more`: checks beside the scenario's own.
    `browser`: somebody looks at the platform's page, where they know it to be, and acknowledges there.
    """

    def __init__(self, scenario: Path, folder: Path, seed: int = 1, language: str = "en", *,
                 more: Sequence[Check] = (), browser: bool = False,
                 on_phase: Callable[[str], None] = lambda words: None,
                 on_event: Callable[[Happening], None] = lambda happening: None) -> None:
        self.scenario, self.folder, self.seed, self.language = scenario, folder, seed, language
        folder.mkdir(parents=True, exist_ok=True)
        for old in (path for name in MEMORIES for path in folder.glob(f"{name}*")):
            old.unlink()  # a robot that remembered another run would not announce its doses again
        self.story, site = load_scenario(scenario)
        self._site = self._in_language(site)
        variant = StoryPlayer(self.story, seed, language).variant
        self.checks = [c for c in (*self.story.must, *more) if c.variant in (None, variant)]
        self.happenings: list[Happening] = []
        self.account = Account("chen", "Nurse Chen")
        self.platform: Service | None = None
        self._broker: Service | None = None
        self._nurse: HttpNurse | None = None
        self._browser = browser
        self._on_phase, self._on_event = on_phase, on_event
        self._queue: queue.Queue[Happening | None] = queue.Queue()
        self._clock: Happening | None = None
        self._next_look_s = 0.0
        self._launchers: list[Launcher] = []
        self._killed: set[int] = set()
        self._started_s = time.monotonic()
        self._log = open(folder / "robot.log", "w", encoding="utf-8")
        self._log_lock = threading.Lock()
        self._programs: dict[str, dict[str, float]] = {}
        self._failure = ""

    @property
    def url(self) -> str:
        """Where the caregivers' platform is."""
        return f"http://127.0.0.1:{self.platform.port}"

    @property
    def since_start_s(self) -> float:
        return time.monotonic() - self._started_s

    # --- start and end ----------------------------------------------------------------------------------------------
    def start(self) -> None:
        """The world first and alone: a machine of two cores that starts everything at once has nothing for long.

        Raises ServiceError.
        """
        os.environ.setdefault("ROS_DOMAIN_ID", str(reserve_domain()))
        os.environ["ANBAN_ROBOT_TOKEN"] = token = secrets.token_urlsafe(24)
        self._on_phase("building the house ...")
        self._broker = services.broker(self.folder, 1883 if self._browser else 0)
        self._hold_up(self._broker, "broker", 0.0)
        common = {"site": str(self._site), "mqtt_port": str(self._broker.port)}
        seen = str(self.story.render).lower()
        self._launch("world", common | {"story": str(self.scenario), "language": self.language, "seed": str(self.seed),
                                        "wait_for": f"{ROBOT_NODES} {EYES if self.story.render else ''}",
                                        **({} if self.story.render else BLIND)})
        if (first := self._next(BUILD_LIMIT_S)) is None:
            raise ServiceError(self._failure or f"the simulation did not start; see {self.folder / 'robot.log'}")
        self._take(first)
        self._on_phase("waking the robot ...")
        self.platform = services.platform(self.folder, token, self.account, 8080 if self._browser else 0)
        if needed := self._browser or "platform" in self.story.needs:
            self._hold_up(self.platform, "platform", 0.0)
        self._launch("robot", common | {
            "journal": str(self.folder / "journal.db"), "use_sim_time": "true", "platform_url": self.url,
            "speaker": "topic", "see": seen, "record": seen, "video": str(self.folder / "camera.mp4")})
        if needed:
            if self.platform.running:
                self.platform.wait_until_ready()
            nurse = None if self._browser else self.story.nurse
            self._nurse = HttpNurse(self.url, self.account, nurse and nurse.acknowledges_after_s,
                                    nurse and nurse.resolves_after_s)

    def close(self) -> None:
        """End robot and services, in this order."""
        self._on_phase("stopping ...")
        for launcher in reversed(self._launchers):
            launcher.stop()
        if self._nurse:
            self._nurse.close()
        for service in filter(None, (self.platform, self._broker)):
            service.stop()
        self._log.close()

    def interrupt(self) -> None:
        """End the run from a signal handler."""
        self._failure = "interrupted"
        self._queue.put(None)

    # --- the run ----------------------------------------------------------------------------------------------------
    def follow(self) -> str:
        """Follow the scenario to its end. Returns what went wrong, or nothing.

        It ends early when nothing that may still come could change a result.
        """
        limit_s = WALL_LIMIT_S if self.story.render else max(WALL_LIMIT_S, min(self.story.latest_end_s / 10, 3600.0))
        deadline_s, decided_at_s = time.monotonic() + limit_s, None
        while not self._failure and (happening := self._next(SILENT_S)) is not None:
            self._take(happening)
            if happening.event == "story_ended":
                return self._verdict()
            if happening.event == "clock" and self.checks:
                decided = all(result.state != "open" for result in self.results(over=False))
                decided_at_s = None if not decided else decided_at_s or happening.sim_time_s
                if decided and happening.sim_time_s >= decided_at_s + LINGER_S:
                    return self._verdict()
            if time.monotonic() > deadline_s:
                return f"not over after {limit_s:.0f} s of the wall clock"
        return self._failure or f"nothing was heard of the simulation for {SILENT_S:.0f} s"

    def results(self, over: bool = True) -> list[Result]:
        """What became of the checks; `over`: as if nothing more could happen."""
        return judge(self.checks, self.happenings, self._clock.sim_time_s if self._clock else 0.0, over)

    def put(self, event: str, wall_time_s: float, details: dict[str, Any]) -> None:
        """An event of the wall clock, from any thread; it is placed on the simulated clock by its last reading."""
        clock = self._clock
        sim_time_s = clock.sim_time_s + (wall_time_s - clock.wall_time_s) if clock else 0.0
        self._queue.put(Happening(event, sim_time_s, wall_time_s, details))

    def report(self, failure: str) -> dict[str, Any]:
        """The report, which is written to report.json and timeline.html as well."""
        self._measure_programs()
        report = {
            "story": self.story.id, "about": self.story.about, "language": self.language, "seed": self.seed,
            "came_true": not failure, "failure": failure, "checks": [r.as_dict() for r in self.results()],
            "figures": {**figures(self.happenings), "wall_s": round(self.since_start_s, 1),
                        "programs": self._programs},
            "events": [h.as_dict() for h in sorted(self.happenings, key=lambda h: h.wall_time_s)]}
        (self.folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        (self.folder / "timeline.html").write_text(page(report), encoding="utf-8")
        return report

    def _verdict(self) -> str:
        return "; ".join(f"{r.check}: {r.why}" for r in self.results() if r.state != "holds")

    def _take(self, happening: Happening) -> None:
        if happening.event == "clock":
            awake = self._clock is None or self._clock.sim_time_s == 0.0
            self._clock = happening
            if awake and happening.sim_time_s > 0.0:
                self._record(Happening("awake", happening.sim_time_s, happening.wall_time_s))
            self._break_things(happening.sim_time_s)
            if self._nurse:
                for seen in self._nurse.look(happening.sim_time_s):
                    self._record(seen)
            self._on_event(happening)
        elif happening.event == "picture":
            (self.folder / "snapshot.jpg").write_bytes(base64.b64decode(happening.details["jpeg"]))
        else:
            self._record(happening)

    def _record(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self._on_event(happening)

    def _next(self, timeout_s: float) -> Happening | None:
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _on_line(self, name: str, line: str) -> None:
        if line.startswith(CHRONICLE):
            details = json.loads(line.removeprefix(CHRONICLE))
            happening = Happening(details.pop("event"), details.pop("sim_time_s"), details.pop("wall_time_s"), details)
            if happening.event == "clock":
                if happening.wall_time_s < self._next_look_s:
                    return  # a night without pictures tells the time faster than checks and platform can be looked at
                self._next_look_s = happening.wall_time_s + LOOK_EVERY_S
            self._queue.put(happening)
        else:
            with self._log_lock:
                print(f"[{name}] {line}", file=self._log, flush=True)

    def _launch(self, name: str, arguments: dict[str, str]) -> None:
        launcher = Launcher(resource(f"launch/{name}.launch.xml"), arguments, on_line=self._on_line)
        self._launchers.append(launcher)
        launcher.start()

    def _in_language(self, site: Path) -> Path:
        """The site file with everybody speaking the language of this run."""
        tree = yaml.safe_load(site.read_text(encoding="utf-8"))
        for person in (*tree["residents"], *tree["caregivers"]):
            person["language"] = self.language
        path = self.folder / site.name
        path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
        load_site(path)
        return path

    # --- what the scenario breaks outside of the world --------------------------------------------------------------
    def _break_things(self, sim_time_s: float) -> None:
        self._hold_up(self._broker, "broker", sim_time_s)
        if self._nurse:
            self._hold_up(self.platform, "platform", sim_time_s)
        for number, fault in enumerate(self.story.faults):
            if fault.mode == "killed" and fault.active(sim_time_s) and number not in self._killed:
                self._killed.add(number)
                for process in psutil.Process().children(recursive=True):
                    if any(f"{fault.part}_node:" in word for word in _words(process)):
                        process.kill()

    def _hold_up(self, service: Service, part: str, sim_time_s: float) -> None:
        """Have a service running, or not while it is to be away."""
        away = any(fault.part == part and fault.active(sim_time_s) for fault in self.story.faults)
        if away and service.running:
            service.stop()
        elif not away and not service.running:
            service.start()
            if part == "broker":
                service.wait_until_ready()

    def _measure_programs(self) -> None:
        """Resident memory and processor time of each program."""
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
                name = next((w.split("_node:")[0] for w in _words(process) if "_node:" in w), process.name())
                self._programs[name] = {"memory_mib": round(process.memory_info().rss / 2**20, 1),
                                        "cpu_s": round(times.user + times.system, 1)}
            except psutil.Error:
                continue  # it ended meanwhile


def figures(happenings: Sequence[Happening]) -> dict[str, float]:
    """Delays from the first event of one kind to the first of another after it (a fall may be seen before it ends)."""
    found: dict[str, float] = {}
    for name, (begin, end, clock) in FIGURES.items():
        a = next((h for h in happenings if h.event == begin), None)
        b = next((h for h in happenings if h.event == end and a and h.sim_time_s >= a.sim_time_s - 1.0), None)
        if a and b:
            found[name] = round(getattr(b, clock) - getattr(a, clock), 3)
    if awake := next((h for h in happenings if h.event == "awake"), None):
        last = max(happenings, key=lambda h: h.wall_time_s)
        found["simulated_s"] = round(last.sim_time_s - awake.sim_time_s, 1)
        if (wall_s := last.wall_time_s - awake.wall_time_s) > 0.0:
            found["real_time_factor"] = round(found["simulated_s"] / wall_s, 2)
    return found


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []  # it ended meanwhile


def main() -> int:
    """One run; a line of JSON on standard output for each event, for whoever shows the progress."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", default="en")
    options = parser.parse_args()
    prepare()

    def tell(words: str, sim_time_s: float = 0.0) -> None:
        try:
            print(json.dumps([sim_time_s, words], ensure_ascii=False), flush=True)
        except BrokenPipeError:  # whoever started this is gone, and with it the reason to go on
            run.interrupt()

    run = Run(options.scenario, options.folder.resolve(), options.seed, options.language, on_phase=tell,
              on_event=lambda h: tell("" if h.event == "clock" else describe(h), h.sim_time_s))
    signal.signal(signal.SIGTERM, lambda *_: run.interrupt())
    signal.signal(signal.SIGINT, lambda *_: run.interrupt())
    try:
        try:
            run.start()
            failure = run.follow()
        except ServiceError as error:
            failure = str(error)
        run.report(failure)
    finally:
        run.close()
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
