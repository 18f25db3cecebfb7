# SPDX-License-Identifier: Apache-2.0
"""Figures measured on the face: how far lips and landmarks are from where the recording has them, in millimetres.

All of them compare two motions (T, 64) on the same face at rest, so neither identity nor head motion enters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from styletalk.face.landmarks import EYE_DISTANCE, landmark_positions
from styletalk.face.model import FaceModel
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap, segment_rows

MOUTH_68 = slice(48, 68)
"""iBUG points of the mouth."""
MID_NOSE_68, EARS_68 = 29, (0, 16)
MM = 1000.0
PERCENT = 100.0
CHUNK_ROWS = 512


@dataclass(frozen=True)
class MeshMetrics:
    """The parts of a face that are measured, ready to be multiplied with coefficients.

    lips (64, L, 3), upper (64, U, 3): expression columns of the lip and upper-face vertices, millimetres.
    points (64, 68, 2): of the 68 landmarks seen from the front, per cent of the distance between the outer eye corners.
    gap: the lips' distance.
    """

    lips: np.ndarray
    upper: np.ndarray
    points: np.ndarray
    gap: LipGap

    @classmethod
    def of(cls, face: FaceModel) -> "MeshMetrics":
        """The metrics of a face. Raises FaceModelError where it has no lip landmarks."""
        columns = face.expression.astype(np.float64)
        points = landmark_positions(columns, face.triangles, face.landmarks_68)[..., :2]
        eyes = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)[list(EYE_DISTANCE)]
        unit = float(np.linalg.norm(eyes[0] - eyes[1]))
        return cls(
            lips=columns[:, lip_vertices(face)] * MM, upper=columns[:, upper_face_vertices(face)] * MM,
            points=points / unit * PERCENT, gap=LipGap.of(face),
        )  # fmt: skip

    def lip_vertex_error_mm(self, made: np.ndarray, real: np.ndarray) -> float:
        """Lip vertex error: the farthest lip vertex of each frame, mean over frames, mm (MeshTalk, section 4.1).

        made, real: (T, 64). Distances, not their squares as some papers print.
        """
        return float(np.mean(_lengths(np.asarray(made) - real, self.lips, np.max)))

    def mouth_landmark_distance(self, made: np.ndarray, real: np.ndarray) -> float:
        """M-LMD: mean distance of the 20 mouth landmarks from the recording's, per cent of the outer eye distance.

        LMD of Chen et al. 2018 (Lip Movements Generation at a Glance) as StyleTalk reports it, on the open face's 68
        points seen from the front in place of points found in pictures: no detector's noise, no head motion.
        """
        return self._landmark_distance(made, real, MOUTH_68)

    def face_landmark_distance(self, made: np.ndarray, real: np.ndarray) -> float:
        """F-LMD: as `mouth_landmark_distance`, over all 68 landmarks."""
        return self._landmark_distance(made, real, slice(None))

    def upper_dynamics_mm(self, rows: np.ndarray) -> np.ndarray:
        """(U,) mm: standard deviation over time of each upper-face vertex's distance from rest. rows: (T, 64)."""
        return _each_length(np.asarray(rows, np.float64), self.upper).std(axis=0)

    def upper_dynamics_deviation_mm(self, made: np.ndarray, real: np.ndarray) -> float:
        """Upper-face dynamics deviation: mean over its vertices of real dynamics minus made, mm (CodeTalker, eq. 9).

        Positive: brows and eyes are too still. Negative: too lively. Blinks that motion/ adds are not in it.
        """
        return float((self.upper_dynamics_mm(real) - self.upper_dynamics_mm(made)).mean())

    def closure_rate(self, rows: np.ndarray, labels: np.ndarray) -> float:
        """Share of P, B and M segments in which the inner lips come within CLOSED_MM on a frame; NaN without any."""
        segments = segment_rows(labels)
        inside = sorted({row for first, last in segments for row in range(first, last + 1)})
        opening_mm = np.full(len(rows), np.inf)
        opening_mm[inside] = self.gap.opening_mm(rows[inside])  # measuring is slow, so only where it counts
        closed = [opening_mm[first : last + 1].min() <= CLOSED_MM for first, last in segments]
        return float(np.mean(closed)) if closed else float("nan")

    def _landmark_distance(self, made: np.ndarray, real: np.ndarray, which: slice) -> float:
        return float(np.mean(_lengths(np.asarray(made) - real, self.points[:, which], np.mean)))


def lip_vertices(face: FaceModel) -> np.ndarray:
    """(L,) int: the vertices of the face's lips."""
    return np.unique(face.triangles[face.region_triangles("lips")])


def upper_face_vertices(face: FaceModel) -> np.ndarray:
    """(U,) int: skin above the middle of the nose and in front of the ears."""
    points = landmark_positions(face.mean, face.triangles, face.landmarks_68)
    skin = np.unique(face.triangles[face.region_triangles("skin")])
    height, depth = points[MID_NOSE_68, 1], points[list(EARS_68), 2].mean()
    return skin[(face.mean[skin, 1] > height) & (face.mean[skin, 2] > depth)]


def _lengths(rows: np.ndarray, columns: np.ndarray, pool: Callable[..., np.ndarray]) -> np.ndarray:
    """(T,): lengths of the moves rows (T, 64) × columns (64, N, D), pooled over the N points."""
    starts = range(0, len(rows), CHUNK_ROWS)
    return np.concatenate([pool(_each_length(rows[k : k + CHUNK_ROWS], columns), axis=1) for k in starts])


def _each_length(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(T, N): length of each point's move."""
    moves = rows @ columns.reshape(len(columns), -1)
    return np.linalg.norm(moves.reshape(len(rows), columns.shape[1], -1), axis=2)
