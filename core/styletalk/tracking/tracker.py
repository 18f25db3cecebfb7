# SPDX-License-Identifier: Apache-2.0
"""One face followed through a film or photo."""

import math
from pathlib import Path

import numpy as np

from ..errors import FilmError
from ..progress import Progress, silent
from .film import Film, open_film
from .following import Faces, chosen, others_note, people
from .quality import STABLE, Quality, quality_of
from .shots import shot_starts
from .sightings import Stretch, seen_in
from .tracks import LANDMARKS, FaceTrack

USABLE = 0.5
"""The quality from which on a picture is used."""
WORTH_SAYING = 0.02
"""Part of the pictures."""
FEW_PICTURES_HZ = 12.0
"""Lips open and shut within a twelfth of a second: what they do between pictures that come more seldom is lost."""
BROKEN_OFF_S = 0.5
"""By so much pictures end before the file says it does, where it is said."""


def track_face(
    path: Path,
    face: int = 1,
    at: tuple[float, float] | None = None,
    start_s: float = 0.0,
    end_s: float = math.inf,
    kept: Path | None = None,
    progress: Progress = silent,
) -> FaceTrack:
    """Follow a face through a film, or find it in a photo.

    face: 1 the largest, 2 the next, …; at: the one at a place, pixels of the film's first picture, wins over it.
    start_s, end_s: the part of the film, on its sound's clock. kept: a folder that lies beside the output, from which a
    track that was killed is continued; nothing stays in it. Raises FilmError, OutputError, MissingPackageError.
    """
    film = open_film(path)
    seen = seen_in(film, start_s, end_s, kept, progress)
    faces = _faces(film, seen)
    if not len(faces.times_s):
        raise FilmError(f"{film.path.name} has no pictures in that part. Give another --start and --end.")
    if not len(faces.landmarks):
        raise FilmError(
            f"No face was seen in {film.path.name}. It must look towards the camera and fill a tenth of the picture."
        )
    shots = shot_starts(seen["signatures"], _places(faces))
    persons = people(faces, shots)
    taken = chosen(faces, persons, face, at)
    landmarks = np.full((len(taken), LANDMARKS, 3), np.nan, np.float32)
    landmarks[taken >= 0] = faces.landmarks[taken[taken >= 0]]
    colours = np.zeros((len(taken), *seen["colours"].shape[1:]), np.uint8)
    colours[taken >= 0] = seen["colours"][taken[taken >= 0]]
    quality = quality_of(landmarks, colours, shots)
    cuts_s = tuple(float(t) for t in faces.times_s[shots[1:]])
    notes = (
        others_note(faces, persons, taken), *_notes(quality, taken >= 0, cuts_s), *_damage_notes(film, seen, end_s)
    )  # fmt: skip
    return FaceTrack(
        landmarks, faces.times_s, quality.score, film.width, film.height, cuts_s, notes=tuple(filter(None, notes))
    )


def usable_share(track: FaceTrack) -> float:
    """The part of the pictures in which the face can be believed."""
    return float((track.quality >= USABLE).mean())


def _faces(film: Film, seen: Stretch) -> Faces:
    """In pixels; made in place, for of a long film there is one set of landmarks in memory, and not two."""
    landmarks = seen["landmarks"].astype(np.float32, copy=False)
    landmarks *= np.array([film.width, film.height, film.width], np.float32)
    starts = np.concatenate([[0], np.cumsum(seen["counts"])]).astype(int)
    return Faces(seen["times"], starts, landmarks)


def _places(faces: Faces) -> np.ndarray:
    """(N, P, 2): where the largest face of each picture is, in distances between its eyes; NaN where there is none."""
    largest = faces.largest()
    found = np.full((len(largest), len(STABLE), 2), np.nan)
    some = largest[largest >= 0]
    stable = faces.landmarks[some[:, None], list(STABLE)][..., :2]
    found[largest >= 0] = stable / faces.sizes[some][:, None, None]
    return found


def _notes(quality: Quality, seen: np.ndarray, cuts_s: tuple[float, ...]) -> list[str]:
    """What the user should know of the pictures that are not used, of glasses, and of cuts."""
    reasons = {
        "no face": ~seen, "too small": seen & (quality.near < USABLE), "turned away": seen & (quality.turn < USABLE),
        "covered": seen & (quality.cover < USABLE), "the face moves too fast": seen & (quality.steady < USABLE),
    }  # fmt: skip
    shares = {name: float(pictures.mean()) for name, pictures in reasons.items()}
    listed = [f"{name} {share:.0%}" for name, share in shares.items() if share >= WORTH_SAYING]
    notes = []
    if listed:
        notes.append(f"Not used of the pictures: {', '.join(listed)}.")
    if quality.dark_eyes:
        notes.append("Dark glasses or shadows hide the eyes: do not trust eyelids and brows.")
    if cuts_s:
        shown = ", ".join(f"{cut:.2f} s" for cut in cuts_s[:5]) + (", …" if len(cuts_s) > 5 else "")
        notes.append(f"The film is cut at {shown}.")
    return notes


def _damage_notes(film: Film, seen: Stretch, end_s: float) -> list[str]:
    """What the user should know of pictures that the file should have and has not, or has too few of."""
    notes, damaged, last_s = [], int(seen["damaged"].sum()), float(seen["times"][-1])
    rate_hz = 1 / float(np.median(np.diff(seen["times"]))) if len(seen["times"]) > 1 else FEW_PICTURES_HZ
    if rate_hz < FEW_PICTURES_HZ - 0.1:
        notes.append(f"It has only {rate_hz:.0f} pictures a second, which miss quick lips: record 25 or more.")
    if damaged:
        notes.append(f"The film is damaged: {damaged} {'picture' if damaged == 1 else 'pictures'} could not be read.")
    if min(film.duration_s, end_s) - last_s > BROKEN_OFF_S:
        notes.append(f"Its pictures end at {last_s:.1f} s, of {film.duration_s:.1f} s.")
    return notes
