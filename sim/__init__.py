"""The world: physics, rendering, residents, sound, room sensors, scenarios."""
import os
import sys

if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("MUJOCO_GL", "osmesa")  # draws without a display; must be set before MuJoCo is imported
