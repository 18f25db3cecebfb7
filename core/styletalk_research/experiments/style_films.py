# SPDX-License-Identifier: Apache-2.0
"""Films of a line whose style goes from one to another while it is spoken: what lies between two style codes.

    python -m styletalk_research.experiments.style_films [FROM:TO ...] [--checkpoint FILE] [-o docs/styles]

The code of each row lies as far on the straight way from FROM's to TO's as the row lies in the line, after a beginning
and before an end that hold still. Written to FROM-TO.mp4.
"""

import argparse
from pathlib import Path

import numpy as np

from styletalk.face.model import open_face
from styletalk.motion.finish import MotionOptions, finish
from styletalk.motion.resample import scene_samples
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style

from ..pictures.film import write_film
from ..presets.pictures import FILM_FPS, LINE, Line, line_of, portraits

PAIRS = ("happy:sad", "neutral:furious", "tired:excited")
SIZE = 224
"""Pixels on each side."""
CODES = 33
"""On the way; rows between two of them mix what these say."""
STILL = 0.12
"""Of the line, at either end, in one style."""


def way(rows: int) -> np.ndarray:
    """(rows,) 0..1: how far each row is on the way."""
    return np.clip((np.linspace(0.0, 1.0, rows) - STILL) / (1.0 - 2.0 * STILL), 0.0, 1.0)


def between(line: Line, first: str, second: str) -> np.ndarray:
    """(T, 64) the line, in the first style when it begins and in the second when it ends. Raises StyleError."""
    ends = [style_code(read_style(name), line.engine) for name in (first, second)]
    shares = np.linspace(0.0, 1.0, CODES, dtype=np.float32)[:, None]
    spoken = line.engine.coefficients_of_styles(
        line.labels, (1.0 - shares) * ends[0] + shares * ends[1], audio_features=line.audio_features
    )  # (CODES, T, 64)
    rows = np.arange(spoken.shape[1])
    place = way(len(rows)) * (CODES - 1)
    below = np.minimum(place.astype(int), CODES - 2)
    share = (place - below)[:, None]
    return ((1.0 - share) * spoken[below, rows] + share * spoken[below + 1, rows]).astype(np.float32)


def draw(pair: str, folder: Path, checkpoint: Path | None = None) -> Path:
    """Write the film of FROM:TO; returns its path. Raises StyleError, OutputError."""
    first, _, second = pair.partition(":")
    line = line_of(checkpoint)
    animation = finish(between(line, first, second), line.labels, open_face(), MotionOptions())
    samples = scene_samples(animation, FILM_FPS)
    path = folder / f"{first}-{second}.mp4"
    write_film(path, portraits(samples, range(len(samples.times_s)), SIZE), FILM_FPS, LINE)
    return path


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.experiments.style_films", description=__doc__)
    parser.add_argument("pairs", nargs="*", default=PAIRS, metavar="FROM:TO", help=f"default: {' '.join(PAIRS)}")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/styles"))
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    for pair in options.pairs:
        print(draw(pair, options.output, options.checkpoint))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
