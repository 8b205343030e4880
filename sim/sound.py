"""How the simulated rooms sound: loudspeaker and mouths, walls and echo, noise, and the microphone's converter.

`Soundscape` keeps what is being played, follows where it is played, and yields the microphone's signal chunk by chunk.
Levels are dB SPL; positions are in the map frame [m]; sound is float32 mono at 16 kHz until the converter makes int16.
"""
from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import networkx as nx
import numpy as np

from robot.site import Room, Site

SAMPLE_RATE = 16_000
CHUNK = 1_600
# The level whose RMS is full scale. Speech of 66 dB at 1 m then stands at -30 dBFS: usual for a far microphone.
FULL_SCALE_DB = 96.0
# Raised voice at 1 m, Pearsons, Bennett and Fidell 1977 (normal 58-60, raised 65-68, loud 74-76 dB(A)).
VOICE_DB = 66.0
# A full-scale square wave from the robot's loudspeaker, at 1 m; synthesised speech lies 15-20 dB below it.
LOUDSPEAKER_FULL_SCALE_DB = 88.0
# The microphone sits nearer to the loudspeaker than 1 m but behind the housing.
LOUDSPEAKER_TO_MICROPHONE_DB = 6.0
# Moderate hearing loss (WHO: 35-49 dB in the better ear): an older resident follows speech from about this level,
# and not below the noise.
HEARING_DB, HEARING_ABOVE_NOISE_DB = 45.0, 3.0
# Two bands, with the frequency that stands for each in the diffraction formula.
CROSSOVER_HZ, BAND_HZ = 900.0, (400.0, 2000.0)
NOISE_LOOP_S = 30.0
WALL_LOSS_DB = (30.0, 40.0)  # light inner wall with its leaks, low and high band
DOORWAY_LOSS_DB = 9.0  # echo field through an open door: 10 lg(absorption area 15 m2 / opening 2 m2)
REVERBERATION_S = {"bedroom": 0.30, "living_room": 0.38, "corridor": 0.65, "bathroom": 0.80, "kitchen": 0.60,
                   "lounge": 0.60, "nurse_station": 0.55, "other": 0.55}  # RT60, furnished dwellings
TALKER_DIRECTIVITY = np.array([2.0, 4.0])  # per band: a mouth beams its high notes
# The robot listens with an array of microphones steered at the talker: echo and noise, which come from everywhere, are
# weaker by its directivity index (5-7 dB for four microphones, more at high frequencies; Brandstein and Ward,
# Microphone Arrays, 2001). The noise level given to a Soundscape is the one behind the array.
MICROPHONE_DIRECTIVITY_DB = np.array([5.0, 8.0])  # per band
_SPEED_OF_SOUND_MPS = 343.0
_FADE = 80  # samples: 5 ms, a stopped loudspeaker does not click

Position = tuple[float, float, float]


def amplitude(level_db: float) -> float:
    """RMS amplitude (1.0: full scale) of a level in dB SPL."""
    return 10 ** ((level_db - FULL_SCALE_DB) / 20)


