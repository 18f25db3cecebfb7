# SPDX-License-Identifier: Apache-2.0
"""The one face of a photo, and what makes it unfit to move: too small, turned away, covered, drawn."""

import functools
from collections.abc import Sequence

import numpy as np

from ...errors import PortraitError
from ...face.landmarks import EYE_DISTANCE
from ...tracking.cover import MOUTH_RADIUS_M, RED_LIPS, around_eyes, rest_landmarks
from ...tracking.mesh import FaceMesh, Sighting
from ...tracking.quality import DARK_EYES, FOREHEAD_AND_CHEEKS, STABLE, head_turns
from ..warp.rims import EYES
from .picture import Picture

LOOKED_AT_PX = (480, 1600)
"""The longest side of what is looked at lies between; landmarks of smaller pictures shake."""
LOOKS = 4
"""The mesh follows a face: it settles when it is shown the same photo again."""
MIN_EYES_PX = 24.0
"""Between the outer corners of the eyes."""
MAX_YAW_DEG, FAR_YAW_DEG = 40.0, 25.0
MAX_PITCH_DEG = 35.0
MUCH_LARGER = 1.6
"""A face that is so much larger than the next one is the one that is meant."""
PASSES = ((0.0, 0.0, 1.0, 1.0), (0.15, 0.0, 0.85, 0.7), (0.0, 0.0, 0.6, 0.6), (0.4, 0.0, 1.0, 0.6),
          (0.2, 0.3, 0.8, 0.9))  # fmt: skip
"""Parts of a photo (left, top, right, bottom) that are looked at in turn until a face is found."""
CHEEKS = (50, 280, 151, 205, 425)
PATCH_SHARE = 0.08
"""Of the distance between the eyes: half the side of what is looked at round each of CHEEKS."""
FLAT_SKIN = 0.0008
"""Deviation of a pixel from its neighbours, as a part of the brightness, in paint; skin has 0.002 and more."""
MIN_LIPS_APART = 0.055
"""How far lips differ from the skin round them: 0.08 and more in nine pictures of five faces, at most 0.05 where a
hand, drawn in the skin's own colour, or a mask lies before them."""

GLASSES = "The person in {name} wears dark glasses, or the eyes lie in the dark."
COVERED_MOUTH = "Something lies before the mouth in {name}, such as a hand or a mask."
MIN_EYE_CONTRAST = 0.5
"""Brightness between dark lids: in five faces in the dark or behind tinted glasses it differs by 0.75 and more, behind
opaque ones hardly."""
BETWEEN_LIDS = (0.25, 0.4, 0.55, 0.7)
MIN_LIGHT = 8.0


def find_face(picture: Picture, at: tuple[float, float] | None, name: str) -> tuple[np.ndarray, Sequence[str]]:
    """(478, 3) float32 landmarks in pixels of the photo, of the face that is meant, and notes for the user.

    at: a pixel of the photo, for one of several. Raises PortraitError, MissingPackageError.
    """
    faces, colours = _all_faces(picture.pixels)
    if not len(faces):
        raise PortraitError(
            f"No face was found in {name}. Give a photo of a person who looks towards the camera and whose face "
            "fills a tenth of it."
        )
    chosen = _chosen(faces, at, name)
    landmarks = faces[chosen]
    return landmarks, _judged(picture, landmarks, colours[chosen], name)


