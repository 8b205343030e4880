"""Whether a camera's pictures can be believed: frozen, covered, black, overexposed, blurred, cut, upside down. Pure."""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from perception.tracks import BLIND_S, Track

# Every sensor has noise: pictures this equal (mean difference in grey levels) are one picture shown again, if not yet
# for seconds. Of 142 recorded clips at 10 Hz the two most equal pictures differ by 0.02; of a frozen picture in an
# H.264 video by 0.003 between its key pictures.
SAME_PICTURE = 0.012
FROZEN_AFTER_S = 2.0
# Grey levels 0..255: a covered lens is black or of one colour; the darkest night picture of use has a mean of 20.
COVERED_SPREAD = 4.0
BLACK_MEAN = 6.0
DARK_MEAN = 20.0
# Windows and lamps burn out a tenth of a picture at most; of one that is burnt out so far, nobody can be made out.
BURNT_LEVEL, BURNT_SHARE = 250, 0.75
# Variance of the Laplacian over that of the picture, at 320 x 240: 0.022 and more in recorded clips, 0.002 where they
# are blurred by 3 px; from there on the pose model loses people, or finds them where they are not.
BLURRED = 0.002
# A part of a picture is looked for near its place in the next one. At least 8 of the 12 parts are found again wherever
# people move before one camera, at most 7 after a cut to another view of the same room.
SCENE, PARTS, FOUND_AGAIN, CUT_BELOW = (40, 30), (4, 3), 0.6, 0.62
# Upside down is a picture in which people walk on their heads: somebody who lies head first to the camera looks the
# same, but goes nowhere. Paths in torso lengths: who turns over in bed goes less than two.
HEAD_DOWN_RAD, WALKED_TORSOS, FLIPPED_S, MEMORY_S = math.radians(130), 3.0, 1.5, 20.0

Kind = Literal["live", "repeated", "late", "dark", "blurred", "black", "covered", "overexposed", "frozen"]


@dataclass(frozen=True)
class CameraState:
    """Judgement on the newest picture.

    usable: whether people should be looked for in it; in one that is not nobody is seen, and nobody is lost. cut: it
    shows another scene than the last usable one; means nothing where the camera itself turns.
    """
    kind: Kind
    level: Literal["ok", "warn", "error"]
    message: str
    usable: bool
    cut: bool = False


class CameraHealth:
    """Looks at each picture in order of time."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None   # every fourth pixel of the newest picture, grey
        self._scene: np.ndarray | None = None    # of the newest usable one, small and grey
        self._since_s = self._before_s = 0.0     # the picture shown last is shown since; time of the newest

    def look(self, image: np.ndarray, time_s: float) -> CameraState:
        """Judge an RGB picture (height, width, 3) uint8 taken at time_s."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        sample = grey[::4, ::4].copy()
        same = (self._before is not None and self._before.shape == sample.shape and time_s >= self._before_s
                and cv2.absdiff(sample, self._before).mean() < SAME_PICTURE)
        if not same:
            self._since_s = time_s
        late_s = 0.0 if self._before is None else time_s - self._before_s
        self._before, self._before_s = sample, time_s
        kind, level, message = _judged(grey, sample, time_s - self._since_s)
        if level != "error" and time_s > self._since_s:
            return CameraState("repeated", "ok", "the same picture again", False)
        if level == "error":
            return CameraState(kind, level, message, False)
        scene = cv2.resize(grey, SCENE, interpolation=cv2.INTER_AREA)
        cut = self._scene is not None and _found_again(self._scene, scene) < CUT_BELOW
        self._scene = scene
        if kind == "live" and late_s > BLIND_S:
            kind, level, message = "late", "warn", f"no picture for {late_s:.1f} s: a fall in between is not seen"
        return CameraState(kind, level, message, True, cut)


