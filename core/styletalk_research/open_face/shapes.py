# SPDX-License-Identifier: Apache-2.0
"""The movable parts: 52 ARKit shapes, blink, gaze, and 80 identity components, as displacements of the head."""

import numpy as np

from . import eyeballs, lids
from .head import Head
from .makehuman import MakeHuman

BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")
LOOKS = {
    "left": ("eyeLookOutLeft", "eyeLookInRight"), "right": ("eyeLookInLeft", "eyeLookOutRight"),
    "up": ("eyeLookUpLeft", "eyeLookUpRight"), "down": ("eyeLookDownLeft", "eyeLookDownRight"),
}  # fmt: skip
LID_FOLLOWS_GAZE = 1.25
"""The base data turns the eyes less far than ours; the lids' share grows with the turn."""
IDENTITY_SPREAD = 0.11
"""Standard deviation of a MakeHuman slider (-1..1) among the faces that the identity components describe."""
ASYMMETRY = 0.25
"""Part of that spread that the two sides of a face do not share."""
MACRO_SPREAD = 0.1
NECK_STILL_M, NECK_FREE_M = 0.01, 0.07
"""Identity leaves the rim of the neck alone and is whole from the chin upwards (heights above the rim)."""
IDENTITY_FOLDERS = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "ears", "chin", "cheek", "asym")


def arkit_shapes(human: MakeHuman, head: Head, mean: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(52, V, 3) metres, in the order of `names`; lids that meet, eyeballs that turn in place."""
    shapes = {name: head.carried(human.face_unit(name)) for name in names}
    for name, side in zip(BLINKS, ("left", "right"), strict=True):
        shapes[name] = lids.closing(mean, shapes[name], lids.lid_rings(human.base, head, side))
    for direction, pair in LOOKS.items():
        for name in pair:
            eye = head.eye_vertices[0 if name.endswith("Left") else 1]
            shapes[name] *= LID_FOLLOWS_GAZE
            shapes[name][eye] = eyeballs.turned(mean[eye], (mean[eye[0]] + mean[eye[-1]]) / 2, direction)
    return np.array([shapes[name] for name in names])


def gaze_shapes(arkit: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(4, V, 3): both eyes look to the person's left, right, up, down."""
    return np.array([sum(arkit[names.index(name)] for name in pair) for pair in LOOKS.values()])


def identity_components(human: MakeHuman, head: Head, count: int) -> tuple[np.ndarray, float]:
    """(count, V, 3) metres per standard deviation, and the part of the variance that they hold.

    Principal components of independent MakeHuman sliders, the two sides of the face mostly together.
    """
    rows = np.array([still_neck(head, row).ravel() for row in _sliders(human, head)])  # (n, V*3)
    gram = rows @ rows.T
    values, vectors = np.linalg.eigh(gram)
    best = np.argsort(values)[::-1][:count]
    components = vectors[:, best].T @ rows  # each of length sqrt(eigenvalue): a standard deviation
    return components.reshape(count, -1, 3), float(values[best].sum() / values.sum())


def still_neck(head: Head, moved: np.ndarray) -> np.ndarray:
    """A displacement (V, 3) that fades towards the rim of the neck."""
    rise = np.clip((head.mean[:, 1] - NECK_STILL_M) / (NECK_FREE_M - NECK_STILL_M), 0, 1)
    return moved * (rise * rise * (3 - 2 * rise))[:, None]


def _sliders(human: MakeHuman, head: Head) -> list[np.ndarray]:
    """Displacements of one standard deviation each, independent of each other."""
    sliders, names = [], [name for folder in IDENTITY_FOLDERS for name in human.target_names(folder)]
    shapes = {name: head.carried(human.target(name)) for name in names}
    for name in names:
        twin = name.replace("/l-", "/r-")
        if twin != name and twin in shapes:
            sliders.append(IDENTITY_SPREAD * (shapes[name] + shapes[twin]))
            sliders.append(IDENTITY_SPREAD * ASYMMETRY * (shapes[name] - shapes[twin]))
        elif "/r-" not in name:
            spread = IDENTITY_SPREAD * (ASYMMETRY if name.startswith("asym") else 1.0)
            sliders.append(spread * shapes[name])
    return sliders + [MACRO_SPREAD * row for row in _macro_rows(human, head)]


def _macro_rows(human: MakeHuman, head: Head) -> list[np.ndarray]:
    """Sex, age, origin and build as deviations from their mean, with the body's movement of the head taken out."""
    wanted = [n for n in human.target_names("macrodetails") if "baby" not in n and "child" not in n]
    origins = [n for n in wanted if "universal" not in n]
    builds = [n for n in wanted if "universal" in n]
    rows = []
    for group in (origins, builds):
        shapes = np.array([head.carried(human.target(name)) for name in group])
        rows += list(shapes - shapes.mean(0))
    eyes = np.concatenate(head.eye_vertices)
    return [row - row[eyes].mean(0) for row in rows]
