"""What a stereo depth camera makes of true depth: noise that grows with the square of distance, shadows beside edges.

Error and shadow follow from triangulation: disparity = focal length x baseline / depth, known to a fraction of a pixel.
"""
from __future__ import annotations

import cv2
import numpy as np

BASELINE_M = 0.05  # usual for indoor depth cameras
SUBPIXEL = 0.08  # RMS error of the disparity in pixels that makers state for textured scenes
COARSE = 2  # shadows are found in every second row and column: matching by blocks blurs their edges in any case
_SPARE = 64  # the noise is drawn once, and laid over each picture from another corner


class StereoDepth:
    """Turns true depth (H, W) [m] into what such a camera reports. One random stream, so a seed repeats it."""

    def __init__(self, height: int, width: int, focal_px: float, rng: np.random.Generator) -> None:
        self._scale = focal_px * BASELINE_M  # [m px]
        self._columns = np.arange(0, width, COARSE, dtype=np.float32)
        self._rng = rng
        noise = rng.normal(scale=SUBPIXEL / self._scale, size=(height + _SPARE, width + _SPARE))
        self._noise = noise.astype(np.float32)

    def __call__(self, depth: np.ndarray) -> np.ndarray:
        """Depth (H, W) float32 [m] with noise; 0 where nothing was or can be measured."""
        height, width = depth.shape
        row, column = self._rng.integers(0, _SPARE, 2)
        noisy = cv2.multiply(cv2.multiply(depth, depth), self._noise[row:row + height, column:column + width])
        cv2.add(noisy, depth, dst=noisy)
        # Seen by the left eye only: something nearer, to the right, covers it in the right eye.
        coarse = depth[::COARSE, ::COARSE]
        disparity = np.divide(self._scale, coarse, out=np.zeros_like(coarse), where=coarse > 0)
        seen_at = self._columns - disparity
        nearest = np.minimum.accumulate(seen_at[:, ::-1], axis=1)[:, ::-1]
        covered = (seen_at > nearest + 0.5).astype(np.uint8)
        noisy[cv2.resize(covered, (width, height), interpolation=cv2.INTER_NEAREST).view(bool)] = 0
        return noisy
