"""Pictures for people to look at: skeletons drawn in, and the small snapshot that goes with an alarm."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Limbs between the 18 points of REP-155.
LIMBS = ((1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (2, 8), (8, 9), (9, 10), (5, 11), (11, 12), (12, 13), (8, 11),
         (0, 1), (0, 14), (0, 15), (14, 16), (15, 17))
FONTS = (Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),)
SNAPSHOT_BYTES = 60_000
SNAPSHOT_SIDE_PX = 480
GREEN, AMBER, RED = (80, 200, 90), (240, 170, 40), (230, 50, 50)  # RGB


def draw(image: np.ndarray, people: Iterable[Mapping[str, Any]], caption: str = "") -> np.ndarray:
    """A copy of an RGB picture (height, width, 3) uint8 with people drawn in.

    Each of `people` has `keypoints`, (18, 2) or (18, 3) px in the order of REP-155, and may have `label` (text) and
    `color` (RGB). `caption` is written along the lower edge. For BGR pictures give BGR colours.
    """
    picture = image.copy()
    height, width = picture.shape[:2]
    thickness = max(1, round(height / 240))
    for person in people:
        points = np.asarray(person["keypoints"], dtype=float)[:, :2]
        color = tuple(int(c) for c in person.get("color", GREEN))
        usable = np.isfinite(points).all(axis=1) & (np.abs(points) < 10_000).all(axis=1)
        for a, b in LIMBS:
            if usable[a] and usable[b]:
                cv2.line(picture, _pixel(points[a]), _pixel(points[b]), color, thickness, cv2.LINE_AA)
        for point in points[usable]:
            cv2.circle(picture, _pixel(point), thickness + 1, color, -1, cv2.LINE_AA)
        if person.get("label") and usable.any():
            left, top = points[usable].min(axis=0)
            x, y = int(np.clip(left, 2, width - 60)), int(np.clip(top - 8, 14, height - 8))
            _text(picture, str(person["label"]), x, y, color)
    if caption:
        picture = write_caption(picture, caption)
    return picture


def write_caption(image: np.ndarray, text: str) -> np.ndarray:
    """A copy of the picture with a text in any language along its lower edge, on as many lines as it needs."""
    height, width = image.shape[:2]
    picture = Image.fromarray(image)
    pen, font = ImageDraw.Draw(picture), _font(round(height / 24))
    lines = [""]
    for word in re.findall(r"[\x21-\u2fff]+|.", text):  # letters with spaces between words, or one sign after the other
        if pen.textlength(lines[-1] + word, font=font) > width - 16:
            lines.append("")
        lines[-1] = (lines[-1] + word).lstrip()
    pen.multiline_text((8, height - 8), "\n".join(lines), font=font, anchor="ld", fill="white", stroke_width=2,
                       stroke_fill="black")
    return np.array(picture)


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with Chinese and Japanese signs where the system has one."""
    for path in FONTS:
        if path.exists():
            return ImageFont.truetype(str(path), size_px)
    return ImageFont.load_default(size_px)


def snapshot_jpeg(image: np.ndarray, box: tuple[float, float, float, float] | None = None,
                  limit_bytes: int = SNAPSHOT_BYTES) -> bytes:
    """JPEG of an RGB picture, cropped to a person's box (left, top, right, bottom px) and their surroundings.

    Half the person's size is kept on each side, so that one sees where they are; longest side 480 px. Raises
    ValueError for an empty picture, or when the limit cannot be met.
    """
    if box is not None:
        image = _crop(image, box)
    scale = SNAPSHOT_SIDE_PX / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    for quality in (85, 75, 60, 45, 30, 15):
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(jpeg) <= limit_bytes:
            return jpeg.tobytes()
    raise ValueError(f"no JPEG under {limit_bytes} bytes from a picture of {picture.shape[1]}x{picture.shape[0]}")


def _crop(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    height, width = image.shape[:2]
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max(box[2] - box[0], box[3] - box[1], 80.0)  # the longer side, so twice the person; 80 px: never a mere dot
    left, right = int(np.clip(middle_x - half, 0, width)), int(np.clip(middle_x + half, 0, width))
    top, bottom = int(np.clip(middle_y - half, 0, height)), int(np.clip(middle_y + half, 0, height))
    if right - left < 16 or bottom - top < 16:  # the person is outside by now: the whole picture says more
        return image
    return image[top:bottom, left:right]


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(round(point[0])), int(round(point[1]))


def _text(picture: np.ndarray, text: str, x: int, y: int, color: tuple[int, ...]) -> None:
    size = picture.shape[0] / 480 * 0.55
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
