"""What the page shows, as values for JSON, made of messages. Pure: messages are read by their attributes.

Positions are on the map [m]; times on the page are those of the site's clock.
"""
from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timezone, tzinfo
from typing import Any

import cv2
import numpy as np
from anban_interfaces.msg import Alarm, Fall, Person

from robot.transforms import pose2d_from_matrix, transform_points

Values = dict[str, Any]
HISTORY = 60             # lines kept of what happened
RATE_WINDOW_S = 5.0      # what comes once a second still counts
SKELETON_AGE_S = 0.25    # older key points are not of this picture
EYES_AWAY_S = 1.0        # pictures are shown without waiting for the eyes when these have reported none for so long
_COLOR_CODES = {"rgb8": cv2.COLOR_RGB2BGR, "rgba8": cv2.COLOR_RGBA2BGR, "bgra8": cv2.COLOR_BGRA2BGR, "bgr8": None,
                "mono8": None}


def _words(kind: type, prefix: str) -> dict[int, str]:
    """Names of a message's constants, by value."""
    return {getattr(kind, name): name.removeprefix(prefix).lower().replace("_", " ")
            for name in dir(kind) if name.startswith(prefix)}


POSTURES, FALLS = _words(Person, "POSTURE_"), _words(Fall, "STATE_")
PRIORITIES, ALARM_STATES = _words(Alarm, "PRIORITY_"), _words(Alarm, "STATE_")
LEVELS = ("ok", "warn", "error", "stale")


def clock_text(time_s: float, zone: tzinfo = timezone.utc) -> str:
    """The time of day; a simulation that counts from zero shows how long it has run."""
    return datetime.fromtimestamp(time_s, timezone.utc if time_s < 1e8 else zone).strftime("%H:%M:%S")


def seconds(stamp: Any) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def number(value: float, digits: int = 2) -> float | None:
    """Rounded; JSON has no NaN."""
    return round(float(value), digits) if math.isfinite(value) else None


def robot(base_in_map: np.ndarray) -> Values:
    """A 4x4 matrix as x, y [m] and yaw [rad]."""
    x, y, yaw = pose2d_from_matrix(base_in_map)
    return {"x": number(x, 3), "y": number(y, 3), "yaw": number(yaw, 3)}


def scan(points: np.ndarray, laser_in_map: np.ndarray) -> list[float]:
    """N x 3 points of a scan [m, frame of the laser] as a flat list x, y, x, y ... on the map."""
    return transform_points(laser_in_map, points)[:, :2].round(2).ravel().tolist()


def path(message: Any) -> list[float]:
    """A nav_msgs/Path as a flat list x, y, x, y ..."""
    return [round(value, 2) for pose in message.poses for value in (pose.pose.position.x, pose.pose.position.y)]


def people(message: Any, falls: dict[str, int]) -> list[Values]:
    """An anban_interfaces/People. `falls`: state of the last fall by track."""
    return [{"id": p.track_id, "who": p.resident_id, "posture": POSTURES.get(p.posture, "unknown"),
             "sure": number(p.posture_probability), "seen": p.visible, "room": p.room, "on": p.furniture,
             "fall": FALLS.get(falls.get(p.track_id, 0), ""),
             "x": number(p.position.x) if p.position_valid else None,
             "y": number(p.position.y) if p.position_valid else None,
             "head": [number(p.head.x), number(p.head.y)] if p.position_valid else None} for p in message.people]


def alarms(message: Any, zone: tzinfo) -> list[Values]:
    """An anban_interfaces/AlarmList, the open ones first, then the newest."""
    listed = [{"id": a.alarm_id, "kind": a.kind.replace("_", " "), "priority": PRIORITIES.get(a.priority, "?"),
               "state": ALARM_STATES.get(a.state, "?"), "who": a.resident_id, "room": a.room, "words": a.words,
               "detail": a.detail, "by": a.acknowledged_by, "at": clock_text(seconds(a.occurred_at), zone),
               "x": number(a.position.x), "y": number(a.position.y)}
              for a in sorted(message.alarms, key=lambda a: seconds(a.raised_at), reverse=True)]
    return sorted(listed, key=lambda alarm: alarm["state"] == "resolved")


def mission(message: Any) -> Values:
    return {"task": message.task.replace("_", " "), "state": message.state.replace("_", " "), "why": message.why,
            "who": message.resident_id, "waiting": [task.replace("_", " ") for task in message.waiting]}


