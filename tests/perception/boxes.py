"""A depth camera before a bare floor on which boxes stand."""
import math
from pathlib import Path

import numpy as np

from perception.geometry import Camera
from robot.site import load_site

SITE = load_site(Path(__file__).resolve().parents[2] / "config" / "home.yaml")
CAMERA = Camera(425.0, 425.0, 320.0, 240.0, 640, 480)
EYE, YAW, PITCH = np.array([5.0, 1.0, 1.15]), math.radians(45), math.radians(14)
FORWARD = np.array([math.cos(YAW) * math.cos(PITCH), math.sin(YAW) * math.cos(PITCH), -math.sin(PITCH)])
RIGHT = np.array([math.sin(YAW), -math.cos(YAW), 0.0])
TO_MAP = np.eye(4)
TO_MAP[:3, :3], TO_MAP[:3, 3] = np.column_stack([RIGHT, np.cross(FORWARD, RIGHT), FORWARD]), EYE
BODY = ((5.6, 2.2, 0.0), (7.0, 2.6, 0.24))  # two corners of a box between the door and the sofa
PLACE = np.array([6.3, 2.4])


def depth(*boxes, eye=EYE):
    """What the camera sees of the bare floor and boxes (low corner, high corner): uint16 mm."""
    xs, ys = np.meshgrid(np.arange(640), np.arange(480))
    rays = np.stack([(xs - CAMERA.cx) / CAMERA.fx, (ys - CAMERA.cy) / CAMERA.fy, np.ones(xs.shape)], -1)
    rays = rays @ TO_MAP[:3, :3].T
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], np.inf)
        for low, high in boxes:
            a, b = (np.array(low) - eye) / rays, (np.array(high) - eye) / rays
            enter, leave = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
            nearest = np.where((enter <= leave) & (enter > 0), np.minimum(nearest, enter), nearest)
    return np.where(nearest < 8.0, nearest * 1000, 0).astype(np.uint16)
