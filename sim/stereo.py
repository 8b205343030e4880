"""What a stereo depth camera makes of true depth: noise that grows with the square of distance, shadows beside edges.

Error and shadow follow from triangulation: disparity = focal length x baseline / depth, known to a fraction of a pixel.
"""
from __future__ import annotations

import numpy as np

BASELINE_M = 0.05  # usual for indoor depth cameras
SUBPIXEL = 0.08  # RMS error of the disparity in pixels that makers state for textured scenes
_SPARE = 64  # the noise is drawn once, and laid over each picture from another corner


class StereoDepth:
    """Turns true depth (H, W) [m] into what such a camera reports. One random stream, so a seed repeats it."""

    def __init__(self, height: int, width: int, focal_px: float, rng: np.random.Generator) -> None:
        self._scale = focal_px * BASELINE_M  # [m px]
        self._columns = np.arange(width, dtype=np.float32)
        self._rng = rng
        noise = rng.normal(scale=SUBPIXEL / self._scale, size=(height + _SPARE, width + _SPARE))
        self._noise = noise.astype(np.float32)

    def __call__(self, depth: np.ndarray) -> np.ndarray:
        """Depth (H, W) float32 [m] with noise; 0 where nothing was or can be measured."""
        height, width = depth.shape
        row, column = self._rng.integers(0, _SPARE, 2)
        noisy = depth + depth * depth * self._noise[row:row + height, column:column + width]
        # Seen by the left eye only: something nearer, to the right, covers it in the right eye.
        seen_at = self._columns - self._scale / np.where(depth > 0, depth, np.float32(np.inf))
        nearest = np.minimum.accumulate(seen_at[:, ::-1], axis=1)[:, ::-1]
        noisy[(depth == 0) | (seen_at > nearest + 0.5)] = 0
        return noisy
