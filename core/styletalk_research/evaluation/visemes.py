# SPDX-License-Identifier: Apache-2.0
"""Nine-viseme keyframes, as common lip-sync tools make them (Rhubarb Lip Sync and its Blender add-ons).

Every sound is one of nine mouth drawings (Preston Blair's set as Rhubarb names it: A to H, and X at rest). A key stands
at each change of shape, and the rig goes from one to the next within a few frames, straight or eased. No context, no
length, no loudness. Two riggers pose the shapes: one by hand on ARKit shapes, one by least squares on the other clips.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from styletalk.face.model import FaceModel, open_face
from styletalk.face.retarget import ARKIT_NAMES
from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from ..datasets.recordings import Recording
from .systems import LeftOut, Predict, System, levelled

SHAPES = ("A", "B", "C", "D", "E", "F", "G", "H", "X")
_SOUNDS = {
    "A": ("P", "B", "M"),
    "B": ("K", "S", "T", "D", "N", "NG", "G", "Z", "SH", "ZH", "CH", "JH", "TH", "DH", "HH", "Y", "IY", "IH"),
    "C": ("EH", "AE", "AH", "EY"),
    "D": ("AA", "AY"),
    "E": ("AO", "ER", "R", "UH", "OY"),
    "F": ("UW", "OW", "W", "AW"),
    "G": ("F", "V"),
    "H": ("L",),
    "X": ("SIL", "NSN"),
}
"""After Rhubarb's own description of its shapes; a diphthong is the shape of its longer part."""
SHAPE_OF_PHONEME = np.array([next(k for k, s in enumerate(SHAPES) if p in _SOUNDS[s]) for p in PHONEMES])
"""(41,) int: index into SHAPES of each label."""
BLEND_ROWS = 4.0
"""A change of shape takes this many rows (0.13 s) round its key, less where a shape is shorter."""
FIT_RIDGE = 10.0

ARKIT_POSES = {
    "A": {"mouthPressLeft": 0.35, "mouthPressRight": 0.35, "mouthRollLower": 0.15, "mouthRollUpper": 0.15},
    "B": {"jawOpen": 0.08, "mouthStretchLeft": 0.2, "mouthStretchRight": 0.2, "mouthLowerDownLeft": 0.2,
          "mouthLowerDownRight": 0.2},
    "C": {"jawOpen": 0.28, "mouthLowerDownLeft": 0.1, "mouthLowerDownRight": 0.1},
    "D": {"jawOpen": 0.55},
    "E": {"jawOpen": 0.25, "mouthFunnel": 0.35},
    "F": {"jawOpen": 0.08, "mouthFunnel": 0.35, "mouthPucker": 0.6},
    "G": {"mouthRollLower": 0.45, "mouthUpperUpLeft": 0.25, "mouthUpperUpRight": 0.25},
    "H": {"jawOpen": 0.22, "mouthLowerDownLeft": 0.1, "mouthLowerDownRight": 0.1},
    "X": {},
}  # fmt: skip
"""Shape weights as a rigger would dial them in while looking at Rhubarb's drawings."""
RIDGE = 0.02
"""Pull towards zero, in the coefficients' own standard deviations, as a part of their mean squared displacement."""


def shape_weights(labels: np.ndarray, eased: bool = True) -> np.ndarray:
    """(T, 9) float64: how much of each shape each row shows, summing to one. labels: (T,) int16, published convention.

    eased: smoothstep between shapes, as Blender's default keys; otherwise straight.
    """
    shown = np.concatenate([labels[LABEL_LEAD_ROWS:], np.full(LABEL_LEAD_ROWS, SILENCE_INDEX)])[: len(labels)]
    shape = SHAPE_OF_PHONEME[shown]
    starts = np.flatnonzero(np.diff(shape, prepend=-1))
    ends = np.append(starts[1:], len(shape))
    weights = np.zeros((len(shape), len(SHAPES)))
    weights[:, shape[0]] = 1.0
    for previous, current in zip(range(len(starts)), range(1, len(starts)), strict=False):
        shorter = min(ends[previous] - starts[previous], ends[current] - starts[current])
        half = min(BLEND_ROWS, shorter) / 2
        change = _ramp(np.arange(len(shape)), starts[current] - 0.5, half, eased)[:, None]
        weights = weights * (1 - change) + change * np.eye(len(SHAPES))[shape[starts[current]]]
    return weights


def keyframed(pairs: Sequence[Recording], eased: bool = True) -> System:
    """Nine visemes whose shapes are fitted to the other clips: the best that any rigger could pose."""
    about = f"keyframes A–H, X, {'eased' if eased else 'straight'}; shapes fitted to the other clips"
    return System("nine visemes, fitted", "baseline", about, fitted(pairs, lambda labels: shape_weights(labels, eased)))


def posed(eased: bool = True) -> System:
    """Nine visemes posed by hand on ARKit shapes of the open face."""
    poses = coefficients_of_arkit([ARKIT_POSES[name] for name in SHAPES], open_face())

    def predict(pair: Recording, style: np.ndarray) -> np.ndarray:
        return levelled(shape_weights(pair.utterance.labels, eased) @ poses, style)

    about = f"keyframes A–H, X, {'eased' if eased else 'straight'}; shapes posed by hand"
    return System("nine visemes, posed", "baseline", about, predict)


def fitted(pairs: Sequence[Recording], curves: Callable[[np.ndarray], np.ndarray]) -> Predict:
    """Predicts with shapes that are fitted to the other clips. curves: labels (T,) -> how much of each shape (T, S)."""
    shapes = LeftOut(pairs, lambda rest: fitted_shapes(rest, curves))
    return lambda pair, style: levelled(curves(pair.utterance.labels) @ shapes.without(pair), style)


def fitted_shapes(pairs: Sequence[Recording], curves: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(S, 64): the shapes that explain the clips best, ‖W S − (x − mean x)‖² + λ‖S‖²."""
    weights = np.concatenate([curves(pair.utterance.labels) for pair in pairs])
    motion = np.concatenate([pair.centred for pair in pairs])
    return np.linalg.solve(weights.T @ weights + FIT_RIDGE * np.eye(weights.shape[1]), weights.T @ motion)


def _ramp(rows: np.ndarray, middle: float, half: float, eased: bool) -> np.ndarray:
    """(T,): 0 before a change, 1 after it."""
    share = np.clip((rows - (middle - half)) / (2 * half), 0, 1)
    return share * share * (3 - 2 * share) if eased else share


def coefficients_of_arkit(weights: Sequence[Mapping[str, float]] | np.ndarray, face: FaceModel) -> np.ndarray:
    """(T, 64) float64: coefficients that move the face as ARKit weights do, min ‖E δ − A w‖² + λ‖δ/σ‖².

    weights: (T, 52) in the order of ARKIT_NAMES, or for each row a mapping of names; names that are none of the 52 are
    ignored. A movement that the coefficients cannot make (tongue, gaze) is lost.
    """
    if not isinstance(weights, np.ndarray):
        weights = np.array([[row.get(name, 0.0) for name in ARKIT_NAMES] for row in weights])
    columns = face.expression.reshape(len(face.expression), -1).astype(np.float64)
    columns = columns * face.coefficient_std[:, None]  # in standard deviations
    gram = columns @ columns.T
    toward = columns @ face.arkit.reshape(len(face.arkit), -1).T  # (64, 52)
    system = gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    return weights @ np.linalg.solve(system, toward).T * face.coefficient_std
