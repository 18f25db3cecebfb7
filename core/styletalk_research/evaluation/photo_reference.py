# SPDX-License-Identifier: Apache-2.0
"""How well one picture says what the face in it shows: pictures of the sample clips against their own coefficients.

    python -m styletalk_research.evaluation.photo_reference DATA [--held-out]

Pictures are taken as photos, one in EVERY_S, each for itself. The shipped fit was learnt from these clips, so that its
figures are better than those of other people would be; with --held-out each clip is fitted by what was learnt of all
people but its own.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import LIPS, face_tracks, inner_lip_distance_mm, landmark_movement, landmark_positions
from styletalk.face.model import open_face
from styletalk.motion.pose import read_published_pose
from styletalk.photoreal.photo import Fit, Picture, find_face, fit_landmarks
from styletalk.photoreal.photo.calibration import mouth_is_closed, reference, within
from styletalk.photoreal.photo.lids import lids_shown
from styletalk.photoreal.portrait import Portrait
from styletalk.timeline import FILM_DELAY_ROWS, FRAME_RATE_HZ
from styletalk.tracking.film import open_film, pictures
from styletalk.tracking.fit.pose import eye_distance
from styletalk.tracking.fit.reference import FaceMap, face_map

from ..datasets.arrays import read_expression
from ..datasets.face_map import known_films
from ..datasets.pairs import clips_folder
from ..datasets.photo_error import error_covariance, fit_errors, held_out_maps

EVERY_S = 2.0
SYSTEMS = ("plain landmark fit", "opening measured", "opening measured, from where the motion's lips meet")
MEASURES = ("lips, mm", "opening, mm", "mouth width, mm", "lids, mm")


@dataclass(frozen=True)
class PictureErrors:
    """Of one picture: by system and MEASURES, millimetres (S, M), absolute; and the pose's, (3,) degrees."""

    clip: str
    millimetres: np.ndarray
    degrees: np.ndarray


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a photo is fitted by: the map, and the covariance of what it errs by (64, 64). None: as they are shipped."""

    known: FaceMap | None = None
    error: np.ndarray | None = None


def held_out(data: Path) -> Callable[[str], Learnt]:
    """By a clip's name, what is learnt of all other people. Tracks all films: takes minutes. Raises StyleTalkError."""
    films = list(known_films(data))
    maps, speakers = held_out_maps(films), {film.name: film.speaker for film in films}
    errors = fit_errors(films, maps)
    return lambda clip: Learnt(maps[speakers[clip]], error_covariance(errors, without=speakers[clip]))


def clip_errors(film: Path, learnt: Learnt) -> Iterator[PictureErrors]:
    """Of the pictures of a clip that show a face. Raises StyleTalkError."""
    rows = read_expression(film.with_suffix(".mat")).astype(np.float32)
    angles = read_published_pose(film.with_suffix(".mat"))[0][:, :3]
    next_s = FILM_DELAY_ROWS / FRAME_RATE_HZ
    for picture in pictures(open_film(film)):
        row = round(picture.time_s * FRAME_RATE_HZ) - FILM_DELAY_ROWS
        if picture.time_s < next_s - 1e-6 or not 0 <= row < len(rows):
            continue
        next_s += EVERY_S
        try:
            landmarks, _ = find_face(Picture(picture.pixels, None, ""), None, film.name)
        except StyleTalkError:
            continue
        fit = fit_landmarks(landmarks, learnt.known)
        portrait = _portrait(fit, lids_shown(landmarks, fit.expression))
        shown = np.stack([fit.expression, portrait.expression, within(portrait, rows, learnt.error)])
        turned = np.degrees(np.abs(fit.rotation - face_map().angle_offset - angles[row]))
        yield PictureErrors(film.stem, errors_mm(shown, rows[row]), turned)


def errors_mm(shown: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(S, M): how far expressions (S, 64) are from the known one (64,) on the mean face, by MEASURES."""
    model, both = open_face(), np.concatenate([shown, known[None]])
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)
    lips = 1000 * landmark_movement(model, model.landmarks_mediapipe, both)[:, list(LIPS), :2]
    tracks = 1000 * eye_distance(rest) * face_tracks(model, both)[:, 1:]
    measured = np.concatenate([inner_lip_distance_mm(model, both)[:, None], tracks], axis=1)
    apart = np.linalg.norm(lips[:-1] - lips[-1], axis=2).mean(axis=1)
    return np.concatenate([apart[:, None], np.abs(measured[:-1] - measured[-1])], axis=1)


def as_markdown(found: Sequence[PictureErrors]) -> str:
    """The means over all pictures, and the lips of each clip."""
    clips = list(dict.fromkeys(each.clip for each in found))
    whole = np.mean([each.millimetres for each in found], axis=0)
    by_clip = [np.mean([each.millimetres[:, 0] for each in found if each.clip == clip], axis=0) for clip in clips]
    lines = [f"| {len(found)} pictures | " + " | ".join(MEASURES) + " |", "|---" * (len(MEASURES) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"{v:.2f}" for v in row) + " |" for name, row in zip(SYSTEMS, whole, strict=True)
    ]
    lines += ["", "| lips, mm | " + " | ".join(clips) + " |", "|---" * (len(clips) + 1) + "|"]
    for index, name in enumerate(SYSTEMS):
        lines.append(f"| {name} | " + " | ".join(f"{row[index]:.2f}" for row in by_clip) + " |")
    x, y, z = np.mean([each.degrees for each in found], axis=0)
    return "\n".join([*lines, "", f"Pose: {x:.1f}° up and down, {y:.1f}° to the side, {z:.1f}° tilted, on average."])


def _portrait(fit: Fit, lids: float) -> Portrait:
    """Of which nothing but the expression and the opening matters."""
    known = {"lips_closed": mouth_is_closed(fit.gap_m)}
    shown = reference(fit.expression, fit.gap_m, lids)
    nothing = np.zeros((0, 3), np.float32)
    return Portrait(nothing, None, nothing, fit.identity, shown, fit.rotation, fit.scale, fit.offset, fit.gap_m, known)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.evaluation.photo_reference")
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of the sample clips")
    parser.add_argument("--held-out", action="store_true", help="fit each clip by what is learnt of all other people")
    asked = parser.parse_args(arguments)
    films = sorted((clips_folder(asked.data) / "speech").glob("*.mp4"))
    learnt = held_out(asked.data) if asked.held_out else lambda clip: Learnt()
    print(as_markdown([errors for film in films for errors in clip_errors(film, learnt(film.stem))]))


if __name__ == "__main__":
    main()
