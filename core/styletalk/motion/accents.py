# SPDX-License-Identifier: Apache-2.0
"""Brows and lids that accent what is said, and a face that is never quite still: small moves of the brows and eyes.

Where a line is stressed most the brows go up a little and the eyes open, or the brows go down where the style knits
them. How far is the style's own: as far as they move in its clip.
"""

import functools
from typing import TYPE_CHECKING

import numpy as np

from ..animation import EXPRESSION_DIM
from ..emphasis import Emphasis
from ..timeline import FRAME_RATE_HZ
from .lids import lid_move
from .noise import Noise
from .smooth import smoothstep

if TYPE_CHECKING:
    from ..face.model import FaceModel

BROWS = (336, 296, 334, 293, 300, 107, 66, 105, 63, 70)
"""MediaPipe landmarks along the upper edge of both brows."""
BELOW_EYES_M = 0.015
"""Landmarks so far below the eyes are to stay."""
STILLNESS, LIP_STILLNESS, LID_STILLNESS = 30.0, 100.0, 30.0
"""How much a millimetre of them, of the lips, and of the eyes' opening count against a deviation of a coefficient."""
ACCENT_FROM = 0.45
"""Stress from which on a syllable may have an accent of the brows."""
APART_S = 0.7
"""Of two syllables that are nearer than this only the one that is stressed more has one."""
RISE_S, FALL_S = 0.2, 0.45
"""How long the brows take to go up, until the middle of the syllable, and down again."""
SPREADS = 2.0
"""An accent takes the brows this many standard deviations of their height in the style's clip."""
MAX_ACCENT_MM = 3.0
KNIT_MM = 2.5
"""A style whose brows are lower than neutral ones by this accents by nothing, by more with lowering them."""
LIDS_PER_MM = 0.035
"""How much of their opening at rest the eyes open with each millimetre of the brows."""
MICRO_MM, MICRO_LIDS = 0.18, 0.012
"""Standard deviation of what brows and lids do by themselves."""
MICRO_HZ = 0.8
MICRO_EASE_S = 0.4
"""It begins and ends at rest."""


def accent_mm(clip: np.ndarray, neutral: np.ndarray, face: "FaceModel") -> float:
    """How far the brows go on a stressed syllable, in millimetres, down where it is below 0, for the clip of a style.

    clip, neutral: (N, 64) and (M, 64), the style's coefficients and those of the neutral one.
    """
    height, usual = clip @ _brow_mm(face), float((neutral @ _brow_mm(face)).mean())
    direction = np.clip(1.0 + (float(height.mean()) - usual) / KNIT_MM, -1.0, 1.0)
    return float(direction * min(SPREADS * float(height.std()), MAX_ACCENT_MM))


def accent_track(
    clip: np.ndarray, neutral: np.ndarray, intensity: float | np.ndarray, face: "FaceModel"
) -> np.ndarray:  # fmt: skip
    """`accent_mm` at an intensity, a number or (T,): 0 is as the neutral style accents, 1 as the style of the clip."""
    calm, styled = (accent_mm(each, neutral, face) for each in (neutral, clip))
    return np.clip(calm + np.asarray(intensity, np.float64) * (styled - calm), -MAX_ACCENT_MM, MAX_ACCENT_MM)


def accents(emphasis: Emphasis) -> np.ndarray:
    """(T,) 0..1: how far the brows are on their way in each row, once for each group of stressed syllables."""
    stress, track = emphasis.stress, np.zeros(len(emphasis))
    peaks = np.flatnonzero((stress >= ACCENT_FROM) & (stress >= np.roll(stress, 1)) & (stress > np.roll(stress, -1)))
    taken = np.full(len(track), -1.0)  # the strongest accent within reach of each row so far
    reach = round(APART_S * FRAME_RATE_HZ)
    for peak in sorted(peaks.tolist(), key=lambda row: (-stress[row], row)):
        if taken[peak] < 0:
            taken[max(0, peak - reach) : peak + reach + 1] = stress[peak]
            rows = np.arange(len(track))[max(0, peak - reach) : peak + reach + 1]
            rise, fall = RISE_S * FRAME_RATE_HZ, FALL_S * FRAME_RATE_HZ
            shape = smoothstep(1.0 + (rows - peak) / rise) * smoothstep(1.0 - (rows - peak) / fall)
            track[rows] = np.maximum(track[rows], stress[peak] * shape)
    return track


