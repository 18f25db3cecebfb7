# SPDX-License-Identifier: Apache-2.0
"""A face as a VRM Animation (VRMC_vrm_animation 1.0): expressions and the head, for any VRM 1 character."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.retarget import GAZE_SHAPES
from ..files.glb import glb_bytes
from .bones import gaze_angles, looking_turns
from .direct import recorded_values
from .mapping import RigMapping

EXPRESSIONS = ("aa", "ih", "ou", "ee", "oh", "blinkLeft", "blinkRight", "happy", "angry", "sad", "surprised")
"""VRM's own that a performance can show. Both eyes together would blink twice, and looks are the eyes' own affair."""
BODY = (("hips", 1.0), ("spine", 0.2), ("head", 0.35))
"""Bones from the ground up, and how far each is above the one before, in metres. Readers ask for hips."""
NOTHING: Mapping[str, np.ndarray] = {}
FLOAT, ARRAY_NAMES = 5126, {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


def expression_weights(weights: np.ndarray) -> dict[str, np.ndarray]:
    """(N,) float32 in 0..1 of each of EXPRESSIONS, that show together what ARKit weights (N, 52) show."""
    values = np.clip(recorded_values(RigMapping.of_names(EXPRESSIONS), weights), 0, 1)
    return dict(zip(EXPRESSIONS, values.T, strict=True))


def look_angles(weights: np.ndarray) -> np.ndarray:
    """(N, 2) radians to the person's left and upwards of the looks in ARKit weights (N, 52), of both eyes together."""
    columns = [[ARKIT_NAMES.index(name) for name in pair] for pair in GAZE_SHAPES]
    return gaze_angles(np.stack([weights[:, pair].mean(axis=1) for pair in columns], axis=1))


def vrma_bytes(
    turns: np.ndarray, angles: np.ndarray, fps: float, presets: Mapping[str, np.ndarray] = NOTHING,
    custom: Mapping[str, np.ndarray] = NOTHING,
) -> bytes:  # fmt: skip
    """The file: expressions by their names, (N,) in 0..1, a head turned by (N, 3, 3), and eyes that look by (N, 2)
    radians to the person's left and upwards. Row n is at n / fps seconds.

    presets: VRM's own expressions. custom: a model's own. turns: x to the person's left, y up, z to the front, which
    are VRM's axes.
    """
    file = _File()
    times = file.add(np.arange(len(turns))[:, None] / fps)
    nodes: list[dict] = [{"name": name, "translation": [0.0, up, 0.0], "children": [k + 1]}
                         for k, (name, up) in enumerate(BODY)]  # fmt: skip
    del nodes[-1]["children"]
    file.animate(len(BODY) - 1, "rotation", times, _quaternions(turns))
    expressions: dict[str, dict] = {}
    for kind, tracks in (("preset", presets), ("custom", custom)):
        for name, track in tracks.items():
            expressions.setdefault(kind, {})[name] = {"node": len(nodes)}
            file.animate(len(nodes), "translation", times, np.pad(track[:, None], ((0, 0), (0, 2))))
            nodes.append({"name": name})
    bones = {name: {"node": k} for k, (name, _) in enumerate(BODY)}
    about: dict[str, Any] = {"specVersion": "1.0", "humanoid": {"humanBones": bones}, "expressions": expressions}
    if np.any(angles):
        about["lookAt"] = {"node": len(nodes), "offsetFromHeadBone": [0.0, 0.06, 0.0]}
        file.animate(len(nodes), "rotation", times, _looks(angles))
        nodes.append({"name": "lookAt"})
    return file.as_glb(nodes, [0, *range(len(BODY), len(nodes))], {"VRMC_vrm_animation": about})


class _File:
    """A glTF of one animation, as it grows."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._views: list[dict] = []
        self._accessors: list[dict] = []
        self._samplers: list[dict] = []
        self._channels: list[dict] = []

    def add(self, table: np.ndarray) -> int:
        """A table (N, C) of numbers. Returns its accessor."""
        values = table.astype("<f4")
        self._views.append({"buffer": 0, "byteOffset": len(self._data), "byteLength": values.nbytes})
        self._data += values.tobytes()
        self._accessors.append({
            "bufferView": len(self._views) - 1, "componentType": FLOAT, "count": len(values),
            "type": ARRAY_NAMES[values.shape[1]],
            "min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist(),
        })  # fmt: skip
        return len(self._accessors) - 1

    def animate(self, node: int, path: str, times: int, values: np.ndarray) -> None:
        """Let a node's rotation or translation be `values` at the times of an accessor."""
        self._samplers.append({"input": times, "output": self.add(values), "interpolation": "LINEAR"})
        self._channels.append({"sampler": len(self._samplers) - 1, "target": {"node": node, "path": path}})

    def as_glb(self, nodes: list[dict], roots: list[int], extensions: dict) -> bytes:
        """The whole as .glb."""
        document = {
            "asset": {"version": "2.0", "generator": "StyleTalk"}, "scene": 0, "scenes": [{"nodes": roots}],
            "nodes": nodes, "animations": [{"samplers": self._samplers, "channels": self._channels}],
            "accessors": self._accessors, "bufferViews": self._views, "buffers": [{"byteLength": len(self._data)}],
            "extensionsUsed": list(extensions), "extensions": extensions,
        }  # fmt: skip
        return glb_bytes(document, bytes(self._data))


def _quaternions(turns: np.ndarray) -> np.ndarray:
    """(N, 4) x, y, z, w of rotations (N, 3, 3), each the nearer one to that before."""
    m = np.asarray(turns, np.float64)
    w = np.sqrt(np.maximum(1 + m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2], 1e-12)) / 2  # heads turn by less than half a turn
    parts = [m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]]
    found = np.stack([*(part / (4 * w) for part in parts), w], axis=1)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _looks(angles: np.ndarray) -> np.ndarray:
    """(N, 4) x, y, z, w: about the upright axis to the left, then upwards."""
    return np.roll(looking_turns(angles), -1, axis=1)
