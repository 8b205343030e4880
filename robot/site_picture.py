"""The floor plan of a site as a picture, for people to look at."""
from __future__ import annotations

import cv2
import numpy as np

from robot.site import Room, Site
from robot.site_checks import door_jambs

FONT, SMALLNESS = cv2.FONT_HERSHEY_SIMPLEX, 250  # a letter is about 8 cm of floor high


def picture(site: Site, pixels_per_m: int = 100) -> np.ndarray:
    """The floor plan as an image, uint8 [height, width, 3] BGR, north up, half a metre of margin."""
    corners = np.array([point for room in site.rooms for point in room.polygon])
    low, high = corners.min(axis=0) - 0.5, corners.max(axis=0) + 0.5
    width, height = np.ceil((high - low) * pixels_per_m).astype(int)
    image = np.full((height, width, 3), 255, dtype=np.uint8)

    def pixel(points) -> np.ndarray:
        flat = (np.atleast_2d(np.asarray(points, dtype=float))[:, :2] - low) * pixels_per_m
        return np.column_stack([flat[:, 0], height - flat[:, 1]]).round().astype(np.int32)

    def write(text: str, at, color, room: Room | None = None) -> None:
        """Centred on the point; inside the room if one is given."""
        (wide, high), _ = cv2.getTextSize(text, FONT, pixels_per_m / SMALLNESS, 1)
        left, middle = pixel(at)[0] - (wide // 2, -high // 2)
        if room is not None:
            low_x, high_x = np.sort(pixel(room.polygon)[:, 0])[[0, -1]]
            left = max(low_x + wall, min(left, high_x - wall - wide))
        cv2.putText(image, text, (int(left), int(middle)), FONT, pixels_per_m / SMALLNESS, color, 1, cv2.LINE_AA)

    wall = max(2, int(site.site.map.wall_thickness_m * pixels_per_m))
    for room in site.rooms:
        cv2.fillPoly(image, [pixel(room.polygon)], (240, 246, 250))
    for piece in site.furniture:
        cv2.fillPoly(image, [pixel(piece.corners)], (190, 214, 232) if piece.kind != "bed" else (226, 200, 178))
    for room in site.rooms:
        cv2.polylines(image, [pixel(room.polygon)], True, (70, 70, 70), wall)
        west, north = np.min(room.polygon, axis=0)[0], np.max(room.polygon, axis=0)[1]
        write(room.id, (west, north - 0.18), (120, 120, 120), room)
    for door in site.doors:
        room = next(room for room in site.rooms if room.id in door.between)
        jambs = [tuple(p) for p in pixel(door_jambs(room, door.at, door.width_m)).tolist()]
        cv2.line(image, *jambs, (200, 235, 200) if door.open else (90, 140, 200), wall)
    for piece in site.furniture:
        write(piece.id, piece.pose, (60, 60, 60), site.room(piece.room))
    radius = int(site.robot.radius_m * pixels_per_m)
    for dock in site.robot.docks:
        cv2.circle(image, tuple(pixel(dock.pose)[0].tolist()), radius, (60, 150, 60), 2, cv2.LINE_AA)
        write(dock.id, (dock.pose[0], dock.pose[1] - site.robot.radius_m - 0.12), (60, 150, 60), site.room(dock.room))
    for below, patrol in enumerate(site.patrols):
        for number, stop in enumerate(patrol.stops, 1):
            cv2.circle(image, tuple(pixel(stop.at)[0].tolist()), radius // 2, (180, 90, 30), 2, cv2.LINE_AA)
            write(f"{patrol.id} {number}", (stop.at[0], stop.at[1] - 0.24 - 0.16 * below), (180, 90, 30),
                  site.room(stop.room))
    return image
