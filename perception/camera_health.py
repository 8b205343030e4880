"""Whether the camera's pictures can be believed: frozen, covered, too dark."""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

# Every sensor has noise: two equal pictures are one picture sent twice. A stream may repeat one, not for seconds.
FROZEN_AFTER_S = 2.0
# Grey levels 0..255: a covered lens is black or of one colour; the darkest night picture of use has a mean of 20.
COVERED_SPREAD = 4.0
BLACK_MEAN = 6.0
DARK_MEAN = 20.0


@dataclass(frozen=True)
class CameraState:
    """Judgement on the newest picture. `usable`: whether people should be looked for in it."""
    level: Literal["ok", "warn", "error"]
    message: str
    usable: bool


class CameraHealth:
    """Looks at each picture in order of time."""

    def __init__(self) -> None:
        self._print: int | None = None
        self._since_s = 0.0

    def look(self, image: np.ndarray, time_s: float) -> CameraState:
        """Judge an RGB picture (height, width, 3) uint8 taken at time_s."""
        picture_print = zlib.crc32(np.ascontiguousarray(image[::4]))
        if picture_print != self._print or time_s < self._since_s:
            self._print, self._since_s = picture_print, time_s
        frozen_s = time_s - self._since_s
        sample = image[::8, ::8]
        mean, spread = float(sample.mean()), float(sample.std())
        if mean < BLACK_MEAN:
            return CameraState("error", "picture is black: lens covered, no light, or a dead sensor", False)
        if spread < COVERED_SPREAD:
            return CameraState("error", "picture shows nothing but one colour: lens covered", False)
        if frozen_s >= FROZEN_AFTER_S:
            return CameraState("error", f"picture is frozen since {frozen_s:.0f} s: restart the camera", False)
        if mean < DARK_MEAN:
            return CameraState("warn", f"picture is very dark (mean {mean:.0f} of 255): people may be overlooked", True)
        return CameraState("ok", "pictures are live", True)