def micro_movement(rows: int, seed: int) -> np.ndarray:
    """(T, 2) of the brows in millimetres and of the lids in shares of their opening; nothing at both ends."""
    noise = Noise(rows, 2, np.random.default_rng([seed, 6])).track(slice(0, 2), MICRO_HZ) * (MICRO_MM, MICRO_LIDS)
    row = np.arange(rows)
    return noise * smoothstep(np.minimum(row, row[::-1]) / (MICRO_EASE_S * FRAME_RATE_HZ))[:, None]


def brows_and_lids(moves: np.ndarray, face: "FaceModel") -> np.ndarray:
    """(T, 64) float32 coefficients of moves (T, 2): of the brows in millimetres, of the lids in shares."""
    return (moves @ np.stack([brow_move(face), lid_move(face)])).astype(np.float32)


def accent_moves(emphasis: Emphasis, millimetres: float | np.ndarray) -> np.ndarray:
    """(T, 2): what accents of so many millimetres, a number or (T,), do, see `brows_and_lids`.

    Brows that go down narrow the eyes less.
    """
    brows = millimetres * accents(emphasis)
    return np.stack([brows, LIDS_PER_MM * np.where(brows > 0, brows, brows / 2)], axis=1)


@functools.lru_cache(maxsize=2)
def brow_move(face: "FaceModel") -> np.ndarray:
    """(64,) change of the coefficients that raises both brows by a millimetre and moves lips, lids and cheeks least.

    δ = argmin δᵀ H δ with b·δ = 1, H = Σ κ Eᵀ E + diag(1 / std²), as in `lids.lid_move`.
    """
    still, raises = _still(face), _brow_mm(face)
    reach = np.linalg.solve(still + np.diag(np.asarray(face.coefficient_std, np.float64) ** -2), raises)
    return reach / (raises @ reach)


@functools.lru_cache(maxsize=2)
def _brow_mm(face: "FaceModel") -> np.ndarray:
    """(64,) by how many millimetres one of each coefficient raises the brows."""
    from ..face.landmarks import landmark_positions

    moved = landmark_positions(face.expression, face.triangles, face.landmarks_mediapipe)
    return 1000.0 * moved[:, BROWS, 1].astype(np.float64).mean(axis=1)


def _still(face: "FaceModel") -> np.ndarray:
    """(64, 64): what moves of the lips, of all that lies below the eyes, and of the lids cost."""
    from ..face.landmarks import EYE_OPENINGS, eye_openness, landmark_positions

    rest = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    moved = 1000.0 * landmark_positions(face.expression, face.triangles, face.landmarks_mediapipe).astype(np.float64)
    below = rest[:, 1] < rest[np.ravel(EYE_OPENINGS), 1].mean() - BELOW_EYES_M
    lips = np.concatenate(
        [landmark_positions(face.expression, face.triangles, line) for line in (face.lip_upper, face.lip_lower)], axis=1
    )
    lids = eye_openness(face, np.eye(EXPRESSION_DIM, dtype=np.float32)).mean(axis=1).astype(np.float64) - 1.0
    parts = (
        (STILLNESS, moved[:, below].reshape(len(moved), -1) / np.sqrt(below.sum())),
        (LIP_STILLNESS, 1000.0 * lips.reshape(len(lips), -1).astype(np.float64) / np.sqrt(lips.shape[1])),
        (LID_STILLNESS, lids[:, None]),
    )
    return sum((weight * part @ part.T for weight, part in parts), np.zeros((EXPRESSION_DIM, EXPRESSION_DIM)))
