"""Procedural pictures for surfaces and faces: seeded, so the same flat looks the same on every run.

Every function returns an (H, W, 3) uint8 RGB image.
"""
from __future__ import annotations

import cv2
import numpy as np

Color = tuple[int, int, int]


def _image(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


def _clouds(rng: np.random.Generator, cells: int, size: int) -> np.ndarray:
    """Smooth noise of unit amplitude, (size, size, 1)."""
    coarse = rng.normal(size=(cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]


def planks(seed: int, base: Color = (150, 110, 75), size: int = 512, count: int = 8) -> np.ndarray:
    """A wooden floor of parallel planks."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size, 3), np.float32)
    width = size // count
    for plank in range(count):
        tone = np.array(base) * (1 + 0.12 * rng.normal())
        grain = cv2.resize(rng.normal(size=(size // 64, width)).astype(np.float32), (width, size),
                           interpolation=cv2.INTER_CUBIC)
        fine = cv2.resize(rng.normal(size=(size // 16, width)).astype(np.float32), (width, size),
                          interpolation=cv2.INTER_CUBIC)
        strip = tone * (1 + 0.06 * grain[..., None] + 0.04 * fine[..., None])
        joint = rng.integers(0, size)
        strip[joint:joint + 2] *= 0.5
        strip[:, :1] *= 0.6
        image[:, plank * width:(plank + 1) * width] = strip
    return _image(image)


def fabric(seed: int, base: Color, size: int = 256, stripes: Color | None = None, stripe_count: int = 16) -> np.ndarray:
    """Woven cloth, with vertical stripes of a second colour if given."""
    rng = np.random.default_rng(seed)
    weave = 1 + 0.025 * _clouds(rng, 12, size) + 0.05 * rng.normal(size=(size, size, 1))
    colors = np.broadcast_to(np.array(base, np.float32), (size, size, 3)).copy()
    if stripes is not None:
        colors[:, np.sin(np.arange(size) * 2 * np.pi * stripe_count / size) > 0.45] = stripes
    return _image(colors * weave)


def rug(seed: int, size: int = 256) -> np.ndarray:
    """A carpet of nested frames."""
    rng = np.random.default_rng(seed)
    image = np.full((size, size, 3), (128, 62, 52), np.float32)
    for ring in range(6):
        inset = 10 + ring * size // 20
        color = tuple(float(channel) for channel in rng.integers(60, 200, 3))
        cv2.rectangle(image, (inset, inset), (size - inset, size - inset), color, 3)
    return _image(image * (1 + 0.1 * rng.normal(size=(size, size, 1))))


def painting(seed: int, size: int = 128) -> np.ndarray:
    """A framed landscape: sky, hills and a sun."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(0, 1, size)[:, None, None]
    image = (1 - rows) * rng.integers(120, 230, 3) + rows * rng.integers(180, 240, 3) + np.zeros((size, size, 1))
    columns = np.arange(size)
    for depth in range(3):
        ridge = size * (0.45 + 0.17 * depth) + 10 * np.sin(columns / size * rng.uniform(4, 12) + rng.uniform(0, 6))
        image[np.arange(size)[:, None] > ridge[None]] = rng.integers(40, 150, 3)
    cv2.circle(image, (int(rng.integers(30, size - 30)), size // 4), 9, (235, 215, 150), -1)
    cv2.rectangle(image, (0, 0), (size - 1, size - 1), (70, 48, 32), 12)
    return _image(image)


def hair(seed: int, base: Color, size: int = 128) -> np.ndarray:
    """Strands along the vertical."""
    rng = np.random.default_rng(seed)
    strands = cv2.resize(rng.normal(size=(4, size)).astype(np.float32), (size, size))[..., None]
    return _image(np.array(base) * (1 + 0.13 * strands + 0.05 * rng.normal(size=(size, size, 1))))


def face(seed: int, skin: Color, brow: Color, eyes: np.ndarray, extent_m: tuple[float, float, float, float],
         size: int = 512) -> np.ndarray:
    """A head seen from the front, drawn in metres.

    eyes: (2, 2) x and z of the eyes' middles [m]; extent_m: (left, right, bottom, top) of the picture [m].
    Row 0 is the top. Cheeks, brows, lids, lips, the fold beside the nose and age lines are painted.
    """
    rng = np.random.default_rng(seed)
    left, right, bottom, top = extent_m
    x = np.linspace(left, right, size)[None, :]
    z = np.linspace(top, bottom, size)[:, None]
    level = float(eyes[:, 1].mean())
    across = np.abs(x)
    spread = float(np.abs(eyes[:, 0]).mean())
    image = np.array(skin) * (1 + 0.02 * _clouds(rng, 24, size) + 0.02 * rng.normal(size=(size, size, 1)))

    def blend(mask: np.ndarray, color: Color | np.ndarray) -> None:
        image[:] = image * (1 - mask[..., None]) + mask[..., None] * np.array(color, float)

    shade = np.array(skin) * 0.62
    blend(0.30 * np.exp(-((across - 0.036) / 0.017) ** 2 - ((z - level + 0.040) / 0.017) ** 2), (205, 110, 100))
    blend(0.75 * np.exp(-((across - spread - 0.002) / 0.017) ** 4
                        - ((z - level - 0.021 + 0.004 * ((across - spread) / 0.017) ** 2) / 0.0035) ** 4), brow)
    blend(0.35 * np.exp(-((across - spread) / 0.016) ** 2 - ((z - level) / 0.010) ** 2), shade)
    mouth = level - 0.072
    blend(0.85 * np.exp(-(across / 0.024) ** 4 - ((z - mouth) / 0.0075) ** 2), (168, 96, 90))
    blend(0.80 * np.exp(-(across / 0.025) ** 4 - ((z - mouth) / 0.0016) ** 2), (105, 55, 52))
    fold = 0.016 + (level - 0.035 - z) * 0.42
    blend(0.30 * np.exp(-((across - fold) / 0.0022) ** 2) * ((z < level - 0.035) & (z > mouth - 0.008)), shade)
    for wrinkle in range(3):
        height = level + 0.045 + 0.011 * wrinkle
        blend(0.16 * np.exp(-((z - height - 0.002 * np.cos(x * 90)) / 0.0012) ** 2) * (across < 0.045), shade)
    return _image(image)


def eye(iris: Color = (86, 62, 44), size: int = 128) -> np.ndarray:
    """An eyeball from the front; the picture spans its diameter."""
    image = np.full((size, size, 3), (226, 220, 214), np.uint8)
    middle = (size // 2, size // 2)
    cv2.circle(image, middle, int(size * 0.24), iris, -1, cv2.LINE_AA)
    cv2.circle(image, middle, int(size * 0.11), (14, 12, 12), -1, cv2.LINE_AA)
    cv2.circle(image, (int(size * 0.44), int(size * 0.44)), 4, (245, 245, 245), -1, cv2.LINE_AA)
    return image
