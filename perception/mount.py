"""The option `--camera`: how the camera of a plain video is mounted, from a site file."""
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robot.site import Camera, load_site

CameraOption = Annotated[Path | None, typer.Option("--camera", metavar="SITE.yaml", help=(
    "site file whose robot.camera (height_m, pitch_deg, hfov_deg, roll_deg) is that of the pictures: heights above the "
    "floor are then told from how large people are, and pictures that hang upside down (roll_deg: 180) are turned"))]


def read_mount(path: Path | None) -> Camera | None:
    """The camera of a site file. Raises SiteError."""
    return load_site(path).robot.camera if path else None