def level_db(samples: np.ndarray) -> float:
    """Level of samples (1.0: full scale) in dB SPL; -inf for silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return FULL_SCALE_DB + 10 * math.log10(power) if power else -math.inf


def speech_rms(samples: np.ndarray) -> float:
    """RMS of the parts that are speech: samples in 20 ms frames within 30 dB of the loudest frame."""
    frames = samples[:len(samples) // 320 * 320].reshape(-1, 320)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return float(np.sqrt(power[power > power.max() / 1000].mean())) if len(power) and power.max() > 0 else 0.0


@dataclass(frozen=True)
class SoundPath:
    """The way from a source to an ear: its length [m] and what it loses beside distance [dB per band]."""
    distance_m: float
    direct_loss_db: tuple[float, float]
    echo_loss_db: tuple[float, float]


class Acoustics:
    """Sound between places of a site: 1/r within a room, round the edges of open doors, and through walls."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._doors = {door.id: door for door in site.doors if door.open and "outside" not in door.between}
        graph = nx.Graph()
        graph.add_nodes_from(self._doors)
        for a, b in itertools.combinations(self._doors.values(), 2):
            if set(a.between) & set(b.between):
                graph.add_edge(a.id, b.id, weight=math.dist(a.at, b.at))
        self._between = {a: nx.single_source_dijkstra(graph, a, weight="weight") for a in graph}

    def room(self, position: Position) -> Room:
        """The room of a position; the nearest where the position is in none."""
        x, y = position[:2]
        return self.site.room_at(x, y) or min(self.site.rooms, key=lambda room: math.dist(room.center, (x, y)))

    def path(self, source: Position, ear: Position) -> SoundPath:
        """The loudest way from source to ear."""
        straight = max(math.dist(source, ear), 0.1)
        if self.room(source).id == self.room(ear).id:
            return SoundPath(straight, (0.0, 0.0), (0.0, 0.0))
        wall = SoundPath(straight, WALL_LOSS_DB, WALL_LOSS_DB)
        open_way = self._through_doors(source, ear, straight)
        if open_way is None or open_way.direct_loss_db[0] + 20 * math.log10(
                open_way.distance_m / straight) > WALL_LOSS_DB[0]:
            return wall
        return open_way

    def echo_gain_db(self, room: Room) -> np.ndarray:
        """Level of the room's echo field over the source's at 1 m, per band: 10 lg(16 pi / (Q A)), A by Sabine."""
        corners = np.asarray(room.polygon)
        x, y = corners.T
        floor_m2 = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        absorption_m2 = 0.161 * floor_m2 * self.site.site.map.wall_height_m / REVERBERATION_S[room.kind]
        return 10 * np.log10(16 * math.pi / (TALKER_DIRECTIVITY * absorption_m2))

    def _through_doors(self, source: Position, ear: Position, straight: float) -> SoundPath | None:
        ways = []
        for first in self._of_room(self.room(source)):
            lengths, routes = self._between[first]
            ways += [(math.dist(source[:2], self._doors[first].at) + lengths[last]
                      + math.dist(self._doors[last].at, ear[:2]), routes[last])
                     for last in self._of_room(self.room(ear)) if last in lengths]
        if not ways:
            return None
        length, route = min(ways)
        echo = (DOORWAY_LOSS_DB * len(route),) * 2
        if all(_distance_to_segment(self._doors[door].at, source[:2], ear[:2]) < self._doors[door].width_m / 2
               for door in route):
            return SoundPath(straight, (0.0, 0.0), echo)
        length = max(length, straight)
        return SoundPath(length, tuple(_diffraction_db(length - straight, hz) for hz in BAND_HZ), echo)

    def _of_room(self, room: Room) -> list[str]:
        return [door.id for door in self._doors.values() if room.id in door.between]


def _diffraction_db(detour_m: float, frequency_hz: float) -> float:
    """Loss round an edge, Maekawa 1968: 10 lg(3 + 20 N), N = 2 detour / wavelength, at most 24 dB."""
    return min(10 * math.log10(3 + 40 * detour_m * frequency_hz / _SPEED_OF_SOUND_MPS), 24.0)


def _distance_to_segment(point, a, b) -> float:
    a, b, point = np.asarray(a), np.asarray(b), np.asarray(point)
    along = np.clip(np.dot(point - a, b - a) / max(np.dot(b - a, b - a), 1e-12), 0, 1)
    return float(np.linalg.norm(point - a - along * (b - a)))


@dataclass
class _Sound:
    """One stretch of sound under way. `bands` and `echo` are (2, n): low and high band, 1.0 = full scale at 1 m."""
    source: str
    begin: int
    bands: np.ndarray
    echo: np.ndarray
    loop: bool
    spoken: int  # samples without the echo's tail
    gains: np.ndarray | None = None
    cut: bool = False  # stopped before its end


