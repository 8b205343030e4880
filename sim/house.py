"""The building from a site file: walls with door openings, furniture, lamps and pictures, as MuJoCo geoms.

Walls stand centred on the edges of the room polygons, `wall_thickness_m` thick; an open door is a gap of its width
under a lintel, a closed one is filled by its leaf. Geom groups: 0 solid things that a lidar sees, 1 decoration,
5 ceiling and lintels (hidden in pictures from above).
"""
from __future__ import annotations

import math

import mujoco
import numpy as np

from robot.site import Furniture, Site
from robot.walls import Wall, walls
from sim import textures

DOOR_HEIGHT_M = 2.05
SOLID, DECORATION, OVERHEAD = 0, 1, 5
BED_MATTRESS_M = 0.18  # thickness of the mattress; its top is the height in the site file
SOFA_BACK_M, SOFA_ARM_M = 0.18, 0.14


class HouseBuilder:
    """Adds a site's building and furniture to a MuJoCo spec; look and decoration follow the seed."""

    def __init__(self, spec: mujoco.MjSpec, site: Site, seed: int) -> None:
        self.spec, self.site, self.seed = spec, site, seed
        self.rng = np.random.default_rng(seed)
        self.height = site.site.map.wall_height_m
        self.walls = walls(site)

    def build(self) -> None:
        """Add everything; call once, before compiling."""
        self._materials()
        self._shell()
        for wall in self.walls:
            self._wall(wall)
        for furniture in self.site.furniture:
            self._furnish(furniture)
        for room in self.site.rooms:
            self._decorate(room)

    def obstacles(self) -> None:
        """Add only what a body can hit, without materials, instead of `build`."""
        self._shell()
        for wall in walls(self.site):
            self._wall(wall)
        for furniture in self.site.furniture:
            self._furnish(furniture)
        for geom in list(self.spec.geoms):
            geom.material = ""
            if geom.group != SOLID:
                self.spec.delete(geom)

    # materials -----------------------------------------------------------------------------------------------------

    def _material(self, name: str, picture: np.ndarray, repeat: float = 1.0, uniform: bool = False,
                  specular: float = 0.1, emission: float = 0.0) -> None:
        texture = self.spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=picture.shape[1],
                                        height=picture.shape[0], nchannel=3)
        texture.data = picture.tobytes()
        material = self.spec.add_material(name=name, texrepeat=[repeat, repeat], texuniform=uniform,
                                          specular=specular, shininess=0.2, emission=emission)
        roles = [""] * 10
        roles[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        material.textures = roles

    def _plain(self, name: str, color: textures.Color, specular: float = 0.1, emission: float = 0.0) -> None:
        """A surface without a picture: half the cost of drawing, so for what fills much of the view."""
        self.spec.add_material(name=name, rgba=[*(channel / 255 for channel in color), 1], specular=specular,
                               shininess=0.2, emission=emission)

    def _materials(self) -> None:
        seed, pick = self.seed, self.rng.integers
        floors = ((150, 112, 78), (172, 146, 116), (122, 88, 62))
        self._material("floor", textures.planks(seed, floors[pick(3)]), repeat=1.0, uniform=True)
        self._plain("wall", ((222, 213, 196), (204, 212, 212), (228, 219, 202))[pick(3)])
        self._plain("ceiling", (230, 228, 222))
        self._material("wood", textures.planks(seed + 2, (124, 86, 56), 256, 3), repeat=1.4, uniform=True)
        self._material("pale_wood", textures.planks(seed + 3, (176, 142, 102), 256, 2), repeat=1.2, uniform=True)
        self._material("sofa", textures.fabric(seed + 4, ((92, 104, 128), (134, 94, 74), (98, 118, 92))[pick(3)]))
        self._material("sheet", textures.fabric(seed + 5, (206, 204, 198), stripes=(186, 196, 206), stripe_count=20))
        self._material("pillow", textures.fabric(seed + 6, (224, 220, 210), 64))
        blankets = ((150, 112, 116), (104, 128, 140), (156, 140, 100))
        self._material("blanket", textures.fabric(seed + 7, blankets[pick(3)], stripes=(210, 196, 178), stripe_count=7))
        self._plain("curtain", (178, 160, 130))
        for index in range(4):
            self._material(f"painting_{index}", textures.painting(seed * 7 + index))
        for index in range(len(self.site.rooms)):
            self._material(f"rug_{index}", textures.rug(seed * 5 + index))
        for name, color, shine in (("dark", (26, 27, 30), 0.4), ("metal", (150, 152, 156), 0.5),
                                   ("trim", (232, 229, 222), 0.1), ("shell", (232, 234, 238), 0.4),
                                   ("accent", (86, 150, 168), 0.4)):
            self._plain(name, color, shine)
        self._plain("lamp_shade", (244, 222, 178), emission=0.5)
        self._plain("window", (150, 178, 204), emission=0.35)

    # shell ---------------------------------------------------------------------------------------------------------

    def _box(self, parent, position, half, material: str, group: int = SOLID, **extra) -> None:
        solid = {} if group == SOLID else {"contype": 0, "conaffinity": 0}
        parent.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, pos=[float(v) for v in position],
                        size=[float(max(v, 0.001)) for v in half], material=material, group=group,
                        **({"contype": 1, "conaffinity": 0} | solid | extra))

    def _shell(self) -> None:
        corners = np.array([corner for room in self.site.rooms for corner in room.polygon])
        middle, half = (corners.min(0) + corners.max(0)) / 2, np.ptp(corners, axis=0) / 2 + 0.2
        world = self.spec.worldbody
        world.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, pos=[*middle, 0], size=[*half, 1.0],
                       material="floor", contype=1, conaffinity=0, group=SOLID)
        self._box(world, (*middle, self.height + 0.02), (*half, 0.02), "ceiling", OVERHEAD)

    def _wall(self, wall: Wall) -> None:
        thick = self.site.site.map.wall_thickness_m / 2
        dx, dy = wall.end[0] - wall.start[0], wall.end[1] - wall.start[1]
        angle = math.atan2(dy, dx)
        kind = "door" if wall.door else "wall"
        body = self.spec.worldbody.add_body(name=f"{kind}/{wall.name}", pos=[*wall.middle, 0],
                                            quat=[math.cos(angle / 2), 0, 0, math.sin(angle / 2)])
        half = wall.length_m / 2
        if wall.door is None:
            lap = [thick if self._is_corner(point) else 0.0 for point in (wall.start, wall.end)]
            shift, half = (lap[1] - lap[0]) / 2, half + (lap[0] + lap[1]) / 2
            self._box(body, (shift, 0, self.height / 2), (half, thick, self.height / 2), "wall")
            self._box(body, (shift, 0, 0.04), (half, thick + 0.008, 0.04), "trim", DECORATION)
            return
        lintel = (self.height - DOOR_HEIGHT_M) / 2
        self._box(body, (0, 0, DOOR_HEIGHT_M + lintel), (half, thick, lintel), "wall", OVERHEAD)
        for side in (-1, 1):  # the frame stands on the wall's end, outside the opening
            self._box(body, (side * (half + 0.026), 0, DOOR_HEIGHT_M / 2), (0.03, thick + 0.012, DOOR_HEIGHT_M / 2),
                      "trim", DECORATION)
        self._box(body, (0, 0, DOOR_HEIGHT_M + 0.03), (half + 0.06, thick + 0.012, 0.03), "trim", OVERHEAD)
        if not wall.door.open:  # hung at the wall piece's start; World.set_door turns it
            leaf = self.spec.worldbody.add_body(name=f"leaf/{wall.door.id}", mocap=True, pos=[*wall.start, 0],
                                                quat=[math.cos(angle / 2), 0, 0, math.sin(angle / 2)])
            self._box(leaf, (half, 0, DOOR_HEIGHT_M / 2), (half, 0.025, DOOR_HEIGHT_M / 2), "wood")
            self._box(leaf, (half * 1.8, 0, 1.0), (0.05, 0.06, 0.012), "metal", DECORATION)

    def _is_corner(self, point) -> bool:
        return any(math.dist(point, corner) < 0.01 for room in self.site.rooms for corner in room.polygon)

    # furniture -----------------------------------------------------------------------------------------------------

    def _furnish(self, item: Furniture) -> None:
        x, y, yaw = item.pose[0], item.pose[1], math.radians(item.pose[2])
        body = self.spec.worldbody.add_body(name=f"furniture/{item.id}", pos=[x, y, 0],
                                            quat=[math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)])
        draw = {"bed": self._bed, "sofa": self._sofa, "chair": self._chair, "toilet": self._toilet,
                "table": self._table, "cabinet": self._cabinet, "television": self._television}
        draw.get(item.kind, self._crate)(body, item)

    def _bed(self, body, item: Furniture) -> None:
        length, width, height = item.size
        frame = height - BED_MATTRESS_M
        self._box(body, (0, 0, frame / 2), (length / 2, width / 2, frame / 2), "wood")
        self._box(body, (0, 0, height - BED_MATTRESS_M / 2), (length / 2 - 0.02, width / 2 - 0.02, BED_MATTRESS_M / 2),
                  "sheet")
        self._box(body, (-length / 2 + 0.02, 0, height * 0.95), (0.02, width / 2, height * 0.95), "wood")
        body.add_geom(type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, pos=[-length / 2 + 0.24, 0, height + 0.02],
                      size=[0.2, width * 0.36, 0.075], material="pillow", group=DECORATION, contype=0, conaffinity=0)
        wall_side = 1.0 if not self._is_free(item, 1) else -1.0  # the blanket is pushed away from where one gets up
        self._box(body, (0.25, wall_side * (width / 2 - 0.12), height + 0.045), (length * 0.33, 0.1, 0.045), "blanket",
                  DECORATION, name=f"blanket/{item.id}")

    def _is_free(self, item: Furniture, side: int) -> bool:
        """Whether there is a metre of the same room beside a bed, at side +1 (left, its +y) or -1."""
        yaw = math.radians(item.pose[2])
        reach = side * (item.size[1] / 2 + 0.9)
        room = self.site.room_at(item.pose[0] - math.sin(yaw) * reach, item.pose[1] + math.cos(yaw) * reach)
        return room is not None and room.id == item.room

    def _sofa(self, body, item: Furniture) -> None:
        depth, width, height = item.size
        self._box(body, (0, 0, height / 2 - 0.06), (depth / 2, width / 2, height / 2 - 0.06), "sofa")
        inner = width / 2 - SOFA_ARM_M
        for side in (-1, 1):
            self._box(body, (SOFA_BACK_M / 2, side * inner / 2, height - 0.07),
                      (depth / 2 - SOFA_BACK_M / 2, inner / 2 - 0.01, 0.07), "sofa")
            self._box(body, (0, side * (width / 2 - SOFA_ARM_M / 2), height / 2 + 0.1),
                      (depth / 2, SOFA_ARM_M / 2, height / 2 + 0.1), "sofa")
        self._box(body, (-depth / 2 + SOFA_BACK_M / 2, 0, height), (SOFA_BACK_M / 2, width / 2, height), "sofa")
        self._box(body, (-depth / 2 + SOFA_BACK_M + 0.06, width / 2 - 0.4, height + 0.18), (0.06, 0.19, 0.17),
                  "blanket", DECORATION)

    def _chair(self, body, item: Furniture) -> None:
        length, width, height = item.size
        self._box(body, (0, 0, height - 0.02), (length / 2, width / 2, 0.02), "wood")
        self._box(body, (-length / 2 + 0.02, 0, height + 0.25), (0.02, width / 2, 0.2), "wood")
        self._legs(body, length, width, height - 0.04)

    def _toilet(self, body, item: Furniture) -> None:
        length, width, height = item.size
        self._box(body, (0.06, 0, height / 2 - 0.02), (length / 2 - 0.1, width * 0.36, height / 2 - 0.02), "shell")
        self._box(body, (0.06, 0, height - 0.02), (length / 2 - 0.06, width / 2, 0.02), "trim")
        self._box(body, (-length / 2 + 0.07, 0, height * 0.95), (0.07, width / 2, height * 0.95), "shell")

    def _legs(self, body, length: float, width: float, height: float, half: float = 0.022) -> None:
        for x in (-1, 1):
            for y in (-1, 1):
                self._box(body, (x * (length / 2 - half - 0.01), y * (width / 2 - half - 0.01), height / 2),
                          (half, half, height / 2), "wood")

    def _table(self, body, item: Furniture) -> None:
        length, width, height = item.size
        if max(length, width) <= 0.55:  # a nightstand: a chest with two drawers and a lamp
            self._box(body, (0, 0, height / 2), (length / 2, width / 2, height / 2), "wood")
            for level in (0.3, 0.7):
                self._box(body, (0, 0, height * level), (length / 2 + 0.006, width / 2 + 0.006, height * 0.13),
                          "pale_wood", DECORATION)
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, pos=[0, 0, height + 0.1], size=[0.015, 0.1, 0],
                          material="metal", group=DECORATION, contype=0, conaffinity=0)
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, pos=[0, 0, height + 0.27], size=[0.09, 0.08, 0],
                          material="lamp_shade", group=DECORATION, contype=0, conaffinity=0)
            return
        self._box(body, (0, 0, height - 0.02), (length / 2, width / 2, 0.02), "wood")
        self._legs(body, length, width, height - 0.04)

    def _cabinet(self, body, item: Furniture) -> None:
        length, width, height = item.size
        self._box(body, (0, 0, height / 2), (length / 2, width / 2, height / 2), "wood")
        along_x = length >= width
        half_door = max(length, width) / 4 - 0.015
        for side in (-1, 1):
            offset = side * max(length, width) / 4
            place, half = (((offset, 0), (half_door, width / 2 + 0.008)) if along_x
                           else ((0, offset), (length / 2 + 0.008, half_door)))
            self._box(body, (*place, height * 0.5), (*half, height * 0.46), "pale_wood", DECORATION)

    def _television(self, body, item: Furniture) -> None:
        length, width, height = item.size
        self._box(body, (0, 0, height / 2), (length / 2, width / 2, height / 2), "pale_wood")
        self._box(body, (0, 0, height + 0.04), (0.15, 0.09, 0.04), "dark", DECORATION)
        self._box(body, (0, 0, height + 0.36), (length * 0.42, 0.02, 0.29), "dark")

    def _crate(self, body, item: Furniture) -> None:
        length, width, height = item.size
        self._box(body, (0, 0, height / 2), (length / 2, width / 2, height / 2), "wood")

    # decoration ----------------------------------------------------------------------------------------------------

    def _decorate(self, room) -> None:
        """Pictures and a window on long free walls, a rug where the floor is free."""
        middle = np.array(room.center)
        thick = self.site.site.map.wall_thickness_m / 2
        for wall in self.walls:
            start, end = np.array(wall.start), np.array(wall.end)
            if wall.door is not None or wall.length_m < 1.0:
                continue
            along = (end - start) / wall.length_m
            inward = np.array([-along[1], along[0]])
            spot = start + along * wall.length_m * self.rng.uniform(0.3, 0.7)
            if not room.contains(*(spot + inward * 0.2)):
                inward = -inward
            if not room.contains(*(spot + inward * 0.2)):
                continue
            outside = self.site.room_at(*(spot - inward * 0.3)) is None
            place = spot + inward * (thick + 0.012)
            if self.site.furniture_at(*(spot + inward * 0.3), ("cabinet",), 0.25) is not None:
                continue
            angle = math.atan2(along[1], along[0])
            body = self.spec.worldbody.add_body(pos=[*place, 0], quat=[math.cos(angle / 2), 0, 0, math.sin(angle / 2)])
            if outside and wall.length_m > 2.5 and room.kind != "corridor" and abs(along[0]) > 0.5:
                self._box(body, (0, 0, 1.45), (0.75, 0.008, 0.6), "window", DECORATION)
                self._box(body, (0, 0, 1.45), (0.02, 0.014, 0.6), "trim", DECORATION)
                for edge in (-0.68, 0.68):
                    self._box(body, (edge, 0, 1.35), (0.2, 0.02, 0.85), "curtain", DECORATION)
            else:
                self._box(body, (0, 0, 1.5), (self.rng.uniform(0.22, 0.36), 0.01, self.rng.uniform(0.18, 0.28)),
                          f"painting_{self.rng.integers(4)}", DECORATION)
        if room.kind in ("bedroom", "living_room", "lounge"):
            index = self.site.rooms.index(room)
            self._box(self.spec.worldbody, (*middle, 0.003), (0.9, 0.6, 0.003), f"rug_{index}", DECORATION)
