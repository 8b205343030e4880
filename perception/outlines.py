"""Bodies told from depth alone, before a camera at rest: what stands out from the room, how high it is, what it became.

In the dark, far away or half hidden the pose model finds nobody; an outline that was as high as somebody who stands, or
lay on a bed, and a second later lies on the floor, is somebody who fell all the same (after Stone and Skubic 2015, who
found falls in homes so).
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from perception.floor import LOST_S, STEP_PX, Shape
from perception.geometry import CARRIERS, TORSO_M, Camera
from perception.pose import Box
from perception.tracks import Track, new_track_id
from robot.grid import Grid
from robot.site import Site

PERIOD_S = 0.2
RANGE_M = 6.0
# What moved: nearer or farther than before by more than stereo depth is off, which grows with the distance squared.
MARGIN_M, MARGIN_PER_M2 = 0.10, 0.012
LEARNS = 0.05                # of what differs by less, with each look
# A camera that moved or turned by more sees another room: 0.012 radians are 5 pixels of 640. At rest the simulated
# robot's place varies by less.
MOVES_M, TURNS_RAD = 0.03, 0.012
CLOCK_JUMP_S = 1.0
# Without depth for so many looks, what was there is gone: before it was the end of a corridor. For as many as DARK it
# may have been a hole, and what is measured there again at the old depth is the room.
GONE_LOOKS, DARK_LOOKS = 2, 25
BLIND = 0.5                  # a picture with less than this share of the depth known before says nothing
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
STAYS_S, STAYS_M, TOLD_WITHIN_S = 0.4, 0.35, 1.5
LOST_FOR_S = 1.0             # a raised arm, or a piece too small for a look or two
REACH_M = 1.3                # a falling body comes to lie within its length of where it stood
SAME_M, GROWS = 0.6, 1.5     # a body that fell onto a bag is another outline than the bag
# Who still stands so near when it has come down has put something down, or looks after who fell; what is half as high
# is the rest of somebody who kneels.
COMPANY_M, REST_M = 2.0, 1.0
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

    @property
    def shape(self) -> Shape:
        return Shape(self.middle, self.median_m, self.length_m, self.area_m2)


@dataclass(eq=False)
class Low:
    """A low outline. came_down: torso lengths per second, NaN if it did not. track_id: of who fell, once it is told."""
    outline: Outline
    since_s: float
    seen_s: float
    came_down: float = math.nan
    rests_at: np.ndarray = field(init=False)
    rests_since_s: float = field(init=False)
    in_company: bool = False
    track_id: str = ""

    def __post_init__(self) -> None:
        self.rests_at, self.rests_since_s = self.outline.middle, self.since_s

    def see(self, outline: Outline, time_s: float) -> None:
        self.outline, self.seen_s = outline, time_s
        if np.hypot(*(outline.middle - self.rests_at)) > STAYS_M:
            self.rests_at, self.rests_since_s = outline.middle, time_s


class Outlines:
    """Feed it depth pictures of a camera that may move; it knows the room while the camera rests."""

    def __init__(self, site: Site, grid: Grid) -> None:
        """`grid`: the plan in the frame map."""
        self._grid, self._carriers = grid, _over(site, grid)
        self._next_s = -math.inf
        self._forget()

    def _forget(self) -> None:
        self._room_m = self._unknown = self._since_s = self._farther = self._at = None
        self._high: list[tuple[float, Outline]] = []
        self._higher: list[Outline] = []
        self._low: list[Low] = []

    def look(self, depth_mm: np.ndarray, camera: Camera, camera_to_map: np.ndarray, time_s: float) -> None:
        """Take in a depth picture (height, width) uint16 mm, 0 = none, a few times a second at most."""
        if self._next_s - PERIOD_S - CLOCK_JUMP_S < time_s < self._next_s:
            return
        if time_s < self._next_s:  # the clock was set back
            self._forget()
        self._next_s = time_s + PERIOD_S
        depth_m = depth_mm[STEP_PX // 2::STEP_PX, STEP_PX // 2::STEP_PX] / np.float32(1000)
        depth_m = np.where((depth_m > 0.2) & (depth_m < RANGE_M), depth_m, np.float32(np.nan))
        if self._room_m is None or depth_m.shape != self._room_m.shape or _has_moved(self._at, camera_to_map):
            self._forget()
            self._room_m, self._at = depth_m, camera_to_map.copy()
            self._unknown, self._since_s = np.isnan(depth_m).astype(int), np.full(depth_m.shape, np.inf)
            self._farther = np.zeros(depth_m.shape, bool)
            return
        if np.isfinite(depth_m).sum() < BLIND * np.isfinite(self._room_m).sum():
            return
        here, gone = self._compare(depth_m, camera, camera_to_map, time_s)
        self._high = [(seen_s, one) for seen_s, one in self._high if time_s - seen_s <= OFF_BED_WITHIN_S]
        self._high += [(time_s, one) for one in here if one.top_m >= UPRIGHT_M or one.carried >= 0.5]
        self._high += [(time_s, one) for one in gone if one.top_m >= UPRIGHT_M]
        self._higher = [one for one in here if one.top_m > LOW_M]
        self._follow(here, time_s)

    def fallen(self, tracks: Sequence[Track], time_s: float) -> list[Low]:
        """Who came down, lies there still and was shown by no skeleton as it did. `tracks`: all who are followed."""
        for low in self._low:
            if not low.track_id and self._has_fallen(low, time_s) and not any(
                    time_s - track.seen_s <= LOST_S and track.sight.body.placed
                    and _apart_m(track.sight.body.position[:2], low) < SEEN_NEAR_M for track in tracks):
                low.track_id = new_track_id()
        return [low for low in self._low if low.track_id]

    def _has_fallen(self, low: Low, time_s: float) -> bool:
        """Whether it came down and stayed, alone; another piece of who is told already is not told again."""
        return (low.came_down > 0 and not low.in_company and low.seen_s > self._next_s - 2 * PERIOD_S
                and time_s - low.rests_since_s >= STAYS_S
                and time_s - low.since_s <= TOLD_WITHIN_S
                and not any(_apart_m(other.middle, low) < REST_M for other in self._higher)
                and not any(other.track_id and _apart_m(other.outline.middle, low) < REACH_M for other in self._low))

    def _compare(self, depth_m: np.ndarray, camera: Camera, camera_to_map: np.ndarray,
                 time_s: float) -> tuple[list[Outline], list[Outline]]:
        """What is nearer than the room, and what of the room is gone; then the room as it is now."""
        known = np.isfinite(depth_m)
        self._unknown = np.where(known, 0, self._unknown + 1)
        room_m = np.where(np.isnan(self._room_m), np.float32(RANGE_M), self._room_m)
        margin_m = MARGIN_M + MARGIN_PER_M2 * np.square(np.fmin(depth_m, room_m))
        nearer, farther = depth_m < room_m - margin_m, depth_m > room_m + margin_m
        gone = farther | (self._unknown == GONE_LOOKS) & (self._room_m < RANGE_M - 2 * margin_m)
        here, gone = (self._outlines(_without_lines(change), surface_m, camera, camera_to_map)
                      for change, surface_m in ((nearer, depth_m), (gone, self._room_m)))
        self._since_s = np.where(nearer | ~known, np.minimum(self._since_s, time_s), np.inf)
        stays = known & (time_s - self._since_s > ABSORB_S) & (not any(low.track_id for low in self._low))
        like = known & ~nearer & ~farther
        taken = stays | farther & self._farther  # twice: the noise of edges is once
        self._room_m = np.where(taken, depth_m, self._room_m)
        self._room_m = np.where(like, self._room_m + LEARNS * (depth_m - self._room_m), self._room_m)
        self._room_m[self._unknown >= DARK_LOOKS] = np.nan
        self._farther = farther
        return here, gone

    def _outlines(self, change: np.ndarray, surface_m: np.ndarray, camera: Camera,
                  camera_to_map: np.ndarray) -> list[Outline]:
        rows_px, columns_px = np.nonzero(change)
        depth_m = surface_m[rows_px, columns_px]
        xs, ys = (pixels * STEP_PX + STEP_PX // 2 for pixels in (columns_px, rows_px))
        points = np.column_stack([(xs - camera.cx) / camera.fx, (ys - camera.cy) / camera.fy, np.ones(len(xs))])
        points = points * depth_m[:, None] @ camera_to_map[:3, :3].T + camera_to_map[:3, 3]
        rows, columns, inside = self._grid.cells(points[:, :2])
        pixels = np.column_stack([xs, ys])[inside].astype(float)
        edge = ((rows_px <= 1) | (rows_px >= change.shape[0] - 2) | (columns_px <= 1)
                | (columns_px >= change.shape[1] - 2))[inside]
        heights_m = np.full(self._grid.heights_m.shape, -np.inf)
        np.maximum.at(heights_m, (rows, columns), points[inside, 2])
        filled = heights_m > LEAST_M
        joined = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((JOIN_CELLS, JOIN_CELLS), np.uint8))
        count, labels = cv2.connectedComponents(joined)
        found = []
        for label in range(1, count):
            cells = np.nonzero((labels == label) & filled)
            area_m2 = len(cells[0]) * self._grid.resolution_m ** 2
            if area_m2 < LEAST_AREA_M2:
                continue
            own = labels[rows, columns] == label
            middle, sides, _ = cv2.minAreaRect(np.column_stack(self._grid.middle(*cells)).astype(np.float32))
            found.append(Outline(np.array(middle), float(np.percentile(heights_m[cells], 95)),
                                 float(np.median(heights_m[cells])), float(max(sides)), area_m2,
                                 float(self._carriers[cells].mean()), bool(edge[own].any()),
                                 (*pixels[own].min(axis=0), *pixels[own].max(axis=0))))
        return found

    def _follow(self, here: list[Outline], time_s: float) -> None:
        """Whose low outline is whose, and which are new; those new came down, or not."""
        left = list(here)
        for low in sorted(self._low, key=lambda low: (not low.track_id, low.since_s)):
            near = [one for one in left if _apart_m(one.middle, low) < SAME_M and (
                one.top_m < UPRIGHT_M if low.track_id else
                _is_low(one) and one.area_m2 <= GROWS * max(low.outline.area_m2, 2 * LEAST_AREA_M2))]
            if near:
                nearest = min(near, key=lambda one: _apart_m(one.middle, low))
                left.remove(nearest)
                low.see(nearest, time_s)
        self._low = [low for low in self._low if time_s - low.seen_s <= LOST_FOR_S]
        self._low += [Low(one, time_s, time_s) for one in left if _is_low(one)]
        for low in self._low:
            if math.isnan(low.came_down) and time_s - low.since_s <= STAYS_S:  # before a dark end it is gone later
                low.came_down = max(
                    ((high.top_m - low.outline.top_m) / (max(low.since_s - seen_s, 0.0) + 2 * PERIOD_S) / TORSO_M
                     for seen_s, high in self._high
                     if _apart_m(high.middle, low) < REACH_M and _came_down(high, low.outline, low.since_s - seen_s)),
                    default=math.nan)
            if time_s - low.since_s >= STAYS_S:
                low.in_company |= any(other.top_m >= UPRIGHT_M and _apart_m(other.middle, low) < COMPANY_M
                                      for other in self._higher)


def _has_moved(before: np.ndarray, now: np.ndarray) -> bool:
    change = np.abs(now - before)[:3]
    return bool(change[:, 3].max() > MOVES_M or change[:, :3].max() > TURNS_RAD)


def _without_lines(change: np.ndarray) -> np.ndarray:
    """Without what is narrower than three pixels, as the noise of edges is."""
    return cv2.morphologyEx(change.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def _is_low(one: Outline) -> bool:
    return (FLAT_M <= one.top_m <= LOW_M and one.carried < 0.5 and LENGTH_M[0] <= one.length_m <= LENGTH_M[1]
            and (not one.cut or one.length_m >= CUT_LENGTH_M))


def _came_down(high: Outline, low: Outline, ago_s: float) -> bool:
    """Whether what was high so long ago may be what is low now."""
    if high.top_m >= UPRIGHT_M:
        return ago_s <= DOWN_WITHIN_S
    return high.top_m >= low.top_m + OFF_BED_M and ago_s <= OFF_BED_WITHIN_S


def _apart_m(place: Iterable[float], low: Low) -> float:
    return float(np.hypot(*(place - low.outline.middle)))


def _over(site: Site, grid: Grid) -> np.ndarray:
    """bool [rows, columns]: cells over beds and seats."""
    over, places = np.zeros(grid.heights_m.shape, bool), grid.middle(*np.indices(grid.heights_m.shape))
    for piece in site.furniture:
        if piece.kind in CARRIERS:
            over |= piece.contains(*places, grid.resolution_m)
    return over
