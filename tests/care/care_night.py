"""What the tests of the care platform share: clocks that the test moves, a robot that posts, a nurse who answers, and
the platform in a process of its own."""
from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

TOKEN = "a-token-that-the-robot-knows"
PASSWORD = "night-shift-1"
SITE_ZONE = timezone(timedelta(hours=8))


class Clock:
    """Both clocks of a platform, moved by the test."""

    def __init__(self) -> None:
        self.steady_s = 1000.0
        self.start = datetime(2026, 11, 22, 2, 14, 0, tzinfo=SITE_ZONE)

    def wall(self) -> datetime:
        return self.start + timedelta(seconds=self.steady_s - 1000.0)

    def steady(self) -> float:
        return self.steady_s

    def advance(self, seconds: float) -> None:
        self.steady_s += seconds


def picture(size: tuple[int, int] = (320, 240)) -> str:
    """A real JPEG as the robot sends it, in base64."""
    import cv2
    import numpy as np
    width, height = size
    image = np.full((height, width, 3), (58, 66, 74), np.uint8)
    cv2.rectangle(image, (0, int(height * 0.6)), (width, height), (82, 108, 128), -1)
    cv2.rectangle(image, (10, int(height * 0.35)), (int(width * 0.45), int(height * 0.7)), (150, 160, 190), -1)
    cv2.ellipse(image, (int(width * 0.62), int(height * 0.8)), (int(width * 0.22), int(height * 0.07)), 8, 0, 360,
                (120, 90, 140), -1)
    cv2.circle(image, (int(width * 0.85), int(height * 0.77)), int(height * 0.06), (150, 180, 215), -1)
    return base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode()


def at(seconds: float = 0.0) -> str:
    """A moment of the night at the site, as ISO text."""
    return (datetime(2026, 11, 22, 2, 14, 0, tzinfo=SITE_ZONE) + timedelta(seconds=seconds)).isoformat()


def event(type_: str, payload: Any, time: str | None = None, id_: str | None = None) -> dict[str, Any]:
    return {"id": id_ or str(uuid.uuid4()), "type": type_, "time": time or at(), "payload": payload}


def fall(alarm_id: str = "fall-1", time: str | None = None, **fields: Any) -> dict[str, Any]:
    """An alarm event with all that a fall carries."""
    time = time or at()
    payload = {"alarm_id": alarm_id, "kind": "fall", "priority": "high", "state": "raised", "resident_id": "lin",
               "resident_name": "Mrs. Lin", "room": "bedroom", "room_name": "bedroom", "position": [2.1, 1.6],
               "occurred_at": time, "raised_at": time, "changed_at": time, "words": "Help me, I cannot get up",
               "detail": "Lying on the floor beside the bed; the torso is 12 cm above the floor.", "confidence": 0.93,
               "snapshot_jpeg": None, "acknowledged_by": "", "resolution": "", "escalation_level": 0,
               "notified": ["chen"]}
    return event("alarm", payload | fields, time)


class Robot:
    """What the bridge does: posts events with the token."""

    def __init__(self, client: Any, robot_id: str = "anban-1") -> None:
        self.client, self.robot_id = client, robot_id

    def post(self, *events: Any, token: str = TOKEN) -> Any:
        return self.client.post("/api/v1/robot/events", json={"robot_id": self.robot_id, "events": list(events)},
                                headers={"Authorization": f"Bearer {token}"})


def log_in(client: Any, name: str = "chen", password: str = PASSWORD) -> Any:
    return client.post("/login", data={"username": name, "password": password})


def csrf_of(client: Any) -> str:
    return re.search(r'name="csrf" content="(\w+)"', client.get("/").text)[1]


def answer(client: Any, action: str, alarm_id: str, note: str = "") -> Any:
    """Acknowledge or resolve as the page does."""
    return client.post(f"/api/v1/alarms/{alarm_id}/{action}", json={"note": note},
                       headers={"X-CSRF-Token": csrf_of(client)})


def board(client: Any) -> dict[str, Any]:
    return client.get("/api/v1/alarms").json()


class Server:
    """`anban care serve` in its own process; can be stopped and started again on the same port and data."""

    def __init__(self, folder: Path, staffed: Path) -> None:
        shutil.copy(staffed, folder / "care.sqlite3")
        self.environment = os.environ | {"ANBAN_ROBOT_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1",
                                         "ANBAN_DATABASE_URL": f"sqlite:///{folder / 'care.sqlite3'}"}
        self.port = 0
        self.log: list[str] = []
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "care.cli", "serve", "--port", str(self.port)],
                                        env=self.environment, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"http://127.0.0.1:(\d+)/", line):
                self.port = int(found[1])
                break
        else:
            raise RuntimeError("the server did not start:\n" + "".join(self.log))
        threading.Thread(target=lambda pipe=self.process.stderr: self.log.extend(pipe), daemon=True).start()
        with httpx.Client(timeout=60) as client:  # the socket listens already; this waits for the application
            client.get(self.url + "/healthz").raise_for_status()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
