# SPDX-License-Identifier: Apache-2.0
"""The colours of a person's head: skin, eyes and brows, what age draws into the skin, and a shaved beard."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .landmarks import landmark_positions
from .model import FaceModel

Rgb = tuple[float, float, float]
SKIN_TONES: tuple[Rgb, ...] = (
    (0.90, 0.72, 0.65), (0.82, 0.62, 0.53), (0.72, 0.51, 0.40), (0.55, 0.36, 0.27), (0.36, 0.225, 0.17),
    (0.23, 0.145, 0.115),
)  # fmt: skip
"""From the palest to the darkest, sRGB, evenly spread over 0..1."""
PAINTED_TONE = 0.2
"""The tone in which the open face is painted."""
EYES: Mapping[str, Rgb] = {
    "brown": (0.34, 0.22, 0.13), "hazel": (0.42, 0.33, 0.17), "green": (0.33, 0.42, 0.27), "blue": (0.31, 0.43, 0.56),
    "grey": (0.44, 0.47, 0.49),
}  # fmt: skip
PAINTED_EYES, PAINTED_BROWS = "brown", (0.24, 0.16, 0.11)
LIPS_SHARE = 0.65
"""Lips follow the skin's tone less far."""
BEARD = (152, 148, 176, 149, 150, 136, 172, 377, 400, 378, 379, 365, 397, 200, 199, 175, 18, 164, 167, 393, 92, 322,
         135, 364, 169, 394, 210, 430, 211, 431, 212, 432, 214, 434, 194, 418, 57, 287)  # fmt: skip
"""MediaPipe landmarks where a beard grows."""
BEARD_RGB, BEARD_SHARE, BEARD_REACH_M = (0.30, 0.28, 0.29), 0.6, 0.011
FOLD_M, FOLD_SHADE = 0.0007, 0.17
"""A fold that age makes is in full shade where its bed lies this much deeper under its sides than in the mean face."""
FADED = 0.12
"""How much of its colour old skin loses."""


@dataclass(frozen=True)
class Look:
    """skin: 0 palest to 1 darkest. eyes: of EYES. brows: sRGB. stubble, age: 0 to 1."""

    skin: float = PAINTED_TONE
    eyes: str = PAINTED_EYES
    brows: Rgb = PAINTED_BROWS
    stubble: float = 0.0
    age: float = 0.0


def skin_tone(value: float) -> np.ndarray:
    """(3,) sRGB of a tone in 0..1."""
    places = np.linspace(0, 1, len(SKIN_TONES))
    return np.array([np.interp(value, places, channel) for channel in zip(*SKIN_TONES, strict=True)])


def complexion(model: FaceModel, rest: np.ndarray, look: Look) -> np.ndarray:
    """(V, 3) float32 sRGB 0..1: the model's painted colours as that look has them, on the person's rest (V, 3)."""
    colours = model.colours.astype(np.float64)
    skin, lips = (_vertices(model, region) for region in ("skin", "lips"))
    if look.age > 0:
        _age(colours, model, rest, look.age, skin)
    if look.stubble > 0:
        _stubble(colours, model, look.stubble, np.setdiff1d(skin, lips))
    tone = skin_tone(look.skin) / skin_tone(PAINTED_TONE)
    colours[np.setdiff1d(skin, lips)] *= tone
    colours[lips] *= tone**LIPS_SHARE
    colours[_vertices(model, "brows")] *= np.array(look.brows) / PAINTED_BROWS
    colours[_vertices(model, "iris")] *= np.array(EYES[look.eyes]) / EYES[PAINTED_EYES]
    return np.clip(colours, 0, 1).astype(np.float32)


def _vertices(model: FaceModel, region: str) -> np.ndarray:
    return np.unique(model.triangles[model.region_triangles(region)])


def _age(colours: np.ndarray, model: FaceModel, rest: np.ndarray, age: float, skin: np.ndarray) -> None:
    """Shade in the folds that the person has and the mean has not; less colour."""
    deeper = _hollow(rest, model.triangles) - _hollow(model.mean, model.triangles)
    shade = FOLD_SHADE * age * np.clip(deeper[skin] / FOLD_M, 0, 1)
    grey = colours[skin].mean(1, keepdims=True)
    colours[skin] += FADED * age * (grey - colours[skin])
    colours[skin] *= 1 - shade[:, None] * (0.7, 1.0, 1.0)  # blood shows through: a fold is redder than its sides


def _hollow(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V,) metres: how far the neighbours of a vertex lie above it, along its normal."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normals, sums, counts = np.zeros_like(points), np.zeros_like(points), np.zeros(len(points))
    flat = np.cross(b - a, c - a)
    for k in range(3):
        np.add.at(normals, triangles[:, k], flat)
        np.add.at(sums, triangles[:, k], points[triangles[:, (k + 1) % 3]] + points[triangles[:, (k + 2) % 3]])
        np.add.at(counts, triangles[:, k], 2)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return ((sums / np.maximum(counts, 1)[:, None] - points) * normals).sum(1)


def _stubble(colours: np.ndarray, model: FaceModel, strength: float, skin: np.ndarray) -> None:
    grows = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)[list(BEARD)]
    distance = np.linalg.norm(model.mean[skin, None] - grows, axis=2).min(1)
    uneven = np.random.default_rng(2).uniform(0.75, 1.0, len(skin))
    share = BEARD_SHARE * strength * uneven * np.exp(-((distance / BEARD_REACH_M) ** 2))
    colours[skin] += share[:, None] * (np.array(BEARD_RGB) - colours[skin])
