# SPDX-License-Identifier: Apache-2.0
"""Teeth, gums and palate, and the folds that join the gums to the cheeks, so that no gap is left."""

from collections import Counter

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.csgraph as graph
import scipy.sparse.linalg as solvers

from .clothes import Cloth
from .parts import Jaws, Part, Skin, in_tile, still

UPPER_M, LOWER_M = (0.0, -0.0034, 0.0012), (0.0, -0.0044, 0.0006)
"""MakeHuman's teeth lie high and far back, and clench: people show some of the upper ones and rest apart."""
SIDE_M, TIP_M = 0.014, 0.0018
"""Upper teeth further (x) from the face's middle are canines or behind them: so much of their tips is made blunt."""
BEHIND_M = 0.084
"""Depth (z) of the canines' tips. MakeHuman's rows rise from there to the molars by 5 mm, so that in an open mouth the
lower side teeth fill the lips' corners like fangs while the lip hides the incisors: the rows are laid flatter."""
FALL, NARROWER, ARCH_M = (0.10, 0.15), (0.04, 0.11), 0.020
"""How far the upper and lower row fall behind the canines, of the depth, and how much narrower they are there from
ARCH_M on: the lower teeth bite within the upper ones."""
DIM_RGB, DIM_M = (0.45, 0.34, 0.31), 0.017
"""Cheeks keep the light from side teeth: what is left of their colours at this depth behind the canines."""
CROWN_M = 0.0020
"""MakeHuman's gums cover half of the teeth: they are drawn back by this."""
SEED_M = 0.003
"""Gum nearer to a tooth than this moves as the tooth does."""
JOINT = (0.35, 0.65)
"""Of the harmonic weight between the jaws: the cheek behind the molars takes up the movement."""
FOLD_M, PAST_M = 0.0035, 0.0006
"""How far up (down) from the gum's edge a fold meets the cheek, and how far it reaches through it."""
ARCH_MIDDLE_M = 0.055
"""Depth (z) of the middle of a row of teeth."""
THROAT = ((0.95, (0.0, 0.0, -0.006)), (0.75, (0.0, -0.006, -0.014)), (0.05, (0.0, -0.012, -0.020)))
"""The funnel's rings: their size, of the opening's, and how far back they lie (metres)."""
TOOTH_RGB, NECK_RGB = (0.93, 0.91, 0.85), (0.86, 0.79, 0.66)
GUM_RGB, DEEP_RGB = (0.74, 0.42, 0.41), (0.36, 0.13, 0.13)
SHADE_M = (0.020, 0.072)
"""Light reaches the inside of a mouth from the front: dark at this depth (z), full at that."""


def mouth(cloth: Cloth, points: np.ndarray, jaws: Jaws, skin: Skin) -> list[Part]:
    """Teeth with gums and palate, and the folds. points (n, 3): where the cloth lies, metres. skin: the mouth's bag."""
    labels = _components(cloth.faces, len(points))
    gum = labels == np.bincount(labels).argmax()
    middle = np.array([points[labels == label, 1].mean() for label in range(labels.max() + 1)])[labels]
    plane = np.polynomial.Polynomial.fit(points[~gum, 2], points[~gum, 1], 2)
    lower = (~gum) & (middle < plane(points[:, 2]))
    weight = _jaw_weights(cloth.faces, points, gum, lower)
    points = points + (1 - weight[:, None]) * UPPER_M + weight[:, None] * LOWER_M
    points[gum, 1] += CROWN_M * (1 - 2 * weight[gum])
    points = _levelled(_blunt(points, labels, ~gum & ~lower), weight)
    regions = ["gums" if gum[face[0]] else "teeth" for face in cloth.faces]
    colours = _colours(points, gum, labels)
    rows = Part(
        points, cloth.faces, in_tile(cloth.uv, 0), regions, colours, jaws.identity(points),
        jaws.arkit(points, weight), still(len(points), 4),
    )  # fmt: skip
    outer, inner = _rims([face for face in cloth.faces if gum[face[0]]])
    return [rows, _folds(rows, outer, skin), _throat(rows, inner, jaws, weight)]


def shaded(colours: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n, 3) colours that grow dark towards the throat."""
    light = np.clip((points[:, 2] - SHADE_M[0]) / (SHADE_M[1] - SHADE_M[0]), 0, 1)[:, None]
    return colours * (0.6 + 0.4 * light)


def _levelled(points: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n, 3): rows whose side teeth stand hardly higher than the front ones, behind the corners of the lips."""
    behind = np.clip(BEHIND_M - points[:, 2], 0, None)
    fall, narrower = ((1 - weight) * upper + weight * lower for upper, lower in (FALL, NARROWER))
    x = points[:, 0] * (1 - narrower * _eased(behind / ARCH_M))
    return np.stack([x, points[:, 1] - fall * behind, points[:, 2]], 1)


def _blunt(points: np.ndarray, labels: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """(n, 3): upper canines and premolars with round tips, shorter by half of TIP_M, that end where the incisors do."""
    points = points.copy()
    for label in np.unique(labels[upper]):
        tooth = labels == label
        if abs(points[tooth, 0].mean()) > SIDE_M:
            tip = points[tooth, 1].min()
            height = np.minimum(points[tooth, 1] - tip, TIP_M)
            points[tooth, 1] += (TIP_M - height) ** 2 / (2 * TIP_M)
    return points


def _eased(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _components(faces: list[list[int]], count: int) -> np.ndarray:
    return graph.connected_components(_links(faces, count), directed=False)[1]


def _links(faces: list[list[int]], count: int) -> sparse.csr_matrix:
    edges = np.array([(face[i - 1], face[i]) for face in faces for i in range(len(face))])
    links = sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count)).tocsr()
    return (links + links.T).minimum(1)


