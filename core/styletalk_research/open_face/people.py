# SPDX-License-Identifier: Apache-2.0
"""Six people: the open face's identities that come nearest to MakeHuman's women and men of three ages."""

import json
from pathlib import Path

import numpy as np

from styletalk.face.model import FaceModel
from styletalk.files.writing import written_whole

from .head import Head
from .makehuman import MakeHuman, average_adult
from .rest import with_lips_together
from .shapes import still_neck

ORIGINS = ("african", "asian", "caucasian")
AGES = {"young": (1.0, 0.0), "middle_aged": (0.5, 0.5), "old": (0.0, 1.0)}
"""How much of MakeHuman's young and of its old adult."""
SEXES = {"woman": "female", "man": "male"}
RIDGE, MOST = 0.02, 3.0
"""On the identity's numbers, relative to the mean size of a component; and the largest of them, in deviations."""


def people(human: MakeHuman, cut: Head, model: FaceModel) -> dict[str, list[float]]:
    """Name → identity (80 numbers), such as "old_woman"."""
    chosen = np.unique(model.triangles[model.region_triangles("skin", "lips")])
    components = model.identity[:, chosen].reshape(len(model.identity), -1).astype(np.float64)
    gram = components @ components.T
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    mean = average_adult(human)
    found = {}
    for age, shares in AGES.items():
        for sex, target in SEXES.items():
            moved = still_neck(cut, cut.carried(_adult(human, target, shares) - mean))
            moved -= still_neck(cut, np.ones_like(moved) * moved[np.concatenate(cut.eye_vertices)].mean(0))
            moved = with_lips_together(cut, model.mean[: len(cut.mean)].astype(np.float64), moved[None])[0]
            identity = np.linalg.solve(gram, components @ moved[chosen].ravel())
            found[f"{age}_{sex}"] = [round(float(x), 3) for x in np.clip(identity, -MOST, MOST)]
    return found


def write_people(path: Path, found: dict[str, list[float]]) -> None:
    """Write them as JSON, one person a line. Raises OutputError."""
    with written_whole(path) as temporary:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(identity)}" for name, identity in found.items())
        temporary.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _adult(human: MakeHuman, sex: str, shares: tuple[float, float]) -> np.ndarray:
    """(N, 3): from the base mesh to a sex at an age, of the mean of three origins, as `average_adult` mixes them."""
    moved = np.zeros_like(human.base.vertices)
    for age, share in zip(("young", "old"), shares, strict=True):
        moved += share * human.target(f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight")
        for origin in ORIGINS:
            moved += share * human.target(f"macrodetails/{origin}-{sex}-{age}") / len(ORIGINS)
    return moved
