"""Whether a seed gives the same run twice: ten scenarios, simulator and eyes in lock-step, each in fresh processes.

    python bench/same_seed.py [--scenarios kneels_down evening] [--seeds 1] [--seconds 20] [--keep FOLDER]

Both runs of a pair go side by side, so that they never get the processor at the same moments. Compared are the
simulator's events, every /people message (identities by order of appearance, without the time that the work took),
every fall, and each second of the microphone's sound. Exits with 1 when any two runs differ, and says where first.

The rest of the robot is left out, because a seed does not repeat it: its other nodes act by timers and at their own
speed, and a command to the wheels or a word reaches the world a few ticks earlier or later each time. So the robot
stands on its dock and knows where that is, and the scenarios are those in which people act without it; what they do
only when the robot comes or speaks does not happen.
"""
from __future__ import annotations

import argparse
import hashlib
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
import rclpy  # noqa: E402
from anban_interfaces.msg import Fall, People, SimulationEvent  # noqa: E402
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.signals import SignalHandlerOptions  # noqa: E402
from simulation_interfaces.msg import SimulationState  # noqa: E402
from simulation_interfaces.srv import SetSimulationState  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from bench.figures import figure  # noqa: E402
from robot.ros import EVENT, TF_STATIC, seconds  # noqa: E402
from robot.site import load_site  # noqa: E402
from robot.transforms import quaternion_from_yaw  # noqa: E402
from sim.scenario import find, load_scenario  # noqa: E402
from sim.sound import SAMPLE_RATE  # noqa: E402
from sim.story import StoryError  # noqa: E402

TEN = ("fall_in_corridor", "gets_up_again", "no_answer", "kneels_down", "picks_something_up", "bed_exit", "evening",
       "toilet_at_night", "call_for_help", "microphone_silent")
KINDS = ("events", "people", "falls", "sound")
HEARD = ("/simulation/events", "/people", "/falls")
PATIENCE_S = 600  # wall time; a hung run is an error, nothing is measured by it
# What was seen until the end is judged within one picture; ten later it has arrived here as well.
AFTER_S = 1.0


class Run:
    """One run in processes and a ROS domain of its own; `log` holds what is compared: kind of record -> lines."""

    def __init__(self, scenario: Path, seed: int, seconds_long: float, domain: int, folder: Path) -> None:
        """Raises StoryError."""
        folder.mkdir(parents=True, exist_ok=True)
        story, site_path = load_scenario(scenario)
        site = load_site(site_path)
        self.log: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._records: dict[str, list[tuple[float, str]]] = {kind: [] for kind in KINDS}
        self._names: dict[str, str] = {}
        self._folder, self._start_s, self._seen_s = folder, story.start_s(site), 0.0
        self._awake: set[str] = set()
        self._listened = 0
        self._end_s = self._start_s + seconds_long
        self._began_s: float | None = None
        self._give_up_s = time.monotonic() + PATIENCE_S
        self._output = (folder / "output.log").open("w")
        simulator = dict(site=site_path, story=scenario, seed=seed, language="en", mqtt_port=0, paused="true",
                         real_time_factor=0.0, lock_step="/people", lock_step_stalled="wait",
                         lock_step_timeout_s=60.0, record=folder)
        self._processes = [
            self._start(domain, ["sim.simulator_node:SimulatorNode"], simulator),
            self._start(domain, ["perception.people_node:PeopleNode", "perception.fall_node:FallNode"],
                        {"site": site_path})]
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(f"same_seed_{domain}", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._node.create_subscription(SimulationEvent, "/simulation/events", self._on_event, EVENT)
        self._node.create_subscription(People, "/people", self._on_people, EVENT)
        self._node.create_subscription(Fall, "/falls", self._on_fall, EVENT)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENT)
        self._place = self._node.create_publisher(TFMessage, "/tf_static", TF_STATIC)
        self._place.publish(_standing_at(site.robot.docks[0].pose))
        self._client = self._node.create_client(SetSimulationState, "/set_simulation_state")

    def look(self) -> None:
        """Take what came, and let the story begin when everybody listens."""
        self._executor.spin_once(timeout_sec=0.01)
        if any(process.poll() is not None for process in self._processes) or time.monotonic() > self._give_up_s:
            raise SystemExit(f"a run broke off; see {self._output.name}")
        if self._began_s is None and self._client.service_is_ready() and self._listened >= 2 \
                and {"people", "fall"} <= self._awake and all(self._node.count_publishers(topic) for topic in HEARD):
            self._began_s = time.monotonic()
            playing = SimulationState(state=SimulationState.STATE_PLAYING)
            self._client.call_async(SetSimulationState.Request(state=playing))
        if self.over:
            self.wall_s = time.monotonic() - self._began_s
            self._end()

    @property
    def simulated_s(self) -> float:
        """How far the story has come, to its end at most."""
        return max(min(self._seen_s, self._end_s) - self._start_s, 0.0)

    @property
    def over(self) -> bool:
        """Whether everything until the end has come."""
        return self._seen_s > self._end_s + AFTER_S

    def close(self) -> None:
        """Wait for the end of the processes; cut the log at the end of the story."""
        self._end()
        for process in self._processes:
            process.wait(PATIENCE_S)
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)
        self._output.close()
        if self.over:
            self.log = {kind: [line for time_s, line in records if time_s <= self._end_s]
                        for kind, records in self._records.items()} | {"sound": self._sound()}

    def _end(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGTERM)

    def _sound(self) -> list[str]:
        with wave.open(str(self._folder / "microphone.wav")) as sound:
            return [hashlib.sha256(sound.readframes(SAMPLE_RATE)).hexdigest()
                    for _ in range(int(self._end_s - self._start_s))]

    def _start(self, domain: int, nodes: list[str], parameters: dict) -> subprocess.Popen:
        settings = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        return subprocess.Popen([sys.executable, "-m", "robot.compose", *nodes, "--ros-args", *settings], cwd=ROOT,
                                env=os.environ | {"ROS_DOMAIN_ID": str(domain)}, stdout=self._output,
                                stderr=subprocess.STDOUT)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        """Whoever looks is matched with the camera when the simulator says so twice, a second apart."""
        for status in message.status:
            node, _, part = status.name.partition(": ")
            if part == "start" and status.level == DiagnosticStatus.OK:
                self._awake.add(node)
            if status.name == "simulator: world":
                values = {pair.key: pair.value for pair in status.values}
                self._listened += int(values.get("camera_listeners", "0")) > 0

    def _on_event(self, message: SimulationEvent) -> None:
        self._keep("events", message, f"{message.event} {message.entity} {message.detail}")
        if message.event == "story_ended":
            self._end_s = min(self._end_s, seconds(message.header.stamp))

    def _on_people(self, message: People) -> None:
        people = [(self._name(p.track_id), p.visible, p.posture, p.posture_probability, p.position.x, p.position.y,
                   p.position.z, p.torso_angle_rad, p.torso_height_m, p.head_height_m, p.descent_speed, p.room,
                   p.furniture) for p in message.people]
        self._keep("people", message, str(people))
        self._seen_s = seconds(message.header.stamp)

    def _on_fall(self, message: Fall) -> None:
        self._keep("falls", message, f"{message.state} {message.kind} {message.confidence} "
                                     f"{seconds(message.began):.3f} {list(message.evidence)}")

    def _keep(self, kind: str, message: SimulationEvent | People | Fall, line: str) -> None:
        at = message.header.stamp
        self._records[kind].append((seconds(at), f"{at.sec}.{at.nanosec:09d} {line}"))

    def _name(self, track: str) -> str:
        return self._names.setdefault(track, f"person {len(self._names) + 1}")


