"""A site written for other tools: the map that Nav2 loads, and the floor plan as a picture.

Every format is a function (site, folder) -> files written, announced in the entry-point group `anban.site_formats`.
"""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import yaml

from robot.grid import Grid, plan_grid
from robot.site import Site
from robot.site_picture import picture

# What map_server reads as free, unknown and occupied: its own saver's grey levels, with thresholds between them.
FREE, UNKNOWN, OCCUPIED = 254, 205, 0
FREE_THRESHOLD, OCCUPIED_THRESHOLD = 0.196, 0.65  # unknown is (255 - 205) / 255 = 0.19608: just not free


def nav2(site: Site, folder: Path) -> list[Path]:
    """`map.yaml` and `map.pgm` for nav2's map_server, cell for cell the grid that Anban's own navigator plans on.

    Furniture is occupied over its whole footprint, also a table: nothing drives between its legs. Raises OSError.
    """
    grid = plan_grid(site)
    image, description = folder / "map.pgm", folder / "map.yaml"
    if not cv2.imwrite(str(image), trinary(grid)):
        raise OSError(f"{image} could not be written")
    facts = {"image": image.name, "mode": "trinary", "resolution": grid.resolution_m,
             "origin": [*(round(value, 6) for value in grid.origin), 0.0], "negate": 0,
             "occupied_thresh": OCCUPIED_THRESHOLD, "free_thresh": FREE_THRESHOLD}
    description.write_text(yaml.safe_dump(facts, sort_keys=False, default_flow_style=None), encoding="utf-8")
    return [description, image]


def trinary(grid: Grid) -> np.ndarray:
    """The grid as map_server's grey levels, uint8 [rows, columns], the northernmost row first; outside is unknown."""
    levels = np.where(grid.occupied, OCCUPIED, FREE)
    return np.flipud(np.where(np.isinf(grid.heights_m), UNKNOWN, levels)).astype(np.uint8)


def png(site: Site, folder: Path) -> list[Path]:
    """`plan.png`, the floor plan as `anban site draw` draws it. Raises OSError."""
    file = folder / "plan.png"
    if not cv2.imwrite(str(file), picture(site)):
        raise OSError(f"{file} could not be written")
    return [file]
