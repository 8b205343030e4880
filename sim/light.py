"""Light in the simulated house, and the camera that is in it: brightness, warmth, grain, the infrared lamp."""
from __future__ import annotations

from typing import Any, Literal

import cv2
import mujoco
import numpy as np

Light = Literal["day", "evening", "night", "infrared"]

# ambient and camera-side light, ceiling lamps, night-lights (0..1), window, warmth, sensor noise [grey levels]
LIGHTS: dict[str, dict] = {
    "day": dict(ambient=0.46, head=0.22, ceiling=0.52, night=0.0, sky=(0.72, 0.84, 0.95),
                tint=(1.0, 0.99, 0.96), noise=2.0),
    "evening": dict(ambient=0.30, head=0.22, ceiling=0.55, night=0.10, sky=(0.12, 0.15, 0.24),
                tint=(1.0, 0.93, 0.80), noise=3.0),
    "night": dict(ambient=0.20, head=0.40, ceiling=0.0, night=0.36, sky=(0.05, 0.06, 0.10),
                tint=(1.0, 0.94, 0.84), noise=6.0),
    "infrared": dict(ambient=0.12, head=0.80, ceiling=0.0, night=0.0, sky=(0.02, 0.02, 0.02),
                     tint=(1.0, 1.0, 1.0), noise=5.0),
}
INFRARED_FULL_M = 2.0  # to here the robot's infrared lamp lights fully; farther it fades with the square of distance
SHIFT_PX = 64  # how far the one field of noise is moved about, so that no two pictures have the same


def set_light(model: mujoco.MjModel, light: Light) -> None:
    """Light the whole house. Raises ValueError for one that there is not."""
    if light not in LIGHTS:
        raise ValueError(f"light {light!r}; use one of {', '.join(LIGHTS)}")
    setting = LIGHTS[light]
    tint = np.array(setting["tint"])
    # In MuJoCo the head light stands at the camera: it is the robot's own lamp.
    model.vis.headlight.ambient[:] = tint * (setting["ambient"] + 0.5 * setting["night"])
    model.vis.headlight.diffuse[:] = setting["head"]
    for index in range(model.nlight):
        model.light_diffuse[index] = tint * setting["ceiling"]
        model.light_active[index] = setting["ceiling"] > 0
    model.mat_emission[model.material("window").id] = 0.35 if light == "day" else 0.0
    model.mat_rgba[model.material("window").id, :3] = setting["sky"]


class ColorSensor:
    """What the camera makes of a drawn picture. Seeded."""

    def __init__(self, height: int, width: int, far_m: float, rng: np.random.Generator) -> None:
        """`far_m`: where depth was not measured, things are at least so far away."""
        self._rng, self._far_m = rng, far_m
        self._noise = rng.normal(size=(height + SHIFT_PX, width + SHIFT_PX, 3))
        # Sigma [grey levels], and what it adds and takes; as bytes: five times faster than int16.
        self._grain: tuple[float | None, Any, Any] = (None, None, None)

    def expose(self, picture: np.ndarray, depth: np.ndarray, light: Light) -> np.ndarray:
        """A picture (H, W, 3) uint8 RGB with its noise, from one without and its depth (H, W) [m], 0: not measured."""
        sigma = LIGHTS[light]["noise"]
        if self._grain[0] != sigma:
            grain = np.clip(self._noise * sigma, -127, 127).astype(np.int16)
            self._grain = (sigma, grain.clip(min=0).astype(np.uint8), (-grain).clip(min=0).astype(np.uint8))
        height, width = picture.shape[:2]
        row, column = self._rng.integers(0, SHIFT_PX, 2)
        brighter, darker = (grain[row:row + height, column:column + width] for grain in self._grain[1:])
        if light == "infrared":  # a camera of one channel
            lit = _infrared(picture, np.where(depth > 0, depth, np.float32(self._far_m)))
            grey = cv2.subtract(cv2.add(lit, brighter[:, :, 0]), darker[:, :, 0])
            return cv2.merge([grey, grey, grey])
        return cv2.subtract(cv2.add(picture, brighter), darker)


def _infrared(picture: np.ndarray, away_m: np.ndarray) -> np.ndarray:
    """A colour picture (H, W, 3) as a grey one (H, W) lit from the robot."""
    lit = np.minimum(1.0, (INFRARED_FULL_M / away_m) ** 2)
    return np.clip(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) * lit * 1.15, 0, 255).astype(np.uint8)
