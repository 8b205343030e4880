"""One JSON line a figure: what was measured, by which command, on which machine."""
from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def machine() -> str:
    """Processor, cores in use and system."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"


def figure(name: str, values: Sequence[float], unit: str, measured: str, digits: int = 2) -> None:
    """Print median and 95th percentile of the values, of which there may be one."""
    print(json.dumps({
        "figure": name, "unit": unit, "n": len(values), "median": round(float(np.median(values)), digits),
        "p95": round(float(np.percentile(values, 95)), digits), "input": measured,
        "command": " ".join(["python", *sys.argv]), "machine": machine()}, ensure_ascii=False), flush=True)
