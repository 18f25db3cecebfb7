# SPDX-License-Identifier: Apache-2.0
"""A sheet of what the tongue does: the middle of each sound from the front, from the side, and cut through the middle.

python -m styletalk_research.pictures.tongue_sheet LINE.npz SHEET.png [PHONEME,PHONEME…]
"""

import sys
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.model import FaceModel, open_face
from styletalk.face.rasteriser import Framing, render_mesh
from styletalk.files.png import write_png

SIZE = 160
MOUTH_M, CUT_M = 0.03, 0.038
"""Radius of what is seen of the mouth, and of the cut."""
CUT_BACK_M = 0.014
"""The cut is looked at this much further back: what it is for lies behind the teeth."""


def tongue_sheet(animation: FaceAnimation, phonemes: tuple[str, ...] = ()) -> np.ndarray:
    """(3 × SIZE, columns × SIZE, 3) uint8: a column for each segment of `phonemes`, of all but silence by default."""
    face = open_face()
    shown = [s for s in animation.track.segments if (s.phoneme in phonemes if phonemes else s.phoneme != "SIL")]
    middles = [(segment.start_s + segment.end_s) / 2 for segment in shown]
    rows = [int(np.argmin(np.abs(animation.times_s - middle_s))) for middle_s in middles]
    return np.hstack([_column(face, animation, row) for row in rows])


def _column(face: FaceModel, animation: FaceAnimation, row: int) -> np.ndarray:
    one = slice(row, row + 1)
    moved = {name: getattr(animation, name)[one] for name in ("blinks", "gaze", "tongue", "upper")}
    vertices = face.vertices(animation.coefficients[one], **moved)[0]
    lips = face.mean[np.unique(face.triangles[face.region_triangles("lips")])]
    centre = lips.mean(axis=0) * (0, 1, 1)
    colours = _colours(face)
    pictures = [
        render_mesh(vertices, face.triangles, colours, SIZE, view, Framing(centre, MOUTH_M))
        for view in ("front", (35.0, 0.0))
    ]
    half = face.mean[face.triangles, 0].max(axis=1) <= 0
    opened = np.where(face.region_triangles("skin", "tongue")[:, None], face.triangles[:, ::-1], face.triangles)[half]
    cut = Framing(centre - (0, 0, CUT_BACK_M), CUT_M)  # of skin and tongue the inside is seen, so it is the lit side
    pictures.append(render_mesh(vertices, opened, colours[half], SIZE, (90.0, 0.0), cut))
    return np.vstack(pictures)


def _colours(face: FaceModel) -> np.ndarray:
    """(F, 3): the region's colour of each triangle, of skin and lips the painted one."""
    colours = np.asarray(face.region_colours, np.float64)[face.triangle_regions]
    painted = face.region_triangles("skin", "lips")
    colours[painted] = face.colours[face.triangles[painted]].mean(axis=1)
    return colours


if __name__ == "__main__":
    line, sheet, *names = sys.argv[1:]
    wanted = tuple(names[0].split(",")) if names else ()
    write_png(Path(sheet), tongue_sheet(FaceAnimation.load(Path(line)), wanted))
