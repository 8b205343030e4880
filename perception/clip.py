"""Pictures of a video file, whatever made it: variable frame rates, turned telephones, torn packets, 4K, grey."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

# The pose model sees 256 pixels of a person; more than this a side only costs time.
LONGEST_SIDE_PX = 960
SMALLEST_SIDE_PX = 32
# A fall takes 0.4 to 0.8 s: with fewer pictures a second than this its descent is not seen.
SLOWEST_HZ = 4.0
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class ClipError(ValueError):
    """The file holds no pictures that can be used; the message says why."""


class Clip:
    """Iterate over it for (time since the first picture [s], RGB picture (height, width, 3) uint8).

    At most `rate_hz` pictures a second, turned as the file says, sides even and at most 960 px. What cannot be decoded
    whole is passed over and counted in `torn`. Raises ClipError where nothing can.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        self.path, self.rate_hz, self.torn, self.pictures = path, rate_hz, 0, 0
        self.duration_s = 0.0  # of what was read; before that, what the file says
        with self._open() as container:
            if container.duration:
                self.duration_s = container.duration / av.time_base

    def __iter__(self) -> Iterator[tuple[float, np.ndarray]]:
        first_s, next_s, timed = None, 0.0, False
        with self._open() as container:
            for frame in self._frames(container):
                timed |= frame.time is not None
                if frame.time is None or frame.is_corrupt:
                    self.torn += 1
                    continue
                first_s = frame.time if first_s is None else first_s
                time_s = frame.time - first_s
                if time_s < next_s - 1e-3:
                    continue
                next_s = max(next_s, time_s - 0.5 / self.rate_hz) + 1.0 / self.rate_hz
                self.duration_s = time_s
                self.pictures += 1
                yield time_s, self._prepared(frame)
        if self.torn and not timed:
            raise ClipError(f"{self.path}: its pictures carry no times; put them into a container that has some: "
                            f"ffmpeg -r PICTURES_A_SECOND -i {self.path.name} -c copy {self.path.stem}.mp4")
        if first_s is None:
            raise ClipError(f"{self.path}: no picture in it can be decoded; is it a video?")

    @property
    def notes(self) -> list[str]:
        """After the pictures: what was wrong with the file."""
        notes = [f"torn: {self.torn} packets or pictures could not be decoded"] if self.torn else []
        if self.pictures > 1 and self.pictures - 1 < SLOWEST_HZ * self.duration_s:
            notes.append(f"only {(self.pictures - 1) / self.duration_s:.1f} pictures a second: the descent of a "
                         "fall may not be seen")
        return notes

    def _open(self) -> av.container.InputContainer:
        try:
            container = av.open(str(self.path))
        except av.error.FFmpegError as error:
            raise ClipError(f"{self.path}: {error.strerror}; is it a video?") from None
        if not container.streams.video:
            container.close()
            raise ClipError(f"{self.path}: has sound but no pictures")
        return container

    def _frames(self, container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
        packets = container.demux(video=0)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except av.error.FFmpegError:
                self.torn += 1
                if self.torn > 1000:  # a demuxer that stands still
                    return

    def _prepared(self, frame: av.VideoFrame) -> np.ndarray:
        picture = frame.to_ndarray(format="rgb24")
        if (turn := _TURNS.get(int(frame.rotation) % 360)) is not None:
            picture = cv2.rotate(picture, turn)
        height, width = picture.shape[:2]
        scale = min(1.0, LONGEST_SIDE_PX / max(height, width))
        size = (round(width * scale) // 2 * 2, round(height * scale) // 2 * 2)
        if min(size) < SMALLEST_SIDE_PX:
            raise ClipError(f"{self.path}: its pictures of {width}x{height} are too small to see anybody in")
        return picture if size == (width, height) else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
