# SPDX-License-Identifier: Apache-2.0
"""Films of a line whose style goes from one to another while it is spoken: what lies between two style codes.

    python -m styletalk_research.presets.between [FROM:TO ...] [--checkpoint FILE] [-o docs/styles]

The code of each row lies as far on the straight way from FROM's to TO's as the row lies in the line, after a beginning
and before an end that hold still. Written to FROM-TO.mp4.
"""

import argparse
from pathlib import Path

import numpy as np

from styletalk.api import audio_features_of
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.model import open_face
from styletalk.motion.finish import MotionOptions, finish
from styletalk.motion.resample import scene_samples
from styletalk.networks.engine.inference import load_engine
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.track import phoneme_track
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style

from ..pictures.film import write_film
from .pictures import FILM_FPS, portraits

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


def between(first: str, second: str, checkpoint: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(T, 64) the bundled line, in the first style when it begins and in the second when it ends; (T,) its labels.

    Raises StyleError, WeightsError.
    """
    audio, engine = load_audio(LINE), load_engine(checkpoint, engine="numpy")
    labels = phoneme_track(audio, transcript=TRANSCRIPT.read_text(encoding="utf-8")).labels()
    ends = [style_code(read_style(name), engine) for name in (first, second)]
    shares = np.linspace(0.0, 1.0, CODES, dtype=np.float32)[:, None]
    codes, sound = (1.0 - shares) * ends[0] + shares * ends[1], audio_features_of(engine, audio, len(labels))
    spoken = engine.coefficients_of_styles(labels, codes, audio_features=sound)  # (CODES, T, 64)
    rows = np.arange(spoken.shape[1])
    place = way(len(rows)) * (CODES - 1)
    below = np.minimum(place.astype(int), CODES - 2)
    share = (place - below)[:, None]
    return ((1.0 - share) * spoken[below, rows] + share * spoken[below + 1, rows]).astype(np.float32), labels


def draw(pair: str, folder: Path, checkpoint: Path | None = None) -> Path:
    """Write the film of FROM:TO; returns its path. Raises StyleError, WeightsError, OutputError."""
    first, _, second = pair.partition(":")
    rows, labels = between(first, second, checkpoint)
    samples = scene_samples(finish(rows, labels, open_face(), MotionOptions()), FILM_FPS)
    path = folder / f"{first}-{second}.mp4"
    write_film(path, portraits(samples, range(len(samples.times_s)), SIZE), FILM_FPS, LINE)
    return path


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.between", description=__doc__)
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
