# SPDX-License-Identifier: Apache-2.0
"""How bare heads follow lines with the shapes that were made for them: the 52 ARKit shapes, and the 64 directions.

python -m styletalk_research.evaluation.rig_made head.glb ...
"""

import sys
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.rigs.directions import BESIDE, DIRECTIONS, in_directions
from styletalk.rigs.finding import find_landmarks
from styletalk.rigs.transfer import transferred

from ..datasets.glb import MorphMesh
from .rig_heads import Head, z_up
from .rig_report import STYLES, heads_table, line_in
from .rig_tracks import HeadFigures, measure_head
from .rig_transfer import Rig


def figures(path: Path, lines: list[FaceAnimation]) -> list[HeadFigures]:
    """A head's with either kind of shapes. Its own are not looked at. Raises RigError."""
    rig = Rig.load(path)
    made = transferred(rig.vertices, rig.triangles, find_landmarks(rig.vertices, rig.triangles)).deltas
    beside = made[[ARKIT_NAMES.index(name) for name in BESIDE]]
    kinds = {
        "52 ARKit shapes": (ARKIT_NAMES, made),
        "64 directions": ((*DIRECTIONS, *BESIDE), np.concatenate([in_directions(made), beside])),
    }
    heads = [
        Head(f"{path.stem}, {kind}", MorphMesh(path.stem, z_up(rig.vertices), rig.triangles, names, z_up(deltas)))
        for kind, (names, deltas) in kinds.items()
    ]
    return [measure_head(head, lines) for head in heads]


if __name__ == "__main__":
    spoken = [line_in(style) for style in STYLES]
    print("\n".join(heads_table([each for name in sys.argv[1:] for each in figures(Path(name), spoken)])))
