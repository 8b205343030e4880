"""One simulated house in one story: world, sound, room sensors and script, advanced together tick by tick.

Pure and seeded: the same site, story, seed, language and commands give the same simulation. `Simulation.step` returns
a `Moment`: what came about in those 10 ms. Times are epoch seconds; the node only carries Moments to ROS and MQTT.
"""
from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from robot.site import Site
from sim import life, motion
from sim.eyes import Eyes, Seen, in_view
from sim.player import Cue, StoryPlayer
from sim.room_sensors import Message, Occupant, RoomSensors
from sim.sensor_faults import FaultyRadio
from sim.sound import LOUDSPEAKER_FULL_SCALE_DB, VOICE_DB, Soundscape, speech_rms
from sim.story import Place, Story
from sim.voice import elder_voices, newsreader, resampled
from sim.world import World

TICK_S = 0.01
COMMAND_TIMEOUT_S = 0.5  # without a new velocity for so long the base stops by itself
SOUND_TICKS = 10  # one chunk of 1600 samples
# At rest so much passes in one step. The robot's navigator calls its lidar silent after half a second without a scan;
# where the clock goes on only when the scan was answered, its ears, silent after two seconds, are next.
REST_TICKS, LONG_REST_TICKS = 40, 160
REST_AFTER_S = 2.0  # without a command, a sound or a movement: whatever these set off has begun by then
# what a motion sensor in the ceiling's corner sees
_ILLUMINANCE_LX = {"day": 300.0, "evening": 120.0, "night": 2.0, "infrared": 0.0}
_TELEVISION_DB = 56.0  # at 1 m: quiet speech
_ROBOT = "robot"


_PLAIN_MOTIONS = {"sit_up": motion.SitUp, "get_up": motion.GetUp, "stand_up": motion.StandUp,
                  "take_pill": motion.TakePill, "pick_up": motion.PickUp, "kneel": motion.Kneel,
                  "work_on_floor": motion.WorkOnFloor, "try_to_get_up": motion.TryToGetUp,
                  "get_up_from_floor": motion.GetUpFromFloor}


class Event(NamedTuple):
    """Something that truly happened."""
    time_s: float
    name: str
    entity: str = ""
    detail: str = ""


