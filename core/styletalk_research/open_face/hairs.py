# SPDX-License-Identifier: Apache-2.0
"""Lashes and brows, hair by hair: thin spikes of three sides that need no texture and no transparency."""

from dataclasses import dataclass

import numpy as np

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import FaceModel

from . import lids
from .head import Head
from .makehuman import BaseMesh
from .paint import BROW_RISE_M, BROWS
from .parts import Part, Skin, in_tile, still

LASH_RGB, BROW_RGB = (0.10, 0.07, 0.06), (0.24, 0.16, 0.11)
STATIONS = np.array([0.0, 0.35, 0.7, 1.0])
"""Along a hair: three rings of three vertices and the tip."""
TAPER = np.array([1.0, 0.85, 0.5])
BROW_HAIRS, BROW_LENGTH_M, BROW_THICK_M = 140, 0.0060, 0.00021
BROW_HALF_M = (0.0014, 0.0023)
"""Half the height of a brow, at the temple and at the nose."""
LIE_M = (0.0001, 0.0007, 0.0008, 0.0004)
"""How high a hair of the brows lies over the skin, along it."""


@dataclass(frozen=True)
class Row:
    """A row of lashes. places: of the lid's margin; lengths at the inner corner, middle and outer corner (metres).

    curl: how far a lash turns up (down) on its way, as a part of its length. thick: half its thickness at the root.
    """

    places: tuple[int, ...]
    count: int
    lengths: tuple[float, float, float]
    upwards: float
    curl: float
    thick: float


ROWS = (
    Row(lids.UPPER, 46, (0.0035, 0.0068, 0.0072), -0.05, 0.70, 0.00014),
    Row(lids.LOWER, 26, (0.0018, 0.0032, 0.0036), -0.50, -0.15, 0.00009),
)


def lashes(base: BaseMesh, cut: Head, skin: Skin) -> list[Part]:
    """Upper and lower lashes of both eyes; they turn about the eyeball's middle with the lid that they stand on."""
    parts = []
    for side, eye in zip(("left", "right"), cut.eye_vertices, strict=True):
        margin = lids.lid_rings(base, cut, side)[lids.MARGIN_RING]
        random = np.random.default_rng(11)  # the same for both eyes: they are each other's mirror image
        parts += [_row(row, margin[list(row.places)], eye[[0, -1]], skin, random) for row in ROWS]
    return parts


def _row(row: Row, margin: np.ndarray, poles: np.ndarray, skin: Skin, random: np.random.Generator) -> Part:
    place = np.linspace(0.10, 0.97, row.count) + random.uniform(-0.3, 0.3, row.count) / row.count
    along = np.clip(place * (len(margin) - 1), 0, len(margin) - 1.001)
    first, share = along.astype(int), (along % 1)[:, None]
    ends = margin[first], margin[first + 1]

    def on_margin(values: np.ndarray) -> np.ndarray:
        return (1 - share) * values[..., ends[0], :] + share * values[..., ends[1], :]

    roots, centre = on_margin(skin.mean), skin.mean[poles].mean(0)
    outer = np.sign(centre[0])
    ahead = roots - centre
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    fan = outer * (place - 0.42) * 0.9 + random.uniform(-0.08, 0.08, row.count) * outer
    sideways = fan[:, None] * (1.0, 0.0, 0.0)
    length = np.interp(place, (0, 0.5, 1), row.lengths) * random.uniform(0.85, 1.1, row.count)
    step = STATIONS[None, :, None]
    rise = row.upwards * step + row.curl * step**2
    lines = roots[:, None] + length[:, None, None] * (
        step * (ahead + sideways)[:, None] * (1 - 0.25 * step) + rise * np.array([0.0, 1.0, 0.0])
    )
    points, faces = spikes(lines, row.thick)
    from_root = points.reshape(row.count, -1, 3) - roots[:, None]

    def moved(deltas: np.ndarray) -> np.ndarray:
        shift, middle = on_margin(deltas), deltas[:, poles].mean(1)
        turned = [turns(roots - centre, roots + d - centre - m) for d, m in zip(shift, middle, strict=True)]
        swung = np.einsum("knij,nsj->knsi", np.array(turned) - np.eye(3), from_root)
        return (shift[:, :, None] + swung).reshape(len(deltas), -1, 3)

    return _hair(points, faces, "lashes", LASH_RGB, moved(skin.identity), moved(skin.arkit))


def turns(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n, 3, 3): the shortest rotations that turn directions (n, 3) into others (Rodrigues' formula)."""
    a = before / np.linalg.norm(before, axis=1, keepdims=True)
    b = after / np.linalg.norm(after, axis=1, keepdims=True)
    axis, cosine = np.cross(a, b), (a * b).sum(1)
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).reshape(-1, 3, 3)
    return np.eye(3) + cross + cross @ cross / (1 + cosine)[:, None, None]


