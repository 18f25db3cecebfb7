# SPDX-License-Identifier: Apache-2.0
"""MakeHuman's women and men of two ages, and the identity that comes nearest to whatever its targets do to a head."""

import json
from pathlib import Path

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.files.writing import written_whole

from .head import Head
from .makehuman import MakeHuman
from .rest import with_lips_together
from .shapes import still_neck

ORIGINS = ("african", "asian", "caucasian")
SEXES, AGES = ("female", "male"), ("young", "old")
RIDGE, MOST = 0.02, 3.0
"""On the identity's numbers, relative to the mean size of a component; and the largest of them, in deviations."""


def adult(human: MakeHuman, sex: str, age: str) -> np.ndarray:
    """(N, 3): from the base mesh to a sex at an age, of the mean of three origins, as `average_adult` mixes them."""
    moved = human.target(f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight")
    for origin in ORIGINS:
        moved = moved + human.target(f"macrodetails/{origin}-{sex}-{age}") / len(ORIGINS)
    return moved


def identity_of(moved: np.ndarray, cut: Head, model: FaceModel) -> list[float]:
    """The 80 numbers that come nearest to a displacement (N, 3) of the base mesh, the head held where its eyes are."""
    chosen = np.unique(model.triangles[model.region_triangles("skin", "lips")])
    components = model.identity[:, chosen].reshape(len(model.identity), -1).astype(np.float64)
    gram = components @ components.T
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    carried = still_neck(cut, cut.carried(moved))
    carried -= still_neck(cut, np.ones_like(carried) * carried[np.concatenate(cut.eye_vertices)].mean(0))
    carried = with_lips_together(cut, model.mean[: len(cut.mean)].astype(np.float64), carried[None])[0]
    identity = np.linalg.solve(gram, components @ carried[chosen].ravel())
    return [round(float(number), 3) for number in np.clip(identity, -MOST, MOST)]


def write_identities(path: Path, found: dict[str, list[float]]) -> None:
    """Write them as JSON, one a line. Raises OutputError."""
    with written_whole(path) as temporary:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(identity)}" for name, identity in found.items())
        temporary.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
