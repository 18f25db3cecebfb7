# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own face with the 52 shapes that other programs know, in place of the 64 signed keys that mean nothing there."""

from typing import Any

import numpy as np

from .. import compat
from ..faces.open_face import (
    BLINK_KEYS,
    EXPRESSION_KEYS,
    FACE_MARK,
    GAZE_KEYS,
    TONGUE_KEYS,
    missing_keys,
    to_blender,
)
from ..styletalk.animation import UPPER_SHAPES
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.face.corrections import corrections
from ..styletalk.face.model import open_face
from ..styletalk.face.retarget import arkit_weights
from .stage import Stage, set_keys

TONGUE_SHAPES = ("tongueUp", "tongueBack", "tongueWide")
"""ARKit's tongue comes out and does nothing else; these three follow after the 52."""


def has_arkit_shapes(mesh: Any) -> bool:
    """Whether a mesh is our open face, or a person made of it."""
    return FACE_MARK in mesh and len(mesh.data.vertices) == open_face().vertex_count and not missing_keys(mesh)


def weights_of(mesh: Any, values: np.ndarray) -> np.ndarray:
    """(N, 55): ARKIT_NAMES and TONGUE_SHAPES for the values (N, K) of an open face's keys."""
    parts = own_parts(mesh, values)
    weights = arkit_weights(parts[0], parts[1], parts[2], open_face(), parts[3], parts[4])
    return np.hstack([weights, parts[3][:, 1:]])


def own_parts(mesh: Any, values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Coefficients (N, 64), blinks (N, 2), gaze (N, 4), tongue (N, 4) and upper face (N, 15); a muted key is 0."""
    blocks = mesh.data.shape_keys.key_blocks
    tracks = {key.name: track for key, track in zip(blocks, values.T, strict=True) if not key.mute}
    rest = np.zeros(len(values), np.float32)
    kinds = (EXPRESSION_KEYS, BLINK_KEYS, GAZE_KEYS, TONGUE_KEYS, UPPER_SHAPES)
    return tuple(np.stack([tracks.get(name, rest) for name in names], axis=1) for names in kinds)


def use_arkit_shapes(stage: Stage, mesh: Any, exactly: bool) -> None:
    """Give the copy of an open face on the stage the 52 shapes and three for the tongue, with their weights.

    exactly: with a few more, for what these cannot show.
    """
    copy, model, values = stage.copies[mesh], open_face(), stage.recording.keys[mesh]
    weights, deltas = weights_of(mesh, values), np.concatenate([model.arkit, model.tongue[1:]])
    names = [*ARKIT_NAMES, *TONGUE_SHAPES]
    if exactly:
        own = np.concatenate([model.expression, model.blink, model.gaze, model.tongue, model.upper])
        more = corrections(np.hstack([*own_parts(mesh, values), -weights]), np.concatenate([own, deltas]))
        names += [f"correction_{k + 1:02d}" for k in range(len(more.shapes))]
        deltas, weights = np.concatenate([deltas, more.shapes]), np.hstack([weights, more.weights])
    _replace_keys(mesh, copy, names, deltas)
    set_keys(stage, copy, np.hstack([np.zeros((len(weights), 1)), weights]).astype(np.float32))


def _replace_keys(mesh: Any, copy: Any, names: list[str], deltas: np.ndarray) -> None:
    """deltas: (K, V, 3) in core's axes, from the mesh's own rest."""
    reference = mesh.data.shape_keys.reference_key
    basis = np.empty(3 * len(mesh.data.vertices), np.float32)
    compat.shape_key_points(reference).foreach_get("co", basis)
    copy.shape_key_clear()
    copy.shape_key_add(name=reference.name, from_mix=False)
    for name, delta in zip(names, deltas, strict=True):
        key = copy.shape_key_add(name=name, from_mix=False)
        compat.shape_key_points(key).foreach_set("co", basis + to_blender(delta).astype(np.float32).ravel())
