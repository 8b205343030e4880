"""What it costs to watch and to record a night: processor of `anban view` and `anban record`, and the pace beside them.

    python bench/watching.py [--seed 2] [--only nobody view record]

One night each of `anban demo --headless`: with nobody beside it, with an open page of `anban view` (a reader of its
stream; what a browser needs to draw it comes on top), and with `anban record` of everything. One JSON line a figure.
"""
from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from bench.figures import figure  # noqa: E402
from robot.environment import reserve_domain  # noqa: E402

PORT = 8191
ANBAN = [sys.executable, "-m", "robot.cli"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=("nobody", "view", "record"), default=["nobody", "view", "record"])
    options = parser.parse_args()
    os.environ["ROS_DOMAIN_ID"] = str(reserve_domain())
    with tempfile.TemporaryDirectory() as scratch:
        for beside in options.only:
            night(Path(scratch), beside, options.seed)


def night(folder: Path, beside: str, seed: int) -> None:
    """One night with a command beside it; prints its figures."""
    words = {"nobody": [], "view": ["view", "--port", str(PORT)],
             "record": ["record", str(folder / "night.mcap"), "--sim-time"]}[beside]
    watcher = subprocess.Popen([*ANBAN, *words], cwd=ROOT, stdout=subprocess.DEVNULL) if words else None
    if beside == "view":
        threading.Thread(target=read_stream, daemon=True).start()
    subprocess.run([*ANBAN, "demo", "--headless", "--seed", str(seed), "--report", str(folder / beside)], cwd=ROOT,
                   stdout=subprocess.DEVNULL, timeout=900)
    report = json.loads((folder / beside / "report.json").read_text())
    measured = f"anban demo --headless --seed {seed}, {beside} beside it; {report['failure'] or 'came true'}"
    simulated_s = report["figures"]["simulated_s"]
    figure("pace", [report["figures"]["real_time_factor"]], "s/s", measured)
    figure("processor of the robot and its world, a simulated second",
           [sum(use["cpu_s"] for use in report["figures"]["programs"].values()) / simulated_s], "s/s", measured)
    if watcher is None:
        return
    process = psutil.Process(watcher.pid)
    used = process.cpu_times()
    figure(f"processor of {beside}, a simulated second", [(used.user + used.system) / simulated_s], "s/s", measured)
    figure(f"memory of {beside}", [process.memory_info().rss / 2**20], "MiB", measured, 0)
    watcher.send_signal(signal.SIGINT)
    watcher.wait(timeout=60)
    if beside == "record":
        size_mb = (folder / "night.mcap").stat().st_size / 1e6
        figure("recorded, a simulated second", [size_mb / simulated_s], "MB/s", measured)


def read_stream() -> None:
    """An open page, as far as the robot's machine is concerned: until the view ends."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=None) as client:
        with client.stream("GET", f"http://127.0.0.1:{PORT}/stream") as stream:
            for _ in stream.iter_raw():
                pass


if __name__ == "__main__":
    main()
