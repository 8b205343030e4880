"""What `anban doctor` asks about the simulated home: does the renderer draw, is there a browser for the page?"""
from __future__ import annotations

import os

from robot.doctor import Check, Finding

_SCENE = """
<mujoco><worldbody><light pos="0 0 3"/><geom type="sphere" size="0.5" rgba="1 0 0 1"/>
<camera name="eye" pos="0 -2 0" xyaxes="1 0 0 0 0 1"/></worldbody></mujoco>
"""


def renderer() -> Finding:
    """Draw a red ball off-screen and look whether it is there."""
    import mujoco
    model = mujoco.MjModel.from_xml_string(_SCENE)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with mujoco.Renderer(model, 64, 64) as picture:
        picture.update_scene(data, camera="eye")
        red, green, _ = picture.render()[32, 32]
    if red <= green:
        return Finding("error", "MuJoCo drew nothing", "apt-get install --reinstall libosmesa6")
    return Finding("ok", f"MuJoCo {mujoco.__version__} draws off-screen with {os.environ.get('MUJOCO_GL')}")


def browser() -> Finding:
    from sim.browser import find_browser
    if program := find_browser():
        return Finding("ok", program)
    return Finding("warn", "no working Chromium: the demo prints the page's address, and looks at nothing there itself",
                   "apt-get install chromium (on Ubuntu: snap install chromium)")


CHECKS = [
    Check("renderer", renderer, "apt-get install libosmesa6, or set MUJOCO_GL=egl where there is a GPU"),
    Check("browser", browser),
]
