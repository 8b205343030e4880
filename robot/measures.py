"""Figures as they are told: shares with their uncertainty, and how values spread. Pure."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Z_95 = 1.959964  # of the normal distribution


def wilson(successes: float, trials: float) -> dict[str, float | None]:
    """A share with its 95 % interval after Wilson (1927); nothing where nothing was tried."""
    if not trials:
        return {"value": None, "low": None, "high": None}
    share, z2 = successes / trials, Z_95 ** 2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials ** 2))
    return {name: round(value, 4) for name, value in
            (("value", share), ("low", max(middle - half, 0.0)), ("high", min(middle + half, 1.0)))}


def shown(share: dict[str, float | None]) -> str:
    """A share and its interval for people to read."""
    return "-" if share["value"] is None else f"{share['value']:.3f}  ({share['low']:.3f} to {share['high']:.3f})"


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Median and 95th percentile; nothing where there are no values."""
    if not len(values):
        return {"median": None, "p95": None}
    return {"median": round(float(np.median(values)), 3), "p95": round(float(np.percentile(values, 95)), 3)}
