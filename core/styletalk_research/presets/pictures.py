# SPDX-License-Identifier: Apache-2.0
"""Draw the presets for docs/: a sheet and a film for each, one picture of all of them, and a sheet with their names.

    python -m styletalk_research.presets.pictures [--only NAME ...] [--no-films] [--checkpoint FILE] [-o docs/styles]

A sheet has a row for each intensity and a column for each moment of the bundled line. A film is the line at intensity
1. moods.jpg shows each preset at intensity 1, where it differs from neutral as it does on the whole, over its name.
Pillow writes the names.
"""

import argparse
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.landmarks import face_tracks, landmark_movement
from styletalk.face.model import open_face
from styletalk.face.portrait import portrait_framing
from styletalk.face.rasteriser import BACKGROUND_RGB, render_mesh
from styletalk.motion.resample import SceneSamples, scene_samples
from styletalk.request import NEUTRAL_STYLE, AnimationRequest
from styletalk.styles.presets import preset_names

from ..pictures.face_pictures import posed_vertices
from ..pictures.film import write_film, write_jpeg
from ..pictures.sheet import contact_sheet

INTENSITIES = (0.0, 0.5, 1.0, 1.5, 2.0)
MOMENTS_S = (0.75, 1.37, 2.1, 2.85, 3.55, 4.6)
SHEET_CELL, FILM_SIZE = 128, 256
"""Pixels on each side of a sheet's picture, and of a film."""
SHEET_FPS, FILM_FPS = 30.0, 20.0
MOOD_CELL, MOOD_COLUMNS, LABEL_SIZE = 240, 4, 24
"""Pixels on each side of a picture of moods.jpg, pictures in a row, and pixels of the letters."""
LABEL_RGB = (235, 235, 235)
MAX_MOUTH_GAP = 0.14
"""In distances between the outer eye corners: a mood is read best while the mouth is not wide open."""
EMPHASIS = 1.2
"""Of how a mood differs from neutral on the whole, for its picture."""
BACK_OF_HEAD_M = -0.02
"""Triangles further back than this are not seen from the front and take time."""


class Line:
    """The bundled line, to be spoken in any style."""

    def __init__(self, checkpoint: Path | None = None) -> None:
        self.checkpoint, self.transcript = checkpoint, TRANSCRIPT.read_text(encoding="utf-8")

    def spoken(self, style: str, intensity: float, **options: Any) -> FaceAnimation:
        """The line in a preset. options: of AnimationRequest."""
        return animate(
            AnimationRequest(
                LINE, self.transcript, style=style, intensity=intensity, checkpoint=self.checkpoint, **options
            )
        )

    def still(self, style: str, intensity: float) -> SceneSamples:
        """The line in a preset without blinks, gaze and head motion."""
        return scene_samples(self.spoken(style, intensity, pose="none", blinks=False, gaze=False), SHEET_FPS)


def portraits(samples: SceneSamples, rows: Iterable[int], size: int) -> Iterator[np.ndarray]:
    """(size, size, 3) uint8 of the open face in each of `rows`."""
    face, framing = open_face(), portrait_framing(open_face())
    seen = face.triangles[(face.mean[face.triangles, 2] > BACK_OF_HEAD_M).any(axis=1)]
    for row in rows:
        one = slice(row, row + 1)
        others = (track[one] for track in (samples.blinks, samples.gaze, samples.tongue, samples.upper))
        shape = face.vertices(samples.coefficients[one], None, *others)[0]
        posed = posed_vertices(shape, samples.head_pose[row], face.neck_pivot)
        yield render_mesh(posed, seen, face.colours, size, "front", framing)


def draw_sheet(style: str, folder: Path, line: Line) -> list[np.ndarray]:
    """Write the sheet of a style; return its pictures at intensity 1."""
    cells: list[np.ndarray] = []
    for intensity in INTENSITIES:
        samples = line.still(style, intensity)
        rows = [int(abs(samples.times_s - time_s).argmin()) for time_s in MOMENTS_S]
        cells += portraits(samples, rows, SHEET_CELL)
    write_jpeg(folder / f"{style}.jpg", contact_sheet(cells, len(MOMENTS_S)))
    first = INTENSITIES.index(1.0) * len(MOMENTS_S)
    return cells[first : first + len(MOMENTS_S)]


def draw_film(style: str, folder: Path, line: Line) -> None:
    """Write the film of a style, head motion and blinks included."""
    samples = scene_samples(line.spoken(style, 1.0), FILM_FPS)
    pictures = portraits(samples, range(len(samples.times_s)), FILM_SIZE)
    write_film(folder / f"{style}.mp4", pictures, FILM_FPS, LINE)


def draw_mood(style: str, line: Line) -> np.ndarray:
    """(MOOD_CELL + 2 LABEL_SIZE, MOOD_CELL, 3) uint8: the mood at intensity 1 at a typical moment, over its name."""
    samples = line.still(style, 1.0)
    row = typical_row(samples.coefficients, line.still(NEUTRAL_STYLE, 1.0).coefficients)
    return with_name(next(portraits(samples, [row], MOOD_CELL)), style)


def typical_row(coefficients: np.ndarray, neutral: np.ndarray) -> int:
    """Where the face differs from neutral's as it does on the whole, of the rows with the mouth not wide open.

    coefficients, neutral: (T, 64) float32 of one line in two styles. Neutral itself is shown in its first row.
    Where the two differ most, a mouth shuts a little earlier in one of them.
    """
    face = open_face()
    moved, still = (landmark_movement(face, face.landmarks_mediapipe, rows) for rows in (coefficients, neutral))
    apart_m = moved - still  # (T, 478, 3)
    off = ((apart_m - EMPHASIS * apart_m.mean(axis=0)) ** 2).mean(axis=(1, 2))
    gap = face_tracks(face, coefficients)[:, 0]
    return int(np.where(gap <= MAX_MOUTH_GAP, off, np.inf).argmin())


def with_name(picture: np.ndarray, name: str) -> np.ndarray:
    """The picture (H, W, 3) uint8 with its name on a strip of 2 LABEL_SIZE pixels under it."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    labelled = Image.new("RGB", (width, height + 2 * LABEL_SIZE), tuple(round(255 * part) for part in BACKGROUND_RGB))
    labelled.paste(Image.fromarray(picture), (0, 0))
    font = ImageFont.load_default(LABEL_SIZE)
    ImageDraw.Draw(labelled).text((width / 2, height + LABEL_SIZE), name, LABEL_RGB, font, anchor="mm")
    return np.asarray(labelled)


def draw(style: str, folder: Path, checkpoint: Path | None, films: bool) -> tuple[list[np.ndarray], np.ndarray]:
    """All that is drawn of one style. Returns what it adds to the picture of all, and to moods.jpg."""
    line = Line(checkpoint)
    if films:
        draw_film(style, folder, line)
    return draw_sheet(style, folder, line), draw_mood(style, line)


def main() -> None:
    """Draw on every core."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.pictures", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=preset_names(), default=preset_names(), metavar="NAME")
    parser.add_argument("--no-films", dest="films", action="store_false")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/styles"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    work = partial(draw, folder=options.output, checkpoint=options.checkpoint, films=options.films)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows, moods = zip(*pool.map(work, options.only), strict=True)
    shown = len(MOMENTS_S) - 1  # five columns keep the picture small
    write_jpeg(options.output / "all.jpg", contact_sheet([cell for row in rows for cell in row[:shown]], shown))
    write_jpeg(options.output / "moods.jpg", contact_sheet(moods, MOOD_COLUMNS))


if __name__ == "__main__":
    main()
