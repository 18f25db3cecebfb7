# SPDX-License-Identifier: Apache-2.0
"""How well transferred shapes do what the open face's do: mouth opening, width, lid closure; and pictures of them."""

import functools
from dataclasses import dataclass

import numpy as np

from ..face.arkit_names import ARKIT_NAMES
from ..face.model import open_face
from ..face.rasteriser import SKIN_RGB, Framing, render_mesh
from .openings import Edges
from .registration import Marked, Registration, nearest_rows, open_face_marked, skin
from .transfer import Transfer

POSES: dict[str, dict[str, float]] = {
    "rest": {}, "open": {"jawOpen": 1}, "closed": {"jawOpen": 0.6, "mouthClose": 0.6},
    "smile": {"mouthSmileLeft": 1, "mouthSmileRight": 1}, "pucker": {"mouthPucker": 1},
    "blink": {"eyeBlinkLeft": 1, "eyeBlinkRight": 1},
    "brows": {"browInnerUp": 1, "browOuterUpLeft": 1, "browOuterUpRight": 1},
}  # fmt: skip
"""What a contact sheet shows."""
SHEET_VIEWS = ("front", "three-quarter", "side")
CLOSED = 0.15
"""A mouth or an eye that stays open by more than this part of its width or height does not close."""
WIDE_REST = 0.12
"""Lips that stand further apart than this part of the mouth's width at rest are open."""


@dataclass(frozen=True)
class Quality:
    """Shares of what the open face does, 1 the same: opening of the mouth (jawOpen, in mouth widths), smile and pucker
    (the mouth's width). left, right: the part of the eye's height that a blink closes. rest_gap: of the lips, in mouth
    widths; closed: what is left of it, and of jawOpen, under mouthClose. sure: 0..1, the landmarks."""

    opening: float
    smile: float
    pucker: float
    left: float
    right: float
    closed: float
    rest_gap: float
    sure: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """What to look at, as sentences."""
        found = []
        if self.rest_gap > WIDE_REST:
            found.append("The lips are open at rest, so they close only as far as that.")
        elif self.closed > self.rest_gap + CLOSED / 2:
            found.append("The lips do not close over the open jaw.")
        if min(self.left, self.right) < 1 - CLOSED:
            found.append("The lids do not close the eyes.")
        if not 0.6 < self.opening < 1.7:
            found.append("The mouth opens much further or less far than the open face's.")
        return tuple(found)

    def __str__(self) -> str:
        return (
            f"mouth opening {self.opening:.0%}, smile {self.smile:.0%}, pucker {self.pucker:.0%} of the open face's; "
            f"lids close {self.left:.0%} and {self.right:.0%}"
        )


@dataclass(frozen=True, eq=False)
class _Rims:
    """Vertices of a surface along the edges of its openings, and those of its landmarks."""

    mouth: tuple[np.ndarray, np.ndarray]
    eyes: tuple[tuple[np.ndarray, np.ndarray], ...]
    corners: np.ndarray


def quality(transfer: Transfer) -> Quality:
    """Of shapes that were transferred."""
    registration = transfer.registration
    head = registration.head
    first = np.zeros(len(head.surface.points), int)
    first[head.surface.of_mesh] = registration.of_vertices
    moved = registration.to_face.vectors(transfer.deltas[:, first])
    ours, theirs = _open_face_figures(), _figures(head, head.surface.points, moved)
    opening, smile, pucker = (theirs[name] / ours[name] for name in ("opening", "smile", "pucker"))
    eyes = theirs["left"], theirs["right"]
    return Quality(opening, smile, pucker, *eyes, theirs["closed"], theirs["rest"], head.landmarks.confidence)


@functools.lru_cache(maxsize=1)
def _open_face_figures() -> dict[str, float]:
    ours, (vertices, _) = open_face_marked(), skin()
    first = np.zeros(len(ours.surface.points), int)
    first[ours.surface.of_mesh] = vertices
    return _figures(ours, ours.surface.points, open_face().arkit[:, first])


