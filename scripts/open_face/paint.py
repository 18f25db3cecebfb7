# SPDX-License-Identifier: Apache-2.0
"""Colours of the head: a plain one for each region, with soft edges where lips meet skin."""

import numpy as np

from .head import REGIONS, Head


def vertex_colours(head: Head, mean: np.ndarray) -> np.ndarray:
    """(V, 3) sRGB 0..1: the mean of the colours of the faces round each vertex."""
    palette = np.array(list(REGIONS.values()))
    colours, counts = np.zeros_like(mean), np.zeros(len(mean))
    for face, region in zip(head.faces, head.regions, strict=True):
        colours[face] += palette[region]
        counts[face] += 1
    return colours / counts[:, None]


def corner_colours(head: Head, colours: np.ndarray, triangles: np.ndarray, triangle_faces: np.ndarray) -> np.ndarray:
    """(F, 3, 3): the painted colour on skin, the region's own elsewhere."""
    palette = np.array(list(REGIONS.values()))
    regions = head.regions[triangle_faces]
    corners = np.repeat(palette[regions][:, None], 3, 1)
    skin = regions == head.names.index("skin")
    corners[skin] = colours[triangles[skin]]
    return corners
