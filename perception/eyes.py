"""One camera's eyes outside of the robot: pictures in, people and falls out."""
from __future__ import annotations

import math

import cv2
import numpy as np

from perception.body import Body
from perception.budget import Budget
from perception.camera_health import UPSIDE_DOWN, CameraHealth, CameraState, Notes, UprightWatch
from perception.drawing import AMBER, GREEN, RED, draw
from perception.fall import FallDetector, FallEvent, FallState, Person
from perception.gate import Gate
from perception.geometry import Camera, above_floor, measure
from perception.learnt import FallModel
from perception.people import by_shape, fall_input, keypoints
from perception.pose import Pose, PoseFinder
from perception.tracks import Sight, Track, Tracker
from perception.unseen import Unseen
from robot.site import Camera as SiteCamera
from robot.site import Site


class Eyes:
    """The chain of pose, tracks, posture and falls. A context manager; not thread-safe.

    After each look: `poses` as found, `tracks`, and `people` as the fall detector was told of them. `notes`: what was
    wrong with the pictures so far. While they cannot be believed the eyes are shut: nobody is seen, and nobody is lost.
    """

    def __init__(self, max_people: int = 2, camera: Camera | None = None, site: Site | None = None,
                 finder: PoseFinder | None = None, model: FallModel | None = None,
                 mount: SiteCamera | None = None, budget: Budget | None = None) -> None:
        """With `camera` and `site`, depth pictures count; with `mount`, heights without them.

        A `finder` can be shared by eyes used one after the other. `model` is a second witness where heights are not
        known; without one the rules of perception/fall.py judge alone. With a `budget`, which the caller pays for each
        look, less is done than could be while it is spent.
        """
        self._finder = finder or PoseFinder(max_people)
        self._tracker, self._detector, self._gate = Tracker(), FallDetector(), Gate()
        self._camera, self._site, self._mount, self._model = camera, site, mount, model
        self._budget = budget
        self._unseen = Unseen(site) if site else None
        self._falls: dict[str, FallEvent] = {}  # track -> the fall it is in
        self._health, self._upright, self._notes = CameraHealth(), UprightWatch(), Notes()
        self._state, self._turned = CameraState("live", "ok", "", True), mount is not None and mount.roll_deg == 180
        self.poses: list[Pose] = []
        self.tracks: list[Track] = []
        self.people: list[Person] = []

    def look(self, picture: np.ndarray, time_s: float, depth_mm: np.ndarray | None = None,
             camera_to_map: np.ndarray | None = None) -> list[FallEvent]:
        """Take in one RGB picture (height, width, 3) uint8, perhaps with the depth picture (height, width) uint16 and
        the camera's place (4, 4); what changed in the judgement on falls."""
        if self._budget and not self._budget.affords(time_s):
            return []
        state = self._state = self._health.look(picture, time_s)
        if state.level != "ok":
            self._notes.take(state.kind, state.message, time_s)
        if not state.usable:
            self.poses, self.tracks = [], []
            self.people = self._in_depth(depth_mm, camera_to_map, time_s)  # depth sees in the dark
            return self._detector.update(self.people, time_s) if self.people else []
        if state.cut:
            self._notes.take("cut", "another scene: nobody is followed across a cut", time_s)
            self._tracker.forget()
            self._finder.forget(picture)
        picture = self._upright_way(picture)
        if self._gate.opens(picture, time_s, self._tracker.look_every_s):
            self.poses = self._finder.find(picture, time_s, self._tracker.missing, self._gate.moving,
                                           self._tracker.first, self._budget is not None and self._budget.thrifty)
            sights = [Sight(pose, self._measured(pose, picture, depth_mm, camera_to_map)) for pose in self.poses]
        else:
            sights = self._tracker.sights
            self.poses = [sight.pose for sight in sights]
        self.tracks = self._tracker.update(sights, time_s)
        self.people = self._in_depth(depth_mm, camera_to_map, time_s)
        self.people += [fall_input(track, fall_probability=self._likely(track, time_s)) for track in self.tracks]
        events = self._detector.update(self.people, time_s)
        for event in events:
            self._falls[event.track_id] = event
        if depth_mm is None and self._upright.look(self.tracks, time_s):
            self._notes.take("upside down", f"{UPSIDE_DOWN} (roll_deg: 180 in --camera SITE.yaml does); turned "
                             "round from here on", time_s)
            self._turned, self._upright = not self._turned, UprightWatch()
            self._tracker.forget()
            self._finder.forget(picture)
        return events

    def _in_depth(self, depth_mm: np.ndarray | None, camera_to_map: np.ndarray | None, time_s: float) -> list[Person]:
        """Whom no skeleton shows."""
        if self._unseen is None or depth_mm is None:
            return []
        return [by_shape(one.track_id, one.shape, "", one.descent_speed, one.visible)
                for one in self._unseen.look(depth_mm, self._camera, camera_to_map, self.tracks, time_s)]

    def _likely(self, track: Track, time_s: float) -> float:
        """What the learnt model, if there is one, thinks of somebody."""
        return self._model.judge(track.course, time_s) if self._model else math.nan

    @property
    def notes(self) -> list[str]:
        return self._notes.lines

    def _measured(self, pose: Pose, picture: np.ndarray, depth_mm: np.ndarray | None,
                  camera_to_map: np.ndarray | None) -> Body:
        if depth_mm is None and self._mount:
            camera = Camera.of(self._mount, picture.shape[1], picture.shape[0])
            return measure(pose, camera, None, above_floor(self._mount), "base")
        return measure(pose, self._camera, depth_mm, camera_to_map, "map", self._site)

    def _upright_way(self, picture: np.ndarray) -> np.ndarray:
        return cv2.rotate(picture, cv2.ROTATE_180) if self._turned else picture

    def drawn(self, picture: np.ndarray) -> np.ndarray:
        """A copy of the last picture with skeletons, postures and falls drawn in."""
        people, captions = [], [self._state.message] if self._state.level != "ok" else []
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
        return draw(self._upright_way(picture), people, "   ".join(captions))

    def close(self) -> None:
        self._finder.close()

    def __enter__(self) -> Eyes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
