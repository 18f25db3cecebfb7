# SPDX-License-Identifier: Apache-2.0
"""What the bare head lacks is put on: teeth, gums and palate, tongue. Skin and eyeballs keep their numbers.

The bare head has the base mesh's own teeth and tongue: ribbons that tell how a jaw moves and what a landmark detector
sees in an open mouth. They end here.
"""

import dataclasses
from pathlib import Path

import numpy as np

from styletalk.face.model import FaceModel, made_columns
from styletalk.face.retarget import ARKIT_NAMES

from . import shapes
from .clothes import read_cloth
from .eyes import corneas, eye_colours
from .hairs import BROW_RGB, LASH_RGB, brows, lashes
from .head import METRES, REGIONS, Head
from .makehuman import MakeHuman, average_adult
from .mouth import mouth, shaded
from .parts import Jaws, Part, Skin, joined, still
from .stored import as_stored, as_stored_part, fans
from .tongue import tongue

PALETTE = {
    **REGIONS, "mouth": (0.42, 0.17, 0.16), "teeth": (0.91, 0.88, 0.81), "gums": (0.73, 0.40, 0.39),
    "tongue": (0.74, 0.40, 0.40), "throat": (0.33, 0.12, 0.11),
    "cornea": (1.0, 1.0, 1.0), "lashes": LASH_RGB, "brows": BROW_RGB, "iris": (0.34, 0.22, 0.13),
}  # fmt: skip
"""Colours of the finished regions; the landmark detector saw those of the bare head."""
REPLACED = ("teeth", "gums", "tongue")
TEETH = "teeth_base"
HELPERS = ("helper-upper-teeth", "helper-lower-teeth")


def dressed(bare: FaceModel, human: MakeHuman, cut: Head, clothes: Path) -> FaceModel:
    """The face with its parts. clothes: folder of MakeHuman's teeth (.obj, .mhclo)."""
    base = human.base
    rows = [cut.base_vertices(np.unique(base.quads[base.group_quads(group)])) for group in HELPERS]
    jaws = Jaws.of(rows[0], rows[1], bare.mean, bare.arkit, bare.identity)
    bag, skin = (
        Skin(bare.mean, bare.triangles[bare.region_triangles(region)], bare.arkit, bare.identity)
        for region in ("mouth", "skin")
    )
    cloth = read_cloth(clothes, TEETH)
    worn = cloth.worn(base.vertices + average_adult(human)) * METRES - cut.origin
    inside = [*mouth(cloth, worn, jaws, bag), tongue(jaws)]
    outside = [*corneas(cut, skin), *lashes(base, cut, skin), *brows(bare, skin)]
    return with_parts(_coloured(without(bare, REPLACED), cut), joined([*inside, *outside]))


def without(model: FaceModel, regions: tuple[str, ...]) -> FaceModel:
    """The model without the last parts of its mesh. Raises ValueError where others come after them."""
    chosen = [k for k, name in enumerate(model.region_names) if name in regions]
    faces = int(np.flatnonzero(np.isin(model.face_regions, chosen))[0])
    if not np.isin(model.face_regions[faces:], chosen).all():
        raise ValueError("only the last parts of a face can be taken away")
    loops, triangles = int(model.face_sizes[:faces].sum()), int((model.triangle_faces < faces).sum())
    kept = int(model.face_loops[:loops].max()) + 1
    per_vertex = {name: getattr(model, name)[..., :kept, :] for name in _PER_VERTEX}
    return dataclasses.replace(
        model, **per_vertex, triangles=model.triangles[:triangles], triangle_faces=model.triangle_faces[:triangles],
        face_loops=model.face_loops[:loops], face_sizes=model.face_sizes[:faces], uv=model.uv[:loops],
        face_regions=model.face_regions[:faces],
    )  # fmt: skip


_PER_VERTEX = ("mean", "colours", "identity", "arkit", "expression", "blink", "gaze", "tongue")


def _coloured(model: FaceModel, cut: Head) -> FaceModel:
    """The model with irises, and with the inside of its cheeks in the colour of gums, darker towards the throat."""
    inside = np.unique(model.triangles[model.region_triangles("mouth")])
    inside = np.setdiff1d(inside, model.triangles[model.region_triangles("skin", "lips")])
    colours = model.colours.copy()
    colours[inside] = as_stored(shaded(np.tile(PALETTE["gums"], (len(inside), 1)), model.mean[inside]))
    for eye in cut.eye_vertices:
        colours[eye] = as_stored(eye_colours(cut))
    return dataclasses.replace(model, colours=colours)


def with_parts(model: FaceModel, part: Part) -> FaceModel:
    """The model with a part at the end of its mesh. Regions that it does not know are added to its own."""
    start, faces = model.vertex_count, len(model.face_sizes)
    names = (*model.region_names, *(name for name in PALETTE if name not in model.region_names))
    triangles, owners = fans(part.faces)
    arkit = np.concatenate([model.arkit, as_stored_part(part.arkit)], 1)
    grown = {"arkit": arkit, "expression": made_columns(arkit, model.arkit_matrix)}
    grown["identity"] = np.concatenate([model.identity, as_stored_part(part.identity)], 1)
    tongue_moves = np.concatenate([still(start, len(part.tongue)), as_stored_part(part.tongue)], 1)
    grown["tongue"] = tongue_moves.astype(np.float32)
    grown["blink"] = arkit[[ARKIT_NAMES.index(name) for name in shapes.BLINKS]]
    grown["gaze"] = as_stored(shapes.gaze_shapes(arkit, ARKIT_NAMES))
    return dataclasses.replace(
        model,
        **grown,
        mean=np.concatenate([model.mean, part.points.astype(np.float32)]),
        colours=np.concatenate([model.colours, as_stored(part.colours)]),
        triangles=np.concatenate([model.triangles, triangles + start]),
        triangle_faces=np.concatenate([model.triangle_faces, owners + faces]),
        face_loops=np.concatenate([model.face_loops, np.concatenate(part.faces).astype(np.int32) + start]),
        face_sizes=np.concatenate([model.face_sizes, np.array([len(face) for face in part.faces], np.int32)]),
        uv=np.concatenate([model.uv, np.array(part.uv, np.float32)]),
        face_regions=np.concatenate([model.face_regions, np.array([names.index(r) for r in part.regions], np.uint8)]),
        region_names=names,
        region_colours=np.array([PALETTE[name] for name in names], np.float32),
    )
