"""The whole chain of the eyes on rendered pixels of the simulated home."""
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bench.falls_simulated import (  # noqa: E402
    BEDROOM,
    LIVING_ROOM,
    Watcher,
    fall_beside_bed,
    night_in_bed,
    rest_on_sofa,
    something_dropped,
)
from bench.labelled_clips import judge  # noqa: E402
from bench.rehearsals import delay_s  # noqa: E402
from bench.rehearsed import look_at  # noqa: E402
from perception.fall import FallState  # noqa: E402
from perception.pose import PoseFinder  # noqa: E402
from perception.posture import Posture  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finder():
    finder = PoseFinder()
    yield finder
    finder.close()


@pytest.fixture()
def watcher(request, finder):
    seed, stop = request.param
    watcher = Watcher(seed, stop, finder)
    yield watcher
    watcher.world.close()


@pytest.mark.parametrize(("watcher", "seed"), [((seed, BEDROOM), seed) for seed in (0, 6)], indirect=["watcher"])
def test_a_fall_beside_the_bed_is_suspected_within_two_seconds(watcher, seed):
    assert fall_beside_bed(watcher, seed) <= 2.0
    assert watcher.falls[0].state == FallState.SUSPECTED and watcher.falls[0].evidence


@pytest.mark.parametrize(("watcher", "act"), [((1, BEDROOM), night_in_bed), ((1, BEDROOM), something_dropped),
                                              ((1, LIVING_ROOM), rest_on_sofa)], indirect=["watcher"])
def test_everyday_movement_is_left_alone(watcher, act):
    act(watcher)
    assert watcher.falls == []
    assert any(seen is not None for _, seen in watcher.seen)


@pytest.mark.parametrize("watcher", [(2, BEDROOM)], indirect=True)
def test_someone_asleep_is_seen_lying_in_bed(watcher):
    watcher.run(5.0)
    lying = [seen for _, seen in watcher.seen if seen is not None]
    assert lying.count(Posture.LYING_ON_FURNITURE) > len(lying) / 2
    assert not watcher.falls and math.isfinite(watcher.costs_ms[-1])


def test_somebody_small_before_a_high_wide_camera_is_found_and_seen_to_fall():
    seen = look_at(18, True)  # slides from a chair, 38 pixels from shoulders to hips
    moving = [frame for frame in seen.frames if frame.time_s > 1.5]
    assert sum(bool(frame.poses) for frame in moving) > 0.9 * len(moving)
    assert delay_s(seen, judge([(frame.time_s, frame.people) for frame in seen.frames])) is not None
