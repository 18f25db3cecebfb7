# SPDX-License-Identifier: Apache-2.0
"""Mouth and eyes: skin above and skin below that move apart, each with a flow of its own, and an opening between."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...face.landmarks import landmark_positions
from .coverage import node_face
from .flow import Flow, inverse, smooth_step
from .grid import Grid
from .limits import Pose
from .photo_face import PhotoFace
from .rims import POINTS, Rims

NODES = 36
"""Nodes across the box of an opening."""
STEPS, SHARE = 14, 0.4
"""Lids stretch several times."""
FEATHER = 0.16
"""The share of the box over which its flow becomes the face's."""
SAMPLES = 3
"""Where skin meets skin, or an opening, each pixel is asked at so many times so many places which of them it shows."""
EDGE_PX, EDGE_BEYOND = 1.0, 0.15
"""These pixels lie so near to a rim, and no farther beyond its corners, in widths of it."""


@dataclass(frozen=True, eq=False)
class Layout:
    """How an opening is laid out. margins: left and right, above, below, in widths of it. reach: how far from its rims
    they carry skin along, in widths. upper_share: how much of a correction of the gap the upper rim takes. bare: so far
    round the rims, in widths, the mesh does not say how skin moves, but the rims alone; below 0 it says so everywhere.
    """

    margins: tuple[float, float, float]
    reach: float
    upper_share: float
    bare: float


MOUTH_LAYOUT = Layout((0.55, 0.55, 0.8), 0.22, 0.35, -1.0)
EYE_LAYOUT = Layout((0.45, 0.75, 0.55), 0.28, 0.9, 0.1)


@dataclass(frozen=True, eq=False)
class Opening:
    """rims: in the photo. upper, lower: the flows of the skin on both sides, on one grid, which covers the opening's
    box. carried: (N, POINTS) of each flow, how much a node goes along with each point of its rim.
    own: (rows, columns, 1) how far the opening's own flow holds, 0..1; the rest is the whole face's.
    """

    layout: Layout
    rims: Rims
    upper: Flow
    lower: Flow
    carried: tuple[np.ndarray, np.ndarray]
    own: np.ndarray


@dataclass(frozen=True, eq=False)
class FaceMoved:
    """The flow of the whole face in one frame: as asked for, calmed, and the way back. (rows, columns, 2) each."""

    grid: Grid
    asked: np.ndarray
    calm: np.ndarray
    back: np.ndarray


@dataclass(frozen=True, eq=False)
class SkinPlaces:
    """Places of a frame: across and down, which broadcast to (...,); where the skin of each lies in the photo, x and y
    (...,); how much of each is opening, inside (...,) 0..1.
    """

    across: np.ndarray
    down: np.ndarray
    x: np.ndarray
    y: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True, eq=False)
class OpenedSkin:
    """Of one frame: box, left, top, right, bottom pixels; the rims; calmed, (2,) pixels by which calming has moved the
    opening. pixels: their middles, (h, w). on_edges: (M,) which of them, counted row by row, lie where skin meets
    skin or the opening; edges: (M, 2) the same with the skin above and with the skin below; upper: (M,) the share of
    the first.
    """

    box: tuple[int, int, int, int]
    rims: Rims
    calmed: np.ndarray
    pixels: SkinPlaces
    on_edges: np.ndarray
    edges: SkinPlaces
    upper: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """(h, w) pixels by which the skin of each pixel has moved."""
        return np.hypot(self.pixels.x - self.pixels.across, self.pixels.y - self.pixels.down)

    def painted(self, paint: Callable[[SkinPlaces], np.ndarray]) -> np.ndarray:
        """(h, w, C): the box as `paint` has the colours of places, its edges supersampled."""
        colours = paint(self.pixels)
        if len(self.on_edges):
            both, upper = paint(self.edges), self.upper[:, None]
            colours.reshape(-1, colours.shape[-1])[self.on_edges] = both[:, 0] * upper + both[:, 1] * (1 - upper)
        return colours


