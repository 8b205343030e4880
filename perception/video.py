"""A video file of pictures with their times, H.264 in MP4, playable in any browser."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TIME_BASE = Fraction(1, 1000)


class VideoFile:
    """Writes RGB pictures at the times given; times that do not grow are passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: av.container.OutputContainer | None = None
        self._start_s = 0.0
        self._last_ms = -1

    def write(self, picture: np.ndarray, time_s: float) -> None:
        """Add a picture, (height, width, 3) uint8 RGB; height and width must be even. Raises OSError."""
        if self._container is None:
            self._open(picture.shape[1], picture.shape[0])
            self._start_s = time_s
        at_ms = round((time_s - self._start_s) * 1000)
        if at_ms <= self._last_ms:
            return
        self._last_ms = at_ms
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = at_ms, TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file; harmless when nothing was written."""
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()
            self._container = None

    def _open(self, width: int, height: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A fragmented file can be watched up to its last second even if the writer is killed.
        self._container = av.open(str(self._path), "w", format="mp4",
                                  options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
        self._stream = self._container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "crf": "26"})
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = TIME_BASE
        self._stream.codec_context.gop_size = 20
