"""Whom the pose model does not see, told from depth: who was lost from sight, and who fell without ever being seen."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perception.floor import FloorWatch
from perception.geometry import Camera
from perception.outlines import Outlines, Stranger
from perception.tracks import Track
from robot.grid import plan_grid
from robot.site import Site


class Unseen:
    """What the depth pictures of one camera say beside the skeletons."""

    def __init__(self, site: Site) -> None:
        grid = plan_grid(site)
        self._floor, self._outlines = FloorWatch(grid), Outlines(site, grid)

    def look(self, depth_mm: np.ndarray, camera: Camera, camera_to_map: np.ndarray, tracks: Sequence[Track],
             time_s: float) -> list[Stranger]:
        """Take in a depth picture (height, width) uint16 mm, 0 = none. `tracks`: all who are followed, as of now.

        Gives tracks out of sight the shape that lies where they must be, and returns who fell and is no track.
        """
        self._outlines.look(depth_mm, camera, camera_to_map, time_s)
        strangers = self._outlines.strangers(tracks, time_s)
        self._floor.look(depth_mm, camera, camera_to_map, time_s)
        self._floor.find_lost(tracks, time_s, [stranger.shape.center for stranger in strangers])
        return strangers