def _jaw_weights(faces: list[list[int]], points: np.ndarray, gum: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """(n,) 0..1: how far each vertex follows the lower jaw. Between the gums of both the weight is harmonic."""
    distance = np.linalg.norm(points[gum][:, None] - points[~gum][None], axis=2)
    weight = lower.astype(float)
    nearest = np.flatnonzero(~gum)[distance.argmin(1)]
    held = np.ones(len(points), bool)
    held[gum] = distance.min(1) < SEED_M
    weight[gum] = lower[nearest]
    links = _links(faces, len(points))
    flow = sparse.csr_matrix(sparse.diags(np.asarray(links.sum(1)).ravel()) - links)
    free = np.flatnonzero(~held)
    weight[free] = solvers.spsolve(flow[free][:, free].tocsc(), -flow[free][:, np.flatnonzero(held)] @ weight[held])
    return _eased((weight - JOINT[0]) / (JOINT[1] - JOINT[0]))


def _colours(points: np.ndarray, gum: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n, 3): teeth paler at the edge than at the neck."""
    colours = np.tile(np.array(GUM_RGB), (len(points), 1))
    for label in np.unique(labels[~gum]):
        tooth = labels == label
        height = points[tooth, 1]
        edge, neck = (height.min(), height.max()) if _is_upper(points, tooth, gum) else (height.max(), height.min())
        share = ((height - edge) / (neck - edge))[:, None]
        colours[tooth] = (1 - share) * TOOTH_RGB + share * np.array(NECK_RGB)
    behind = _eased((BEHIND_M - points[:, 2]) / DIM_M)[:, None]
    return shaded(colours, points) * (1 - behind + behind * DIM_RGB)


def _is_upper(points: np.ndarray, tooth: np.ndarray, gum: np.ndarray) -> bool:
    """A tooth is widest open towards its neck: the gum that is nearest lies there."""
    centre = points[tooth].mean(0)
    near = points[gum][np.linalg.norm(points[gum] - centre, axis=1) < 0.007]
    return bool(near[:, 1].mean() > centre[1])


def _rims(faces: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices of the two open edges of the gums, as the faces run along them: towards the cheeks, and the throat's."""
    count = Counter(frozenset((face[i - 1], face[i])) for face in faces for i in range(len(face)))
    sides = [(face[i - 1], face[i]) for face in faces for i in range(len(face))]
    following = {a: b for a, b in sides if count[frozenset((a, b))] == 1}
    rims = []
    while following:
        vertex, rim = next(iter(following)), []
        while vertex in following:
            rim.append(vertex)
            vertex = following.pop(vertex)
        rims.append(np.array(rim))
    outer, inner = sorted(rims, key=len, reverse=True)
    return outer, inner


def _folds(rows: Part, rim: np.ndarray, skin: Skin) -> Part:
    """A strip from the outer edge of the gums to the cheeks, which carry its other edge."""
    start = rows.points[rim]
    upwards = np.sign(start[:, 1:2] - np.median(start[:, 1]))
    outwards = (start - (0.0, 0.0, ARCH_MIDDLE_M)) * (1, 0, 1)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    places = skin.beneath(start + FOLD_M * (outwards + upwards * (0.0, 0.8, 0.0)))
    ends = skin.carried(skin.mean[None], places)[0]
    away = ends - start
    ends += PAST_M * away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    return _strip(
        [start, ends], ["gums"],
        [rows.colours[rim], shaded(np.tile(np.array(GUM_RGB) * 0.8, (len(rim), 1)), ends)],
        [rows.identity[:, rim], skin.carried(skin.identity, places)],
        [rows.arkit[:, rim], skin.carried(skin.arkit, places)],
    )  # fmt: skip


def _throat(rows: Part, rim: np.ndarray, jaws: Jaws, weight: np.ndarray) -> Part:
    """A funnel behind palate and tongue."""
    start = rows.points[rim]
    middle = start.mean(0)
    rings = [start, *(middle + share * (start - middle) + back for share, back in THROAT)]
    smooth = [weight[rim], *(weight[rim] * share + weight[rim].mean() * (1 - share) for share, _ in THROAT)]
    dark = [rows.colours[rim], *(np.tile(rgb, (len(rim), 1)) for rgb in np.linspace(GUM_RGB, DEEP_RGB, 4)[1:] * 0.8)]
    return _strip(
        rings, ["throat"] * len(THROAT), dark, [jaws.identity(ring) for ring in rings],
        [jaws.arkit(ring, share) for ring, share in zip(rings, smooth, strict=True)],
    )  # fmt: skip


def _strip(
    rings: list[np.ndarray], regions: list[str], colours: list[np.ndarray], identity: list[np.ndarray],
    arkit: list[np.ndarray],
) -> Part:  # fmt: skip
    """Closed rings of vertices, joined one to the next. regions: of the faces between two rings."""
    count, faces, uv = len(rings[0]), [], []
    for ring in range(len(rings) - 1):
        for k in range(count):
            a, b, following = ring * count, (ring + 1) * count, (k + 1) % count
            faces.append([a + k, b + k, b + following, a + following])
            uv += [np.array([(k + c) / count, (ring + r) / len(rings)]) for c, r in ((0, 0), (0, 1), (1, 1), (1, 0))]
    named = [region for region in regions for _ in range(count)]
    return Part(
        np.concatenate(rings), faces, in_tile(uv, 1), named, np.concatenate(colours), np.concatenate(identity, 1),
        np.concatenate(arkit, 1), still(count * len(rings), 4),
    )  # fmt: skip
