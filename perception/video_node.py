"""Records what the robot sees, with skeletons and postures drawn in. For simulation and development only: on a robot
that lives with somebody no video is kept, and this node is not started.

Reads /camera/color/image_raw, /people, /falls, /robot/face, /humans/bodies/*/skeleton2d; writes the file `path`.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
from anban_interfaces.msg import Fall, People, Person
from hri_msgs.msg import IdsList, Skeleton2D
from pydantic import Field
from sensor_msgs.msg import Image
from std_msgs.msg import String

from robot import ros
from robot.site import load_site

from .drawing import AMBER, GREEN, RED, draw
from .privacy import blank
from .video import VideoFile

POSTURES = {getattr(Person, name): name.removeprefix("POSTURE_").lower().replace("_", " ")
            for name in dir(Person) if name.startswith("POSTURE_")}
KEEP_FRAMES = 30  # pictures that wait for what was seen in them: three seconds


class VideoParameters(ros.NodeParameters):
    path: str = Field("", description="file to write (.mp4); empty: nothing is recorded")
    rate_hz: float = Field(5.0, gt=0, description="pictures a second of the file; more cost the robot's processors")


class VideoNode(ros.CareNode):
    NAME = "video"
    Parameters = VideoParameters

    def setup(self) -> None:
        self._video = VideoFile(Path(self.params.path)) if self.params.path else None
        self._skeletons_only = bool(self.params.site) and load_site(self.params.site).privacy.snapshot == "skeleton"
        if self._video is None:
            return
        self._frames: dict[float, Image] = {}
        self._skeletons: dict[str, tuple[float, Skeleton2D]] = {}
        self._bodies: dict[str, object] = {}
        self._people: People | None = None
        self._falls: dict[str, int] = {}
        self._caption = ""
        self._next_s = 0.0
        self.create_subscription(Image, "/camera/color/image_raw", self._on_image, ros.RELIABLE_STREAM)
        self.create_subscription(People, "/people", self._on_people, ros.RELIABLE_STREAM)
        self.create_subscription(IdsList, "/humans/bodies/tracked", self._on_tracked, ros.RELIABLE_STREAM)
        self.create_subscription(Fall, "/falls", self._on_fall, ros.EVENT)
        self.create_subscription(String, "/robot/face", self._on_caption, ros.LATCHED)

    def teardown(self) -> None:
        if self._video:
            self._video.close()

    def _on_image(self, message: Image) -> None:
        self._frames[ros.seconds(message.header.stamp)] = message
        while len(self._frames) > KEEP_FRAMES:
            del self._frames[min(self._frames)]

    def _on_tracked(self, message: IdsList) -> None:
        for body in set(message.ids) - set(self._bodies):
            self._bodies[body] = self.create_subscription(
                Skeleton2D, f"/humans/bodies/{body}/skeleton2d",
                lambda skeleton, body=body: self._on_skeleton(body, skeleton), ros.RELIABLE_STREAM)
        for body in set(self._bodies) - set(message.ids):
            self.destroy_subscription(self._bodies.pop(body))
            self._skeletons.pop(body, None)

    def _on_skeleton(self, body: str, message: Skeleton2D) -> None:
        self._skeletons[body] = (ros.seconds(message.header.stamp), message)

    def _on_fall(self, message: Fall) -> None:
        self._falls[message.person.track_id] = message.state

    def _on_caption(self, message: String) -> None:
        self._caption = message.data

    def _on_people(self, message: People) -> None:
        # Skeletons follow their /people message: a picture is finished when the next one is reported.
        people, self._people = self._people, message
        if people is None:
            return
        time_s = ros.seconds(people.header.stamp)
        image = self._frames.pop(time_s, None)
        for stale in [t for t in self._frames if t < time_s]:
            del self._frames[stale]
        if image is None or self._next_s - 1.0 < time_s < self._next_s:
            return
        self._next_s = time_s + 1.0 / self.params.rate_hz - 0.01
        picture = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)
        if self._skeletons_only:
            picture = blank(picture.shape)
        drawn = [self._drawn(person, time_s, image) for person in people.people if person.visible]
        try:
            self._video.write(draw(picture, [d for d in drawn if d], self._caption), time_s)
        except OSError as error:
            self.report("video", "error", f"{self.params.path} cannot be written: {error}")

    def _drawn(self, person: Person, time_s: float, image: Image) -> dict | None:
        seen_s, skeleton = self._skeletons.get(person.track_id, (None, None))
        if skeleton is None or abs(seen_s - time_s) > 0.25:
            return None
        points = np.array([(p.x * image.width, p.y * image.height, p.c) for p in skeleton.skeleton])
        state = self._falls.get(person.track_id)
        color = {Fall.STATE_SUSPECTED: AMBER, Fall.STATE_CONFIRMED: RED}.get(state, GREEN)
        label = f"{POSTURES.get(person.posture, 'unknown')} {person.posture_probability:.0%}"
        fall = {Fall.STATE_SUSPECTED: " | fall suspected", Fall.STATE_CONFIRMED: " | FALL"}.get(state, "")
        return {"keypoints": points, "label": label + fall, "color": color}