@dataclass(frozen=True, eq=False)
class _Backs:
    """Both flows of an opening back to the photo, on a grid over the frame, the whole face's, and the moved rims."""

    grid: Grid
    upper: np.ndarray
    lower: np.ndarray
    face: FaceMoved
    rims: Rims

    def pixels(self, box: tuple[int, int, int, int]) -> SkinPlaces:
        """The middles of all pixels of a box."""
        across = np.arange(box[0], box[2], dtype=np.float32) + 0.5
        down = np.arange(box[1], box[3], dtype=np.float32)[:, None] + 0.5
        above, below = self.rims.heights(across, down)
        outer = self.face.grid.at_pixels(self.face.back, box)
        own = np.where(above > below, *(self.grid.at_pixels(back, box) for back in (self.upper, self.lower)))
        back = outer + (own - outer) * _feathered(self.grid, across, down)
        return SkinPlaces(across, down, across + back[0], down + back[1], _between(above, below, 1.0))

    def edges(self, across: np.ndarray, down: np.ndarray) -> tuple[SkinPlaces, np.ndarray]:
        """Pixels (M,) with either skin, (M, 2), and the upper one's share (M,).

        What lies there is looked up in the pixel's middle; places all over it say how much of it is what.
        """
        points = np.stack([across, down], axis=1)
        own = np.stack([self.grid.between(back, points) for back in (self.upper, self.lower)], axis=1)  # (M, 2, 2)
        outer = self.face.grid.between(self.face.back, points)[:, None]
        back = outer + (own - outer) * _feathered(self.grid, across, down)[:, None, None]
        aside = (np.arange(SAMPLES, dtype=np.float32) + 0.5) / SAMPLES - 0.5
        above, below = self.rims.heights(
            across[:, None] + np.tile(aside, SAMPLES), down[:, None] + np.repeat(aside, SAMPLES)
        )
        inside = np.repeat(_between(above, below, float(SAMPLES)).mean(axis=1)[:, None], 2, axis=1)
        places = SkinPlaces(
            across[:, None], down[:, None], across[:, None] + back[..., 0], down[:, None] + back[..., 1], inside
        )
        return places, (above > below).mean(axis=1, dtype=np.float32)


def _between(above: np.ndarray, below: np.ndarray, fine: float) -> np.ndarray:
    """How much of places, 1 / fine of a pixel large, lies between rims, by how far above and below them they lie."""
    return np.clip(1 - np.clip(fine * above + 0.5, 0, 1) - np.clip(fine * below + 0.5, 0, 1), 0, 1)


def box_of(rims: Rims, layout: Layout, inset: float = 0.0) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the part of the photo with an opening's own flow; less a share of it on each side."""
    side, above, below = (margin * rims.width for margin in layout.margins)
    points = np.concatenate([rims.upper, rims.lower])
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    left, top, right, bottom = left - side, top - above, right + side, bottom + below
    across, down = inset * (right - left), inset * (bottom - top)
    return left + across, top + down, right - across, bottom - down


def opening(face: PhotoFace, face_flow: Flow, rims: Rims, layout: Layout) -> Opening:
    """An opening of the face."""
    box = box_of(rims, layout)
    grid = Grid.over(box, (box[2] - box[0]) / NODES)
    held = face_flow.grid.between(face_flow.held.reshape(face_flow.grid.rows, -1, 1), grid.places.reshape(-1, 2))
    upper, lower = (_side(face, grid, held, rims, layout, which) for which in (True, False))
    carried = (_carried(grid, rims, layout, upper=True), _carried(grid, rims, layout, upper=False))
    x, y = grid.places[0, :, 0], grid.places[:, :1, 1]
    return Opening(layout, rims, upper, lower, carried, _feathered(grid, x, y)[..., None])


def _side(face: PhotoFace, grid: Grid, held: np.ndarray, rims: Rims, layout: Layout, upper: bool) -> Flow:
    """The flow of the skin on one side of an opening, which goes on beyond its rim."""
    skin = face.model.triangles[face.model.region_triangles("skin", "lips")]
    kept = skin[_on_side(face, skin, rims, upper)]
    bare: list[tuple[float, ...]] = []
    if layout.bare >= 0:
        points, margin = np.concatenate([rims.upper, rims.lower]), layout.bare * rims.width
        bare = [(*(points.min(0) - margin), *(points.max(0) + margin))]
    base, movement = node_face(face, grid, kept, fading=False, without=bare)
    return Flow(grid, base, movement.reshape(len(movement), -1), held, face.neck)


