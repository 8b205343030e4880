"""The site: one YAML file that says where the robot lives, with whom, and by which rules.

`load_site(path)` returns a validated `Site`; anything wrong raises `SiteError` with file, line and remedy.
"""
from __future__ import annotations

import math
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from robot.site_checks import site_problems
from robot.site_source import Source, SourceError, schema_problems

LANGUAGES = ("en", "zh", "ja", "ko")
Language = Literal["en", "zh", "ja", "ko"]
ID = r"^[a-z][a-z0-9_-]*$"
Identifier = Annotated[str, Field(pattern=ID)]
Point = tuple[float, float]
PoseDeg = tuple[float, float, float]  # x [m], y [m], yaw [degrees], frame map
LocalName = Annotated[dict[Language, str], Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SiteError(ValueError):
    """The site file cannot be used; each of `problems` names file, line and remedy, in the order of the lines."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def in_language(name: dict[str, str], language: str) -> str:
    """A name in the language, else in English, else in the first language that it has."""
    return name.get(language) or name.get("en") or next(iter(name.values()), "")


def _clock_time(value: object) -> object:
    if not isinstance(value, (str, time)):
        raise ValueError(f'write the time of day as "20:00", in quotes, not {value!r}')
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]

WAKE_WORDS = ("okay_nabu", "hey_jarvis", "alexa", "hey_mycroft")


def _wake_word(value: str) -> str:
    if value not in WAKE_WORDS and not value.endswith(".json"):
        raise ValueError(f"no wake word {value!r}; there are {', '.join(WAKE_WORDS)}, or give the path of the "
                         ".json file of a model of microWakeWord")
    return value


WakeWord = Annotated[str, AfterValidator(_wake_word)]


class MapSettings(_Model):
    resolution_m: float = Field(0.05, gt=0.005, le=0.5)
    wall_height_m: float = Field(2.5, gt=1.5)
    wall_thickness_m: float = Field(0.1, gt=0.0, le=0.5)


class SiteInfo(_Model):
    id: Identifier
    name: LocalName
    timezone: str
    map: MapSettings = MapSettings()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"unknown time zone {value!r}; use a name such as Asia/Shanghai") from None
        return value


class Room(_Model):
    id: Identifier
    kind: Literal["bedroom", "living_room", "corridor", "bathroom", "kitchen", "lounge", "nurse_station", "other"]
    name: LocalName
    polygon: list[Point] = Field(min_length=3)  # corners in order [m]

    def contains(self, x: float, y: float) -> bool:
        """Whether the point (map, m) is inside, by the even-odd rule."""
        inside = False
        for (x1, y1), (x2, y2) in pairwise([*self.polygon, self.polygon[0]]):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    @property
    def center(self) -> Point:
        xs, ys = zip(*self.polygon, strict=True)
        return (sum(xs) / len(xs), sum(ys) / len(ys))


class Door(_Model):
    id: Identifier
    between: tuple[str, str]  # room ids, or "outside"
    at: Point
    width_m: float = Field(gt=0.4, le=3.0)
    open: bool = True


class Furniture(_Model):
    id: Identifier
    kind: Literal["bed", "sofa", "chair", "toilet", "table", "cabinet", "television", "other"]
    room: str
    pose: PoseDeg
    size: tuple[float, float, float]  # length, width, height [m]
    bed_number: str | None = None
    resident: str | None = None

    @property
    def corners(self) -> list[Point]:
        """Footprint corners in the map frame [m], counter-clockwise."""
        x, y, yaw = self.pose[0], self.pose[1], math.radians(self.pose[2])
        half_l, half_w = self.size[0] / 2, self.size[1] / 2
        return [(x + math.cos(yaw) * a - math.sin(yaw) * b, y + math.sin(yaw) * a + math.cos(yaw) * b)
                for a, b in ((half_l, half_w), (-half_l, half_w), (-half_l, -half_w), (half_l, -half_w))]

    def contains(self, x: float, y: float, margin_m: float = 0.0) -> bool:
        """Whether a map point lies over the footprint, grown by the margin; of arrays, for each."""
        yaw = math.radians(self.pose[2])
        dx, dy = x - self.pose[0], y - self.pose[1]
        along, across = math.cos(yaw) * dx + math.sin(yaw) * dy, -math.sin(yaw) * dx + math.cos(yaw) * dy
        return (abs(along) <= self.size[0] / 2 + margin_m) & (abs(across) <= self.size[1] / 2 + margin_m)


class Camera(_Model):
    height_m: float = Field(1.15, gt=0.1, le=2.5)
    forward_m: float = 0.12
    pitch_deg: float = 14.0  # positive looks down
    roll_deg: Literal[0, 180] = 0  # 180: hangs upside down
    hfov_deg: float = Field(74.0, gt=20, lt=170)
    width: int = 640
    height: int = 480
    rate_hz: float = Field(10.0, gt=0, le=60)

    @property
    def focal_px(self) -> float:
        return self.width / 2 / math.tan(math.radians(self.hfov_deg) / 2)


class Lidar(_Model):
    height_m: float = 0.2
    beams: int = Field(360, ge=8)
    range_m: float = 8.0
    rate_hz: float = 10.0


class Dock(_Model):
    id: Identifier
    room: str
    pose: PoseDeg


class Night(_Model):
    """When the robot speaks softer and slower, for those who sleep near by; what belongs to an alarm it does not.

    volume: half the pressure (0.5) is 6 dB less, about the step from raised to normal speech (Pearsons, Bennett and
    Fidell 1977). rate: who has just woken follows slower speech.
    """
    start: ClockTime = Field(alias="from")
    until: ClockTime
    volume: float = Field(0.5, ge=0.1, le=1.0)
    rate: float = Field(0.9, ge=0.5, le=1.0)

    def holds(self, at: time) -> bool:
        """Whether it is night at this time of day; `from` belongs to it, `until` does not."""
        if self.start <= self.until:
            return self.start <= at < self.until
        return at >= self.start or at < self.until


class Robot(_Model):
    id: Identifier
    name: LocalName
    radius_m: float = Field(0.22, gt=0.05, le=0.6)
    max_speed_mps: float = Field(0.5, gt=0, le=1.5)
    max_turn_rps: float = Field(1.2, gt=0, le=3.0)
    camera: Camera = Camera()
    lidar: Lidar = Lidar()
    docks: list[Dock] = Field(min_length=1)
    voice: dict[Language, str] = {}  # names of robot/voices.py; a language without one is spoken by espeak-ng
    night: Night | None = None


class VoicePreference(_Model):
    """How the robot speaks to somebody; 1.0 is as the voice is.

    Old ears lose the high tones first (ISO 7029:2017), so a lower voice may be easier to follow; how much helps whom
    is a matter of trying, hence no other default than the voice's own pitch.
    """
    rate: float = Field(1.0, ge=0.5, le=1.5)
    volume: float = Field(1.0, ge=0.1, le=1.0)
    pitch: float = Field(1.0, ge=0.75, le=1.25)


class Resident(_Model):
    id: Identifier
    name: LocalName
    language: Language
    also_speaks: list[Language] = []  # heard as well, and answered in whichever of all was spoken last
    room: str
    body: Literal["woman", "man", "adult"] = "woman"  # how the simulator draws them
    voice: VoicePreference = VoicePreference()


class Caregiver(_Model):
    id: Identifier
    name: str
    role: Literal["nurse", "head_nurse", "carer", "family", "manager"]
    language: Language = "en"


class EscalationStep(_Model):
    after_s: float = Field(ge=0)
    notify: list[str] = Field(min_length=1)


class Sensor(_Model):
    id: Identifier
    kind: Literal["mattress", "motion", "door", "sos_button", "blood_pressure", "smoke", "water"]
    room: str
    topic: str
    bed: str | None = None
    door: str | None = None
    resident: str | None = None


class Light(_Model):
    """A lamp or a switched socket behind Zigbee2MQTT; `topic` as for sensors."""
    id: Identifier
    room: str
    topic: str


class PatrolStop(_Model):
    room: str
    at: PoseDeg
    look_s: float = Field(4.0, ge=0, le=120)


class Patrol(_Model):
    id: Identifier
    start: ClockTime
    every_min: int = Field(120, ge=1)
    until: ClockTime
    stops: list[PatrolStop] = Field(min_length=1)


class MedicationPlan(_Model):
    id: Identifier
    resident: str
    medicine: LocalName
    dose: LocalName
    purpose: dict[Language, str] = {}
    times: list[ClockTime] = Field(min_length=1)
    window_min: int = Field(60, ge=1, le=720)
    repeat_after_s: float = Field(300, ge=5)
    repeats: int = Field(2, ge=0, le=10)
    tell: list[str] = Field(min_length=1)


class Privacy(_Model):
    """What an alarm's picture shows of the person it is about; bystanders' faces are never shown.

    snapshot: "picture"; "hidden_faces", theirs too; "skeleton": lines on grey, also in the demonstration's video.
    """
    snapshot: Literal["picture", "hidden_faces", "skeleton"] = "picture"


class Music(_Model):
    """What is played to who wants music. folder: the whole path of a folder of sound files; without one, and while it
    cannot be read, the robot hums its own melodies. order: "given" is by the files' names."""
    folder: str = ""
    order: Literal["random", "given"] = "random"

    @field_validator("folder")
    @classmethod
    def _whole_path(cls, value: str) -> str:
        if value and not value.startswith(("/", "~")):
            raise ValueError(f"{value!r} is no whole path; begin with / or ~, as in /home/anban/music")
        return value


class Attention(_Model):
    """By what somebody shows that the robot is meant: its name, a look, a touch, a wake word; [] means that whatever is
    understood is meant for it. Calls for help and answers to its own questions never need any of them.

    keeps_s: how long who had its attention still has it. names: what else it is called. wake_words: models of
    microWakeWord, those of pymicro-wakeword by name, others by the path of their JSON file.
    """
    by: list[Literal["name", "look", "touch", "wake_word"]] = ["name", "look", "touch"]
    keeps_s: float = Field(20.0, ge=3.0, le=120.0)
    names: dict[Language, list[str]] = {}
    wake_words: list[WakeWord] = []


class Site(_Model):
    site: SiteInfo
    privacy: Privacy = Privacy()
    attention: Attention = Attention()
    music: Music = Music()
    rooms: list[Room] = Field(min_length=1)
    doors: list[Door] = []
    furniture: list[Furniture] = []
    robot: Robot
    residents: list[Resident] = Field(min_length=1)
    caregivers: list[Caregiver] = Field(min_length=1)
    escalation: list[EscalationStep] = Field(min_length=1)
    sensors: list[Sensor] = []
    lights: list[Light] = []
    patrols: list[Patrol] = []
    medication: list[MedicationPlan] = []

    def room_at(self, x: float, y: float) -> Room | None:
        """The room that holds the map point, or None."""
        return next((room for room in self.rooms if room.contains(x, y)), None)

    def room(self, room_id: str) -> Room:
        return _by_id(self.rooms, room_id)

    def resident(self, resident_id: str) -> Resident:
        return _by_id(self.residents, resident_id)

    def furniture_at(self, x: float, y: float, kinds: tuple[str, ...], margin_m: float = 0.0) -> Furniture | None:
        return next((f for f in self.furniture if f.kind in kinds and f.contains(x, y, margin_m)), None)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)


def _by_id(items, wanted: str):
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)


def load_site(path: str | Path) -> Site:
    """Read and check a site file. Raises SiteError with every problem found."""
    path = Path(path)
    try:
        source = Source(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError([f"{path}: cannot be read: {error.strerror}; give the path of a site file"]) from error
    except UnicodeDecodeError as error:
        raise SiteError([f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}); "
                         "save it as UTF-8"]) from error
    except SourceError as error:
        raise SiteError([f"{path}:{error.line}: {error}"]) from error
    try:
        site = Site.model_validate(source.data)
        found = list(site_problems(site))
    except ValidationError as error:
        found = list(schema_problems(error, Site))
    if found:
        lines = sorted({(source.line(where), source.label(where, what), what) for where, what in found})
        raise SiteError([f"{path}:{line}: {label}: {what}" for line, label, what in lines])
    return site
