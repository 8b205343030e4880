"""Whether a seed gives the same run twice: simulator and eyes in lock-step, each run in fresh processes.

    python bench/same_seed.py [--seeds 10] [--keep FOLDER]

Compared are the simulator's events, every /people message (identities by order of appearance, without the time that the
work took) and every fall. Somebody stands in the corridor before the robot's dock, walks and falls. Exits with 1 when
any two runs of a seed differ, and says where first.
"""
from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from robot import environment  # noqa: E402

environment.prepare()
os.environ.setdefault("ROS_DOMAIN_ID", str(environment.reserve_domain()))
import rclpy  # noqa: E402
from anban_interfaces.msg import Fall, People, SimulationEvent  # noqa: E402
from diagnostic_msgs.msg import DiagnosticArray  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from simulation_interfaces.msg import SimulationState  # noqa: E402
from simulation_interfaces.srv import SetSimulationState  # noqa: E402

from bench.figures import figure  # noqa: E402
from robot.ros import EVENT, seconds  # noqa: E402

STORY = """\
id: corridor
date: 2026-11-21
start: "19:00:00"
light: evening
people: {lin: {at: [3.6, -0.8], facing_deg: 180}}
script:
  - {id: comes, who: lin, at: [0.5, 1.5], do: walk_to, to: [2.8, -0.8]}
  - {id: falls, who: lin, after: comes, delay: [0.3, 1.0], do: fall,
     kind: [trip_forward, slip_backward, sideways, faint_collapse]}
ends: [{at: 10}]
"""
PATIENCE_S = 600  # wall time; a hung run is an error, nothing is measured by it


class Run:
    """One run in processes of its own; `log` holds what is compared: kind of record -> lines."""

    def __init__(self, seed: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "corridor.yaml").write_text(STORY)
        self.log: dict[str, list[str]] = {"events": [], "people": [], "falls": []}
        self._names: dict[str, str] = {}
        self._listened = 0
        simulator = dict(story=folder / "corridor.yaml", seed=seed, language="en", mqtt_port=0, paused="true",
                         real_time_factor=0.0, wait_for="people fall", lock_step="/people", lock_step_stalled="wait",
                         lock_step_timeout_s=60.0, record=folder)
        self._output = (folder / "output.log").open("w")
        self._processes = [self._start(["sim.simulator_node:SimulatorNode"], simulator),
                           self._start(["perception.people_node:PeopleNode", "perception.fall_node:FallNode"], {})]
        context = rclpy.Context()
        rclpy.init(context=context)
        node = rclpy.create_node("same_seed", context=context)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        node.create_subscription(SimulationEvent, "/simulation/events", self._on_event, EVENT)
        node.create_subscription(People, "/people", self._on_people, EVENT)
        node.create_subscription(Fall, "/falls", self._on_fall, EVENT)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENT)
        try:
            client = node.create_client(SetSimulationState, "/set_simulation_state")
            self._until(executor, lambda: client.service_is_ready() and self._listened >= 2)
            began_s = time.monotonic()
            client.call_async(SetSimulationState.Request(state=SimulationState(state=SimulationState.STATE_PLAYING)))
            self._until(executor, lambda: any("story_ended" in line for line in self.log["events"]))
            self.wall_s = time.monotonic() - began_s
        finally:
            for process in self._processes:
                process.send_signal(signal.SIGTERM)
            for process in self._processes:
                process.wait(30)
            executor.shutdown()
            node.destroy_node()
            rclpy.shutdown(context=context)
            self._output.close()

    def _start(self, nodes: list[str], parameters: dict) -> subprocess.Popen:
        settings = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        return subprocess.Popen([sys.executable, "-m", "robot.compose", *nodes, "--ros-args", *settings], cwd=ROOT,
                                stdout=self._output, stderr=subprocess.STDOUT)

    def _until(self, executor: SingleThreadedExecutor, done) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not done():
            if any(process.poll() is not None for process in self._processes) or time.monotonic() > end_s:
                raise SystemExit(f"a run broke off; see {self._output.name}")
            executor.spin_once(timeout_sec=0.2)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        """Whoever looks is matched with the camera when the simulator says so twice, a second apart."""
        for status in message.status:
            if status.name == "simulator: world":
                values = {pair.key: pair.value for pair in status.values}
                self._listened += int(values.get("camera_listeners", "0")) > 0

    def _on_event(self, message: SimulationEvent) -> None:
        self.log["events"].append(f"{_time(message)} {message.event} {message.entity} {message.detail}")

    def _on_people(self, message: People) -> None:
        people = [(self._name(p.track_id), p.visible, p.posture, p.posture_probability, p.position.x, p.position.y,
                   p.position.z, p.torso_angle_rad, p.torso_height_m, p.head_height_m, p.descent_speed, p.room,
                   p.furniture) for p in message.people]
        self.log["people"].append(f"{_time(message)} {people}")

    def _on_fall(self, message: Fall) -> None:
        self.log["falls"].append(f"{_time(message)} {message.state} {message.kind} {message.confidence} "
                                 f"{seconds(message.began):.3f} {list(message.evidence)}")

    def _name(self, track: str) -> str:
        return self._names.setdefault(track, f"person {len(self._names) + 1}")


def _time(message) -> str:
    return f"{message.header.stamp.sec}.{message.header.stamp.nanosec:09d}"


def first_difference(one: list[str], other: list[str]) -> str | None:
    """Where two logs part, or None."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a}\n  | {b}"
    return None if len(one) == len(other) else f"{len(one)} | {len(other)} records"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds, each run twice (10)")
    parser.add_argument("--keep", type=Path, help="folder for the runs' recordings and logs")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="same_seed_"))
    same = {"events": [], "people": [], "falls": []}
    speeds, seen, fell = [], 0, 0
    for seed in range(options.seeds):
        print(f"seed {seed + 1} of {options.seeds}", file=sys.stderr, flush=True)
        runs = [Run(seed, folder / f"seed_{seed}_{turn}") for turn in (1, 2)]
        speeds += [10.0 / run.wall_s for run in runs]
        seen += sum("person" in line for line in runs[0].log["people"])
        fell += bool(runs[0].log["falls"])
        for kind in same:
            differs = first_difference(runs[0].log[kind], runs[1].log[kind])
            same[kind].append(differs is None)
            if differs:
                print(f"seed {seed}: {kind} differ first at\n    {differs}", file=sys.stderr, flush=True)
    measured = f"{options.seeds} seeds twice, simulator, people and fall nodes in lock-step, fresh processes"
    for kind, results in same.items():
        figure(f"same_seed_same_{kind}", [100 * sum(results) / len(results)], "%", measured)
    figure("same_seed_falls_noticed", [100 * fell / options.seeds], "%", measured)
    figure("same_seed_pictures_with_somebody", [seen / options.seeds], "pictures", measured)
    figure("lock_step_simulated_seconds_per_second", speeds, "s/s", measured)
    if not all(all(results) for results in same.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