def _on_side(face: PhotoFace, triangles: np.ndarray, rims: Rims, upper: bool) -> np.ndarray:
    """(F,) bool: triangles on one side of the opening, or beyond its corners. Asked of the face with its lips apart."""
    at = face.lips_apart[:, :2] + face.neck
    middle = _apart_middle(face, rims)
    above, below = middle.heights(at[:, 0], at[:, 1])
    origin, along, _ = rims.frame()
    across = (face.base[:, :2] + face.neck - origin) @ along
    beyond = (across < 0) | (across > rims.width)
    good = beyond | ((above if upper else below) > 0)
    return good[triangles].all(axis=1)


def _apart_middle(face: PhotoFace, rims: Rims) -> Rims:
    """The line between the rims where the lips are apart: it lies as far below as half of the lower lip's way."""
    model = face.model
    moved = landmark_positions(face.lips_apart - face.base, model.triangles, model.landmarks_mediapipe)[..., :2]
    at = landmark_positions(face.base, model.triangles, model.landmarks_mediapipe)[..., :2] + face.neck
    near = [np.linalg.norm(at[:468, None] - rim, axis=2).argmin(0) for rim in (rims.upper, rims.lower)]
    middle = (rims.upper + rims.lower) / 2 + (moved[near[0]] + moved[near[1]]) / 2
    return Rims(middle, middle)


def _carried(grid: Grid, rims: Rims, layout: Layout, upper: bool) -> np.ndarray:
    """(N, POINTS) float32: how far each node goes along with each point of a rim that is moved up or down."""
    places = grid.places.reshape(-1, 2).astype(np.float64)
    origin, along, _ = rims.frame()
    rim = rims.upper if upper else rims.lower
    across = (places - origin) @ along
    at = np.interp(across, np.maximum.accumulate((rim - origin) @ along), np.arange(POINTS))
    hats = np.clip(1 - np.abs(at[:, None] - np.arange(POINTS)), 0, None)
    away = np.maximum(rims.heights(places[:, 0], places[:, 1])[0 if upper else 1], 0)
    beyond = np.abs(across - np.clip(across, 0, rims.width))
    fading = np.exp(-((away**2 + beyond**2) / (layout.reach * rims.width) ** 2))
    return (hats * fading[:, None]).astype(np.float32)


def opened(
    this: Opening, row: np.ndarray, pose: Pose, gap: np.ndarray, face: FaceMoved, size: tuple[int, int]
) -> OpenedSkin:
    """The skin round an opening in one frame.

    row, pose: as in Flow.forward. gap: (POINTS,) pixels that the rims shall stand apart. size: width and height of the
    frame.
    """
    calmed, forwards = _beside(this, [flow.forward(row, pose) for flow in (this.upper, this.lower)], face)
    moved, forwards = _closed_to(this, forwards, gap)
    grid = this.upper.grid
    shift = grid.between((forwards[0] + forwards[1]) / 2, (this.rims.upper + this.rims.lower) / 2).mean(axis=0)
    frame_grid = replace(grid, left=grid.left + float(shift[0]), top=grid.top + float(shift[1]))
    box = _box(frame_grid, size)
    upper, lower = (inverse(grid, forward, STEPS, SHARE, shift) for forward in forwards)
    backs = _Backs(frame_grid, upper, lower, face, moved)
    pixels = backs.pixels(box)
    on_edges = _on_edges(moved, pixels)
    row_at, column_at = (each.astype(np.float32) + 0.5 for each in np.divmod(on_edges, box[2] - box[0]))
    return OpenedSkin(box, moved, calmed, pixels, on_edges, *backs.edges(column_at + box[0], row_at + box[1]))


def _on_edges(rims: Rims, pixels: SkinPlaces) -> np.ndarray:
    """(M,) pixels that a rim goes through, or nearly; counted row by row."""
    above, below = rims.heights(pixels.across, pixels.down)
    origin, along, _ = rims.frame()
    way = (pixels.across - origin[0]) * along[0] + (pixels.down - origin[1]) * along[1]
    beyond = np.abs(way - np.clip(way, 0, rims.width)) > EDGE_BEYOND * rims.width
    return np.flatnonzero((np.minimum(np.abs(above), np.abs(below)) < EDGE_PX) & ~beyond)