def _all_faces(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, 478, 3) pixels, and (F, 468, 3) colours; of the first part of the photo in which there are any."""
    height, width = pixels.shape[:2]
    for left, top, right, bottom in PASSES:
        x, y = round(left * width), round(top * height)
        part = pixels[y : round(bottom * height), x : round(right * width)]
        seen = _looked_at(part)
        if len(seen.landmarks):
            sizes = np.array([part.shape[1], part.shape[0], part.shape[1]], np.float32)
            return seen.landmarks * sizes + np.array([x, y, 0], np.float32), seen.colours
    return np.zeros((0, 478, 3), np.float32), np.zeros((0, 468, 3), np.uint8)


def _looked_at(pixels: np.ndarray) -> Sighting:
    """What the mesh sees once it has settled."""
    from PIL import Image

    longest = max(pixels.shape[:2])
    wanted = np.clip(longest, *LOOKED_AT_PX) / longest
    if wanted != 1:
        size = (max(1, round(pixels.shape[1] * wanted)), max(1, round(pixels.shape[0] * wanted)))
        kind = Image.Resampling.BICUBIC if wanted > 1 else Image.Resampling.LANCZOS
        pixels = np.array(Image.fromarray(pixels).resize(size, kind))
    with FaceMesh() as mesh:
        found = [mesh.look(pixels) for _ in range(LOOKS)]
    return found[-1]


def _chosen(faces: np.ndarray, at: tuple[float, float] | None, name: str) -> int:
    """The face at a place, or the one that is clearly the largest. Raises PortraitError where there is none."""
    low, high = faces[..., :2].min(axis=1), faces[..., :2].max(axis=1)
    sizes = (high - low).max(axis=1)
    if at is not None:
        inside = ((low <= at) & (at <= high)).all(axis=1)
        if not inside.any():
            raise PortraitError(
                f"There is no face at {at[0]:g},{at[1]:g} in {name}. Give a pixel on the face; {_listed(low, high)}."
            )
        return int(np.flatnonzero(inside)[sizes[inside].argmax()])
    order = np.argsort(-sizes)
    if len(order) > 1 and sizes[order[0]] < MUCH_LARGER * sizes[order[1]]:
        raise PortraitError(f"{name} shows {len(faces)} faces. Say which one with --at X,Y; {_listed(low, high)}.")
    return int(order[0])


def _listed(low: np.ndarray, high: np.ndarray) -> str:
    middles = (low + high) / 2
    return "faces are at " + " and ".join(f"{x:.0f},{y:.0f}" for x, y in middles[np.argsort(middles[:, 0])])


def _judged(picture: Picture, landmarks: np.ndarray, colours: np.ndarray, name: str) -> list[str]:
    """Notes on a face that can be used. Raises PortraitError for one that cannot."""
    eyes_px = float(np.linalg.norm(landmarks[EYE_DISTANCE[0], :2] - landmarks[EYE_DISTANCE[1], :2]))
    yaw, pitch = _turned_deg(landmarks)
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        raise PortraitError(
            f"The face in {name} is turned {max(abs(yaw), abs(pitch)):.0f}° away. Give a photo from the front: up to "
            f"{MAX_YAW_DEG:.0f}° to the side."
        )
    if eyes_px < MIN_EYES_PX * np.cos(np.radians(yaw)):
        raise PortraitError(
            f"The face in {name} is too small: {eyes_px:.0f} pixels between the eyes' outer corners, and "
            f"{MIN_EYES_PX:.0f} are needed. Give a larger photo, or crop it less."
        )
    in_the_dark, seen = _eyes_in_the_dark(colours), _eyes_contrast(picture.pixels, landmarks)
    covered = GLASSES if in_the_dark and seen < MIN_EYE_CONTRAST else _covered(colours)
    if covered is not None:
        raise PortraitError(f"{covered.format(name=name)} Give a photo in which the whole face is seen.")
    notes = []
    if in_the_dark:
        notes.append("The eyes lie in the dark or behind tinted glasses: expect lids that are hardly seen to close.")
    if abs(yaw) > FAR_YAW_DEG:
        notes.append(
            f"The face is turned by {abs(yaw):.0f}°: expect its far side to look stretched when it turns back."
        )
    if _skin_detail(picture.pixels, landmarks, eyes_px) < FLAT_SKIN:
        notes.append("The skin has no texture, as in a drawing: expect lips, lids and teeth that do not fit its style.")
    return notes


def _skin_detail(pixels: np.ndarray, landmarks: np.ndarray, eyes_px: float) -> float:
    """How far a pixel of the skin differs from the mean of its neighbours, as a part of the brightness."""
    half, found = max(3, round(PATCH_SHARE * eyes_px)), []
    for x, y in landmarks[list(CHEEKS), :2].astype(int):
        patch = pixels[max(y - half, 0) : y + half, max(x - half, 0) : x + half].mean(axis=2)
        if min(patch.shape) > 2:
            beside = (patch[:-2, 1:-1] + patch[2:, 1:-1] + patch[1:-1, :-2] + patch[1:-1, 2:]) / 4
            found.append(float((patch[1:-1, 1:-1] - beside).std() / max(patch.mean(), 1.0)))
    return float(np.median(found)) if found else FLAT_SKIN


def _turned_deg(landmarks: np.ndarray) -> tuple[float, float]:
    """Degrees to the side and up or down."""
    rotation = head_turns(landmarks[None, list(STABLE)])[0][0]
    yaw, pitch = np.arctan2(rotation[0, 2], rotation[2, 2]), np.arcsin(np.clip(rotation[1, 2], -1, 1))
    return float(np.degrees(yaw)), float(np.degrees(pitch))


def _covered(colours: np.ndarray) -> str | None:
    """A sentence on what hides the mouth, None where nothing does."""
    return COVERED_MOUTH if _lips_apart(colours) < MIN_LIPS_APART else None


def _eyes_in_the_dark(colours: np.ndarray) -> bool:
    """Whether what lies round the eyes is as dark as behind glasses. colours: (468, 3)."""
    light = colours.astype(float).mean(axis=1)
    skin = float(np.median(light[list(FOREHEAD_AND_CHEEKS)]))
    return bool(np.median(light[list(around_eyes())]) < DARK_EYES * max(skin, 1.0))


def _eyes_contrast(pixels: np.ndarray, landmarks: np.ndarray) -> float:
    """How far brightness differs between the lids, as a part of it, in the eye where it differs more."""
    found = []
    for upper, lower in EYES:
        upper_px, lower_px = (landmarks[list(rim)[1:-1], :2] for rim in (upper, lower))
        points = np.concatenate([upper_px * (1 - share) + lower_px * share for share in BETWEEN_LIDS]).astype(int)
        columns, rows = (points[:, axis].clip(0, pixels.shape[1 - axis] - 1) for axis in (0, 1))
        light = pixels[rows, columns].mean(axis=1)
        low, high = np.percentile(light, (10, 90))
        found.append(float(high - low) / max(float(light.mean()), MIN_LIGHT))
    return max(found)


def _lips_apart(colours: np.ndarray) -> float:
    """How far the lips differ from the skin round them in colour and light, 0 where nothing is to be told."""
    lips, round_them = _mouth_parts()
    values = colours.astype(float) + 4.0
    tints = np.concatenate([np.log(values.sum(1))[:, None], 6 * values[:, :2] / values.sum(1, keepdims=True)], axis=1)
    apart = np.median(tints[list(lips)], axis=0) - np.median(tints[list(round_them)], axis=0)
    return float(np.linalg.norm(apart))


@functools.lru_cache(maxsize=1)
def _mouth_parts() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Landmarks of the lips' red, and of the skin round them."""
    rest = rest_landmarks()
    near = np.linalg.norm(rest - rest[[13, 14]].mean(axis=0), axis=1) < MOUTH_RADIUS_M
    return RED_LIPS, tuple(sorted(set(np.flatnonzero(near).tolist()) - set(RED_LIPS)))
