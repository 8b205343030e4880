"""Whom the pose model does not see, told from depth: who was lost from sight, and who fell without ever being seen."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perception.course import DESCENT_MEMORY_S
from perception.floor import LOST_S, OF_SOMEBODY_SEEN_M, FloorWatch, Shape
from perception.geometry import Camera
from perception.outlines import TOLD_WITHIN_S, Outlines
from perception.pose import Box
from perception.tracks import FORGET_PLACED_S, Track
from robot.grid import plan_grid
from robot.site import Site


@dataclass(eq=False)
class Stranger:
    """Somebody who fell and of whom only the shape was seen: where it is now, or was last, within a box of the picture.

    descent_speed: torso lengths per second, NaN when it is over. visible: seen in the newest look, by no skeleton.
    """
    track_id: str
    shape: Shape
    box: Box
    since_s: float
    seen_s: float
    descent_speed: float
    visible: bool = True
    shown_s: float = math.inf  # since when a skeleton shows who it is, as long as it does


class Unseen:
    """What the depth pictures of one camera say beside the skeletons."""

    def __init__(self, site: Site) -> None:
        grid = plan_grid(site)
        self._floor, self._outlines = FloorWatch(grid), Outlines(site, grid)
        self._strangers: dict[str, Stranger] = {}

    def look(self, depth_mm: np.ndarray, camera: Camera, camera_to_map: np.ndarray, tracks: Sequence[Track],
             time_s: float) -> list[Stranger]:
        """Take in a depth picture (height, width) uint16 mm, 0 = none. `tracks`: all who are followed, as of now.

        Gives tracks out of sight the shape that lies where they must be, and returns who fell and is no track; who
        becomes one is out of sight for a moment before.
        """
        self._floor.look(depth_mm, camera, camera_to_map, time_s)
        self._outlines.look(depth_mm, camera, camera_to_map, time_s)
        for one in self._strangers.values():
            one.visible = False
        for low in self._outlines.fallen(tracks, time_s):
            one = self._strangers.setdefault(low.track_id, Stranger(
                low.track_id, low.outline.shape, low.outline.box, low.since_s, time_s, low.came_down))
            one.shape, one.box, one.seen_s = low.outline.shape, low.outline.box, low.seen_s
            one.visible = time_s - low.seen_s <= LOST_S
        for one in self._strangers.values():
            if not one.visible and (shape := self._still_there(one, time_s)):  # the camera moves
                one.shape, one.seen_s, one.visible = shape, time_s, True
            if time_s - one.since_s > DESCENT_MEMORY_S:
                one.descent_speed = math.nan
            one.shown_s = min(one.shown_s, time_s) if _shows(tracks, one.shape) else math.inf
            one.visible &= time_s < one.shown_s
        self._strangers = {track_id: one for track_id, one in self._strangers.items()
                           if -TOLD_WITHIN_S <= time_s - one.seen_s <= FORGET_PLACED_S}
        strangers = [one for one in self._strangers.values() if time_s - one.shown_s <= LOST_S]
        self._floor.find_lost(tracks, time_s, [one.shape.center for one in strangers if one.visible])
        return strangers

    def _still_there(self, one: Stranger, time_s: float) -> Shape | None:
        return next((shape for shape in self._floor.shapes(one.since_s - TOLD_WITHIN_S, time_s)
                     if np.hypot(*(shape.center - one.shape.center)) <= OF_SOMEBODY_SEEN_M), None)


def _shows(tracks: Sequence[Track], shape: Shape) -> bool:
    """Whether a skeleton shows who lies there: by half a body's length the middles of the two may differ."""
    return any(track.visible and track.sight.body.placed and np.hypot(
        *(track.sight.body.position[:2] - shape.center)) <= max(OF_SOMEBODY_SEEN_M, shape.length_m / 2)
               for track in tracks)