def _judged(grey: np.ndarray, sample: np.ndarray, same_s: float) -> tuple[Kind, Literal["ok", "warn", "error"], str]:
    mean, spread = float(sample.mean()), float(sample.std())
    if mean < BLACK_MEAN:
        return "black", "error", "picture is black: lens covered, no light, or a dead sensor"
    if float((sample >= BURNT_LEVEL).mean()) > BURNT_SHARE:
        return "overexposed", "error", "picture is overexposed: turn the camera away from the light"
    if spread < COVERED_SPREAD:
        return "covered", "error", "picture shows nothing but one colour: lens covered"
    if same_s >= FROZEN_AFTER_S:
        return "frozen", "error", f"picture is frozen since {same_s:.0f} s: restart the camera"
    if mean < DARK_MEAN:
        return "dark", "warn", f"picture is very dark (mean {mean:.0f} of 255): people may be overlooked"
    if _sharpness(grey) < BLURRED:
        return "blurred", "error", "picture is blurred: clean or focus the lens"
    return "live", "ok", "pictures are live"


def _sharpness(grey: np.ndarray) -> float:
    small = cv2.resize(grey, (320, 240), interpolation=cv2.INTER_AREA)
    (_, contrast), (_, edges) = cv2.meanStdDev(small), cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    return float(edges[0, 0] ** 2 / max(contrast[0, 0] ** 2, 1.0))


def _found_again(before: np.ndarray, now: np.ndarray) -> float:
    """Share of the parts of one small picture that are near their places in the next: light may have changed."""
    height, width = before.shape[0] // PARTS[1], before.shape[1] // PARTS[0]
    likeness = []
    for top in range(0, height * PARTS[1], height):
        for left in range(0, width * PARTS[0], width):
            part = before[top:top + height, left:left + width]
            if part.std() >= 2.0:  # a bare wall is like any other
                around = now[max(top - 2, 0):top + height + 2, max(left - 4, 0):left + width + 4]
                likeness.append(float(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED).max()))
    return sum(value > FOUND_AGAIN for value in likeness) / len(likeness) if likeness else 1.0


class UprightWatch:
    """Tells from the people in the pictures whether these are upside down.

    Says so once somebody has walked head down for a while and nobody was upright on the feet in the last 20 s.
    """

    def __init__(self) -> None:
        self._paths: dict[str, tuple[float, float, np.ndarray, float]] = {}  # head down since, until; place, path
        self._upright_s = -math.inf
        self.upside_down = False

    def look(self, tracks: Iterable[Track], time_s: float) -> bool:
        """Take in the people of one picture; whether the pictures are upside down."""
        for track in tracks:
            body = track.sight.body
            if not track.visible or math.isnan(body.torso_angle_rad):
                continue
            if body.torso_angle_rad < math.pi - HEAD_DOWN_RAD and body.legs > 0:
                self._upright_s, self.upside_down, self._paths = time_s, False, {}
            elif body.torso_angle_rad > HEAD_DOWN_RAD and body.legs < 0:
                self._walk(track, time_s)
        return self.upside_down

    def _walk(self, track: Track, time_s: float) -> None:
        left, top, right, bottom = track.sight.pose.box
        middle = np.array([(left + right) / 2, (top + bottom) / 2])
        since_s, until_s, place, path = self._paths.get(track.track_id, (time_s, time_s, middle, 0.0))
        if time_s - until_s > BLIND_S:
            since_s, place, path = time_s, middle, 0.0
        if (apart := float(np.hypot(*(middle - place))) / track.sight.body.torso_px) > 0.3:  # else it is jitter
            place, path = middle, path + min(apart, 1.0)
        self._paths[track.track_id] = since_s, time_s, place, path
        self.upside_down |= (path >= WALKED_TORSOS and time_s - since_s >= FLIPPED_S
                             and time_s - self._upright_s >= MEMORY_S)


UPSIDE_DOWN = "people are seen upside down: turn the camera or the video round"


class Notes:
    """What was wrong with the pictures of one clip, for people to read."""

    def __init__(self) -> None:
        self._spans: list[list] = []  # kind, message, from [s], until [s]

    def take(self, kind: str, message: str, time_s: float) -> None:
        """Something was wrong at a time; what lasts is one note."""
        open_span = next((span for span in reversed(self._spans) if span[0] == kind), None)
        if open_span and time_s - open_span[3] <= FROZEN_AFTER_S + BLIND_S:
            open_span[3] = time_s
        else:
            self._spans.append([kind, message, time_s, time_s])

    @property
    def lines(self) -> list[str]:
        """One sentence for each stretch of something wrong."""
        return [f"{since_s:.1f} s to {until_s:.1f} s: {message}" if until_s > since_s else f"{since_s:.1f} s: {message}"
                for _, message, since_s, until_s in self._spans]