def _beside(this: Opening, forwards: list[np.ndarray], face: FaceMoved) -> tuple[np.ndarray, list[np.ndarray]]:
    """(2,) how calming moves the opening; its flows, calmed as the whole face's, which they become at their border."""
    grid = this.upper.grid
    places = grid.places.reshape(-1, 2)
    calm = face.grid.between(face.calm, places).reshape(forwards[0].shape)
    change = calm - face.grid.between(face.asked, places).reshape(calm.shape)
    calmed = grid.between(change, (this.rims.upper + this.rims.lower) / 2).mean(axis=0)
    return calmed, [calm + (forward + change - calm) * this.own for forward in forwards]


def _closed_to(this: Opening, forwards: list[np.ndarray], gap: np.ndarray) -> tuple[Rims, list[np.ndarray]]:
    """The rims, and the flows that carry them there, so that they stand `gap` (POINTS,) pixels apart."""
    moved = _moved(this, forwards)
    close: np.ndarray = moved.gap() - gap
    down = moved.frame()[2].astype(np.float32)
    shares = (this.layout.upper_share, this.layout.upper_share - 1)
    carried = [
        forward + ((carried @ (close * share).astype(np.float32))[:, None] * down).reshape(forward.shape)
        for forward, carried, share in zip(forwards, this.carried, shares, strict=True)
    ]
    rims = [
        rim + (share * close)[:, None] * down for rim, share in zip((moved.upper, moved.lower), shares, strict=True)
    ]
    return Rims(*rims), carried


def _box(grid: Grid, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels that lie whole under the grid: left, top, right, bottom; at least one."""
    right, bottom = grid.left + (grid.columns - 1) * grid.step, grid.top + (grid.rows - 1) * grid.step
    left, top = (int(np.clip(np.ceil(low), 0, most - 1)) for low, most in zip((grid.left, grid.top), size, strict=True))
    return left, top, max(left + 1, min(int(right), size[0])), max(top + 1, min(int(bottom), size[1]))


def _feathered(grid: Grid, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(h, w): 1 in the middle of the grid's part, 0 at its border."""
    weights = []
    for at, start, count in ((across, grid.left, grid.columns), (down, grid.top, grid.rows)):
        whole = (count - 1) * grid.step
        weights.append(smooth_step(np.minimum(at - start, start + whole - at) / (FEATHER * whole)))
    return weights[0] * weights[1]


def _moved(this: Opening, flows: list[np.ndarray]) -> Rims:
    """The photo's rims, carried along by the flows."""
    ends = [
        rim + flow.grid.between(forward, rim)
        for rim, flow, forward in zip((this.rims.upper, this.rims.lower), (this.upper, this.lower), flows, strict=True)
    ]
    return Rims(*ends)


def rigid_back(
    pose: Pose, neck: np.ndarray, depth: float, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the points at x, y (...,) of the frame lie in the photo if they are of the skull, at that depth."""
    turn, aside = pose.rotation[:, :2][:2], pose.rotation[:2, 2] * depth
    back = np.linalg.inv(turn.astype(np.float64))
    dx = (x - neck[0] - pose.shift[0]) / pose.factor - aside[0]
    dy = (y - neck[1] - pose.shift[1]) / pose.factor - aside[1]
    return back[0, 0] * dx + back[0, 1] * dy + neck[0], back[1, 0] * dx + back[1, 1] * dy + neck[1]


def within(rims: Rims, x: np.ndarray, y: np.ndarray, slack: float = 0.75) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points x, y (...,) brought between the photo's rims, and how far outside each lay; `slack` of it is free."""
    above, below = rims.heights(x, y)
    down = rims.frame()[2]
    up = np.maximum(above - slack, 0)
    lift = np.maximum(below - slack, 0) * (up == 0)
    return x + down[0] * (up - lift), y + down[1] * (up - lift), np.maximum(up, lift)
