"""One camera's eyes without depth: pictures in, people and falls out."""
from __future__ import annotations

import numpy as np

from perception.drawing import AMBER, GREEN, RED, draw
from perception.fall import FallDetector, FallEvent, FallState
from perception.geometry import measure
from perception.people import fall_input, keypoints
from perception.pose import PoseFinder
from perception.tracks import Sight, Track, Tracker


class Eyes:
    """The chain of pose, tracks, posture and falls. A context manager; not thread-safe."""

    def __init__(self, max_people: int = 2) -> None:
        self._finder, self._tracker, self._detector = PoseFinder(max_people), Tracker(), FallDetector()
        self._falls: dict[str, FallEvent] = {}  # track -> the fall it is in
        self.tracks: list[Track] = []

    def look(self, picture: np.ndarray, time_s: float) -> list[FallEvent]:
        """Take in one RGB picture (height, width, 3) uint8; what changed in the judgement on falls."""
        poses = self._finder.find(picture, time_s, self._tracker.missing)
        self.tracks = self._tracker.update([Sight(pose, measure(pose)) for pose in poses], time_s)
        events = self._detector.update([fall_input(track) for track in self.tracks], time_s)
        for event in events:
            self._falls[event.track_id] = event
        return events

    def drawn(self, picture: np.ndarray) -> np.ndarray:
        """A copy of the last picture with skeletons, postures and falls drawn in."""
        people, captions = [], []
        for track in self.tracks:
            fall = self._falls.get(track.track_id)
            down = fall is not None and fall.state != FallState.RECOVERED
            if down:
                captions.append(f"fall {fall.state.name.lower()}: {'; '.join(fall.evidence[:2])}")
            if track.visible:
                posture, probability = track.posture
                color = GREEN if not down else AMBER if fall.state == FallState.SUSPECTED else RED
                people.append({"keypoints": keypoints(track.sight.pose), "color": color,
                               "label": f"{posture.name.lower().replace('_', ' ')} {probability:.0%}"})
        return draw(picture, people, "   ".join(captions))

    def close(self) -> None:
        self._finder.close()

    def __enter__(self) -> Eyes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
