"""What `anban doctor` asks about the eyes: does the pose model load and look?"""
from __future__ import annotations

from robot.doctor import Check, Finding


def pose_model() -> Finding:
    import numpy as np

    from perception.pose import PoseFinder
    finder = PoseFinder(people=1)
    poses = finder.find(np.full((240, 320, 3), 90, np.uint8), 0.0)
    finder.close()
    if poses:
        return Finding("error", "the pose model sees a person in a grey picture", "run make setup again")
    return Finding("ok", "loads, and sees nobody in an empty picture")


CHECKS = [Check("pose model", pose_model, "apt-get install libegl1 libgles2 libgl1 libglib2.0-0, then make setup")]