def _figures(marked: Marked, points: np.ndarray, moved: np.ndarray) -> dict[str, float]:
    rims = _rims(marked)
    width = float(np.linalg.norm(np.subtract(*points[rims.corners])))
    rest = _gap(points, rims.mouth)
    of = {name: moved[ARKIT_NAMES.index(name)] for name in ("jawOpen", "mouthClose", "mouthPucker")}
    smile = moved[ARKIT_NAMES.index("mouthSmileLeft")] + moved[ARKIT_NAMES.index("mouthSmileRight")]
    wide = [float(np.linalg.norm(np.subtract(*(points + each)[rims.corners]))) for each in (smile, of["mouthPucker"])]
    both = 0.6 * (of["jawOpen"] + of["mouthClose"])
    lids = [
        1 - max(0.0, _gap(points + moved[ARKIT_NAMES.index(f"eyeBlink{side}")], rim)) / max(_gap(points, rim), 1e-6)
        if len(rim[0]) else 0.0
        for side, rim in zip(("Right", "Left"), rims.eyes, strict=True)
    ]  # fmt: skip
    return {
        "opening": (_gap(points + of["jawOpen"], rims.mouth) - rest) / width, "smile": wide[0] / width,
        "pucker": wide[1] / width, "right": lids[0], "left": lids[1], "rest": rest / width,
        "closed": _gap(points + both, rims.mouth) / width,
    }  # fmt: skip


def _gap(points: np.ndarray, rims: tuple[np.ndarray, np.ndarray]) -> float:
    """How far the middle third of an opening's edges is apart, metres upwards."""
    third = len(rims[0]) // 3
    middle = slice(third, len(rims[0]) - third)
    return float(np.mean(points[rims[0][middle], 1] - points[rims[1][middle], 1]))


def _rims(marked: Marked) -> _Rims:
    """The vertices nearest to the edges, each on its own side."""
    mouth = _nearest_on_sides(marked, marked.mouth, 0)
    eyes = tuple(_nearest_on_sides(marked, each, 1) for each in marked.eyes)
    return _Rims(mouth, eyes, nearest_rows(marked.landmarks.points[[5, 6]], marked.surface.points))


def _nearest_on_sides(marked: Marked, edges: Edges, column: int) -> tuple[np.ndarray, np.ndarray]:
    above, below = (np.flatnonzero(sign * marked.sides[:, column] > 0) for sign in (1, -1))
    if not len(edges.upper) or not len(above) or not len(below):
        return np.zeros(0, int), np.zeros(0, int)
    points = marked.surface.points
    upper, lower = (side[nearest_rows(rim, points[side])] for rim, side in ((edges.upper, above), (edges.lower, below)))
    return upper, lower


def contact_sheet(vertices: np.ndarray, triangles: np.ndarray, transfer: Transfer, size: int = 192) -> np.ndarray:
    """A picture (H, W, 3) uint8 of the head in POSES, one column each, from three sides."""
    registration: Registration = transfer.registration
    points = registration.to_face(np.asarray(vertices, np.float64))
    moved = registration.to_face.vectors(transfer.deltas)
    middle = open_face().mean.mean(axis=0)
    framing = Framing(np.array([0.0, 0.13, 0.03]), 0.105)
    near = (np.linalg.norm(points - middle, axis=1) < 0.2)[triangles].all(axis=1)
    colours = _colours(registration, points)
    rows = [
        np.concatenate([
            render_mesh(_posed(points, moved, pose), triangles[near], colours, size=size, view=view, framing=framing)
            for pose in POSES.values()
        ], axis=1)
        for view in SHEET_VIEWS
    ]  # fmt: skip
    return np.concatenate(rows, axis=0)


def _colours(registration: Registration, points: np.ndarray) -> np.ndarray:
    """(N, 3) sRGB: skin, and what lies in and on it as what of the open face lies there."""
    face = open_face()
    of_vertex = np.zeros((face.vertex_count, 3))
    of_vertex[face.triangles] = face.region_colours[face.triangle_regions][:, None]
    parts = np.unique(face.triangles[~face.region_triangles("skin", "lips", "mouth", "throat")])
    colours = np.tile(np.array(SKIN_RGB), (len(points), 1))
    loose = np.setdiff1d(np.arange(len(points)), registration.of_vertices)
    if len(loose):
        nearest = nearest_rows(registration.back(points[loose]), face.mean[parts].astype(np.float64))
        colours[loose] = of_vertex[parts[nearest]]
    return colours


def _posed(points: np.ndarray, moved: np.ndarray, pose: dict[str, float]) -> np.ndarray:
    return points + sum((weight * moved[ARKIT_NAMES.index(name)] for name, weight in pose.items()), np.zeros(3))
