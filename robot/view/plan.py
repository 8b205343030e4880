"""The floor plan as SVG, in metres with y pointing down: a map point (x, y) lies at (x, -y)."""
from __future__ import annotations

from collections.abc import Iterable
from html import escape

from robot.site import Point, Site, in_language
from robot.site_checks import door_jambs

MARGIN_M = 0.4
EMPTY = '<svg viewBox="-5 -4 10 8"><g class="plan"></g><g id="live"></g></svg>'  # where the site is not known


def floor_plan(site: Site, language: str = "en") -> str:
    """Rooms, doors, furniture, docks and patrol stops; an empty group `live` on top is for what moves."""
    corners = [corner for room in site.rooms for corner in room.polygon]
    left, right = min(x for x, _ in corners) - MARGIN_M, max(x for x, _ in corners) + MARGIN_M
    top, bottom = -max(y for _, y in corners) - MARGIN_M, -min(y for _, y in corners) + MARGIN_M
    wall = f'stroke-width="{site.site.map.wall_thickness_m:g}"'
    parts = [f'<polygon class="room" points="{_points(room.polygon)}"/>' for room in site.rooms]
    parts += [f'<polygon class="{piece.kind}" points="{_points(piece.corners)}"><title>{escape(piece.id)}</title>'
              '</polygon>' for piece in site.furniture]
    parts += [f'<polygon class="wall" {wall} points="{_points(room.polygon)}"/>' for room in site.rooms]
    for door in site.doors:
        room = next(room for room in site.rooms if room.id in door.between)
        (x1, y1), (x2, y2) = door_jambs(room, door.at, door.width_m)
        parts.append(f'<line class="{"door" if door.open else "closed door"}" {wall} x1="{x1:g}" y1="{-y1:g}" '
                     f'x2="{x2:g}" y2="{-y2:g}"><title>{escape(door.id)}</title></line>')
    parts += [f'<circle class="dock" cx="{dock.pose[0]:g}" cy="{-dock.pose[1]:g}" r="{site.robot.radius_m + 0.06:g}">'
              f'<title>{escape(dock.id)}</title></circle>' for dock in site.robot.docks]
    parts += [f'<circle class="stop" cx="{stop.at[0]:g}" cy="{-stop.at[1]:g}" r="0.07">'
              f'<title>{escape(patrol.id)} {number}</title></circle>'
              for patrol in site.patrols for number, stop in enumerate(patrol.stops, 1)]
    parts += [f'<text class="name" x="{min(x for x, _ in room.polygon) + 0.14:g}" '
              f'y="{-max(y for _, y in room.polygon) + 0.14:g}">{escape(in_language(room.name, language))}</text>'
              for room in site.rooms]
    return (f'<svg viewBox="{left:g} {top:g} {right - left:g} {bottom - top:g}"><g class="plan">{"".join(parts)}</g>'
            '<g id="live"></g></svg>')


def _points(corners: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{-y:g}" for x, y in corners)
