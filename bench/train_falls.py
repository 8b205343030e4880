"""Trains the trees that tell falls from a plain picture's skeletons (perception/learnt.py), on simulated people only.

    python bench/train_falls.py [--keep FOLDER] [--jobs 2] [--out FILE]

People fall and live by the hundred without pictures, before cameras drawn by chance; how the pose model errs is learnt
from rendered rehearsals and laid over their true joints. Wants scikit-learn (pip install scikit-learn==1.7.2).
`--keep` keeps what was rendered, which is most of the time.
"""
from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.rehearsed import SITES, Seen, SeenFrame, numbers, seen  # noqa: E402
from perception.geometry import TORSO_M  # noqa: E402
from perception.learnt import SPAN_S, STEP_S, WEIGHTS, FallModel, describe, points  # noqa: E402
from robot.resources import resource  # noqa: E402
from robot.site import Site, load_site  # noqa: E402
from sim.rehearsal import MOVE_S, Acted, act_out  # noqa: E402
from sim.ways import Ways  # noqa: E402

WIDTH, HEIGHT = 640, 480
CAMERAS = 3           # before each of which the same deed looks different
# Simulated people are old and slow; others do everyday things at twice their pace, and fall faster and slower.
FALL_PACES, EVERYDAY_PACES = (0.8, 1.3), (0.9, 2.2)
# A fall is one from the moment the body is down until its beginning leaves the two seconds looked at; what lies
# between upright and down is neither.
BEFORE_S, DOWN_S, OVER_S = 0.6, 0.1, 1.6
EVERY = 0.3           # share of the moments without a fall that are learnt: there are far more of them
# The model's errors depend on how far the torso is from upright; by these bins.
TILT_BINS_DEG = (30, 60, 90)
ANEW = 0.2            # each picture's chance that the errors come from another place: 0.5 s of one on average
LOST_APART = 1.5      # a skeleton further from the true torso than this many torso lengths is not of this person
IN_SIGHT = 0.5        # share of the body in the picture below which nobody is found
GROUPS = ((0, 1, 2), (3, 4), (5, 6), (7, 8), (9, 10))  # of sim.rehearsal.JOINTS: head, shoulders, hips, knees, ankles
# Chosen on every fifth deed, left out: 300 trees of 31 leaves have an area under the curve of 0.993, 400 of 15 0.992, a
# forest of 120 extremely randomised trees (Geurts et al. 2006) of 400 leaves 0.987.
TREES, LEAVES, LEAST_IN_LEAF, TRIED, PACE, SHRINKAGE = 300, 31, 50, 0.1, 0.05, 5.0


class Errors:
    """How the pose model errs, from rehearsals: differences to the truth [torso lengths], by the torso's tilt."""

    def __init__(self, rehearsals: list[Seen]) -> None:
        self._courses = [[_error(frame) for frame in one.frames] for one in rehearsals]
        self._starts: list[list[tuple[int, int]]] = [[] for _ in range(len(TILT_BINS_DEG) + 1)]
        for number, one in enumerate(rehearsals):
            for index, frame in enumerate(one.frames):
                if frame.seen >= IN_SIGHT:
                    self._starts[tilt_bin(frame.joints)].append((number, index))

    def along(self, tilts: np.ndarray, rng: np.random.Generator, fade: float = 0.0) -> Iterator[np.ndarray | None]:
        """An error (5, 2) for each picture with the torso in such a tilt bin; None: nobody found.

        Where errors go on from another place they leap, or with `fade` get there by that share less each picture.
        """
        number = index = before = -1
        latest, leap = None, np.zeros((5, 2))
        for tilt in tilts:
            if tilt != before or rng.random() < ANEW or index + 1 >= len(self._courses[number]):
                number, index = self._starts[tilt][rng.integers(len(self._starts[tilt]))]
                mirror = (rng.choice((-1, 1)), 1)
                first = self._courses[number][index]
                leap = np.zeros((5, 2)) if latest is None or first is None else latest - first * mirror
            else:
                index += 1
            before, error, leap = tilt, self._courses[number][index], leap * fade
            if error is not None:
                latest = error * mirror + leap
            yield None if error is None else latest


def _error(frame: SeenFrame) -> np.ndarray | None:
    truth = _middles(frame.joints_px)
    found = [points(pose.landmarks)[:5] - truth for pose in frame.poses]
    nearest = min(found, key=lambda error: np.abs(error).mean(), default=None)
    if nearest is None or np.abs(nearest[1:3]).mean() > LOST_APART * frame.torso_px:
        return None
    return nearest / frame.torso_px


def _middles(joints: np.ndarray) -> np.ndarray:
    return np.stack([joints[..., list(group), :].mean(axis=-2) for group in GROUPS], axis=-2)


def tilt_bin(joints: np.ndarray) -> np.ndarray:
    """Number of the bin of the torso's tilt from upright, of joints (..., 11, 3)."""
    torso = joints[..., 3:5, :].mean(axis=-2) - joints[..., 5:7, :].mean(axis=-2)
    upright = np.clip(torso[..., 2] / np.linalg.norm(torso, axis=-1), -1, 1)
    return np.digitize(np.degrees(np.arccos(upright)), TILT_BINS_DEG)