class Soundscape:
    """All that sounds, and the microphone. Time is counted in samples since `start_s`; nothing is lost or doubled.

    `noise_db` is the level of the room's pink noise. `robot` is the name under which the robot's own voice plays:
    it reaches the microphone by a fixed coupling, not by distance.
    """

    def __init__(self, site: Site, start_s: float, seed: int = 0, noise_db: float = 36.0, robot: str = "robot") -> None:
        self.acoustics = Acoustics(site)
        self.start_s, self.noise_db, self.robot = start_s, noise_db, robot
        self.position = 0  # samples given out so far
        self.places: dict[str, Position] = {robot: (0.0, 0.0, 1.0)}  # source -> where it is now
        self._random = np.random.default_rng([seed, 0x50D])
        self._sounds: list[_Sound] = []
        self._ended: list[str] = []
        self._noise = _pink_noise(self._random)

    def play(self, source: str, samples: np.ndarray, at_s: float, speech_db: float | None = None,
             loop: bool = False) -> float:
        """Let `source` sound from `at_s` on, after what it still plays; returns when it ends [s].

        `samples`: float32, 1.0 = full scale. With `speech_db` they are set to that speech level at 1 m, otherwise
        full scale means LOUDSPEAKER_FULL_SCALE_DB. The source's place must be in `places`.
        """
        samples = np.asarray(samples, np.float64)
        if not len(samples):
            return at_s
        loudness = amplitude(LOUDSPEAKER_FULL_SCALE_DB) if speech_db is None else \
            amplitude(speech_db) / max(speech_rms(samples), 1e-9)
        bands = _two_bands(samples) * loudness
        room = self.acoustics.room(self.places[source])
        echo = _convolved(bands, self._impulse_response(room))
        echo *= 10 ** (self.acoustics.echo_gain_db(room)[:, None] / 20)
        if loop:
            echo = echo[:, :bands.shape[1]]
        begin = max(round((at_s - self.start_s) * SAMPLE_RATE), self.position,
                    *(s.begin + s.spoken for s in self._sounds if s.source == source), 0)
        self._sounds.append(_Sound(source, begin, bands, echo, loop, bands.shape[1]))
        return self.start_s + (begin + bands.shape[1]) / SAMPLE_RATE

    def stop(self, source: str) -> None:
        """Silence a source at once; what was queued is dropped."""
        for sound in [s for s in self._sounds if s.source == source]:
            played = self.position - sound.begin
            if played <= 0:
                self._sounds.remove(sound)
                continue
            sound.cut = True
            kept = min(played + _FADE, sound.spoken)
            sound.bands = sound.bands[:, :kept].copy()
            sound.bands[:, played:] *= np.linspace(1, 0, max(kept - played, 0))
            sound.echo = sound.echo[:, :kept]
            sound.spoken, sound.loop = kept, False

    def sounding(self, source: str) -> bool:
        """Whether the source itself (not its echo) sounds now or is about to."""
        return any(s.source == source and (s.loop or s.begin + s.spoken > self.position) for s in self._sounds)

    @property
    def silent(self) -> bool:
        """Whether nothing is heard but the room's own noise."""
        return not self._sounds

    def skip_to(self, elapsed_s: float) -> None:
        """Let silent time pass unheard, up to so long after the start."""
        self.position = max(self.position, round(elapsed_s * SAMPLE_RATE))

    def drain_ended(self) -> list[str]:
        """Sources of which a stretch of sound came to its own end since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def level_at(self, source: str, speech_db: float, ear: Position) -> float:
        """Level [dB SPL] of a source's voice at an ear: direct sound and echo together, both bands alike."""
        direct, echo = self._gains(source, ear)
        room_gain = 10 ** (self.acoustics.echo_gain_db(self.acoustics.room(self.places[source])) / 10)
        return speech_db + 10 * math.log10(float(np.mean(direct ** 2 + echo ** 2 * room_gain)))

    def hears(self, ear: Position, source: str, speech_db: float) -> bool:
        """Whether an older resident at `ear` can follow the source's voice."""
        return self.level_at(source, speech_db, ear) >= max(HEARING_DB, self.noise_db + HEARING_ABOVE_NOISE_DB)

    def chunk(self) -> tuple[float, np.ndarray]:
        """The next 1600 samples of the microphone (int16) and the time of the first [s]."""
        begin, end = self.position, self.position + CHUNK
        mixed = np.take(self._noise, np.arange(begin, end), mode="wrap") * amplitude(self.noise_db)
        for sound in self._sounds:
            gains = np.concatenate(self._gains(sound.source, self.places[self.robot], microphone=True))
            ramp = np.linspace(gains if sound.gains is None else sound.gains, gains, CHUNK, endpoint=False).T
            sound.gains = gains
            mixed += (_stretch(sound.bands, begin - sound.begin, sound.loop) * ramp[:2]).sum(axis=0)
            mixed += (_stretch(sound.echo, begin - sound.begin, sound.loop) * ramp[2:]).sum(axis=0)
        self._ended += [s.source for s in self._sounds
                        if not s.loop and not s.cut and begin < s.begin + s.spoken <= end]
        self._sounds = [s for s in self._sounds if s.loop or s.begin + s.echo.shape[1] > end]
        self.position = end
        return self.start_s + begin / SAMPLE_RATE, np.clip(np.rint(mixed * 32767), -32768, 32767).astype(np.int16)

    def _gains(self, source: str, ear: Position, microphone: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Amplitude gains per band of a source's direct sound and of its echo at an ear."""
        if microphone and source == self.robot:
            return np.full(2, 10 ** (LOUDSPEAKER_TO_MICROPHONE_DB / 20)), np.ones(2)
        path = self.acoustics.path(self.places[source], ear)
        return (10 ** (-np.asarray(path.direct_loss_db) / 20) / path.distance_m,
                10 ** (-(np.asarray(path.echo_loss_db) + MICROPHONE_DIRECTIVITY_DB * microphone) / 20))

    def _impulse_response(self, room: Room) -> np.ndarray:
        """Tail of the room's echo, unit energy: noise that decays by 60 dB in the reverberation time (Moorer 1979)."""
        length_s = REVERBERATION_S[room.kind]
        tail = np.arange(int(length_s * SAMPLE_RATE)) / SAMPLE_RATE
        response = self._random.standard_normal(len(tail)) * np.exp(-6.91 * tail / length_s)
        response[:int(0.004 * SAMPLE_RATE)] = 0.0  # nothing comes back before the nearest surface is reached
        response /= np.linalg.norm(response)
        return np.convolve(response, [0.5, 0.5])  # air and fabrics swallow the highest part


def _stretch(bands: np.ndarray, offset: int, loop: bool) -> np.ndarray:
    """CHUNK samples of `bands` (2, n) from `offset` on, zeros outside, repeated where it loops."""
    if loop and offset >= 0:
        return np.take(bands, np.arange(offset, offset + CHUNK), axis=1, mode="wrap")
    out = np.zeros((2, CHUNK))
    first, last = max(offset, 0), min(offset + CHUNK, bands.shape[1])
    if first < last:
        out[:, first - offset:last - offset] = bands[:, first:last]
    return out


def _pink_noise(random: np.random.Generator) -> np.ndarray:
    """NOISE_LOOP_S of noise with power 1/f from 20 Hz on, unit RMS, whose end fits its beginning."""
    count = round(NOISE_LOOP_S * SAMPLE_RATE)
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(random.standard_normal(count)) / np.sqrt(np.maximum(hertz, 20.0))
    spectrum[hertz < 20.0] = 0.0
    noise = np.fft.irfft(spectrum, count)
    return noise / np.sqrt(np.mean(noise ** 2))


def _two_bands(samples: np.ndarray) -> np.ndarray:
    """Low and high band (2, n) that add up to the samples; the crossover falls by 24 dB an octave, without delay."""
    padded = len(samples) + SAMPLE_RATE // 20  # what the filter rings must not come round to the beginning
    hertz = np.fft.rfftfreq(padded, 1 / SAMPLE_RATE)
    low = np.fft.irfft(np.fft.rfft(samples, padded) / (1 + (hertz / CROSSOVER_HZ) ** 4), padded)[:len(samples)]
    return np.stack([low, samples - low])


def _convolved(bands: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Bands (2, n) convolved with a response (m,): (2, n + m - 1)."""
    length = bands.shape[1] + len(response) - 1
    return np.fft.irfft(np.fft.rfft(bands, length) * np.fft.rfft(response, length), length)
