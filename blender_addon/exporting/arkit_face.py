# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own face with the 52 shapes that other programs know, in place of the 64 signed keys that mean nothing there."""

from typing import Any

import numpy as np

from .. import compat
from ..faces.channels import OFFSET
from ..faces.open_face import BLINK_KEYS, EXPRESSION_KEYS, GAZE_KEYS, TONGUE_KEYS, to_blender
from ..faces.own_keys import can_choose, missing_keys, shown_by_name
from ..styletalk.animation import UPPER_SHAPES
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.face.blendshapes import fit_coefficients
from ..styletalk.face.corrections import corrections
from ..styletalk.face.model import open_face
from ..styletalk.face.retarget import arkit_weights
from ..styletalk.rigs.own_face import OWN_SHAPES, positive_weights
from .stage import Stage, set_keys

NOTHING = 1e-4


def has_arkit_shapes(mesh: Any) -> bool:
    """Whether a mesh is our open face, or a person made of it."""
    return can_choose(mesh) and not missing_keys(mesh)


def weights_of(mesh: Any, values: np.ndarray) -> np.ndarray:
    """(N, 55) in 0..1: OWN_SHAPES for the values (N, K) of an open face's keys."""
    shown = shown_weights(mesh, values)
    if shown.min(initial=0.0) >= -NOTHING and shown.max(initial=0.0) <= 1.0 + NOTHING:
        return np.clip(shown, 0.0, 1.0)
    parts = _own_parts(mesh, values)
    if parts is None:
        return positive_weights(shown)
    weights = arkit_weights(parts[0], parts[1], parts[2], open_face(), parts[3], parts[4])  # as core writes them
    return np.hstack([weights, parts[3][:, 1:]])


def coefficients_of(mesh: Any, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 64) and (N, 15), coefficients and upper face, for the values (N, K) of an open face's keys. Where ARKit keys
    move, what they show is fitted, and nothing is left for the upper face."""
    parts = _own_parts(mesh, values)
    if parts is not None:
        return parts[0], parts[4]
    shown = shown_weights(mesh, values)[:, : len(ARKIT_NAMES)]
    return fit_coefficients(shown).coefficients, np.zeros((len(values), len(UPPER_SHAPES)), np.float32)


def _own_parts(mesh: Any, values: np.ndarray) -> tuple[np.ndarray, ...] | None:
    """Coefficients (N, 64), blinks (N, 2), gaze (N, 4), tongue (N, 4) and upper face (N, 15); None where another key
    of the face moves."""
    tracks = _tracks(mesh, values)
    rest = np.zeros(len(values), np.float32)
    kinds = (EXPRESSION_KEYS, BLINK_KEYS, GAZE_KEYS, TONGUE_KEYS, UPPER_SHAPES)
    own = {name for names in kinds for name in names}
    if any(np.any(track) for name, track in tracks.items() if name not in own):
        return None
    return tuple(np.stack([tracks.get(name, rest) for name in names], axis=1) for names in kinds)


def shown_weights(mesh: Any, values: np.ndarray) -> np.ndarray:
    """(N, 55) float32: what the values (N, K) of an open face's keys show together, signed; muted ones nothing."""
    rows, shown = shown_by_name(), np.zeros((len(values), len(OWN_SHAPES)))
    for name, track in _tracks(mesh, values).items():
        if name.removeprefix(OFFSET) in rows:
            shown += track[:, None] * rows[name.removeprefix(OFFSET)]
    return shown.astype(np.float32)


def _tracks(mesh: Any, values: np.ndarray) -> dict[str, np.ndarray]:
    """(N,) values by the name of each key that is not muted."""
    blocks = mesh.data.shape_keys.key_blocks
    pairs = list(zip(blocks, values.T, strict=True))[1:]  # after the Basis
    return {key.name: track for key, track in pairs if not key.mute}


def use_arkit_shapes(stage: Stage, mesh: Any, exactly: bool) -> None:
    """Give the copy of an open face on the stage the 52 shapes and three for the tongue, with their weights.

    exactly: with a few more, for what these cannot show.
    """
    copy, model, values = stage.copies[mesh], open_face(), stage.recording.keys[mesh]
    weights, deltas = weights_of(mesh, values), np.concatenate([model.arkit, model.tongue[1:]])
    names = list(OWN_SHAPES)
    if exactly:
        more = corrections(shown_weights(mesh, values) - weights, deltas, names)
        names += more.names
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
