# SPDX-License-Identifier: GPL-3.0-or-later
"""A face's lines as numbers: ARKit weights as Live Link Face records them, and a MetaHuman's controls."""

from pathlib import Path
from typing import Any

import numpy as np

from ..faces.channels import OFFSET
from ..faces.targets import CharacterTarget, target_of
from ..styletalk.errors import OutputError
from ..styletalk.exports import write_text
from ..styletalk.face.arkit_names import ARKIT_NAMES
from ..styletalk.face.blendshape_files import curve_table_text
from ..styletalk.face.live_link_file import live_link_text
from ..styletalk.face.metahuman import metahuman_curves
from ..styletalk.face.retarget import GAZE_SHAPES
from ..styletalk.files.writing import written_whole
from ..styletalk.rigs.direct import weights_shown
from ..styletalk.rigs.expressions import shape_expressions
from ..styletalk.rigs.vrma import expression_weights, look_angles, vrma_bytes
from .arkit_face import has_arkit_shapes, weights_of
from .head_and_eyes import head_turns, with_looks
from .recording import Recording

FAST_FPS = 48
"""From here on a scene's Live Link Face has 60 rows a second, below it 30."""


def no_weights_reason(face: Any) -> str:
    """Why nobody knows the ARKit weights of a face, or ""."""
    if has_arkit_shapes(face) or (face.type == "MESH" and isinstance(target_of(face), CharacterTarget)):
        return ""
    return f"“{face.name}” has no ARKit shapes, and its own mean nothing elsewhere. Use the open face or a character."


def live_link_rate(scene: Any) -> int:
    """Rows a second of a CSV for a scene: one of the two that the app has."""
    return 60 if scene.render.fps / scene.render.fps_base >= FAST_FPS else 30


def write_live_link(face: Any, seen: Recording, path: Path, sides: str) -> None:
    """Write a Live Link Face CSV, whose rate is that of the recording. Raises OutputError, RigError."""
    weights = arkit_weights_seen(face, seen)
    gaze = np.stack(
        [weights[:, [ARKIT_NAMES.index(name) for name in pair]].mean(axis=1) for pair in GAZE_SHAPES], axis=1
    )
    write_text(path, live_link_text(weights, head_turns(face, seen), gaze, float(seen.frames.fps), sides))


def write_metahuman(face: Any, seen: Recording, path: Path) -> None:
    """Write a MetaHuman's curves as a curve table, .csv or .json. Raises OutputError, RigError."""
    names, curves = metahuman_curves(arkit_weights_seen(face, seen))
    write_text(path, curve_table_text(names, curves, float(seen.frames.fps), path.suffix.lower()))


def write_vrma(face: Any, seen: Recording, path: Path) -> None:
    """Write a VRM Animation. Raises OutputError, RigError."""
    weights = arkit_weights_seen(face, seen)
    _write_vrma(face, seen, path, weights, presets=expression_weights(weights))


def write_vrma_of_model(face: Any, seen: Recording, path: Path) -> None:
    """Write a VRM Animation for the very model: its shapes, by the names of its expressions. Raises OutputError."""
    target = target_of(face)
    assert isinstance(target, CharacterTarget)
    names = shape_expressions(target.mapping())
    tracks = {names[shape]: np.clip(track, 0, 1) for shape, track in _tracks(target, seen).items() if shape in names}
    moving = {name: track for name, track in tracks.items() if track.any()}
    _write_vrma(face, seen, path, arkit_weights_seen(face, seen), custom=moving)


def _write_vrma(face: Any, seen: Recording, path: Path, weights: np.ndarray, **tracks: dict[str, np.ndarray]) -> None:
    content = vrma_bytes(head_turns(face, seen), look_angles(weights), float(seen.frames.fps), **tracks)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def arkit_weights_seen(face: Any, seen: Recording) -> np.ndarray:
    """(N, 52) what a face showed. Raises RigError where a character's table says nonsense, OutputError without one."""
    if has_arkit_shapes(face):
        return weights_of(face, seen.keys[face])[:, : len(ARKIT_NAMES)]
    target = target_of(face)
    if not isinstance(target, CharacterTarget):
        raise OutputError(no_weights_reason(face))
    tracks = _tracks(target, seen)
    mapping, rest = target.mapping(), np.zeros(seen.frames.count)
    weights = weights_shown(mapping, np.stack([tracks.get(row.shape, rest) for row in mapping.rows], axis=1))
    return with_looks(face, seen, weights)


def _tracks(target: CharacterTarget, seen: Recording) -> dict[str, np.ndarray]:
    """(N,) what each of a character's shapes was set to, by its name, with its offset."""
    tracks: dict[str, np.ndarray] = {}
    for mesh in (each for each in target.meshes()[::-1] if each in seen.keys):
        names = [key.name for key in mesh.data.shape_keys.key_blocks]
        own = dict(zip(names, seen.keys[mesh].T, strict=True))
        tracks |= {name: track + own.get(OFFSET + name, 0.0) for name, track in own.items()}
    return tracks
