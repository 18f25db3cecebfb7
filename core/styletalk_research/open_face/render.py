# SPDX-License-Identifier: Apache-2.0
"""Pictures of the head, for the landmark detector and for the contact sheet (pyrender, no display needed)."""

import os
from dataclasses import dataclass, field

import numpy as np

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")


@dataclass(frozen=True)
class Camera:
    """Looks at `target` (metres) from `distance`, turned by yaw and pitch (degrees); shows `height` metres."""

    target: tuple[float, float, float]
    height: float = 0.32
    yaw: float = 0.0
    pitch: float = 0.0
    distance: float = 1.2
    size: int = 512

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3): columns are right, up and backward in the world."""
        yaw, pitch = np.radians([self.yaw, -self.pitch])
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        return turn @ nod

    @property
    def position(self) -> np.ndarray:
        """(3,) metres."""
        return np.array(self.target) + self.rotation @ np.array([0.0, 0.0, self.distance])

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3): pixel x, pixel y (down), depth in metres."""
        local = (points - self.position) @ self.rotation
        depth = -local[:, 2]
        scale = self.size / self.height * self.distance / depth
        return np.stack([self.size / 2 + local[:, 0] * scale, self.size / 2 - local[:, 1] * scale, depth], 1)


@dataclass
class Painter:
    """Draws a mesh with painted vertices and per-region flat parts. One GL context per picture size."""

    triangles: np.ndarray
    colours: np.ndarray
    background: tuple[float, float, float] = (0.75, 0.78, 0.82)
    lights: tuple[tuple[float, float, float], ...] = ((-0.6, 0.7, 2.6), (0.8, 0.1, 1.4))
    _renderers: dict = field(default_factory=dict)

    def picture(self, vertices: np.ndarray, camera: Camera) -> np.ndarray:
        """(size, size, 3) uint8."""
        import pyrender  # pyright: ignore[reportMissingImports] - of the extra `face`, which few install

        scene = pyrender.Scene(bg_color=(*self.background, 1.0), ambient_light=(0.3, 0.3, 0.3))
        scene.add(pyrender.Mesh([self._primitive(vertices)]))
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = camera.rotation, camera.position
        scene.add(pyrender.PerspectiveCamera(yfov=2 * np.arctan(camera.height / 2 / camera.distance)), pose=pose)
        for right, up, strength in self.lights:
            scene.add(pyrender.DirectionalLight(intensity=strength), pose=_lamp(camera, right, up))
        if camera.size not in self._renderers:
            self._renderers[camera.size] = pyrender.OffscreenRenderer(camera.size, camera.size)
        return np.ascontiguousarray(self._renderers[camera.size].render(scene)[0])

    def _primitive(self, vertices: np.ndarray) -> object:
        """Colours are per triangle corner: (F, 3, 3) sRGB. Corners are split, so regions keep hard edges."""
        import pyrender  # pyright: ignore[reportMissingImports] - of the extra `face`, which few install

        corners = self.triangles.ravel()
        linear = np.concatenate([self.colours.reshape(-1, 3) ** 2.2, np.ones((len(corners), 1))], 1)
        material = pyrender.MetallicRoughnessMaterial(metallicFactor=0.0, roughnessFactor=0.55, doubleSided=False)
        return pyrender.Primitive(
            positions=vertices[corners].astype(np.float32),
            normals=vertex_normals(vertices, self.triangles)[corners].astype(np.float32),
            color_0=linear.astype(np.float32), mode=4, material=material,
        )  # fmt: skip


def _lamp(camera: Camera, right: float, up: float) -> np.ndarray:
    backward = camera.rotation @ np.array([right, up, 1.0])
    backward /= np.linalg.norm(backward)
    side = np.cross([0.0, 1.0, 0.0], backward)
    side /= np.linalg.norm(side)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([side, np.cross(backward, side), backward], 1)
    return pose


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, weighted by area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices, dtype=np.float64)
    for k in range(3):
        np.add.at(normals, triangles[:, k], facing)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
