"""How good a fall detector is, from what it said of labelled clips. Pure."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.959964  # of the normal distribution


@dataclass(frozen=True)
class Result:
    """One labelled clip: `fall` or `adl` (activities of daily living), and when falls were detected in it [s]."""
    clip: str
    label: str
    end_s: float | None              # when the body is down, for falls
    duration_s: float
    detections_s: tuple[float, ...] = ()
    start_s: float | None = None
    error: str = ""

    @property
    def detected(self) -> bool:
        return bool(self.detections_s)

    @property
    def right(self) -> bool:
        return self.detected == (self.label == "fall")

    @property
    def delay_s(self) -> float | None:
        """From the body being down to the first detection; below 0: said while it still fell."""
        return self.detections_s[0] - self.end_s if self.detected and self.end_s is not None else None


def wilson(successes: float, trials: float) -> dict[str, float | None]:
    """A share with its 95 % interval after Wilson (1927); nothing where nothing was tried."""
    if not trials:
        return {"value": None, "low": None, "high": None}
    share, z2 = successes / trials, Z_95 ** 2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials ** 2))
    return {name: round(value, 4) for name, value in
            (("value", share), ("low", max(middle - half, 0.0)), ("high", min(middle + half, 1.0)))}


def summary(results: Sequence[Result], ms_per_frame: Sequence[float] = ()) -> dict:
    """All figures of an evaluation, as `falls.json` holds them."""
    falls, others = [r for r in results if r.label == "fall"], [r for r in results if r.label == "adl"]
    hits, false = sum(r.detected for r in falls), sum(r.detected for r in others)
    missed = len(falls) - hits
    delays = [r.delay_s for r in results if r.delay_s is not None]
    hours = sum(r.duration_s for r in others) / 3600.0
    return {
        "clips": [{"clip": r.clip, "label": r.label, "detected": r.detected,
                   "first_detection_s": round(r.detections_s[0], 3) if r.detected else None,
                   "delay_s": None if r.delay_s is None else round(r.delay_s, 3),
                   **({"error": r.error} if r.error else {})} for r in results],
        "sensitivity": wilson(hits, len(falls)),
        "specificity": wilson(len(others) - false, len(others)),
        "precision": wilson(hits, hits + false),
        # As a share of (hits and half the mistakes), so that it has an interval like the others.
        "f1": wilson(hits, hits + (false + missed) / 2),
        "delay_s": _spread(delays),
        "false_detections_per_hour": round(sum(len(r.detections_s) for r in others) / hours, 2) if hours else None,
        "ms_per_frame": _spread(ms_per_frame),
    }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    if not len(values):
        return {"median": None, "p95": None}
    return {"median": round(float(np.median(values)), 3), "p95": round(float(np.percentile(values, 95)), 3)}
