# SPDX-License-Identifier: Apache-2.0
"""How far the expression that is fitted to one photo is off for people whom the fit does not know; seen_error.npz.

    python -m styletalk_research.datasets.photo_error DATA

DATA: the folder of the sample clips, tracked here. Each person is left out in turn of what the face map is learnt from.
Nothing of a recording remains but second moments of all.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from styletalk.photoreal.photo.fit import fit_landmarks
from styletalk.photoreal.photo.seen_error import save_error
from styletalk.tracking.fit.reference import FaceMap

from .face_map import KnownFilm, known_films, learn_face_map

EVERY_FRAMES = 5
OWN_SHARE = 0.3
"""Of each coefficient's error, what is taken to be its own: so few people say little of how errors go together."""


def held_out_maps(films: Sequence[KnownFilm]) -> dict[str, FaceMap]:
    """By speaker, the face map that was learnt from all the others."""
    speakers = sorted({film.speaker for film in films})
    return {one: learn_face_map([film for film in films if film.speaker != one]) for one in speakers}


def fit_errors(films: Sequence[KnownFilm], maps: Mapping[str, FaceMap]) -> dict[str, np.ndarray]:
    """By speaker, (N, 64): what frames taken as photos say of the coefficients, less what is known of them."""
    errors: dict[str, list[np.ndarray]] = {}
    for film in films:
        frames, rows = (each[::EVERY_FRAMES] for each in film.seen())
        fitted = [fit_landmarks(film.track.landmarks[frame], maps[film.speaker]).expression for frame in frames]
        errors.setdefault(film.speaker, []).append(np.stack(fitted) - film.coefficients[rows])
    return {speaker: np.concatenate(parts) for speaker, parts in errors.items()}


def error_covariance(errors: Mapping[str, np.ndarray], without: str = "") -> np.ndarray:
    """(64, 64): second moments about 0 of all speakers but one, each counting alike."""
    parts = [each.T @ each / len(each) for speaker, each in errors.items() if speaker != without]
    whole = np.mean(parts, axis=0)
    return (1 - OWN_SHARE) * whole + OWN_SHARE * np.diag(np.diag(whole))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.photo_error", description=__doc__)
    parser.add_argument("data", type=Path)
    films = list(known_films(parser.parse_args(arguments).data))
    save_error(error_covariance(fit_errors(films, held_out_maps(films))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
