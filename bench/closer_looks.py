"""What closer and turned looks find of people whom the pose model loses in the whole picture, from a cold start.

    python bench/closer_looks.py [--falls 0-23]

Every fifth picture of rendered falls (bench/rehearsals.py): people on their feet and people down, small ones (under 160
pixels) and others, looked for in the whole picture and in a square around them that is off by a fifth of their size.
Found: shoulders and hips within a third of the body's size. Empty squares show nothing of anybody.
"""
from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.figures import machine  # noqa: E402
from bench.rehearsed import SITES, numbers  # noqa: E402
from perception.pose import ANGLES_DEG, Look, model_bundle  # noqa: E402
from robot.resources import resource  # noqa: E402
from robot.site import load_site  # noqa: E402
from sim.rehearsal import Rehearsal  # noqa: E402

EVERY, HALF, SMALL_PX, DOWN_AFTER_S, NEAR, OFF = 5, 0.5, 160, 0.3, 0.35, 0.2
CONFIDENCES = (0.3, 0.5)
EMPTY_TRIES, EMPTY_SIDE_PX, AROUND_PX = 3, (160, 420), 25


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--falls", default="0-23", help="seeds")
    options = arguments.parse_args()
    finders = {confidence: vision.PoseLandmarker.create_from_options(vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model_bundle()), running_mode=vision.RunningMode.IMAGE,
        num_poses=1, min_pose_detection_confidence=confidence)) for confidence in CONFIDENCES}
    rng, sites = np.random.default_rng(0), [load_site(resource(site)) for site in SITES]
    found: dict[tuple, list[bool]] = defaultdict(list)
    for seed in track(numbers(options.falls), "rehearsals"):
        rehearsal = Rehearsal(seed, True, sites)
        mount = rehearsal.site.robot.camera
        for number, frame in enumerate(rehearsal):
            if number % EVERY or frame.seen < HALF:
                continue
            before = (frame.joints - frame.camera_to_map[:3, 3]) @ frame.camera_to_map[:3, :3]
            joints = before[:, :2] / before[:, 2:] * mount.focal_px + (mount.width / 2, mount.height / 2)
            down = rehearsal.impact_s is not None and frame.time_s > rehearsal.impact_s + DOWN_AFTER_S
            _look(finders, frame.image, joints, "down" if down else "up", rng, found)
    for (what, how, confidence), hits in sorted(found.items()):
        print(json.dumps({"figure": "found_by_look", "people": what, "look": how, "confidence": confidence,
                          "n": len(hits), "share": round(float(np.mean(hits)), 3), "machine": machine(),
                          "command": f"python bench/closer_looks.py --falls {options.falls}"}))


def _look(finders: dict, image: np.ndarray, joints: np.ndarray, state: str, rng: np.random.Generator,
          found: dict[tuple, list[bool]]) -> None:
    """Try all looks at one picture with somebody whose joints (11, 2) are known [px], and at empty squares of it."""
    low, high = joints.min(axis=0), joints.max(axis=0)
    size = float((high - low).max())
    height, width = image.shape[:2]
    around = Look.around((*(low + (shift := rng.normal(0, OFF * size, 2))), *(high + shift)))
    what = f"{state}, {'small' if size < SMALL_PX else 'large'}"
    empty = []
    for _ in range(EMPTY_TRIES):
        side, middle = rng.uniform(*EMPTY_SIDE_PX), rng.uniform((0, 0), (width, height))
        reach = side * np.sqrt(0.5) + AROUND_PX
        if (middle + reach < low).any() or (middle - reach > high).any():
            empty.append(Look(tuple(middle), side))
    for confidence, finder in finders.items():
        def by(look: Look, angles: tuple[int, ...], finder=finder) -> list[bool]:
            return [_finds(finder, image, Look(look.middle, look.side, angle), joints, size) for angle in angles]
        whole = by(Look((width / 2, height / 2), width), (0, 90, 270))
        square = by(around, ANGLES_DEG)
        upright, quarters = square[ANGLES_DEG.index(0)], [
            hit for hit, angle in zip(square, ANGLES_DEG, strict=True) if angle % 90 == 0]
        for how, hit in (("whole", whole[0]), ("whole and two quarter turns", any(whole)), ("square", upright),
                         ("square, 4 angles", any(quarters)), ("square, 8 angles", any(square))):
            found[what, how, confidence].append(hit)
        for look in empty:
            shows = [_landmarks(finder, image, Look(look.middle, look.side, angle)) is not None for angle in ANGLES_DEG]
            found["nobody", "square, each look", confidence].append(float(np.mean(shows)))


def _finds(finder: vision.PoseLandmarker, image: np.ndarray, look: Look, joints: np.ndarray, size: float) -> bool:
    marks = _landmarks(finder, image, look)
    return marks is not None and all(
        np.hypot(*(marks[list(pair)].mean(axis=0) - joints[own].mean(axis=0))) < NEAR * size
        for pair, own in (((11, 12), slice(3, 5)), ((23, 24), slice(5, 7))))


def _landmarks(finder: vision.PoseLandmarker, image: np.ndarray, look: Look) -> np.ndarray | None:
    result = finder.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=look.picture(image)))
    return look.pixels(np.array([(mark.x, mark.y) for mark in result.pose_landmarks[0]])) if result.pose_landmarks \
        else None


if __name__ == "__main__":
    main()