def brows(model: FaceModel, skin: Skin) -> list[Part]:
    """Both brows: upright by the nose, lying along the brow towards the temple. Each vertex hangs on the skin below."""
    points = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)
    lift = np.linspace(BROW_RISE_M[0], BROW_RISE_M[1], len(BROWS[0]))
    return [_brow(points[list(brow)] + lift[:, None] * (0.0, 1.0, 0.0), skin) for brow in BROWS]


def _brow(line: np.ndarray, skin: Skin) -> Part:
    random = np.random.default_rng(5)
    place = (np.arange(BROW_HAIRS) + random.uniform(0, 1, BROW_HAIRS)) / BROW_HAIRS  # 0 at the temple, 1 at the nose
    place = np.where(place > 0.85, place - random.uniform(0, 0.15, BROW_HAIRS), place)  # sparse where it begins
    across = random.uniform(-1, 1, BROW_HAIRS) * np.interp(place, (0, 0.25, 0.9, 1), (0.2, 0.75, 1, 0.6))
    knots = np.linspace(0, 1, len(line))
    curve = [np.polynomial.Polynomial.fit(knots, channel, 3) for channel in line.T]
    roots = np.stack([channel(place) for channel in curve], 1)
    roots[:, 1] += across * np.interp(place, (0, 1), BROW_HALF_M)
    outwards = -np.stack([channel.deriv()(place) for channel in curve], 1)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    upright = np.interp(place, (0.0, 0.35, 0.75, 1.0), (0.0, 0.2, 0.5, 1.3)) - 0.35 * across
    direction = outwards + upright[:, None] * (0.0, 1.0, 0.0) + random.normal(0, 0.08, (BROW_HAIRS, 3)) * (1, 1, 0)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = (
        BROW_LENGTH_M
        * np.interp(place, (0, 0.3, 0.85, 1), (0.75, 1.0, 0.9, 0.55))
        * random.uniform(0.75, 1.1, BROW_HAIRS)
    )
    lines = _laid_on(np.stack([roots, roots + length[:, None] * direction], 1), skin)
    points, faces = spikes(lines, BROW_THICK_M)
    places = skin.beneath(points)
    return _hair(
        points, faces, "brows", BROW_RGB, skin.carried(skin.identity, places), skin.carried(skin.arkit, places)
    )


def _laid_on(ends: np.ndarray, skin: Skin) -> np.ndarray:
    """(n, 4, 3): hairs between ends (n, 2, 3) that are drawn onto the skin, LIE_M above it."""
    corners, weights = skin.beneath(ends.reshape(-1, 3))
    a, b, c = (skin.mean[corners[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal = (normal / np.linalg.norm(normal, axis=1, keepdims=True)).reshape(ends.shape)
    below = np.einsum("nkd,nk->nd", skin.mean[corners], weights).reshape(ends.shape)
    share = STATIONS[None, :, None]
    line, up = ((1 - share) * each[:, :1] + share * each[:, 1:] for each in (below, normal))
    return line + np.array(LIE_M)[None, :, None] * up


def spikes(lines: np.ndarray, thick: float) -> tuple[np.ndarray, list[list[int]]]:
    """Hairs round lines (n, 4, 3): points (n × 10, 3) and faces. thick: half the thickness at the root, metres."""
    along = lines[:, -1] - lines[:, 0]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, (0.0, 0.0, 1.0))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    up = np.cross(side, along)
    turn = np.arange(3) * 2 * np.pi / 3
    ring = np.cos(turn)[None, :, None] * side[:, None] + np.sin(turn)[None, :, None] * up[:, None]  # (n, 3, 3)
    rings = lines[:, :3, None] + thick * TAPER[None, :, None, None] * ring[:, None]
    points = np.concatenate([rings.reshape(len(lines), 9, 3), lines[:, 3:]], 1)
    faces = []
    for at in range(0, 10 * len(lines), 10):
        for k in range(3):
            following = (k + 1) % 3
            faces += [[at + r + k, at + r + following, at + r + 3 + following, at + r + 3 + k] for r in (0, 3)]
            faces.append([at + 6 + k, at + 6 + following, at + 9])
    return points.reshape(-1, 3), faces


def _hair(
    points: np.ndarray, faces: list[list[int]], region: str, colour: tuple[float, float, float],
    identity: np.ndarray, arkit: np.ndarray,
) -> Part:  # fmt: skip
    random = np.random.default_rng(3)
    shade = np.repeat(random.uniform(0.75, 1.25, len(points) // 10), 10)[:, None]
    uv = [np.array([(i % 3) / 3, min(i % 10 // 3, 3) / 3]) for face in faces for i in face]
    return Part(
        points, faces, in_tile(uv, 5), [region] * len(faces), np.array(colour) * shade, identity, arkit,
        still(len(points), 4),
    )  # fmt: skip