def health(statuses: dict[str, tuple[int, str]]) -> list[Values]:
    """Diagnostics by name, what is wrong first."""
    listed = [{"name": name, "level": LEVELS[level] if level < len(LEVELS) else "error", "text": text}
              for name, (level, text) in statuses.items()]
    return sorted(listed, key=lambda part: (part["level"] == "ok", part["name"]))


class History:
    """The last lines of what happened, oldest first. The same line twice in a row is one."""

    def __init__(self, zone: tzinfo = timezone.utc) -> None:
        self.zone = zone
        self._lines: deque[Values] = deque(maxlen=HISTORY)

    def add(self, time_s: float, kind: str, text: str) -> bool:
        """Take in a line; returns whether it is a new one."""
        if not text or (self._lines and (self._lines[-1]["kind"], self._lines[-1]["text"]) == (kind, text)):
            return False
        self._lines.append({"time_s": time_s, "kind": kind, "text": text})
        return True

    @property
    def lines(self) -> list[Values]:
        return [{"at": clock_text(line["time_s"], self.zone), "kind": line["kind"], "text": line["text"]}
                for line in self._lines]


class Rates:
    """Messages and bytes a second of each topic over the last seconds."""

    def __init__(self) -> None:
        self._came: dict[str, deque[tuple[float, int]]] = {}

    def add(self, topic: str, now_s: float, size_bytes: int) -> None:
        self._came.setdefault(topic, deque()).append((now_s, size_bytes))

    def of(self, topic: str, now_s: float) -> tuple[float, float]:
        """Hz and bytes/s."""
        came = self._came.get(topic, deque())
        while came and came[0][0] <= now_s - RATE_WINDOW_S:
            came.popleft()
        return len(came) / RATE_WINDOW_S, sum(size for _, size in came) / RATE_WINDOW_S


class Pictures:
    """Joins each picture with what the eyes saw in it: key points follow their /people message, so a picture is
    complete when the next one is reported. Where no eyes report, pictures are shown as they come."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._waiting: dict[float, Any] = {}
        self._bodies: dict[str, tuple[float, list]] = {}
        self._reported_s: float | None = None
        self._shown_s = -math.inf

    def add(self, image: Any) -> tuple[Any, list[list]] | None:
        """Take in a picture; returns it, without bodies, if nobody looks at the pictures."""
        time_s = seconds(image.header.stamp)
        if self._reported_s is not None and abs(time_s - self._reported_s) < EYES_AWAY_S:
            self._waiting[time_s] = image
            return None
        self._waiting.clear()
        return (image, []) if self._is_time(time_s) else None

    def body(self, body_id: str, skeleton: Any) -> None:
        """Take in an hri_msgs/Skeleton2D."""
        self._bodies[body_id] = (seconds(skeleton.header.stamp),
                                 [[number(p.x, 3), number(p.y, 3), number(p.c)] for p in skeleton.skeleton])

    def reported(self, time_s: float) -> tuple[Any, list[Values]] | None:
        """The eyes have reported on the picture of this time; returns the one before it with the bodies in it."""
        before, self._reported_s = self._reported_s, time_s
        image = self._waiting.get(before)
        self._waiting = {at: kept for at, kept in self._waiting.items() if at >= time_s}
        self._bodies = {body: seen for body, seen in self._bodies.items() if abs(seen[0] - time_s) < EYES_AWAY_S}
        if image is None or not self._is_time(before):
            return None
        return image, [{"id": body, "points": points} for body, (at, points) in self._bodies.items()
                       if abs(at - before) <= SKELETON_AGE_S]

    def _is_time(self, time_s: float) -> bool:
        """Whether the last one shown is a period ago (or the clock was set back)."""
        due = not self._shown_s <= time_s < self._shown_s + self._period_s - 1e-3
        if due:
            self._shown_s = time_s
        return due


def jpeg(image: Any, quality: int = 75) -> bytes:
    """A sensor_msgs/Image as JPEG. Raises ValueError for an encoding that is no picture for people."""
    if image.encoding not in _COLOR_CODES:
        raise ValueError(f"pictures in {image.encoding!r} cannot be shown")
    rows = np.frombuffer(image.data, np.uint8).reshape(image.height, image.step)
    channels = image.step // image.width
    pixels = rows[:, :image.width * channels].reshape(image.height, image.width, channels)
    code = _COLOR_CODES[image.encoding]
    done, data = cv2.imencode(".jpg", pixels if code is None else cv2.cvtColor(pixels, code),
                              [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"no JPEG could be made of {image.width}x{image.height} pixels")
    return data.tobytes()
