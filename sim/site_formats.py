"""The simulated world for other simulators: MuJoCo's own file, and SDF for Gazebo (announced as `anban.site_formats`).

Both are written from the very world that Anban simulates: same places, sizes, colours and names. People are left out,
since the simulator moves them and not the file.
"""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from robot.site import Site
from sim.sdf import sdf_text
from sim.world import world_spec


def mujoco_world(site: Site, folder: Path) -> list[Path]:
    """`world.xml` (MJCF) and the pictures of its surfaces in `textures/`. Raises OSError."""
    spec = world_spec(site)
    spec.modelname = site.site.id
    (folder / "textures").mkdir(exist_ok=True)
    for texture in spec.textures:  # MJCF holds no pictures
        texels = np.frombuffer(bytes(texture.data), np.uint8).reshape(texture.height, texture.width, 3)
        texture.file = f"textures/{texture.name}.png"
        if not cv2.imwrite(str(folder / texture.file), texels[..., ::-1]):
            raise OSError(f"{folder / texture.file} could not be written")
        texture.data, texture.width, texture.height = b"", 0, 0
    spec.modelfiledir = str(folder)
    spec.compile()
    file = folder / "world.xml"
    file.write_text(spec.to_xml(), encoding="utf-8")
    return [file]


def sdf(site: Site, folder: Path) -> list[Path]:
    """`world.sdf`, format 1.9. Raises OSError, and ValueError where two things of the site have the same id."""
    file = folder / "world.sdf"
    file.write_text(sdf_text(site, world_spec(site).compile()), encoding="utf-8")
    return [file]
