"""How good a fall detector is, from what it said of labelled clips. Pure."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robot.measures import spread, wilson


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
    notes: tuple[str, ...] = ()      # what was wrong with its pictures

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
                   "delay_s": None if r.delay_s is None else round(r.delay_s, 3), "notes": list(r.notes),
                   **({"error": r.error} if r.error else {})} for r in results],
        "sensitivity": wilson(hits, len(falls)),
        "specificity": wilson(len(others) - false, len(others)),
        "precision": wilson(hits, hits + false),
        # As a share of (hits and half the mistakes), so that it has an interval like the others.
        "f1": wilson(hits, hits + (false + missed) / 2),
        "delay_s": spread(delays),
        "false_detections_per_hour": round(sum(len(r.detections_s) for r in others) / hours, 2) if hours else None,
        "ms_per_frame": spread(ms_per_frame),
    }


@dataclass(frozen=True)
class Named:
    """One labelled picture: the true posture, the one named (empty: nobody found), and how sure it was (0..1)."""
    clip: str
    time_s: float
    truth: str
    named: str
    probability: float


# Labels that are coarser than the eyes' own names.
COARSE = {"upright": ("standing", "walking"), "lying": ("lying_on_furniture", "lying_on_floor"),
          "kneeling": ("crouching",)}


def is_right(picture: Named) -> bool:
    """Whether the posture named is the true one, or one of those that a coarse label stands for."""
    return picture.named in COARSE.get(picture.truth, (picture.truth,))


def posture_summary(pictures: Sequence[Named]) -> dict:
    """All figures of labelled pictures, as `postures.json` holds them.

    `calibration_error`: mean gap between how sure the eyes were and how often they were right, over ten equal bins
    weighted by their pictures (Naeini et al. 2015).
    """
    truths = sorted({picture.truth for picture in pictures})
    found = [picture for picture in pictures if picture.named]
    bins: dict[int, list[Named]] = {}
    for picture in found:
        bins.setdefault(min(int(picture.probability * 10), 9), []).append(picture)
    gaps = [len(part) * abs(np.mean([p.probability for p in part]) - np.mean([is_right(p) for p in part]))
            for part in bins.values()]
    return {
        "pictures": len(pictures),
        "found": wilson(len(found), len(pictures)),
        "right_of_all": wilson(sum(map(is_right, pictures)), len(pictures)),
        "right_of_found": wilson(sum(map(is_right, found)), len(found)),
        "postures": {truth: {
            "pictures": len(these), "found": wilson(sum(bool(p.named) for p in these), len(these)),
            "right_of_found": wilson(sum(map(is_right, these)), sum(bool(p.named) for p in these)),
            "named": dict(sorted(Counter(p.named or "nobody" for p in these).items(), key=lambda pair: -pair[1]))}
            for truth in truths for these in [[p for p in pictures if p.truth == truth]]},
        "calibration_error": round(float(sum(gaps)) / len(found), 4) if found else None,
    }