def filmed(acted: Acted, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """The joints (n, 11, 2) [px] before a camera drawn by chance, the torso's length there (n,) [px], the share of the
    body in the picture (n,) and the joints in the camera's axes (n, 11, 3) [m]; None where no camera drawn sees the
    beginning."""
    middle = acted.joints[:, 5:7].mean(axis=(0, 1))
    for _ in range(20):
        height, away, around = rng.uniform(0.6, 2.8), rng.uniform(1.8, 6.0), rng.uniform(0, math.tau)
        place = np.array([middle[0] + away * math.cos(around), middle[1] + away * math.sin(around), height])
        yaw = around + math.pi + rng.normal(0, 0.12)
        pitch = math.atan2(height - 0.8, away) + rng.normal(0, 0.06)
        forward = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
        right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
        before = (acted.joints - place) @ np.column_stack([right, np.cross(forward, right), forward])
        if before[..., 2].min() < 0.5:
            continue
        focal = WIDTH / 2 / math.tan(math.radians(rng.uniform(50, 90)) / 2)
        roll = rng.normal(0, 0.03)
        turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
        pixels = before[..., :2] / before[..., 2:] * focal @ turn + (WIDTH / 2, HEIGHT / 2)
        inside = ((pixels >= 0) & (pixels < (WIDTH, HEIGHT))).all(axis=-1).mean(axis=1)
        if inside[:round(1.0 / MOVE_S)].mean() > 0.85:
            return pixels, TORSO_M * focal / np.median(before[..., 2], axis=1), inside, before
    return None


def lessons(acted: Acted, errors: Errors, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, bool]]:
    """What a deed before one camera teaches: features, and whether somebody has just fallen."""
    film = filmed(acted, rng)
    if film is None:
        return
    pixels, torso_px, inside, _ = film
    pace = rng.uniform(*(FALL_PACES if acted.fall else EVERYDAY_PACES))
    step = STEP_S * pace / MOVE_S
    pictures = np.arange(rng.uniform(0, step), len(pixels) - 1, step).astype(int)
    course: list[tuple[float, np.ndarray]] = []
    tilts = tilt_bin(acted.joints[pictures])
    for number, (picture, error) in enumerate(zip(pictures, errors.along(tilts, rng), strict=True)):
        now_s = number * STEP_S
        if error is not None and inside[picture] >= IN_SIGHT:
            shift = error * torso_px[picture]
            body = np.concatenate([pixels[picture][list(group)] + by
                                   for group, by in zip(GROUPS, shift, strict=True)])[2:]
            course.append((now_s, np.array([*_middles(pixels[picture]) + shift, body.min(axis=0), body.max(axis=0)])))
        since_s = -math.inf if acted.impact_s is None else now_s - acted.impact_s / pace
        fallen = DOWN_S <= since_s <= OVER_S
        if not fallen and (since_s >= -BEFORE_S or rng.random() > EVERY):
            continue
        features = describe(course[-round(SPAN_S / STEP_S) - 2:], now_s)
        if features is not None:
            yield features, fallen


def _deed(seed: int, fall: bool) -> Acted:
    site, ways = sites()[seed % len(SITES)]
    return act_out(seed, fall, site, ways)


@cache
def sites() -> list[tuple[Site, Ways]]:
    return [(site, Ways(site)) for site in map(load_site, map(resource, SITES))]


def fit(features: np.ndarray, fallen: np.ndarray) -> FallModel:
    """Boosted trees (Friedman 2001; Ke et al. 2017), both answers weighing the same in all."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    boosted = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=LEAST_IN_LEAF, max_features=TRIED, learning_rate=PACE,
        l2_regularization=SHRINKAGE, early_stopping=False, random_state=0)
    boosted.fit(features, fallen, sample_weight=np.where(fallen, (~fallen).sum() / fallen.sum(), 1.0))
    trees = [predictor.nodes for (predictor,) in boosted._predictors]  # scikit-learn shows them nowhere else
    roots = np.concatenate([[0], np.cumsum([len(tree) for tree in trees])[:-1]])

    def onward(name: str) -> np.ndarray:
        return np.concatenate([np.where(tree["is_leaf"], np.arange(len(tree)), tree[name]) + root
                               for tree, root in zip(trees, roots, strict=True)]).astype(np.int32)

    nodes = np.concatenate(trees)
    nodes["value"][:len(trees[0])] += boosted._baseline_prediction.item()  # the first tree brings what all begin with
    return FallModel(feature=np.where(nodes["is_leaf"], 0, nodes["feature_idx"]).astype(np.int16),
                     threshold=nodes["num_threshold"].astype(np.float32), below=onward("left"), above=onward("right"),
                     value=nodes["value"].astype(np.float32), roots=roots.astype(np.int32))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rendered", default="1000-1024", help="seeds of rehearsals to learn the errors from")
    arguments.add_argument("--deeds", default="0-599", help="seeds of falls, and of everyday life")
    arguments.add_argument("--keep", type=Path, help="folder that keeps what was rendered")
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("--out", type=Path, default=WEIGHTS)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        errors = Errors(list(seen(options.keep or Path(scratch),
                                  [(seed, fall) for seed in numbers(options.rendered) for fall in (True, False)],
                                  options.jobs)))
    wanted = [(seed, fall) for seed in numbers(options.deeds) for fall in (True, False)]
    with ProcessPoolExecutor(options.jobs) as pool:
        deeds = list(track(pool.map(_deed, *zip(*wanted, strict=True), chunksize=8), "deeds", total=len(wanted)))
    rng = np.random.default_rng(0)
    learnt = [lesson for deed in track(deeds, "lessons") for _ in range(CAMERAS)
              for lesson in lessons(deed, errors, rng)]
    features, fallen = np.array([features for features, _ in learnt]), np.array([fallen for _, fallen in learnt])
    print(f"{len(fallen)} moments of {len(deeds)} deeds before {CAMERAS} cameras each, {fallen.mean():.0%} in falls")
    fit(features, fallen).save(options.out)
    print(f"Written: {options.out}, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
