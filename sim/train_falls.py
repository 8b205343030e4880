"""Trains the network that tells falls from a plain picture's skeletons (perception/learnt.py), on rehearsals only.

    python -m sim.train_falls FOLDER [--falls 1000-1399] [--everyday 1000-1399] [--jobs 2]

FOLDER keeps what the eyes saw of the rehearsals (sim/rehearsed.py). Wants scikit-learn: pip install 'anban[train]'.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from perception.fall import LIKELY
from perception.geometry import measure
from perception.learnt import WEIGHTS, FallModel, describe
from perception.pose import Pose
from perception.tracks import Sight, Tracker
from sim.rehearsed import Seen, numbers, seen

# A fall is learnt as one from the moment the body is down until its beginning leaves the two seconds looked at; what
# lies between upright and down belongs to neither.
BEFORE_S, DOWN_S, OVER_S = 0.6, 0.1, 1.6
# Everyday movement in front of the learner is also played faster, as other people do it; falls slower and faster.
FALL_PACES, EVERYDAY_PACES = (1.0, 0.75, 1.3), (1.0, 0.7, 0.5)
LEAST_IN_SIGHT = 0.4
HIDDEN, DECAY, EPOCHS, MEMBERS = (48, 24), 1e-2, 25, 3
FOLDS = 5


def windows(frames: list[tuple[float, list[Pose]]], pace: float = 1.0) -> Iterator[tuple[float, np.ndarray]]:
    """(time [s], features) at each picture for each person that the tracker follows; `pace` stretches time."""
    tracker = Tracker()
    for time_s, poses in frames:
        for track in tracker.update([Sight(pose, measure(pose)) for pose in poses], time_s * pace):
            features = describe(track.course, time_s * pace)
            if features is not None:
                yield time_s, features


def lessons(rehearsal: Seen) -> Iterator[tuple[np.ndarray, bool]]:
    """What one rehearsal teaches: features, and whether somebody has just fallen."""
    if rehearsal.fall and (rehearsal.impact_s is None or rehearsal.in_sight < LEAST_IN_SIGHT):
        return
    frames = [(frame.time_s, frame.poses) for frame in rehearsal.frames]
    for pace in FALL_PACES if rehearsal.fall else EVERYDAY_PACES:
        for time_s, features in windows(frames, pace):
            if not rehearsal.fall:
                yield features, False
                continue
            since_s = (time_s - rehearsal.impact_s) * pace
            if since_s < -BEFORE_S:
                yield features, False
            elif DOWN_S <= since_s <= OVER_S:
                yield features, True


def fit(features: np.ndarray, fallen: np.ndarray) -> FallModel:
    """The mean of a few perceptrons as one network."""
    from sklearn.neural_network import MLPClassifier
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    members = [MLPClassifier(HIDDEN, alpha=DECAY, max_iter=EPOCHS, batch_size=256, random_state=seed).fit(
        (features - mean) / scale, fallen) for seed in range(MEMBERS)]
    return FallModel([list(zip(member.coefs_, member.intercepts_, strict=True)) for member in members], mean, scale)


def app(folder: Annotated[Path, typer.Argument(help="where what the eyes saw is kept")],
        falls: Annotated[str, typer.Option(help="seeds of falls")] = "1000-1399",
        everyday: Annotated[str, typer.Option(help="seeds of everyday rehearsals")] = "1000-1399",
        jobs: Annotated[int, typer.Option(help="rehearsals at once", min=1)] = 1,
        out: Annotated[Path, typer.Option(help="the weights")] = WEIGHTS) -> None:
    """Train, say how good it is on rehearsals left out, and write the weights."""
    wanted = [(seed, True) for seed in numbers(falls)] + [(seed, False) for seed in numbers(everyday)]
    rows: list[np.ndarray] = []
    fallen: list[bool] = []
    episodes: list[tuple[int, bool]] = []  # of each row: number of the rehearsal, and whether it is a fall
    for number, rehearsal in enumerate(seen(folder, wanted, jobs)):
        for features, label in lessons(rehearsal):
            rows.append(features)
            fallen.append(label)
            episodes.append((number, rehearsal.fall))
    features, labels, numbers_ = np.array(rows), np.array(fallen), np.array([number for number, _ in episodes])
    found = [0, 0]
    quiet = [0, 0]
    for fold in range(FOLDS):
        left_out = numbers_ % FOLDS == fold
        model = fit(features[~left_out], labels[~left_out])
        likely = model(features[left_out]) >= LIKELY
        for number in np.unique(numbers_[left_out]):
            these = numbers_[left_out] == number
            truth = labels[left_out][these]
            if truth.any():
                found[0] += bool(likely[these][truth].any())
                found[1] += 1
            quiet[0] += not likely[these][~truth].any()
            quiet[1] += 1
    print(f"{len(features)} moments of {len(np.unique(numbers_))} rehearsals; left out by turns: falls found "
          f"{found[0]}/{found[1]}, quiet outside of falls {quiet[0]}/{quiet[1]}")
    fit(features, labels).save(out)
    print(f"Written: {out}")


if __name__ == "__main__":
    typer.run(app)
