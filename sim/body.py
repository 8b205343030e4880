"""A human body: mesh, skeleton, clothes; posed by forward kinematics and drawn as MuJoCo skins.

The rest pose faces -y with the left hand toward +x (see assets/README.md). A `Stance` is all that is needed to
draw a person; angles of joints turn about the axes of the rest pose.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import mujoco
import numpy as np

from sim import textures
from sim.textures import Color

ASSET = Path(__file__).parent / "assets" / "people.npz"
PEOPLE_GROUP = 4  # geom group of the invisible contact capsules
CLOTH_M = 0.012  # clothes stand off the skin by this much; contact is felt at the cloth
CAPSULES = (("upperleg01", "lowerleg01", 0.07), ("lowerleg01", "foot", 0.05), ("upperarm01", "lowerarm01", 0.045),
            ("lowerarm01", "wrist", 0.035))


@lru_cache(maxsize=1)
def _asset() -> dict[str, np.ndarray]:
    with np.load(ASSET, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


BONES: tuple[str, ...] = tuple(str(name) for name in _asset()["bone_names"])
PARENTS: tuple[int, ...] = tuple(int(parent) for parent in _asset()["bone_parents"])
BONE = {name: index for index, name in enumerate(BONES)}


@dataclass(frozen=True)
class Stance:
    """One posture in the world: root joint [m], root rotation and local joint rotations as quaternions (w, x, y, z)."""

    position: np.ndarray  # (3,)
    rotation: np.ndarray  # (4,)
    joints: np.ndarray  # (bones, 4)

    def moved(self, position: np.ndarray) -> Stance:
        return replace(self, position=np.asarray(position, float))


@dataclass(frozen=True)
class Clothes:
    """Colours (RGB) and cut of what a person wears."""

    shirt: Color
    trousers: Color
    shoes: Color
    hair: Color
    skin: Color
    stripes: Color | None = None
    bun: bool = False


_DRESS = {
    "woman": dict(shirts=((150, 86, 106), (112, 92, 140), (92, 122, 118), (84, 104, 148)),
                  trousers=((70, 66, 78), (92, 84, 80), (62, 72, 88)), bun=True),
    "man": dict(shirts=((86, 108, 142), (96, 120, 96), (122, 62, 66)),
                trousers=((64, 64, 68), (84, 76, 66), (58, 66, 80)), bun=False),
    "adult": dict(shirts=((198, 222, 226), (206, 214, 232)), trousers=((70, 86, 108), (84, 92, 100)), bun=False),
}


def choose_clothes(figure: str, rng: np.random.Generator) -> Clothes:
    """Clothes of an old woman, an old man or a younger adult, by seed."""
    dress = _DRESS[figure]
    tint = rng.integers(-8, 9, 3)
    shirt = tuple(int(c) for c in np.clip(np.array(dress["shirts"][rng.integers(len(dress["shirts"]))]) + tint, 0, 255))
    grey = int(rng.integers(168, 206))
    return Clothes(shirt=shirt, trousers=dress["trousers"][rng.integers(len(dress["trousers"]))],
                   shoes=((52, 44, 42), (88, 60, 56), (48, 52, 62))[rng.integers(3)],
                   hair=(48, 40, 36) if figure == "adult" else (grey, grey - 2, grey - 6),
                   skin=((208, 166, 140), (198, 154, 126), (214, 176, 150))[rng.integers(3)],
                   stripes=None if rng.random() < 0.6 else tuple(int(c * 0.75 + 60) for c in shirt), bun=dress["bun"])


def matrices(quaternions: np.ndarray) -> np.ndarray:
    """(n, 4) unit quaternions to (n, 3, 3) rotation matrices."""
    w, x, y, z = quaternions.T
    return np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                     2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                     2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1).reshape(-1, 3, 3)


def quaternion(matrix: np.ndarray) -> np.ndarray:
    """(3, 3) rotation matrix to (4,) quaternion."""
    out = np.zeros(4)
    mujoco.mju_mat2Quat(out, np.ascontiguousarray(matrix, float).ravel())
    return out


def rotation(vector: np.ndarray | tuple[float, float, float]) -> np.ndarray:
    """Rotation vector [rad] to (3, 3) matrix."""
    vector = np.asarray(vector, float)
    angle = float(np.linalg.norm(vector))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


class Body:
    """Mesh and skeleton of one figure ("woman", "man" or "adult")."""

    def __init__(self, figure: str) -> None:
        asset = _asset()
        self.figure = figure
        self.vertices = asset[f"vertices_{figure}"].astype(float) * 1e-4  # (V, 3) m
        self.joints = asset[f"joints_{figure}"].astype(float)  # (bones, 3) m
        self.faces = asset["faces"].astype(np.int32)
        self.weight_bones = asset["weight_bones"].astype(int)
        self.weights = asset["weights"].astype(float) / 65535
        self.dominant = self.weight_bones[:, 0]
        self._offsets = self.joints - self.joints[list(PARENTS)]
        depth = np.zeros(len(BONES), int)
        for bone, parent in enumerate(PARENTS):
            depth[bone] = depth[parent] + 1 if parent >= 0 else 0
        self._levels = [np.flatnonzero(depth == level) for level in range(1, depth.max() + 1)]
        self._parents = np.array(PARENTS)
        normals = _normals(self.vertices, self.faces)
        sample = np.random.default_rng(0).permutation(len(self.vertices))[:1100]
        lowest = np.argsort(self.vertices[:, 2])[:60]
        self._sample = np.unique(np.concatenate([sample, lowest]))
        self._sample_bone = self.dominant[self._sample]
        self._sample_local = (self.vertices + CLOTH_M * normals)[self._sample] - self.joints[self._sample_bone]

    def pose(self, stance: Stance) -> tuple[np.ndarray, np.ndarray]:
        """World rotations (bones, 3, 3) and joint positions (bones, 3) of a stance."""
        local = matrices(stance.joints)
        turned = np.empty_like(local)
        placed = np.empty((len(BONES), 3))
        turned[0] = matrices(stance.rotation[None])[0] @ local[0]
        placed[0] = stance.position
        for level in self._levels:
            parents = self._parents[level]
            turned[level] = turned[parents] @ local[level]
            placed[level] = placed[parents] + np.einsum("nij,nj->ni", turned[parents], self._offsets[level])
        return turned, placed

    def surface(self, stance: Stance) -> tuple[np.ndarray, np.ndarray]:
        """About a thousand points of the clothed surface in the world (n, 3) and the bone each belongs to (n,)."""
        turned, placed = self.pose(stance)
        points = np.einsum("nij,nj->ni", turned[self._sample_bone], self._sample_local) + placed[self._sample_bone]
        return points, self._sample_bone


def bones_named(*prefixes: str) -> np.ndarray:
    """Indices of the bones whose names start with one of the prefixes."""
    return np.array([index for index, name in enumerate(BONES) if name.startswith(prefixes)])


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    flat = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], flat)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _smoothed(vertices: np.ndarray, faces: np.ndarray, rounds: int) -> np.ndarray:
    """Laplacian smoothing: cloth hangs over what the skin follows."""
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    degree = np.bincount(edges.ravel(), minlength=len(vertices)).clip(1)[:, None]
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    rims, shared = np.unique(sides, axis=0, return_counts=True)
    free = np.ones((len(vertices), 1), bool)
    free[rims[shared == 1].ravel()] = False  # hems stay, or the cloth would draw back from its neighbours
    vertices = vertices.copy()
    for _ in range(rounds):
        total = np.stack([np.bincount(edges[:, 0], vertices[edges[:, 1], axis], len(vertices))
                          + np.bincount(edges[:, 1], vertices[edges[:, 0], axis], len(vertices))
                          for axis in range(3)], axis=1)
        vertices += 0.5 * np.where(free & total.any(axis=1, keepdims=True), total / degree - vertices, 0)
    return vertices


class Figure:
    """A dressed body inside a MuJoCo model: skins on mocap bodies, invisible capsules for contact and lidar."""

    def __init__(self, body: Body, clothes: Clothes, name: str, seed: int) -> None:
        self.body, self.clothes, self.name, self.seed = body, clothes, name, seed

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add mocap bodies, skins, materials and capsules; call before compiling."""
        for index, bone in enumerate(BONES):
            spec.worldbody.add_body(name=f"{self.name}/{bone}", mocap=True, pos=self.body.joints[index])
        for part, (vertices, faces, picture, coordinates) in self._parts().items():
            self._add_skin(spec, part, vertices, faces, picture, coordinates)
        for left, right, radius in CAPSULES:
            for side in "LR":
                self._add_capsule(spec, f"{left}.{side}", f"{right}.{side}", radius)
        self._add_capsule(spec, "spine05", "spine01", 0.13)
        self._add_capsule(spec, "neck03", "head", 0.09)
        if self.clothes.bun:
            joints = self.body.joints
            back = (0.0, joints[BONE["eye.L"]][1] + 0.215, joints[BONE["eye.L"]][2] + 0.035)
            spec.body(f"{self.name}/head").add_geom(
                type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, pos=back - joints[BONE["head"]], size=[0.045, 0.038, 0.042],
                material=f"{self.name}/hair", group=1, contype=0, conaffinity=0)

    def bind(self, model: mujoco.MjModel) -> None:
        """Remember the mocap rows and skins of the compiled model."""
        bodies = [model.body(f"{self.name}/{bone}") for bone in BONES]
        self._mocap = np.array([int(model.body_mocapid[body.id]) for body in bodies])
        self._skins = [skin for skin in range(model.nskin)
                       if model.skin(skin).name.startswith(f"{self.name}/")]

    def show(self, model: mujoco.MjModel, visible: bool) -> None:
        """Draw the skins or leave them out of the next pictures (a person out of view costs nothing)."""
        for skin in self._skins:
            model.skin_group[skin] = 0 if visible else 5

    def apply(self, data: mujoco.MjData, stance: Stance) -> np.ndarray:
        """Put the body where the stance says; returns the joint positions (bones, 3)."""
        turned, placed = self.body.pose(stance)
        data.mocap_pos[self._mocap] = placed
        for row, matrix in zip(self._mocap, turned, strict=True):
            mujoco.mju_mat2Quat(data.mocap_quat[row], matrix.ravel())
        return placed

    def _add_capsule(self, spec: mujoco.MjSpec, start: str, end: str, radius: float) -> None:
        reach = self.body.joints[BONE[end]] - self.body.joints[BONE[start]]
        spec.body(f"{self.name}/{start}").add_geom(
            name=f"{self.name}/{start}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, fromto=[0, 0, 0, *reach],
            size=[radius, 0, 0], group=PEOPLE_GROUP, contype=2, conaffinity=0)

    def _add_skin(self, spec: mujoco.MjSpec, part: str, vertices: np.ndarray, faces: np.ndarray, picture: np.ndarray,
                  coordinates: np.ndarray) -> None:
        name = f"{self.name}/{part}"
        texture = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=picture.shape[1],
                                   height=picture.shape[0], nchannel=3)
        texture.data = picture.tobytes()
        material = spec.add_material(name=name, specular=0.3 if part == "shoes" else 0.1, shininess=0.15)
        roles = [""] * 10
        roles[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        material.textures = roles
        used, compact = np.unique(faces, return_inverse=True)
        bones, weights = self.body.weight_bones[used], self.body.weights[used]
        skin = spec.add_skin(name=name, material=name)
        skin.vert = vertices[used].ravel().tolist()
        skin.texcoord = coordinates[used].ravel().tolist()
        skin.face = compact.reshape(-1).tolist()
        names, positions, ids, shares = [], [], [], []
        for bone in range(len(BONES)):
            rows, slots = np.nonzero((bones == bone) & (weights > 1e-3))
            if len(rows):
                names.append(f"{self.name}/{BONES[bone]}")
                positions.extend(self.body.joints[bone].tolist())
                ids.append(rows.tolist())
                shares.append(weights[rows, slots].tolist())
        skin.bodyname, skin.bindpos, skin.bindquat = names, positions, [1.0, 0, 0, 0] * len(names)
        skin.vertid, skin.vertweight = ids, shares

    def _parts(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Skin, eyes, hair and clothes: vertices (V, 3), faces, picture, texture coordinates (V, 2)."""
        body, clothes = self.body, self.clothes
        x, y, z = body.vertices.T
        joints = body.joints
        eyes = joints[[BONE["eye.L"], BONE["eye.R"]]]
        level, skull = eyes[0, 2], joints[BONE["head"]]

        def of(*prefixes: str) -> np.ndarray:
            return np.isin(body.dominant, bones_named(*prefixes))

        head, neck, forearm, hands, eyeballs = of("head"), of("neck"), of("lowerarm"), of("wrist"), of("eye")
        torso, legs = of("root", "pelvis", "spine", "clavicle", "shoulder"), of("upperleg", "lowerleg")
        feet = of("foot") | (of("lowerleg") & (z < 0.08))
        waist = joints[BONE["root"]][2] + 0.08
        fringe = level + 0.062
        hair = head & ((z > fringe) | ((y > skull[1] + 0.012) & (z > level - 0.055)))
        hair |= head & (z > level + 0.02) & (y > skull[1] - 0.03) & (np.abs(x) > 0.06)
        parts = {}
        extent = (-0.13, 0.13, level - 0.16, level + 0.14)
        flat = np.stack([(x - extent[0]) / (extent[1] - extent[0]), (extent[3] - z) / (extent[3] - extent[2])], axis=1)
        flat = np.where((head | neck)[:, None], flat.clip(0.01, 0.99), (0.03, 0.5))
        collar = joints[BONE["clavicle.L"]][2] - 0.06
        bare = (head | neck | hands | forearm | (torso & (z > collar)) | ((legs | feet) & (z < 0.13))) & ~eyeballs
        picture = textures.face(self.seed, clothes.skin, tuple(int(c * 0.62) for c in clothes.hair), eyes[:, [0, 2]],
                                extent)
        parts["skin"] = (body.vertices, body.faces[bare[body.faces].all(axis=1)], picture, flat)
        ball = np.zeros((len(x), 2))
        for bone, middle in ((BONE["eye.L"], eyes[0]), (BONE["eye.R"], eyes[1])):
            mine = body.dominant == bone
            ball[mine] = np.stack([(x[mine] - middle[0]) / 0.026 + 0.5, 0.5 - (z[mine] - middle[2]) / 0.026], axis=1)
        parts["eyes"] = (body.vertices, body.faces[eyeballs[body.faces].all(axis=1)], textures.eye(), ball)

        wrap = np.stack([0.8 * x + 0.9 * y, -z + 0.25 * y], axis=1) / 0.45
        covered = {
            "trousers": ((legs | (torso & (z < waist - 0.03))) & ~(feet & (z < 0.075)), 0.014, 18,
                         textures.fabric(self.seed + 1, clothes.trousers)),
            "shirt": (((torso | of("upperleg")) & (z >= waist - 0.11)) | of("upperarm") | (forearm & ~hands)
                      | (neck & (z < joints[BONE["neck01"]][2] + 0.01)), 0.022, 40,
                      textures.fabric(self.seed + 2, clothes.shirt, stripes=clothes.stripes)),
            "shoes": (feet, 0.010, 4, textures.fabric(self.seed + 3, clothes.shoes, size=64)),
            "hair": (hair, 0.012, 4, textures.hair(self.seed + 4, clothes.hair)),
        }
        for part, (mask, gap, rounds, picture) in covered.items():
            faces = body.faces[mask[body.faces].all(axis=1)]
            vertices = _smoothed(body.vertices, faces, rounds)
            vertices = vertices + gap * _normals(vertices, faces)
            parts[part] = (vertices, faces, picture, wrap * (1.0 if part != "hair" else 2.0))
        return parts
