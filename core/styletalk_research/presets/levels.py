# SPDX-License-Identifier: Apache-2.0
"""The mean expression of a mood, in the 64 coefficients.

The open face's expression columns are ARKit shapes × M. So a mood said in shapes, and a mood measured in coefficients,
meet on the same landmarks: δ = argmin |A (M δ − w)|² + κ |A_odd M δ|² + λ (δ − c)ᵀ Σ⁻¹ (δ − c), where A holds what
each shape does to the landmarks, w the shapes wanted, A_odd what differs between the two halves of the face, c the
measured coefficients and Σ how expression varies in published clips: of equal faces, the one that people make."""

from collections.abc import Mapping

import numpy as np

from styletalk.face.arkit_names import ARKIT_NAMES, UPPER_ROWS
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel

from .table import Mood

BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
LIDS = (159, 158, 160, 157, 161, 145, 144, 153, 154, 163, 386, 385, 387, 384, 388, 374, 373, 380, 381, 390)
"""MediaPipe landmarks; few beside those of the mouth, and a mood is read from them."""
BROWS_AND_LIDS_WEIGHT = 4.0
DEPTH_WEIGHT = 0.3
"""The coefficients carry hardly any depth (it was fitted to pictures from the front)."""
USUALNESS = 30.0
"""λ, in mm²: below 10 the expressions are ones that no clip comes near, and networks do not follow them."""
EVENNESS = 9.0
"""κ: how much more a difference between the halves of the face counts than a shape that is missed."""
VARIANCE_FLOOR = 1e-3


def mirrored_shapes() -> np.ndarray:
    """(52,) index of each ARKit shape's mirror image."""
    return np.array([ARKIT_NAMES.index(_mirrored(name)) for name in ARKIT_NAMES])


def shape_weights(shapes: Mapping[str, float]) -> np.ndarray:
    """(52,) ARKit weights; a name without its side sets both. Raises ValueError for a name that is no shape."""
    weights = np.zeros(len(ARKIT_NAMES))
    for name, value in shapes.items():
        for full in (name,) if name in ARKIT_NAMES else (name + "Left", name + "Right"):
            weights[ARKIT_NAMES.index(full)] += value
    return weights


def upper_weights(shapes: Mapping[str, float]) -> np.ndarray:
    """(15,) the same for the shapes beside the coefficients."""
    return shape_weights(shapes)[list(UPPER_ROWS)]


class LevelSolver:
    """Finds coefficients for a face that is said partly in shapes and partly in coefficients."""

    def __init__(self, face: FaceModel, moves: np.ndarray) -> None:
        """face: one with ARKit shapes. moves: (64, 64) covariance of expression in published clips."""
        self.matrix = face.arkit_matrix.astype(np.float64)  # (52, 64)
        self.mirror = mirrored_shapes()
        effect_mm = 1000.0 * landmark_positions(face.arkit, face.triangles, face.landmarks_mediapipe)  # (52, 478, 3)
        weight = np.ones(effect_mm.shape[1:])
        weight[[*BROWS, *LIDS]] = BROWS_AND_LIDS_WEIGHT
        weight[:, 2] *= DEPTH_WEIGHT
        self.effect = (effect_mm * weight).reshape(len(effect_mm), -1).T  # (L, 52)
        self.precision = np.linalg.inv(moves + VARIANCE_FLOOR * np.eye(len(moves)))

    def even(self, coefficients: np.ndarray) -> np.ndarray:
        """(52,) ARKit weights of coefficients (64,), the mean of the face and its mirror image."""
        weights = self.matrix @ coefficients
        return (weights + weights[self.mirror]) / 2

    def level(self, wanted: np.ndarray, centre: np.ndarray, lopsided: bool = False) -> np.ndarray:
        """(64,) coefficients for ARKit weights `wanted` (52,), near `centre` (64,). See the formula above."""
        columns = self.effect @ self.matrix  # (L, 64)
        system = columns.T @ columns + USUALNESS * self.precision
        toward = columns.T @ (self.effect @ wanted) + USUALNESS * self.precision @ centre
        if not lopsided:
            odd = self.effect @ (self.matrix - self.matrix[self.mirror]) / 2
            system += EVENNESS * odd.T @ odd
        return np.linalg.solve(system, toward)


Expression = tuple[np.ndarray, np.ndarray]
"""Coefficients (64,) and the weights (15,) of the upper face's shapes beside them."""


def mood_faces(clips: Mapping[str, np.ndarray], moods: tuple[Mood, ...], solver: LevelSolver) -> dict[str, Expression]:
    """The mean expression of every mood by name. The first mood is the neutral one, from which the others differ."""
    speech = mean_level(clips, moods[0])
    neutral = solver.level(solver.even(speech) + shape_weights(moods[0].shapes), speech)
    faces = {moods[0].name: (neutral, upper_weights(moods[0].beside))}
    waiting = list(moods[1:])
    while waiting:  # a blend waits for the moods it is made of
        mood = next(m for m in waiting if faces.keys() >= m.blend.keys())
        waiting.remove(mood)
        measured = mood.strength * (mean_level(clips, mood) - speech) if mood.clips else np.zeros_like(speech)
        measured = measured + sum(share * (faces[name][0] - neutral) for name, share in mood.blend.items())
        wanted = solver.matrix @ neutral + solver.even(measured) + shape_weights(mood.shapes)
        level = solver.level(wanted, neutral + measured, mood.lopsided)
        beside = sum(share * faces[name][1] for name, share in mood.blend.items()) + upper_weights(mood.beside)
        faces[mood.name] = level, np.clip(beside, 0.0, 1.0)
    return {mood.name: faces[mood.name] for mood in moods}


def mean_level(clips: Mapping[str, np.ndarray], mood: Mood) -> np.ndarray:
    """(64,) mean expression of a mood's clips: every person counts once, however many clips there are."""
    people: dict[str, list[np.ndarray]] = {}
    for name, rows in clips_of(clips, mood).items():
        people.setdefault(name.split("_")[0], []).append(rows.mean(0))
    return np.mean([np.mean(levels, axis=0) for levels in people.values()], axis=0)


def clips_of(clips: Mapping[str, np.ndarray], mood: Mood) -> dict[str, np.ndarray]:
    """The clips (N, 64) by name that show a mood."""
    return {name: rows for name, rows in clips.items() if name.startswith(mood.clips)}


def _mirrored(name: str) -> str:
    return name.replace("Left", "·").replace("Right", "Left").replace("·", "Right")
