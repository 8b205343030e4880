"""What to say of the battery."""
from __future__ import annotations

import math

# At a fifth a caregiver has time to bring the robot to its dock before it falls silent; at a tenth hardly any.
LOW, EMPTY = 0.20, 0.10


def battery_health(charge: float, charging: bool) -> tuple[str, str]:
    """(level "ok", "warn", "error" or "stale", words) for a charge of 0..1, NaN where the driver does not know it."""
    if math.isnan(charge):
        return "stale", "the battery's driver does not say how full it is"
    words = f"battery at {100 * charge:.0f} %"
    if charging or charge >= LOW:
        return "ok", f"{words}, charging" if charging else words
    return "error" if charge < EMPTY else "warn", f"{words}: bring the robot to its dock"
