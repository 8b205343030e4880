"""Pictures of a MuJoCo world without a display: colour and depth from one drawing."""
from __future__ import annotations

import sys
from collections.abc import Sequence

import mujoco
import numpy as np

from sim.things import PARKED


class Renderer:
    """An off-screen renderer that reads colour and depth from one drawing."""

    def __init__(self, model: mujoco.MjModel, width: int, height: int) -> None:
        self._model = model
        self._context = mujoco.GLContext(width, height)
        self._context.make_current()
        self._draw = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._draw)
        self._draw.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mujoco.MjvScene(model, maxgeom=2000)
        self._view = mujoco.MjrRect(0, 0, width, height)
        self._color = np.empty((height, width, 3), np.uint8)
        self._depth = np.empty((height, width), np.float32)

    def look(self, data: mujoco.MjData, camera, hide: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Colour (H, W, 3) uint8 and depth (H, W) float32 [m], without the geom groups in hide and contact bodies."""
        self._context.make_current()
        option = mujoco.MjvOption()
        option.geomgroup[:] = 1
        for group in (PARKED, 4, *hide):
            option.geomgroup[group] = 0
        option.skingroup[5] = 0
        if not isinstance(camera, mujoco.MjvCamera):
            fixed = mujoco.MjvCamera()
            fixed.type, fixed.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, camera
            camera = fixed
        mujoco.mjv_updateScene(self._model, data, option, None, camera, mujoco.mjtCatBit.mjCAT_ALL, self._scene)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION, mujoco.mjtRndFlag.mjRND_FOG,
                     mujoco.mjtRndFlag.mjRND_HAZE, mujoco.mjtRndFlag.mjRND_SKYBOX):
            self._scene.flags[flag] = 0
        mujoco.mjr_render(self._view, self._scene, self._draw)
        mujoco.mjr_readPixels(self._color, self._depth, self._view, self._draw)
        near = self._model.vis.map.znear * self._model.stat.extent
        far = self._model.vis.map.zfar * self._model.stat.extent
        # reversed depth: 1 at the near plane, 0 at the far one
        metres = self._depth[::-1] * np.float32(1 - near / far)
        metres += np.float32(near / far)
        return self._color[::-1].copy(), np.divide(np.float32(near), metres, out=metres)

    def close(self) -> None:
        """Free the drawing while its own context is current: another world's pictures live in theirs."""
        if self._context is not None:
            self._context.make_current()
            self._draw.free()
            self._context.free()
            self._context = None

    def __del__(self) -> None:
        if not sys.is_finalizing() and getattr(self, "_draw", None) is not None:
            self.close()
