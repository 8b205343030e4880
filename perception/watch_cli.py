"""`anban watch`: what the eyes make of a video or a camera, in a window or a file."""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from perception.clip import Clip, ClipError
from perception.mount import CameraOption, read_mount
from robot.site import Camera, SiteError


def app(
    source: Annotated[str, typer.Argument(help="video file, or the number of a camera (0 is the first)")],
    out: Annotated[Path | None, typer.Option(help="write the annotated video to this file (.mp4)")] = None,
    rate: Annotated[float, typer.Option(help="pictures a second that are looked at", min=1.0, max=60.0)] = 10.0,
    camera: CameraOption = None,
) -> None:
    """Show skeleton, posture and falls in a video or camera picture. Escape or q ends it.

    Examples: `anban watch 0`, `anban watch fall.mp4`, `anban watch fall.mp4 --out seen.mp4`
    """
    window = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not window and out is None:
        _stop("no display here to open a window on; write a video with --out FILE.mp4")
    try:
        pictures = _camera(int(source), rate) if source.isdecimal() else Clip(Path(source), rate)
        _watch(pictures, None if source.isdecimal() else 1.0 / rate, out, window, read_mount(camera))
    except (ClipError, SiteError) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        pass  # the way to end it without a window
    if out:
        print(f"Written: {out}")


def _watch(pictures: Clip | Iterator[tuple[float, np.ndarray]], pace_s: float | None, out: Path | None,
           window: bool, mount: Camera | None) -> None:
    from perception.eyes import Eyes
    from perception.learnt import FallModel
    from perception.video import VideoFile
    video = VideoFile(out) if out else None
    try:
        with Eyes(model=FallModel.load(), mount=mount) as eyes:
            for time_s, picture in pictures:
                began_s = time.monotonic()
                for event in eyes.look(picture, time_s):
                    print(f"{time_s:7.2f} s  fall {event.state.name.lower()} ({event.confidence:.0%}): "
                          f"{'; '.join(event.evidence)}", flush=True)
                drawn = eyes.drawn(picture)
                if video:
                    video.write(drawn, time_s)
                if window:
                    cv2.imshow("anban watch", drawn[:, :, ::-1])
                    left_s = (pace_s or 0.0) - (time.monotonic() - began_s)
                    if cv2.waitKey(max(1, int(left_s * 1000))) & 0xFF in (27, ord("q")):
                        break
            for note in (*getattr(pictures, "notes", ()), *eyes.notes):
                print(note, file=sys.stderr)
    finally:
        if video:
            video.close()


def _camera(number: int, rate: float) -> Iterator[tuple[float, np.ndarray]]:
    """Pictures of a camera with the seconds since the first one."""
    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise ClipError(f"camera {number} cannot be opened; is it plugged in, and may you read /dev/video{number}?")
        camera.set(cv2.CAP_PROP_FPS, rate)
        began_s = time.monotonic()
        while True:
            ok, picture = camera.read()
            if not ok:
                raise ClipError(f"camera {number} gives no more pictures; was it unplugged?")
            yield time.monotonic() - began_s, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    finally:
        camera.release()


def _stop(message: str) -> None:
    print(message, file=sys.stderr)
    raise typer.Exit(1)
