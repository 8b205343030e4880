"""The whole night, many times: delays from the fall to the caregiver's page, pace, memory and processor time.

    python bench/stories.py [--seeds 10] [--language en] [--keep FOLDER]

Runs `anban demo --headless` once a seed, each in fresh processes, and reads its report.
"""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from bench.figures import figure  # noqa: E402

UNITS = {"real_time_factor": "s/s"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--language", default="en")
    parser.add_argument("--keep", type=Path, help="folder that keeps every run's report")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        reports = [run(folder / f"seed-{seed}", seed, options.language) for seed in range(1, options.seeds + 1)]
    measured = f"anban demo --headless --language {options.language}, seeds 1-{options.seeds}"
    true = [report["came_true"] for report in reports]
    figure("stories_that_came_true", [100.0 * sum(true) / len(true)], "%", measured)
    columns: dict[str, list[float]] = defaultdict(list)
    programs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for report in reports:
        for name, value in report["figures"].items():
            if name == "programs":
                for program, use in value.items():
                    programs[program].append((use["memory_mib"], use["cpu_s"] / report["figures"]["wall_s"]))
            else:
                columns[name].append(value)
    for name, values in columns.items():
        figure(name, values, UNITS.get(name, "s"), measured)
    for program, uses in programs.items():
        figure(f"memory of {program}", [memory for memory, _ in uses], "MiB", measured, 0)
        figure(f"processor of {program}", [cores for _, cores in uses], "cores", measured)


def run(folder: Path, seed: int, language: str) -> dict:
    """One night; its report. What came of it is said on standard error."""
    subprocess.run([sys.executable, "-m", "robot.cli", "demo", "--headless", "--seed", str(seed),
                    "--language", language, "--report", str(folder)], cwd=ROOT, stdout=subprocess.DEVNULL, timeout=900)
    report = json.loads((folder / "report.json").read_text())
    print(f"seed {seed}: {report['failure'] or 'came true'}", file=sys.stderr, flush=True)
    return report


if __name__ == "__main__":
    main()
