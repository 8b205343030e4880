"""Pictures: health of the camera, pairing of colour and depth, drawing, snapshots."""
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from perception.camera_health import CameraHealth, Notes
from perception.drawing import GREEN, draw, snapshot_jpeg
from perception.frames import DEPTH_WAIT_S, FramePairs


def noisy(mean: float, seed: int, spread: float = 20.0) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).normal(mean, spread, (480, 640, 3)), 0, 255).astype(np.uint8)


def room(seed: int) -> np.ndarray:
    """Some forms that stand about."""
    coarse = np.random.default_rng(seed).integers(0, 250, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_LINEAR)


def message(sec: int, nanosec: int = 0):
    return SimpleNamespace(header=SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec)))


def test_live_pictures_are_well():
    health = CameraHealth()
    assert [health.look(noisy(100, i), i * 0.1).level for i in range(30)] == ["ok"] * 30


def test_equal_pictures_for_two_seconds_are_frozen_and_the_next_new_one_is_well():
    health, picture = CameraHealth(), noisy(100, 0)
    states = [health.look(picture, 50 + i * 0.1) for i in range(25)]
    assert [state.kind for state in states] == ["live"] + ["repeated"] * 19 + ["frozen"] * 5
    assert "frozen" in states[-1].message and not any(state.usable for state in states[1:])
    assert health.look(noisy(100, 1), 52.5).kind == "live"


def test_equal_pictures_while_time_stands_still_are_not_frozen():
    health, picture = CameraHealth(), noisy(100, 0)
    assert all(health.look(picture, 50.0).usable for _ in range(100))


@pytest.mark.parametrize(("picture", "word", "usable"), [
    (np.zeros((480, 640, 3), np.uint8), "black", False), (noisy(120, 0, 1.0), "covered", False),
    (noisy(14, 0, 8.0), "dark", True), (noisy(270, 0, 10.0), "overexposed", False),
    (cv2.resize(noisy(100, 0, 60.0)[:3, :4], (640, 480), interpolation=cv2.INTER_CUBIC), "blurred", False)])
def test_a_bad_picture_is_named(picture, word, usable):
    state = CameraHealth().look(picture, 0.0)
    assert word in state.message and state.usable is usable and state.level != "ok"


def test_pictures_that_come_late_are_said_to():
    health = CameraHealth()
    health.look(noisy(100, 0), 0.0)
    assert health.look(noisy(100, 1), 0.3).kind == "live"
    assert health.look(noisy(100, 2), 1.8).message.startswith("no picture for 1.5 s")


@pytest.mark.parametrize(("after", "cut"), [
    (room(1), True), (room(0), False), (room(0) // 3, False), (np.roll(room(0), 40, axis=1), False),
    (cv2.rectangle(room(0), (200, 100), (380, 470), (60, 60, 200), -1), False)],
    ids=["another room", "the same", "the lamp goes out", "the camera turns", "somebody comes in"])
def test_another_scene_is_a_cut_also_after_the_lens_was_covered(after, cut):
    health = CameraHealth()
    health.look(room(0), 0.0)
    health.look(np.zeros((480, 640, 3), np.uint8), 0.1)
    assert health.look(after, 0.2).cut is cut


def test_what_lasts_is_one_note():
    notes = Notes()
    for tenth in (*range(20, 50), *range(100, 102)):
        notes.take("black", "picture is black", tenth / 10)
    notes.take("cut", "another scene", 12.0)
    assert notes.lines == ["2.0 s to 4.9 s: picture is black", "10.0 s to 10.1 s: picture is black",
                           "12.0 s: another scene"]


def test_colour_waits_for_its_depth():
    pairs = FramePairs()
    color, depth = message(1), message(1)
    pairs.add_color(color, 0.0)
    assert pairs.take(0.05) == (None, [])
    pairs.add_depth(depth)
    frame, skipped = pairs.take(0.05)
    assert frame.color is color and frame.depth is depth and skipped == []


def test_the_newest_is_taken_and_the_older_are_handed_back():
    pairs, colors = FramePairs(), [message(i) for i in range(3)]
    for number, color in enumerate(colors):
        pairs.add_color(color, number * 0.01)
        pairs.add_depth(message(number))
    frame, skipped = pairs.take(0.05)
    assert frame.color is colors[2] and skipped == colors[:2]
    assert pairs.take(1.0) == (None, [])


def test_depth_that_does_not_come_is_not_waited_for_for_ever():
    pairs = FramePairs()
    for number in range(3):
        pairs.add_color(message(number), float(number))
        frame, _ = pairs.take(number + DEPTH_WAIT_S + 0.01)
        assert frame.depth is None
    pairs.add_color(message(9), 9.0)
    assert pairs.take(9.0)[0].depth is None and not pairs.has_depth


def test_depth_that_begins_late_is_used_however_fast_colour_is_taken():
    pairs = FramePairs()
    for number in range(5):  # discovery: colour was there first
        pairs.add_color(message(number), float(number))
        assert pairs.take(number + DEPTH_WAIT_S + 0.01)[0].depth is None
    pairs.add_color(message(5), 5.0)
    assert pairs.take(5.0)[0].depth is None
    pairs.add_depth(message(5))  # too late for its colour, but now it is known to come
    pairs.add_color(message(6), 6.0)
    assert pairs.take(6.0) == (None, [])
    pairs.add_depth(message(6))
    assert pairs.take(6.001)[0].depth is not None and pairs.has_depth


def test_stamps_of_one_instant_may_differ_by_milliseconds():
    pairs = FramePairs()
    pairs.add_color(message(1), 0.0)
    pairs.add_depth(message(1, nanosec=3_000_000))
    assert pairs.take(0.0)[0].depth is not None


def test_a_skeleton_is_drawn_on_a_copy():
    picture = np.zeros((480, 640, 3), np.uint8)
    points = np.column_stack([np.linspace(100, 500, 18), np.linspace(100, 400, 18), np.ones(18)])
    drawn = draw(picture, [{"keypoints": points, "label": "standing", "color": GREEN}], "fall suspected")
    assert drawn.any() and not picture.any()


def test_points_outside_or_unknown_are_drawn_without_complaint():
    points = np.full((18, 2), np.nan)
    points[3] = 1e9, -1e9
    points[4] = -50, 700
    assert draw(np.zeros((48, 64, 3), np.uint8), [{"keypoints": points}]).shape == (48, 64, 3)


@pytest.mark.parametrize("box", [None, (300, 200, 380, 420), (-40, 300, 90, 600), (900, 900, 1000, 1000)])
def test_a_snapshot_is_a_small_jpeg(box):
    jpeg = snapshot_jpeg(noisy(120, 3, 40.0), box)
    assert len(jpeg) <= 60_000
    assert max(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape) <= 480