def _standing_at(dock: tuple[float, float, float]) -> TFMessage:
    """The robot's place (x [m], y [m], degrees) in the map, as the navigator would tell it."""
    x, y, z, w = quaternion_from_yaw(math.radians(dock[2]))
    link = TransformStamped(header=Header(frame_id="map"), child_frame_id="odom")
    link.transform.translation, link.transform.rotation = Vector3(x=dock[0], y=dock[1]), Quaternion(x=x, y=y, z=z, w=w)
    return TFMessage(transforms=[link])


def first_difference(one: list[str], other: list[str]) -> str | None:
    """Where two logs part, or None."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a}\n  | {b}"
    return None if len(one) == len(other) else f"{len(one)} | {len(other)} records"


def pair(scenario: Path, seed: int, seconds_long: float, domains: list[int], folder: Path) -> list[Run]:
    """The same twice, side by side, with progress on the terminal. Raises StoryError."""
    runs: list[Run] = []
    told_s = 0.0
    try:
        for turn, domain in enumerate(domains, 1):
            runs.append(Run(scenario, seed, seconds_long, domain, folder / f"{scenario.stem}_{seed}_{turn}"))
        while working := [run for run in runs if not run.over]:
            for run in working:
                run.look()
            if time.monotonic() - told_s > 5:
                told_s = time.monotonic()
                print("  simulated: " + ", ".join(f"{run.simulated_s:.0f} s" for run in runs), file=sys.stderr,
                      flush=True)
    finally:
        for run in runs:
            run.close()
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", nargs="+", default=TEN, metavar="NAME", help=f"which ({' '.join(TEN)})")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, each run twice (1)")
    parser.add_argument("--seconds", type=float, default=20.0, help="simulated time at most (20)")
    parser.add_argument("--keep", type=Path, help="folder for the runs' recordings and logs")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="same_seed_"))
    domains = [environment.reserve_domain() for _ in range(2)]
    same: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    records: dict[str, int] = dict.fromkeys(KINDS, 0)
    speeds, somebody = [], 0
    try:
        cases = [(find(name), seed) for name in options.scenarios for seed in range(options.seeds)]
        for number, (scenario, seed) in enumerate(cases, 1):
            print(f"{number} of {len(cases)}: {scenario.stem}, seed {seed}", file=sys.stderr, flush=True)
            runs = pair(scenario, seed, options.seconds, domains, folder)
            speeds += [run.simulated_s / run.wall_s for run in runs]
            somebody += sum("person" in line for line in runs[0].log["people"])
            for kind in KINDS:
                differs = first_difference(runs[0].log[kind], runs[1].log[kind])
                same[kind].append(differs is None)
                records[kind] += len(runs[0].log[kind])
                if differs:
                    print(f"  {kind} differ first at\n    {differs}", file=sys.stderr, flush=True)
            print("  " + ", ".join(f"{len(runs[0].log[kind])} {kind} {'same' if same[kind][-1] else 'DIFFER'}"
                                   for kind in KINDS), file=sys.stderr, flush=True)
    except StoryError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        raise SystemExit(f"stopped; what was recorded is in {folder}") from None
    measured = (f"{' '.join(options.scenarios)}; seeds 0 to {options.seeds - 1}, each twice side by side in fresh "
                f"processes, at most {options.seconds:g} s; simulator, people and fall nodes in lock-step")
    for kind in KINDS:
        figure(f"same_seed_same_{kind}", [100 * sum(same[kind]) / len(same[kind])], "%", measured)
        figure(f"same_seed_compared_{kind}", [records[kind]], "seconds" if kind == "sound" else "records", measured)
    figure("same_seed_pictures_with_somebody", [somebody], "pictures", measured)
    figure("lock_step_simulated_seconds_per_second", speeds, "s/s", measured)
    if not all(all(results) for results in same.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
