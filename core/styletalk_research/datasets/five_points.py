# SPDX-License-Identifier: Apache-2.0
"""What the published crop makes of a face, measured on clips that have it: the constants of photoreal.neural.alignment.

    python -m styletalk_research.datasets.five_points DATA

DATA: the folder of the sample clips, tracked here.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.files.published_clip import pose_from_mat
from styletalk.photoreal.neural.alignment import five_points
from styletalk.tracking.fit.reference import face_map

from .face_map import FIRST_PICTURES, KnownFilm, known_films
from .pairs import clips_folder


@dataclass(frozen=True)
class CropFit:
    """unit_px_per_m: s times pixels a metre. origin_m: of the standard face. scale_error: relative, rms;
    place_error_px: rms of x and y; middle: medians of s, tx, ty; pictures: how many were measured."""

    unit_px_per_m: float
    origin_m: tuple[float, float, float]
    scale_error: float
    place_error_px: float
    middle: tuple[float, float, float]
    pictures: int


def crop_fit(films: Sequence[tuple[np.ndarray, np.ndarray]]) -> CropFit:
    """The constants by least squares. films: landmarks (N, 478, 3) in pixels of a 256-pixel picture, and (N, 3) its
    published s, tx, ty, a pair for each clip."""
    standard = np.concatenate([five_points(face_map().template), np.ones((5, 1))], axis=1)
    landmarks, numbers = (np.concatenate(each) for each in zip(*films, strict=True))
    points = five_points(landmarks.astype(np.float64))[..., :2] * (1, -1) + (0, 256)  # y from the bottom
    affine = np.linalg.pinv(standard) @ points  # (N, 4, 2)
    scale = np.linalg.norm(affine[:, :3], axis=1).mean(1)
    unit = float(np.exp(np.log(numbers[:, 0] * scale).mean()))
    turned = affine[:, :3].transpose(0, 2, 1)  # (N, 2, 3)
    away = numbers[:, 1:] - affine[:, 3]
    origin = np.linalg.lstsq(turned.reshape(-1, 3), away.ravel(), rcond=None)[0]
    middle = np.median([np.median(each, axis=0) for _, each in films], axis=0)
    return CropFit(
        unit, tuple(origin.tolist()), float(np.std(numbers[:, 0] * scale / unit)),
        float(np.sqrt(((away - turned @ origin) ** 2).mean())), tuple(middle.tolist()), len(numbers),
    )  # fmt: skip


def known_crops(film: KnownFilm, folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Landmarks and published crop of a film's pictures; None for one whose pictures are not 256 pixels wide."""
    (clip,) = (path for kind in FIRST_PICTURES for path in (folder / kind).glob(f"{film.name}.mat"))
    pose9, size_px = pose_from_mat(clip)
    frames, rows = film.seen()
    if film.track.width != 256 or size_px[0, 0] != 256:
        return None
    return film.track.landmarks[frames], pose9[rows, 6:]


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.five_points", description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args(arguments).data
    found = [known_crops(film, clips_folder(data)) for film in known_films(data)]
    print(crop_fit([each for each in found if each is not None]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
