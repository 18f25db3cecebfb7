# SPDX-License-Identifier: Apache-2.0
"""Draw the presets for docs/: a sheet and a film for each, and one picture of all of them.

    python scripts/draw_styles.py [--only NAME ...] [--no-films] [--checkpoint FILE] [-o docs/styles]

A sheet has a row for each intensity and a column for each moment of the bundled line; the first column is the face at
rest before the line. A film is the line at intensity 1.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.api import AnimationRequest, animate  # noqa: E402 (the checkout comes first)
from core.demo import LINE, TRANSCRIPT  # noqa: E402
from core.face.model import open_face  # noqa: E402
from core.motion.resample import scene_samples  # noqa: E402
from core.render.face_pictures import portrait_framing, posed_vertices  # noqa: E402
from core.render.film import write_film, write_jpeg  # noqa: E402
from core.render.png import contact_sheet  # noqa: E402
from core.render.preview import render_mesh  # noqa: E402
from core.styles.presets import preset_names  # noqa: E402

INTENSITIES = (0.0, 0.5, 1.0, 1.5, 2.0)
MOMENTS_S = (0.1, 0.75, 1.37, 2.1, 3.55, 4.6)
"""The first is before the line begins: the face at rest."""
CELL, FILM = 128, 256
"""Pixels on each side of a sheet's picture and of a film."""
FILM_FPS = 24.0
POSES = {"sheet": "none", "film": "auto"}


def animation(style: str, intensity: float, pose: str, checkpoint: Path | None):
    """The bundled line in a style."""
    text = TRANSCRIPT.read_text(encoding="utf-8")
    return animate(
        AnimationRequest(
            LINE, text, style=style, intensity=intensity, pose=pose, checkpoint=checkpoint, blinks=pose != "none"
        )
    )


def pictures(samples, rows, size: int) -> Iterator[np.ndarray]:
    """A portrait (size, size, 3) of each of `rows` of scene samples."""
    face, framing = open_face(), portrait_framing(open_face())
    for row in rows:
        one = slice(row, row + 1)
        shape = face.vertices(samples.coefficients[one], None, samples.blinks[one], samples.gaze[one])[0]
        posed = posed_vertices(shape, samples.head_pose[row], face.neck_pivot)
        yield render_mesh(posed, face.triangles, face.colours, size, "front", framing)


def draw_sheet(style: str, folder: Path, checkpoint: Path | None) -> list[np.ndarray]:
    """Write the sheet of a style; return its pictures at intensity 1."""
    cells = []
    for intensity in INTENSITIES:
        samples = scene_samples(animation(style, intensity, POSES["sheet"], checkpoint), 30.0)
        rows = [int(abs(samples.times_s - time_s).argmin()) for time_s in MOMENTS_S]
        cells += pictures(samples, rows, CELL)
    write_jpeg(folder / f"{style}.jpg", contact_sheet(cells, len(MOMENTS_S)))
    first = INTENSITIES.index(1.0) * len(MOMENTS_S)
    return cells[first : first + len(MOMENTS_S)]


def draw_film(style: str, folder: Path, checkpoint: Path | None) -> None:
    """Write the film of a style."""
    samples = scene_samples(animation(style, 1.0, POSES["film"], checkpoint), FILM_FPS)
    write_film(folder / f"{style}.mp4", pictures(samples, range(len(samples.times_s)), FILM), FILM_FPS, LINE)


def draw(style: str, folder: Path, checkpoint: Path | None, films: bool) -> list[np.ndarray]:
    """All that is drawn of one style."""
    if films:
        draw_film(style, folder, checkpoint)
    return draw_sheet(style, folder, checkpoint)


def main() -> None:
    """Draw on every core."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=preset_names(), default=preset_names(), metavar="NAME")
    parser.add_argument("--no-films", dest="films", action="store_false")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "styles")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    work = partial(draw, folder=options.output, checkpoint=options.checkpoint, films=options.films)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(work, options.only))
    write_jpeg(options.output / "all.jpg", contact_sheet([cell for row in rows for cell in row], len(MOMENTS_S)))


if __name__ == "__main__":
    main()
