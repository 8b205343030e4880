"""What is said of the battery."""
import math

import pytest

from robot.battery import battery_health


@pytest.mark.parametrize(("charge", "charging", "level", "words"), [
    (0.95, False, "ok", "95 %"), (0.19, False, "warn", "dock"), (0.08, False, "error", "dock"),
    (0.08, True, "ok", "charging"), (math.nan, False, "stale", "does not say")])
def test_a_battery_that_will_not_last_is_announced_unless_it_charges(charge, charging, level, words):
    assert (found := battery_health(charge, charging))[0] == level and words in found[1]
