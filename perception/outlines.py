"""Bodies told from depth alone, before a camera at rest: what stands out from the room, how high it is, what it became.

In the dark, far away or half hidden the pose model finds nobody; an outline that was as high as somebody who stands, or
lay on a bed, and lies on the floor within a second, is somebody who fell all the same (after Stone and Skubic 2015, who
found falls in homes so).
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from perception.floor import LOST_S, OF_SOMEBODY_SEEN_M, STEP_PX, Shape
from perception.geometry import CARRIERS, TORSO_M, Camera
from perception.pose import Box
from perception.tracks import Track, new_track_id
from robot.grid import Grid
from robot.site import Site

PERIOD_S = 0.2
RANGE_M = 6.0
# What moved: nearer or farther than before by more than stereo depth is off, which grows with the distance squared.
MARGIN_M, MARGIN_PER_M2 = 0.10, 0.012
# A camera that moved or turned by more sees another room: 0.012 radians are 5 pixels of 640. At rest the simulated
# robot's place varies by less.
MOVES_M, TURNS_RAD = 0.03, 0.012
DARK_LOOKS = 3               # so long without depth a pixel is as if nothing were there: the end of a corridor
ABSORB_S = 60.0              # what has stood there for so long belongs to the room
LEAST_M, LEAST_AREA_M2 = 0.06, 0.03  # above the floor's noise; a low camera sees 0.04 m2 of who lies 4 m away
JOIN_CELLS = 5               # gaps of 0.25 m within a body
# Top of an outline: the 95th percentile of its cells. Heads are above 1.1 m also seated, 0.6 to 1.0 m on all fours; who
# lies is 0.2 to 0.5 m high; what is lower than 0.18 m is a rug, or a machine that sweeps.
UPRIGHT_M, LOW_M, FLAT_M = 1.1, 0.60, 0.18
# Of who fell between bed and wall 0.4 m are seen. What the picture cuts off may be the foot of who walks out.
LENGTH_M, CUT_LENGTH_M = (0.35, 2.4), 0.9
OFF_BED_M = 0.2              # who falls off a bed comes down by this at least
# Of rehearsed falls that no skeleton showed all were low 0 to 0.7 s after they had been upright, 0.6 to 1.0 s after
# bed; who lies down on the floor on purpose takes 2 s and more.
DOWN_WITHIN_S, OFF_BED_WITHIN_S = 0.8, 1.2
STAYS_S, TOLD_WITHIN_S = 0.4, 1.5
REACH_M = 1.3                # a falling body comes to lie within its length of where it stood
SAME_M = 0.6
# Who stands so near has put something down, or looks after who fell.
COMPANY_M = 2.0
SEEN_NEAR_M = 1.5            # whose skeleton is seen there is judged by it


@dataclass(frozen=True, eq=False)
class Outline:
    """Something that was not there before, or is there no more. middle: (2,) map [m]; top_m: above the floor.

    carried: share of it over beds and seats. cut: the picture's edge cuts it off. box: around it in the picture.
    """
    middle: np.ndarray
    top_m: float
    median_m: float
    length_m: float
    area_m2: float
    carried: float
    cut: bool
    box: Box


@dataclass(frozen=True, eq=False)
class Stranger:
    """Somebody who fell and of whom only the shape was seen, within a box of the picture.

    descent_speed: torso lengths per second.
    """
    track_id: str
    shape: Shape
    descent_speed: float
    box: Box


@dataclass(eq=False)
class _Low:
    """A low outline, since when it is there and how fast it came down, if it did."""
    outline: Outline
    since_s: float
    descent_speed: float = math.nan
    track_id: str = ""

    @property
    def shape(self) -> Shape:
        one = self.outline
        return Shape(one.middle, one.median_m, one.length_m, one.area_m2)


class Outlines:
    """Feed it depth pictures of a camera that may move; it knows the room while the camera rests."""

    def __init__(self, site: Site, grid: Grid) -> None:
        """`grid`: the plan in the frame map."""
        self._grid, self._carriers = grid, _over(site, grid)
        self._next_s = -math.inf
        self._forget()

    def _forget(self) -> None:
        self._room_m: np.ndarray | None = None
        self._high: list[tuple[float, Outline]] = []
        self._standing: list[Outline] = []
        self._low: list[_Low] = []

    def look(self, depth_mm: np.ndarray, camera: Camera, camera_to_map: np.ndarray, time_s: float) -> None:
        """Take in a depth picture (height, width) uint16 mm, 0 = none, a few times a second at most."""
        if self._next_s - PERIOD_S < time_s < self._next_s:
            return
        if time_s < self._next_s - PERIOD_S:  # the clock was set back
            self._forget()
        self._next_s = time_s + PERIOD_S
        depth_m = depth_mm[STEP_PX // 2::STEP_PX, STEP_PX // 2::STEP_PX] / np.float32(1000)
        depth_m = np.where((depth_m > 0.2) & (depth_m < RANGE_M), depth_m, np.float32(np.nan))
        if self._room_m is None or depth_m.shape != self._room_m.shape or _has_moved(self._at, camera_to_map):
            self._forget()
            self._room_m, self._at = depth_m, camera_to_map.copy()
            self._unknown, self._since_s = np.isnan(depth_m).astype(int), np.full(depth_m.shape, np.inf)
            return
        nearer, farther = self._changes(depth_m, time_s)
        here, gone = (self._outlines(change, surface_m, camera, camera_to_map)
                      for change, surface_m in ((nearer, depth_m), (farther, self._room_m)))
        self._keep_room(depth_m, nearer, time_s)
        self._high = [(seen_s, one) for seen_s, one in self._high if time_s - seen_s <= OFF_BED_WITHIN_S]
        self._high += [(time_s, one) for one in here + gone if one.top_m > LOW_M]
        self._standing = [one for one in here if one.top_m >= UPRIGHT_M]
        self._low = [self._followed(one, time_s) for one in here if _is_low(one)]

    def strangers(self, tracks: Sequence[Track], time_s: float) -> list[Stranger]:
        """Who fell and lies there still, and is shown by no skeleton. `tracks`: all who are followed."""
        for low in self._low:
            if not low.track_id and self._has_fallen(low, time_s) and not _is_seen(
                    low.outline, tracks, time_s, SEEN_NEAR_M):
                low.track_id = new_track_id()
        largest = {low.track_id: low for low in sorted(self._low, key=lambda low: low.outline.area_m2)}  # of pieces
        return [Stranger(track_id, low.shape, low.descent_speed, low.outline.box) for track_id, low in largest.items()
                if track_id and not _is_seen(low.outline, tracks, time_s, OF_SOMEBODY_SEEN_M)]

    def _has_fallen(self, low: _Low, time_s: float) -> bool:
        """Whether it came down and stayed, alone; another piece of who is told already is not told again."""
        return (low.descent_speed > 0 and STAYS_S <= time_s - low.since_s <= TOLD_WITHIN_S
                and all(_apart_m(other, low.outline) >= COMPANY_M for other in self._standing)
                and not any(other.track_id and _apart_m(other.outline, low.outline) < REACH_M for other in self._low))

    def _changes(self, depth_m: np.ndarray, time_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Two masks: where something is nearer than the room, and where it is farther; lines are noise of edges."""
        self._unknown = np.where(np.isnan(depth_m), self._unknown + 1, 0)
        room_m = np.where(np.isnan(self._room_m), np.float32(RANGE_M), self._room_m)
        margin_m = MARGIN_M + MARGIN_PER_M2 * np.square(np.fmin(depth_m, room_m))
        nearer = depth_m < room_m - margin_m
        farther = (depth_m > self._room_m + margin_m) | (self._unknown >= DARK_LOOKS - 1) & (
            self._room_m < RANGE_M - 2 * margin_m)
        square = np.ones((3, 3), np.uint8)
        return tuple(cv2.morphologyEx(change.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
                     for change in (nearer, farther))

    def _keep_room(self, depth_m: np.ndarray, nearer: np.ndarray, time_s: float) -> None:
        self._since_s = np.where(nearer, np.minimum(self._since_s, time_s), np.inf)
        stays = (time_s - self._since_s > ABSORB_S) & (not any(low.track_id for low in self._low))
        self._room_m = np.where((depth_m > self._room_m) | stays, depth_m, self._room_m)
        self._room_m[self._unknown >= DARK_LOOKS] = np.nan

    def _outlines(self, change: np.ndarray, surface_m: np.ndarray, camera: Camera,
                  camera_to_map: np.ndarray) -> list[Outline]:
        rows_px, columns_px = np.nonzero(change)
        depth_m = surface_m[rows_px, columns_px]
        xs, ys = (pixels * STEP_PX + STEP_PX // 2 for pixels in (columns_px, rows_px))
        points = np.column_stack([(xs - camera.cx) / camera.fx, (ys - camera.cy) / camera.fy, np.ones(len(xs))])
        points = points * depth_m[:, None] @ camera_to_map[:3, :3].T + camera_to_map[:3, 3]
        rows, columns, inside = self._grid.cells(points[:, :2])
        edge = ((rows_px <= 1) | (rows_px >= change.shape[0] - 2) | (columns_px <= 1)
                | (columns_px >= change.shape[1] - 2))[inside]
        heights_m = np.full(self._grid.heights_m.shape, -np.inf)
        np.maximum.at(heights_m, (rows, columns), points[inside, 2])
        cut = np.zeros(heights_m.shape, bool)
        cut[rows[edge], columns[edge]] = True
        filled = heights_m > LEAST_M
        joined = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((JOIN_CELLS, JOIN_CELLS), np.uint8))
        count, labels = cv2.connectedComponents(joined)
        found = []
        for label in range(1, count):
            cells = np.nonzero((labels == label) & filled)
            area_m2 = len(cells[0]) * self._grid.resolution_m ** 2
            if area_m2 >= LEAST_AREA_M2:
                middle, sides, _ = cv2.minAreaRect(np.column_stack(self._grid.middle(*cells)).astype(np.float32))
                own = labels[rows, columns] == label
                box = (*(float(pixels[inside][own].min()) for pixels in (xs, ys)),
                       *(float(pixels[inside][own].max()) for pixels in (xs, ys)))
                found.append(Outline(np.array(middle), float(np.percentile(heights_m[cells], 95)),
                                     float(np.median(heights_m[cells])), float(max(sides)), area_m2,
                                     float(self._carriers[cells].mean()), bool(cut[cells].any()), box))
        return found

    def _followed(self, outline: Outline, time_s: float) -> _Low:
        """What is known of a low outline: it was there before, or it is new and came down, or not."""
        before = [low for low in self._low if _apart_m(low.outline, outline) < SAME_M]
        low = _Low(outline, time_s)
        if before:
            oldest = min(before, key=lambda low: (not low.track_id, low.since_s))
            low = replace(oldest, outline=outline)
        if math.isnan(low.descent_speed) and time_s - low.since_s <= STAYS_S:  # before a dark end it is gone later
            low.descent_speed = self._descent_speed(low)
        return low

    def _descent_speed(self, low: _Low) -> float:
        """Of what was high before it was low [torso lengths per second]; NaN where nothing was."""
        speeds = [(high.top_m - low.outline.top_m) / (max(low.since_s - seen_s, 0.0) + 2 * PERIOD_S) / TORSO_M
                  for seen_s, high in self._high
                  if _apart_m(high, low.outline) < REACH_M and _came_down(high, low.outline, low.since_s - seen_s)]
        return max(speeds, default=math.nan)


def _has_moved(before: np.ndarray, now: np.ndarray) -> bool:
    change = np.abs(now - before)[:3]
    return bool(change[:, 3].max() > MOVES_M or change[:, :3].max() > TURNS_RAD)


def _is_low(one: Outline) -> bool:
    return (FLAT_M <= one.top_m <= LOW_M and one.carried < 0.5 and LENGTH_M[0] <= one.length_m <= LENGTH_M[1]
            and (not one.cut or one.length_m >= CUT_LENGTH_M))


def _came_down(high: Outline, low: Outline, ago_s: float) -> bool:
    """Whether what was high so long ago may be what is low now."""
    if high.top_m >= UPRIGHT_M:
        return ago_s <= DOWN_WITHIN_S
    return high.carried >= 0.5 and high.top_m >= low.top_m + OFF_BED_M and ago_s <= OFF_BED_WITHIN_S


def _is_seen(outline: Outline, tracks: Sequence[Track], time_s: float, within_m: float) -> bool:
    """Whether a skeleton is, or was a moment ago, seen so near."""
    return any(time_s - track.seen_s <= LOST_S and body.placed
               and np.hypot(*(body.position[:2] - outline.middle)) <= within_m
               for track in tracks for body in [track.sight.body])


def _apart_m(one: Outline, other: Outline) -> float:
    return float(np.hypot(*(one.middle - other.middle)))


def _over(site: Site, grid: Grid) -> np.ndarray:
    """bool [rows, columns]: cells over beds and seats."""
    over, places = np.zeros(grid.heights_m.shape, bool), grid.middle(*np.indices(grid.heights_m.shape))
    for piece in site.furniture:
        if piece.kind in CARRIERS:
            over |= piece.contains(*places, grid.resolution_m)
    return over
