"""A person in the world: does one motion after another as time passes, and says truthfully what happens."""
from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import numpy as np

from robot.site import Site
from sim.body import BONE, Body, Clothes, Figure, Stance
from sim.clips import Clip
from sim.course import Motion, Situation
from sim.poses import Manner, Posing, heading_of
from sim.ways import Ways

BREATH_S = 4.2  # one breath of an elder at rest, about 14 a minute
_BREATHING = ("spine02", "spine01", "neck01", "head", "upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R")
Report = Callable[[float, str, str, str], None]  # time_s, what, person, detail


class Person:
    """An actor with a queue of motions. Time comes in through `advance`; events go out through `report`.

    posture: "standing", "walking", "sitting", "lying", "falling", "kneeling", "bending" (the truth, for tests and
    reports); on_furniture: id of what carries the body, or None.
    """

    def __init__(self, person_id: str, figure: str, clothes: Clothes, site: Site, ways: Ways, seed: int,
                 report: Report, manner: Manner | None = None) -> None:
        self.id = person_id
        self.body = Body(figure)
        self.figure = Figure(self.body, clothes, person_id, seed)
        self.posing = Posing(self.body, manner or Manner())
        self._rng = np.random.default_rng(seed)
        self._site, self._ways, self._report = site, ways, report
        self._motions: deque[Motion] = deque()
        self._clips: deque[Clip] = deque()
        self._clip_started_s = 0.0
        self._time_s = 0.0
        self._phases = self._rng.uniform(0, math.tau, (len(_BREATHING), 3))
        self._posed: tuple[Clip, float, Stance] | None = None  # the last stance asked for
        self._boned: tuple[Stance, tuple[np.ndarray, np.ndarray]] | None = None  # and its bones
        self._rest = self.posing.standing(site.rooms[0].center, 0.0)
        self._posture = "standing"
        self.on_furniture: str | None = None

    # doing -----------------------------------------------------------------------------------------------------------

    def do(self, motion: Motion) -> None:
        """Drop what is being done or waiting, and do this from now on."""
        self._rest = self._bare_stance()
        self._clips.clear()
        self._motions.clear()
        self.queue(motion)

    def queue(self, motion: Motion) -> None:
        """Do this after everything asked before."""
        self._motions.append(motion)
        self._next()

    def place(self, motion: Motion) -> None:
        """Be at once where the motion would end (to begin a story); makes no events."""
        clips = list(motion.plan(self._situation()))
        self._clips.clear()
        self._motions.clear()
        self._settle(clips[-1])

    def place_at(self, x: float, y: float, heading: float) -> None:
        """Stand at once at a place [m, map], facing heading [rad]."""
        self._clips.clear()
        self._motions.clear()
        self._rest = self.posing.standing((x, y), heading)
        self._posture, self.on_furniture = "standing", None

    @property
    def busy(self) -> bool:
        """Whether a motion is going on or waiting."""
        return bool(self._clips or self._motions)

    @property
    def posture(self) -> str:
        """See the class: who stands or walks in terms of motions, but in a wheelchair, sits."""
        rolls = self.posing.manner.wheelchair and self._posture in ("standing", "walking")
        return "sitting" if rolls else self._posture

    @property
    def with_aid(self) -> bool:
        """Whether a walking frame or wheelchair is in use now."""
        return self.on_furniture is None and self._posture in ("standing", "walking")

    @property
    def on_floor(self) -> bool:
        """Whether the person lies or sits on the floor, or is falling to it."""
        return self.on_furniture is None and self._posture in ("lying", "sitting", "falling")

    def advance(self, time_s: float) -> None:
        """Live until the time; reports what happened on the way, each with its own time."""
        while self._clips:
            clip = self._clips[0]
            elapsed = time_s - self._clip_started_s
            due = [event for event in clip.events if event[0] <= elapsed]
            for event in sorted(due):
                clip.events.remove(event)
                self._report(self._clip_started_s + event[0], event[1], self.id, event[2])
            if elapsed < clip.duration_s:
                break
            self._clip_started_s += clip.duration_s
            self._clips.popleft()
            self._time_s = self._clip_started_s
            self._settle(clip)
            if not self._clips:
                self._next()
            elif self._clips:
                self._enter(self._clips[0])
        self._time_s = time_s

    def _settle(self, clip: Clip) -> None:
        self._rest = clip.at(clip.duration_s)
        self._posture = "standing" if clip.posture == "walking" else clip.posture
        self.on_furniture = clip.on_furniture

    def _enter(self, clip: Clip) -> None:
        self._posture, self.on_furniture = clip.posture, clip.on_furniture

    def _next(self) -> None:
        while not self._clips and self._motions:
            motion = self._motions.popleft()
            self._clips.extend(motion.plan(self._situation()))
            self._clip_started_s = self._time_s
        if self._clips:
            self._enter(self._clips[0])

    def _situation(self) -> Situation:
        return Situation(self._site, self._ways, self.posing, self._rest, self._rng, self.on_furniture,
                         self._posture)

    # being -----------------------------------------------------------------------------------------------------------

    def _bare_stance(self) -> Stance:
        if not self._clips:
            return self._rest
        clip, time_s = self._clips[0], self._time_s - self._clip_started_s
        if self._posed is None or self._posed[0] is not clip or self._posed[1] != time_s:
            self._posed = clip, time_s, clip.at(time_s)  # picture, lidar, sound and sensors ask for the same one
        return self._posed[2]

    def _bones(self) -> tuple[np.ndarray, np.ndarray]:
        """Body.pose of the present stance without breath; sound, sensors and eyes ask for it, many times a second."""
        stance = self._bare_stance()
        if self._boned is None or self._boned[0] is not stance:
            self._boned = stance, self.body.pose(stance)
        return self._boned[1]

    @property
    def resting_stance(self) -> Stance:
        """The present stance without breath: the same object as long as nothing is done."""
        return self._bare_stance()

    @property
    def stance(self) -> Stance:
        """The present stance, with the small movements of someone alive: breath, and a hand or head that shifts."""
        stance = self._bare_stance()
        joints = stance.joints.copy()
        breath = math.sin(self._time_s * math.tau / BREATH_S)
        for number, bone in enumerate(_BREATHING):
            drift = 0.008 * np.sin(self._time_s * np.array([0.43, 0.31, 0.57]) + self._phases[number])
            if number < 2:
                drift[0] -= 0.007 * breath
            joints[BONE[bone], 1:] += drift
            joints[BONE[bone]] /= np.linalg.norm(joints[BONE[bone]])
        return Stance(stance.position, stance.rotation, joints)

    @property
    def position(self) -> np.ndarray:
        """The hips (3,) [m, map]."""
        return self._bare_stance().position.copy()

    @property
    def heading(self) -> float:
        """Where the body faces [rad, map]."""
        return heading_of(self._bare_stance())

    @property
    def head_position(self) -> np.ndarray:
        """The middle between the eyes (3,) [m, map]: where a voice comes from."""
        joints = self._bones()[1]
        return (joints[BONE["eye.L"]] + joints[BONE["eye.R"]]) / 2

    @property
    def face_direction(self) -> np.ndarray:
        """Unit vector (3,) out of the face."""
        turned = self._bones()[0]
        return turned[BONE["head"]] @ np.array([0, -1.0, 0])
