# SPDX-License-Identifier: Apache-2.0
"""Colours of the head: each region's own, and on the skin brows, lash lines, cheeks and the lips' soft edge."""

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import Landmarks

from .eyeballs import IRIS_DEG
from .head import REGIONS, Head

BROW_RGB, LASH_RGB = (0.34, 0.23, 0.17), (0.36, 0.22, 0.18)
BLUSH_RGB, LIMBUS_RGB = (0.84, 0.52, 0.45), (0.16, 0.11, 0.08)
BROWS = ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))
"""MediaPipe's lower brow points from the temple to the nose, right and left. The hair is a little above them."""
BROW_RISE_M, BROW_HALF_M = (0.0024, 0.0056), (0.0019, 0.0028)
BLUSHES = ((50, 0.017, 0.45), (280, 0.017, 0.45), (4, 0.010, 0.35), (199, 0.012, 0.15))
"""Cheeks, tip of the nose, chin: landmark, radius in metres, strength."""
LASH_REACH_M = 0.0012
INSIDE = ("mouth", "teeth", "gums", "tongue")
INSIDE_M, INSIDE_LIGHT = (0.05, 0.093), (0.3, 1.0)
"""Light reaches the inside of a mouth from the front: from the molars' depth (z) to the incisors'."""


def region_colours(head: Head) -> np.ndarray:
    """(V, 3) sRGB 0..1: the mean of the colours of the faces round each vertex."""
    palette = np.array(list(REGIONS.values()))
    colours, counts = np.zeros_like(head.mean), np.zeros(len(head.mean))
    for face, region in zip(head.faces, head.regions, strict=True):
        colours[face] += palette[region]
        counts[face] += 1
    return colours / counts[:, None]


def painted(
    head: Head, mean: np.ndarray, triangles: np.ndarray, landmarks: Landmarks, margins: list[np.ndarray]
) -> np.ndarray:
    """(V, 3) sRGB: skin with brows, blush and lash lines. margins: vertices of the two lid margins."""
    colours = region_colours(head)
    points = landmark_positions(mean, triangles, landmarks)
    skin = _vertices_of(head, "skin")
    for landmark, radius, strength in BLUSHES:
        distance = np.linalg.norm(mean[skin] - points[landmark], axis=1)
        _blend(colours, skin, BLUSH_RGB, strength * np.exp(-((distance / radius) ** 2)))
    lift = np.linspace(0, 1, len(BROWS[0]))[:, None] * (0, BROW_RISE_M[1] - BROW_RISE_M[0], 0) + (0, BROW_RISE_M[0], 0)
    for brow in BROWS:
        _blend(colours, skin, BROW_RGB, 0.8 * _along_brow(mean[skin], points[list(brow)] + lift))
    for margin in margins:
        distance = np.linalg.norm(mean[skin][:, None] - mean[margin][None], axis=2).min(1)
        _blend(colours, skin, LASH_RGB, 0.8 * np.clip(1 - distance / LASH_REACH_M, 0, 1))
    inside = _vertices_of(head, *INSIDE)
    colours[inside] *= np.interp(mean[inside, 2], INSIDE_M, INSIDE_LIGHT)[:, None]
    rim = np.concatenate([eye[np.abs(head.eye_angles - IRIS_DEG) < 0.1] for eye in head.eye_vertices])
    colours[rim] = LIMBUS_RGB
    return colours


def _vertices_of(head: Head, *regions: str) -> np.ndarray:
    chosen = head.region_faces(*regions)
    return np.unique([i for face, inside in zip(head.faces, chosen, strict=True) if inside for i in face])


def _blend(colours: np.ndarray, chosen: np.ndarray, colour: tuple[float, float, float], share: np.ndarray) -> None:
    colours[chosen] += share[:, None] * (np.array(colour) - colours[chosen])


def _along_brow(vertices: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(n,) 0..1: 1 on the brow's line, fading over its width, which grows from the temple to the nose."""
    best = np.zeros(len(vertices))
    steps = len(line) - 1
    for k in range(steps):
        along = line[k + 1, :2] - line[k, :2]
        share = np.clip(((vertices[:, :2] - line[k, :2]) @ along) / (along @ along), 0, 1)
        distance = np.linalg.norm(vertices[:, :2] - line[k, :2] - share[:, None] * along, axis=1)
        half = np.interp((k + share) / steps, (0, 1), BROW_HALF_M)
        ahead = vertices[:, 2] > line[:, 2].min() - 0.02
        best = np.maximum(best, ahead * np.clip(1.6 - distance / half, 0, 1))
    return best
