# SPDX-License-Identifier: Apache-2.0
"""The built-in renderer: moves the photo's own pixels. NumPy alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...animation import LOWER_FACE, FaceAnimation
from ...background import in_order
from ...face.landmarks import eye_openness, landmark_positions, lip_clearance_mm, lip_gap_rows
from ...face.model import FaceModel
from ..portrait import Portrait
from ..renderers import KEEP, PassOptions
from .backdrop import backdrop
from .eyes import eyeball_colours, iris_shift, lash_colour, lid_gap, openness_beside, with_lashes
from .flow import face_flow, inverse, unfolded
from .limits import MAX_OPENING_M, Pose, relative_pose, soft_clamp
from .mouth import inside_colours, mouth_inside
from .openings import EYE_LAYOUT, FEATHER, MOUTH_LAYOUT, FaceMoved, OpenedSkin, SkinPlaces, box_of, opened, opening
from .own_mouth import with_contact
from .photo_face import motion_rows, photo_face
from .rims import EYES, MOUTH, POINTS, TOUCHING_M, lips_of, rims_of
from .sampling import Sampler, resized

JAW = 0
"""The coefficient that opens the jaw."""
STILL_PX = 0.02
"""Pixels that move less are the photo's own."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """The motion compared with the photo: skin (T, M), tongue (T, 4), gaze (T, 4), lips (T, POINTS), metres that the
    lips part further than in the photo, lids (T, 2), poses.
    """

    skin: np.ndarray
    tongue: np.ndarray
    gaze: np.ndarray
    lips: np.ndarray
    lids: np.ndarray
    head_pose: np.ndarray
    reference: np.ndarray


class WarpRenderer:
    """Moves a portrait. Made once for each portrait and size; gives frames in order."""

    def __init__(
        self, portrait: Portrait, size: int | None = None, *, options: PassOptions | None = None,
        pose_reference: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """size: pixels of the longer side, None for the photo's own. pose_reference: (6,) the head_pose that the photo
        shows; by default the median of the motion's.
        """
        self.options = options or PassOptions()
        portrait = _of_size(portrait, size)
        self._portrait, self._pose_reference = portrait, pose_reference
        picture, plane, self._backdrop = portrait.pixels, None, None
        if self.options.background != KEEP:
            plane = portrait.alpha
        elif portrait.matte is not None:
            plane, self._backdrop = portrait.matte, backdrop(picture, portrait.matte, portrait.scale)
        self.height, self.width = picture.shape[:2]
        with_plane = picture if plane is None else np.concatenate([picture, plane[..., None]], axis=2)
        self._picture, self._photo = picture if self._backdrop else with_plane, Sampler(with_plane)
        self._face = photo_face(portrait)
        lips = lips_of(portrait.landmarks, portrait.mouth_gap_m)
        eyes = [rims_of(portrait.landmarks, eye) for eye in EYES]
        layouts = [(lips, MOUTH_LAYOUT), *((eye, EYE_LAYOUT) for eye in eyes)]
        inner = [box_of(rims, layout, 1.5 * FEATHER) for rims, layout in layouts]
        matte = portrait.matte if self._backdrop else None
        self._flow = face_flow(self._face, self.width, self.height, inner, matte)
        self._mouth, *self._eyes = (opening(self._face, self._flow, *each) for each in layouts)
        self._inside = mouth_inside(self._face, portrait, lips, self._photo)
        self._lashes = [lash_colour(eye.rims, self._photo) for eye in self._eyes]
        self._columns = _lip_columns(self._face.model)

    def frames(self, motion: FaceAnimation, rows: range | None = None) -> Iterator[np.ndarray]:
        """(h, w, 3) uint8 of each of `rows` (by default all), in order; (h, w, 4) unless the background is kept.

        motion: whole, at the film's own rate.
        """
        known = self._rows(motion)
        yield from in_order(partial(self._frame, known), range(len(motion)) if rows is None else rows)

    def _rows(self, motion: FaceAnimation) -> _Rows:
        model, portrait = self._face.model, self._portrait
        coefficients = self._mouth_adjusted(motion.coefficients)
        clearance = lip_clearance_mm(model, np.concatenate([portrait.expression[None], coefficients])) / 1000
        wider = clearance[1:].mean(1) - clearance[0].mean()
        share = np.where(wider > 1e-6, soft_clamp(wider, MAX_OPENING_M) / np.maximum(wider, 1e-6), 1.0)
        moved = (coefficients - portrait.expression) * np.where(
            np.isin(np.arange(coefficients.shape[1]), LOWER_FACE), share[:, None], 1.0
        )
        skin = motion_rows(replace(motion, coefficients=moved.astype(np.float32)))
        lids = openness_beside(
            eye_openness(model, coefficients, motion.upper),
            eye_openness(model, portrait.expression[None])[0], motion.blinks,
        )  # fmt: skip
        opened_by = (clearance[1:] - clearance[0]) * share[:, None]
        lips = np.stack([lips_of_columns(self._columns, each) for each in opened_by])
        lips = closing(lips, self._mouth.rims.gap() / self._face.scale, lips_of_columns(self._columns, clearance[0]))
        reference = self._pose_reference
        if reference is None:
            reference = np.median(motion.head_pose, axis=0) if len(motion) else np.zeros(6)
        return _Rows(skin, motion.tongue, motion.gaze, lips, lids, motion.head_pose, np.asarray(reference))

    def _mouth_adjusted(self, coefficients: np.ndarray) -> np.ndarray:
        """The coefficients as mouth_amount and mouth_offset_mm of the options have them."""
        if self.options.mouth_amount == 1.0 and self.options.mouth_offset_mm == 0.0:
            return coefficients
        adjusted = coefficients.copy()
        lower, own = list(LOWER_FACE), self._portrait.expression
        adjusted[:, lower] = own[lower] + self.options.mouth_amount * (coefficients[:, lower] - own[lower])
        _, rows = lip_gap_rows(self._face.model)
        adjusted[:, JAW] += self.options.mouth_offset_mm / float(rows[:, JAW].mean())
        return adjusted

    def _frame(self, known: _Rows, row: int) -> np.ndarray:
        pose = relative_pose(known.head_pose[row], known.reference, self._face.scale)
        grid = self._flow.grid
        asked = self._flow.forward(known.skin[row], pose)
        calm = unfolded(asked, grid.step)
        face = FaceMoved(grid, asked, calm, inverse(grid, calm))
        frame = self._warped(face.back)
        self._draw_mouth(frame, face, known, row, pose)
        for eye in (0, 1):
            self._draw_eye(frame, face, known, row, pose, eye)
        return frame

    def _warped(self, back: np.ndarray) -> np.ndarray:
        """The photo moved by a flow on the face's grid; where nothing moves, the photo itself."""
        frame = self._picture.copy()
        grid = self._flow.grid
        moving = np.argwhere(np.abs(back).max(axis=2) > STILL_PX)
        if not len(moving):
            return frame
        low, high = (moving.min(0) - 1) * grid.step, (moving.max(0) + 1) * grid.step
        left, right = max(int(low[1]), 0), min(int(np.ceil(high[1])), self.width)
        top, bottom = max(int(low[0]), 0), min(int(np.ceil(high[0])), self.height)
        band = max(8, (1 << 18) // max(right - left, 1))
        for start in range(top, bottom, band):
            end = min(start + band, bottom)
            off = grid.at_pixels(back, (left, start, right, end))
            x = np.arange(left, right, dtype=np.float32) + 0.5 + off[0]
            y = np.arange(start, end, dtype=np.float32)[:, None] + 0.5 + off[1]
            self._put(frame, (left, start, right, end), self._photo.bytes_at(x, y), np.hypot(*off))
        return frame

    def _put(
        self, frame: np.ndarray, box: tuple[int, int, int, int], pixels: np.ndarray, moved: np.ndarray | None = None
    ) -> None:  # fmt: skip
        """Pixels (h, w, C) uint8 of the moved photo into the frame, before what stays behind the person."""
        left, top, right, bottom = box
        if self._backdrop is not None:
            pixels = self._backdrop.behind(pixels, box, moved)
        frame[top:bottom, left:right] = pixels

    def _draw_mouth(self, frame: np.ndarray, face: FaceMoved, known: _Rows, row: int, pose: Pose) -> None:
        mouth = self._mouth
        gap = np.maximum(mouth.rims.gap() + known.lips[row] * self._face.scale, 0)
        skin = opened(mouth, known.skin[row], pose, gap, face, (self.width, self.height))
        moved, calm = np.concatenate([known.skin[row], known.tongue[row]]), _calmed(pose, skin)

        def paint(at: SkinPlaces) -> np.ndarray:
            colours, where = self._photo.at(at.x, at.y), at.inside > 0
            if where.any():
                x, y = (np.broadcast_to(each, where.shape)[where] for each in (at.across, at.down))
                inside = inside_colours(self._inside, skin.rims, self._photo, calm, moved, x, y)
                colours[where] += (inside - colours[where]) * at.inside[where][:, None]
            own = self._inside.own
            return with_contact(colours, own, skin.rims, at.across, at.down) if own.has_teeth else colours

        self._put(frame, skin.box, _rounded(skin.painted(paint)), skin.moved)

    def _draw_eye(self, frame: np.ndarray, face: FaceMoved, known: _Rows, row: int, pose: Pose, eye: int) -> None:
        this = self._eyes[eye]
        gap = lid_gap(this.rims.gap(), float(known.lids[row, eye]))
        skin = opened(this, known.skin[row], pose, gap, face, (self.width, self.height))
        depth = float(np.median(this.lower.base[:, 2]))
        look = iris_shift(known.gaze[row], this.rims.width)
        place, openness, calm = (self._face.neck, depth), float(known.lids[row, eye]), _calmed(pose, skin)

        def paint(at: SkinPlaces) -> np.ndarray:
            colours = self._photo.at(at.x, at.y)
            if at.inside.any():
                ball = eyeball_colours(this, skin.rims, at, self._photo, calm, place, look, openness)
                colours += (ball - colours) * at.inside[..., None]
            return with_lashes(colours, skin.rims, at, self._lashes[eye], openness)

        self._put(frame, skin.box, _rounded(skin.painted(paint)), skin.moved)


def _calmed(pose: Pose, skin: OpenedSkin) -> Pose:
    """The pose of what lies in an opening."""
    return replace(pose, shift=pose.shift + skin.calmed)


def _rounded(colours: np.ndarray) -> np.ndarray:
    return np.clip(colours + 0.5, 0, 255).astype(np.uint8)


def lips_of_columns(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(POINTS,): values (C,) of the columns of the lips, which stand at `columns` (C + 2,), along the rims."""
    return np.interp(np.linspace(0, 1, POINTS), columns, [0, *values, 0])


def closing(further: np.ndarray, shown: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(T, POINTS) metres: how far lips part further than in the photo, where they close in proportion to the photo.

    further: (T, POINTS), as the mesh has it. shown: (POINTS,) how far the photo's lips are apart, known: and the
    mesh's, which may be misjudged. So lips that the mesh closes are closed, whatever the photo shows.
    """
    closed = np.clip(-further / np.maximum(known, TOUCHING_M), 0, 1)
    return np.where(further < 0, -closed * np.maximum(shown, 0), further)


def _lip_columns(model: FaceModel) -> np.ndarray:
    """(C + 2,) 0..1: how far between the corners of the mouth each column of the lips stands, the corners included."""
    points = landmark_positions(model.mean, model.triangles, model.lip_upper).reshape(model.lip_columns, -1, 3)
    corners = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)[[MOUTH[0][0], MOUTH[0][-1]], 0]
    return np.array([0, *np.clip((points[:, 0, 0] - corners[0]) / (corners[1] - corners[0]), 0, 1), 1])


def _of_size(portrait: Portrait, size: int | None) -> Portrait:
    """The portrait with a photo whose longer side has that many pixels."""
    height, width = portrait.pixels.shape[:2]
    if size is None or size == max(height, width):
        return portrait
    factor = size / max(height, width)
    new = (max(1, round(width * factor)), max(1, round(height * factor)))
    alpha, matte = (
        None if plane is None else resized(plane[..., None], *new)[..., 0] for plane in (portrait.alpha, portrait.matte)
    )
    both = np.array([new[0] / width, new[1] / height, factor], np.float32)
    return replace(
        portrait, pixels=resized(portrait.pixels, *new), alpha=alpha, matte=matte, landmarks=portrait.landmarks * both,
        scale=portrait.scale * factor, offset=portrait.offset * both[:2],
    )  # fmt: skip