@dataclass
class Moment:
    """What one tick brought. None or empty: nothing of the kind was due."""
    time_s: float
    color: np.ndarray | None = None  # (H, W, 3) uint8
    depth: np.ndarray | None = None  # (H, W) float32 [m], 0: none
    scan: np.ndarray | None = None  # (beams,) float32 [m]
    sound: np.ndarray | None = None  # (1600,) int16, the last SOUND_TICKS ticks
    people: tuple[int, list[Seen]] | None = None  # without rendering: tick of a picture, and who was seen in it
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Simulation:
    """See the module. `language`: what all residents speak here; None: each their own. `render=False` leaves out
    camera and depth, and tells who would be seen (see sim.eyes)."""

    def __init__(self, site: Site, story: Story, seed: int = 0, language: str | None = None,
                 render: bool = True) -> None:
        self.site, self.story, self.seed, self.render = site, story, seed, render
        self.language = language or site.residents[0].language
        self.start_s = story.start_s(site)
        self.ticks = 0
        self.caption = ""  # the words of what the robot says, for the events and for the story's triggers
        self.ended = False
        everybody = (*site.residents, *site.caregivers)
        self.player = StoryPlayer(story, seed, {person.id: language or person.language for person in everybody})
        self._voices = {line: voice for spoken in sorted(set(self.player.languages.values()))
                        for line, voice in elder_voices(self.player.lines(spoken), spoken, seed).items()}
        self.world = World(site, seed=seed, people=list(story.people),
                           manners={who: place.manner for who, place in story.people.items()},
                           blankets=[who for who, place in story.people.items() if place.blanket])
        self.world.light = story.light
        self.world.base.battery = story.robot.battery
        for who, place in story.people.items():
            self._put(who, place)
        self.sensors = RoomSensors(site, seed)
        self.sound = Soundscape(site, self.start_s, seed, self.player.draw(story.noise_db), robot=_ROBOT)
        self._frame_ticks = max(round(1 / site.robot.camera.rate_hz / TICK_S), 1)
        self._scan_ticks = max(round(1 / site.robot.lidar.rate_hz / TICK_S), 1)
        self._bumped = False
        self._moving: dict[str, str] = {}  # person -> step under way
        self._speaking: dict[str, str] = {}
        self._commanded_s = -math.inf
        self._robot_voice_db = VOICE_DB
        self._frozen: tuple[np.ndarray, np.ndarray] | None = None
        self._offline: set[str] = set()
        self._radio = FaultyRadio(site, seed)
        self._eyes = None if render else Eyes(site, seed)
        self._reports: deque[tuple[float, int, list[Seen]]] = deque()  # when due, tick of the picture, people
        self._lively_s = 0.0  # when something last moved, sounded or was in view
        self._fault_times = sorted(t for f in story.faults for t in (f.at, f.until))
        self._place_sounds()
        if story.television:
            self._switch_television_on()

    @property
    def time_s(self) -> float:
        """Simulated time, epoch seconds."""
        return round(self.start_s + self.ticks * TICK_S, 6)

    @property
    def elapsed_s(self) -> float:
        return self.ticks * TICK_S

    @property
    def frame_is_next(self) -> bool:
        """Whether the next tick takes a picture."""
        return (self.ticks + 1) % self._frame_ticks == 0

    # --- what the robot does ------------------------------------------------------------------------------------------
    def drive(self, linear_mps: float, angular_rps: float) -> None:
        """A velocity command for the base."""
        self._commanded_s = self.elapsed_s
        self.world.drive(linear_mps, angular_rps)

    def robot_speaks(self, samples: np.ndarray, rate: int) -> None:
        """The loudspeaker gets an utterance (int16); an empty one silences it at once."""
        if not len(samples):
            self.sound.stop(_ROBOT)
            return
        voice = resampled(samples.astype(np.float64) / 32768, rate)
        self._robot_voice_db = LOUDSPEAKER_FULL_SCALE_DB + 20 * math.log10(max(speech_rms(voice), 1e-6))
        self.sound.play(_ROBOT, voice, self.time_s)

    # --- the tick -----------------------------------------------------------------------------------------------------
    @property
    def resting(self) -> bool:
        """Whether nothing can happen by itself: the robot charges on its dock, nobody moves, speaks or is in view."""
        return bool(not self.render and self.world.charging and self.ticks % REST_TICKS == 0
                    and self.elapsed_s - max(self._commanded_s, self._lively_s) > REST_AFTER_S)

    def step(self, rest_ticks: int = 0) -> Moment:
        """Advance by one tick; at rest by `rest_ticks` (a multiple of REST_TICKS), or less if the story goes on."""
        if self.elapsed_s - self._commanded_s > COMMAND_TIMEOUT_S:
            self.world.drive(0.0, 0.0)
        if rest_ticks and self.resting:
            moment = self._rest(rest_ticks)
        else:
            self.ticks += 1
            self.world.step(self.elapsed_s - self.world.time_s)  # the physics has a step of its own; no drift
            moment = Moment(self.time_s)
            self._note_world(moment)
            self._play_story(moment, self._robot_room())
            if self._moving or not self.sound.silent or not self.world.still:
                self._lively_s = self.elapsed_s
        self._switch_sensors(moment)
        if self.sensors.due(self.time_s):
            people = {who: Occupant(tuple(p.position), tuple(p.head_position), p.on_furniture)
                      for who, p in self.world.people.items()}
            self.sensors.open_doors = self.world.open_doors
            moment.messages += self.sensors.update(self.time_s, people, _ILLUMINANCE_LX[self.world.light])
        moment.messages = self._radio.pass_on(moment.messages, self.player.faults(self.elapsed_s, "sensors"),
                                              self.elapsed_s)
        if self.world.bumped != self._bumped:
            self._bumped = self.world.bumped
            moment.events.append(Event(self.time_s, "bumped" if self._bumped else "bump_over", _ROBOT))
        if self.ticks % SOUND_TICKS == 0:
            self._listen(moment)
        if self.render and self.ticks % self._frame_ticks == 0:
            self._look(moment)
        if self._eyes:
            self._look_without_picture(moment)
        if self.ticks % self._scan_ticks == 0 and not self.player.faults(self.elapsed_s, "scan"):
            moment.scan = self.world.scan()
        if not self.ended and self.player.ended(self.elapsed_s):
            self.ended = True
            moment.events.append(Event(self.time_s, "story_ended", detail=self.story.id))
        return moment

    def _rest(self, ticks: int) -> Moment:
        """Let time pass without physics: what stands still goes on standing still."""
        events, room = Moment(self.time_s), self._robot_room()
        for _ in range(ticks):
            self.ticks += 1
            self.world.rest(self.elapsed_s - self.world.time_s)
            self._note_world(events)
            if self._play_story(events, room) or any(self.elapsed_s - TICK_S < t <= self.elapsed_s
                                               for t in self._fault_times):
                self._lively_s = self.elapsed_s
                break
        self.sound.skip_to((self.ticks - 1) // SOUND_TICKS * SOUND_TICKS * TICK_S)
        return Moment(self.time_s, messages=events.messages, events=events.events)

    def _note_world(self, moment: Moment) -> None:
        for time_s, name, who, detail in self.world.drain_events():
            moment.events.append(Event(round(self.start_s + time_s, 6), name, who, detail))
            self.player.happens(name, self.elapsed_s)
            if name == "helps" and self.world.people[detail].on_floor:
                self.world.people[detail].do(motion.GetUpFromFloor())
        for who in [who for who in self._moving if not self.world.people[who].busy]:
            self.player.happens(self._moving.pop(who), self.elapsed_s)

    def _robot_room(self) -> str | None:
        room = self.site.room_at(*self.world.robot_pose[:2])
        return room.id if room else None

    def _play_story(self, moment: Moment, robot_room: str | None) -> bool:
        """Let people begin what is due; whether anybody did."""
        cues = self.player.update(self.elapsed_s, robot_room)
        for cue in cues:
            who, step = cue.step.who, cue.step
            if step.do == "say":
                self.sound.play(who, self._voices[cue.words], self.time_s, speech_db=VOICE_DB)
                self._speaking[who] = step.id
                moment.events.append(Event(self.time_s, "spoke", who, cue.words))
            elif step.do == "measure_blood_pressure":
                moment.messages += self.sensors.measure_blood_pressure(who, self.time_s)
                moment.events.append(Event(self.time_s, "measured_blood_pressure", who))
                self.player.happens(step.id, self.elapsed_s)
            elif step.do == "press_sos":
                moment.messages += self.sensors.press_sos(who, self.time_s)
                moment.events.append(Event(self.time_s, "pressed_sos", who))
                self.player.happens(step.id, self.elapsed_s)
            elif step.do == "switch_light":
                self.world.light = step.light
                moment.events.append(Event(self.time_s, "switched_light", who, step.light))
                self.player.happens(step.id, self.elapsed_s)
            elif step.routine and self.world.people[who].on_floor:
                moment.events.append(Event(self.time_s, "left_out", who, step.id))
            else:
                self._move(cue)
        return bool(cues)

    def _move(self, cue: Cue) -> None:
        step, person = cue.step, self.world.people[cue.step.who]
        first, *more = self._motions(cue)
        (person.queue if step.routine else person.do)(first)
        for following in more:
            person.queue(following)
        self._moving[step.who] = step.id

    def _motions(self, cue: Cue) -> list[motion.Motion]:
        step = cue.step
        other = self.world.people[step.person] if step.person else None
        place = tuple(other.position[:2]) if other else None
        if step.do == "help_up":
            return [life.HelpUp(step.person, place)]
        if step.do in ("come_in", "go_out"):
            return [life.ThroughDoor(step.door, inward=step.do == "come_in")]
        if step.do in life.ACTIVITIES:
            return life.activity(step.do, step.who, self.site, at=place, room=step.room,
                                 minutes=self.player.minutes.get(step.id))
        return [_motion(cue)]

    def _put(self, who: str, place: Place) -> None:
        person = self.world.people[who]
        if place.door:
            door = next(door for door in self.site.doors if door.id == place.door)
            person.place_at(*life.door_sides(self.site, door)[0], 0.0)
            return
        if place.at:
            person.place_at(*place.at, math.radians(place.facing_deg))
            return
        piece = next(f for f in self.site.furniture if f.id == place.furniture)
        person.place(motion.LieInBed(piece.id) if piece.kind == "bed" else motion.SitOn(piece.id))

    def _place_sounds(self) -> None:
        x, y, _ = self.world.robot_pose
        self.sound.places[_ROBOT] = (x, y, self.site.robot.camera.height_m)
        for who, person in self.world.people.items():
            self.sound.places[who] = tuple(float(v) for v in person.head_position)

    def _switch_television_on(self) -> None:
        for piece in self.site.furniture:
            if piece.kind == "television":
                self.sound.places[piece.id] = (piece.pose[0], piece.pose[1], piece.size[2])
                text = self.story.television.get(self.language) or next(iter(self.story.television.values()))
                self.sound.play(piece.id, newsreader(text, self.language), self.start_s, _TELEVISION_DB, loop=True)

    def _switch_sensors(self, moment: Moment) -> None:
        faults = [f for f in self.player.faults(self.elapsed_s, "sensors") if f.mode == "offline"]
        offline = {sensor.id for sensor in self.site.sensors for f in faults if not f.sensors or sensor.id in f.sensors}
        for sensor in sorted(offline ^ self._offline):
            moment.messages += self.sensors.set_online(sensor, sensor not in offline, self.time_s)
        self._offline = offline

    def _listen(self, moment: Moment) -> None:
        self._place_sounds()
        _, samples = self.sound.chunk()
        faults = self.player.faults(self.elapsed_s, "microphone")
        if not any(fault.mode == "offline" for fault in faults):
            moment.sound = np.zeros_like(samples) if faults else samples
        for source in self.sound.drain_ended():
            if source == _ROBOT:
                if not self.sound.sounding(_ROBOT):  # the last of its sentences
                    self._robot_spoke(moment)
            elif source in self._speaking:
                self.player.happens(self._speaking.pop(source), self.elapsed_s)

    def _robot_spoke(self, moment: Moment) -> None:
        for who, person in self.world.people.items():
            if self.sound.hears(tuple(person.head_position), _ROBOT, self._robot_voice_db):
                self.player.heard(who, self.caption)
                moment.events.append(Event(self.time_s, "heard_robot", who, self.caption))

    def _look(self, moment: Moment) -> None:
        modes = {fault.mode for fault in self.player.faults(self.elapsed_s, "camera")}
        if "silent" in modes:
            return
        if "freeze" not in modes or self._frozen is None:
            self._frozen = (self.world.color(), self.world.depth())
        moment.color, depth = self._frozen
        if "black" in modes:
            moment.color = np.zeros_like(moment.color)
        moment.depth = None if self.player.faults(self.elapsed_s, "depth") else depth

    def _look_without_picture(self, moment: Moment) -> None:
        if self.ticks % self._frame_ticks == 0:
            modes = {fault.mode for fault in self.player.faults(self.elapsed_s, "camera")}
            glances = in_view(self.world) if not modes & {"black", "freeze"} else []
            if glances:
                self._lively_s = self.elapsed_s
            if "silent" not in modes:
                seen = self._eyes.look(glances, self.time_s, self.world.robot_pose)
                self._reports.append((self.elapsed_s + self._eyes.delay_s(), self.ticks, seen))
        if self._reports and self.elapsed_s >= self._reports[0][0]:
            moment.people = self._reports.popleft()[1:]


def _motion(cue: Cue) -> motion.Motion:
    step = cue.step
    if step.do == "walk_to":
        return motion.WalkTo((step.to,), None if step.facing_deg is None else math.radians(step.facing_deg))
    if step.do == "fall":
        return motion.Fall(cue.kind)
    if step.do == "sit_on":
        return motion.SitOn(step.furniture)
    if step.do == "lie_in_bed":
        return motion.LieInBed(step.furniture)
    return _PLAIN_MOTIONS[step.do]()
